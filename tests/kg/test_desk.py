"""Drafts that nobody's word is lost from, and a log that shows when somebody has changed it."""

import json
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from kg import DataFolderError, InputError, NotFoundError
from kg.desk import Desk, State
from kg.three_way import merged
from tests.conftest import ROOT

FIELDS: dict[str, Any] = {
    "id": "one",
    "type": "GoodPractice",
    "title": {"en": "Deaf learners in Granada", "de": "Gehörlose in Granada"},
    "country": ["LT", "ES"],
    "source": "https://example.org/one",
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "desk.sqlite")


def test_two_people_who_change_different_fields_and_languages_keep_all_of_it(desk: Desk) -> None:
    draft = desk.begin(FIELDS, "ada")
    hers = FIELDS | {"title": FIELDS["title"] | {"en": "Deaf joiners"}, "country": ["LT", "ES", "PL"]}
    his = FIELDS | {"title": FIELDS["title"] | {"de": "Gehörlose Tischler"}, "country": ["LT"], "place": "Granada"}
    assert desk.save(draft.key, hers, "ada", 1).merged == []
    saved = desk.save(draft.key, his, "bob", 1)
    assert (saved.clashes, saved.parked) == ([], None)
    assert saved.merged == ["title.en"]
    assert saved.draft.fields == FIELDS | {
        "title": {"en": "Deaf joiners", "de": "Gehörlose Tischler"}, "country": ["LT", "PL"], "place": "Granada",
    }  # fmt: skip
    assert [(one.by, one.parked) for one in desk.revisions(draft.key)] == [
        ("ada", False),
        ("ada", False),
        ("bob", False),
    ]


def test_what_both_changed_stays_theirs_and_mine_is_kept_whole(desk: Desk) -> None:
    draft = desk.begin(FIELDS, "ada")
    desk.save(draft.key, FIELDS | {"source": "https://example.org/hers"}, "ada", 1)
    mine = FIELDS | {"source": "https://example.org/his", "place": "Granada"}
    saved = desk.save(draft.key, mine, "bob", 1)
    (clash,) = saved.clashes
    assert (clash.field, clash.mine, clash.theirs) == ("source", "https://example.org/his", "https://example.org/hers")
    assert saved.draft.fields == FIELDS | {"source": "https://example.org/hers", "place": "Granada"}
    assert saved.parked is not None
    parked = desk.revision(draft.key, saved.parked)
    assert (parked.fields, parked.by, parked.parked) == (mine, "bob", True)


def test_a_field_that_one_takes_out_and_the_other_changes_is_a_clash_either_way() -> None:
    without = {name: value for name, value in FIELDS.items() if name != "source"}
    changed = FIELDS | {"source": "https://example.org/new"}
    for mine, theirs in ((without, changed), (changed, without)):
        out, _, clashes = merged(FIELDS, mine, theirs)
        assert [clash.field for clash in clashes] == ["source"]
        assert out == theirs
    assert merged(FIELDS, without, FIELDS)[0] == without
    assert merged(FIELDS, FIELDS, without)[0] == without


def test_a_closed_draft_takes_no_word_and_says_so(desk: Desk) -> None:
    draft = desk.begin(FIELDS, "ada")
    desk.move(draft.key, State.DISCARDED, "ada")
    with pytest.raises(InputError, match="closed, so nothing was saved"):
        desk.save(draft.key, FIELDS | {"place": "Granada"}, "ada", 1)
    with pytest.raises(NotFoundError):
        desk.save("d-0000000000", FIELDS, "ada", 1)
    with pytest.raises(NotFoundError):
        desk.save(desk.begin(FIELDS, "ada").key, FIELDS | {"place": "x"}, "ada", 99)


