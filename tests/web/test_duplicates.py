"""Who writes a record is told what is here already; what was merged sends on, and its versions stay gone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rdflib import URIRef
from starlette.testclient import TestClient

from kg.merging import merge
from kg.records import Act, Change
from ontology import GW, ID, record_graph
from search import Encoder
from tests.conftest import THREE
from web.accounts import Role
from web.curation import duplicates_api
from web.templates import environment

from .markup import Markup
from .people import browser_at, signed_in
from .small_site import add, site_of, small_site

HTML, TURTLE = {"Accept": "text/html"}, {"Accept": "text/turtle"}
ONE, TWO = ID["practice/one"], ID["practice/two"]


@pytest.fixture
def site(small_folder: Path, tmp_path: Path, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path, encoder) as made:
        yield made


def asked(browser: TestClient, **question: Any) -> list[dict[str, Any]]:
    answer = browser.get("/api/v1/duplicates", params=question)
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["cache-control"]
    return answer.json()["duplicates"]  # type: ignore[no-any-return]


def merged(client: TestClient, keep: URIRef = TWO, away: URIRef = ONE, kept: Change | None = None) -> None:
    site = site_of(client)
    act = Act("desk", "person-ada")
    site.workspace.changed_by(lambda store: merge(store, keep, away, act, source="x", kept=kept))
    site.take_up_changes()


def test_a_visitor_is_told_to_sign_in_and_nothing_else(site: TestClient) -> None:
    answer = browser_at(site).get("/api/v1/duplicates?source=https://example.org/one")
    assert answer.status_code == 401
    assert "one" not in answer.text.replace("once", "")


def test_a_contributor_sees_what_is_here_with_the_reason_and_the_page(site: TestClient) -> None:
    browser = signed_in(site, Role.CONTRIBUTOR)
    (found,) = asked(browser, source="http://www.example.org/one/?utm_source=x")
    assert (found["id"], found["iri"], found["url"]) == ("one", str(ONE), "/id/practice/one")
    assert (found["same"], found["draft"], found["language"]) == (True, False, "en")
    assert found["title"] == THREE[0]["title"]["en"]
    assert found["reasons"] == [
        {"kind": "address", "said": "It was read from the same page: example.org/one.", "value": "example.org/one"}
    ]
    assert asked(browser, source="http://www.example.org/one/", but="one") == []
    assert asked(browser) == []


def test_what_is_published_meanwhile_is_found(site: TestClient, tmp_path: Path) -> None:
    browser = signed_in(site, Role.CONTRIBUTOR)
    question = {"reference": "2018_1_de02_ka202_005220"}
    assert asked(browser, **question) == []
    add(site, tmp_path, THREE[1] | {"id": "four", "projectReference": ["2018-1-DE02-KA202-005220"]})
    site_of(site).bring_up_the_rest()
    assert [one["id"] for one in asked(browser, **question)] == ["four"]


def test_drafts_of_others_are_found_by_curators_only(site: TestClient) -> None:
    desk = site.app.state.desk  # type: ignore[attr-defined]
    draft = desk.begin({"title": "Beekeeping in the Tyrol", "source": "https://example.org/bees"}, "0123456789ab")
    question = {"source": "https://example.org/bees/"}
    assert asked(signed_in(site, Role.CONTRIBUTOR), **question) == []
    (seen,) = asked(signed_in(site, Role.CURATOR), **question)
    assert (seen["id"], seen["url"], seen["draft"], seen["iri"]) == (draft.key, f"/desk/draft/{draft.key}", True, "")


def test_the_draft_of_a_record_is_no_duplicate_of_the_record(site: TestClient) -> None:
    browser = signed_in(site, Role.CURATOR)
    desk = site.app.state.desk  # type: ignore[attr-defined]
    draft = desk.begin(THREE[0], "0123456789ab", based_on=1)
    question = {"source": THREE[0]["source"], "title": THREE[0]["title"]["en"], "language": "en"}
    assert [one["id"] for one in asked(browser, **question)] == ["one"]
    assert asked(browser, **question, but=draft.key) == []
    assert asked(browser, **question, but="one") == []
    assert [one["id"] for one in asked(browser, **question, but="d-ffffffffff")] == ["one"]


def test_hostile_questions_are_answered(site: TestClient) -> None:
    browser = signed_in(site, Role.CONTRIBUTOR)
    names = ("title", "summary", "source", "reference", "language", "type", "but")
    for text in (
        "\x00",
        "<script>alert(1)</script>",
        "x" * 4000,
        "'; DROP GRAPH <x>; --",
        "http://[",
        "%",
        "🦆" * 300,
    ):
        assert asked(browser, **dict.fromkeys(names, text)) == []
    assert browser.get("/api/v1/duplicates?limit=0").status_code == 422


def test_the_list_on_the_page_says_why_and_escapes_what_others_wrote(site: TestClient) -> None:
    found = duplicates_api.duplicates_of(site_of(site)).like(
        {"source": "https://example.org/one", "title": "x"}, drafts=lambda: [
            ("d-0123456789", {"title": "<script>alert(1)</script>", "source": "https://example.org/one"})
        ]
    )  # fmt: skip
    template = '{% import "_duplicates.html" as d with context %}{{ d.duplicates(found, "x") }}'
    html = environment().from_string(template).render(found=duplicates_api.shown(found), lang="en")
    page = Markup(html)
    assert "<script" not in html
    assert page.one("section").text.count("It was read from the same page") == 2
    assert {a["href"] for a in page.all("a")} == {"/id/practice/one", "/desk/draft/d-0123456789"}
    empty = environment().from_string(template).render(found=[], lang="en")
    assert 'aria-live="polite"' in empty
    assert "<section" not in empty


@pytest.mark.parametrize(
    ("path", "accept", "where"),
    [
        ("/id/practice/one", HTML, "/id/practice/two"),
        ("/id/practice/one", TURTLE, "/id/practice/two"),
        ("/page/practice/one", HTML, "/page/practice/two"),
        ("/data/practice/one.ttl", TURTLE, "/data/practice/two.ttl"),
        ("/data/practice/one.jsonld", HTML, "/data/practice/two.jsonld"),
    ],
)
def test_what_was_merged_sends_on_to_the_record_that_is_kept(
    site: TestClient, path: str, accept: dict[str, str], where: str
) -> None:
    assert site.get(path, headers=accept).status_code in (200, 303)
    merged(site)
    answer = site.get(path, headers=accept)
    assert (answer.status_code, answer.headers["location"]) == (308, where)
    assert answer.headers["cache-control"] == "no-cache"
    assert f'<{TWO}>; rel="cite-as"' in answer.headers["link"]
    end = site.get(path, headers=accept, follow_redirects=True)
    assert end.status_code == 200
    assert THREE[1]["title"] in end.text


def test_versions_of_what_was_merged_stay_gone(site: TestClient) -> None:
    merged(site)
    for path in ("/id/practice/one/version/1", "/page/practice/one/version/1", "/data/practice/one/version/1.nt"):
        answer = site.get(path, headers=HTML)
        assert answer.status_code == 410, path
        assert "interpreter" not in answer.text


def test_what_was_merged_and_comes_back_answers_for_itself(site: TestClient, tmp_path: Path) -> None:
    merged(site)
    add(site, tmp_path, THREE[0] | {"title": "Joiners again"})
    assert site.get("/id/practice/one", headers=HTML).headers["location"] == "/page/practice/one"
    assert "Joiners again" in site.get("/page/practice/one", headers=HTML).text


def test_a_merge_is_in_the_search_at_once_and_the_folder_agrees(site: TestClient) -> None:
    merged(site)
    assert "one" not in {hit["id"] for hit in site.get("/api/v1/search?q=joiners+Granada").json()["results"]}
    assert site_of(site).workspace.check() == []
    with site_of(site).workspace.reading() as store:
        assert not list(store.graph(record_graph("one")))
        assert not store.ask(f"ASK {{ ?s {GW.mergedInto.n3()} ?o }}")


def test_the_answer_is_json_that_the_description_describes(site: TestClient) -> None:
    described = json.loads(site.get("/openapi.json").text)["paths"]
    assert "/api/v1/duplicates" in described
    names = {parameter["name"] for parameter in described["/api/v1/duplicates"]["get"]["parameters"]}
    assert {"title", "summary", "source", "reference", "language", "type", "but", "limit"} == names
