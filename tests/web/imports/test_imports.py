"""Imports: every row looked at before anything is published, published and undone as one, nothing of it lost."""

import io
import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from kg.batch import Phase, Verdict
from kg.desk import State
from tests.conftest import THREE
from tests.web.desk_site import desk_of
from tests.web.import_site import batches_of, bring_in, csv, do, done, key_in, practice, read_in, rows_of
from tests.web.people import accounts_at, csrf, send, signed_in
from tests.web.small_site import listening, site_of
from web.accounts import Role


def published(site: TestClient, record: str, kind: str = "practice") -> int:
    """The status of a record's page."""
    return site.get(f"/id/{kind}/{record}", headers={"Accept": "text/html"}, follow_redirects=True).status_code


def turtle(site: TestClient, record: str) -> str:
    text: str = site.get(f"/data/practice/{record}.ttl").text
    return text


def test_a_sheet_is_looked_at_published_and_undone_as_one(site: TestClient, editor: TestClient) -> None:
    one = THREE[0]
    sheet = csv(
        practice("porto-1"),
        practice("one", title=one["title"]["en"], summary="Now fifteen deaf learners worked.", source=one["source"]),
        practice("three", type="TrainingMaterial", title=THREE[2]["title"], summary=THREE[2]["summary"],
                 source=THREE[2]["source"]),
        practice("porto-2", source="not an address"),
        practice("two-again", title=THREE[1]["title"], summary=THREE[1]["summary"], source=THREE[1]["source"]),
    )  # fmt: skip
    batch = read_in(site, editor, ("stays.csv", sheet))
    rows = rows_of(site, batch.key)
    wanted = [Verdict.NEW, Verdict.CHANGES, Verdict.UNCHANGED, Verdict.REFUSED, Verdict.DUPLICATE]
    assert [row.verdict for row in rows] == wanted
    assert [row.take for row in rows] == [True, True, False, False, False]
    assert [change["field"] for change in rows[1].changes] == ["summary"]
    assert rows[3].findings[0]["field"] == "source"
    assert rows[4].likely[0]["url"] == "/id/practice/two"
    page = editor.get(f"/desk/import/{batch.key}").text
    for said in ("Changes a record", "Cannot be taken", "Perhaps here already", "2 of 5 rows are taken"):
        assert said in page

    before = turtle(site, "one")
    assert published(site, "porto-1") == 404
    assert do(editor, batch.key, "publish").status_code == 422, "an editor says why nobody else looks at it"
    assert do(editor, batch.key, "publish", "Read by me").status_code == 303
    assert done(site, batch.key).state == Phase.DONE
    assert published(site, "porto-1") == 200
    assert "fifteen" in turtle(site, "one")
    assert "Granadoje" in turtle(site, "one"), "what the sheet says nothing about stays"
    found = site.get("/api/v1/search", params={"q": practice("porto-1")["title"]}).json()
    assert found["results"][0]["id"] == "porto-1"
    assert published(site, "porto-2") == 404

    assert do(editor, batch.key, "undo").status_code == 422
    assert do(editor, batch.key, "undo", "The wrong sheet").status_code == 303
    assert done(site, batch.key).state == Phase.UNDONE
    assert published(site, "porto-1") == 410
    fresh = turtle(site, "one")
    assert "fifteen" not in fresh
    assert len(fresh.splitlines()) == len(before.splitlines())
    assert site_of(site).workspace.check() == []


def test_what_somebody_has_changed_since_is_left_alone_by_an_undo_and_named(
    site: TestClient, editor: TestClient
) -> None:
    batch = read_in(site, editor, ("a.csv", csv(practice("left-1"), practice("left-2"))))
    do(editor, batch.key, "publish", "read")
    done(site, batch.key)
    later = read_in(site, editor, ("b.csv", csv(practice("left-1", summary="What somebody knows better since then."))))
    do(editor, later.key, "publish", "better")
    done(site, later.key)
    do(editor, batch.key, "undo", "wrong sheet")
    done(site, batch.key)
    assert [row.outcome for row in rows_of(site, batch.key)] == ["left as it is", "withdrawn"]
    assert "since the import" in editor.get(f"/desk/import/{batch.key}").text
    assert published(site, "left-1") == 200
    assert published(site, "left-2") == 410


