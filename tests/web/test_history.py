"""The history of a record on the site, the way back to an earlier version, what changed in words, and the audit log."""

import csv
import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from search import Encoder
from web.accounts import Role
from web.curation.differences import compared, differences

from .desk_site import desk_of
from .markup import Markup
from .people import browser_at
from .small_site import site_of, small_site
from .someone import FIELDS, Someone


@pytest.fixture(scope="module")
def site(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("history"), encoder) as made:
        yield made


@pytest.fixture(scope="module")
def edi(site: TestClient) -> Someone:
    return Someone(site, Role.EDITOR)


@pytest.fixture(scope="module")
def ada(site: TestClient) -> Someone:
    return Someone(site, Role.CONTRIBUTOR)


@pytest.mark.parametrize("name", ["<a>", "a b", "a%00", "../two", "%C3%28", "x" * 5000, "99999999999999999999"])
def test_no_id_breaks_it(edi: Someone, name: str) -> None:
    for path in (f"/desk/history/practice/{name}", f"/id/practice/{name}", f"/desk/merge/practice/{name}"):
        assert edi.get(path).status_code == 404, path


def _published(edi: Someone, *changes: dict[str, object]) -> str:
    """A record with as many versions as there are changes; its id."""
    record, fields = "", dict(FIELDS)
    for number, change in enumerate(changes):
        fields = fields | change | ({"id": record} if record else {})
        if not number:
            draft = edi.begin(**change)
            record = draft.record
        else:
            draft = edi.desk.begin(fields, edi.id, based_on=number)
        assert edi.do(draft, "publish", note=f"step {number + 1}").status_code == 303
    return record


def _rows(someone: Someone, record: str) -> list[str]:
    page = Markup(someone.get(f"/desk/history/practice/{record}").text)
    return [" ".join(row.text.split()) for row in page.all("tr")[1:]]


def test_the_history_says_who_did_what_and_why_the_newest_first(edi: Someone, ada: Someone) -> None:
    record = _published(edi, {}, {"place": "Split"})
    newest, oldest = _rows(ada, record)
    assert newest.startswith("Published: version 2 published now")
    assert edi.name in newest
    assert "step 2" in newest
    assert oldest.startswith("Published: version 1")


def test_a_record_is_withdrawn_and_restored_with_all_its_versions(site: TestClient, edi: Someone, ada: Someone) -> None:
    record = _published(edi, {"title": {"en": "First of all"}}, {"title": {"en": "Second to none"}})
    path, page = f"/desk/history/practice/{record}", f"/page/practice/{record}"
    assert edi.post(path, do="withdraw", why=" ").status_code == 422
    assert ada.post(path, do="withdraw", why="because").status_code == 403
    assert site.get(page).status_code == 200
    assert edi.post(path, do="withdraw", why="The school asked for it.").status_code == 303
    assert site.get(page).status_code == 410
    assert "First of all" not in site.get(f"{page}/version/1").text
    rows = _rows(ada, record)
    assert "Withdrawn: version 2" in rows[0]
    assert "The school asked for it." in rows[0]
    assert "withdrawn. Its versions are kept here" in ada.get(path).text
    assert "Second to none" in ada.get(f"{path}/difference?one=1&other=2").text
    assert ada.post(path, do="restore", version="1", why="because").status_code == 403
    answer = edi.post(path, do="restore", version="1", why="")
    assert answer.status_code == 422
    assert "Say why this version is restored" in answer.text
    assert edi.post(path, do="restore", version="1", why="It was right.").status_code == 303
    assert Markup(site.get(page).text).one("h1").text == "First of all"
    rows = _rows(ada, record)
    assert rows[0].startswith("Restored: version 3 published now")
    assert "as it was in version 1" in rows[0]
    assert len(rows) == 4


def test_restoring_leaves_no_draft_behind_and_works_while_somebody_writes_one(
    site: TestClient, edi: Someone, ada: Someone
) -> None:
    record = _published(edi, {}, {"place": "Split"})
    desk = desk_of(site)
    draft = desk.begin(FIELDS | {"id": record, "place": "Split", "nominatedBy": "Ann"}, ada.id, based_on=2)
    before = len(desk.drafts())
    answer = edi.post(f"/desk/history/practice/{record}", do="restore", version="1", why="Split was wrong.")
    assert answer.status_code == 303
    assert len(desk.drafts()) == before
    assert desk.draft(draft.key) == draft


