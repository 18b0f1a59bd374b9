"""The work of imports, in the background: read, check, publish, make drafts, undo.

One thread in each process looks for work, and a lock on a file of the data folder lets one of them do it; the system
gives the lock back when a process is killed. All is done in small steps, each of which is on disk before the next, and
a step that was done but not noted is found done when it is tried again.
"""

import errno
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from shutil import rmtree

from ingest.fetching import Allowed
from ingest.harvesting import HarvestState, pages
from ingest.mapping.by_hand import read_by_hand, unknown_columns
from ingest.readers import RawRecord, read
from kg import DataFolderError, Finding, GoodwaysError
from kg.batch import WORK, Batch, BatchRow, Phase, StoppedError
from kg.batches import FOLDER, MOST_ROWS, Batches
from kg.desk import Desk

from ..site import Site
from .duplicates_api import duplicates_of, renew_duplicates
from .import_publishing import draft_rows, publish_rows, undo_rows
from .import_rows import Judge

READ_AT_ONCE, CHECKED_AT_ONCE, PUBLISHED_AT_ONCE = 200, 25, 25
_TRIES, _BREATH = 4, 0.05
"""Of a step that others who write keep from being done; seconds in which they can write between two steps."""
_LOOK_EVERY, _AFTER_TROUBLE = 1.0, 3.0  # seconds
_TIDY_EVERY = 3600.0
try:
    import fcntl
except ImportError:  # Windows: one process works there
    fcntl = None  # type: ignore[assignment]
_log = logging.getLogger("goodways")


