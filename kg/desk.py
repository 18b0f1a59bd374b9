"""What is being worked on and not published: drafts with every state they have had, comments, and the audit log.

It lies in one SQLite file beside the graph, where no query can reach it. Each call is one transaction, on disk when it
returns. Nothing is overwritten: a draft grows by revisions.
"""

import json
import secrets
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from .desk_suggestions import Suggestions
from .errors import InputError, NotFoundError
from .sqlite_file import now
from .three_way import Clash, Fields, merged

FILE = "desk.sqlite"


class State(StrEnum):
    """How far a draft has come."""

    DRAFT = "draft"
    IN_REVIEW = "in-review"
    PUBLISHED = "published"
    DISCARDED = "discarded"


OPEN = (State.DRAFT, State.IN_REVIEW)


@dataclass(frozen=True)
class Draft:
    """A record that is being written, as it is now."""

    key: str
    record: str
    """The id that the record has or will have; empty until somebody has chosen one."""
    fields: Fields
    """In the record format."""
    state: State
    number: int
    """Of its newest revision; each save makes one more."""
    owner: str
    changed: datetime
    changed_by: str
    based_on: int | None
    """The published version that it started from; None for a new record."""
    source: str
    """What it was made from: a file, an address, a harvest; empty where somebody wrote it."""
    batch: str = ""
    """The import that it came with."""

    @property
    def is_open(self) -> bool:
        """Whether it can still be written to."""
        return self.state in OPEN


@dataclass(frozen=True)
class Revision:
    """One state of a draft."""

    number: int
    fields: Fields
    by: str
    at: datetime
    note: str
    auto: bool
    """Saved by the page, not by the person."""
    parked: bool
    """Not part of the draft: what somebody wrote while another changed the same fields."""


@dataclass(frozen=True)
class Saved:
    """What became of a save."""

    draft: Draft
    merged: list[str] = field(default_factory=list)
    """Fields that somebody else had changed meanwhile, and that are now as they left them."""
    clashes: list[Clash] = field(default_factory=list)
    """Fields that both changed: theirs stand in the draft, mine in a parked revision."""
    parked: int | None = None
    """The number of that revision."""


@dataclass(frozen=True)
class Comment:
    """What somebody said about a draft."""

    id: int
    by: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Step:
    """A draft's change of state."""

    state: State
    by: str
    at: datetime
    note: str


