"""A curator imports a sheet in a real browser, and an import that is killed goes on."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from kg import Settings
from kg.batch import WORK, Phase, Verdict
from kg.batches import Batches
from tests.servers import goodways
from tests.web.import_site import csv, practice
from tests.web.people import PASSWORD
from web.accounts import Accounts, Role, passwords
from web.workspace import Workspace

_WRONG = practice("journey-wrong", source="nowhere")


@pytest.fixture
def folder(small_folder: Path, tmp_path: Path) -> Path:
    """A data folder of three records, with an editor in it."""
    data = Path(shutil.copytree(small_folder, tmp_path / "data"))
    Accounts(data / "accounts.sqlite").add("editor", "Ed Itor", Role.EDITOR, passwords.hashed(PASSWORD))
    return data


def sign_in(page: Page, site: str) -> None:
    page.goto(f"{site}/sign-in?next=/desk/import")
    page.fill("#login", "editor")
    page.fill("#password", PASSWORD)
    page.click("main button.do")
    page.wait_for_url("**/desk/import")


def faults(page: Page) -> list[Any]:
    return [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (320, True), (1280, False)])
def test_a_sheet_is_imported_corrected_published_and_undone_in_a_browser(
    folder: Path, browser: Browser, tmp_path: Path, width: int, scripts: bool
) -> None:
    sheet = tmp_path / "stays of our school.csv"
    rows = [practice(f"journey-{n}") for n in range(12)]
    sheet.write_bytes(
        csv(*rows, _WRONG, practice("two-again", title="Young cooks go to Cork", source="https://example.org/two"))
    )
    pictures = os.environ.get("GOODWAYS_PICTURES")

    def look(page: Page, name: str) -> None:
        assert fits(page), name
        if scripts:
            assert faults(page) == [], name
        if pictures:
            page.screenshot(path=f"{pictures}/{name}-{width}{'' if scripts else '-plain'}.png", full_page=True)

    with goodways(folder) as (_, site):
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        page = context.new_page()
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        sign_in(page, site)
        look(page, "import")
        page.set_input_files("#file", sheet)
        page.click("text=Read it and show me")
        page.wait_for_selector("text=12 of 14 rows are taken", timeout=120_000)
        look(page, "import-preview")

        page.click("nav[aria-label='Show only'] >> text=Cannot be taken")
        page.click("#row-13 >> text=Correct")
        look(page, "import-correct")
        page.fill("input[name='f.source']", "https://example.org/journey-wrong")
        page.click("main button.do")
        page.wait_for_selector("text=13 of 14 rows are taken")

        page.fill("#why", "Read with the teacher who wrote it")
        page.click("text=Publish 13 rows")
        page.wait_for_selector("text=Done: 13 rows were taken.", timeout=120_000)
        look(page, "import-done")
        page.click("#row-1 h3 a")
        assert practice("journey-0")["title"] in page.inner_text("h1")
        page.go_back()
        page.fill("#why", "It was the sheet of last year")
        page.click("text=Undo this import")
        page.wait_for_selector("text=This import was undone", timeout=120_000)
        page.goto(f"{site}/desk/import")
        look(page, "import-list")
        assert "undone" in page.inner_text(".import-list")
        context.close()
        assert wrong == []


@contextmanager
def signed_in(site: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=site, timeout=60) as client:
        answer = client.post("/sign-in", data={"login": "editor", "password": PASSWORD, "next": "/desk/import"})
        assert answer.status_code == 303, answer.text
        yield client


def token(client: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get("/desk/import").text)
    assert found
    return found[1]


def until(wanted: Callable[[], bool], seconds: float = 240) -> None:
    deadline = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def killed(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("kills", "rows"),
    [pytest.param(1, 40, id="once"), pytest.param(6, 120, id="six times", marks=pytest.mark.slow)],
)
def test_an_import_killed_while_reading_and_while_publishing_ends_as_if_it_had_not_been(
    folder: Path, kills: int, rows: int
) -> None:
    sheet = csv(*(practice(f"kill-{n}") for n in range(rows)), practice("one", summary="Changed by the import."))
    batches = Batches(folder / "imports.sqlite")
    key, seen = "", 0

    def count(name: str) -> int:
        return batches.counts(key).get(name, 0) if key else 0

    def in_state(state: Phase) -> bool:
        return batches.batch(key).state == state

    for kill in range(kills + 1):
        with goodways(folder) as (pid, site):
            if not key:
                with signed_in(site) as client:
                    sent = client.post("/desk/import", data={"csrf": token(client)}, files={"file": ("k.csv", sheet)})
                    assert sent.status_code == 303, sent.text
                    key = sent.headers["location"].rpartition("/")[2]
            if kill < kills:
                at_least = (kill + 1) * rows // (kills + 2)
                until(lambda: count("judged") >= at_least or in_state(Phase.PREVIEW))  # noqa: B023
                seen = count("judged")
                killed(pid)
            else:
                assert count("judged") >= seen, "what was checked stays checked"
                until(lambda: in_state(Phase.PREVIEW))
    assert [row.number for row in batches.rows(key, limit=1000)] == list(range(1, rows + 2))
    assert {row.verdict for row in batches.rows(key, limit=rows)} == {Verdict.NEW}

    for kill in range(kills + 1):
        with goodways(folder) as (pid, site):
            if kill == 0:
                with signed_in(site) as client:
                    client.post(f"/desk/import/{key}/do", data={"csrf": token(client), "do": "publish", "why": "read"})
            if kill < kills:
                at_least = (kill + 1) * rows // (kills + 2)
                until(lambda: count("done") >= at_least or in_state(Phase.DONE))  # noqa: B023
                confirmed = [row.record for row in batches.rows(key, limit=1000) if row.outcome]
                killed(pid)
            else:
                for record in confirmed:
                    assert httpx.get(f"{site}/id/{record}").status_code in (200, 303), "what was confirmed is there"
                until(lambda: in_state(Phase.DONE))
    outcomes = batches.counts(key)
    assert (outcomes["outcome.added"], outcomes["outcome.changed"]) == (rows, 1)
    assert {row.after for row in batches.rows(key, outcome="added", limit=1000)} == {1}, "no row twice"
    assert batches.rows(key, outcome="changed")[0].after == 2
    assert checked(folder) == []


@pytest.mark.slow
def test_a_disk_that_fills_in_the_middle_leaves_nothing_half_stored_and_the_import_goes_on(
    folder: Path, tmp_path: Path
) -> None:
    with _small_disk(tmp_path / "disk", folder) as data:
        with goodways(data) as (_, site), signed_in(site) as client:
            sheet = csv(*(practice(f"full-{n}") for n in range(60)))
            sent = client.post("/desk/import", data={"csrf": token(client)}, files={"file": ("k.csv", sheet)})
            key = sent.headers["location"].rpartition("/")[2]

            def now() -> Any:
                """Asked of the site: on a full disk nobody else can open the file."""
                return client.get(f"/api/v1/imports/{key}").json()

            until(lambda: now()["state"] == Phase.PREVIEW)
            client.post(f"/desk/import/{key}/do", data={"csrf": token(client), "do": "publish", "why": "read"})
            until(lambda: now()["counts"].get("outcome.added", 0) > 0)
            ballast = data / "ballast"
            _fill(ballast)
            until(lambda: "is full" in client.get(f"/desk/import/{key}").text or now()["state"] not in WORK)
            assert now()["state"] != Phase.DONE
            assert "free some space" in client.get(f"/desk/import/{key}").text
            full = client.post("/desk/import", data={"csrf": token(client)}, files={"file": ("m.csv", sheet * 3)})
            assert full.status_code in (303, 503)
            ballast.unlink()
            until(lambda: now()["state"] in (Phase.FAILED, Phase.DONE, Phase.COMMITTING))
            if now()["state"] == Phase.FAILED:
                client.post(f"/desk/import/{key}/do", data={"csrf": token(client), "do": "resume"})
            until(lambda: now()["state"] == Phase.DONE)
            assert now()["counts"]["outcome.added"] == 60
        assert checked(data) == []


def checked(data: Path) -> list[str]:
    """What `goodways check` finds."""
    return Workspace(Settings(data=data)).check()


@contextmanager
def _small_disk(place: Path, folder: Path) -> Iterator[Path]:
    """A copy of a data folder on a disk of its own with a few MB left."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) + 24_000_000
    place.mkdir()
    if (
        not shutil.which("mount")
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=False, capture_output=True
        ).returncode
    ):
        pytest.skip("needs to mount a small disk, which this user may not")
    try:
        yield Path(shutil.copytree(folder, place / "data"))
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def _fill(ballast: Path) -> None:
    """Write until nothing more fits."""
    with ballast.open("wb", buffering=0) as file:
        for piece in (1_000_000, 4096, 1):
            try:
                while True:
                    file.write(b"\0" * piece)
            except OSError:
                continue
