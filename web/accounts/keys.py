"""What a request brings to show whose it is: the key of a session, or a token for programs.

Both are 256 random bits that only their owner has; the file holds their SHA-256.
"""

import hashlib
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from kg import DataFolderError, InputError, NotFoundError

from .people import Account, People, clean_text
from .roles import SCOPES, Role, scopes_for

IDLE, LONGEST = 8 * 3600.0, 7 * 86_400.0
"""Seconds after which a session ends: unused, and in any case."""
LONGEST_TOKEN = 366 * 86_400.0
MOST_TOKENS, MOST_SESSIONS = 20, 50
PREFIX = "gw_"
_TOUCH = 60.0  # seconds between two notes of when a key was used


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in with one browser."""

    id: str
    digest: str
    made: float
    used: float
    browser: str


@dataclass(frozen=True)
class Token:
    """A key for a program."""

    id: str
    name: str
    scopes: frozenset[str]
    made: float
    ends: float
    used: float | None


class Keys(People):
    """Sessions and tokens."""

    def start_session(self, person_id: str, browser: str) -> str:
        """Sign a person in; returns the key, which nobody can get again."""
        key, now = secrets.token_urlsafe(32), self.clock()
        oldest = """DELETE FROM session WHERE digest IN
            (SELECT digest FROM session WHERE person = ? ORDER BY used DESC LIMIT -1 OFFSET ?)"""
        with self._writing() as db:
            db.execute("DELETE FROM session WHERE used < ? OR made < ?", (now - IDLE, now - LONGEST))
            db.execute(oldest, (person_id, MOST_SESSIONS - 1))
            row = (digest(key), secrets.token_hex(6), person_id, now, now, browser)
            db.execute("INSERT INTO session VALUES (?, ?, ?, ?, ?, ?)", row)
        return key

    def session(self, key: str) -> tuple[Session, str] | None:
        """The session of a key, and whose it is; None where it has ended."""
        now = self.clock()
        query = """SELECT id, digest, made, used, browser, person FROM session
            WHERE digest = ? AND used >= ? AND made >= ?"""
        with self._reading() as db:
            row = db.execute(query, (digest(key), now - IDLE, now - LONGEST)).fetchone()
        if not row:
            return None
        found, person_id = Session(*row[:5]), row[5]
        if now - found.used > _TOUCH:
            self._touch("session", found.digest, now)
        return found, person_id

    def sessions(self, person_id: str) -> list[Session]:
        """Where a person is signed in, the last used first."""
        now = self.clock()
        query = """SELECT id, digest, made, used, browser FROM session
            WHERE person = ? AND used >= ? AND made >= ? ORDER BY used DESC"""
        with self._reading() as db:
            return [Session(*row) for row in db.execute(query, (person_id, now - IDLE, now - LONGEST))]

    def end_session(self, person_id: str, session_id: str) -> None:
        """Sign a person out in one browser."""
        with self._writing() as db:
            db.execute("DELETE FROM session WHERE person = ? AND id = ?", (person_id, session_id))

    def end_sessions(self, person_id: str, but: str = "") -> None:
        """Sign a person out everywhere, but for one session."""
        with self._writing() as db:
            db.execute("DELETE FROM session WHERE person = ? AND id <> ?", (person_id, but))

    def make_token(self, owner: Account, name: str, scopes: Iterable[str], ends: float) -> str:
        """A token for a program of a person; returns it, which nobody can get again.

        Raises:
            InputError: it would be for nothing, for more than the person may, or for longer than a year.

        """
        wanted, now, called = sorted(set(scopes)), self.clock(), clean_text(name, 60)
        if not called:
            raise InputError("Give the token a name that tells later what it is for.")
        if not wanted or not set(wanted) <= set(scopes_for(owner.role)):
            raise InputError(f"Choose what the token is for: {', '.join(scopes_for(owner.role))}.")
        if not now < ends <= now + LONGEST_TOKEN:
            raise InputError("A token ends on a day between tomorrow and a year from now.")
        token = PREFIX + secrets.token_urlsafe(32)
        with self._writing() as db:
            db.execute("DELETE FROM token WHERE ends < ?", (now,))
            if db.execute("SELECT count(*) FROM token WHERE person = ?", (owner.id,)).fetchone()[0] >= MOST_TOKENS:
                raise InputError(f"You have {MOST_TOKENS} tokens; end one first.")
            row = (digest(token), secrets.token_hex(6), owner.id, called, " ".join(wanted), now, ends)
            db.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", row)
        return token

    def token(self, text: str) -> tuple[Token, Account] | None:
        """A token and its owner, with no more scopes than the owner's role has now; None where it has ended."""
        now = self.clock()
        query = "SELECT id, name, scopes, made, ends, used, person FROM token WHERE digest = ? AND ends > ?"
        with self._reading() as db:
            row = db.execute(query, (digest(text), now)).fetchone()
        owner = self.account(row[6]) if row else None
        if not owner:
            return None
        found = Token(row[0], row[1], frozenset(row[2].split()) & set(scopes_for(owner.role)), *row[3:6])
        if now - (found.used or 0.0) > _TOUCH:
            self._touch("token", digest(text), now)
        return found, owner

    def tokens(self, person_id: str) -> list[Token]:
        """A person's tokens, the newest first."""
        query = """SELECT id, name, scopes, made, ends, used FROM token
            WHERE person = ? AND ends > ? ORDER BY made DESC, id"""
        with self._reading() as db:
            rows = db.execute(query, (person_id, self.clock())).fetchall()
        return [Token(row[0], row[1], frozenset(row[2].split()), *row[3:]) for row in rows]

    def end_token(self, person_id: str, token_id: str) -> str:
        """End a token; returns its name.

        Raises:
            NotFoundError: it has ended.

        """
        with self._writing() as db:
            query = "DELETE FROM token WHERE person = ? AND id = ? RETURNING name"
            found = db.execute(query, (person_id, token_id)).fetchall()
        if not found:
            raise NotFoundError("This token has ended already.")
        return str(found[0][0])

    def somebody_may(self, scope: str) -> bool:
        """Whether any token is for this scope at the moment."""
        least: Role = SCOPES[scope][0]
        query = """SELECT 1 FROM token JOIN person ON person.id = token.person
            WHERE instr(' ' || scopes || ' ', ?) AND ends > ? AND role >= ? LIMIT 1"""
        with self._reading() as db:
            return db.execute(query, (f" {scope} ", self.clock(), int(least))).fetchone() is not None

    def _touch(self, table: str, key: str, now: float) -> None:
        with suppress(DataFolderError), self._writing() as db:  # who may read may do so while the disk is full
            db.execute(f"UPDATE {table} SET used = ? WHERE digest = ?", (now, key))  # noqa: S608


def digest(key: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(key.encode()).hexdigest()
