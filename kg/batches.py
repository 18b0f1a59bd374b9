"""Imports on their way: each file or harvest is a batch, with its rows, what was found wrong, and what became of them.

They lie in one SQLite file beside the graph. Each call is one transaction, on disk when it returns, so that work that
was stopped or killed goes on where it was. Work on a batch notes its outcome together with a look at the batch's state:
once somebody has stopped it, nothing more is written.
"""

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .batch import OPEN, POSSIBLE, SAID, WORK, Batch, BatchRow, Fields, Phase, StoppedError, Verdict
from .errors import InputError, NotFoundError
from .sqlite_file import SqliteFile, now

FILE, FOLDER = "imports.sqlite", "uploads"
KEPT_DAYS = 30
"""Days for which the files of a batch are kept."""
MOST_ROWS = 20_000


class Batches(SqliteFile):
    """All imports, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open (and create) the file.

        Raises:
            DataFolderError: it cannot be written, or is no such file.

        """
        super().__init__(path, _TABLES)

    def begin(
        self, owner: str, name: str, files: Sequence[dict[str, Any]], *, harvest: Fields | None = None,
        keep: bool = True, defaults: dict[str, str] | None = None, key: str = "",
    ) -> Batch:  # fmt: skip
        """A new batch, to be read."""
        made = key or new_key()
        texts = map(_text, (list(files), harvest or {}, defaults or {}))
        with self._writing() as db:
            columns = "key, owner, begun, name, state, keep, files, harvest, defaults"
            row = (made, owner, now(), name, Phase.READING, keep, *texts)
            db.execute(f"INSERT INTO batch ({columns}) VALUES ({_marks(row)})", row)  # noqa: S608
        return self.batch(made)

    def batch(self, key: str) -> Batch:
        """A batch by its key.

        Raises:
            NotFoundError: there is none.

        """
        with self._reading() as db:
            return _one(db, key)

    def batches(self, *, limit: int = 100, state: Iterable[Phase] = ()) -> list[Batch]:
        """The newest batches, in some states or in any."""
        states = list(state)
        where = f"WHERE state IN ({_marks(states)})" if states else ""
        with self._reading() as db:
            rows = db.execute(f"{_BATCH} {where} ORDER BY begun DESC LIMIT ?", (*states, limit)).fetchall()
        return [_batch(row) for row in rows]

    def next_work(self) -> Batch | None:
        """The batch that is to be worked on next: short ones of people who wait before long ones."""
        with self._reading() as db:
            row = db.execute(
                f"{_BATCH} WHERE state IN ({_marks(WORK)}) ORDER BY worked, begun LIMIT 1", WORK
            ).fetchone()
        return _batch(row) if row else None

    def move(
        self, key: str, state: Phase, *, only_from: Iterable[Phase], by: str | None = None, why: str | None = None,
        asker: str | None = None, problem: str = "",
    ) -> Batch:  # fmt: skip
        """Change a batch's state; stopped and failed ones remember what they were at.

        Raises:
            NotFoundError: there is no such batch.
            InputError: it is not in a state from which this can be done.

        """
        with self._writing() as db:
            before = _one(db, key)
            if before.state not in tuple(only_from):
                raise InputError(
                    f"This import is {SAID[before.state]} now, so this cannot be done; load its page again."
                )
            resume = before.state if state in (Phase.STOPPED, Phase.FAILED) else None
            given = {"by": by, "why": why, "asker": asker}
            changed = {"state": state, "resume": resume, "problem": problem}
            changed |= {name: value for name, value in given.items() if value is not None}
            _update(db, key, changed)
            return _one(db, key)

    def resume(self, key: str) -> Batch:
        """Go on with a batch that was stopped or has failed.

        Raises:
            NotFoundError: there is no such batch.
            InputError: it is not stopped.

        """
        batch = self.batch(key)
        if batch.state not in (Phase.STOPPED, Phase.FAILED) or batch.resume is None:
            raise InputError(f"This import is {SAID[batch.state]} now, so there is nothing to go on with.")
        return self.move(key, batch.resume, only_from=(batch.state,))

    def read_again(self, key: str, columns: dict[str, str], defaults: dict[str, str]) -> Batch:
        """Read the files anew, with columns named by hand, and what holds where a row does not say it.

        Raises:
            InputError: it is not in preview.

        """
        with self._writing() as db:
            batch = _one(db, key)
            if batch.state not in (Phase.PREVIEW, Phase.STOPPED, Phase.FAILED) or batch.resume in (
                Phase.COMMITTING, Phase.UNDOING, Phase.DRAFTING,
            ):  # fmt: skip
                raise InputError(f"This import is {SAID[batch.state]} now, so it cannot be read again.")
            db.execute("DELETE FROM row WHERE batch = ?", (key,))
            said = {"columns": _text(columns), "defaults": _text(defaults)}
            fresh: dict[str, Any] = {"state": Phase.READING, "resume": None, "seconds": 0.0, "problem": ""}
            _update(db, key, fresh | {"notes": "[]", "left_out": "[]"} | said)
            return _one(db, key)

    def still(self, key: str, state: Phase) -> None:
        """Look whether the work is still wanted.

        Raises:
            StoppedError: it is not.

        """
        with self._reading() as db:
            _still(db, key, state)

    def add_rows(
        self, key: str, rows: Sequence[BatchRow], *, notes: Sequence[str] = (), harvest: Fields | None = None,
        seconds: float = 0.0,
    ) -> None:  # fmt: skip
        """Put down what was read; rows that are there already stay as they are.

        Raises:
            StoppedError: the batch is not being read any more.
            InputError: it has too many rows.

        """
        with self._writing() as db:
            batch = _still(db, key, Phase.READING)
            if rows and rows[-1].number > MOST_ROWS:
                raise InputError(f"More than {MOST_ROWS:,} rows are not imported at once; divide the file.")
            names = ("number", "file", "place", "fields", "made_id", "read_findings", "notes")
            values = [tuple(_stored(getattr(row, name)) for name in names) for row in rows]
            marks = _marks((key, *names))
            query = f"INSERT OR IGNORE INTO row (batch, {', '.join(names)}) VALUES ({marks})"  # noqa: S608
            db.executemany(query, [(key, *value) for value in values])
            changed: dict[str, Any] = {"worked": now(), "seconds": batch.seconds + seconds}
            if notes:
                changed["notes"] = _text(list(dict.fromkeys([*batch.notes, *notes]))[:200])
            if harvest is not None:
                changed["harvest"] = _text(harvest)
            _update(db, key, changed)

    def all_read(self, key: str, left_out: Sequence[dict[str, str]]) -> None:
        """Go over to checking.

        Raises:
            StoppedError: the batch is not being read any more.

        """
        with self._writing() as db:
            _still(db, key, Phase.READING)
            _update(db, key, {"state": Phase.CHECKING, "left_out": _text(list(left_out))})

    def judged(self, key: str, rows: Sequence[BatchRow], state: Phase | None, seconds: float = 0.0) -> None:
        """Put down the verdicts on rows.

        Raises:
            StoppedError: the batch is not in this state any more.

        """
        names = ("fields", "read_findings", "verdict", "findings", "likely", "changes", "result", "digest", "record",
                 "before", "take", "corrected_by")  # fmt: skip
        with self._writing() as db:
            batch = _still(db, key, state) if state else _open(db, key)
            for row in rows:
                _update_row(db, key, row.number, {name: _stored(getattr(row, name)) for name in names})
            _update(db, key, {"worked": now(), "seconds": batch.seconds + seconds})

    def rows(
        self, key: str, *, verdict: Verdict | None = None, outcome: str = "", offset: int = 0, limit: int = 100
    ) -> list[BatchRow]:
        """Rows in their order; those with a verdict or an outcome, or all."""
        where, values = "batch = ?", [key]
        if verdict:
            where, values = f"{where} AND verdict = ?", [*values, verdict]
        if outcome:
            where, values = f"{where} AND outcome = ?", [*values, outcome]
        return self._rows(f"{where} ORDER BY number LIMIT ? OFFSET ?", *values, limit, offset)

    def row(self, key: str, number: int) -> BatchRow:
        """One row.

        Raises:
            NotFoundError: there is none.

        """
        found = self._rows("batch = ? AND number = ?", key, number)
        if not found:
            raise NotFoundError(f"This import has no row {number}; load its page again.")
        return found[0]

    def unjudged(self, key: str, limit: int) -> list[BatchRow]:
        """The next rows that have no verdict."""
        return self._rows("batch = ? AND verdict IS NULL ORDER BY number LIMIT ?", key, limit)

    def earlier_with(self, key: str, record: str, number: int) -> BatchRow | None:
        """A row before this one that is to become the same record."""
        where = "batch = ? AND record = ? AND number < ? AND verdict <> ? ORDER BY number LIMIT 1"
        found = self._rows(where, key, record, number, Verdict.REFUSED)
        return found[0] if found else None

    def to_do(self, key: str, limit: int) -> list[BatchRow]:
        """The next rows that are taken and have no outcome."""
        return self._rows("batch = ? AND take = 1 AND outcome = '' ORDER BY number LIMIT ?", key, limit)

    def to_undo(self, key: str, limit: int) -> list[BatchRow]:
        """The next rows whose outcome can be undone, the last one first."""
        where = "batch = ? AND outcome IN ('added', 'changed', 'draft') ORDER BY number DESC LIMIT ?"
        return self._rows(where, key, limit)

    def came_out(self, key: str, rows: Sequence[BatchRow], state: Phase) -> None:
        """Put down what became of rows; also where somebody has stopped it meanwhile, for the graph has it already."""
        names = ("outcome", "outcome_note", "after", "draft")
        with self._writing() as db:
            for row in rows:
                _update_row(db, key, row.number, {name: getattr(row, name) for name in names})
            db.execute("UPDATE batch SET worked = ? WHERE key = ? AND state = ?", (now(), key, state))

    def choose(self, key: str, take: bool, *, numbers: Sequence[int] = (), verdict: Verdict | None = None) -> int:
        """Take rows, or leave them: some of them, or all with a verdict; how many it changed.

        Raises:
            InputError: nothing can be chosen any more.

        """
        with self._writing() as db:
            _open(db, key)
            where, values = f"verdict IN ({_marks(POSSIBLE)})", list(map(str, POSSIBLE))
            if numbers:
                where, values = f"{where} AND number IN ({_marks(numbers)})", [*values, *map(str, numbers)]
            if verdict:
                where, values = f"{where} AND verdict = ?", [*values, verdict]
            return db.execute(f"UPDATE row SET take = ? WHERE batch = ? AND {where}", (take, key, *values)).rowcount  # noqa: S608

    def counts(self, key: str) -> dict[str, int]:
        """How many rows there are: in all, judged, taken, by verdict and by outcome."""
        query = """SELECT count(*), count(verdict), sum(take), sum(take AND outcome <> '') FROM row WHERE batch = ?"""
        with self._reading() as db:
            rows, judged, taken, done = db.execute(query, (key,)).fetchone()
            found = {"rows": rows, "judged": judged, "taken": taken or 0, "done": done or 0}
            for column in ("verdict", "outcome"):
                grouped = f"SELECT {column}, count(*) FROM row WHERE batch = ? AND {column} <> '' GROUP BY 1"  # noqa: S608
                found |= {f"{column}.{value}": count for value, count in db.execute(grouped, (key,))}
        return found

    def writers(self, key: str) -> set[str]:
        """Who has brought or corrected any of it."""
        with self._reading() as db:
            query = "SELECT DISTINCT corrected_by FROM row WHERE batch = ? AND corrected_by <> ''"
            return {_one(db, key).owner, *(row[0] for row in db.execute(query, (key,)))}

    def with_old_files(self) -> list[Batch]:
        """Batches whose files have been kept long enough."""
        end = (datetime.now(UTC) - timedelta(days=KEPT_DAYS)).isoformat()
        with self._reading() as db:
            found = db.execute(f"{_BATCH} WHERE files <> '[]' AND begun < ?", (end,)).fetchall()
        return [_batch(row) for row in found]

    def files_gone(self, key: str) -> None:
        """Note that the files of a batch are kept no longer; their names stay in its own."""
        with self._writing() as db:
            _update(db, key, {"files": "[]"})

    def _rows(self, where: str, *values: object) -> list[BatchRow]:
        with self._reading() as db:
            rows = db.execute(f"{_ROW} WHERE {where}", values).fetchall()
        return [_row(row) for row in rows]


