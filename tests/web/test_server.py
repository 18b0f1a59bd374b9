"""The process that serves."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import ROOT
from web.workspace import Workspace

from .conftest import CODE, one_sentence

MAIN = [sys.executable, "-c", CODE]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The site over a data folder in a process of its own, and its address."""
    command = [*MAIN, "serve", "--port", "0", "--data", str(folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=ROOT) as server:
        try:
            assert server.stderr is not None
            said = server.stderr.readline()
            address = re.search(r"http://\S+", said)
            assert address, said
            yield server, address.group()
        finally:
            server.kill()


def children(process: int) -> list[int]:
    found = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


def test_a_port_that_is_taken_is_said_in_a_sentence(here: Any, small: Workspace) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        one_sentence(here("serve", "--port", port, "--data", small.folder), f"Port {port} is taken", "choose another")


def test_an_address_that_is_not_ours_is_said_in_a_sentence(here: Any, small: Workspace) -> None:
    one_sentence(here("serve", "--host", "192.0.2.1", "--port", 0, "--data", small.folder), "192.0.2.1")


def test_a_running_site_keeps_its_promises(
    goodways: Any, small: Workspace, record: Callable[..., dict[str, Any]], write_records: Callable[..., Path]
) -> None:
    started = time.monotonic()
    with serving(small.folder) as (server, address), httpx.Client(base_url=address, timeout=30) as site:
        assert site.get("/readyz").status_code == 200
        assert time.monotonic() - started < 30, "ready within 30 seconds"

        _answers_large_and_bodiless_requests(address)
        _answers_many_at_once(site)
        assert site.post("/sparql", data={"query": "ASK { ?r a gw:GoodPractice }"}).json()["boolean"] is True
        workers = children(server.pid)
        assert workers

        path = write_records(record(id="new", title="Blind learners cook in Porto", source="https://example.org/new"))
        assert goodways("import", path, "--data", small.folder).returncode == 0
        deadline = time.monotonic() + 10
        while site.get("/id/practice/new").status_code != 303:
            assert time.monotonic() < deadline, "the imported record appears within seconds"
            time.sleep(0.2)
        found = site.get("/api/v1/search", params={"q": "blind learners in a kitchen"}).json()["results"]
        assert found[0]["id"] == "new"
        assert site.post("/sparql", data={"query": "ASK { ?r dcterms:identifier 'new' }"}).json()["boolean"] is True

        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) in (0, -signal.SIGTERM)
        assert server.stderr is not None
        assert "Traceback" not in server.stderr.read()
        assert not [worker for worker in workers if Path(f"/proc/{worker}/exe").exists()], "no process is left behind"


def _answers_large_and_bodiless_requests(address: str) -> None:
    connection = HTTPConnection(address.removeprefix("http://"), timeout=30)
    connection.request("GET", "/search?q=" + "ab+" * 33_000)
    answer = connection.getresponse()
    assert answer.status == 200
    assert b"only the first 2,000 were read" in answer.read()
    connection.request("HEAD", "/")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    connection.request("GET", "/healthz")
    assert connection.getresponse().read() == b"alive\n"
    connection.close()


def _answers_many_at_once(site: httpx.Client) -> None:
    questions = [f"{who} {where}" for who in ("deaf joiners", "jeunes sans emploi", "Lehrer") for where in "abcdefgh"]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda q: site.get("/api/v1/search", params={"q": q}), questions))
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["query"] for answer in answers] == questions
