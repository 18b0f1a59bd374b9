"""Roles, tokens for programs, and the administrators' page."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from starlette.testclient import TestClient

from kg import InputError
from search import Encoder
from web.accounts import SCOPES, Accounts, Role, name_of, need, posted
from web.accounts.keys import LONGEST_TOKEN

from .people import PASSWORD, accounts_at, browser_at, csrf, person_at, send, sign_in, signed_in, token_of
from .small_site import small_site

AN_UPDATE = {"update": "INSERT DATA { GRAPH <https://example.org/graph> { <a:a> <a:b> 1 } }"}


@pytest.fixture(scope="module")
def site(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    """A site with one page more, which needs a curator and the scope `publish`, as the pages of curation do."""
    with small_site(small_folder, tmp_path_factory.mktemp("roles"), encoder) as made:

        async def review(request: Request) -> dict[str, str]:
            person = need(request, Role.CURATOR, "publish")
            form = await posted(request)
            return {"by": person.id, "word": form.one("word")}

        made.app.router.add_api_route("/desk/review", review, methods=["POST"])  # type: ignore[attr-defined]
        yield made


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def audit(site: TestClient) -> list[Any]:
    return site.app.state.desk.audit(limit=20)  # type: ignore[attr-defined,no-any-return]


def test_a_visitor_is_led_to_the_sign_in_and_a_program_is_told_what_to_send(site: TestClient) -> None:
    visitor = browser_at(site)
    assert visitor.get("/accounts?q=a").headers["location"] == "/sign-in?next=/accounts%3Fq%3Da"
    answer = visitor.post("/desk/review", data={"word": "x"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert "Authorization: Bearer gw_" in answer.json()["detail"]


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.CURATOR, Role.EDITOR, Role.ADMINISTRATOR])
def test_each_role_may_what_it_may_and_no_more(site: TestClient, role: Role) -> None:
    browser = signed_in(site, role)
    reviewed = send(browser, "/desk/review", word="yes")
    assert reviewed.status_code == (200 if role >= Role.CURATOR else 403)
    assert browser.get("/accounts").status_code == (200 if role == Role.ADMINISTRATOR else 403)
    for path in ("role", "requests", "sessions", "close"):
        if role < Role.ADMINISTRATOR:
            assert send(browser, f"/accounts/{path}", person="x", role="administrator").status_code == 403
    if role < Role.CURATOR:
        assert "This needs the role of a curator; yours is contributor." in reviewed.text


def test_a_token_is_shown_once_works_and_can_be_ended(site: TestClient) -> None:
    browser = signed_in(site, Role.CURATOR)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")
    fields = {"name": "nightly", "scope": ["publish", "import"], "ends": tomorrow, "current": PASSWORD}
    made = send(browser, "/account/tokens", **fields)
    token = re.search(r"gw_[\w-]{43}", made.text)
    assert token
    assert token[0] not in browser.get("/account").text
    assert token[0].encode() not in accounts_at(site).saved()
    answer = browser_at(site).post("/desk/review", data={"word": "hello"}, headers=bearer(token[0]))
    assert answer.json()["word"] == "hello"
    assert answer.headers["cache-control"] == "no-store"
    page = browser.get("/account").text
    assert ("nightly" in page, "never used" in page) == (True, False)
    ended = re.search(r'name="token" value="([0-9a-f]{12})"', page)
    assert ended
    send(browser, "/account/tokens/end", token=ended[1])
    assert browser_at(site).post("/desk/review", data={}, headers=bearer(token[0])).status_code == 401


def test_making_a_token_takes_the_password(site: TestClient) -> None:
    browser = signed_in(site, Role.CURATOR)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")
    answer = send(browser, "/account/tokens", name="x", scope="publish", ends=tomorrow, current="a wrong one")
    assert (answer.status_code, "gw_…" in answer.text, re.search(r"gw_[\w-]{43}", answer.text)) == (422, True, None)


def test_a_token_does_what_it_is_for_and_nothing_else(site: TestClient) -> None:
    token = token_of(site, Role.ADMINISTRATOR, "read", "write", "import", "update")
    program = browser_at(site)
    assert program.post("/desk/review", data={}, headers=bearer(token)).status_code == 403
    assert program.get("/account", headers=bearer(token)).status_code == 403, "accounts are for people"
    assert program.get("/accounts", headers=bearer(token)).status_code == 403
    assert program.post("/sparql", data=AN_UPDATE, headers=bearer(token)).status_code == 204


@pytest.mark.parametrize("scope", list(SCOPES))
def test_nobody_makes_a_token_that_may_more_than_they(tmp_path: Path, scope: str) -> None:
    accounts = Accounts(tmp_path / "accounts.sqlite")
    for role in (Role.CONTRIBUTOR, Role.CURATOR, Role.EDITOR, Role.ADMINISTRATOR):
        owner = accounts.add(role.label, role.label, role, "")
        if role >= SCOPES[scope][0]:
            assert accounts.make_token(owner, "x", [scope], time.time() + 60).startswith("gw_")
        else:
            with pytest.raises(InputError, match="Choose what the token is for"):
                accounts.make_token(owner, "x", [scope], time.time() + 60)


def test_a_token_ends_on_its_day_and_lives_a_year_at_most(tmp_path: Path) -> None:
    ahead = 0.0
    accounts = Accounts(tmp_path / "accounts.sqlite", clock=lambda: time.time() + ahead)
    owner = accounts.add("ada", "Ada", Role.CURATOR, "")
    for ends in (time.time() - 1, time.time() + LONGEST_TOKEN + 60, float("inf"), float("nan")):
        with pytest.raises(InputError, match="A token ends"):
            accounts.make_token(owner, "x", ["read"], ends)
    token = accounts.make_token(owner, "x", ["read"], time.time() + 86_400)
    ahead = 86_400 - 60
    assert accounts.token(token)
    ahead = 86_400 + 1
    assert accounts.token(token) is None


def test_a_new_role_takes_effect_at_once_for_sessions_and_tokens(site: TestClient) -> None:
    boss, browser = signed_in(site, Role.ADMINISTRATOR), browser_at(site)
    login = person_at(site, Role.CURATOR)
    account = accounts_at(site).account_of_login(login)
    assert account
    sign_in(browser, login)
    token = accounts_at(site).make_token(account, "x", ["publish", "read"], time.time() + 9000)
    assert browser_at(site).post("/desk/review", data={"word": "x"}, headers=bearer(token)).status_code == 200
    assert send(boss, "/accounts/role", person=account.id, role="contributor").status_code == 303
    assert browser.get("/account").status_code == 303, "its sessions ended; a new sign-in gives a new key"
    assert browser_at(site).post("/desk/review", data={}, headers=bearer(token)).status_code == 403
    assert (audit(site)[0].what, audit(site)[0].about) == ("role changed", account.id)
    assert audit(site)[0].detail == "curator to contributor"
    sign_in(browser, login)
    assert send(browser, "/desk/review", word="x").status_code == 403


def test_a_role_that_nobody_can_have_is_refused(site: TestClient) -> None:
    boss = signed_in(site, Role.ADMINISTRATOR)
    account = accounts_at(site).account_of_login(person_at(site, Role.CURATOR))
    assert account
    for role in ("visitor", "god", "", "5"):
        answer = send(boss, "/accounts/role", person=account.id, role=role)
        assert (answer.status_code, "is not a role" in answer.text) == (422, True)
    assert send(boss, "/accounts/role", person="nobody", role="editor").status_code == 404


def test_the_last_administrator_stays_one(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "accounts.sqlite")
    only = accounts.add("ada", "Ada", Role.ADMINISTRATOR, "")
    for lose in (lambda: accounts.set_role(only.id, Role.EDITOR), lambda: accounts.close(only.id)):
        with pytest.raises(InputError, match="last administrator"):
            lose()
    accounts.add("grace", "Grace", Role.ADMINISTRATOR, "")
    accounts.set_role(only.id, Role.EDITOR)
    assert accounts.account(only.id).role == Role.EDITOR  # type: ignore[union-attr]


def test_somebody_who_leaves_is_gone_and_what_they_did_stays(site: TestClient) -> None:
    browser, login = browser_at(site), person_at(site, Role.CURATOR, "leaver")
    sign_in(browser, login)
    account = accounts_at(site).account_of_login(login)
    assert account
    token = accounts_at(site).make_token(account, "x", ["publish"], time.time() + 9000)
    assert name_of(site.app, account.id) == "Leaver"  # type: ignore[arg-type]
    assert send(browser, "/account/close", current="wrong").status_code == 422
    assert send(browser, "/account/close", current=PASSWORD).status_code == 303
    assert name_of(site.app, account.id) == "somebody who has left"  # type: ignore[arg-type]
    assert browser_at(site).post("/desk/review", data={}, headers=bearer(token)).status_code == 401
    assert sign_in(browser_at(site), login).status_code == 403
    assert b"leaver" not in accounts_at(site).saved().lower()
    assert person_at(site, Role.CONTRIBUTOR, "leaver"), "the name is free again"


def test_an_administrator_signs_somebody_out_and_closes_their_account(site: TestClient) -> None:
    boss, victim = signed_in(site, Role.ADMINISTRATOR), signed_in(site, Role.EDITOR, "departing")
    account = accounts_at(site).account_of_login("departing")
    assert account
    send(boss, "/accounts/sessions", person=account.id)
    assert victim.get("/account").status_code == 303
    assert send(boss, "/accounts/close", person=account.id).status_code == 303
    assert accounts_at(site).account(account.id) is None
    assert [entry.what for entry in audit(site)[:2]] == ["account closed", "sessions ended"]
    assert "departing" not in " ".join(entry.detail for entry in audit(site))


def test_a_cookie_alone_changes_no_graph_and_another_site_sends_nothing_in_its_name(site: TestClient) -> None:
    browser = signed_in(site, Role.ADMINISTRATOR)
    assert browser.post("/sparql", data=AN_UPDATE).status_code == 401
    answer = browser.post("/desk/review", data={"csrf": csrf(browser)}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a\u202eb\u0000c", "x" * 500, "{{ 7*7 }}"])
def test_names_are_shown_as_they_are_and_do_nothing(site: TestClient, name: str) -> None:
    browser = signed_in(site, Role.CONTRIBUTOR)
    assert send(browser, "/account/name", name=name).status_code == 303
    page = browser.get("/account").text
    assert ("<script>alert" in page, "\u202e" in page, "\x00" in page, "x" * 81 in page) == (False,) * 4
    if name.startswith("{{"):
        assert name in page


def test_pages_of_somebody_are_kept_nowhere_and_those_of_a_visitor_name_nobody(site: TestClient) -> None:
    browser, visitor = signed_in(site, Role.CONTRIBUTOR, "cache-probe"), browser_at(site)
    first = visitor.get("/id/practice/one", headers={"Accept": "text/html"}, follow_redirects=True)
    tag = {"If-None-Match": first.headers.get("etag", "*"), "Accept": "text/html"}
    mine = browser.get("/id/practice/one", headers=tag, follow_redirects=True)
    assert (mine.status_code, mine.headers["cache-control"], "Cache-Probe" in mine.text) == (200, "no-store", True)
    again = visitor.get("/id/practice/one", headers={"Accept": "text/html"}, follow_redirects=True)
    assert ("Cache-Probe" in again.text, "no-store" in again.headers.get("cache-control", "")) == (False, False)
