"""Versions of a record have IRIs of their own, and a withdrawn record leaves a tombstone and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rdflib import PROV, RDF, Dataset, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS
from starlette.testclient import TestClient

from kg.export import published
from kg.records import Act, withdraw
from ontology import GW, HISTORY_GRAPH, ID, record_graph
from tests.conftest import THREE, workspace_at
from web.accept import FORMS
from web.backup import backup, restore
from web.server import create_app
from web.site import Site
from web.workspace import Workspace

from .markup import Markup
from .test_linked_data import PARSERS

ONE, TWO = ID["practice/one"], ID["practice/two"]
HTML = {"Accept": "text/html"}
TURTLE = {"Accept": "text/turtle"}


class Running:
    """A site over three records, whose data can be changed."""

    def __init__(self, workspace: Workspace, folder: Path) -> None:
        self.workspace, self.file = workspace, folder / "more.jsonl"
        self.client = TestClient(create_app(workspace), follow_redirects=False, raise_server_exceptions=False)
        self.site: Site = self.client.app.state.site  # type: ignore[attr-defined]

    def put(self, **fields: Any) -> None:
        """Store another version of the first record."""
        self.file.write_text(json.dumps(THREE[0] | fields), encoding="utf-8")
        assert not self.workspace.import_files([self.file], dry_run=False, strict=False).rejected
        self.site.take_up_changes()

    def withdraw(self, record: URIRef = ONE, replaced_by: URIRef | None = None) -> None:
        heirs = {record: replaced_by} if replaced_by else None
        with self.workspace.writing() as store:
            withdraw(store, [record], Act("import", "goodways-import"), source="x", replaced_by=heirs)
            self.workspace.sync(store)
        self.site.take_up_changes()

    def data(self, path: str) -> Graph:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return Graph().parse(data=answer.content, format="nt")

    def page(self, path: str, status: int = 200) -> Markup:
        answer = self.client.get(path, headers=HTML)
        assert answer.status_code == status, answer.text
        return Markup(answer.text)


@pytest.fixture
def running(small: Workspace, tmp_path: Path) -> Iterator[Running]:
    made = Running(small, tmp_path)
    with made.client:
        yield made


def test_a_version_says_when_it_was_published_and_what_it_replaces(running: Running) -> None:
    running.put(summary="Twelve learners, and two came back.")
    first, second = URIRef(f"{ONE}/version/1"), URIRef(f"{ONE}/version/2")
    said = running.data("/data/practice/one/version/2.nt")
    assert (second, PROV.specializationOf, ONE) in said
    assert (second, PROV.wasRevisionOf, first) in said
    assert (second, DCTERMS.replaces, first) in said
    assert said.value(second, PROV.generatedAtTime)
    activity = said.value(second, PROV.wasGeneratedBy)
    assert said.value(activity, PROV.wasAssociatedWith) == ID["agent/goodways-import"]
    assert said.value(second, GW.digest) == running.data("/data/practice/one.nt").value(ONE, GW.digest)
    assert (first, DCTERMS.isReplacedBy, second) in running.data("/data/practice/one/version/1.nt")
    page = running.page("/page/practice/one/version/1")
    shown = page.one("main").text
    assert str(first) in shown
    assert str(said.value(second, GW.digest)) not in shown
    assert {"/id/practice/one", "/id/practice/one/version/2"} <= {link["href"] for link in page.all("a")}


def test_each_version_keeps_what_it_said(running: Running) -> None:
    before = running.data("/data/practice/one.nt")
    running.put(summary="Twelve learners, and two came back.", text='First line.\nSecond “line” \\ with "quotes".')
    running.put(title="Another title")
    for number, summary in ((1, THREE[0]["summary"]), (2, "Twelve learners, and two came back.")):
        said = running.data(f"/data/practice/one/version/{number}.nt")
        assert [str(text) for text in said.objects(ONE, DCTERMS.abstract)] == [summary]
    second = running.data("/data/practice/one/version/2.nt")
    assert str(second.value(ONE, GW.text)) == 'First line.\nSecond “line” \\ with "quotes".'
    assert set(before) <= set(running.data("/data/practice/one/version/1.nt"))
    assert running.page("/page/practice/one/version/1").one("h1").text == THREE[0]["title"]["en"]
    assert running.page("/page/practice/one/version/3").one("h1").text == "Another title"
    kept = Dataset()
    kept.parse(data=running.client.get("/data/practice/one/version/1.trig").content, format="trig")
    assert set(kept.graph(URIRef(f"{ONE}/version/1"))) == set(before)


def test_the_iri_of_a_version_and_of_its_publication_send_on(running: Running) -> None:
    for accept, where in ((HTML, "/page/practice/one/version/1"), (TURTLE, "/data/practice/one/version/1.ttl")):
        for path in ("/id/practice/one/version/1", "/id/practice/one/version/1/activity"):
            answer = running.client.get(path, headers=accept)
            assert (answer.status_code, answer.headers["location"]) == (303, where)
            assert answer.headers["vary"] == "Accept"
    for number in ("0", "2", "1.5", "x", "01"):
        assert running.client.get(f"/id/practice/one/version/{number}").status_code == 404


def test_versions_point_to_one_another(running: Running) -> None:
    running.put(title="Second")
    running.put(title="Third")
    link = running.client.get("/page/practice/one/version/2").headers["link"]
    for number, relation in ((1, "predecessor-version"), (3, "successor-version"), (3, "latest-version")):
        assert f'<{ONE}/version/{number}>; rel="{relation}"' in link
    record = running.page("/page/practice/one")
    assert "/id/practice/one/version/3" in {a["href"] for a in record.all("a")}


def test_old_versions_are_in_no_search_query_or_dump(running: Running) -> None:
    running.put(title="Sailing with Zanzibarian pilots")
    running.put(title="Baking in Lyon")
    assert "Sailing" not in running.client.get("/api/v1/search?q=young+people+at+sea").text
    everything = " ".join(str(quad) for quad in published(running.site.searcher.store))
    assert "Zanzibarian" not in everything
    assert "/version/" not in everything
    asked = 'SELECT ?s { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } FILTER CONTAINS(STR(?o), "Zanzibarian") }'
    answer = running.client.get("/sparql", params={"query": asked}, headers={"Accept": "application/json"})
    assert answer.json()["results"]["bindings"] == []


PATHS = ["/id/practice/one", "/page/practice/one", "/data/practice/one.ttl", "/graph/record/one"]


@pytest.mark.parametrize("path", PATHS)
def test_what_is_withdrawn_is_gone_in_every_form_and_says_what_it_was(running: Running, path: str) -> None:
    running.withdraw(replaced_by=TWO)
    for ending, media_type in FORMS.items():
        asked = path.replace(".ttl", f".{ending}")
        if path.startswith("/page"):
            continue
        answer = running.client.get(asked, headers={"Accept": media_type})
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (410, media_type)
        assert answer.headers["access-control-allow-origin"] == "*"
        data = Dataset(default_union=True)
        data.parse(data=answer.content, format=PARSERS[ending])
        assert data.value(ONE, PROV.invalidatedAtTime)
        assert set(data.predicates()) == {RDF.type, DCTERMS.title, PROV.invalidatedAtTime, DCTERMS.isReplacedBy}
        assert set(data.objects(ONE, RDF.type)) == {PROV.Entity, GW.GoodPractice}
        assert set(data.objects(ONE, DCTERMS.title)) == {
            Literal(title, lang=code) for code, title in THREE[0]["title"].items()
        }
        assert set(data.objects(ONE, DCTERMS.isReplacedBy)) == {TWO}
    if not path.startswith("/data"):
        page = running.page(path, 410)
        assert page.one("h1").text == THREE[0]["title"]["en"]
        assert "/id/practice/two" in {a["href"] for a in page.all("a")}
        assert "interpreter" not in page.one("main").text


def test_what_is_withdrawn_is_in_no_search_query_or_dump(running: Running) -> None:
    assert any(hit["id"] == "one" for hit in running.client.get("/api/v1/search?q=joiners+Granada").json()["results"])
    running.withdraw()
    assert not any(
        hit["id"] == "one" for hit in running.client.get("/api/v1/search?q=joiners+Granada").json()["results"]
    )
    assert not [quad for quad in published(running.site.searcher.store) if str(ONE) in str(quad)]
    asked = f"ASK {{ {{ <{ONE}> ?p ?o }} UNION {{ GRAPH <{record_graph('one')}> {{ ?s ?p ?o }} }} }}"
    answer = running.client.get("/sparql", params={"query": asked}, headers={"Accept": "application/json"})
    assert answer.json()["boolean"] is False
    named = f"ASK {{ GRAPH <{HISTORY_GRAPH}> {{ ?s ?p ?o }} }}"
    answer = running.client.get("/sparql", params={"query": named}, headers={"Accept": "application/json"})
    assert answer.json()["boolean"] is False


def test_what_is_withdrawn_has_no_citation_and_no_link_set_any_more(running: Running) -> None:
    for path in ("/cite/practice/one.bib", "/linkset/practice/one"):
        assert running.client.get(path).status_code == 200
    running.withdraw()
    for path in ("/cite/practice/one.bib", "/linkset/practice/one"):
        answer = running.client.get(path)
        assert (answer.status_code, "was withdrawn" in answer.json()["detail"]) == (410, True)


def test_what_comes_back_answers_again_and_what_was_withdrawn_stays_withheld(running: Running) -> None:
    running.withdraw()
    running.put(title="Joiners again")
    assert running.client.get("/id/practice/one").status_code == 303
    assert running.page("/page/practice/one").one("h1").text == "Joiners again"
    assert running.client.get("/id/practice/one/version/2").status_code == 303
    gone = running.client.get("/id/practice/one/version/1", headers=TURTLE)
    assert gone.status_code == 410
    assert "interpreter" not in gone.text
    assert running.client.get("/data/practice/one/version/1.nt").status_code == 410
    assert running.client.get("/linkset/practice/one/version/1").status_code == 410
    running.page("/page/practice/one/version/1", 410)


def test_a_record_that_says_what_it_replaces_is_named_by_the_tombstone(running: Running) -> None:
    with running.workspace.writing() as store:
        store.change({}, add={record_graph("two"): [(TWO, DCTERMS.replaces, ONE)]})
    running.withdraw()
    data = Graph().parse(data=running.client.get("/id/practice/one", headers=TURTLE).content, format="turtle")
    assert list(data.objects(ONE, DCTERMS.isReplacedBy)) == [TWO]


def test_a_tombstone_is_there_though_the_title_was_never_kept(running: Running) -> None:
    """Records that were withdrawn before versions were kept."""
    running.withdraw()
    with running.workspace.writing() as store:
        kept = [(s, p, o) for s, p, o in store.private.graph(HISTORY_GRAPH) if p == GW.content]
        assert kept
        store.private.change({}, remove={HISTORY_GRAPH: kept})
    running.site.take_up_changes()
    assert running.page("/id/practice/one", 410).one("h1").text == "one"
    assert "invalidatedAtTime" in running.client.get("/data/practice/one.nt").text


def test_a_body_whose_record_is_withdrawn_is_still_there_where_others_name_it(running: Running) -> None:
    body = {"id": "acme", "type": "Organisation", "title": "Acme", "summary": "A school.", "language": "en",
            "source": "https://example.org/acme"}  # fmt: skip
    running.put(**body, country=None, destination=None, addresses=None)
    running.put(organisation=[{"name": "Acme", "role": "sender"}])
    running.withdraw(ID["organisation/acme"])
    assert running.client.get("/id/organisation/acme").status_code == 303
    assert running.client.get("/page/organisation/acme").status_code == 200


def test_people_and_files_are_not_named(running: Running) -> None:
    with running.workspace.writing() as store:
        history = store.private.graph(HISTORY_GRAPH)
        (who,) = set(history.objects(URIRef(f"{ONE}/version/1/activity"), PROV.wasAssociatedWith))
        activity = URIRef(f"{ONE}/version/1/activity")
        change = {HISTORY_GRAPH: [(activity, PROV.wasAssociatedWith, who)]}
        store.private.change(
            {}, add={HISTORY_GRAPH: [(activity, PROV.wasAssociatedWith, ID["agent/ada"])]}, remove=change
        )
    running.site.take_up_changes()
    for ending in FORMS:
        said = running.client.get(f"/data/practice/one/version/1.{ending}").text
        assert "agent/" not in said
        assert "three.jsonl" not in said
    assert running.client.get("/id/agent/ada").status_code == 404


def test_a_backup_brings_versions_and_tombstones_back_and_publishes_none_of_them(
    running: Running, tmp_path: Path, encoder: Any
) -> None:
    running.put(title="Second")
    running.withdraw(TWO)
    backup(running.workspace, tmp_path / "all.tgz")
    other = workspace_at(tmp_path / "other", encoder)
    restore(other, tmp_path / "all.tgz")
    with TestClient(create_app(other), follow_redirects=False) as client:
        assert client.get("/id/practice/two", headers=HTML).status_code == 410
        assert THREE[0]["title"]["en"] in client.get("/page/practice/one/version/1", headers=HTML).text
    with other.reading() as store:
        assert not [quad for quad in published(store) if str(TWO) in str(quad)]