def test_of_two_who_decide_at_once_the_second_is_told(desk: Desk) -> None:
    draft = desk.begin(FIELDS, "ada")
    desk.move(draft.key, State.IN_REVIEW, "ada", was=(State.DRAFT,))
    desk.move(draft.key, State.PUBLISHED, "cora", was=(State.IN_REVIEW,))
    with pytest.raises(InputError, match="This draft is published by now"):
        desk.move(draft.key, State.DRAFT, "carl", was=(State.IN_REVIEW,))
    assert desk.draft(draft.key).state is State.PUBLISHED
    assert [step.state for step in desk.steps(draft.key)] == [State.DRAFT, State.IN_REVIEW, State.PUBLISHED]


def test_a_record_has_one_open_draft(desk: Desk) -> None:
    draft = desk.begin(FIELDS, "ada")
    with pytest.raises(InputError, match="there already"):
        desk.begin(FIELDS, "bob")
    assert desk.open_for("one") == draft
    desk.move(draft.key, State.PUBLISHED, "cora")
    assert desk.open_for("one") is None
    desk.begin(FIELDS, "bob")


def test_what_is_saved_while_it_is_being_published_goes_on_as_a_draft(desk: Desk) -> None:
    draft = desk.begin(FIELDS, "ada", based_on=3)
    desk.save(draft.key, FIELDS | {"place": "Granada"}, "bob", 1)
    assert desk.published(draft.key, 1, 4, "cora").state is State.PUBLISHED
    later = desk.open_for("one")
    assert later is not None
    assert (later.fields["place"], later.owner, later.based_on) == ("Granada", "bob", 4)
    assert desk.published(later.key, 1, 5, "cora").state is State.PUBLISHED
    assert desk.open_for("one") is None


def test_drafts_are_found_by_who_wrote_in_them_and_by_state(desk: Desk) -> None:
    first = desk.begin(FIELDS, "ada")
    second = desk.begin(FIELDS | {"id": "two"}, "bob")
    desk.save(second.key, FIELDS | {"id": "two", "place": "Cork"}, "ada", 1)
    assert {draft.key for draft in desk.drafts(person="ada")} == {first.key, second.key}
    assert {draft.key for draft in desk.drafts(person="bob")} == {second.key}
    desk.move(first.key, State.IN_REVIEW, "ada")
    assert [draft.key for draft in desk.drafts(state=State.IN_REVIEW)] == [first.key]


def test_only_who_has_the_draft_open_now_counts_as_being_there(desk: Desk) -> None:
    draft = desk.begin(FIELDS, "ada")
    desk.seen(draft.key, "ada")
    desk.seen(draft.key, "bob")
    assert desk.others_at(draft.key, "ada") == ["bob"]
    assert desk.others_at(draft.key, "ada", within=0.0) == []


def test_the_log_refuses_to_be_changed_or_shortened(desk: Desk) -> None:
    for number in range(3):
        desk.log("ada", f"did {number}", "one", "why")
    with sqlite3.connect(desk.path) as db:
        for statement in ("UPDATE entry SET by = 'bob'", "DELETE FROM entry WHERE number = 2"):
            with pytest.raises(sqlite3.IntegrityError, match="the log stays"):
                db.execute(statement)
    assert desk.broken_audit() is None
    assert [entry.what for entry in desk.audit()] == ["did 2", "did 1", "did 0"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("UPDATE entry SET by = 'bob' WHERE number = 2", 2),
        ("UPDATE entry SET detail = 'another' WHERE number = 4", 4),
        ("DELETE FROM entry WHERE number = 3", 3),
        ("DELETE FROM entry WHERE number = 1", 1),
        ("DELETE FROM entry WHERE number >= 3", 3),
        ("DELETE FROM entry", 1),
    ],
)
def test_the_log_shows_where_somebody_got_at_the_file(desk: Desk, change: str, line: int) -> None:
    for number in range(4):
        desk.log("ada", f"did {number}")
    with sqlite3.connect(desk.path) as db:
        db.executescript(f"DROP TRIGGER entries_stay; DROP TRIGGER entries_remain; {change};")
    assert desk.broken_audit() == line


