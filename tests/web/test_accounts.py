"""Signing in and out, sessions, forms that only this site's pages can send, and guesses that grow slow."""

import re
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import argon2
import pytest
from starlette.testclient import TestClient

from search import Encoder
from tests.conftest import ROOT
from web.accounts import Accounts, Role
from web.accounts.keys import IDLE, LONGEST
from web.accounts.store import FREE, LockedError

from .people import PASSWORD, accounts_at, browser_at, csrf, person_at, send, sign_in, signed_in
from .small_site import small_site

ELSEWHERE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


class Clock:
    """Time that a test can move on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def site(
    small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, clock: Clock
) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("accounts"), encoder) as made:
        accounts_at(made).clock = clock
        yield made


@pytest.fixture(autouse=True)
def fresh(site: TestClient, clock: Clock) -> Iterator[None]:
    """Attempts of one test do not slow down the next; time starts anew."""
    clock.ahead = 0.0
    yield
    with sqlite3.connect(accounts_at(site).path) as db:
        db.execute("DELETE FROM attempt")


def test_nobody_gets_a_cookie_before_signing_in(site: TestClient) -> None:
    visitor = browser_at(site)
    for path in ("/", "/search?q=deaf", "/sign-in", "/sign-up", "/account"):
        assert "set-cookie" not in visitor.get(path).headers, path
    assert "set-cookie" not in sign_in(visitor, "nobody-here").headers


def test_a_person_signs_in_goes_where_they_wanted_and_signs_out(site: TestClient) -> None:
    browser = browser_at(site)
    login = person_at(site, Role.CONTRIBUTOR)
    answer = sign_in(browser, login.upper(), next="/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    cookie = answer.headers["set-cookie"]
    assert re.match(r"goodways=[\w-]{43}; HttpOnly; Path=/; SameSite=lax$", cookie)
    page = browser.get("/about")
    assert login.title() in page.text
    assert page.headers["cache-control"] == "no-store"
    assert browser.post("/sign-out", data={"csrf": csrf(browser)}).headers["location"] == "/"
    assert browser.get("/account").headers["location"] == "/sign-in?next=/account"
    browser.cookies.set("goodways", cookie[9:52])
    assert browser.get("/account").status_code == 303, "the old key must not open anything"


def test_over_https_the_cookie_is_bound_to_this_host_and_https_stays(site: TestClient) -> None:
    login = person_at(site, Role.CONTRIBUTOR)
    secure = TestClient(site.app, base_url="https://goodways.example", follow_redirects=False)
    answer = sign_in(secure, login)
    assert answer.headers["set-cookie"].startswith("__Host-goodways=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    key = secure.cookies["__Host-goodways"]
    assert secure.get("/account").status_code == 200
    other = TestClient(site.app, base_url="https://goodways.example", follow_redirects=False)
    other.cookies.set("goodways", key)  # a cookie that another host or plain http could have set
    assert other.get("/account").status_code == 303


@pytest.mark.parametrize(
    "to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_signing_in_leads_to_this_site_only(site: TestClient, to: str) -> None:
    answer = sign_in(browser_at(site), person_at(site, Role.CONTRIBUTOR), next=to)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_an_unknown_name_and_a_wrong_password_look_and_cost_the_same(
    site: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    login, counted = person_at(site, Role.CURATOR), []
    real = argon2.PasswordHasher.verify

    def counting(self: argon2.PasswordHasher, *given: str) -> bool:
        counted.append(self)
        return bool(real(self, *given))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counting)
    answers, costs = [], []
    for name in (login, "nobody-of-this-name"):
        counted.clear()
        answer = sign_in(browser_at(site), name, "quite another password")
        answers.append((answer.status_code, answer.text.replace(name, "NAME")))
        costs.append(len(counted))
    assert answers[0] == answers[1]
    assert answers[0][0] == 403
    assert costs == [1, 1]


def test_asking_for_an_account_does_not_tell_which_names_exist(site: TestClient) -> None:
    known = person_at(site, Role.CONTRIBUTOR)
    for policy in ("approval", "open"):
        site.app.state.site.workspace.settings.sign_up = policy  # type: ignore[attr-defined]
        fields = {"name": "Ada", "password": PASSWORD, "again": PASSWORD}
        answers = [browser_at(site).post("/sign-up", data=fields | {"login": n}) for n in (known, f"new-{policy}")]
        assert {answer.status_code for answer in answers} == {200}
        assert answers[0].text == answers[1].text
    site.app.state.site.workspace.settings.sign_up = "approval"  # type: ignore[attr-defined]
    assert accounts_at(site).account_of_login("new-open")
    assert not accounts_at(site).account_of_login("new-approval")
    assert accounts_at(site).account_of_login(known).name == known.title()  # type: ignore[union-attr]


def test_somebody_who_asked_can_sign_in_once_an_administrator_accepts(site: TestClient) -> None:
    fields = {"login": "grace", "name": "Grace", "about": "I run a school", "password": PASSWORD, "again": PASSWORD}
    assert browser_at(site).post("/sign-up", data=fields).status_code == 200
    assert sign_in(browser_at(site), "grace").status_code == 403
    boss = signed_in(site, Role.ADMINISTRATOR)
    assert "I run a school" in boss.get("/accounts").text
    asked = next(one for one in accounts_at(site).requests() if one.login == "grace")
    assert send(boss, "/accounts/requests", request=asked.id, do="accept", role="curator").status_code == 303
    grace = browser_at(site)
    assert sign_in(grace, "grace").status_code == 303
    assert "your role is curator" in grace.get("/account").text
    assert send(boss, "/accounts/requests", request=asked.id, do="accept", role="editor").status_code == 404


def test_where_sign_up_is_closed_nobody_can_ask(site: TestClient) -> None:
    settings = site.app.state.site.workspace.settings  # type: ignore[attr-defined]
    settings.sign_up = "closed"
    fields = {"login": "late", "name": "Late", "password": PASSWORD, "again": PASSWORD}
    try:
        assert browser_at(site).post("/sign-up", data=fields).status_code == 403
        assert "/sign-up" not in browser_at(site).get("/sign-in").text
    finally:
        settings.sign_up = "approval"
    assert all(one.login != "late" for one in accounts_at(site).requests())


def test_what_another_site_sends_is_refused(site: TestClient) -> None:
    browser = signed_in(site, Role.CONTRIBUTOR)
    token = csrf(browser)
    for headers in (ELSEWHERE, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
        answer = browser.post("/account/name", data={"csrf": token, "name": "Stolen"}, headers=headers)
        assert answer.status_code == 403, headers
    assert sign_in(browser_at(site), person_at(site, Role.CONTRIBUTOR)).status_code == 303
    login = person_at(site, Role.CONTRIBUTOR)
    refused = browser_at(site).post("/sign-in", data={"login": login, "password": PASSWORD}, headers=ELSEWHERE)
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
    assert "Stolen" not in browser.get("/account").text


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
def test_a_form_without_the_token_of_the_session_does_nothing(site: TestClient, token: str) -> None:
    browser = signed_in(site, Role.CONTRIBUTOR)
    other = csrf(signed_in(site, Role.CONTRIBUTOR))
    for given in (token, other):
        answer = browser.post("/account/name", data={"csrf": given, "name": "Stolen"})
        assert answer.status_code == 403
    assert "Stolen" not in browser.get("/account").text


def test_what_was_typed_is_not_lost_when_the_session_has_ended(site: TestClient, clock: Clock) -> None:
    """The page offers to send it again, with the token of the new session; another site's form gets no such offer."""
    login, own = person_at(site, Role.CONTRIBUTOR), {"Origin": "http://testserver"}
    browser = browser_at(site)
    sign_in(browser, login)
    old = csrf(browser)
    clock.ahead = IDLE + 60
    typed = {"csrf": old, "name": 'Ada "<b>" Lovelace'}
    answer = browser.post("/account/name", data=typed, headers=own | {"Accept": "text/html"})
    assert (answer.status_code, "Ada &#34;&lt;b&gt;&#34; Lovelace" in answer.text) == (401, True)
    sign_in(browser, login)
    answer = browser.post("/account/name", data=typed, headers=own)
    assert (answer.status_code, "Send it again" in answer.text) == (403, True)
    token = re.search(r'name="csrf" value="([0-9a-f]{64})"', answer.text)
    assert token
    assert browser.post("/account/name", data=typed | {"csrf": token[1]}, headers=own).status_code == 303
    assert "Send it again" not in browser.post("/account/name", data=typed).text, (
        "nothing says that it is a page of ours"
    )


