"""The same site on a SPARQL server as on the embedded graph; what differs is in docs/any-sparql-server.md."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import Quad
from starlette.testclient import TestClient

from kg.export import export
from kg.records import Act, withdraw
from ontology import ID
from search import Encoder
from tests import servers
from tests.conftest import THREE, workspace_at
from tests.servers import Server
from web.accounts import Role
from web.server import create_app
from web.workspace import Workspace

from .people import token_of

FOURTH = THREE[1] | {"id": "four", "title": "Apprentice bakers go to Vilnius", "source": "https://example.org/four"}
PAGES = [
    "/", "/definitions", "/definitions/compare?a=eplus-2021&b=yia-2007", "/definitions/targets", "/browse",
    "/ontology", "/ontology/lists", "/page/practice/one", "/page/material/three", "/page/definition/eplus-2021",
    "/page/barrier/eplus-2021.economic", "/page/target-group/deaf-people", "/page/organisation/european-commission",
    "/page/target/vet-eu-8-2025", "/page/practice/one/version/1", "/search.csv?q=young", "/query/names?q=add",
]  # fmt: skip
SAME = [
    "SELECT ?c { ?c a gw:Barrier } ORDER BY ?c LIMIT 8",
    "SELECT ?t (COUNT(*) AS ?n) { ?c a ?t } GROUP BY ?t",
    "SELECT ?d ?open { ?d a gw:Definition OPTIONAL { ?d gw:openList ?open } }",
    "SELECT ?d { ?d a gw:Definition FILTER NOT EXISTS { ?d gw:openList true } }",
    "SELECT ?a { <https://w3id.org/goodways/id/barrier/eplus-2021.economic-unemployment> skos:broader* ?a }",
    "SELECT ?s { ?s dcterms:title ?t FILTER(REGEX(?t, '^young', 'i') && LANG(?t) = 'en') }",
    "SELECT ?s FROM <https://w3id.org/goodways/graph/record/one> { ?s a ?t }",
    "SELECT ?s FROM NAMED <graph/record/one> { GRAPH ?g { ?s a ?t } }",
    "CONSTRUCT { ?s a ?t } FROM <https://w3id.org/goodways/graph/record/one> WHERE { ?s a ?t }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "SELECT ?r ?rank { SERVICE gw:search { ?r gw:query 'deaf joiners' ; gw:rank ?rank } ?r a gw:GoodPractice }",
    "ASK { ?r gw:addresses ?b }",
    "ASK { ?r gw:adresses ?b }",
    "CONSTRUCT { ?r dcterms:title ?t } { ?r a gw:GoodPractice ; dcterms:title ?t }",
    "DESCRIBE <https://w3id.org/goodways/id/practice/one>",
]


@dataclass
class Sites:
    """The same records on a server and in the embedded graph."""

    server: Server
    workspace: Workspace
    client: TestClient
    twin: Workspace
    twin_client: TestClient

    def both(self, path: str) -> tuple[str, str]:
        """A page on the server and in the embedded graph, less the times of making."""
        answers = [client.get(path) for client in (self.client, self.twin_client)]
        assert [answer.status_code for answer in answers] == [200, 200], path
        texts = [re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+:\dZ]*", "", a.text) for a in answers]
        return texts[0], texts[1]


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def sites(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    small_folder: Path,
    encoder: Encoder,
    vocabulary: list[Quad],
) -> Iterator[Sites]:
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        started = servers.virtuoso(folder / "server") if request.param == "virtuoso" else servers.oxigraph()
        server = stack.enter_context(started)
        server.let_in(stack.enter_context(pytest.MonkeyPatch.context()))
        workspace = workspace_at(folder / "data", encoder)
        workspace.settings.store = server.address
        with workspace.writing() as store:
            store.load(vocabulary)
        bring(workspace, *THREE)
        twin = workspace_at(Path(shutil.copytree(small_folder, folder / "twin")), encoder)
        clients = [
            stack.enter_context(TestClient(create_app(one), follow_redirects=False, raise_server_exceptions=False))
            for one in (workspace, twin)
        ]
        yield Sites(server, workspace, clients[0], twin, clients[1])


def bring(workspace: Workspace, *records: dict[str, Any]) -> None:
    path = workspace.folder / "more.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    report = workspace.import_files([path], dry_run=False, strict=False)
    assert len(report.added) == len(records), report.rejected


def exported(workspace: Workspace, folder: Path) -> set[str]:
    with workspace.reading() as store:
        export(store, folder / "all.nq")
    return set((folder / "all.nq").read_text(encoding="utf-8").splitlines())


def answer_to(client: TestClient, query: str) -> tuple[int, str, list[str]]:
    """Status, type and content of an answer, without an order."""
    forms = "application/sparql-results+json, application/n-triples;q=0.9"
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": forms})
    kind = answer.headers["content-type"]
    if "json" not in kind or "results" not in answer.json():
        return answer.status_code, kind, sorted(answer.text.splitlines())
    bindings = answer.json()["results"]["bindings"]
    return answer.status_code, kind, sorted(json.dumps(row, sort_keys=True) for row in bindings)


def test_the_build_agrees_with_itself(sites: Sites) -> None:
    assert sites.workspace.check() == []


def test_the_export_is_that_of_the_embedded_graph(sites: Sites, tmp_path: Path) -> None:
    lines = exported(sites.workspace, tmp_path)
    assert len(lines) > 10_000
    assert not any("_:" in line.split('"')[0] for line in lines)  # no blank nodes: the same lines are the same graph
    assert lines == exported(sites.twin, tmp_path)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_that_of_the_embedded_graph(sites: Sites, path: str) -> None:
    here, there = sites.both(path)
    assert here == there


@pytest.mark.parametrize("circumstance", ["eplus-2021.economic-unemployment", "movetia.education"])
def test_who_counts_is_answered_as_by_the_embedded_graph(sites: Sites, circumstance: str) -> None:
    here, there = sites.both(f"/definitions/who-counts?circumstance={circumstance}&country=DE")
    assert sorted(here.splitlines()) == sorted(there.splitlines())  # the order of the form is the server's
    answers = [text.partition("who-answer")[2].partition("</section>")[0] for text in (here, there)]
    assert len(answers[0]) > 100
    assert answers[0] == answers[1]


@pytest.mark.parametrize("question", ["deaf joiners", "Kurtieji mokiniai", "young unemployed cooks in Ireland"])
def test_the_search_finds_the_same_for_the_same_reasons(sites: Sites, question: str) -> None:
    here, there = (json.loads(text) | {"took_ms": 0} for text in sites.both(f"/api/v1/search?q={question}"))
    assert here["total"] >= 1
    assert here == there


@pytest.mark.parametrize("query", SAME)
def test_a_query_is_answered_as_by_the_embedded_graph(sites: Sites, query: str) -> None:
    here = answer_to(sites.client, query)
    assert here[0] == 200
    assert here == answer_to(sites.twin_client, query)


def test_similarity_says_that_it_needs_the_embedded_graph(sites: Sites) -> None:
    status, _, said = answer_to(sites.client, "SELECT (gw:similarity(?r, 'deaf') AS ?s) { ?r a gw:GoodPractice }")
    assert status == 400
    assert "gw:similarity needs the embedded graph" in said[0]
    assert "SERVICE gw:search" in said[0]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (<bif:http_get>('http://127.0.0.1:1/') AS ?x) {}",
        "SELECT ?y { BIND(<bif:http_get>('http://127.0.0.1:1/') AS ?x) FILTER(false) }",
        "PREFIX b: <bi> SELECT (b:f:http_get('http://127.0.0.1:1/') AS ?x) {}",
        "PREFIX bif: <bif:> SELECT (bif:http_get('http://127.0.0.1:1/') AS ?x) {}",
        "SELECT (bif:http_get('http://127.0.0.1:1/') AS ?x) {}",
        "BASE <bif:> SELECT ?y { BIND(<http_get>('http://127.0.0.1:1/') AS ?x) FILTER(false) }",
        "BASE <http://a/> PREFIX b: <bif:> SELECT ?y { BIND(b:http_get('http://a/') AS ?x) FILTER(false) }",
        "SELECT (<sql:anything>() AS ?x) {}",
        "SELECT (<BIF:http_get>('http://127.0.0.1:1/') AS ?x) {}",
        "SELECT (<\\u0062if:http_get>('http://127.0.0.1:1/') AS ?x) {}",
        "DEFINE get:soft 'replace' SELECT * { ?s ?p ?o }",
        "DEFINE input:grab-all 'yes' SELECT * { ?s ?p ?o }",
        "SELECT (`bif:http_get('http://127.0.0.1:1/')` AS ?x) {}",
        "SPARQL SELECT * { ?s ?p ?o }",
        "SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "INSERT DATA { <urn:a> <urn:b> <urn:c> }",
    ],
)
def test_what_is_not_sparql_never_reaches_the_server(sites: Sites, query: str) -> None:
    status, _, said = answer_to(sites.client, query)
    assert status == 400
    assert "The SPARQL server at" not in said[0]


def test_whoever_may_write_changes_the_graph_on_the_server(sites: Sites) -> None:
    name, token = "https://example.org/extra", token_of(sites.client, Role.ADMINISTRATOR, "update")
    allowed = {"Authorization": f"Bearer {token}"}
    parts = ('<urn:a> skos:note "ä"', "<urn:b> skos:note 1")
    update = " ; ".join(f"INSERT DATA {{ GRAPH <{name}> {{ {part} }} }}" for part in parts)
    assert sites.client.post("/sparql", data={"update": update}).status_code == 401
    assert sites.client.post("/sparql", data={"update": update}, headers=allowed).status_code < 300
    read = sites.client.get("/graph-store", params={"graph": name}, headers={"Accept": "application/n-triples"})
    assert len(read.text.splitlines()) == 2
    turtle = allowed | {"Content-Type": "text/turtle"}
    replaced = sites.client.put("/graph-store", params={"graph": name}, content="<urn:c> <urn:d> 1 .", headers=turtle)
    assert replaced.status_code == 204
    assert answer_to(sites.client, f"ASK {{ GRAPH <{name}> {{ <urn:c> ?p 1 }} }}")[2] == ['{"head":{},"boolean":true}']
    assert sites.client.delete("/graph-store", params={"graph": name}, headers=allowed).status_code == 204
    assert sites.client.get("/graph-store", params={"graph": name}).status_code == 404


def test_a_record_comes_and_goes(sites: Sites, tmp_path: Path) -> None:
    before = exported(sites.workspace, tmp_path)
    bring(sites.workspace, FOURTH)
    sites.client.app.state.site.take_up_changes()  # type: ignore[attr-defined]
    assert sites.workspace.check() == []
    assert sites.client.get("/page/practice/four").status_code == 200
    found = sites.client.get("/api/v1/search?q=bakers in Vilnius").json()["results"]
    assert found[0]["id"] == "four"
    with sites.workspace.writing() as store:
        withdraw(store, [ID["practice/four"]], Act("import", "goodways-import"), source="by hand")
        sites.workspace.sync(store)
    sites.client.app.state.site.take_up_changes()  # type: ignore[attr-defined]
    assert sites.workspace.check() == []
    assert sites.client.get("/page/practice/four").status_code == 410
    assert exported(sites.workspace, tmp_path) == before


def test_the_command_line_checks_and_asks_the_server(sites: Sites, here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOODWAYS_STORE", sites.server.address)
    sites.server.let_in(monkeypatch)
    assert here("check", "--data", sites.workspace.folder).status == 0
    counted = here("sparql", "--data", sites.workspace.folder, "SELECT (COUNT(?r) AS ?n) { ?r a gw:Record }")
    assert counted.out.split() == ["?n", "3"]
