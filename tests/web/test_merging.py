"""A record that is here twice becomes one on its page: what is gained is shown, what differs is chosen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from search import Encoder
from tests.conftest import THREE
from tests.web.desk_site import desk_of
from tests.web.people import send, signed_in
from tests.web.small_site import add, small_site
from web.accounts import Role

TWICE = THREE[0] | {"id": "one-again", "title": {"en": "Deaf joiners in Granada"}, "country": ["PL"]}
PATH = "/desk/merge/practice/one-again"


@pytest.fixture
def site(small_folder: Path, tmp_path: Path, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path, encoder) as made:
        add(made, tmp_path, TWICE)
        yield made


def test_a_record_that_is_here_twice_becomes_one_and_its_address_leads_there(site: TestClient) -> None:
    editor = signed_in(site, Role.EDITOR)
    assert PATH in editor.get("/desk/history/practice/one-again").text
    page = editor.get(PATH, params={"into": "https://w3id.org/goodways/id/practice/one"})
    assert page.status_code == 200
    for said in ("Deaf joiners in Granada", "Deaf learners train as joiners in Granada", "Poland"):
        assert said in page.text

    done = send(editor, PATH, into="one", why="Entered twice.", **{"choose-title.en": "mine"})
    assert done.status_code == 303, done.text
    assert "Merged" in editor.get(done.headers["location"]).text
    kept = site.get("/api/v1/records/practice/one").json()
    assert kept["title"] == THREE[0]["title"] | {"en": "Deaf joiners in Granada"}
    assert kept["country"] == ["LT", "PL"]
    assert site.get("/id/practice/one-again").headers["location"].endswith("/id/practice/one")
    assert desk_of(site).audit(about="one-again")[0].what == "merged into one"


@pytest.mark.parametrize(
    ("into", "why", "said"),
    [
        ("one", "", "Say why"),
        ("one-again", "x", "choose which of the two stays"),
        ("three", "x", "stay two"),
        ("nothing", "x", "no record"),
        ("../<script>", "x", "no record"),
    ],
)
def test_what_cannot_be_merged_is_said_and_both_stay(site: TestClient, into: str, why: str, said: str) -> None:
    editor = signed_in(site, Role.EDITOR)
    answer = send(editor, PATH, into=into, why=why)
    assert answer.status_code in (404, 422)
    assert said in answer.text
    assert "<script>" not in answer.text
    assert {site.get(f"/page/practice/{one}").status_code for one in ("one", "one-again")} == {200}


def test_nobody_merges_what_another_is_writing_on(site: TestClient) -> None:
    editor = signed_in(site, Role.EDITOR)
    assert send(editor, "/desk/edit/practice/one-again").status_code == 303
    answer = send(editor, PATH, into="one", why="x")
    assert answer.status_code == 422
    assert "Somebody is writing" in answer.text


def test_merging_is_for_editors(site: TestClient) -> None:
    curator = signed_in(site, Role.CURATOR)
    assert curator.get(PATH).status_code == 403
    assert send(curator, PATH, into="one", why="x").status_code == 403
