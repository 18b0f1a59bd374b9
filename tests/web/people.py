"""People with accounts at a site of a test: each has a browser of their own."""

import re
import secrets
import time
from typing import Any

from starlette.testclient import TestClient

from web.accounts import Accounts, Role, passwords

PASSWORD = "nine wet herons on a raft"  # noqa: S105  (of people who exist in tests only)
_STORED: dict[str, str] = {}


def accounts_at(client: TestClient) -> Accounts:
    return client.app.state.accounts  # type: ignore[attr-defined,no-any-return]


def browser_at(client: TestClient) -> TestClient:
    """Another browser at the same site."""
    return TestClient(client.app, follow_redirects=False, raise_server_exceptions=False)


def person_at(client: TestClient, role: Role, login: str = "") -> str:
    """A new person; returns the name to sign in with. The hash is made once, it is the same work each time."""
    stored = _STORED.setdefault(PASSWORD, passwords.hashed(PASSWORD))
    name = login or f"{role.label}-{secrets.token_hex(4)}"
    accounts_at(client).add(name, name.title(), role, stored)
    return name


def sign_in(browser: TestClient, login: str, password: str = PASSWORD, **fields: str) -> Any:
    return browser.post("/sign-in", data={"login": login, "password": password} | fields)


def signed_in(client: TestClient, role: Role, login: str = "") -> TestClient:
    """The browser of a new person who has signed in."""
    browser = browser_at(client)
    answer = sign_in(browser, person_at(client, role, login))
    assert answer.status_code == 303, answer.text
    return browser


def token_of(client: TestClient, role: Role, *scopes: str) -> str:
    """A token of a new person."""
    owner = accounts_at(client).account_of_login(person_at(client, role))
    assert owner
    return accounts_at(client).make_token(owner, "a program", scopes, time.time() + 86_400)


def csrf(browser: TestClient, path: str = "/account") -> str:
    """The token of the forms on a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', browser.get(path).text)
    assert found, path
    return found[1]


def send(browser: TestClient, path: str, **fields: Any) -> Any:
    """Send a form as a page does."""
    return browser.post(path, data={"csrf": csrf(browser), **fields})