def test_a_record_that_was_changed_after_the_preview_is_passed_over(site: TestClient, editor: TestClient) -> None:
    first = read_in(site, editor, ("a.csv", csv(practice("meanwhile"))))
    do(editor, first.key, "publish", "read")
    done(site, first.key)
    late = read_in(site, editor, ("b.csv", csv(practice("meanwhile", summary="This comes from an old sheet of ours."))))
    other = read_in(site, editor, ("c.csv", csv(practice("meanwhile", summary="This was known better meanwhile."))))
    do(editor, other.key, "publish", "read")
    done(site, other.key)
    do(editor, late.key, "publish", "read")
    done(site, late.key)
    (row,) = rows_of(site, late.key)
    assert row.outcome == "passed over"
    assert "since the preview" in row.outcome_note
    assert "known better" in turtle(site, "meanwhile")


def test_a_curator_needs_a_second_pair_of_eyes_and_another_curator_is_one(
    site: TestClient, curator: TestClient
) -> None:
    batch = read_in(site, curator, ("a.csv", csv(practice("eyes"))))
    assert "another curator" in curator.get(f"/desk/import/{batch.key}").text
    assert do(curator, batch.key, "publish", "I am sure").status_code == 403
    assert do(curator, batch.key, "ask", "From the agency").status_code == 303
    assert batches_of(site).batch(batch.key).state == Phase.WAITING
    other = signed_in(site, Role.CURATOR)
    assert "From the agency" in other.get(f"/desk/import/{batch.key}").text
    assert do(other, batch.key, "publish").status_code == 303
    assert done(site, batch.key).state == Phase.DONE
    assert published(site, "eyes") == 200


@pytest.mark.parametrize("path", ["/desk/import", "/desk/import/i-0000000000", "/desk/import/i-0000000000/row/1"])
def test_imports_are_for_curators(site: TestClient, path: str) -> None:
    assert site.get(path).headers["location"].startswith("/sign-in?next=")
    assert signed_in(site, Role.CONTRIBUTOR).get(path).status_code == 403


def test_rows_become_drafts_that_are_reviewed_on_their_own(site: TestClient, curator: TestClient) -> None:
    batch = read_in(site, curator, ("a.csv", csv(practice("draft-1"), practice("draft-2"))))
    assert do(curator, batch.key, "drafts").status_code == 303
    done(site, batch.key)
    drafts = desk_of(site).drafts(batch=batch.key)
    assert sorted(draft.record for draft in drafts) == ["draft-1", "draft-2"]
    assert published(site, "draft-1") == 404
    do(curator, batch.key, "undo", "not yet")
    done(site, batch.key)
    assert {draft.state for draft in desk_of(site).drafts(batch=batch.key)} == {State.DISCARDED}


def test_a_row_is_corrected_and_looked_at_again_at_once(site: TestClient, editor: TestClient) -> None:
    wrong = practice("corrected", source="nowhere", country="Atlantis")
    batch = read_in(site, editor, ("a.csv", csv(wrong, practice("right"))))
    path = f"/desk/import/{batch.key}/row/1"
    page = editor.get(path).text
    assert "Atlantis" in page
    assert 'aria-invalid="true"' in page
    still = send(editor, path, **{"f.source": "https://example.org/corrected", "f.country": "Atlantis"})
    assert still.status_code == 422
    assert "still cannot be taken" in still.text
    answer = send(editor, path, **{"f.source": "https://example.org/corrected", "f.country": "Portugal; ES"})
    assert answer.status_code == 303, answer.text
    row = rows_of(site, batch.key)[0]
    assert (row.verdict, row.take, row.result["country"]) == (Verdict.NEW, True, ["PT", "ES"])
    do(editor, batch.key, "publish", "read")
    done(site, batch.key)
    assert published(site, "corrected") == 200


