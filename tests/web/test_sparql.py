"""The SPARQL 1.1 Protocol, query only."""

import csv
import io
import json
from typing import Any

import pytest
from httpx import Response
from rdflib import Graph
from rdflib.plugins.sparql.results.xmlresults import XMLResultParser
from starlette.testclient import TestClient

from search import Searcher

SELECT = "SELECT ?t { ?r a gw:GoodPractice ; dcterms:title ?t FILTER(LANG(?t) = 'lt') } ORDER BY ?t LIMIT 3"
CONSTRUCT = "CONSTRUCT { ?r dcterms:title ?t } { ?r a gw:TrainingMaterial ; dcterms:title ?t } LIMIT 5"
ASK = "ASK { ?d a gw:Definition }"
QUERY_TYPE = "application/sparql-query"


def get(client: TestClient, query: str, accept: str = "") -> Response:
    answer: Response = client.get("/sparql", params={"query": query}, headers={"Accept": accept})
    return answer


def rows(client: TestClient, query: str) -> list[dict[str, Any]]:
    answer = get(client, query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]["bindings"]
    return found


def number(client: TestClient, query: str) -> int:
    return int(rows(client, query)[0]["n"]["value"])


def test_get_and_both_forms_of_post_give_the_same(client: TestClient) -> None:
    by_get = get(client, SELECT)
    by_form = client.post("/sparql", data={"query": SELECT})
    by_body = client.post("/sparql", content=SELECT, headers={"Content-Type": QUERY_TYPE})
    with_charset = client.post("/sparql", content=SELECT, headers={"Content-Type": f"{QUERY_TYPE}; charset=utf-8"})
    assert by_get.status_code == 200
    assert len(by_get.json()["results"]["bindings"]) == 3
    assert by_get.content == by_form.content == by_body.content == with_charset.content


def test_letters_of_every_kind_survive(client: TestClient) -> None:
    query = "SELECT ?x { VALUES ?x { 'Łódź κωφά нищо \\\"' } }"
    assert rows(client, query)[0]["x"]["value"] == 'Łódź κωφά нищо "'
    assert client.post("/sparql", data={"query": query}).json()["results"]["bindings"][0]["x"]["value"][:4] == "Łódź"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/sparql-results+json"),
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("application/json", "application/sparql-results+json"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("application/xml", "application/sparql-results+xml"),
        ("text/csv", "text/csv"),
        ("text/tab-separated-values", "text/tab-separated-values"),
        ("text/csv;q=0.3, application/sparql-results+xml;q=0.8", "application/sparql-results+xml"),
        ("application/sparql-results+json, text/turtle;q=0.9", "application/sparql-results+json"),
        ("text/turtle, application/sparql-results+json;q=0.9", "application/sparql-results+json"),
        ("text/turtle, */*;q=0.1", "application/sparql-results+json"),
    ],
)
def test_a_table_comes_in_the_form_that_is_asked_for(client: TestClient, accept: str, media_type: str) -> None:
    answer = get(client, SELECT, accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("accept", "media_type", "parser"),
    [
        ("", "text/turtle", "turtle"),
        ("text/turtle", "text/turtle", "turtle"),
        ("application/n-triples", "application/n-triples", "nt"),
        ("application/rdf+xml", "application/rdf+xml", "xml"),
        ("application/ld+json", "application/ld+json", "json-ld"),
        ("application/sparql-results+json, application/n-triples;q=0.9", "application/n-triples", "nt"),
        ("application/sparql-results+json, */*;q=0.9", "text/turtle", "turtle"),
        ("application/n-triples, */*;q=0.1", "application/n-triples", "nt"),
    ],
)
def test_a_graph_comes_in_the_form_that_is_asked_for(
    client: TestClient, accept: str, media_type: str, parser: str
) -> None:
    answer = get(client, CONSTRUCT, accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert len(Graph().parse(data=answer.content, format=parser)) == 5


def test_all_forms_of_a_table_say_the_same(client: TestClient) -> None:
    titles = [row["t"]["value"] for row in rows(client, SELECT)]
    as_csv = list(csv.reader(io.StringIO(get(client, SELECT, "text/csv").text)))
    assert as_csv == [["t"], *([title] for title in titles)]
    parsed = XMLResultParser().parse(io.BytesIO(get(client, SELECT, "application/sparql-results+xml").content))
    assert [str(row.t) for row in parsed] == titles
    assert [row["t"]["xml:lang"] for row in rows(client, SELECT)] == ["lt"] * 3


def test_a_yes_or_no_question_is_answered(client: TestClient) -> None:
    assert get(client, ASK).json()["boolean"] is True
    assert get(client, "ASK { ?x a gw:Nothing }").json()["boolean"] is False
    assert get(client, ASK, "text/csv").text.strip() == "true"


@pytest.mark.parametrize(
    ("query", "accept"),
    [(SELECT, "text/turtle"), (ASK, "application/ld+json"), (CONSTRUCT, "text/csv"), (CONSTRUCT, "application/json")],
)
def test_a_form_that_the_answer_cannot_have_is_406(client: TestClient, query: str, accept: str) -> None:
    problem(get(client, query, accept), 406, "cannot be answered as")


def problem(answer: Response, status: int, said: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT ?x { ?x ?y }", "cannot be read"),
        ("SELECT", "cannot be read"),
        ("nonsense", "cannot be read"),
        ("INSERT DATA { <a:a> <a:b> <a:c> }", "cannot be read"),
        ("DROP ALL", "cannot be read"),
        ("", "query is missing"),
        ("  \n", "query is missing"),
        ("SELECT * { ?s ?p ?o }" + " " * 200_001, "longer than 200 kB"),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "SERVICE is not allowed"),
        ("SELECT * { service silent ?x { ?s ?p ?o } }", "SERVICE is not allowed"),
    ],
)
def test_a_query_that_cannot_be_run_is_a_problem(client: TestClient, query: str, said: str) -> None:
    problem(client.post("/sparql", content=query, headers={"Content-Type": QUERY_TYPE}), 400, said)


