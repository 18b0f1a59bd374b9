"""A build that is killed ends, run again, where an undisturbed one ends."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

KILLS, RECORDS = 20, 40


def goodways(*arguments: str | Path) -> subprocess.Popen[bytes]:
    """The command line as a process of its own."""
    command = [sys.executable, "-c", "from web.cli import main; main()", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def exported(data: Path) -> bytes:
    """The published graph of a data folder."""
    file = data.with_suffix(".nq")
    assert goodways("export", file, "--data", data).wait() == 0
    return file.read_bytes()


@pytest.mark.slow
def test_a_build_killed_at_twenty_random_moments_ends_in_the_same_state(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus" / "practices"
    corpus.mkdir(parents=True)
    for file in sorted((ROOT / "corpus" / "practices").glob("*.yaml"))[:RECORDS]:
        shutil.copy(file, corpus)
    build = ("build", "--corpus", corpus.parent, "--data")
    start = time.monotonic()
    assert goodways(*build, tmp_path / "undisturbed").wait() == 0
    whole = time.monotonic() - start
    wanted = exported(tmp_path / "undisturbed")
    for number in range(KILLS):
        data = tmp_path / f"killed-{number}"
        process = goodways(*build, data)
        time.sleep(random.uniform(0.3, whole))  # noqa: S311
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert goodways(*build, data).wait() == 0
        assert goodways("check", "--data", data).wait() == 0
        assert exported(data) == wanted
