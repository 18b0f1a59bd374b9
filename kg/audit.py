"""The audit log: who did what, and when. Each entry holds a digest over the one before, so that a change shows.

The chain is that of a hash-linked log (Haber and Stornetta, "How to time-stamp a digital document", 1991).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .sqlite_file import SqliteFile, now

_TABLES = """
CREATE TABLE IF NOT EXISTS entry (number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, by TEXT NOT NULL,
    what TEXT NOT NULL, about TEXT NOT NULL, detail TEXT NOT NULL, chain TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'the log stays'); END;
CREATE TRIGGER IF NOT EXISTS entries_remain BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'the log stays'); END;
"""


@dataclass(frozen=True)
class Entry:
    """One line of the audit log."""

    number: int
    at: datetime
    by: str
    what: str
    about: str
    detail: str


class AuditLog(SqliteFile):
    """Lines that are added and never changed."""

    def __init__(self, path: Path, tables: str = "") -> None:
        super().__init__(path, _TABLES + tables)

    def log(self, by: str, what: str, about: str = "", detail: str = "") -> None:
        """Add a line: who did what, about which thing."""
        with self._writing() as db:
            last = db.execute("SELECT chain FROM entry ORDER BY number DESC LIMIT 1").fetchone()
            row = (now(), by, what, about, detail)
            chained = (*row, _chain(last[0] if last else "", row))
            db.execute("INSERT INTO entry (at, by, what, about, detail, chain) VALUES (?, ?, ?, ?, ?, ?)", chained)

    def audit(self, *, about: str = "", by: str = "", limit: int = 100, before: int | None = None) -> list[Entry]:
        """Lines of the log, the newest first; those before a number, to go back page by page."""
        query = """SELECT number, at, by, what, about, detail FROM entry
            WHERE (? = '' OR about = ?) AND (? = '' OR by = ?) AND number < ? ORDER BY number DESC LIMIT ?"""
        with self._reading() as db:
            rows = db.execute(query, (about, about, by, by, before or 2**62, limit)).fetchall()
        return [Entry(number, datetime.fromisoformat(at), *rest) for number, at, *rest in rows]

    def broken_audit(self) -> int | None:
        """The number of the first line that is not as it was written, or is missing; None where all are right."""
        with self._reading() as db:
            before, expected = "", 1
            for number, chain, *row in db.execute(
                "SELECT number, chain, at, by, what, about, detail FROM entry ORDER BY number"
            ):
                if number != expected or chain != _chain(before, tuple(row)):
                    return expected
                before, expected = chain, number + 1
            written = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'entry'").fetchone()
        return expected if written and written[0] >= expected else None


def _chain(before: str, row: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps([before, *row], ensure_ascii=False).encode()).hexdigest()
