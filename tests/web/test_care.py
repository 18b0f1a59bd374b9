"""The curator's page says what needs a person, and the map of what is missing is for everybody."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from ingest.link_checks import FILE, uses
from ingest.link_file import TABLES, Kind, LinkFile
from search import Encoder
from web.accounts import Role

from .markup import Markup
from .people import send, signed_in
from .small_site import add, site_of, small_site

OLD = {
    "id": "old", "type": "TrainingMaterial", "title": "An old guide", "summary": "A guide for teachers.",
    "language": "en", "source": "https://example.org/old", "checked": "2020-01-01", "start": "2021", "end": "2020",
    "materialType": ["guide"],
}  # fmt: skip


@pytest.fixture(scope="module")
def site(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("care")
    with small_site(small_folder, folder, encoder) as made:
        add(made, folder, OLD)
        yield made


@pytest.fixture(scope="module")
def curator(site: TestClient) -> TestClient:
    return signed_in(site, Role.CURATOR)


def rows(browser: TestClient, tab: str) -> list[str]:
    """The rows of a list, as text."""
    answer = browser.get(f"/desk/care?tab={tab}")
    assert answer.status_code == 200, answer.text
    Markup(answer.text)
    found = re.search(r'<ol class="care-rows">(.*?)</ol>', answer.text, re.DOTALL)
    return found[1].split("<h3>")[1:] if found else []


def test_only_curators_see_what_needs_care(site: TestClient) -> None:
    assert site.get("/desk/care").headers["location"].startswith("/sign-in?next=")
    assert signed_in(site, Role.CONTRIBUTOR).get("/desk/care").status_code == 403
    assert signed_in(site, Role.EDITOR).get("/desk/care").status_code == 200


def test_each_list_says_what_is_the_matter_what_to_do_and_where_to_edit(curator: TestClient) -> None:
    (wrong,) = rows(curator, "contradictory")
    assert "It ends (2020) before it starts (2021)" in wrong
    assert 'action="/desk/edit/material/old"' in wrong
    incomplete = rows(curator, "incomplete")
    assert len(incomplete) == 4
    assert all("Look in the source for what is missing." in row and "care-notes" in row for row in incomplete)
    stale = rows(curator, "stale")
    assert "It does not say when it was last checked." in stale[0]
    assert "Last checked on 1 January 2020." in stale[-1]
    assert all("Checked today: still right" in row for row in stale)
    assert curator.get("/desk/care?tab=nonsense").status_code == 404
    assert curator.get("/desk/care?tab=stale&page=9999999999999999999").status_code == 200


def test_a_source_that_is_still_right_gets_the_day_and_leaves_the_list(site: TestClient, curator: TestClient) -> None:
    before = rows(curator, "stale")
    answer = send(curator, "/desk/care/checked", record="practice/two")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/care?tab=stale&done=practice%2Ftwo")
    assert "the source was checked today" in curator.get(answer.headers["location"]).text
    after = rows(curator, "stale")
    assert len(after) == len(before) - 1
    assert not any("/id/practice/two" in row for row in after)
    _, graph, version = site_of(site).record("practice", "two")
    assert version.number == 2
    assert f"{date.today()}" in graph.serialize()


def test_a_check_leaves_what_another_is_writing_alone_and_tells_them(site: TestClient, curator: TestClient) -> None:
    desk = site.app.state.desk  # type: ignore[attr-defined]
    draft = desk.begin(OLD | {"id": "three", "title": "Half a title"}, "somebody", based_on=1)
    answer = send(curator, "/desk/care/checked", record="material/three")
    assert answer.headers["location"].endswith("noted=material%2Fthree")
    assert "They were told in a comment" in curator.get(answer.headers["location"]).text
    _, graph, version = site_of(site).record("material", "three")
    assert version.number == 1
    assert "Half a title" not in graph.serialize()
    assert desk.draft(draft.key).number == draft.number
    (comment,) = desk.comments(draft.key)
    assert "still says what the record says" in comment.text


def test_the_button_is_for_curators_and_forms_of_this_site_alone(site: TestClient, curator: TestClient) -> None:
    assert curator.post("/desk/care/checked", data={"record": "practice/one"}).status_code == 403
    assert send(signed_in(site, Role.CONTRIBUTOR), "/desk/care/checked", record="practice/one").status_code == 403
    assert send(curator, "/desk/care/checked", record="practice/none").status_code == 404
    assert send(curator, "/desk/care/checked", record="../../etc").status_code == 404


def test_links_are_shown_with_their_kind_a_new_address_and_an_archived_copy(
    site: TestClient, curator: TestClient
) -> None:
    page = curator.get("/desk/care").text
    assert "Links are not looked at on this site." in page
    file = LinkFile(site_of(site).workspace.folder / FILE, TABLES)
    now = datetime.now(UTC)
    file.take_in({use.address for use in uses(site_of(site).searcher.store)}, now)
    by_end = {link.address.rpartition("/")[2]: link for link in file.links()}
    seen = {"looked": now, "due": now + timedelta(days=7)}
    failed = seen | {"failures": 3, "first_failed": (now - timedelta(days=3)).date()}
    file.note(replace(by_end["old"], kind=Kind.GONE, status=404, note="No such page.", **failed))
    file.note(replace(by_end["two"], kind=Kind.MOVED, final="https://example.org/new-two", **seen))
    file.note(replace(by_end["one"], kind=Kind.UNREACHED, **(failed | {"failures": 1})))
    gone, moved = rows(curator, "links")
    assert "The page is gone." in gone
    assert "https://web.archive.org/web/20200101/https://example.org/old" in gone
    assert "https://example.org/new-two" in moved
    page = curator.get("/desk/care").text
    assert "4 links: 1 lead where they should, 1 failed and are being tried again, 1 were not looked at yet." in page


@pytest.mark.slow
def test_the_map_is_for_everybody_and_every_number_is_what_the_search_finds(client: TestClient) -> None:
    visitor = TestClient(client.app, follow_redirects=False)
    for path in (
        "/desk/gaps",
        "/desk/gaps?country=DE",
        "/desk/gaps?by=country",
        "/desk/gaps?under=eplus-2021.social",
    ):
        answer = visitor.get(path)
        assert answer.status_code == 200
        cells = [e for e in Markup(answer.text).elements if e.tag == "a" and "td" in e.inside]
        filled = [e for e in cells if not e.text.startswith("0")]
        empty = [e for e in cells if e.text.startswith("0")]
        assert filled, path
        assert empty, path
        for cell in filled[:: max(1, len(filled) // 6)]:
            number = int(re.match(r"\d+", cell.text)[0])  # type: ignore[index]
            assert "record" in cell.text, "said in words to those who hear the page"
            asked = {name: values[0] for name, values in parse_qs(urlsplit(cell["href"]).query).items()}
            found = visitor.get("/api/v1/search", params=asked | {"limit": "1"}).json()
            assert found["total"] == number, cell["href"]
        for cell in empty[:3]:
            assert cell["href"].startswith("/desk/new?type=GoodPractice&addresses=eplus-2021.")
            assert "add one" in cell.text
    assert "Nothing yet" in answer.text


def test_the_map_knows_only_what_there_is(site: TestClient) -> None:
    for query in ("country=XQ", "by=country&stay=nonsense", "under=nonsense", "under=../../x"):
        assert site.get(f"/desk/gaps?{query}").status_code == 404, query
    assert site.get("/desk/gaps?country=%3Cscript%3E&by=country").status_code == 200, "countries are the rows then"
    assert "<script>" not in site.get("/desk/gaps?country=%3Cscript%3E").text


def test_the_map_follows_the_data(site: TestClient, tmp_path: Path) -> None:
    def number() -> int:
        cells = [e for e in Markup(site.get("/desk/gaps").text).elements if e.tag == "a" and "td" in e.inside]
        return sum(int(re.match(r"\d+", cell.text)[0]) for cell in cells)  # type: ignore[index]

    before = number()
    more = {
        "id": "new-stay",
        "type": "GoodPractice",
        "mobilityType": ["job-shadowing"],
        "addresses": ["eplus-2021.health"],
    }
    add(site, tmp_path, OLD | more | {"materialType": None, "end": "2021"})
    assert number() == before + 1