@pytest.mark.parametrize("version", ["0", "99", "x", "-1", "2", ""])
def test_a_version_that_is_not_there_is_not_restored(edi: Someone, version: str) -> None:
    record = _published(edi, {}, {"place": "Split"})
    answer = edi.post(f"/desk/history/practice/{record}", do="restore", version=version, why="because")
    assert answer.status_code == 404
    assert len(_rows(edi, record)) == 2


def test_a_record_is_not_taken_down_under_the_name_of_another_kind(site: TestClient, edi: Someone) -> None:
    record = _published(edi, {})
    assert edi.post(f"/desk/history/material/{record}", do="withdraw", why="because").status_code == 404
    assert site.get(f"/page/practice/{record}").status_code == 200


def test_what_never_was_has_no_history(edi: Someone) -> None:
    for path in ("practice/nobody", "definition/eplus-2021", "practice/..", "x/y"):
        assert edi.get(f"/desk/history/{path}").status_code == 404
    record = _published(edi, {})
    for wrong in ("one=1&other=2", "one=&other=", "one=x&other=1"):
        assert edi.get(f"/desk/history/practice/{record}/difference?{wrong}").status_code == 404


def test_a_draft_cannot_bring_a_withdrawn_record_back_nor_take_another_id(site: TestClient, edi: Someone) -> None:
    record = _published(edi, {})
    desk = desk_of(site)
    draft = desk.begin(FIELDS | {"id": record, "place": "Vis"}, edi.id, based_on=1)
    desk.save(draft.key, draft.fields | {"id": f"{record}-new"}, edi.id, 1)
    assert "give it back its id" in edi.do(draft, "publish", note="because").text
    desk.save(draft.key, draft.fields, edi.id, 2)
    assert edi.post(f"/desk/history/practice/{record}", do="withdraw", why="because").status_code == 303
    assert "not published under this id any more" in edi.do(draft, "publish", note="because").text
    assert site.get(f"/page/practice/{record}").status_code == 410


def test_a_draft_on_an_older_version_is_put_together_with_what_came_since(site: TestClient, edi: Someone) -> None:
    record = _published(edi, {}, {"place": "Split"})
    desk = desk_of(site)
    draft = desk.begin(FIELDS | {"id": record, "nominatedBy": "The agency"}, edi.id, based_on=1)
    assert "version 2 is published" in edi.get(f"/desk/draft/{draft.key}/review").text
    assert edi.do(draft, "publish", note="because").status_code == 303
    data = site.get(f"/data/practice/{record}.ttl").text
    assert "The agency" in data
    assert "Split" in data


def test_where_both_changed_a_field_nothing_is_published_and_both_are_kept(site: TestClient, edi: Someone) -> None:
    record = _published(edi, {}, {"place": "Split"})
    desk = desk_of(site)
    draft = desk.begin(FIELDS | {"id": record, "place": "Vis"}, edi.id, based_on=1)
    answer = edi.do(draft, "publish", note="because")
    assert answer.status_code == 422
    assert "changed meanwhile in the same fields (place)" in answer.text
    assert [one.fields["place"] for one in desk.revisions(draft.key)] == ["Vis", "Split"]
    assert len(_rows(edi, record)) == 2


def test_a_text_is_compared_word_by_word_and_what_stays_is_left_out() -> None:
    found = compared(
        "Twelve deaf learners baked. " + "Much stays. " * 40, "Ten deaf learners baked. " + "Much stays. " * 40
    )
    assert [(piece.how, piece.text) for piece in found[:2]] == [("gone", "Twelve"), ("new", "Ten")]
    assert [piece.how for piece in found[2:]] == ["same", "skipped"]
    assert "".join(piece.text for piece in compared("a b", "a b")) == "a b"
    assert [(p.how, p.text) for p in compared("", "new")] == [("new", "new")]


def test_a_book_is_compared_in_bounded_time() -> None:
    words = [f"w{number % 97}" for number in range(60_000)]
    before, after = " ".join(words) + ". The end.", " ".join(words[::-1]) + ". The end."
    found = compared(before, after)
    assert "".join(piece.text for piece in found if piece.how in ("same", "gone")).split()[-2:] == ["The", "end."]
    assert {piece.how for piece in found} >= {"gone", "new"}