def new_key() -> str:
    """A key for a batch."""
    return f"i-{secrets.token_hex(5)}"


_JSON = ("files", "harvest", "columns", "defaults", "notes", "left_out")
_BATCH_NAMES = [f.name for f in fields(Batch)]
_ROW_NAMES = [f.name for f in fields(BatchRow)]
_BATCH = f"SELECT {', '.join(_BATCH_NAMES)} FROM batch"  # noqa: S608
_ROW = f"SELECT {', '.join(_ROW_NAMES)} FROM row"  # noqa: S608
_TABLES = """
CREATE TABLE IF NOT EXISTS batch (key TEXT PRIMARY KEY, owner TEXT NOT NULL, begun TEXT NOT NULL, name TEXT NOT NULL,
    state TEXT NOT NULL, resume TEXT, files TEXT NOT NULL, harvest TEXT NOT NULL, keep INTEGER NOT NULL,
    columns TEXT NOT NULL DEFAULT '{}', defaults TEXT NOT NULL DEFAULT '{}', notes TEXT NOT NULL DEFAULT '[]',
    left_out TEXT NOT NULL DEFAULT '[]',
    seconds REAL NOT NULL DEFAULT 0, problem TEXT NOT NULL DEFAULT '', by TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL DEFAULT '', asker TEXT NOT NULL DEFAULT '', worked TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS row (batch TEXT NOT NULL REFERENCES batch, number INTEGER NOT NULL, file TEXT NOT NULL,
    place INTEGER, fields TEXT NOT NULL, made_id INTEGER NOT NULL, read_findings TEXT NOT NULL, notes TEXT NOT NULL,
    verdict TEXT, findings TEXT NOT NULL DEFAULT '[]', likely TEXT NOT NULL DEFAULT '[]',
    changes TEXT NOT NULL DEFAULT '[]', result TEXT NOT NULL DEFAULT '{}', digest TEXT NOT NULL DEFAULT '',
    record TEXT NOT NULL DEFAULT '', before INTEGER, take INTEGER NOT NULL DEFAULT 0,
    corrected_by TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '', outcome_note TEXT NOT NULL DEFAULT '',
    after INTEGER, draft TEXT NOT NULL DEFAULT '', PRIMARY KEY (batch, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_record ON row (batch, record);
"""


