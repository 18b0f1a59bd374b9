"""A researcher's way through the SPARQL page: by keyboard alone, with the editor, and without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from web.editor_assets import is_there

expect.set_options(timeout=20_000)  # the first query of a site waits for its processes
NO_EDITOR = "needs the editor from npm: `make web/static/vendor/lock.sha256`"
VIEWS = {
    "the form": "/query",
    "a table": "/query?example=meaning-deaf-apprentices",
    "a chart": "/query?example=measures-most-used",
    "a map": "/query?example=map-practices",
    "a graph": "/query?example=export-one-definition",
    "an error": "/query?run=1&query=SELECT * {\n ?s ?p }",
    "an unknown name": "/query?run=1&query=SELECT * { ?s a gw:Barier }",
}


@pytest.fixture
def context(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """A fresh visitor; fails if anybody but the site is asked, or if the policy had to stop something."""
    made = browser.new_context(base_url=site, permissions=["clipboard-read", "clipboard-write"])
    asked: list[str] = []
    complaints: list[str] = []
    made.on("request", lambda sent: asked.append(sent.url))
    made.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    made.on("weberror", lambda error: complaints.append(str(error.error)))
    yield made
    made.close()
    assert not [url for url in asked if not url.startswith((site, "data:"))]
    assert complaints == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def open_editor(page: Page, address: str = "/query") -> None:
    """Open the page as somebody does who uses the keyboard: the first key fetches the editor."""
    page.goto(address)
    page.keyboard.press("Tab")
    expect(page.locator(".CodeMirror")).to_be_visible()


def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} was not reached in {most} steps")


@pytest.mark.skipif(not is_there(), reason=NO_EDITOR)
def test_a_researcher_chooses_changes_runs_and_shares_by_keyboard_alone(page: Page) -> None:
    page.goto("/query")
    tab_to(page, "a[href*='example=meaning-wheelchair']")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("row")
    before = page.locator(".rows tbody tr").count()
    assert before

    tab_to(page, ".CodeMirror-code")
    page.keyboard.press("Control+End")
    page.keyboard.type("LIMIT 1")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer")).to_have_text("1 row")
    expect(page.locator("#result")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="The answer is there. 1 row")).to_be_attached()

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#result') !== null")
    page.keyboard.press("Shift+Tab")
    page.locator(".CodeMirror-code").focus()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Answer as")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Run")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Link copied")).to_be_focused()

    page.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(page.locator("#answer")).to_have_text("1 row")
    expect(page.locator("[data-query]")).to_have_value(re.compile(r"LIMIT 1\s*$"))


@pytest.mark.skipif(not is_there(), reason=NO_EDITOR)
def test_names_are_completed_and_prefixes_added_while_typing(page: Page) -> None:
    open_editor(page)
    page.locator(".CodeMirror-code").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT * {\n?x a gw:Targ")
    hint = page.locator(".CodeMirror-hint")
    expect(hint.filter(has_text="gw:TargetGroup")).to_be_visible()
    page.keyboard.press("ArrowDown")
    chosen = page.locator(".CodeMirror-hint-active").inner_text()
    page.keyboard.press("Enter")
    page.keyboard.type(" ; skos:prefLabel ?label ; skos:inScheme ?list . FILTER(?x = rollstuhl")
    page.keyboard.press("Control+Space")
    expect(hint.filter(has_text="target-group:wheelchair-users")).to_be_visible()
    page.keyboard.press("Escape")
    expect(hint.first).to_be_hidden()
    text = page.locator("[data-query]").input_value()
    assert chosen.startswith("gw:Target")
    assert "PREFIX gw: <https://w3id.org/goodways/ontology#>" in text
    assert "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>" in text


@pytest.mark.skipif(not is_there(), reason=NO_EDITOR)
def test_an_error_is_marked_at_its_line_in_the_editor(page: Page) -> None:
    open_editor(page)
    page.locator(".CodeMirror-code").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT * {\n?s ?p ?o .\n?s ?p \n")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#mistake")).to_contain_text("Line")
    expect(page.locator(".CodeMirror .line-wrong")).to_have_count(1)
    expect(page.locator(".CodeMirror-code")).to_have_attribute("aria-invalid", "true")


@pytest.mark.skipif(not is_there(), reason=NO_EDITOR)
def test_the_plain_box_is_one_button_away_and_stays_chosen(page: Page) -> None:
    open_editor(page)
    page.get_by_role("button", name="Use the plain box").click()
    box = page.get_by_label("Query", exact=True)
    expect(box).to_be_focused()
    box.fill("ASK { ?x a gw:Barrier }")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#answer")).to_have_text("The answer is yes")
    page.goto("/query")
    page.keyboard.press("Tab")
    expect(page.locator("textarea#query")).to_be_visible()
    expect(page.locator(".CodeMirror")).to_have_count(0)


def test_a_query_is_kept_in_this_browser_only(page: Page) -> None:
    page.goto("/query?query=ASK { ?x a gw:Target }")
    page.get_by_text("Queries saved in this browser").click()
    expect(page.get_by_text("They are not sent to us")).to_be_visible()
    page.get_by_label("Name").fill("My targets")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.get_by_role("button", name="Save this query").click()
    assert sent == []
    page.goto("/query")
    page.get_by_text("Queries saved in this browser").click()
    page.get_by_role("button", name="Open: My targets").click()
    assert "gw:Target" in page.locator("[data-query]").input_value()
    page.get_by_role("button", name="Delete: My targets").click()
    expect(page.get_by_role("button", name="Open: My targets")).to_have_count(0)
    assert page.evaluate("localStorage.getItem('goodways-queries')") == "[]"


def test_without_javascript_the_form_does_it_all(browser: Browser, site: str) -> None:
    page = browser.new_page(base_url=site, java_script_enabled=False)
    page.goto("/query")
    page.locator("textarea#query").fill(
        "SELECT ?c (COUNT(?x) AS ?n) { ?x gw:country ?c } GROUP BY ?c ORDER BY DESC(?n)"
    )
    page.get_by_label("Answer as").select_option("map")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("svg.tiles")).to_be_visible()
    expect(page.locator(".rows").get_by_text("Germany")).to_be_visible()
    page.get_by_role("link", name="Table").click()
    expect(page.locator(".rows tbody tr").first).to_be_visible()
    expect(page.get_by_role("button", name="Copy a link to this query")).to_be_hidden()
    page.close()


@pytest.mark.parametrize("name", VIEWS)
def test_axe_finds_nothing_and_nothing_overflows(name: str, browser: Browser, site: str) -> None:
    for scheme, width, script in (("light", 1280, True), ("dark", 320, True), ("dark", 320, False)):
        size = {"width": width, "height": 800}
        context = browser.new_context(base_url=site, color_scheme=scheme, viewport=size)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(VIEWS[name])
        if script and is_there():
            page.keyboard.press("Tab")
            expect(page.locator(".CodeMirror")).to_be_visible()
        result = Axe().run(page)
        assert result.violations_count == 0, result.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()


def test_the_page_is_light_until_somebody_turns_to_it(browser: Browser, site: str) -> None:
    page = browser.new_page(base_url=site)
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(0 if "font" in answer.url else len(answer.body())))
    page.goto("/query")
    page.wait_for_load_state("networkidle")
    assert sum(sizes) <= 100_000
    assert len(sizes) <= 10
    page.close()