def test_a_session_ends_unused_and_in_any_case(site: TestClient, clock: Clock) -> None:
    browser = signed_in(site, Role.CONTRIBUTOR)
    clock.ahead = IDLE - 60
    assert browser.get("/account").status_code == 200
    clock.ahead += IDLE - 60
    assert browser.get("/account").status_code == 200, "it was used meanwhile"
    clock.ahead += IDLE + 60
    assert browser.get("/account").status_code == 303
    busy = signed_in(site, Role.CONTRIBUTOR)
    began = clock.ahead
    while clock.ahead < began + LONGEST - IDLE:
        clock.ahead += IDLE - 60
        assert busy.get("/account").status_code == 200
    clock.ahead = began + LONGEST + 60
    assert busy.get("/account").status_code == 303


def test_a_new_sign_in_gets_a_new_key_and_ends_the_one_before(site: TestClient) -> None:
    browser, login = browser_at(site), person_at(site, Role.CONTRIBUTOR)
    browser.cookies.set("goodways", "a-key-that-somebody-else-chose")
    sign_in(browser, login)
    jar = {cookie.value for cookie in browser.cookies.jar}
    assert len(accounts_at(site).sessions(accounts_at(site).account_of_login(login).id)) == 1  # type: ignore[union-attr]
    assert accounts_at(site).session("a-key-that-somebody-else-chose") is None
    assert any(len(value or "") == 43 for value in jar)