def _one(db: sqlite3.Connection, key: str) -> Batch:
    row = db.execute(f"{_BATCH} WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise NotFoundError("There is no import of this name.")
    return _batch(row)


def _still(db: sqlite3.Connection, key: str, state: Phase) -> Batch:
    batch = _one(db, key)
    if batch.state != state:
        raise StoppedError(f"This import is {SAID[batch.state]} now.")
    return batch


def _open(db: sqlite3.Connection, key: str) -> Batch:
    batch = _one(db, key)
    if batch.state not in OPEN:
        raise InputError(f"This import is {SAID[batch.state]} now, so nothing in it can be changed.")
    return batch


def _batch(row: Sequence[Any]) -> Batch:
    values = dict(zip(_BATCH_NAMES, row, strict=True))
    values |= {name: json.loads(values[name]) for name in _JSON}
    values |= {"begun": datetime.fromisoformat(values["begun"]), "keep": bool(values["keep"])}
    values |= {"state": Phase(values["state"]), "resume": Phase(values["resume"]) if values["resume"] else None}
    return Batch(**values)


def _row(row: Sequence[Any]) -> BatchRow:
    values = dict(zip(_ROW_NAMES, row, strict=True))
    lists = ("fields", "read_findings", "notes", "findings", "likely", "changes", "result")
    values |= {name: json.loads(values[name]) for name in lists}
    values |= {name: bool(values[name]) for name in ("made_id", "take")}
    return BatchRow(**values | {"verdict": Verdict(values["verdict"]) if values["verdict"] else None})


def _update(db: sqlite3.Connection, key: str, changed: dict[str, Any]) -> None:
    names = ", ".join(f"{name} = ?" for name in changed)
    db.execute(f"UPDATE batch SET {names} WHERE key = ?", (*changed.values(), key))  # noqa: S608


def _update_row(db: sqlite3.Connection, key: str, number: int, changed: dict[str, Any]) -> None:
    names = ", ".join(f"{name} = ?" for name in changed)
    db.execute(f"UPDATE row SET {names} WHERE batch = ? AND number = ?", (*changed.values(), key, number))  # noqa: S608


def _stored(value: Any) -> Any:
    return _text(value) if isinstance(value, dict | list) else value


def _text(value: Any) -> str:
    return json.dumps(value, default=str)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
