"""What is known of the links of published records, in one SQLite file: when each was last looked at, and what came."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from kg.sqlite_file import SqliteFile

DEAD_AFTER = 3
"""Failures in a row, on two days at least, from which a link counts as dead."""
_CLAIM = timedelta(minutes=15)  # for as long, a link that somebody looks at is not due for others


class Kind(StrEnum):
    """What a look at a link has shown."""

    NEW = "new"
    """Nobody has looked yet."""
    GOOD = "good"
    MOVED = "moved"
    """It has led to the same other address on two days at least."""
    FRONT = "front"
    """It leads to the front page of a site; the page itself is not there any more."""
    GONE = "gone"
    """The server says that there is nothing (404, 410)."""
    UNREACHED = "unreached"
    """No answer, a broken one, or an error of the server."""
    REFUSED = "refused"
    """The server does not answer programs; a person may well see the page."""
    CERTIFICATE = "certificate"
    """The certificate of the server is not good."""


FAILURES = (Kind.GONE, Kind.UNREACHED, Kind.CERTIFICATE, Kind.FRONT)


@dataclass(frozen=True)
class Link:
    """One address, and what is known of it."""

    address: str
    kind: Kind = Kind.NEW
    looked: datetime | None = None
    status: int = 0
    """Of HTTP; 0 where there was none."""
    failures: int = 0
    """In a row."""
    first_failed: date | None = None
    """The day of the first of them."""
    due: datetime | None = None
    """When to look again."""
    final: str = ""
    """Where it leads, when elsewhere."""
    final_since: date | None = None
    archived: str = ""
    """A copy in an archive, where one was asked."""
    note: str = ""
    """What came, in a sentence."""

    @property
    def dead(self) -> bool:
        """Whether it failed three times in a row, on two days at least."""
        on_days = self.looked is not None and self.first_failed is not None and self.looked.date() > self.first_failed
        return self.kind in FAILURES and self.failures >= DEAD_AFTER and on_days


class LinkFile(SqliteFile):
    """Links and hosts; safe with several threads and processes."""

    def take_in(self, addresses: Iterable[str], now: datetime) -> int:
        """Know these addresses and forget all others; how many are new."""
        wanted = set(addresses)
        with self._writing() as db:
            known = {address for (address,) in db.execute("SELECT address FROM links")}
            db.executemany("DELETE FROM links WHERE address = ?", [(old,) for old in known - wanted])
            fresh = [(address, Kind.NEW, now.isoformat()) for address in sorted(wanted - known)]
            db.executemany("INSERT INTO links (address, kind, due) VALUES (?, ?, ?)", fresh)
        return len(fresh)

    def links(self) -> list[Link]:
        """All links."""
        with self._reading() as db:
            return [_link(row) for row in db.execute(f"{_SELECT} ORDER BY address")]

    def due(self, now: datetime, most: int = 1_000_000) -> list[Link]:
        """Links that are to be looked at, what waits longest first."""
        query = f"{_SELECT} WHERE due <= ? ORDER BY due, address LIMIT ?"
        with self._reading() as db:
            return [_link(row) for row in db.execute(query, (now.isoformat(), most))]

    def claim(self, link: Link, now: datetime) -> bool:
        """Take a due link on; False where somebody else has done so."""
        with self._writing() as db:
            until = (now + _CLAIM).isoformat()
            took = db.execute(
                "UPDATE links SET due = ? WHERE address = ? AND due <= ?", (until, link.address, now.isoformat())
            )
            return took.rowcount == 1

    def note(self, link: Link) -> None:
        """Write down what a look has shown; nothing where the link is not known any more."""
        values = [_stored(getattr(link, name)) for name in _NAMES]
        with self._writing() as db:
            pairs = ", ".join(f"{name} = ?" for name in _NAMES)
            db.execute(f"UPDATE links SET {pairs} WHERE address = ?", [*values, link.address])  # noqa: S608 (own names)

    def turn(self, host: str, now: datetime, pause: float) -> float:
        """Take the next turn at a host, if it is free.

        Args:
            host: as `ingest.politeness.host_of` says.
            now: the time.
            pause: seconds for which it is then taken.

        Returns:
            0, or the seconds until it is free.

        """
        with self._writing() as db:
            row = db.execute("SELECT next FROM hosts WHERE host = ?", (host,)).fetchone()
            free = datetime.fromisoformat(row[0]) if row else now
            if free > now:
                return (free - now).total_seconds()
            self._set(db, host, "next", (now + timedelta(seconds=pause)).isoformat())
            return 0.0

    def leave_alone(self, host: str, until: datetime) -> None:
        """Ask nothing of a host until then."""
        with self._writing() as db:
            self._set(db, host, "next", until.isoformat())

    def robots(self, host: str, since: datetime) -> str | None:
        """The robots.txt of a host (of a scheme and host), if it was read since."""
        with self._reading() as db:
            row = db.execute("SELECT robots, read FROM hosts WHERE host = ?", (host,)).fetchone()
        return str(row[0]) if row and row[1] and datetime.fromisoformat(row[1]) >= since else None

    def keep_robots(self, host: str, text: str, now: datetime) -> None:
        """Remember a host's robots.txt."""
        with self._writing() as db:
            self._set(db, host, "robots", text)
            self._set(db, host, "read", now.isoformat())

    @staticmethod
    def _set(db: sqlite3.Connection, host: str, column: str, value: str) -> None:
        db.execute(
            f"INSERT INTO hosts (host, {column}) VALUES (?, ?) "  # noqa: S608 (one of three own names)
            f"ON CONFLICT (host) DO UPDATE SET {column} = excluded.{column}",
            (host, value),
        )


TABLES = """
CREATE TABLE IF NOT EXISTS links (
    address TEXT PRIMARY KEY, kind TEXT NOT NULL, looked TEXT, status INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0, first_failed TEXT, due TEXT NOT NULL, final TEXT NOT NULL DEFAULT '',
    final_since TEXT, archived TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS links_due ON links (due);
CREATE TABLE IF NOT EXISTS hosts (host TEXT PRIMARY KEY, next TEXT, robots TEXT, read TEXT);
"""
_NAMES = (
    "kind", "looked", "status", "failures", "first_failed", "due", "final", "final_since", "archived", "note",
)  # fmt: skip
_SELECT = f"SELECT address, {', '.join(_NAMES)} FROM links"  # noqa: S608 (own names)


def _link(row: tuple[str, ...]) -> Link:
    address, kind, looked, status, failures, first_failed, due, final, final_since, archived, note = row
    return Link(
        address, Kind(kind), _time(looked), int(status), int(failures), _day(first_failed), _time(due), final,
        _day(final_since), archived, note,
    )  # fmt: skip


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _stored(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