def test_sessions_are_listed_in_words_and_can_be_ended_one_or_all(site: TestClient) -> None:
    login = person_at(site, Role.CONTRIBUTOR)
    browsers = [browser_at(site) for _ in range(3)]
    agents = (
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
        "curl/8",
    )
    for browser, agent in zip(browsers, agents, strict=True):
        browser.headers["User-Agent"] = agent
        sign_in(browser, login)
    page = browsers[0].get("/account").text
    assert ("Firefox on Linux" in page, "Chrome on Android" in page, "this browser" in page) == (True, True, True)
    ends = re.findall(r'name="end" value="([0-9a-f]{12})"', page)
    assert len(ends) == 2
    assert send(browsers[0], "/account/sessions", end=ends[0]).status_code == 303
    assert sorted(b.get("/account").status_code for b in browsers) == [200, 200, 303]
    send(browsers[0], "/account/sessions", end="others")
    assert [b.get("/account").status_code for b in browsers] == [200, 303, 303]


def test_nobody_can_end_the_sessions_or_tokens_of_somebody_else(site: TestClient) -> None:
    victim, other = signed_in(site, Role.CONTRIBUTOR, "victim"), signed_in(site, Role.CURATOR)
    account = accounts_at(site).account_of_login("victim")
    assert account
    accounts_at(site).make_token(account, "mine", ["read"], time.time() + 9000)
    send(other, "/account/sessions", end=accounts_at(site).sessions(account.id)[0].id)
    assert send(other, "/account/tokens/end", token=accounts_at(site).tokens(account.id)[0].id).status_code == 404
    assert victim.get("/account").status_code == 200
    assert len(accounts_at(site).tokens(account.id)) == 1


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(site: TestClient) -> None:
    login = person_at(site, Role.CONTRIBUTOR)
    browser, other = browser_at(site), browser_at(site)
    sign_in(browser, login)
    sign_in(other, login)
    before = browser.cookies["goodways"]
    new = "seven blue lamps in a row"
    wrong = send(browser, "/account/password", current="not this one", password=new, again=new)
    assert (wrong.status_code, "Your password now is not this one." in wrong.text) == (422, True)
    assert send(browser, "/account/password", current=PASSWORD, password=new, again=new).status_code == 303
    assert browser.cookies["goodways"] != before
    assert (browser.get("/account").status_code, other.get("/account").status_code) == (200, 303)
    assert sign_in(browser_at(site), login).status_code == 403
    assert sign_in(browser_at(site), login, new).status_code == 303


def test_guesses_grow_slow_for_known_and_unknown_names_alike(site: TestClient, clock: Clock) -> None:
    login = person_at(site, Role.EDITOR)
    inside = signed_in(site, Role.EDITOR)
    said = []
    for name in (login, "nobody-at-all"):
        for _ in range(FREE["pair"]):
            assert sign_in(browser_at(site), name, "wrong guess of mine").status_code == 403
        refused = sign_in(browser_at(site), name, PASSWORD)
        said.append((refused.status_code, refused.text.replace(name, "NAME")))
        assert 1 <= int(refused.headers["retry-after"]) <= 15
    assert said[0] == said[1]
    assert said[0][0] == 429
    assert inside.get("/account").status_code == 200
    clock.ahead = 16
    assert sign_in(browser_at(site), login, "wrong again").status_code == 403
    clock.ahead = 16 + 16
    assert sign_in(browser_at(site), login).status_code == 429, "each delay is twice as long"
    clock.ahead = 16 + 31
    assert sign_in(browser_at(site), login).status_code == 303
    assert sign_in(browser_at(site), login, "wrong once").status_code == 403, "a right password starts anew"