def test_a_row_that_is_here_already_can_be_made_a_change_of_it(site: TestClient, editor: TestClient) -> None:
    again = practice("two-elsewhere", title=THREE[1]["title"], summary=f"{THREE[1]['summary']} All of them came back.",
                     source=THREE[1]["source"])  # fmt: skip
    batch = read_in(site, editor, ("a.csv", csv(again)))
    assert rows_of(site, batch.key)[0].verdict == Verdict.DUPLICATE
    assert send(editor, f"/desk/import/{batch.key}/row/1", same="two").status_code == 303
    row = rows_of(site, batch.key)[0]
    assert (row.verdict, row.record) == (Verdict.CHANGES, "practice/two")


def test_rows_of_one_file_that_say_the_same_are_told(site: TestClient, editor: TestClient) -> None:
    same = [
        practice(f"twice-{n}", title="Blind gardeners learn in Delft", source="https://example.org/same")
        for n in (1, 2)
    ]
    between = [practice(f"between-{n}") for n in range(30)]
    batch = read_in(site, editor, ("a.csv", csv(same[0], *between, same[1])))
    last = rows_of(site, batch.key)[-1]
    assert last.verdict == Verdict.DUPLICATE
    assert last.likely[0]["row"] == 1
    again = read_in(site, editor, ("b.csv", csv(practice("same-id"), practice("same-id"))))
    assert [row.verdict for row in rows_of(site, again.key)] == [Verdict.NEW, Verdict.REFUSED]


def test_rows_are_taken_and_left_one_by_one_and_all_of_a_kind(site: TestClient, editor: TestClient) -> None:
    batch = read_in(site, editor, ("a.csv", csv(practice("c-1"), practice("c-2"), practice("c-3"))))
    path = f"/desk/import/{batch.key}/rows"
    send(editor, path, here=["1", "2", "3"], take=["2"])
    assert [row.take for row in rows_of(site, batch.key)] == [False, True, False]
    send(editor, path, all="take:new")
    assert all(row.take for row in rows_of(site, batch.key))
    send(editor, path, all="leave:new")
    assert do(editor, batch.key, "publish", "read").status_code == 422
    assert "No row is taken yet" in editor.get(f"/desk/import/{batch.key}").text


def test_columns_that_were_not_understood_are_named_by_hand(site: TestClient, editor: TestClient) -> None:
    sheet = "Naam;Verhaal;Bron;Land\nDove leerlingen;Twaalf leerlingen werkten drie weken in Granada.;https://example.org/nl;NL\n"
    batch = read_in(site, editor, ("blad.csv", sheet.encode()))
    assert [column["heading"] for column in batch.left_out][:2] == ["Naam", "Verhaal"]
    page = editor.get(f"/desk/import/{batch.key}").text
    assert "such as: Dove leerlingen" in page
    given = {"heading": ["Naam", "Verhaal"], "field": ["title", "summary"], "type": "GoodPractice", "language": "nl"}
    assert send(editor, f"/desk/import/{batch.key}/columns", **given).status_code == 303
    done(site, batch.key)
    (row,) = rows_of(site, batch.key)
    assert (row.verdict, row.result["title"]) == (Verdict.NEW, "Dove leerlingen")
    assert row.result["language"] == "nl"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (json.dumps(practice("p-json")), "p-json"),
        ("\n".join(json.dumps(practice(name)) for name in ("p-lines", "p-lines-2")), "p-lines"),
        ("\n".join(f"{name}: {json.dumps(value)}" for name, value in practice("p-yaml").items()), "p-yaml"),
        ("\n".join("\t".join(line) for line in (practice("p-tab"), practice("p-tab").values())), "p-tab"),
        (csv(practice("p-semi"), delimiter=";").decode(), "p-semi"),
    ],
)
def test_what_is_pasted_is_recognised(site: TestClient, editor: TestClient, text: str, name: str) -> None:
    batch = read_in(site, editor, text=text)
    row = rows_of(site, batch.key)[0]
    assert (row.verdict, row.record) == (Verdict.NEW, f"practice/{name}"), row.findings


