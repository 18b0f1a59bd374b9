"""Records in several languages: the original is known, and a translation that is older than it is found."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from kg.desk import State
from search import Encoder
from tests.web.desk_site import desk_of, draft_of, key_in, opened, send_form
from tests.web.people import accounts_at, csrf, send, signed_in
from tests.web.small_site import site_of, small_site
from web.accounts import Person, Role
from web.curation.languages import languages_of, outdated, states_of
from web.curation.publishing import Office, publish

BASE: dict[str, Any] = {
    "type": "GoodPractice",
    "title": {"de": "Gehörlose backen in Lyon"},
    "summary": {"de": "Vier Lernende backten drei Wochen in Lyon."},
    "language": "de",
    "source": "https://example.org/lyon",
    "figure": [{"value": 4, "what": {"de": "Lernende"}}],
    "outcome": {"de": "Alle blieben."},
}


@pytest.fixture(scope="module")
def site(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("languages"), encoder) as made:
        yield made


@pytest.fixture(scope="module")
def edi(site: TestClient) -> TestClient:
    return signed_in(site, Role.EDITOR, "translating-editor")


def person(site: TestClient) -> Person:
    account = accounts_at(site).account_of_login("translating-editor")
    assert account
    return account.as_person()


def begun(site: TestClient, **more: Any) -> str:
    return desk_of(site).begin(BASE | more, person(site).id).key


def translate(browser: TestClient, key: str, language: str, texts: dict[str, str], **more: str) -> Any:
    """Open the translation page, type into it, and save."""
    path = f"/desk/draft/{key}/translate/{language}"
    page = browser.get(path)
    assert page.status_code == 200, page.text
    shown = [part.partition('"')[0] for part in page.text.split('name="shown" value="')[1:]]
    on = page.text.partition('name="on" value="')[2].partition('"')[0]
    assert set(texts) <= set(shown), shown
    return browser.post(path, data={"csrf": csrf(browser), "on": on, "shown": shown, **texts, **more})


def publish_it(site: TestClient, key: str) -> None:
    office = Office(site_of(site), desk_of(site))
    publish(office, desk_of(site).draft(key), person(site), "to see what becomes of it")
    assert desk_of(site).draft(key).state == State.PUBLISHED


def test_a_translation_stands_beside_the_original_and_is_marked_as_ours(site: TestClient, edi: TestClient) -> None:
    key = begun(site)
    page = edi.get(f"/desk/draft/{key}/translate/en").text
    assert "Gehörlose backen in Lyon" in page
    assert 'lang="de"' in page
    texts = {"title": "Deaf bakers in Lyon", "summary": "Four learners baked.", "figure-1.what": "learners"}
    assert translate(edi, key, "en", texts, ours="1").status_code == 303
    fields = draft_of(site, key).fields
    assert fields["title"] == {"de": "Gehörlose backen in Lyon", "en": "Deaf bakers in Lyon"}
    assert fields["figure"][0]["what"] == {"de": "Lernende", "en": "learners"}
    assert fields["ourTranslation"] == ["en"]
    assert "en" not in fields["outcome"]
    assert languages_of(fields) == ["de", "en"]
    translate(edi, key, "en", {"title": "", "summary": "", "figure-1.what": ""})
    assert draft_of(site, key).fields == BASE, "and it can be taken out again"


def test_a_translation_whose_original_was_changed_later_is_out_of_date(site: TestClient, edi: TestClient) -> None:
    key = begun(site)
    translate(edi, key, "en", {"title": "Deaf bakers in Lyon", "summary": "Four learners baked."}, ours="1")
    office = Office(site_of(site), desk_of(site))
    assert outdated(states_of(office, draft_of(site, key)), "de") == []
    send_form(edi, key, **{"summary:": "Vier Lernende backten vier Wochen in Lyon."})
    found = outdated(states_of(office, draft_of(site, key)), "de")
    assert [(one.path, one.language) for one in found] == [("summary", "en")]
    assert "drei Wochen" in found[0].before
    assert "vier Wochen" in found[0].now
    page = edi.get(f"/desk/draft/{key}/translate/en").text
    assert "The original was changed after this" in page
    assert "drei Wochen" in page
    assert "one text is older than the original" in edi.get(f"/desk/draft/{key}").text
    translate(edi, key, "en", {"summary": "Four learners baked for four weeks."}, ours="1")
    assert outdated(states_of(office, draft_of(site, key)), "de") == []


def test_what_was_published_counts_too(site: TestClient, edi: TestClient) -> None:
    """The original is changed in one version, the translation was written in an earlier one."""
    key = begun(site, id="published-in-two", title=BASE["title"] | {"en": "Deaf bakers"})
    publish_it(site, key)
    second = key_in(send(edi, "/desk/edit/practice/published-in-two"))
    send_form(edi, second, **{"title:": "Gehörlose backen in Paris"})
    publish_it(site, second)
    third = key_in(send(edi, "/desk/edit/practice/published-in-two", into="en"))
    office = Office(site_of(site), desk_of(site))
    found = outdated(states_of(office, draft_of(site, third)), "de")
    assert [(one.path, one.before, one.now) for one in found] == [
        ("title", "Gehörlose backen in Lyon", "Gehörlose backen in Paris")
    ]


def test_a_translation_can_be_said_to_be_still_right(site: TestClient, edi: TestClient) -> None:
    key = begun(site)
    translate(edi, key, "en", {"title": "Deaf bakers in Lyon"}, ours="1")
    send_form(edi, key, **{"title:": "Gehörlose backen in Lyon."})
    assert "older than the original" in edi.get(f"/desk/draft/{key}").text
    translate(edi, key, "en", {"title": "Deaf bakers in Lyon"}, ours="1", still="still-right")
    assert "older than the original" not in edi.get(f"/desk/draft/{key}").text
    send_form(edi, key, **{"title:": "Blinde backen in Lyon"})
    assert "older than the original" in edi.get(f"/desk/draft/{key}").text


def test_white_space_makes_no_translation_old(site: TestClient, edi: TestClient) -> None:
    key = begun(site)
    translate(edi, key, "en", {"summary": "Four learners baked."}, ours="1")
    send_form(edi, key, **{"summary:": "Vier Lernende backten\r\n\r\ndrei Wochen  in Lyon."})
    assert "older than the original" not in edi.get(f"/desk/draft/{key}").text


def test_the_form_leads_to_a_translation_and_says_which_text_is_the_original(site: TestClient, edi: TestClient) -> None:
    key = begun(site)
    answer = send_form(edi, key, "translate", into="fr")
    assert answer.headers["location"] == f"/desk/draft/{key}/translate/fr"
    assert "The original is in German." in edi.get(f"/desk/draft/{key}").text
    answer = send(edi, "/desk/edit/practice/one", into="lt")
    assert answer.headers["location"].endswith("/translate/lt")


@pytest.mark.parametrize("language", ["de", "xx", "EN", "<script>"])
def test_what_is_no_other_language_is_refused(site: TestClient, edi: TestClient, language: str) -> None:
    key = begun(site)
    answer = edi.get(f"/desk/draft/{key}/translate/{language}")
    assert answer.status_code in (400, 404)
    assert "Traceback" not in answer.text


def test_a_text_that_somebody_else_has_changed_meanwhile_is_not_lost(site: TestClient, edi: TestClient) -> None:
    key = begun(site)
    ben = signed_in(site, Role.CURATOR)
    old = opened(edi, f"/desk/draft/{key}")
    translate(ben, key, "en", {"title": "By Ben"}, ours="1")
    edi.post(f"/desk/draft/{key}", data=old | {"place": "Lyon"})
    fields = draft_of(site, key).fields
    assert fields["title"]["en"] == "By Ben"
    assert fields["place"] == "Lyon"
