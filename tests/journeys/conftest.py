"""A real server and a real browser."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from web.workspace import Workspace


@pytest.fixture(scope="session")
def site(corpus_workspace: Workspace) -> Iterator[str]:
    """The address of a running site over the whole corpus."""
    command = [sys.executable, "-c", "from web.cli import main; main()", "serve", "--port", "0"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [*command, "--data", str(corpus_workspace.folder)],
        stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT,
    )  # fmt: skip
    assert process.stderr is not None
    line = process.stderr.readline()
    address = re.search(r"http://\S+", line)
    assert address, line + process.stderr.read()
    yield address.group()
    process.terminate()
    assert process.wait(timeout=20) in (0, -15)