def test_turtle_that_this_site_gives_can_be_pasted_back(site: TestClient, editor: TestClient) -> None:
    batch = read_in(site, editor, text=turtle(site, "two"))
    assert [row.verdict for row in rows_of(site, batch.key)] == [Verdict.UNCHANGED]


def test_what_cannot_be_told_is_not_taken_and_stays_in_the_box(site: TestClient, editor: TestClient) -> None:
    answer = bring_in(editor, text="Just a sentence that somebody typed")
    assert answer.status_code == 422
    assert "cannot be told what this is" in answer.text
    assert "Just a sentence that somebody typed</textarea>" in answer.text


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8-sig", ";"), ("cp1252", ";"), ("utf-16", "\t"), ("utf-8", "\t")]
)
def test_sheets_as_spreadsheets_write_them_are_read(
    site: TestClient, editor: TestClient, encoding: str, delimiter: str
) -> None:
    row = practice("letters", title="Über Ängste reden: „Größe“ zählt", start="14.05.2021", place="Köln-Mülheim")
    batch = read_in(site, editor, ("a.csv", csv(row, delimiter=delimiter).decode().encode(encoding)))
    (found,) = rows_of(site, batch.key)
    assert found.result["title"] == row["title"], found.findings
    assert (found.result["place"], found.result["start"]) == ("Köln-Mülheim", "2021-05-14")


def test_the_template_comes_in_the_readers_language_and_is_read_back(site: TestClient, editor: TestClient) -> None:
    answer = editor.get("/desk/import/template.xlsx", headers={"Accept-Language": "de"})
    assert answer.headers["content-disposition"].endswith('-de.xlsx"')
    book = load_workbook(io.BytesIO(answer.content))
    assert "Titel" in " ".join(str(cell.value) for sheet in book.worksheets for cell in next(sheet.iter_rows()))
    table = editor.get("/desk/import/template.csv", headers={"Accept-Language": "pl"})
    assert table.headers["content-type"].startswith("text/csv")


def test_a_stopped_import_goes_on_where_it_was(site: TestClient, editor: TestClient) -> None:
    many = csv(*(practice(f"many-{n}") for n in range(60)))
    answer = bring_in(editor, ("many.csv", many))
    key = key_in(answer)
    stopped = do(editor, key, "stop")
    if stopped.status_code == 303:
        assert done(site, key).state == Phase.STOPPED
        assert "Go on where it was" in editor.get(f"/desk/import/{key}").text
        assert do(editor, key, "resume").status_code == 303
    assert done(site, key).state == Phase.PREVIEW
    assert [row.number for row in rows_of(site, key)] == list(range(1, 61))
    assert all(row.verdict == Verdict.NEW for row in rows_of(site, key))
    do(editor, key, "discard")
    assert published(site, "many-1") == 404


def test_the_page_of_work_in_progress_refreshes_itself_without_a_script(site: TestClient, editor: TestClient) -> None:
    batch = batches_of(site).begin("nobody", "waiting.csv", [])
    batches_of(site).move(batch.key, Phase.STOPPED, only_from=[Phase.READING])
    page = editor.get(f"/desk/import/{batch.key}").text
    assert 'http-equiv="refresh"' not in page
    big = key_in(bring_in(editor, ("many.csv", csv(*(practice(f"bar-{n}") for n in range(200))))))
    page = editor.get(f"/desk/import/{big}").text
    if "data-progress" in page:
        assert '<noscript><meta http-equiv="refresh"' in page
        assert editor.get(f"/desk/import/{big}/progress").json()["busy"] in (True, False)
    do(editor, big, "stop")


