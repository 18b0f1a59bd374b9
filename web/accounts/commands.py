"""`goodways account …`: people and their roles on the command line. A password is asked for, never an argument."""

import getpass
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from kg import InputError, NotFoundError, Settings
from kg.desk import FILE as DESK
from kg.desk import Desk

from . import passwords
from .people import Account, clean_login
from .roles import Role
from .store import FILE, Accounts

app = typer.Typer(
    help="People with an account: add, list, role, password, close.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_BY = "command line"
Data = Annotated[Path | None, typer.Option("--data", help="Data folder [default: $GOODWAYS_DATA, else ./data].")]
Login = Annotated[str, typer.Argument(help="The name that the person signs in with.")]
AsRole = Annotated[str, typer.Option("--role", help="contributor, curator, editor or administrator.")]


@app.command(epilog="Example: goodways account add ada --role administrator")
def add(
    name: Login,
    role: AsRole = "contributor",
    called: Annotated[str, typer.Option("--called", help="What others see [default: the name].")] = "",
    data: Data = None,
) -> None:
    """Give somebody an account; the password is asked for, or read from standard input."""
    settings, accounts, log = _opened(data)
    wanted, login = Role.of(role), clean_login(name)
    if accounts.account_of_login(login):
        raise InputError(f"Somebody signs in as “{login}” already; take another name.")
    stored = _new_password(settings.password_least, login, called)
    made = accounts.add(login, called or name, wanted, stored)
    log("account made", made.id, wanted.label)
    print(f"{made.login} can sign in now, as {wanted.label}.")


@app.command(name="list", epilog="Example: goodways account list --json")
def list_(
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")] = False,
) -> None:
    """Show who has an account."""
    _, accounts, _ = _opened(data)
    found = accounts.accounts(limit=1_000_000)
    if as_json:
        rows = [{"id": one.id, "login": one.login, "name": one.name, "role": one.role.label} for one in found]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for one in found:
        print(f"{one.id}  {one.role.label:13}  {one.login}  {one.name}")


@app.command(name="role", epilog="Example: goodways account role ada editor")
def role_(name: Login, role: Annotated[str, typer.Argument(help="The new role.")], data: Data = None) -> None:
    """Give somebody another role; their sessions end."""
    _, accounts, log = _opened(data)
    account, wanted = _known(accounts, name), Role.of(role)
    before = accounts.set_role(account.id, wanted)
    log("role changed", account.id, f"{before.label} to {wanted.label}")
    print(f"{account.login} is {wanted.label} now.")


@app.command(epilog="Example: goodways account password ada")
def password(name: Login, data: Data = None) -> None:
    """Give somebody another password; their sessions end."""
    settings, accounts, log = _opened(data)
    account = _known(accounts, name)
    accounts.set_password(account.id, _new_password(settings.password_least, account.login, account.name))
    log("password changed", account.id)
    print(f"{account.login} has another password now.")


@app.command(epilog="Example: goodways account close ada")
def close(name: Login, data: Data = None) -> None:
    """Close an account for good; what the person wrote stays."""
    _, accounts, log = _opened(data)
    account = _known(accounts, name)
    accounts.close(account.id)
    log("account closed", account.id)
    print(f"The account of {account.login} is closed.")


def _opened(data: Path | None) -> tuple[Settings, Accounts, Callable[..., None]]:
    settings = Settings()
    folder = data or settings.data
    folder.mkdir(parents=True, exist_ok=True)
    desk = Desk(folder / DESK)
    return settings, Accounts(folder / FILE), lambda what, about, detail="": desk.log(_BY, what, about, detail)


def _known(accounts: Accounts, login: str) -> Account:
    found = accounts.account_of_login(login)
    if not found:
        raise NotFoundError(f"Nobody signs in as “{login[:60]}”; `goodways account list` shows who does.")
    return found


def _new_password(least: int, *about: str) -> str:
    if sys.stdin.isatty():
        text = getpass.getpass("Password: ")
        if getpass.getpass("The same again: ") != text:
            raise InputError("The two passwords are not the same; try again.")
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    passwords.check(text, least, *about)
    return passwords.hashed(text)
