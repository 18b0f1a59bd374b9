"""The server is killed in the middle of edits, publications and imports: nothing that it confirmed is lost.

`make kills` does it a hundred times; `GOODWAYS_KILLS` says how often.
"""

import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.conftest import ROOT
from tests.servers import goodways
from web.accounts import FILE, Accounts, Role
from web.accounts.roles import scopes_for

KILLS = int(os.environ.get("GOODWAYS_KILLS", "10"))
FIELDS = {
    "type": "GoodPractice",
    "language": "en",
    "summary": "Ten apprentices worked abroad for a month.",
    "source": "https://example.org/kills",
}


@dataclass
class Confirmed:
    """What the server has said to be written."""

    saved: dict[str, str] = field(default_factory=dict)
    """Draft -> the title that was saved last."""
    tried: dict[str, str] = field(default_factory=dict)
    """Draft -> the title that was sent last: it may be there without having been confirmed."""
    published: dict[str, set[str]] = field(default_factory=dict)
    """Record -> titles of which one must be there."""
    imports: dict[str, dict[str, str]] = field(default_factory=dict)
    """Import that was told to publish -> record -> title, by its rows."""


def tokens(data: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The headers of a writer and of an editor."""
    accounts = Accounts(data / FILE)
    made = []
    for role in (Role.CONTRIBUTOR, Role.EDITOR):
        person = accounts.add(f"{role.label}-of-the-test", role.label, role)
        token = accounts.make_token(person, "test", scopes_for(role), time.time() + 86_400)
        made.append({"Authorization": f"Bearer {token}"})
    return made[0], made[1]


def write(site: str, round_: int, writer: dict[str, str], editor: dict[str, str], known: Confirmed) -> None:
    """Write, save and publish records until the server is gone."""
    with httpx.Client(base_url=f"{site}/api/v1", timeout=30) as client:
        for number in range(1000):
            record, title = f"killed-{round_}-{number}", f"Round {round_}, record {number}"
            draft = client.post("/drafts", json=FIELDS | {"id": record, "title": title}, headers=writer).json()
            known.saved[draft["key"]] = known.tried[draft["key"]] = title
            for turn in range(3):
                newer = f"{title}, turn {turn}"
                known.tried[draft["key"]] = newer
                body = {"fields": FIELDS | {"id": record, "title": newer}, "on": draft["number"]}
                draft = client.put(f"/drafts/{draft['key']}", json=body, headers=writer).json()["draft"]
                known.saved[draft["key"]] = newer
            answer = client.post(f"/drafts/{draft['key']}/publish", json={"note": ""}, headers=editor)
            assert answer.status_code == 200, answer.text
            known.published[record] = {newer}


def bring_in(site: str, round_: int, editor: dict[str, str], known: Confirmed) -> None:
    """Import sheets and publish them until the server is gone."""
    with httpx.Client(base_url=f"{site}/api/v1", timeout=30) as client:
        for number in range(1000):
            ids = [f"sheet-{round_}-{number}-{row}" for row in range(20)]
            rows = {one: " ".join(secrets.token_hex(4) for _ in range(5)) for one in ids}  # no two of them alike
            lines = ["id,type,title,summary,language,source"]
            lines += [f"{one},GoodPractice,{rows[one]},{rows[one]}.,en,https://example.org/{one}" for one in ids]
            sent = client.post("/imports", params={"name": "sheet.csv"}, content="\n".join(lines), headers=editor)
            key = sent.json()["key"]
            until(lambda key=key: client.get(f"/imports/{key}", headers=editor).json()["state"] == "preview")
            answer = client.post(f"/imports/{key}/publish", json={"why": "A test"}, headers=editor)
            assert answer.status_code == 200, answer.text
            known.imports[key] = rows


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.1)


def look(site: str, editor: dict[str, str], known: Confirmed) -> None:
    """Everything that was confirmed is there; imports that were told to publish come to their end."""
    with httpx.Client(base_url=f"{site}/api/v1", timeout=60) as client:
        for key, title in known.saved.items():
            kept = client.get(f"/drafts/{key}", headers=editor).json()["fields"]["title"]
            assert kept in (title, known.tried[key]), key
        for key, rows in known.imports.items():
            until(lambda key=key: client.get(f"/imports/{key}", headers=editor).json()["state"] == "done", 120)
            known.published |= {one: {title} for one, title in rows.items()}
        for record, titles in known.published.items():
            answer = client.get(f"/records/practice/{record}", headers=editor)
            assert answer.status_code == 200, record
            assert answer.json()["title"]["en"] in titles


@pytest.mark.slow
def test_a_server_killed_in_the_middle_of_edits_and_imports_has_lost_nothing_it_confirmed(
    small_data: Path,
) -> None:
    writer, editor = tokens(small_data)
    rng = random.Random(KILLS)  # noqa: S311
    everything = 0
    for round_ in range(KILLS):
        known = Confirmed()
        with goodways(small_data) as (process, site):
            work = [
                threading.Thread(target=quietly, args=(write, site, round_, writer, editor, known)),
                threading.Thread(target=quietly, args=(bring_in, site, round_, editor, known)),
            ]
            for one in work:
                one.start()
            until(lambda known=known: bool(known.saved))
            time.sleep(rng.uniform(0.0, 4.0))
            os.kill(process, signal.SIGKILL)
            for one in work:
                one.join()
        with goodways(small_data) as (_, site):
            look(site, editor, known)
        everything += len(known.saved) + len(known.published)
        command = [sys.executable, "-c", "from web.cli import main; main()", "check", "--data", str(small_data)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    print(f"{KILLS} kills, {everything} confirmed writes, all there.")
    assert everything > KILLS


def quietly(work: Callable[..., None], *given: object) -> None:
    """Work until the server no longer answers."""
    try:
        work(*given)
    except (httpx.HTTPError, ValueError):
        return


@pytest.fixture
def small_data(tmp_path: Path, small_folder: Path) -> Path:
    """A data folder of three records, to be written to."""
    return Path(shutil.copytree(small_folder, tmp_path / "data"))