def test_a_request_of_another_shape_is_a_problem(client: TestClient) -> None:
    problem(client.get("/sparql", params={"query": ""}), 400, "query is missing")
    problem(client.post("/sparql", data={"a": "b"}), 400, "query is missing")
    problem(client.get("/sparql?query=ASK{}&query=ASK{}"), 400, "one query")
    problem(client.post("/sparql", content=b"query=a&query=b", headers=form()), 400, "one query")
    problem(client.post("/sparql", content=b"\xff\xfe", headers={"Content-Type": QUERY_TYPE}), 400, "UTF-8")
    problem(client.post("/sparql", data={"update": "DROP ALL"}), 403, "Updates are not allowed")
    update = {"Content-Type": "application/sparql-update"}
    problem(client.post("/sparql", content="DROP ALL", headers=update), 403, "Updates are not allowed")
    problem(client.post("/sparql", json={"query": ASK}), 415, "application/sparql-query")
    problem(client.post("/sparql", content=ASK), 415, "application/sparql-query")
    problem(client.post("/sparql", content=b"x" * 900_000, headers={"Content-Type": QUERY_TYPE}), 413, "800 kB")
    assert client.put("/sparql", content=ASK).status_code == 405


def test_without_a_query_the_endpoint_describes_itself_and_shows_people_the_editor(client: TestClient) -> None:
    answer = client.get("/sparql")
    assert answer.headers["content-type"].startswith("text/turtle")
    assert "sd:endpoint" in answer.text
    page = client.get("/sparql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.headers["location"]) == (303, "/query")
    void = Graph().parse(data=client.get("/.well-known/void").text, format="turtle")
    assert len(void) > 50


def test_the_form_can_be_said_in_the_address(client: TestClient) -> None:
    answer = client.get("/sparql", params={"query": SELECT, "format": "csv"}, headers={"Accept": "application/json"})
    assert answer.headers["content-type"].startswith("text/csv")
    problem(client.get("/sparql", params={"query": SELECT, "format": "exe"}), 400, "'exe' is not a form")


@pytest.mark.parametrize(("form", "end"), [("json", b"}]}}"), ("csv", b"\n"), ("nt", b" .\n"), ("jsonld", b"]")])
def test_a_large_answer_arrives_whole(client: TestClient, form: str, end: bytes) -> None:
    query = "SELECT * { ?s ?p ?o }" if form in ("json", "csv") else "CONSTRUCT WHERE { ?s ?p ?o }"
    answer = client.get("/sparql", params={"query": query, "format": form})
    assert answer.status_code == 200
    assert len(answer.content) > 5_000_000
    assert answer.content.endswith(end)
    assert "goodways-cut" not in answer.headers


def form() -> dict[str, str]:
    return {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_form_with_thousands_of_fields_is_refused(client: TestClient) -> None:
    answer = client.post("/sparql", content="&".join(f"a{n}=1" for n in range(5000)), headers=form())
    problem(answer, 400, "100 fields")


def test_updates_leave_the_graph_as_it_is(client: TestClient, searcher: Searcher) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    before = number(client, count)
    for text in ("DELETE WHERE { ?s ?p ?o }", "CLEAR ALL", "LOAD <http://127.0.0.1:1/x.ttl>"):
        assert client.post("/sparql", data={"query": text}).status_code == 400
        assert client.post("/sparql", data={"update": text}).status_code == 403
    assert number(client, count) == before


def test_the_default_graph_is_the_union_of_what_is_published(client: TestClient, searcher: Searcher) -> None:
    records = number(client, "SELECT (COUNT(DISTINCT ?r) AS ?n) { ?r a gw:Record }")
    assert records == len(searcher.records)
    joined = """SELECT (COUNT(DISTINCT ?r) AS ?n) { ?r gw:addresses ?b .
        ?b skos:prefLabel ?l ; skos:inScheme ?s . ?d gw:scheme ?s ; a gw:Definition FILTER(LANG(?l) = 'en') }"""
    assert number(client, joined) > 50


def test_each_record_is_a_named_graph(client: TestClient, searcher: Searcher) -> None:
    named = "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?r gw:version ?v ; dcterms:abstract ?t ; a gw:Record } }"
    assert number(client, named) == len(searcher.records)


def test_the_history_is_not_published(client: TestClient) -> None:
    for query in (
        "SELECT (COUNT(*) AS ?n) { GRAPH <https://w3id.org/goodways/graph/history> { ?s ?p ?o } }",
        "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/goodways/graph/history> { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s prov:wasAssociatedWith|gw:origin|gw:current ?o }",
    ):
        assert number(client, query) == 0


def test_a_query_can_choose_its_graphs(client: TestClient) -> None:
    graph = "https://w3id.org/goodways/graph/record/pdic-granada-2012"
    count = "SELECT (COUNT(DISTINCT ?r) AS ?n) { ?r dcterms:title ?t }"
    assert number(client, count) > 100
    by_get = client.get("/sparql", params={"query": count, "default-graph-uri": graph})
    by_form = client.post("/sparql", data={"query": count, "default-graph-uri": graph})
    by_body = client.post(
        "/sparql", params={"default-graph-uri": graph}, content=count, headers={"Content-Type": QUERY_TYPE}
    )
    by_from = get(client, count.replace("{", f"FROM <{graph}> {{", 1))
    for answer in (by_get, by_form, by_body, by_from):
        assert answer.json()["results"]["bindings"][0]["n"]["value"] == "1"


def test_the_classes_of_the_contract_can_be_asked_for(client: TestClient) -> None:
    names = ("GoodPractice", "TrainingMaterial", "Organisation", "Definition", "Barrier", "TargetGroup",
             "EligibilityCriterion", "Measure", "MobilityType")  # fmt: skip
    for name in names:
        assert number(client, f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ ?x a gw:{name} }}") > 0, name


def test_a_query_that_takes_too_long_does_not_keep_others_waiting(client: TestClient) -> None:
    assert get(client, ASK).elapsed.total_seconds() < 10
    assert json.loads(get(client, ASK).content)["boolean"] is True
