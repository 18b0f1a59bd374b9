"""`goodways account …` in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kg.desk import FILE as DESK
from kg.desk import Desk
from tests.conftest import ROOT
from web.accounts import FILE, Accounts, Role

from .people import PASSWORD

CODE = """
from web.accounts.commands import app
from kg import GoodwaysError
import sys
try:
    app()
except GoodwaysError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


def account(folder: Path, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CODE, *arguments, "--data", str(folder)],
        cwd=folder.parent, env=os.environ | {"PYTHONPATH": str(ROOT)}, input=typed, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def test_the_first_administrator_is_made_on_the_command_line(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    added = account(folder, "add", "ada", "--role", "administrator", "--called", "Ada L.", typed=PASSWORD + "\n")
    assert (added.returncode, added.stdout) == (0, "ada can sign in now, as administrator.\n"), added.stderr
    accounts = Accounts(folder / FILE)
    found = accounts.sign_in("ada", PASSWORD, "")
    assert (found.role, found.name) == (Role.ADMINISTRATOR, "Ada L.")
    assert json.loads(account(folder, "list", "--json").stdout) == [
        {"id": found.id, "login": "ada", "name": "Ada L.", "role": "administrator"}
    ]
    for refused in (account(folder, "role", "ada", "editor"), account(folder, "close", "ada")):
        assert (refused.returncode, "last administrator" in refused.stderr) == (1, True)
    assert account(folder, "add", "grace", typed=PASSWORD).returncode == 0
    assert account(folder, "role", "grace", "editor").returncode == 0
    key = accounts.start_session(found.id, "a browser")
    new = "seven blue lamps in a row"
    assert account(folder, "password", "ada", typed=new).returncode == 0
    assert accounts.session(key) is None
    assert accounts.sign_in("ada", new, "")
    assert account(folder, "close", "grace").returncode == 0
    log = [(entry.by, entry.what) for entry in Desk(folder / DESK).audit()]
    assert log == [
        ("command line", what)
        for what in ("account closed", "password changed", "role changed", "account made", "account made")
    ]


@pytest.mark.parametrize(
    ("arguments", "typed", "reason"),
    [
        (["add", "ada", "--role", "god"], PASSWORD, "is not a role"),
        (["add", "a b"], PASSWORD, "3 to 60 letters"),
        (["add", "ada"], "short", "at least 12"),
        (["add", "ada"], "", "at least 12"),
        (["role", "nobody", "editor"], "", "Nobody signs in as"),
        (["password", "nobody"], PASSWORD, "Nobody signs in as"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path, arguments: list[str], typed: str, reason: str) -> None:
    done = account(tmp_path / "data", *arguments, typed=typed)
    assert (done.returncode, reason in done.stderr, done.stderr.strip().count("\n")) == (1, True, 0), done.stderr
    assert "Traceback" not in done.stderr


def test_a_password_is_never_an_argument(tmp_path: Path) -> None:
    assert account(tmp_path / "data", "add", "ada", "--password", PASSWORD).returncode == 2
    assert account(tmp_path / "data", "add", "ada", PASSWORD).returncode == 2
