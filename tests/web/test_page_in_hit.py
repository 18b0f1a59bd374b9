"""A hit in a long text says on which page it stands, on the site and in the API."""

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kg.paged_text import join_pages
from tests.conftest import THREE
from web.server import create_app
from web.workspace import Workspace

PAGES = [
    (3, "The guide begins with how schools choose their partners."),
    (12, "A sign language interpreter for a traineeship is paid in full by the grant."),
    (478, "An index of terms closes the book."),
]


@pytest.fixture
def app(small: Workspace, tmp_path: Path) -> TestClient:
    record = THREE[2] | {
        "id": "guide",
        "title": "A long guide",
        "summary": "A book.",
        "source": "https://example.org/guide",
        "text": join_pages(PAGES),
    }
    path = tmp_path / "guide.jsonl"
    path.write_text(json.dumps(record), encoding="utf-8")
    report = small.import_files([path], dry_run=False, strict=True)
    assert report.added, report.rejected
    return TestClient(create_app(small))


def test_a_hit_in_a_long_text_names_its_page(app: TestClient) -> None:
    question = "who pays the sign language interpreter of a trainee"
    answer = app.get("/api/v1/search", params={"q": question}).json()
    (guide,) = [hit for hit in answer["results"] if hit["id"] == "guide"]
    assert guide["page"] == 12
    assert "page 12" in guide["why"]
    assert "[page" not in guide["why"]
    others = [hit for hit in answer["results"] if hit["id"] != "guide"]
    assert all(hit["page"] is None for hit in others)
    assert "from the full text, page 12" in " ".join(app.get("/search", params={"q": question}).text.split())


def test_pages_survive_every_form_of_the_graph(app: TestClient) -> None:
    from rdflib import Graph

    from ontology import GW, ID

    for form in ("ttl", "rdf", "jsonld", "nt"):
        answer = app.get(f"/data/material/guide.{form}")
        assert answer.status_code == 200
        graph = Graph().parse(data=answer.text, format={"rdf": "xml", "jsonld": "json-ld"}.get(form, form))
        assert str(graph.value(ID["material/guide"], GW.text)) == join_pages(PAGES)