class Desk(Suggestions):
    """Drafts, their comments, and the audit log, in one SQLite file."""

    def __init__(self, path: Path) -> None:
        """Open (and create) the file.

        Raises:
            DataFolderError: it cannot be written, or is no such file.

        """
        super().__init__(path, _TABLES)

    def begin(
        self, fields: Fields, by: str, *, based_on: int | None = None, source: str = "", batch: str = ""
    ) -> Draft:
        """A new draft.

        Raises:
            InputError: there is an open draft of this record already.

        """
        with self._writing() as db:
            key = _add_draft(db, fields, by, based_on, source, batch)
        return self.draft(key)

    def draft(self, key: str) -> Draft:
        """A draft by its key.

        Raises:
            NotFoundError: there is none.

        """
        found = self._drafts("draft.key = ?", key)
        if not found:
            raise NotFoundError("There is no draft of this name; it may have been thrown away.")
        return found[0]

    def open_for(self, record: str) -> Draft | None:
        """The open draft of a record, if somebody is working on it."""
        found = self._drafts("record = ? AND state IN (?, ?)", record, *OPEN) if record else []
        return found[0] if found else None

    def drafts(self, *, state: State | None = None, person: str | None = None, batch: str | None = None) -> list[Draft]:
        """Drafts in a state, of a person (owned or written to) or of an import; the newest first."""
        where: list[str] = ["1 = 1"]
        values: list[object] = []
        if state:
            where, values = [*where, "state = ?"], [*values, state]
        if person is not None:
            where.append("(owner = ? OR EXISTS (SELECT 1 FROM revision r WHERE r.key = draft.key AND r.by = ?))")
            values += [person, person]
        if batch is not None:
            where, values = [*where, "batch = ?"], [*values, batch]
        return self._drafts(" AND ".join(where), *values)

    def save(self, key: str, fields: Fields, by: str, on: int, *, note: str = "", auto: bool = False) -> Saved:
        """Save what somebody has written on top of a revision.

        Where others have saved since, the two are merged field by field (a three-way merge). What both changed stays as
        the others left it, and the whole of what was sent is kept as a parked revision.

        Args:
            key: of the draft.
            fields: the record as they want it.
            by: who.
            on: number of the revision that they started from.
            note: why.
            auto: whether the page did it by itself.

        Raises:
            NotFoundError: there is no such draft or revision.
            InputError: the draft is closed, or its id is that of another open draft.

        """
        with self._writing() as db:
            current = self._one(db, key)
            if not current.is_open:
                raise InputError("This draft is closed, so nothing was saved; open the record again to change it.")
            taken: list[str] = []
            clashes: list[Clash] = []
            wanted = fields
            if on != current.number:
                wanted, taken, clashes = merged(self._revision(db, key, on).fields, fields, current.fields)
            number = _last_number(db, key)
            parked = None
            if clashes:
                number += 1
                parked = number
                _add_revision(db, key, number, fields, by, note=note, auto=auto, parked=True)
            if wanted != current.fields:
                number += 1
                _add_revision(db, key, number, wanted, by, note=note, auto=auto)
                db.execute("UPDATE draft SET number = ?, record = ? WHERE key = ?", (number, _id(wanted), key))
            saved = self._one(db, key)
        return Saved(saved, taken, clashes, parked)

    def move(self, key: str, state: State, by: str, *, note: str = "", was: Collection[State] = tuple(State)) -> Draft:
        """Change a draft's state, if it is (still) in one of those that it may come from.

        Raises:
            NotFoundError: there is no such draft.
            InputError: it is in another state, or there is another open draft of its record.

        """
        with self._writing() as db:
            before = self._one(db, key).state
            if before not in was:
                raise InputError(f"This draft is {before.replace('-', ' ')} by now; load its page again.")
            _change_state(db, key, state, by, note)
            return self._one(db, key)

    def published(self, key: str, number: int, version: int, by: str, *, note: str = "") -> Draft:
        """Note that a revision of a draft has become a version of its record.

        What somebody has saved since is not lost: it goes on as a new draft, on top of that version.
        """
        with self._writing() as db:
            newest = self._one(db, key)
            _change_state(db, key, State.PUBLISHED, by, note)
            if newest.is_open and newest.number > number:
                _add_draft(db, newest.fields, newest.changed_by, version, newest.source)
            return self._one(db, key)

    def rebase(self, key: str, fields: Fields, based_on: int, by: str, *, note: str = "") -> Draft:
        """Put a draft on a newer published version, with the fields that come of it."""
        with self._writing() as db:
            self._one(db, key)
            number = _last_number(db, key) + 1
            _add_revision(db, key, number, fields, by, note=note)
            values = (number, _id(fields), based_on, key)
            db.execute("UPDATE draft SET number = ?, record = ?, based_on = ? WHERE key = ?", values)
            return self._one(db, key)

    def revisions(self, key: str) -> list[Revision]:
        """Every state of a draft, the first one first."""
        with self._reading() as db:
            rows = db.execute(f"{_REVISIONS} WHERE key = ? ORDER BY number", (key,)).fetchall()
        return [_revision(row) for row in rows]

    def revision(self, key: str, number: int) -> Revision:
        """One state of a draft.

        Raises:
            NotFoundError: there is none.

        """
        with self._reading() as db:
            return self._revision(db, key, number)

    def steps(self, key: str) -> list[Step]:
        """The changes of a draft's state, the first one first."""
        with self._reading() as db:
            rows = db.execute("SELECT state, by, at, note FROM step WHERE key = ? ORDER BY rowid", (key,)).fetchall()
        return [Step(State(state), by, _time(at), note) for state, by, at, note in rows]

    def comment(self, key: str, by: str, text: str) -> Comment:
        """Say something about a draft.

        Raises:
            NotFoundError: there is no such draft.

        """
        at = now()
        with self._writing() as db:
            self._one(db, key)
            made = db.execute("INSERT INTO comment (key, by, at, text) VALUES (?, ?, ?, ?)", (key, by, at, text))
        return Comment(int(made.lastrowid or 0), by, _time(at), text)

    def comments(self, key: str) -> list[Comment]:
        """What was said about a draft, the first one first."""
        with self._reading() as db:
            rows = db.execute("SELECT id, by, at, text FROM comment WHERE key = ? ORDER BY id", (key,)).fetchall()
        return [Comment(number, by, _time(at), text) for number, by, at, text in rows]

    def seen(self, key: str, person: str) -> None:
        """Note that somebody has the draft open."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO presence VALUES (?, ?, ?)", (key, person, now()))

    def others_at(self, key: str, person: str, within: float = 120.0) -> list[str]:
        """Who else has had the draft open in the last seconds."""
        since = (datetime.now(UTC) - timedelta(seconds=within)).isoformat()
        with self._reading() as db:
            query = "SELECT person FROM presence WHERE key = ? AND person <> ? AND at > ? ORDER BY at DESC"
            return [row[0] for row in db.execute(query, (key, person, since))]

    def _drafts(self, where: str, *values: object) -> list[Draft]:
        with self._reading() as db:
            rows = db.execute(f"{_DRAFTS} WHERE {where} ORDER BY revision.at DESC, draft.key", values).fetchall()
        return [_draft(row) for row in rows]

    def _one(self, db: sqlite3.Connection, key: str) -> Draft:
        row = db.execute(f"{_DRAFTS} WHERE draft.key = ?", (key,)).fetchone()
        if row is None:
            raise NotFoundError("There is no draft of this name; it may have been thrown away.")
        return _draft(row)

    def _revision(self, db: sqlite3.Connection, key: str, number: int) -> Revision:
        row = db.execute(f"{_REVISIONS} WHERE key = ? AND number = ?", (key, number)).fetchone()
        if row is None:
            raise NotFoundError("This draft has no such revision; load its page again.")
        return _revision(row)


_DRAFTS = """SELECT draft.key, record, fields, state, draft.number, owner, at, by, based_on, source, batch
    FROM draft JOIN revision ON revision.key = draft.key AND revision.number = draft.number"""
_REVISIONS = "SELECT number, fields, by, at, note, auto, parked FROM revision"
_TABLES = """
CREATE TABLE IF NOT EXISTS draft (key TEXT PRIMARY KEY, record TEXT NOT NULL, state TEXT NOT NULL, owner TEXT NOT NULL,
    based_on INTEGER, source TEXT NOT NULL, batch TEXT NOT NULL, number INTEGER NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS one_open ON draft (record) WHERE record <> '' AND state IN ('draft', 'in-review');
CREATE INDEX IF NOT EXISTS by_batch ON draft (batch);
CREATE TABLE IF NOT EXISTS revision (key TEXT NOT NULL REFERENCES draft, number INTEGER NOT NULL, fields TEXT NOT NULL,
    by TEXT NOT NULL, at TEXT NOT NULL, note TEXT NOT NULL, auto INTEGER NOT NULL, parked INTEGER NOT NULL,
    PRIMARY KEY (key, number));
CREATE TABLE IF NOT EXISTS step (key TEXT NOT NULL REFERENCES draft, state TEXT NOT NULL, by TEXT NOT NULL,
    at TEXT NOT NULL, note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS comment (id INTEGER PRIMARY KEY, key TEXT NOT NULL REFERENCES draft, by TEXT NOT NULL,
    at TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS presence (key TEXT NOT NULL, person TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (key, person));
"""


def _add_draft(
    db: sqlite3.Connection, fields: Fields, by: str, based_on: int | None, source: str, batch: str = ""
) -> str:
    key = f"d-{secrets.token_hex(5)}"
    row = (key, _id(fields), State.DRAFT, by, based_on, source, batch, 1)
    db.execute("INSERT INTO draft VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    _add_revision(db, key, 1, fields, by)
    db.execute("INSERT INTO step VALUES (?, ?, ?, ?, '')", (key, State.DRAFT, by, now()))
    return key


def _add_revision(
    db: sqlite3.Connection,
    key: str,
    number: int,
    fields: Fields,
    by: str,
    *,
    note: str = "",
    auto: bool = False,
    parked: bool = False,
) -> None:
    text = json.dumps(fields, ensure_ascii=False)
    row = (key, number, text, by, now(), note, int(auto), int(parked))
    db.execute("INSERT INTO revision VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def _change_state(db: sqlite3.Connection, key: str, state: State, by: str, note: str) -> None:
    db.execute("UPDATE draft SET state = ? WHERE key = ?", (state, key))
    db.execute("INSERT INTO step VALUES (?, ?, ?, ?, ?)", (key, state, by, now(), note))
    if state == State.PUBLISHED:  # what the page saved by itself has done its work
        db.execute(
            "DELETE FROM revision WHERE key = ? AND auto = 1 AND parked = 0 AND number < "
            "(SELECT number FROM draft WHERE draft.key = revision.key)",
            (key,),
        )


def _last_number(db: sqlite3.Connection, key: str) -> int:
    return int(db.execute("SELECT MAX(number) FROM revision WHERE key = ?", (key,)).fetchone()[0])


def _draft(row: tuple[Any, ...]) -> Draft:
    key, record, fields, state, number, owner, at, by, based_on, source, batch = row
    return Draft(
        key, record, json.loads(fields), State(state), number, owner, _time(at), by, based_on, source, batch
    )  # fmt: skip


def _revision(row: tuple[Any, ...]) -> Revision:
    number, fields, by, at, note, auto, parked = row
    return Revision(number, json.loads(fields), by, _time(at), note, bool(auto), bool(parked))


def _id(fields: Fields) -> str:
    name = fields.get("id", "")
    return str(name) if isinstance(name, str | int) else ""


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
