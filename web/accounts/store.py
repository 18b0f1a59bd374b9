"""Everything that is known of people, in one file: `accounts.sqlite` in the data folder."""

from kg import InputError

from .. import problems
from . import passwords
from .keys import Keys
from .people import Account

FILE = "accounts.sqlite"
FORGET = 3600.0
"""Seconds after which failed attempts, and the digests of addresses with them, are thrown away."""
FREE = {"pair": 5, "login": 20, "address": 30, "ask": 5}
"""Attempts without a delay: at a name from an address, at a name, from an address; requests for an account."""
_FIRST, _MOST = 15.0, 900.0  # seconds of the first delay, which doubles, and of the longest
NOT_RIGHT = "The name or the password is not right."


class LockedError(problems.ProblemError):
    """Too many attempts; carries the seconds to wait."""

    def __init__(self, seconds: float) -> None:
        self.retry_after = max(1, round(seconds))
        super().__init__(429, "There have been too many attempts. Wait a little, then try again.")


class Accounts(Keys):
    """People, sessions, tokens, requests, and the failed attempts that slow down who guesses."""

    def sign_in(self, login: str, password: str, address: str) -> Account:
        """The account of somebody who knows its password.

        The answer, and the work behind it, is the same whether or not the name is known. Each attempt counts before the
        password is looked at, so that many at once gain nothing.

        Raises:
            LockedError: there have been too many attempts at this name, or from this address.
            InputError: name and password do not belong together.

        """
        name = login.strip().lower()[:200]
        keys = {"pair": f"{name}\0{address}", "login": name, "address": address}
        self.count_attempt(keys)
        found = self.account_of_login(name)
        if not passwords.matches(found.password if found else "", password) or not found:
            raise InputError(NOT_RIGHT)
        self._forget(keys)
        if passwords.is_outdated(found.password):
            self.store_again(found, passwords.hashed(password))
        return found

    def count_attempt(self, keys: dict[str, str]) -> None:
        """Count one attempt under each key (kind → whose).

        Raises:
            LockedError: there were too many under one of them; this one is not counted.

        """
        now = self.clock()
        hidden = {self._hidden(kind, text): FREE[kind] for kind, text in keys.items()}
        with self._writing() as db:
            db.execute("DELETE FROM attempt WHERE last < ?", (now - FORGET,))
            waits = [0.0]
            for key, free in hidden.items():
                row = db.execute("SELECT count, last FROM attempt WHERE key = ?", (key,)).fetchone()
                if row and row[0] >= free:
                    waits.append(row[1] + min(_FIRST * 2.0 ** min(row[0] - free, 20), _MOST) - now)
            if max(waits) > 0:
                raise LockedError(max(waits))
            one = "INSERT INTO attempt VALUES (?, 1, ?) ON CONFLICT (key) DO UPDATE SET count = count + 1, last = ?"
            db.executemany(one, [(key, now, now) for key in hidden])

    def _forget(self, keys: dict[str, str]) -> None:
        """After a right password: its own attempts count no more, those of the address at other names do."""
        with self._writing() as db:
            for kind in ("pair", "login"):
                db.execute("DELETE FROM attempt WHERE key = ?", (self._hidden(kind, keys[kind]),))
            own = (self._hidden("address", keys["address"]),)
            db.execute("UPDATE attempt SET count = count - 1 WHERE key = ? AND count > 0", own)

    def _hidden(self, kind: str, text: str) -> str:
        return self.mac(f"attempt of {kind}", text)