class ImportWork:
    """What works on imports in this process."""

    def __init__(self, site: Site, desk: Desk, batches: Batches) -> None:
        """Get ready; `start` begins.

        Args:
            site: what is published.
            desk: where drafts go.
            batches: what is to be done.

        """
        self.site, self.desk, self.batches = site, desk, batches
        self.trouble: dict[str, str] = {}
        """Why work on a batch broke off, where even that could not be written down."""
        self._awake, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="imports", daemon=True)
        self._tidied = 0.0

    def start(self) -> None:
        """Work until the process ends, or `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step at hand; what is open goes on at the next start."""
        self._ended.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=60)

    def wake(self) -> None:
        """Look for work now."""
        self._awake.set()

    @property
    def folder(self) -> Path:
        """Where uploaded files lie."""
        return self.site.workspace.folder / FOLDER

    def judge(self, batch: Batch, row: BatchRow) -> BatchRow:
        """One row that somebody has corrected, with its verdict."""
        return self._judge(batch).judge([row])[0]

    def step(self) -> bool:
        """Do what is next; whether there was anything to do."""
        with self._alone() as free:
            batch = self.batches.next_work() if free else None
            if batch is None:
                return False
            try:
                self._work(batch)
                self.trouble.pop(batch.key, None)
            except StoppedError:
                pass
            except (GoodwaysError, OSError, MemoryError, sqlite3.Error) as error:
                self._interrupt(batch, _said(error))
            except Exception as error:  # whatever it is, the other imports go on
                _log.exception("An import broke off.")
                self._interrupt(batch, f"Something broke on our side ({type(error).__name__}); go on, or tell us.")
            return True

    def _run(self) -> None:
        while not self._ended.is_set():
            self._awake.clear()
            try:
                busy = self.step()
                self._tidy()
            except Exception:
                _log.exception("Imports cannot be worked on.")
                busy = False
            if not busy:
                self._awake.wait(_AFTER_TROUBLE if self.trouble else _LOOK_EVERY)

    def _work(self, batch: Batch) -> None:
        {
            Phase.READING: self._read,
            Phase.CHECKING: self._check,
            Phase.COMMITTING: self._publish,
            Phase.DRAFTING: self._draft,
            Phase.UNDOING: self._undo,
        }[batch.state](batch)

    def _read(self, batch: Batch) -> None:
        """Rows out of the files, as they are."""
        if batch.harvest:
            self._harvest(batch)
        else:
            raws = enumerate(self._raws(batch), 1)
            have = self.batches.counts(batch.key)["rows"]
            rest = islice(raws, have, MOST_ROWS + 1)
            while True:
                start = time.monotonic()
                chunk = [_row(number, name, raw) for number, (name, raw) in islice(rest, READ_AT_ONCE)]
                if not chunk:
                    break
                notes = [note for row in chunk for note in row.notes if note.startswith(_OF_THE_FILE)]
                self.batches.add_rows(batch.key, chunk, notes=notes, seconds=time.monotonic() - start)
                if self._ended.is_set():
                    raise StoppedError("The site is ending.")
        left_out = [
            {"heading": column.heading, "example": column.example[:200]}
            for file in batch.files
            for column in unknown_columns(self.folder / file["path"], batch.columns)
        ]
        unique = {column["heading"]: column for column in left_out}
        self.batches.all_read(batch.key, list(unique.values()))

    def _raws(self, batch: Batch) -> Iterator[tuple[str, RawRecord]]:
        for file in batch.files:
            path = self.folder / file["path"]
            by_hand = {heading: field for heading, field in batch.columns.items() if field}
            try:
                for raw in read_by_hand(path, by_hand) if by_hand and _is_table(path) else read(path):
                    yield file["name"], raw
            except GoodwaysError as error:
                finding = getattr(error, "finding", None) or Finding(str(error))
                yield file["name"], RawRecord(file["name"], finding=finding)

    def _harvest(self, batch: Batch) -> None:
        state = HarvestState.read(batch.harvest)
        named = self.site.workspace.settings.harvest_allowed.split()
        allowed = Allowed.named(" ".join(place for place in named if ":" in place))
        number = self.batches.counts(batch.key)["rows"]
        for page in pages(state, allowed=allowed, wait=self._wait):
            chunk = [_row(number + n, batch.name, raw) for n, raw in enumerate(page.records, 1)]
            gone = f"{page.state.deleted} records were taken back by the repository; look whether they are here."
            notes = [gone] if page.state.done and page.state.deleted else []
            self.batches.add_rows(batch.key, chunk, notes=notes, harvest=page.state.as_dict())
            number += len(chunk)

    def _wait(self, seconds: float) -> None:
        if self._ended.wait(seconds):
            raise StoppedError("The site is ending.")

    def _check(self, batch: Batch) -> None:
        self.site.take_up_changes()
        judge = self._judge(batch)
        while rows := self._next(self.batches.unjudged, batch, CHECKED_AT_ONCE):
            start = time.monotonic()
            judged = judge.judge(rows)
            self.batches.judged(batch.key, judged, Phase.CHECKING, time.monotonic() - start)
        self.batches.move(batch.key, Phase.PREVIEW, only_from=(Phase.CHECKING,))
        counts = self.batches.counts(batch.key)
        self.desk.log(batch.owner, "import read", batch.key, f"{batch.name}: {counts['rows']} rows"[:300])

    def _judge(self, batch: Batch) -> Judge:
        renew_duplicates(self.site)
        return Judge(self.site, self.desk, self.batches, duplicates_of(self.site), batch)

    def _publish(self, batch: Batch) -> None:
        while rows := self._next(self.batches.to_do, batch, PUBLISHED_AT_ONCE):
            done = self._in_turn(partial(publish_rows, self.site, batch, rows))
            self.batches.came_out(batch.key, done, Phase.COMMITTING)
        self.site.take_up_changes()
        self._end(batch, Phase.DONE, "import published")

    def _draft(self, batch: Batch) -> None:
        while rows := self._next(self.batches.to_do, batch, PUBLISHED_AT_ONCE):
            self.batches.came_out(batch.key, draft_rows(self.desk, batch, rows), Phase.DRAFTING)
        self._end(batch, Phase.DONE, "import made into drafts")

    def _undo(self, batch: Batch) -> None:
        while rows := self._next(self.batches.to_undo, batch, PUBLISHED_AT_ONCE):
            done = self._in_turn(partial(undo_rows, self.site, self.desk, batch, rows))
            self.batches.came_out(batch.key, done, Phase.UNDOING)
        self.site.take_up_changes()
        self._end(batch, Phase.UNDONE, "import undone")

    def _next(self, some: Callable[[str, int], list[BatchRow]], batch: Batch, at_once: int) -> list[BatchRow]:
        """The next rows, where the work is still wanted.

        Raises:
            StoppedError: it is not, or the site is ending.

        """
        self.batches.still(batch.key, batch.state)
        if self._ended.is_set():
            raise StoppedError("The site is ending.")
        return some(batch.key, at_once)

    def _in_turn(self, step: Callable[[], list[BatchRow]]) -> list[BatchRow]:
        """Do what writes to the graph; somebody else may be writing, for longer than one waits."""
        for tries_left in reversed(range(_TRIES)):
            self._wait(_BREATH)
            try:
                return step()
            except DataFolderError:
                if not tries_left:
                    raise
                self._wait(_LOOK_EVERY)
        raise AssertionError("the loop ends with one")

    def _end(self, batch: Batch, state: Phase, what: str) -> None:
        self.batches.move(batch.key, state, only_from=(batch.state,))
        counts = self.batches.counts(batch.key)
        outcomes = ", ".join(f"{name[8:]} {n}" for name, n in counts.items() if name.startswith("outcome."))
        self.desk.log(batch.by, what, batch.key, f"{batch.name}: {outcomes}"[:300])

    def _interrupt(self, batch: Batch, problem: str) -> None:
        """Note why work broke off; where the disk is full, in memory, until it can be written down."""
        self.trouble[batch.key] = problem
        with suppress(GoodwaysError):
            self.batches.move(batch.key, Phase.FAILED, only_from=WORK, problem=problem)
            del self.trouble[batch.key]
            return
        self._ended.wait(_AFTER_TROUBLE)

    def _tidy(self) -> None:
        """Remove files that have been kept long enough."""
        if time.monotonic() - self._tidied < _TIDY_EVERY and self._tidied:
            return
        self._tidied = time.monotonic()
        for batch in self.batches.with_old_files():
            if batch.state not in WORK:
                rmtree(self.folder / batch.key, ignore_errors=True)
                self.batches.files_gone(batch.key)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether this process is the one that works now."""
        with (self.site.workspace.folder / "imports.lock").open("w") as file:
            try:
                if fcntl:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True


_OF_THE_FILE = ("Columns that", "The file ", "The sheet", "Sheets", "The workbook")


def _row(number: int, name: str, raw: RawRecord) -> BatchRow:
    findings = [{"field": finding.field, "message": finding.message} for finding in raw.findings]
    notes = [note.message for note in raw.notes]
    return BatchRow(number, name, raw.row, raw.data, raw.made_id, findings, notes)


def _is_table(path: Path) -> bool:
    from ingest.mapping.by_hand import ENDINGS

    return path.suffix.lower() in ENDINGS


def _said(error: BaseException) -> str:
    """Why work broke off, in a sentence."""
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or "disk is full" in str(error) or "No space left" in str(error):
        return "The disk of the site is full. What was done is kept and nothing is half done; free space, then go on."
    if isinstance(error, MemoryError):
        return "There was not enough memory. What was done is kept; divide the file, or go on later."
    if isinstance(error, DataFolderError):
        return f"{error} What was done before is kept; then go on."
    if isinstance(error, OSError):
        return f"A file could not be used ({error.strerror}). What was done is kept; mend it, then go on."
    return str(error)
