"""Which passwords are taken, and how they are kept."""

import pytest

from kg import InputError
from web.accounts import passwords

GOOD = [
    "nine wet herons on a raft",
    "žalia arbata su medumi",
    "ένα μακρύ σύνθημα",
    "Tr0ub4dor&3-horse",
    "\U0001f98a" * 3 + "abcdefgxyz",
]


@pytest.mark.parametrize("password", GOOD)
def test_any_long_password_is_taken_whatever_signs_it_has(password: str) -> None:
    passwords.check(password, 12, "ada", "Ada Lovelace")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short one", "at least 12"),
        ("x" * 257, "at most 256"),
        ("password1234", "tried first"),
        ("Password1234", "tried first"),
        ("iloveyou1234", "tried first"),
        ("qwertyuiop2026!", "tried first"),
        ("abababababab", "repeats"),
        ("aaaaaaaaaaaaaaaa", "repeats"),
        ("lovelace-ada-1", "made of your name"),
        ("AdaLovelace2026", "made of your name"),
        ("Goodways2026!", "made of your name"),
    ],
)
def test_passwords_that_are_guessed_first_are_refused_with_a_reason(password: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        passwords.check(password, 12, "ada", "Ada Lovelace")


@pytest.mark.parametrize("password", GOOD)
def test_a_stored_password_fits_itself_and_nothing_else(password: str) -> None:
    stored = passwords.hashed(password)
    assert passwords.matches(stored, password)
    assert not passwords.matches(stored, password + "x")
    assert not passwords.matches(stored, "")
    assert passwords.hashed(password) != stored


def test_nothing_stored_fits_no_password() -> None:
    for stored in ("", "no hash", "$argon2id$v=19$m=8,t=1,p=1$"):
        assert not passwords.matches(stored, "a password that nobody has, at the price of one that somebody has")


def test_the_same_password_typed_on_another_keyboard_is_the_same() -> None:
    assert passwords.matches(passwords.hashed("cafe\u0301 cafe\u0301 cafe\u0301"), "café café café")
