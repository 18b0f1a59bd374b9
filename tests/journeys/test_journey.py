"""A promoter's way through the site, with and without JavaScript, and what the browser asks of others."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from rdflib import Graph
from rdflib.namespace import DCTERMS

PAGES = {
    "home": "/",
    "results": "/search?q=deaf+learners+abroad",
    "filtered": "/search?q=praktyki&type=GoodPractice&country=PL",
    "nothing good": "/search?q=quantum+chromodynamics&country=PL",
    "browse": "/browse",
    "definitions": "/definitions",
    "definition": "/page/definition/eplus-2021",
    "national definition": "/page/definition/de-he-topup",
    "compare": "/definitions/compare?one=eplus-2021&other=iky",
    "who counts": "/definitions/who-counts?circumstance=eplus-2021.disability&sector=he&country=DE",
    "targets": "/definitions/targets",
    "organisation": "/page/organisation/earlall-regional-skills-partnership-mobility",
    "promoter": "/page/promoter/boras-working-life-department",
    "policy": "/page/policy/council-recommendation-europe-on-the-move-2024",
    "downloads": "/downloads",
    "query": "/query",
    "query with an answer": "/query?example=map-practices&run=1",
    "version": "/page/practice/special-vet-2020-ljubljana/version/1",
    "event": "/page/event/salto-id-forum-bucharest-2023",
    "concept": "/page/barrier/eplus-2021.disability",
    "practice": "/page/practice/mona-mobilite-longue-apprentis",
    "material": "/page/material/siu-spesiell-tilrettelegging",
    "model": "/ontology",
    "shapes": "/ontology/shapes",
    "lists": "/ontology/lists",
    "list": "/page/scheme/eplus-2021",
    "about": "/about",
    "API": "/docs",
    "error": "/page/practice/nobody-has-this",
}


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Page]:
    """A fresh page; fails if it asks anybody but the site."""
    context = browser.new_context(java_script_enabled=request.param, base_url=site, accept_downloads=True)
    asked: list[str] = []
    context.on("request", lambda sent: asked.append(sent.url))
    yield context.new_page()
    context.close()
    assert not [url for url in asked if not url.startswith((site, "data:"))]


def test_a_promoter_asks_narrows_reads_and_takes_home(page: Page, tmp_path: Path) -> None:
    page.goto("/")
    page.locator("#q-large").fill("How can deaf apprentices train abroad?")
    page.get_by_role("button", name="Search").first.click()
    expect(page.get_by_role("status")).to_contain_text("result")
    assert page.locator("mark").filter(has_text=re.compile("deaf", re.IGNORECASE)).count()

    everything = int(page.locator("[role=status] b").inner_text())
    practice = page.locator("#f-type + ul a").filter(has_text="Good practice")
    expected = int(practice.locator("b").inner_text())
    if not page.locator("details.facets").evaluate("node => node.open || getComputedStyle(node).display !== 'none'"):
        page.locator("details.facets > summary").click()
    practice.click()
    assert int(page.locator("[role=status] b").inner_text()) == expected < everything

    page.locator("[data-hit]").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("checked on").first).to_be_visible()
    address = page.get_by_role("link", name="Turtle").get_attribute("href")
    assert address
    answer = page.request.get(address)
    file = tmp_path / "record.ttl"
    file.write_bytes(answer.body())
    assert list(Graph().parse(file, format="turtle").objects(None, DCTERMS.title))


def test_the_same_need_in_polish_finds_records_in_other_languages(page: Page) -> None:
    page.goto("/search?q=praktyki+zagraniczne+dla+niesłyszących+uczniów")
    expect(page.get_by_text("Question in Polish")).to_be_visible()
    tops = page.locator(".card-top").all_inner_texts()[:5]
    assert any("Lithuanian" in top or "Slovenian" in top for top in tops), tops
    page.locator("[data-hit]").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("checked on").first).to_be_visible()


def test_what_was_typed_stays_when_nothing_good_is_found(page: Page) -> None:
    page.goto("/search?q=quantum+chromodynamics+on+a+lattice")
    expect(page.get_by_text("Nothing good found")).to_be_visible()
    expect(page.locator("#q-large")).to_have_value("quantum chromodynamics on a lattice")


def test_a_definition_leads_to_its_barriers_and_their_records(page: Page) -> None:
    page.goto("/definitions")
    page.get_by_role("link", name="Erasmus+ Programme Guide 2021-27").first.click()
    page.get_by_role("link", name="Economic barriers").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Economic barriers")
    assert page.locator("article.card").count() > 0


def test_the_keyboard_reaches_the_box_and_the_hits(browser: Browser, site: str) -> None:
    page = browser.new_page(base_url=site)
    page.goto("/search?q=job+shadowing")
    page.keyboard.press("/")
    expect(page.locator("#q-large")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/page/**")
    page.close()


def test_the_first_stop_of_the_tab_key_is_the_way_to_the_content(browser: Browser, site: str) -> None:
    page = browser.new_page(base_url=site)
    page.goto("/browse")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, browser: Browser, site: str) -> None:
    for scheme, width in (("light", 1280), ("dark", 360)):
        page = browser.new_page(base_url=site, color_scheme=scheme, viewport={"width": width, "height": 800})  # type: ignore[arg-type]
        page.goto(PAGES[name])
        result = Axe().run(page)
        assert result.violations_count == 0, result.generate_report()
        page.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_overflows_at_320_pixels(name: str, browser: Browser, site: str) -> None:
    page = browser.new_page(base_url=site, viewport={"width": 320, "height": 640})
    page.goto(PAGES[name])
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light(name: str, browser: Browser, site: str) -> None:
    page = browser.new_page(base_url=site)
    sizes: list[int] = []
    errors: list[str] = []
    page.on("response", lambda answer: sizes.append(0 if "font" in answer.url else len(answer.body())))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    status = page.goto(PAGES[name])
    page.wait_for_load_state("networkidle")
    assert sum(sizes) <= 100_000
    assert len(sizes) <= 10
    assert not [text for text in errors if status and status.status == 200]
    page.close()
