"""Signing in through an OpenID provider: a real one, in this process, behind a real port."""

import base64
import hashlib
import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from oidc_provider_mock import User, app
from pydantic import SecretStr
from starlette.testclient import TestClient
from werkzeug.serving import make_server

from kg import Settings
from search import Encoder
from web.accounts import Role

from .people import PASSWORD, accounts_at, browser_at, csrf, person_at, send, sign_in, signed_in
from .small_site import small_site

PEOPLE = [
    User(sub="u-ada", claims={"name": "Ada Lovelace", "preferred_username": "ada", "email": "boss@example.org"}),
    User(sub="u-eve", claims={"name": "Eve <b>", "preferred_username": "Ada"}),
    User(sub="u-led", claims={"name": "Led", "goodways": ["curator", "nonsense", "editor"]}),
    User(sub="u-god", claims={"name": "God", "goodways": "god visitor"}),
]


class WithChallenge:
    """The provider, which by itself takes a code without looking at the verifier (RFC 7636, section 4.6)."""

    def __init__(self, provider: Any) -> None:
        self._provider, self._challenges = provider, dict[str, str]()

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        """Keep the challenge of each code, and refuse a code whose verifier does not fit."""
        if environ["PATH_INFO"] == "/oauth2/token":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            sent = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != self._challenges.get(sent.get("code", "")):
                start("400 Bad Request", [("Content-Type", "application/json")])
                return [b'{"error": "invalid_grant"}']
            environ["wsgi.input"] = io.BytesIO(body)

        def started(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            there = parse_qs(urlsplit(dict(headers).get("Location", "")).query)
            if "code" in there:
                self._challenges[there["code"][0]] = parse_qs(environ["QUERY_STRING"])["code_challenge"][0]
            return start(status, headers, *rest)

        return self._provider(environ, started)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    checking = WithChallenge(app(user_claims=PEOPLE, require_nonce=True))
    server = make_server("localhost", 0, checking, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def site(small_folder: Path, tmp_path: Path, encoder: Encoder, provider: str) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path, encoder) as made:
        settings = made.app.state.site.workspace.settings  # type: ignore[attr-defined]
        settings.site_url = "http://testserver"
        settings.oidc_issuer, settings.oidc_client_id = provider, "goodways-test"
        settings.oidc_client_secret = SecretStr("a secret")
        settings.oidc_name = "the school"
        yield made


def settings_of(site: TestClient) -> Settings:
    return site.app.state.site.workspace.settings  # type: ignore[attr-defined,no-any-return]


def at_the_provider(away: Any, sub: str, action: str = "") -> str:
    """What a person does there; returns the path on this site to which they are sent back."""
    assert away.status_code == 303, away.text
    answer = httpx.post(away.headers["location"], data={"sub": sub} | ({"action": action} if action else {}))
    assert answer.status_code == 302, answer.text
    return answer.headers["location"].removeprefix("http://testserver")


def way_to_link(browser: TestClient) -> str:
    """Where the page of an account leads once the password was given."""
    found = re.search(r'href="(/account/openid[^"]+)"', send(browser, "/account/openid", current=PASSWORD).text)
    assert found
    return found[1]


def through(browser: TestClient, sub: str, start: str = "/sign-in/openid?next=/account") -> Any:
    return browser.get(at_the_provider(browser.get(start), sub))


def test_the_way_there_has_state_nonce_and_a_challenge_and_no_cookie_but_its_own(
    site: TestClient, provider: str
) -> None:
    browser = browser_at(site)
    assert "Sign in with the school" in browser.get("/sign-in").text
    away = browser.get("/sign-in/openid")
    there = urlsplit(away.headers["location"])
    asked = {name: values[0] for name, values in parse_qs(there.query).items()}
    assert f"{there.scheme}://{there.netloc}" == provider
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["redirect_uri"] == "http://testserver/sign-in/openid/back"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert "a secret" not in away.headers["location"]
    cookie = away.headers["set-cookie"]
    assert re.match(r"goodways-openid=\S+; HttpOnly; Max-Age=600; Path=/; SameSite=lax$", cookie)
    back = browser.get(at_the_provider(away, "u-ada"))
    assert 'goodways-openid=""' in back.headers["set-cookie"], "it lives for the way only"


def test_somebody_new_is_put_down_and_comes_in_once_accepted(site: TestClient) -> None:
    browser = browser_at(site)
    for _ in range(2):
        assert "Your request is put down" in through(browser, "u-ada").text
    assert "goodways" not in browser.cookies
    asked = accounts_at(site).requests()
    assert [(one.login, one.name, one.subject) for one in asked] == [("ada", "Ada Lovelace", "u-ada")]
    person_at(site, Role.EDITOR, "ada")  # somebody else has the name meanwhile
    boss = signed_in(site, Role.ADMINISTRATOR)
    assert send(boss, "/accounts/requests", request=asked[0].id, do="accept", role="contributor").status_code == 303
    answer = through(browser, "u-ada")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = browser.get("/account").text
    assert ("You sign in as ada-2; your role is contributor." in page, "Your password now" in page) == (True, False)


def test_the_same_name_or_address_at_the_provider_opens_nobody_elses_account(site: TestClient) -> None:
    settings_of(site).sign_up = "open"
    person_at(site, Role.ADMINISTRATOR, "ada")
    person_at(site, Role.ADMINISTRATOR, "boss@example.org")
    browser = browser_at(site)
    through(browser, "u-ada")
    assert "your role is contributor" in browser.get("/account").text
    other = browser_at(site)
    through(other, "u-eve")
    assert "your role is contributor" in other.get("/account").text
    assert len({one.id for one in accounts_at(site).accounts()}) == 4


def test_where_sign_up_is_closed_the_provider_lets_nobody_new_in(site: TestClient) -> None:
    settings_of(site).sign_up = "closed"
    answer = through(browser_at(site), "u-ada")
    assert (answer.status_code, "You have no account here yet" in answer.text) == (403, True)
    assert accounts_at(site).requests() == []


def test_a_person_links_the_provider_to_their_account_and_comes_in_that_way(site: TestClient) -> None:
    browser = signed_in(site, Role.EDITOR, "grace")
    assert "not this one" in send(browser, "/account/openid", current="a guess").text
    answer = through(browser, "u-ada", way_to_link(browser))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account#openid") or answer.text
    assert "You can sign in with the school." in browser.get("/account").text
    fresh = browser_at(site)
    through(fresh, "u-ada")
    assert "You sign in as grace; your role is editor." in fresh.get("/account").text
    thief = signed_in(site, Role.CONTRIBUTOR)
    assert "Somebody else signs in with this" in through(thief, "u-ada", way_to_link(thief)).text


def test_nobody_is_sent_to_link_who_has_not_given_a_password(site: TestClient) -> None:
    browser, other = signed_in(site, Role.EDITOR), signed_in(site, Role.EDITOR)
    for address in ("/account/openid", "/account/openid?proof=9999999999.0", way_to_link(other)):
        assert browser.get(address).status_code == 403, address


def test_a_link_that_somebody_else_started_is_not_made(site: TestClient) -> None:
    browser = signed_in(site, Role.EDITOR)
    way_back = at_the_provider(browser.get(way_to_link(browser)), "u-ada")
    send(browser, "/sign-out")
    sign_in(browser, person_at(site, Role.CONTRIBUTOR))
    assert "You are not signed in as whom you started" in browser.get(way_back).text
    assert accounts_at(site).account_of_identity(settings_of(site).oidc_issuer, "u-ada") is None


def test_a_role_that_the_provider_gives_counts_at_each_sign_in(site: TestClient) -> None:
    settings_of(site).oidc_role_claim = "goodways"
    browser = browser_at(site)
    through(browser, "u-led")
    assert "your role is editor" in browser.get("/account").text
    account = accounts_at(site).account_of_identity(settings_of(site).oidc_issuer, "u-led")
    assert account
    accounts_at(site).set_role(account.id, Role.ADMINISTRATOR)
    accounts_at(site).add("another", "Another", Role.ADMINISTRATOR, "")
    through(browser, "u-led")
    assert "your role is editor" in browser.get("/account").text
    assert "Your request is put down" in through(browser_at(site), "u-god").text


def test_an_answer_without_its_question_is_refused(site: TestClient) -> None:
    settings_of(site).sign_up = "open"
    browser, stranger = browser_at(site), browser_at(site)
    away = browser.get("/sign-in/openid")
    back = at_the_provider(away, "u-ada")
    refusals = [
        stranger.get(back),
        browser.get(back.replace("state=", "state=x")),
        browser_at(site).get("/sign-in/openid/back"),
    ]
    again = browser_at(site)
    again.get("/sign-in/openid")
    refusals.append(again.get(back))  # a code from another flow: neither state nor nonce nor verifier fit
    for answer in refusals:
        assert (answer.status_code, "goodways=" in answer.headers.get("set-cookie", "")) == (403, False)
    assert accounts_at(site).accounts() == []


def test_what_stands_in_the_cookie_cannot_be_changed(site: TestClient) -> None:
    browser = browser_at(site)
    back = at_the_provider(browser.get("/sign-in/openid"), "u-ada")
    text, _, seal = browser.cookies["goodways-openid"].strip('"').partition(".")
    held = json.loads(base64.urlsafe_b64decode(text)) | {"link": "0123456789ab", "to": "https://evil.example"}
    forged = base64.urlsafe_b64encode(json.dumps(held).encode()).decode()
    browser.cookies.clear()
    answer = browser.get(back, headers={"Cookie": f"goodways-openid={forged}.{seal}"})
    assert (answer.status_code, "was not sent to the provider from here" in answer.text) == (403, True)


def test_a_code_counts_with_its_verifier_and_its_nonce_only(site: TestClient) -> None:
    """State fits, verifier or nonce does not: as if somebody had slipped in a code of their own."""
    settings_of(site).sign_up = "open"
    accounts = accounts_at(site)
    for changed in ("verifier", "nonce"):
        browser = browser_at(site)
        back = at_the_provider(browser.get("/sign-in/openid"), "u-ada")
        text = browser.cookies["goodways-openid"].strip('"').partition(".")[0]
        held = json.loads(base64.urlsafe_b64decode(text)) | {changed: "another-one-" * 5}
        own = base64.urlsafe_b64encode(json.dumps(held).encode()).decode()
        browser.cookies.clear()
        answer = browser.get(back, headers={"Cookie": f"goodways-openid={own}.{accounts.mac('openid', own)}"})
        assert (answer.status_code, "could not be confirmed" in answer.text) == (403, True), changed
    assert accounts.accounts() == []


def test_who_declines_there_is_not_signed_in(site: TestClient) -> None:
    browser = browser_at(site)
    back = at_the_provider(browser.get("/sign-in/openid"), "u-ada", action="deny")
    answer = browser.get(back)
    assert (answer.status_code, "goodways" in browser.cookies) == (403, False)


@pytest.mark.parametrize(
    "issuer",
    [
        "http://goodways.invalid",  # plain http to elsewhere
        "https://127.0.0.1:1",  # nobody there
        "{provider}/",  # calls itself otherwise
    ],
)
def test_a_provider_that_cannot_be_trusted_is_not_used(site: TestClient, provider: str, issuer: str) -> None:
    settings_of(site).oidc_issuer = issuer.format(provider=provider)
    answer = browser_at(site).get("/sign-in/openid")
    assert (answer.status_code, "set-cookie" in answer.headers, "provider" in answer.text) == (503, False, True)


def test_another_site_cannot_start_a_sign_in(site: TestClient) -> None:
    browser = signed_in(site, Role.EDITOR)
    for path in ("/sign-in/openid", way_to_link(browser)):
        assert browser.get(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert csrf(browser)


def test_without_a_provider_there_is_no_such_way(site: TestClient) -> None:
    settings_of(site).oidc_issuer = ""
    assert browser_at(site).get("/sign-in/openid").status_code == 404
    assert "Sign in with the school" not in browser_at(site).get("/sign-in").text
