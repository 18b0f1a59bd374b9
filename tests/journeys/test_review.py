"""A draft is handed in, reviewed, published, withdrawn and restored, in a real browser, by four people."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.testclient import TestClient

from search import Encoder
from tests.journeys.looking import looked_at
from tests.web.desk_site import desk_of
from tests.web.people import PASSWORD, accounts_at, person_at
from tests.web.small_site import listening, small_site
from tests.web.someone import FIELDS
from web.accounts import Role


@pytest.fixture(scope="module")
def client(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("desk"), encoder) as made:
        yield made


@pytest.fixture(scope="module")
def address(client: TestClient) -> Iterator[str]:
    with listening(client) as found:
        yield found


@pytest.fixture
def signed_in(client: TestClient, browser: Browser, address: str) -> Iterator[Callable[[str, Role], Page]]:
    """Opens the desk of a new person of a role, who has signed in by the page."""
    open_ones: list[BrowserContext] = []

    def sign_in(name: str, role: Role) -> Page:
        login = person_at(client, role, name)
        context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
        open_ones.append(context)
        page = context.new_page()
        page.goto("/sign-in?next=/desk")
        page.get_by_label("Name that you sign in with").fill(login)
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("textbox", name="Password").press("Enter")
        expect(page.get_by_role("heading", level=1, name="Your desk")).to_be_visible()
        return page

    yield sign_in
    for context in open_ones:
        context.close()


def test_a_draft_goes_to_a_curator_back_to_its_writer_and_is_published(
    client: TestClient, signed_in: Callable[[str, Role], Page]
) -> None:
    writer, curator = signed_in("writer-wanda", Role.CONTRIBUTOR), signed_in("curator-carl", Role.CURATOR)
    account = accounts_at(client).account_of_login("writer-wanda")
    assert account
    draft = desk_of(client).begin(FIELDS, account.id)
    review = f"/desk/draft/{draft.key}/review"

    writer.reload()
    expect(writer.get_by_role("link", name="Young sailors learn in Split")).to_be_visible()
    looked_at(writer)
    writer.goto(review)
    writer.get_by_label("A word for who reviews it").focus()
    writer.keyboard.type("Please look at the number.")
    writer.keyboard.press("Tab")
    writer.keyboard.press("Enter")
    expect(writer.get_by_role("status")).to_contain_text("Handed in.")

    curator.reload()
    expect(curator.get_by_text("One thing waits for you.")).to_be_visible()
    curator.get_by_role("link", name="Young sailors learn in Split").click()
    expect(curator.get_by_role("heading", name="As readers will see it")).to_be_visible()
    looked_at(curator)
    curator.get_by_role("button", name="Give back to the writer").click()  # without a word: the browser asks for one
    assert curator.url.endswith(review)
    expect(curator.get_by_label("What is to be changed")).to_be_focused()
    curator.get_by_label("What is to be changed").fill("Which island?\nSee https://example.org/islands")
    curator.get_by_role("button", name="Give back to the writer").click()
    expect(curator.get_by_role("status")).to_contain_text("Given back")

    writer.goto("/desk")
    expect(writer.get_by_text("Given back by Curator-Carl")).to_be_visible()
    looked_at(writer)
    saved = desk_of(client).save(draft.key, FIELDS | {"place": "Vis"}, account.id, draft.number).draft
    writer.goto(f"/desk/draft/{draft.key}/difference?one=1&other={saved.number}")
    expect(writer.locator("ins").last).to_contain_text("Vis")
    looked_at(writer)
    writer.goto(review)
    writer.get_by_role("button", name="Hand in for review").click()
    curator.goto(review)
    curator.get_by_role("button", name="Publish", exact=True).click()
    expect(curator.get_by_role("status")).to_contain_text("Published.")
    looked_at(curator)


def test_an_editor_withdraws_and_restores_and_an_administrator_reads_it_in_the_log(
    signed_in: Callable[[str, Role], Page],
) -> None:
    editor = signed_in("editor-edith", Role.EDITOR)
    editor.goto("/desk/history/practice/two")
    editor.get_by_text("Withdraw this record").click()
    editor.get_by_label("Why").last.fill("The hotel asked for it.")
    editor.get_by_role("button", name="Withdraw", exact=True).click()
    expect(editor.get_by_role("status")).to_contain_text("Withdrawn")
    looked_at(editor)
    editor.get_by_label("Why").fill("They changed their mind.")
    editor.get_by_role("button", name="Restore this version").click()
    expect(editor.get_by_role("status")).to_contain_text("Restored")
    editor.get_by_role("button", name="Show what changed").click()
    expect(editor.get_by_text("Nothing: both say the same.")).to_be_visible()
    editor.goto("/page/practice/two")
    expect(editor.get_by_role("heading", level=1)).to_have_text("Young cooks go to Cork")

    boss = signed_in("boss-berta", Role.ADMINISTRATOR)
    boss.get_by_role("link", name="Audit log").click()
    boss.get_by_label("What was done to something").fill("two")
    boss.get_by_role("button", name="Show").click()
    expect(boss.get_by_role("row")).to_have_count(3)
    looked_at(boss)
