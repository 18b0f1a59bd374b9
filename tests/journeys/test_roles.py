"""Everybody's way, in a real browser at a real server: from asking for an account to a record that is published,
translated, corrected and restored."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import ROOT
from tests.journeys.looking import looked_at
from tests.servers import goodways
from tests.web.form.drafts import page_of_a_project
from tests.web.people import PASSWORD

_KEYS = 60
"""Milliseconds between two keys of somebody who types quickly, in the run that is timed."""
_SUMMARY = "Four blind learners of a Polish school baked bread in Lyon for three weeks. A mentor went with them."


def first_administrator(data: Path) -> None:
    """As the README says it is made."""
    command = [sys.executable, "-c", "from web.cli import main; main()", "account", "add", "berta"]
    done = subprocess.run(
        [*command, "--role", "administrator", "--called", "Berta Boss", "--data", str(data)],
        input=f"{PASSWORD}\n", text=True, capture_output=True, check=False, cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


class People:
    """Opens browsers at the site, each for one person."""

    def __init__(self, browser: Browser, site: str, scripts: bool) -> None:
        self.browser, self.site, self.scripts = browser, site, scripts
        self.link = ""
        """Of the page of a project."""
        self.contexts: list[BrowserContext] = []
        self.wrong: list[str] = []

    def new_page(self, locale: str) -> Page:
        context = self.browser.new_context(
            base_url=self.site,
            locale=locale,
            viewport={"width": 1280, "height": 900},
            java_script_enabled=self.scripts,
        )
        self.contexts.append(context)
        return context.new_page()

    def visitor(self) -> Page:
        page = self.new_page("en-IE")
        page.set_default_timeout(20_000)
        page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)
        return page

    def looked_at(self, page: Page, name: str) -> None:
        looked_at(page, f"{name}{'' if self.scripts else '-plain'}", axe=self.scripts)

    def asks_for_an_account(self, login: str, name: str) -> Page:
        page = self.visitor()
        page.goto("/desk/new")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
        page.get_by_role("link", name="Ask for an account").click()
        page.get_by_label("Name that you sign in with").fill(login)
        page.get_by_label("What others should call you").fill(name)
        page.get_by_label("Who you are").fill("I send trainees abroad and want to say what worked.")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("The same password again").fill(PASSWORD)
        self.looked_at(page, "sign-up")
        page.get_by_role("button", name="Ask for an account").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
        return page

    def signs_in(self, page: Page, login: str) -> None:
        page.goto("/sign-in?next=/desk")
        page.get_by_label("Name that you sign in with").fill(login)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Your desk")


@pytest.fixture(params=[True, pytest.param(False, id="without scripts", marks=pytest.mark.slow)])
def people(request: pytest.FixtureRequest, small_folder: Path, tmp_path: Path, browser: Browser) -> Iterator[People]:
    """A site of three records with an administrator, and the page of a project that a link may lead to."""
    data = Path(shutil.copytree(small_folder, tmp_path / "data"))
    first_administrator(data)
    (tmp_path / "pages").mkdir()
    with page_of_a_project(tmp_path / "pages") as link:
        host = link.split("/")[2]
        with goodways(data, GOODWAYS_FETCH_ALLOWED=host) as (_, site):
            made = People(browser, site, request.param)
            made.link = link
            yield made
            for context in made.contexts:
                context.close()


def accepts(boss: Page, name: str, role: str) -> None:
    boss.goto("/accounts")
    boss.get_by_label(f"Role of {name}").first.select_option(role)
    boss.get_by_role("button", name=f"Accept {name}").click()
    expect(boss.get_by_role("button", name=f"Change the role {name}")).to_be_visible()


def waits(page: Page, heading: str, title: str) -> None:
    """Open what waits under a heading of the desk."""
    page.goto("/desk")
    pile = page.get_by_role("region", name=heading)
    pile.get_by_role("link", name=title).click()


def test_from_asking_for_an_account_to_a_record_published_translated_corrected_and_restored(
    people: People, capsys: pytest.CaptureFixture[str]
) -> None:
    boss = people.visitor()
    people.signs_in(boss, "berta")
    wanda, carl, edith = (
        people.asks_for_an_account(login, name)
        for login, name in (("wanda", "Wanda Writer"), ("carl", "Carl Curator"), ("edith", "Edith Editor"))
    )
    boss.goto("/accounts")
    people.looked_at(boss, "people")
    accepts(boss, "Wanda Writer", "contributor")
    accepts(boss, "Carl Curator", "curator")
    accepts(boss, "Edith Editor", "editor")
    for page, login in ((wanda, "wanda"), (carl, "carl"), (edith, "edith")):
        people.signs_in(page, login)

    seconds = adds_from_a_link(people, wanda)
    with capsys.disabled():
        print(f"\nA new user has added a record from a link after {seconds:.0f} s ({_KEYS} ms a key).")

    waits(carl, "To be reviewed", "Blind learners bake in Lyon")
    people.looked_at(carl, "review")
    carl.get_by_role("button", name="Publish", exact=True).click()
    expect(carl.get_by_role("status")).to_contain_text("Published.")
    visitor = people.visitor()
    visitor.goto("/search?q=blinde+Lernende+in+einer+Bäckerei")
    expect(visitor.get_by_role("link", name="Blind learners bake in Lyon").first).to_be_visible()

    translates(people, wanda)
    waits(carl, "To be reviewed", "Blind learners bake in Lyon")
    people.looked_at(carl, "review-translation")
    carl.get_by_role("button", name="Publish", exact=True).click()
    expect(carl.get_by_role("status")).to_contain_text("Published.")
    visitor.goto("/search?q=blinde+Lernende+in+einer+Bäckerei")
    german = people.new_page("de-DE")
    german.goto(visitor.get_by_role("link", name="Blind learners bake in Lyon").first.get_attribute("href") or "")
    expect(german.get_by_role("heading", level=1)).to_have_text("Blinde Lernende backen in Lyon")

    record = carl.get_by_role("link", name="The record as it is published").get_attribute("href") or ""
    corrects_and_restores(people, edith, record)

    boss.goto("/desk/audit")
    for who, what in (("Carl Curator", "published"), ("Edith Editor", "restored")):
        expect(boss.get_by_role("row").filter(has_text=who).filter(has_text=what).first).to_be_visible()
    people.looked_at(boss, "audit")
    assert people.wrong == []
    refused(wanda, record)


def adds_from_a_link(people: People, page: Page) -> float:
    """A contributor begins from a link, ticks what was found, and hands it in; returns the seconds that it took."""
    started = time.monotonic()
    page.get_by_role("link", name="Add a record").click()
    page.get_by_label("Address of a page").press_sequentially(people.link, delay=_KEYS)
    page.get_by_role("button", name="Read this page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Blind learners bake in Lyon")
    page.get_by_label("Good practice").check()
    page.locator("#f-summary-en, #f-summary").first.press_sequentially(_SUMMARY, delay=_KEYS)
    for step in page.locator("details.step:has(.suggested)").all():
        if step.get_attribute("open") is None:
            step.locator("summary").first.click()
    for tick in page.get_by_label("Add:").all():
        tick.check()
    page.get_by_role("button", name="Save and look it over").click()
    expect(page.get_by_role("heading", name="As readers will see it")).to_be_visible()
    page.get_by_role("button", name="Hand in for review").click()
    expect(page.get_by_role("status")).to_contain_text("Handed in.")
    seconds = time.monotonic() - started
    page.goto("/desk")
    people.looked_at(page, "desk-of-a-contributor")
    return seconds


def translates(people: People, page: Page) -> None:
    """A contributor adds a translation to what is published, and hands it in."""
    waits(page, "Published lately", "Blind learners bake in Lyon")
    page.get_by_role("link", name="The record as it is published").click()
    people.looked_at(page, "record-of-a-contributor")
    page.get_by_label("Language of the translation").select_option("de")
    page.get_by_role("button", name="Add a translation").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Translate into")
    page.locator("[name='title:de'], [name='title']").first.fill("Blinde Lernende backen in Lyon")
    page.locator("[name='summary:de'], [name='summary']").first.fill(
        "Vier blinde Lernende aus Polen backten drei Wochen lang Brot in Lyon. Ein Mentor begleitete sie."
    )
    people.looked_at(page, "translate")
    page.get_by_role("button", name="Save and go back to the record").click()
    people.looked_at(page, "form")
    page.get_by_role("button", name="Save and look it over").click()
    page.get_by_role("button", name="Hand in for review").click()
    expect(page.get_by_role("status")).to_contain_text("Handed in.")


def corrects_and_restores(people: People, page: Page, record: str) -> None:
    """An editor corrects what is published, sees the difference, and brings back what was there before."""
    page.goto(record)
    page.get_by_role("button", name="Edit").click()
    page.locator("[name='title:en'], [name='title:']").first.fill("Blind learners bake bread in Lyon")
    page.get_by_role("button", name="Save and look it over").click()
    people.looked_at(page, "review-own-correction")
    page.get_by_label("Why it is published without a second look").fill("A word was missing in the title.")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Published.")
    page.goto(record)
    expect(page.get_by_role("heading", level=1)).to_have_text("Blind learners bake bread in Lyon")
    page.get_by_role("link", name="History").click()
    people.looked_at(page, "history")
    page.get_by_role("button", name="Show what changed").click()
    expect(page.locator(".changes ins").first).to_contain_text("bread")
    people.looked_at(page, "difference")
    page.go_back()
    page.get_by_label("Why", exact=True).first.fill("The project calls it so itself.")
    page.get_by_role("button", name="Restore this version").click()
    expect(page.get_by_role("status")).to_contain_text("Restored")
    page.goto(record)
    expect(page.get_by_role("heading", level=1)).to_have_text("Blind learners bake in Lyon")


def refused(page: Page, record: str) -> None:
    """What a role may not do is neither offered nor done."""
    page.goto(record)
    page.get_by_role("link", name="History").click()
    assert page.get_by_role("button", name="Restore this version").count() == 0
    answer = page.goto("/accounts")
    assert answer
    assert answer.status == 403
