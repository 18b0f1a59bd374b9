"""Every IRI answers, in the form that the client likes."""

import random
from email.utils import parsedate_to_datetime

import pytest
from pyoxigraph import NamedNode
from rdflib import Dataset, Graph, URIRef
from rdflib.compare import to_isomorphic
from starlette.testclient import TestClient

from ontology import BASE, GW, ID, record_graph
from search import Searcher
from web.accept import FORMS, negotiate
from web.model_view import model, shapes
from web.rdf import serialise

from .markup import Markup

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
THINGS = [
    "practice/pdic-granada-2012", "material/mob4all-guidelines", "definition/eplus-2021",
    "barrier/eplus-2021.economic", "target-group/deaf-people", "measure/group-stay", "programme/erasmus-2021",
    "scheme/phases", "organisation/european-commission", "target/vet-eu-8-2025",
    "amount/he-top-up-de-month", "mapping/movetia.education--eplus-2021.education", "agent/goodways-build",
    "practice/pdic-granada-2012/version/1",
]  # fmt: skip
PARSERS = {"ttl": "turtle", "jsonld": "json-ld", "nt": "nt", "rdf": "xml", "trig": "trig", "nq": "nquads"}
TYPES = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "trig": "application/trig",
    "nq": "application/n-quads",
}


def read(content: bytes, ending: str) -> Dataset:
    """Data as a data set."""
    made = Dataset()
    made.parse(data=content, format=PARSERS[ending])
    return made


