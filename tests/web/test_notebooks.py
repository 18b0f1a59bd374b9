"""The worked notebooks ask what a running site answers."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from starlette.testclient import TestClient

from search import Encoder
from tests.conftest import ROOT

from .small_site import listening, small_site, until_ready

FOLDER = ROOT / "docs" / "notebooks"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, small_folder: Path, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("notebook"), encoder) as made:
        until_ready(made, "/downloads/goodways.csv")
        yield made


def test_every_cell_of_the_python_notebook_runs(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = nbformat.read(FOLDER / "goodways.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs are not kept: they grow old"
    with listening(client) as address:
        monkeypatch.setenv("GOODWAYS", address)
        done = NotebookClient(notebook, timeout=120).execute()
    outputs = [output for cell in done.cells for output in cell.get("outputs", [])]
    tables = [output.data["text/plain"] for output in outputs if "data" in output]
    assert "GoodPractice" in tables[0]
    assert "Spain" in " ".join(tables)
    assert "@misc{goodways-" in "".join(output.get("text", "") for output in outputs)


def test_the_queries_of_the_r_notebook_are_those_of_the_python_one() -> None:
    python = "\n".join(cell.source for cell in nbformat.read(FOLDER / "goodways.ipynb", as_version=4).cells)
    queries = re.findall(r"""ask\((['"])\n?(.*?)\1\)""", (FOLDER / "goodways.Rmd").read_text(encoding="utf-8"), re.S)
    assert len(queries) == 4
    assert [query for _, query in queries if query not in python] == []
