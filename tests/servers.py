"""SPARQL servers that tests start on free ports, each in a folder of its own."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from kg.remote import RemoteStore

_ROOT = Path(__file__).parent.parent
_HOW_TO = _ROOT / "docs" / "any-sparql-server.md"


@dataclass(frozen=True)
class Server:
    """A server that runs: what `GOODWAYS_STORE` and its kin have to be."""

    name: str
    address: str
    login: dict[str, str] = field(default_factory=dict)

    def let_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Give Goodways user and password, where this server asks for them."""
        for name, value in self.login.items():
            monkeypatch.setenv(f"GOODWAYS_STORE_{name}", value)

    def empty(self) -> None:
        """Remove all graphs; call `let_in` before."""
        store = RemoteStore(self.address)
        store.change(dict.fromkeys(store.names(), ()))
        store.close()


@contextmanager
def goodways(data: Path, **environment: str) -> Iterator[tuple[int, str]]:
    """The site over a data folder: the number of its process, and its address."""
    command = [sys.executable, "-c", "from web.cli import main; main()", "serve", "--port", "0", "--data", str(data)]
    known = os.environ | {"PYTHONPATH": str(_ROOT)} | environment
    with (
        tempfile.NamedTemporaryFile("r+", suffix=".log") as log,  # a pipe that nobody reads would fill and stop it
        subprocess.Popen(command, stderr=log, env=known, cwd=_ROOT) as process,
    ):
        said = Path(log.name)
        try:
            _until(lambda: "ready at" in said.read_text(encoding="utf-8"), process)
            address = re.search(r"ready at (http://\S+)", said.read_text(encoding="utf-8"))
            assert address
            yield process.pid, address[1]
        finally:
            process.terminate()
            process.wait()


@contextmanager
def oxigraph() -> Iterator[Server]:
    """`oxigraph serve`, in memory."""
    (port,) = _free_ports(1)
    command = [str(Path(sys.executable).parent / "oxigraph"), "serve", "--union-default-graph"]
    with _running([*command, "--bind", f"127.0.0.1:{port}"]) as process:
        _until(lambda: _answers(port), process)
        yield Server("oxigraph", f"http://127.0.0.1:{port}")


@contextmanager
def virtuoso(folder: Path, limits: str = "") -> Iterator[Server]:
    """Virtuoso 7 with a fresh database, set up as the how-to says; `limits` go to its settings of SPARQL."""
    program, console = shutil.which("virtuoso-t"), shutil.which("isql-vt")
    if not program or not console:
        pytest.skip("needs Virtuoso 7, which is not installed (Debian: apt install virtuoso-opensource-7-bin)")
    sql, http = _free_ports(2)
    login = {"USER": "goodways", "PASSWORD": os.urandom(8).hex()}
    settings = _block("ini").replace(":1111", f":{sql}").replace(":8890", f":{http}")
    orders = _block("sql").replace("choose-one", login["PASSWORD"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "virtuoso.ini").write_text(f"{settings}{limits}\n")
    with _running([program, "+foreground", "+configfile", "virtuoso.ini"], folder) as process:
        _until(lambda: _answers(http), process)
        connect = [console, f"127.0.0.1:{sql}", "dba", "dba"]
        done = subprocess.run(connect, input=orders, capture_output=True, text=True, timeout=60, check=True)
        assert "Error" not in done.stdout + done.stderr, done.stdout + done.stderr
        root = f"http://127.0.0.1:{http}"
        yield Server("virtuoso", f"{root}/sparql {root}/sparql-auth", login)


def _block(language: str) -> str:
    """What the how-to tells people to write, so that the tests show that it works."""
    text = _HOW_TO.read_text(encoding="utf-8")
    return text.partition(f"```{language}\n")[2].partition("```")[0]


@contextmanager
def _running(command: list[str], folder: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()  # nothing of it is kept
        process.wait()


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _answers(port: int) -> bool:
    try:
        return bool(httpx.get(f"http://127.0.0.1:{port}/", timeout=1))
    except httpx.HTTPError:
        return False


def _until(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while not ready():
        assert process.poll() is None, "the server ended before it answered"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.05)
