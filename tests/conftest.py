"""What tests share: the real model, a graph and indexes over the real corpus, small records."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # processes side by side take one core each; said before torch reads it
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright
from pyoxigraph import Quad
from starlette.testclient import TestClient

import ingest
from kg import EmbeddedStore, Settings
from search import Encoder, Searcher
from web.server import create_app
from web.workspace import Workspace

ROOT = Path(__file__).parent.parent
_BROWSER_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
SHARED = Path(os.environ.get("GOODWAYS_SHARED", ROOT.parent / "shared"))


_BASE = {"type": "GoodPractice", "language": "en"}
THREE: list[dict[str, Any]] = [
    _BASE
    | {
        "id": "one",
        "title": {"en": "Deaf learners train as joiners in Granada", "lt": "Kurtieji mokiniai Granadoje"},
        "summary": "Twelve deaf learners worked in a joinery. An interpreter went with them.",
        "source": "https://example.org/one",
        "country": ["LT"],
        "destination": ["ES"],
        "addresses": ["eplus-2021.disability-sensory"],
    },
    _BASE
    | {
        "id": "two",
        "title": "Young cooks go to Cork",
        "summary": "Six unemployed young people worked in hotel kitchens for a month.",
        "source": "https://example.org/two",
        "country": ["IE"],
        "addresses": ["eplus-2021.economic-unemployment"],
    },
    _BASE
    | {
        "id": "three",
        "type": "TrainingMaterial",
        "title": "A checklist for the first stay abroad",
        "summary": "What teachers check before, during and after a placement.",
        "source": "https://example.org/three",
        "materialType": ["checklist"],
    },
]
"""Records of the small workspace."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """Third-party data beside the checkout; tests that need it are skipped without."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"needs the folder of third-party data; it is not at {SHARED} (set GOODWAYS_SHARED)")
    return SHARED / "data"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The real model, loaded once."""
    return Encoder(Settings())


def workspace_at(folder: Path, encoder: Encoder) -> Workspace:
    """A workspace in a folder that shares the loaded model."""
    made = Workspace(Settings(data=folder, query_workers=2))
    made.encoder = encoder
    return made


@pytest.fixture(scope="session")
def corpus_workspace(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Workspace:
    """Graph and indexes over the whole corpus; to be read only. The first process of a run builds it for all."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "corpus"
    made = workspace_at(folder, encoder)
    with FileLock(f"{folder}.lock"):
        if not made.stamp():
            threads = torch.get_num_threads()
            torch.set_num_threads(os.cpu_count() or 1)  # the others wait for this
            report = made.build(ROOT / "corpus")
            torch.set_num_threads(threads)
            assert not report.rejected, report.rejected
    return made


@pytest.fixture(scope="session")
def searcher(corpus_workspace: Workspace) -> Searcher:
    """A searcher over the whole corpus."""
    return corpus_workspace.searcher()


@pytest.fixture
def workspace(tmp_path: Path, encoder: Encoder) -> Workspace:
    """An empty workspace."""
    return workspace_at(tmp_path / "data", encoder)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, vocabulary: list[Quad]) -> Path:
    """A data folder with three records; to be copied, not changed."""
    folder = tmp_path_factory.mktemp("small")
    made = workspace_at(folder / "data", encoder)
    with made.writing() as store:
        store.load(vocabulary)
    path = folder / "three.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in THREE), encoding="utf-8")
    report = made.import_files([path], dry_run=False, strict=False)
    assert len(report.added) == 3, report.rejected
    return folder / "data"


@pytest.fixture
def small(tmp_path: Path, small_folder: Path, encoder: Encoder) -> Workspace:
    """A workspace with three records of its own."""
    return workspace_at(Path(shutil.copytree(small_folder, tmp_path / "small")), encoder)


@pytest.fixture
def store() -> Iterator[EmbeddedStore]:
    """A graph in memory."""
    made = EmbeddedStore(None)
    yield made
    made.close()


@pytest.fixture(scope="session")
def vocabulary() -> list[Quad]:
    """The vocabulary as a build leaves it, less the bulk of its translations."""
    made = EmbeddedStore(None)
    ingest.load_vocabulary(made)
    return [quad for quad in (*made.quads(), *made.private.quads()) if "/labels/" not in str(quad.graph_name)]


@pytest.fixture
def vocabulary_store(store: EmbeddedStore, vocabulary: list[Quad]) -> EmbeddedStore:
    """A graph in memory that holds the vocabulary and no record."""
    store.load(vocabulary)
    return store


@pytest.fixture
def record() -> Callable[..., dict[str, Any]]:
    """Makes a small valid record; fields given by name are put in or, as None, left out."""

    def make(**fields: Any) -> dict[str, Any]:
        base: dict[str, Any] = {
            "id": "deaf-joiners-granada",
            "type": "GoodPractice",
            "title": "Deaf learners train as joiners in Granada",
            "summary": "Twelve deaf learners worked in a joinery for three weeks. An interpreter went with them. "
            "All of them finished, and two came back for a longer stay.",
            "language": "en",
            "source": "https://example.org/granada",
        } | fields
        return {name: value for name, value in base.items() if value is not None}

    return make


@pytest.fixture
def write_records(tmp_path: Path) -> Callable[..., Path]:
    """Writes records as JSON Lines; what is a string is written as it is."""

    def write(*records: Any, name: str = "records.jsonl") -> Path:
        path = tmp_path / name
        lines = (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def client(corpus_workspace: Workspace) -> Iterator[TestClient]:
    """The application over the whole corpus, in this process."""
    with TestClient(create_app(corpus_workspace), follow_redirects=False, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as Debian has it."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert found, "Chromium is not installed; `make browser` says how to get it."
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=_BROWSER_ARGUMENTS)
        yield started
        started.close()