def test_a_program_imports_with_a_token_for_it(site: TestClient) -> None:
    accounts = accounts_at(site)
    person = next(one for one in accounts.accounts("") if one.role == Role.EDITOR)
    tokens = {scope: accounts.make_token(person, scope, [scope], time.time() + 999) for scope in ("import", "read")}
    heads = {scope: {"Authorization": f"Bearer {token}"} for scope, token in tokens.items()}
    sheet = csv(practice("api-1"), practice("api-2", source="no"))
    assert site.post("/api/v1/imports?name=a.csv", content=sheet).status_code == 401
    assert site.post("/api/v1/imports?name=a.csv", content=sheet, headers=heads["read"]).status_code == 403
    answer = site.post("/api/v1/imports?name=a.csv", content=sheet, headers=heads["import"])
    assert answer.status_code == 202, answer.text
    key = answer.json()["key"]
    done(site, key)
    state = site.get(f"/api/v1/imports/{key}", headers=heads["import"]).json()
    assert (state["state"], state["rows"], state["taken"]) == ("preview", 2, 1)
    rows = site.get(f"/api/v1/imports/{key}/rows?verdict=refused", headers=heads["import"]).json()
    assert [row["findings"][0]["field"] for row in rows] == ["source"]
    published_now = site.post(f"/api/v1/imports/{key}/publish", json={"why": "by program"}, headers=heads["import"])
    assert published_now.status_code == 200, published_now.text
    assert done(site, key).state == Phase.DONE
    assert published(site, "api-1") == 200
    listed = site.get("/openapi.json").json()["paths"]
    assert "/api/v1/imports/{key}/{action}" in listed


def test_harvesting_is_only_for_hosts_that_are_allowed(
    site: TestClient, editor: TestClient, curator: TestClient
) -> None:
    given = {"address": "http://169.254.169.254/latest/meta-data", "protocol": "oai"}
    assert send(curator, "/desk/import/harvest", **given).status_code == 403
    answer = send(editor, "/desk/import/harvest", **given)
    assert answer.status_code == 422
    assert "GOODWAYS_HARVEST_ALLOWED" in answer.text


def test_a_site_can_be_harvested(site: TestClient, editor: TestClient) -> None:
    with listening(site) as address:
        settings = site_of(site).workspace.settings
        before, settings.harvest_allowed = settings.harvest_allowed, urlsplit(address).netloc
        try:
            answer = send(editor, "/desk/import/harvest", address=f"{address}/oai", protocol="oai")
            assert answer.status_code == 303, answer.text
            batch = done(site, key_in(answer))
        finally:
            settings.harvest_allowed = before
    assert batch.state == Phase.PREVIEW, batch.problem
    assert batches_of(site).counts(batch.key)["rows"] >= 3


def _draft(browser: TestClient) -> str:
    answer = send(browser, "/desk/new", way="blank")
    found = re.search(r"d-[0-9a-f]{10}", answer.headers["location"])
    assert found
    return found[0]


def _document(browser: TestClient, key: str, path: Path) -> Any:
    files = [("file", (path.name, path.read_bytes()))]
    return browser.post(f"/desk/draft/{key}/document", data={"csrf": csrf(browser)}, files=files)


def test_a_document_becomes_the_full_text_page_by_page(site: TestClient, editor: TestClient, shared: Path) -> None:
    key = _draft(editor)
    assert editor.get(f"/desk/draft/{key}/document").status_code == 200
    answer = _document(editor, key, shared / "youth-inclusion-pdfs" / "eu_antiracism_action_plan_2020-2025.pdf")
    assert answer.status_code == 200, answer.text
    text = desk_of(site).draft(key).fields["text"]["en"]
    assert "[page 2]" in text
    assert re.search(r"The text of \d+ pages is in the draft now", answer.text)


def test_a_picture_is_no_document_and_nobody_else_can_put_one_in(
    site: TestClient, editor: TestClient, tmp_path: Path
) -> None:
    key = _draft(editor)
    (tmp_path / "x.pdf").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    assert _document(editor, key, tmp_path / "x.pdf").status_code == 422
    assert "text" not in desk_of(site).draft(key).fields
    stranger = signed_in(site, Role.CONTRIBUTOR)
    assert _document(stranger, key, tmp_path / "x.pdf").status_code == 404