def test_the_log_is_read_by_person_by_thing_and_page_by_page(desk: Desk) -> None:
    for number in range(10):
        desk.log("ada" if number % 2 else "bob", f"did {number}", "one" if number < 5 else "two")
    assert [entry.what for entry in desk.audit(by="ada", about="one")] == ["did 3", "did 1"]
    first = desk.audit(limit=4)
    assert [entry.number for entry in first] == [10, 9, 8, 7]
    assert [entry.number for entry in desk.audit(limit=4, before=first[-1].number)] == [6, 5, 4, 3]


class FullDesk(Desk):
    """On a disk that has a few pages left."""

    pages = 0

    def _connect(self) -> sqlite3.Connection:
        db = super()._connect()
        if self.pages:
            db.execute(f"PRAGMA max_page_count = {self.pages}")
        return db


def test_a_full_disk_is_said_and_what_was_there_stays(tmp_path: Path) -> None:
    desk = FullDesk(tmp_path / "desk.sqlite")
    draft = desk.begin(FIELDS, "ada")
    with sqlite3.connect(desk.path) as db:
        desk.pages = db.execute("PRAGMA page_count").fetchone()[0]
    long = FIELDS | {"text": {"en": "word " * 50_000}}
    for attempt in (
        lambda: desk.save(draft.key, long, "ada", 1),
        lambda: desk.begin(long | {"id": "two"}, "ada"),
        lambda: desk.comment(draft.key, "ada", "word " * 50_000),
    ):
        with pytest.raises(DataFolderError, match=r"Nothing was saved.*free space"):
            attempt()
    assert desk.draft(draft.key) == draft
    assert (len(desk.revisions(draft.key)), len(desk.drafts()), desk.comments(draft.key)) == (1, 1, [])
    desk.pages = 0
    assert desk.save(draft.key, long, "ada", 1).draft.number == 2


def _write(path: str, who: str, times: int) -> None:
    desk = Desk(Path(path))
    (draft,) = desk.drafts()
    for number in range(times):
        at = desk.draft(draft.key)
        desk.save(draft.key, at.fields | {f"{who}{number}": "x"}, who, at.number)
        desk.log(who, f"saved {number}")


def test_processes_that_write_at_once_lose_nothing(desk: Desk) -> None:
    desk.begin(FIELDS, "ada")
    start = multiprocessing.get_context("spawn")
    writers = [start.Process(target=_write, args=(str(desk.path), who, 15)) for who in ("ada", "bob")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    (draft,) = desk.drafts()
    assert draft.fields == FIELDS | {f"{who}{n}": "x" for who in ("ada", "bob") for n in range(15)}
    assert (len(desk.audit(limit=100)), desk.broken_audit()) == (30, None)


_SAVES = """
import sys
from pathlib import Path
from kg.desk import Desk
desk = Desk(Path(sys.argv[1]))
(draft,) = desk.drafts()
for number in range(draft.number, 100_000):
    desk.save(draft.key, draft.fields | {"place": f"{number} " * 2000}, "ada", number)
    desk.log("ada", "saved", str(number))
    print(number + 1, flush=True)
"""


def test_a_kill_in_the_middle_of_a_save_leaves_every_confirmed_one(desk: Desk) -> None:
    key = desk.begin(FIELDS, "ada").key
    for lines in (2, 5, 9):
        command = [sys.executable, "-c", _SAVES, str(desk.path)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout is not None
            confirmed = [int(process.stdout.readline()) for _ in range(lines)]
            time.sleep(0.003 * lines)
            process.send_signal(signal.SIGKILL)
            confirmed += [int(line) for line in process.stdout if line.endswith("\n")]
        numbers = [one.number for one in desk.revisions(key)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= confirmed[-1]
        assert desk.draft(key).number == numbers[-1]
        assert desk.broken_audit() is None
        with sqlite3.connect(desk.path) as db:
            assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_file_is_for_its_owner_alone_and_can_be_copied_while_it_is_used(desk: Desk, tmp_path: Path) -> None:
    draft = desk.begin(FIELDS, "ada")
    assert desk.path.stat().st_mode & 0o077 == 0
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(desk.saved())
    assert json.dumps(Desk(copy).draft(draft.key).fields) == json.dumps(FIELDS)