def triples(data: Dataset) -> Graph:
    """All statements, whatever graph they stand in."""
    made = Graph()
    for s, p, o, _ in data.quads():
        made.add((s, p, o))
    return made


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
        ("application/trig", "/data/practice/pdic-granada-2012.trig"),
        ("application/n-quads", "/data/practice/pdic-granada-2012.nq"),
        ("application/json", "/data/practice/pdic-granada-2012.jsonld"),
        ("text/n3, application/rdf+xml;q=0.8", "/data/practice/pdic-granada-2012.ttl"),
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
    for ending in FORMS:
        answer = client.get(f"/data/{thing}.{ending}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == TYPES[ending]
        assert answer.headers["access-control-allow-origin"] == "*"
        graphs[ending] = triples(read(answer.content, ending))
    assert (ID[thing], None, None) in graphs["nt"]
    first = to_isomorphic(graphs.pop("nt"))
    assert [ending for ending, graph in graphs.items() if to_isomorphic(graph) != first] == []


@pytest.mark.parametrize("ending", ["trig", "nq"])
def test_forms_that_can_say_in_which_graph_a_statement_stands(client: TestClient, ending: str) -> None:
    data = read(client.get(f"/data/practice/pdic-granada-2012.{ending}").content, ending)
    assert {name for *_, name in data.quads()} == {record_graph("pdic-granada-2012")}
    named = read(client.get(f"/data/measure/group-stay.{ending}").content, ending)
    assert {str(name).removeprefix(BASE + "graph/") for *_, name in named.quads()} > {"ontology/labels/de"}


def test_a_record_as_data_is_its_named_graph(client: TestClient, searcher: Searcher) -> None:
    graph = Graph().parse(data=client.get("/data/practice/pdic-granada-2012.nt").content, format="nt")
    assert set(graph) == set(searcher.store.graph(record_graph("pdic-granada-2012")))
    iri = ID["practice/pdic-granada-2012"]
    assert (iri, GW.addresses, ID["barrier/eplus-2021.disability-sensory"]) in graph


@pytest.mark.parametrize(
    "path",
    ["/id/nothing/x", "/id/practice/no-such", "/id/material/pdic-granada-2012", "/data/practice/no-such.ttl",
     "/data/practice/pdic-granada-2012", "/data/practice/pdic-granada-2012.exe", "/data/practice/.ttl",
     "/data/nothing/x.ttl", "/id/agent/ada",
     "/id/practice/pdic-granada-2012/version/99", "/shape/Nothing", "/graph/x%3Ey", "/graph/record/no",
     "/id/practice/pdic-granada-2012/version/x",
     "/data/practice/pdic-granada-2012/version/1.exe", "/linkset/practice/no",
     "/data/definition/no-such.nt", "/id/practice", "/id"],
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


def own_iris(searcher: Searcher) -> set[str]:
    """Everything in the graph that the project has named, in any position, without fragments."""
    nodes = {
        node.value
        for quad in searcher.store.quads()
        for node in (quad.subject, quad.predicate, quad.object, quad.graph_name)
        if isinstance(node, NamedNode)
    }
    return {node.partition("#")[0] for node in nodes if node.startswith(BASE)}


def test_every_iri_that_the_graph_has_answers_with_data(client: TestClient, searcher: Searcher) -> None:
    """Things send on; documents (the model and the named graphs) are there, and need not be sent to see it."""
    iris = own_iris(searcher)
    assert len(iris) > 2000
    silent = []
    for iri in sorted(iris):
        path = "/" + iri.removeprefix(BASE)
        document = path.startswith(("/graph/", "/ontology"))
        unsent = {"If-None-Match": "*"} if document else {}
        answer = client.get(path, headers={"Accept": "text/turtle"} | unsent)
        if answer.status_code != (304 if document else 303):
            silent.append((answer.status_code, path))
    assert silent == []


def test_every_kind_of_thing_has_a_page_and_data_about_it(client: TestClient, searcher: Searcher) -> None:
    kinds = {iri.split("/")[5]: iri for iri in sorted(own_iris(searcher)) if iri.startswith(str(ID))}
    assert len(kinds) > 25
    for iri in kinds.values():
        path = "/" + iri.removeprefix(BASE)
        page = client.get(path, headers={"Accept": BROWSER}, follow_redirects=True)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8"), iri
        assert Markup(page.text).one("h1").text.strip()
        data = client.get(path, headers={"Accept": "application/n-triples"}, follow_redirects=True)
        assert (URIRef(iri), None, None) in Graph().parse(data=data.content, format="nt"), iri


def test_a_name_with_a_fragment_stands_in_the_data_of_what_is_before_it(client: TestClient, searcher: Searcher) -> None:
    rows = searcher.store.select("SELECT DISTINCT ?s { ?s a ?c FILTER (CONTAINS(STR(?s), '#')) }")
    names = [str(row["s"]) for row in rows if row["s"].startswith(str(ID))]
    assert len(names) > 500
    for name in random.Random(3).sample(names, 25):  # noqa: S311
        document = name.partition("#")[0].removeprefix(BASE)
        data = client.get(f"/{document}", headers={"Accept": "application/n-triples"}, follow_redirects=True)
        assert (URIRef(name), None, None) in Graph().parse(data=data.content, format="nt")


def test_every_term_that_the_graph_uses_is_described_in_the_model(searcher: Searcher) -> None:
    rows = searcher.store.select(
        "SELECT DISTINCT ?t { { ?s ?t ?o } UNION { ?s a ?t } FILTER (STRSTARTS(STR(?t), STR(gw:))) }".replace(
            "STR(gw:)", f'"{GW}"'
        )
    )
    used = {URIRef(row["t"]) for row in rows}
    assert len(used) > 80
    assert {term for term in used if (term, None, None) not in model()} == set()


def test_every_shape_sends_on(client: TestClient) -> None:
    names = {str(shape) for shape in shapes().subjects() if str(shape).startswith(BASE)}
    assert len(names) > 100
    for name in names:
        assert client.get("/" + name.removeprefix(BASE)).status_code == 303


def test_a_program_that_asks_for_the_data_set_is_sent_to_its_description(client: TestClient) -> None:
    answer = client.get("/", headers={"Accept": "text/turtle"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/catalogue")
    assert client.get("/", headers={"Accept": BROWSER}).status_code == 200


@pytest.mark.parametrize("ending", FORMS)
def test_the_same_statements_are_the_same_bytes(searcher: Searcher, ending: str) -> None:
    """A strong entity tag promises it."""
    name = record_graph("pdic-granada-2012")
    quads = [(s, p, o, name) for s, p, o in searcher.store.graph(name)]
    first = serialise(quads, ending)
    assert len(first) > 1000
    for seed in range(5):
        random.Random(seed).shuffle(quads)  # noqa: S311
        assert serialise(quads, ending) == first


CONDITIONAL = [
    "/page/practice/pdic-granada-2012", "/page/definition/eplus-2021", "/data/practice/pdic-granada-2012.ttl",
    "/data/measure/group-stay.jsonld", "/page/practice/pdic-granada-2012/version/1", "/ontology", "/ontology.ttl",
    "/data/practice/pdic-granada-2012/version/1.trig", "/graph/record/pdic-granada-2012", "/ontology/context.jsonld",
    "/linkset/practice/pdic-granada-2012",
]  # fmt: skip


@pytest.mark.parametrize("path", CONDITIONAL)
def test_what_a_client_has_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    tag, date = first.headers["etag"], first.headers["last-modified"]
    assert tag.startswith('"'), "a strong tag"
    assert client.get(path).content == first.content
    for headers in (
        {"If-None-Match": tag},
        {"If-None-Match": f'"other", W/{tag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": date},
    ):
        again = client.get(path, headers=headers)
        assert (again.status_code, again.content) == (304, b""), headers
        assert again.headers["etag"] == tag
        assert again.headers.get("vary") == first.headers.get("vary")
    for headers in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": date},
        {"If-Modified-Since": "Tue, 01 Jan 2019 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
    ):
        assert client.get(path, headers=headers).status_code == 200, headers


def test_each_form_and_each_language_has_a_tag_of_its_own(client: TestClient) -> None:
    answers = [client.get(f"/data/practice/pdic-granada-2012.{ending}") for ending in FORMS]
    page = "/page/practice/pdic-granada-2012"
    answers += [client.get(page), client.get(page, headers={"Accept-Language": "lt"})]
    assert len({answer.headers["etag"] for answer in answers}) == len(answers)


def test_data_of_a_record_say_when_its_version_was_published(client: TestClient) -> None:
    data = client.get("/data/practice/pdic-granada-2012.ttl").headers["last-modified"]
    version = Graph().parse(data=client.get("/data/practice/pdic-granada-2012/version/1.nt").content, format="nt")
    published = version.value(
        ID["practice/pdic-granada-2012/version/1"], URIRef("http://www.w3.org/ns/prov#generatedAtTime")
    )
    assert published is not None
    assert parsedate_to_datetime(data) == published.toPython()  # type: ignore[attr-defined]


def test_names_and_texts_come_in_the_language_that_the_reader_likes(client: TestClient) -> None:
    path = "/page/practice/pdic-granada-2012"
    english, lithuanian = (client.get(path, headers={"Accept-Language": code}) for code in ("en", "lt, en;q=0.5"))
    titles = [Markup(answer.text).one("h1") for answer in (english, lithuanian)]
    assert [title.language for title in titles] == ["en", "lt"]
    assert titles[0].text != titles[1].text
    assert "Accept-Language" in lithuanian.headers["vary"]
    german = Markup(client.get("/page/measure/group-stay", headers={"Accept-Language": "de"}).text)
    assert german.languages_of(german.one("h1").text) == {"de"}
