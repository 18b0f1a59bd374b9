"""Every IRI answers, in the form that the client likes."""

import pytest
from rdflib import Graph, URIRef
from rdflib.compare import to_isomorphic
from starlette.testclient import TestClient

from ontology import GW, ID, record_graph
from search import Searcher
from web.accept import negotiate

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
THINGS = [
    "practice/pdic-granada-2012", "material/mob4all-guidelines", "definition/eplus-2021",
    "barrier/eplus-2021.economic", "target-group/deaf-people", "measure/group-stay", "programme/erasmus-2021",
    "scheme/eplus-2021", "organisation/european-commission",
]  # fmt: skip
PARSERS = {"ttl": "turtle", "jsonld": "json-ld", "nt": "nt", "rdf": "xml"}
TYPES = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
}


@pytest.mark.parametrize(
    ("accept", "where"),
    [
        (BROWSER, "/page/practice/pdic-granada-2012"),
        ("", "/page/practice/pdic-granada-2012"),
        ("*/*", "/page/practice/pdic-granada-2012"),
        ("text/html", "/page/practice/pdic-granada-2012"),
        ("text/turtle", "/data/practice/pdic-granada-2012.ttl"),
        ("TEXT/Turtle", "/data/practice/pdic-granada-2012.ttl"),
        ("application/ld+json", "/data/practice/pdic-granada-2012.jsonld"),
        ("application/n-triples", "/data/practice/pdic-granada-2012.nt"),
        ("application/rdf+xml", "/data/practice/pdic-granada-2012.rdf"),
        ("text/turtle;q=0.5, application/ld+json;q=0.9", "/data/practice/pdic-granada-2012.jsonld"),
        ("text/html;q=0.3, text/turtle;q=0.4", "/data/practice/pdic-granada-2012.ttl"),
        ("text/turtle;q=0, */*;q=0.1", "/page/practice/pdic-granada-2012"),
        ("application/rdf+xml, */*;q=0.1", "/data/practice/pdic-granada-2012.rdf"),
        ("image/png", "/page/practice/pdic-granada-2012"),
        ("nonsense;;;q==,,", "/page/practice/pdic-granada-2012"),
    ],
)
def test_an_iri_sends_on_by_what_the_client_accepts(client: TestClient, accept: str, where: str) -> None:
    answer = client.get("/id/practice/pdic-granada-2012", headers={"Accept": accept})
    assert answer.status_code == 303
    assert answer.headers["location"] == where
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize("thing", THINGS)
def test_wherever_an_iri_sends_there_is_something(client: TestClient, thing: str) -> None:
    for accept in (BROWSER, "text/turtle", "application/ld+json"):
        answer = client.get(f"/id/{thing}", headers={"Accept": accept}, follow_redirects=True)
        assert answer.status_code == 200


@pytest.mark.parametrize("thing", THINGS)
def test_every_form_holds_the_same_triples(client: TestClient, thing: str) -> None:
    graphs = {}
    for ending, parser in PARSERS.items():
        answer = client.get(f"/data/{thing}.{ending}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == TYPES[ending]
        graphs[ending] = Graph().parse(data=answer.content, format=parser)
    assert (ID[thing], None, None) in graphs["nt"]
    first = to_isomorphic(graphs.pop("nt"))
    assert all(to_isomorphic(graph) == first for graph in graphs.values())


def test_a_record_as_data_is_its_named_graph(client: TestClient, searcher: Searcher) -> None:
    graph = Graph().parse(data=client.get("/data/practice/pdic-granada-2012.nt").content, format="nt")
    assert set(graph) == set(searcher.store.graph(record_graph("pdic-granada-2012")))
    iri = ID["practice/pdic-granada-2012"]
    assert (iri, GW.addresses, ID["barrier/eplus-2021.disability-sensory"]) in graph


def test_data_names_what_it_describes(client: TestClient) -> None:
    link = client.get("/data/practice/pdic-granada-2012.ttl").headers["link"]
    assert link == f'<{ID["practice/pdic-granada-2012"]}>; rel="describes"'


@pytest.mark.parametrize(
    "path",
    ["/id/nothing/x", "/id/practice/no-such", "/id/material/pdic-granada-2012", "/data/practice/no-such.ttl",
     "/data/practice/pdic-granada-2012", "/data/practice/pdic-granada-2012.exe", "/data/practice/.ttl",
     "/data/nothing/x.ttl", "/data/definition/no-such.nt", "/id/practice", "/id"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    said = client.get(path, headers={"Accept": "text/turtle"})
    assert said.headers["content-type"] == "application/problem+json"
    assert said.json()["status"] == 404


@pytest.mark.parametrize(
    "odd",
    ["a%20b", "%25zz", "%00", "%22%3E", "%3Cscript%3E", "a%5Bb", "%5B", "x%0Ay", "%C3%A9", "%F0%9F%98%80", "%E2%80%AE",
     "..", "%2e%2e", "x%2F..%2Fy", "a%23b", "a%3Fb", "%7B%7B7*7%7D%7D", "'", "a" * 3000, "%FF%FE",
     "pdic-granada-2012%20"],
)  # fmt: skip
def test_odd_characters_in_a_name_are_not_found_and_break_nothing(client: TestClient, odd: str) -> None:
    for path in (f"/id/practice/{odd}", f"/page/practice/{odd}", f"/page/definition/{odd}", f"/page/barrier/{odd}",
                 f"/page/{odd}/x", f"/id/{odd}/x", f"/data/practice/{odd}.ttl", f"/data/barrier/{odd}.nt"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code in (400, 404), path
        assert "<script>" not in answer.text


OFFERED = ("text/html", "text/turtle", "application/ld+json")


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", "text/html"),
        ("   ", "text/html"),
        ("*/*", "text/html"),
        ("text/*", "text/html"),
        ("application/*", "application/ld+json"),
        ("text/turtle", "text/turtle"),
        ("text/html;q=0.1,text/turtle;q=0.2", "text/turtle"),
        ("text/turtle, text/html", "text/html"),
        ("text/*;q=0.5, text/turtle;q=0.4, application/ld+json;q=0.45", "text/html"),
        ("text/html;q=0, */*", "text/turtle"),
        ("text/*;q=0, */*;q=0.1", "application/ld+json"),
        ("text/turtle;charset=utf-8;q=0.7, text/html;q=0.6", "text/turtle"),
        ("text/turtle ; q = 0.7, text/html;q=0.6", "text/turtle"),
        ("text/turtle;q=7, text/html;q=1", "text/html"),
        ("text/turtle;q=x, text/html;q=0.1", "text/html"),
        ("text/turtle;q=nan", None),
        ("image/png", None),
        ("text/turtle;q=0", None),
        (",,,", None),
    ],
)
def test_the_clients_favourite_is_chosen(header: str, chosen: str | None) -> None:
    assert negotiate(header, OFFERED) == chosen


def test_iris_in_the_graph_are_those_that_answer(client: TestClient, searcher: Searcher) -> None:
    for record in searcher.records[::10]:
        assert isinstance(record, URIRef)
        path = record.removeprefix("https://w3id.org/goodways")
        assert client.get(path).status_code == 303
