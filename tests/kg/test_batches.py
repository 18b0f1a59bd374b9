"""The store of imports: every step on disk, nothing twice, nothing after a stop."""

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from kg import DataFolderError, InputError, NotFoundError
from kg.batch import Batch, BatchRow, Phase, StoppedError, Verdict
from kg.batches import MOST_ROWS, Batches


@pytest.fixture
def batches(tmp_path: Path) -> Batches:
    return Batches(tmp_path / "imports.sqlite")


def begun(batches: Batches, rows: int = 3) -> Batch:
    batch = batches.begin("p1", "a.csv", [{"name": "a.csv", "path": "x/1.csv", "size": 3}])
    batches.add_rows(batch.key, [row(number) for number in range(1, rows + 1)])
    return batch


def row(number: int, **given: object) -> BatchRow:
    return BatchRow(number, "a.csv", number + 1, {"title": f"Row {number}", "id": f"r{number}"}, **given)  # type: ignore[arg-type]


def in_preview(batches: Batches) -> Batch:
    """A batch of a new, a refused and a doubtful row."""
    batch = begun(batches)
    batches.all_read(batch.key, [])
    verdicts = (Verdict.NEW, Verdict.REFUSED, Verdict.DUPLICATE)
    judged = [
        replace(one, verdict=verdict, take=verdict == Verdict.NEW, record=f"practice/r{one.number}")
        for one, verdict in zip(batches.unjudged(batch.key, 10), verdicts, strict=True)
    ]
    batches.judged(batch.key, judged, Phase.CHECKING)
    return batches.move(batch.key, Phase.PREVIEW, only_from=[Phase.CHECKING])


def test_what_was_put_down_is_there_when_the_file_is_opened_again(batches: Batches) -> None:
    batch = in_preview(batches)
    again = Batches(batches.path)
    assert again.batch(batch.key) == batches.batch(batch.key)
    assert [one.fields["title"] for one in again.rows(batch.key)] == ["Row 1", "Row 2", "Row 3"]
    assert again.rows(batch.key, verdict=Verdict.REFUSED)[0].number == 2
    counts = again.counts(batch.key)
    assert (counts["rows"], counts["judged"], counts["taken"], counts["verdict.duplicate"]) == (3, 3, 1, 1)


def test_reading_the_same_rows_again_changes_nothing(batches: Batches) -> None:
    batch = begun(batches)
    batches.add_rows(batch.key, [BatchRow(1, "a.csv", 2, {"title": "another"}), row(4)])
    assert [one.fields["title"] for one in batches.rows(batch.key)] == ["Row 1", "Row 2", "Row 3", "Row 4"]


def test_nothing_is_written_after_somebody_has_stopped_it(batches: Batches) -> None:
    batch = begun(batches)
    batches.move(batch.key, Phase.STOPPED, only_from=[Phase.READING])
    with pytest.raises(StoppedError):
        batches.add_rows(batch.key, [row(4)])
    assert batches.counts(batch.key)["rows"] == 3
    assert batches.next_work() is None
    assert batches.resume(batch.key).state == Phase.READING
    assert batches.next_work() is not None


def test_a_stop_between_publishing_and_noting_does_not_lose_what_was_published(batches: Batches) -> None:
    batch = in_preview(batches)
    batches.move(batch.key, Phase.COMMITTING, only_from=[Phase.PREVIEW], by="p2")
    done = [replace(one, outcome="added", after=1) for one in batches.to_do(batch.key, 10)]
    batches.move(batch.key, Phase.STOPPED, only_from=[Phase.COMMITTING])
    batches.came_out(batch.key, done, Phase.COMMITTING)
    assert batches.counts(batch.key)["outcome.added"] == 1
    assert batches.to_do(batch.key, 10) == []


def test_what_is_refused_cannot_be_taken(batches: Batches) -> None:
    batch = in_preview(batches)
    assert batches.choose(batch.key, True, numbers=[2]) == 0
    assert batches.choose(batch.key, True, verdict=Verdict.DUPLICATE) == 1
    assert [one.number for one in batches.to_do(batch.key, 10)] == [1, 3]
    assert batches.choose(batch.key, False, numbers=[1]) == 1
    assert [one.number for one in batches.to_do(batch.key, 10)] == [3]


def test_nothing_is_chosen_or_corrected_once_it_is_being_published(batches: Batches) -> None:
    batch = in_preview(batches)
    batches.move(batch.key, Phase.COMMITTING, only_from=[Phase.PREVIEW])
    with pytest.raises(InputError, match="being published"):
        batches.choose(batch.key, False, numbers=[1])
    with pytest.raises(InputError, match="being published"):
        batches.judged(batch.key, [row(1)], None)
    with pytest.raises(InputError, match="being published"):
        batches.read_again(batch.key, {}, {})


def test_two_people_who_publish_the_same_import_at_once_do_it_once(batches: Batches) -> None:
    batch = in_preview(batches)
    outcomes: list[str] = []

    def publish() -> None:
        try:
            batches.move(batch.key, Phase.COMMITTING, only_from=[Phase.PREVIEW])
            outcomes.append("done")
        except InputError:
            outcomes.append("refused")

    threads = [threading.Thread(target=publish) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done"] + ["refused"] * 7


def test_letters_that_are_none_are_kept_as_they_came(batches: Batches) -> None:
    batch = batches.begin("p1", "a.jsonl", [])
    fields = {"title": "half a pair \ud83d", "text": "\x00\x01 end", "n": 10**40}
    batches.add_rows(batch.key, [BatchRow(1, "a.jsonl", 1, fields)])
    assert batches.row(batch.key, 1).fields == fields


def test_more_rows_than_an_import_has_are_refused(batches: Batches) -> None:
    batch = batches.begin("p1", "a.csv", [])
    with pytest.raises(InputError, match="divide the file"):
        batches.add_rows(batch.key, [row(MOST_ROWS + 1)])


def test_a_full_disk_takes_back_the_whole_step_and_says_so(batches: Batches) -> None:
    batch = begun(batches)
    pages = sqlite3.connect(batches.path).execute("PRAGMA page_count").fetchone()[0]
    connect = batches._connect

    def on_a_full_disk() -> sqlite3.Connection:
        db = connect()
        db.execute(f"PRAGMA max_page_count = {pages + 2}")
        return db

    batches._connect = on_a_full_disk  # type: ignore[method-assign]
    many = [BatchRow(n, "a.csv", n, {"text": "x" * 5000}) for n in range(4, 50)]
    with pytest.raises(DataFolderError, match="free space"):
        batches.add_rows(batch.key, many)
    batches._connect = connect  # type: ignore[method-assign]
    assert batches.counts(batch.key)["rows"] == 3
    batches.add_rows(batch.key, many)
    assert batches.counts(batch.key)["rows"] == 49


def test_what_is_not_there_is_said(batches: Batches) -> None:
    with pytest.raises(NotFoundError):
        batches.batch("i-0000000000")
    batch = begun(batches)
    with pytest.raises(NotFoundError, match="no row 9"):
        batches.row(batch.key, 9)


def test_files_are_forgotten_after_their_time_and_not_before(batches: Batches) -> None:
    batch = begun(batches)
    assert batches.with_old_files() == []
    with sqlite3.connect(batches.path) as db:
        db.execute("UPDATE batch SET begun = '2020-01-01T00:00:00+00:00'")
    assert [one.key for one in batches.with_old_files()] == [batch.key]
    batches.files_gone(batch.key)
    assert batches.with_old_files() == []
    assert batches.batch(batch.key).name == "a.csv"