def test_somebody_signed_in_goes_on_while_their_name_is_slowed_down(site: TestClient) -> None:
    login = person_at(site, Role.CONTRIBUTOR)
    browser = browser_at(site)
    sign_in(browser, login)
    accounts = accounts_at(site)
    for n in range(FREE["login"]):
        accounts.count_attempt({"login": login, "pair": f"{login}\0{n}", "address": str(n)})
    with pytest.raises(LockedError):
        accounts.sign_in(login, PASSWORD, "198.51.100.7")
    assert browser.get("/account").status_code == 200


def test_an_address_that_tries_many_names_is_slowed_down(site: TestClient) -> None:
    accounts = accounts_at(site)
    for n in range(FREE["address"]):
        accounts.count_attempt({"address": "203.0.113.9", "login": f"name-{n}", "pair": f"name-{n}\0203.0.113.9"})
    with pytest.raises(LockedError):
        accounts.sign_in(person_at(site, Role.CONTRIBUTOR), PASSWORD, "203.0.113.9")
    assert accounts.sign_in(person_at(site, Role.CONTRIBUTOR), PASSWORD, "203.0.113.10")


def test_addresses_are_kept_as_keyed_digests_and_thrown_away_after_an_hour(site: TestClient, clock: Clock) -> None:
    accounts = accounts_at(site)
    sign_in(browser_at(site), "nobody-special", "wrong guess of mine")
    accounts.count_attempt({"pair": "nobody-special\0203.0.113.77"})
    with sqlite3.connect(accounts.path) as db:
        keys = [row[0] for row in db.execute("SELECT key FROM attempt")]
    assert len(keys) >= 4
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)
    clock.ahead = 3601
    accounts.count_attempt({"pair": "somebody-else"})
    with sqlite3.connect(accounts.path) as db:
        assert db.execute("SELECT count(*) FROM attempt").fetchone()[0] == 1


def test_two_processes_count_the_same_guesses(tmp_path: Path) -> None:
    path = tmp_path / "accounts.sqlite"
    accounts = Accounts(path)
    code = (
        "import sys; from pathlib import Path; from web.accounts import Accounts\n"
        "for _ in range(3): Accounts(Path(sys.argv[1])).count_attempt({'pair': 'ada from here'})"
    )
    subprocess.run([sys.executable, "-c", code, path], check=True, cwd=ROOT, timeout=60)
    accounts.count_attempt({"pair": "ada from here"})
    accounts.count_attempt({"pair": "ada from here"})
    with pytest.raises(LockedError):
        accounts.count_attempt({"pair": "ada from here"})


def test_the_file_is_its_owners_alone_and_holds_no_key_and_no_password(site: TestClient) -> None:
    browser = signed_in(site, Role.CONTRIBUTOR)
    path = accounts_at(site).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = accounts_at(site).saved()
    assert browser.cookies["goodways"].encode() not in content
    assert PASSWORD.encode() not in content
    assert b"$argon2id$v=19$m=65536,t=3,p=4$" in content


def test_a_password_stored_at_yesterdays_cost_is_stored_anew(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "accounts.sqlite")
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    accounts.add("old", "Old", Role.CONTRIBUTOR, weak)
    assert accounts.sign_in("old", PASSWORD, "")
    stored = accounts.account_of_login("old")
    assert stored
    assert stored.password.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert accounts.sign_in("old", PASSWORD, "")


@pytest.mark.parametrize("path", ["/", "/sign-in", "/query", "/api/v1/search?q=deaf"])
def test_the_policy_of_a_page_allows_nothing_from_elsewhere_and_nothing_inline(site: TestClient, path: str) -> None:
    policy = dict(part.strip().split(" ", 1) for part in site.get(path).headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert set(policy.values()) <= {"'none'", "'self'", "'self' data:"}
    assert (policy["script-src"], policy["frame-ancestors"], policy["base-uri"]) == ("'self'", "'none'", "'none'")


def test_who_is_refused_is_put_down_without_what_they_typed(site: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    sign_in(browser_at(site), person_at(site, Role.EDITOR), "a wrong secret")
    signed_in(site, Role.CONTRIBUTOR).get("/accounts")
    said = [record.getMessage() for record in caplog.records if record.name == "goodways.refusals"]
    assert [one.split(" to ")[0] for one in said] == ["refused POST '/sign-in'", "refused GET '/accounts'"]
    assert "secret" not in " ".join(said)
