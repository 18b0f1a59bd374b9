"""What the tests of the faces share: a client of the real site, and the command line in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from web.server import create_app
from web.workspace import Workspace

ROOT = Path(__file__).parents[2]
CODE = "from web.cli import main; main()"


@pytest.fixture(scope="session")
def client(corpus_workspace: Workspace) -> Iterator[TestClient]:
    """The site over the whole corpus; what breaks is an answer with status 500, and redirects are not followed."""
    app = create_app(corpus_workspace)
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as made:
        yield made


@pytest.fixture
def goodways(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `goodways` in a folder of its own; it must never show a traceback."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-c", CODE, *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"} | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        return done

    return run
