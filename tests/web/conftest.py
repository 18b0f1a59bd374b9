"""The command line, in a process of its own and in this one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from search import Encoder
from tests.conftest import ROOT
from web.cli import main

CODE = "from web.cli import main; main()"


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


class Ran(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def here(encoder: Encoder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """Runs `main` in this process, so that the model is not loaded for every command."""
    monkeypatch.setattr(Encoder, "_load", lambda _: encoder.model)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOODWAYS_DATA", raising=False)

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["goodways", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        code = end.value.code
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Ran(code if isinstance(code, int) else 0 if code is None else 1, out, err)

    return run


def one_sentence(ran: Ran, *parts: object, status: int = 1) -> None:
    assert ran.status == status, ran
    assert ran.err.strip().count("\n") == 0, ran.err
    assert ran.err.strip().endswith(".")
    assert [str(part) for part in parts if str(part) not in ran.err] == [], ran.err