def test_what_changed_is_said_in_names_of_concepts_and_languages(site: TestClient) -> None:
    before = FIELDS | {"figure": [{"value": 12, "what": {"en": "learners"}}], "checked": "2026-01-05"}
    after = FIELDS | {
        "title": FIELDS["title"] | {"de": "Junge Segler"}, "country": ["HR", "PT"], "checked": "2026-02-05",
        "figure": [{"value": 1200, "what": {"en": "learners"}, "qualifier": "about", "year": 2026}],
    }  # fmt: skip
    found = {change.label: change for change in differences(site_of(site), before, after, "en", "en")}
    assert set(found) == {"Title", "Country", "Source checked on", "Figures"}
    assert (found["Title"].language, found["Title"].language_name) == ("de", "German")
    assert [entry["text"] for entry in found["Country"].new] == ["Portugal"]
    assert found["Country"].stays == 1
    assert [entry["text"] for entry in found["Source checked on"].gone] == ["5 January 2026"]
    assert [entry["text"] for entry in found["Figures"].new] == ["about 1200 learners (2026)"]


@pytest.mark.parametrize("odd", [None, 3, "", [], {}, {"x": 1}, ["<b>", 2], [{"name": ["x"]}], "…" * 300])
@pytest.mark.parametrize("name", ["title", "country", "figure", "organisation", "type", "checked", "nosuchfield"])
def test_whatever_a_draft_holds_its_difference_can_be_shown(site: TestClient, name: str, odd: object) -> None:
    for before, after in ((FIELDS, FIELDS | {name: odd}), (FIELDS | {name: odd}, FIELDS), ({}, {name: odd})):
        differences(site_of(site), before, after, "en", "lt")


def test_the_log_is_for_administrators_and_has_nothing_to_edit(site: TestClient, edi: Someone) -> None:
    record = _published(edi, {})
    assert edi.get("/desk/audit").status_code == 403
    assert edi.get("/desk/audit.csv").status_code == 403
    boss = Someone(site, Role.ADMINISTRATOR)
    page = Markup(boss.get(f"/desk/audit?about={record}").text)
    assert [" ".join(row.text.split()) for row in page.all("td")][:3] == [edi.name, "published step 1", record]
    assert {form["method"] for form in page.all("form") if form["action"] == "/desk/audit"} == {"get"}
    for method in ("post", "put", "delete", "patch"):
        assert getattr(boss.browser, method)("/desk/audit").status_code == 405
    assert "There are no such lines." in boss.get("/desk/audit?about=nothing").text
    assert edi.name in boss.get(f"/desk/audit?by={edi.id}").text


def test_the_log_comes_as_a_table_in_which_no_formula_runs(site: TestClient) -> None:
    boss = Someone(site, Role.ADMINISTRATOR)
    desk_of(site).log(boss.id, "=cmd|' /C calc'!A0", "+x", "@SUM(1)")
    answer = boss.get("/desk/audit.csv?about=%2Bx")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert header[0] == "number"
    assert row[4:] == ["'=cmd|' /C calc'!A0", "'+x", "'@SUM(1)"]


def test_a_long_log_is_read_page_by_page(site: TestClient) -> None:
    boss = Someone(site, Role.ADMINISTRATOR)
    for number in range(130):
        desk_of(site).log(boss.id, f"counted {number}", "counting")
    first = Markup(boss.get("/desk/audit?about=counting").text)
    assert len(first.all("tr")) == 101
    older = next(link["href"] for link in first.all("a") if link.text == "Older lines")
    second = Markup(boss.get(older).text)
    assert len(second.all("tr")) == 31
    assert "counted 0" in second.all("tr")[-1].text


def test_the_page_says_where_the_log_was_got_at(site: TestClient) -> None:
    boss = Someone(site, Role.ADMINISTRATOR)
    assert "Every line is as it was written" in boss.get("/desk/audit").text
    with sqlite3.connect(desk_of(site).path) as db:
        db.executescript("DROP TRIGGER entries_stay; UPDATE entry SET by = 'x' WHERE number = 2;")
    assert "line 2 is missing, or is not as it was written" in boss.get("/desk/audit").text


def test_visitors_see_no_name_and_no_reason(site: TestClient, edi: Someone) -> None:
    record = _published(edi, {}, {"place": "Split"})
    visitor = browser_at(site)
    for path in (
        f"/page/practice/{record}/version/2",
        f"/data/practice/{record}/version/2.ttl",
        f"/page/practice/{record}",
    ):
        text = visitor.get(path).text
        assert edi.name not in text
        assert edi.id not in text
        assert "step 2" not in text
