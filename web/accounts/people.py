"""People with an account, and those who ask for one, in `accounts.sqlite`."""

import hashlib
import hmac
import re
import secrets
import sqlite3
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kg import InputError, NotFoundError
from kg.sqlite_file import SqliteFile

from .roles import Person, Role

MOST_REQUESTS = 1000
"""Requests for an account that can wait at once."""
_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{1,58})[a-z0-9]")
_TABLES = """
CREATE TABLE IF NOT EXISTS person (id TEXT PRIMARY KEY, login TEXT UNIQUE, name TEXT NOT NULL, role INTEGER NOT NULL,
    password TEXT NOT NULL, made REAL NOT NULL, closed REAL);
CREATE TABLE IF NOT EXISTS identity (issuer TEXT NOT NULL, subject TEXT NOT NULL,
    person TEXT NOT NULL REFERENCES person (id), PRIMARY KEY (issuer, subject));
CREATE TABLE IF NOT EXISTS request (id TEXT PRIMARY KEY, login TEXT NOT NULL, name TEXT NOT NULL, about TEXT NOT NULL,
    password TEXT NOT NULL, issuer TEXT NOT NULL, subject TEXT NOT NULL, made REAL NOT NULL);
CREATE TABLE IF NOT EXISTS session (digest TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES person (id), made REAL NOT NULL, used REAL NOT NULL, browser TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS token (digest TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    person TEXT NOT NULL REFERENCES person (id), name TEXT NOT NULL, scopes TEXT NOT NULL, made REAL NOT NULL,
    ends REAL NOT NULL, used REAL);
CREATE TABLE IF NOT EXISTS attempt (key TEXT PRIMARY KEY, count INTEGER NOT NULL, last REAL NOT NULL);
CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""


@dataclass(frozen=True)
class Account:
    """A person as stored."""

    id: str
    login: str
    name: str
    role: Role
    password: str
    """As Argon2 writes it; empty for somebody who signs in elsewhere only."""
    made: float
    """Seconds since 1970, as all times here."""

    def as_person(self, scopes: frozenset[str] | None = None) -> Person:
        """The same, for the rest of the site."""
        return Person(self.id, self.name, self.login, self.role, scopes)


@dataclass(frozen=True)
class SignUp:
    """Somebody who asks for an account."""

    id: str
    login: str
    name: str
    about: str
    password: str
    issuer: str
    subject: str
    made: float


class People(SqliteFile):
    """People, what they sign in with, and requests for an account."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        super().__init__(path, _TABLES)
        self.clock = clock
        with self._writing() as db:
            db.execute("INSERT OR IGNORE INTO secret VALUES ('key', ?)", (secrets.token_bytes(32),))
            self._key: bytes = db.execute("SELECT value FROM secret WHERE name = 'key'").fetchone()[0]

    def mac(self, purpose: str, text: str) -> str:
        """A keyed digest (HMAC-SHA-256) of a text for one purpose; the key stands in the file and nowhere else."""
        return hmac.new(self._key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()

    def add(self, login: str, name: str, role: Role, password: str = "") -> Account:
        """A new person; `password` is as `passwords.hashed` gives it.

        Raises:
            InputError: the name to sign in with is taken or not one.

        """
        with self._writing() as db:
            return self._added(db, clean_login(login), clean_name(name), role, password)

    def account(self, person_id: str) -> Account | None:
        """The account of a person; None where there is none any more."""
        with self._reading() as db:
            return _account(db, "id", person_id)

    def account_of_login(self, login: str) -> Account | None:
        """The account that somebody signs in to with this name."""
        with self._reading() as db:
            return _account(db, "login", login.strip().lower())

    def account_of_identity(self, issuer: str, subject: str) -> Account | None:
        """The account of somebody whom an OpenID provider knows under this subject."""
        query = "SELECT person FROM identity WHERE issuer = ? AND subject = ?"
        with self._reading() as db:
            found = db.execute(query, (issuer, subject)).fetchone()
            return _account(db, "id", found[0]) if found else None

    def accounts(self, part: str = "", limit: int = 500) -> list[Account]:
        """Everybody, or whose names hold a part, by name."""
        query = f"""SELECT {_COLUMNS} FROM person WHERE closed IS NULL
            AND (? = '' OR instr(lower(name), ?) OR instr(login, ?)) ORDER BY lower(name), id LIMIT ?"""  # noqa: S608
        sought = part.strip().lower()
        with self._reading() as db:
            return [_made(row) for row in db.execute(query, (sought, sought, sought, limit))]

    def rename(self, person_id: str, name: str) -> None:
        """Call somebody something else."""
        with self._writing() as db:
            db.execute("UPDATE person SET name = ? WHERE id = ?", (clean_name(name), person_id))

    def set_role(self, person_id: str, role: Role) -> Role:
        """Give a person another role, and end their sessions; returns the role that they had.

        Raises:
            InputError: nobody could give roles any more.
            NotFoundError: there is no such person.

        """
        with self._writing() as db:
            before = self._open(db, person_id).role
            if before == role:
                return before
            if role < Role.ADMINISTRATOR:
                self._keep_an_administrator(db, person_id)
            db.execute("UPDATE person SET role = ? WHERE id = ?", (int(role), person_id))
            db.execute("DELETE FROM session WHERE person = ?", (person_id,))
        return before

    def set_password(self, person_id: str, password: str) -> None:
        """Store a password (as `passwords.hashed` gives it), and end the person's sessions."""
        with self._writing() as db:
            self._open(db, person_id)
            db.execute("UPDATE person SET password = ? WHERE id = ?", (password, person_id))
            db.execute("DELETE FROM session WHERE person = ?", (person_id,))

    def store_again(self, account: Account, password: str) -> None:
        """Store the same password at today's cost, if it is still the same."""
        query = "UPDATE person SET password = ? WHERE id = ? AND password = ?"
        with self._writing() as db:
            db.execute(query, (password, account.id, account.password))

    def close(self, person_id: str) -> None:
        """Close an account for good: its names, password, sessions and tokens are gone, what it wrote stays.

        Raises:
            InputError: nobody could give roles any more.
            NotFoundError: there is no such person.

        """
        with self._writing() as db:
            self._open(db, person_id)
            self._keep_an_administrator(db, person_id)
            for table in ("session", "token", "identity"):
                db.execute(f"DELETE FROM {table} WHERE person = ?", (person_id,))  # noqa: S608
            gone = "UPDATE person SET login = NULL, name = '', password = '', role = 0, closed = ? WHERE id = ?"
            db.execute(gone, (self.clock(), person_id))

    def link(self, person_id: str, issuer: str, subject: str) -> None:
        """Let a person sign in through an OpenID provider too.

        Raises:
            InputError: somebody else signs in with that.

        """
        with self._writing() as db:
            self._open(db, person_id)
            self._link(db, person_id, issuer, subject)

    def identities(self, person_id: str) -> list[str]:
        """The issuers through which a person can sign in."""
        with self._reading() as db:
            rows = db.execute("SELECT issuer FROM identity WHERE person = ? ORDER BY issuer", (person_id,))
            return [issuer for (issuer,) in rows]

    def ask(self, login: str, name: str, about: str, password: str, issuer: str = "", subject: str = "") -> bool:
        """Ask for an account; whether it was put down. Whoever has asked through a provider need not ask again."""
        with self._writing() as db:
            asked = "SELECT 1 FROM request WHERE subject <> '' AND issuer = ? AND subject = ?"
            if db.execute(asked, (issuer, subject)).fetchone():
                return True
            if db.execute("SELECT count(*) FROM request").fetchone()[0] >= MOST_REQUESTS:
                return False
            row = (secrets.token_hex(6), login, clean_name(name), clean_text(about, 500), password, issuer, subject)
            db.execute("INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, self.clock()))
        return True

    def requests(self) -> list[SignUp]:
        """Who asks for an account, the first first."""
        with self._reading() as db:
            return [SignUp(*row) for row in db.execute("SELECT * FROM request ORDER BY made, id LIMIT 200")]

    def accept(self, request_id: str, role: Role) -> Account:
        """Give somebody who asked an account.

        Raises:
            InputError: the name to sign in with is taken.
            NotFoundError: the request has been dealt with.

        """
        with self._writing() as db:
            asked = self._taken(db, request_id)
            login = self._free(db, asked.login) if asked.issuer else clean_login(asked.login)
            made = self._added(db, login, asked.name, role, asked.password)
            if asked.issuer:
                self._link(db, made.id, asked.issuer, asked.subject)
        return made

    def turn_down(self, request_id: str) -> None:
        """Take a request away.

        Raises:
            NotFoundError: it has been dealt with.

        """
        with self._writing() as db:
            self._taken(db, request_id)

    def add_known(self, login: str, name: str, role: Role, issuer: str, subject: str) -> Account:
        """A new person whom an OpenID provider knows; the name to sign in with is made free."""
        with self._writing() as db:
            made = self._added(db, self._free(db, login), clean_name(name), role, "")
            self._link(db, made.id, issuer, subject)
        return made

    def _added(self, db: sqlite3.Connection, login: str, name: str, role: Role, password: str) -> Account:
        if db.execute("SELECT 1 FROM person WHERE login = ?", (login,)).fetchone():
            raise InputError(f"Somebody signs in as “{login}” already; take another name.")
        made = Account(secrets.token_hex(6), login, name, role, password, self.clock())
        row = (made.id, login, name, int(role), password, made.made)
        db.execute("INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, NULL)", row)
        return made

    @staticmethod
    def _free(db: sqlite3.Connection, login: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "-", login.lower()).strip("-")[:50]
        base = base if _LOGIN.fullmatch(base) else f"person-{base}".strip("-")
        taken = {row[0] for row in db.execute("SELECT login FROM person WHERE instr(login, ?) = 1", (base,))}
        return next(name for n in range(1, len(taken) + 2) if (name := base if n == 1 else f"{base}-{n}") not in taken)

    @staticmethod
    def _link(db: sqlite3.Connection, person_id: str, issuer: str, subject: str) -> None:
        query = "SELECT person FROM identity WHERE issuer = ? AND subject = ?"
        found = db.execute(query, (issuer, subject)).fetchone()
        if found and found[0] != person_id:
            raise InputError("Somebody else signs in with this; sign in there as yourself.")
        db.execute("INSERT OR IGNORE INTO identity VALUES (?, ?, ?)", (issuer, subject, person_id))

    @staticmethod
    def _open(db: sqlite3.Connection, person_id: str) -> Account:
        found = _account(db, "id", person_id)
        if not found:
            raise NotFoundError("There is no such account; it may have been closed.")
        return found

    @staticmethod
    def _keep_an_administrator(db: sqlite3.Connection, but: str) -> None:
        query = "SELECT count(*) FILTER (WHERE id <> ?), count(*) FILTER (WHERE id = ?) FROM person WHERE role = ?"
        others, own = db.execute(query, (but, but, int(Role.ADMINISTRATOR))).fetchone()
        if own and not others:
            raise InputError("This is the last administrator; make somebody else one first.")

    @staticmethod
    def _taken(db: sqlite3.Connection, request_id: str) -> SignUp:
        row = db.execute("DELETE FROM request WHERE id = ? RETURNING *", (request_id,)).fetchone()
        if not row:
            raise NotFoundError("This request has been dealt with.")
        return SignUp(*row)


_COLUMNS = "id, login, name, role, password, made"


def _account(db: sqlite3.Connection, column: str, value: str) -> Account | None:
    query = f"SELECT {_COLUMNS} FROM person WHERE {column} = ? AND closed IS NULL"  # noqa: S608
    row = db.execute(query, (value,)).fetchone()
    return _made(row) if row else None


def _made(row: tuple[str, str, str, int, str, float]) -> Account:
    person_id, login, name, role, password, made = row
    return Account(person_id, login, name, Role(role), password, made)


def clean_login(login: str) -> str:
    """A name to sign in with, in small letters.

    Raises:
        InputError: it is not one.

    """
    text = login.strip().lower()
    if not _LOGIN.fullmatch(text):
        raise InputError("A name to sign in with has 3 to 60 letters (a to z), digits, or any of . _ @ + - within.")
    return text


def clean_name(name: str) -> str:
    """What a person is called, as others see it.

    Raises:
        InputError: nothing is left of it.

    """
    text = clean_text(name, 80)
    if not any(char.isalnum() for char in text):
        raise InputError("Say what others should call you; a first name will do.")
    return text


def clean_text(text: str, most: int) -> str:
    """A line without signs that cannot be seen or that turn the writing around."""
    seen = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    return " ".join("".join(char for char in seen if unicodedata.category(char)[0] != "C").split())[:most].strip()
