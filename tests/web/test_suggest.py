"""Suggestions over HTTP, and the list under the search box in a real browser."""

import json
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from starlette.testclient import TestClient

from search import Encoder
from tests.conftest import workspace_at
from web import suggest_api
from web.metrics import SECURITY_HEADERS
from web.problems import add_problem_handlers
from web.site import Site
from web.suggest_api import suggester_of
from web.templates import STATIC, environment

# Both scripts, both boxes and two hits, as the pages have them.
PAGE = """{% import "macros.html" as m with context %}<!doctype html><html lang="en"><head><title>Search</title>
{% for sheet in sheets %}<link rel="stylesheet" href="/static/{{ sheet }}">{% endfor %}
<script src="/static/suggest.js" defer></script><script src="/static/goodways.js" defer></script></head>
<body><main><h1>Search</h1>{{ m.search_form(q=q, size="large") }}{{ m.search_form(size="small") }}
<p>You asked: <b id="asked">{{ q }}</b></p><p>You are at <b id="at">{{ at }}</b></p>
<ol><li><a href="/hit/1" data-hit>one</a></li><li><a href="/hit/2" data-hit>two</a></li></ol></main></body></html>"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, small_folder: Path, encoder: Encoder) -> FastAPI:
    folder = Path(shutil.copytree(small_folder, tmp_path_factory.mktemp("suggest") / "data"))
    made = FastAPI()
    made.state.site = Site(workspace_at(folder, encoder))
    made.state.site.after_change.append(suggest_api.renew_suggester)
    made.state.asked = []
    add_problem_handlers(made)
    made.include_router(suggest_api.router)
    made.mount("/static", StaticFiles(directory=STATIC))

    @made.middleware("http")
    async def keep(request: Request, call_next: Any) -> Response:
        if "/api/" in request.url.path:
            made.state.asked.append(request.query_params.get("q"))
        answer: Response = await call_next(request)
        answer.headers.update(SECURITY_HEADERS)
        return answer

    @made.get("/favicon.ico")
    def nothing() -> Response:
        return Response(status_code=204)

    @made.get("/{path:path}")
    def any_page(request: Request, q: str = "") -> HTMLResponse:
        at = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        sheets = [path.name for path in sorted(STATIC.glob("s*.css"))]
        return HTMLResponse(environment().from_string(PAGE).render(lang="en", q=q, at=at, sheets=sheets))

    return made


@pytest.fixture(scope="module")
def client(app: FastAPI) -> TestClient:
    return TestClient(app, raise_server_exceptions=False)


def ask(client: TestClient, **parameters: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/suggest", params=parameters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["suggestions"]
    return found


def test_the_answer_has_the_shape_that_is_described(client: TestClient) -> None:
    answer = client.get("/api/v1/suggest", params={"q": "deaf", "lang": "en"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert answer.json()["query"] == "deaf"
    found = answer.json()["suggestions"]
    assert found
    description = client.get("/openapi.json").json()
    assert set(found[0]) == set(description["components"]["schemas"]["SuggestionModel"]["properties"])
    assert {"q", "lang", "limit"} == {p["name"] for p in description["paths"]["/api/v1/suggest"]["get"]["parameters"]}


def test_a_record_leads_to_its_page(client: TestClient) -> None:
    (found,) = [s for s in ask(client, q="cooks") if s["kind"] == "record"]
    assert found == {
        "kind": "record", "text": "Young cooks go to Cork", "language": "en", "url": "/id/practice/two",
        "iri": "https://w3id.org/goodways/id/practice/two", "start": 6, "end": 11,
    }  # fmt: skip
    assert [s["text"] for s in ask(client, q="kurt", lang="lt")] == ["Kurtieji mokiniai Granadoje"]


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("spain", "/search?country=ES"),
        ("checklis", "/search?material=checklist"),
        ("hearing", "/search?barrier=eplus-2021.disability-sensory"),
    ],
)
def test_a_concept_leads_to_the_records_that_have_it(client: TestClient, typed: str, url: str) -> None:
    assert url in [s["url"] for s in ask(client, q=typed, limit=20)]


def test_a_concept_that_no_record_has_leads_to_its_own_page_or_to_a_search(client: TestClient) -> None:
    assert "/search?q=Portugal" in [s["url"] for s in ask(client, q="portug")]
    assert "/id/measure/peer-support" in [s["url"] for s in ask(client, q="peers", limit=20)]


def test_only_200_characters_are_read(client: TestClient) -> None:
    answer = client.get("/api/v1/suggest", params={"q": "x" * 195 + " cooks"})
    assert (answer.status_code, answer.json()["query"]) == (200, "x" * 195 + " cook")


@pytest.mark.parametrize(
    ("parameters", "status", "named"),
    [
        ({"lang": "deu"}, 400, "lang"), ({"lang": ""}, 400, "lang"), ({"lang": "<b"}, 400, "lang"),
        ({"limit": "0"}, 422, "limit"), ({"limit": "21"}, 422, "limit"), ({"limit": "many"}, 422, "limit"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_a_problem_that_says_what_to_change(
    client: TestClient, parameters: dict[str, str], status: int, named: str
) -> None:
    answer = client.get("/api/v1/suggest", params={"q": "deaf"} | parameters)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert named in answer.json()["detail"]


def test_no_text_breaks_it(client: TestClient, shared: Path) -> None:
    for text in json.loads((shared / "blns" / "blns.json").read_text(encoding="utf-8")):
        answer = client.get("/api/v1/suggest", params={"q": text, "lang": "en"})
        assert (answer.status_code, answer.json()["query"]) == (200, text[:200]), text


def test_a_record_that_comes_in_is_suggested(app: FastAPI, client: TestClient, write_records: Any, record: Any) -> None:
    before = suggester_of(app.state.site)
    assert not ask(client, q="weavers")
    path = write_records(record(id="four", title="Weavers in Vilnius"))
    app.state.site.workspace.import_files([path], dry_run=False, strict=True)
    app.state.site.take_up_changes()
    app.state.site.bring_up_the_rest()
    assert [s["url"] for s in ask(client, q="weavers")] == ["/id/practice/four"]
    assert suggester_of(app.state.site) is not before
    assert suggester_of(app.state.site) is suggester_of(app.state.site), "one state is read once"


@pytest.fixture(scope="module")
def address(app: FastAPI) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def opened(address: str, browser: Browser) -> Iterator[Page]:
    made = browser.new_page(base_url=address, locale="en-IE", viewport={"width": 1000, "height": 700})
    yield made
    made.close()


@pytest.fixture
def page(opened: Page, app: FastAPI) -> Iterator[Page]:
    """The page with its cursor in the large box; nothing may go wrong in its scripts."""
    problems: list[str] = []

    def note(problem: object) -> None:
        problems.append(str(problem))

    def note_errors(message: ConsoleMessage) -> None:
        if message.type == "error":
            note(message.text)

    opened.on("pageerror", note)
    opened.on("console", note_errors)
    opened.goto("/search?q=")
    opened.locator("#q-large").focus()
    app.state.asked.clear()
    yield opened
    opened.unroute_all()
    opened.remove_listener("pageerror", note)
    opened.remove_listener("console", note_errors)
    assert not [problem for problem in problems if "Failed to load resource" not in problem]


def listed(page: Page, typed: str) -> None:
    page.keyboard.type(typed)
    expect(page.get_by_role("listbox")).to_be_visible()


def test_the_box_is_a_combobox_with_a_list(page: Page) -> None:
    box = page.get_by_role("combobox", name="Ask in your own words").first
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_attribute("aria-controls", "q-large-suggest")
    listed(page, "deaf")
    expect(box).to_have_attribute("aria-expanded", "true")
    assert box.get_attribute("aria-activedescendant") is None
    groups = page.get_by_role("listbox").get_by_role("group")
    labels = [page.locator(f"#{group.get_attribute('aria-labelledby')}").inner_text() for group in groups.all()]
    assert labels == ["Topics", "Records"]
    expect(page.locator("#q-large-suggest ~ [aria-live=polite]")).to_have_text(
        f"Suggestions: {page.get_by_role('option').count()}"
    )
    assert page.get_by_role("option").first.locator("b").inner_text().lower() == "deaf"
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("deaf")


def test_the_arrows_go_round_through_options_and_box(page: Page) -> None:
    listed(page, "cooks")
    box, options = page.locator("#q-large"), page.get_by_role("option")
    count = options.count()
    for n in [*range(count), None, 0]:
        page.keyboard.press("ArrowDown")
        active = box.get_attribute("aria-activedescendant")
        assert active == (None if n is None else options.nth(n).get_attribute("id"))
        assert page.locator("[aria-selected=true]").count() == (n is not None)
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(box).to_be_focused()


def test_enter_on_an_option_follows_it(page: Page) -> None:
    listed(page, "cooks")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#at")).to_have_text("/id/practice/two")


def test_enter_without_an_option_asks_the_question(page: Page) -> None:
    listed(page, "cooks")
    page.keyboard.press("Enter")
    expect(page.locator("#asked")).to_have_text("cooks")


def test_a_click_follows_an_option(page: Page) -> None:
    listed(page, "cooks")
    page.get_by_role("option").last.click()
    expect(page.locator("#at")).to_have_text("/id/practice/two")


def test_the_arrow_goes_to_the_hits_when_the_list_is_closed(page: Page) -> None:
    listed(page, "cooks")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#q-large")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-hit]").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#q-large")).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("listbox")).to_be_visible()


def test_leaving_the_box_closes_the_list(page: Page) -> None:
    listed(page, "cooks")
    page.keyboard.press("Tab")
    expect(page.locator("#q-large-suggest")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#q-large")).to_be_focused()


def test_the_small_box_has_a_list_of_its_own(page: Page) -> None:
    page.locator("#q-small").focus()
    page.keyboard.type("cooks")
    expect(page.locator("#q-small-suggest")).to_be_visible()
    expect(page.locator("#q-large-suggest")).to_be_hidden()
    ids = page.locator("[id]").evaluate_all("all => all.map(e => e.id)")
    assert len(ids) == len(set(ids))


def test_a_word_typed_fast_is_asked_once(page: Page, app: FastAPI) -> None:
    listed(page, "young cooks")
    assert app.state.asked == ["young cooks"]


def test_an_older_answer_never_replaces_a_newer_one(page: Page) -> None:
    def late(route: Any) -> None:
        query = parse_qs(urlsplit(route.request.url).query)["q"][0]
        if query == "deaf":
            page.wait_for_timeout(600)
        route.continue_()

    page.route("**/api/v1/suggest*", late)
    page.keyboard.type("deaf")
    page.wait_for_timeout(250)
    page.locator("#q-large").fill("cooks")
    expect(page.get_by_role("option").last).to_have_text("Young cooks go to Cork")
    page.wait_for_timeout(700)
    expect(page.get_by_role("option").last).to_have_text("Young cooks go to Cork")


@pytest.mark.parametrize("failure", ["abort", "500", "nonsense"])
def test_nothing_breaks_when_asking_fails(page: Page, failure: str) -> None:
    def fail(route: Any) -> None:
        if failure == "abort":
            route.abort()
        else:
            route.fulfill(status=500 if failure == "500" else 200, body="<b>no JSON</b>")

    page.route("**/api/v1/suggest*", fail)
    page.keyboard.type("cooks")
    page.wait_for_timeout(400)
    expect(page.locator("#q-large-suggest")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("#asked")).to_have_text("cooks")


def test_what_is_suggested_stays_text_and_stays_on_this_site(page: Page) -> None:
    evil = {
        "kind": "record",
        "text": "<img src=x onerror=alert(1)> 😀 x",
        "language": "mt",
        "iri": "x",
        "start": 29,
        "end": 30,
    }
    found = [evil | {"url": url} for url in ("//evil.example", "javascript:alert(1)", "https://evil.example")]
    page.route("**/api/v1/suggest*", lambda route: route.fulfill(json={"query": "x", "suggestions": found}))
    listed(page, "xx")
    assert page.locator("#q-large-suggest img").count() == 0
    option = page.get_by_role("option").first
    assert option.get_attribute("lang") == "mt"
    assert option.locator("b").inner_text() == "😀"
    for n in range(3):
        page.get_by_role("option").nth(n).click()
    expect(page.locator("#at")).to_have_text("/search?q=")


def test_axe_finds_nothing_and_targets_are_large_enough(page: Page) -> None:
    for width in (1000, 320):
        page.set_viewport_size({"width": width, "height": 700})
        page.locator("#q-large").fill("")
        listed(page, "co")
        page.keyboard.press("ArrowDown")
        result = Axe().run(page)
        assert result.violations_count == 0, result.generate_report()
        heights = page.get_by_role("option").evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
        assert min(heights) >= 24
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1000, "height": 700})
