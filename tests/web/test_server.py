"""The process that serves."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import ROOT
from web.workspace import Workspace

MAIN = [sys.executable, "-c", "from web.cli import main; main()"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


def goodways(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The command line, run to its end."""
    command = [*MAIN, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, cwd=ROOT, check=False, timeout=120)


def test_a_port_that_is_taken_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = goodways("serve", "--port", port, "--data", tmp_path)
    assert ended.returncode == 1
    assert f"Port {port} is taken" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_running_site_shows_what_the_command_line_imports_and_ends_cleanly(
    workspace: Workspace, record: Callable[..., dict[str, Any]], write_records: Callable[..., Path]
) -> None:
    first = write_records(record(), name="first.jsonl")
    workspace.import_files([first], dry_run=False, strict=False)
    command = [*MAIN, "serve", "--port", "0", "--data", str(workspace.folder)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=ROOT)
    try:
        assert server.stderr is not None
        address = re.search(r"http://\S+", server.stderr.readline())
        assert address
        site = httpx.Client(base_url=address.group(), timeout=30)
        assert site.get("/readyz").status_code == 200
        second = write_records(record(id="second", title="Blind learners cook in Porto"), name="second.jsonl")
        assert goodways("import", second, "--data", workspace.folder).returncode == 0
        deadline = time.monotonic() + 10
        while site.get("/id/practice/second").status_code != 303:
            assert time.monotonic() < deadline, "the imported record did not appear"
            time.sleep(0.2)
        found = site.get("/api/v1/search", params={"q": "blind learners in a kitchen"}).json()["results"]
        assert found[0]["id"] == "second"
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) in (0, -signal.SIGTERM)
    finally:
        server.kill()
