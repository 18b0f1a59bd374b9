"""The indexes follow the graph, and mend themselves."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import pytest

from kg import Store
from kg.records import Act, current, withdraw
from ontology import ID
from search import Encoder, Indexes
from search.passage_file import Entry
from search.passages import Passage
from tests.conftest import THREE
from web.workspace import Workspace


class CountingEncoder(Encoder):
    """The real model, with a list of the passages that it was asked to encode."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder.settings)
        self._model = encoder.model
        self.asked: list[str] = []

    def passages_with_sentences(
        self, passages: Sequence[Passage], tell: Callable[[int], None] = lambda _: None
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        self.asked += [passage.context for passage in passages]
        return super().passages_with_sentences(passages, tell)


@pytest.fixture
def counting(encoder: Encoder) -> CountingEncoder:
    return CountingEncoder(encoder)


@pytest.fixture
def three(small: Workspace, counting: CountingEncoder, write_records: Any) -> Callable[..., None]:
    """Imports the three records again, with changes to the first."""
    small.encoder = counting

    def store(**first: Any) -> None:
        report = small.import_files([write_records(THREE[0] | first, *THREE[1:])], dry_run=False, strict=False)
        assert not report.rejected

    return store


@contextmanager
def opened(workspace: Workspace) -> Iterator[tuple[Indexes, Store]]:
    indexes = workspace.indexes()
    with workspace.reading() as store:
        yield indexes, store
    indexes.close()


def finds(workspace: Workspace, text: str) -> list[str]:
    return [hit.id for hit in workspace.searcher().search(text).hits]


def test_nothing_is_encoded_twice(small: Workspace, counting: CountingEncoder, three: Any) -> None:
    three()
    with opened(small) as (indexes, store):
        assert indexes.sync(store, counting) == 0
    assert counting.asked == []


def test_a_changed_record_is_redone_alone(small: Workspace, counting: CountingEncoder, three: Any) -> None:
    three(summary="Twelve deaf learners built a boat.")
    assert [text for text in counting.asked if "boat" not in text] == []
    assert len(counting.asked) == 1
    assert finds(small, "deaf learners who built a boat")[0] == "one"
    with opened(small) as (indexes, store):
        assert indexes.disagreements(store) == []
        assert indexes.words.scores("interpreter", "en") == {}


def test_a_removed_record_is_gone(small: Workspace, counting: CountingEncoder, three: Any) -> None:
    with small.writing() as store:
        withdraw(store, [current(store)["one"].iri], Act("import", "test"), source="test")
        assert small.sync(store) == 1
    assert counting.asked == []
    assert "one" not in finds(small, "deaf joiners in Granada")
    with opened(small) as (indexes, _):
        assert indexes.words.scores("deaf joiners", "en") == {}
        assert set(indexes.passages.digests()) == {"two", "three"}


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def overwrite(path: Path) -> None:
    path.write_bytes(b"this is no index\n" * 500)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "deleted word index": lambda folder: rmtree(folder / "words"),
    "file in place of the word index": lambda folder: (rmtree(folder / "words"), (folder / "words").write_text("x")),
    "truncated list of word segments": lambda folder: truncate(folder / "words" / "meta.json"),
    "truncated words": lambda folder: [truncate(path) for path in folder.glob("words/*.term")],
    "emptied words": lambda folder: [path.write_bytes(b"") for path in folder.glob("words/*.store")],
    "overwritten words": lambda folder: [overwrite(path) for path in folder.glob("words/*.idx")],
    "deleted passages": lambda folder: (folder / "passages.sqlite").unlink(),
    "truncated passages": lambda folder: truncate(folder / "passages.sqlite"),
    "emptied passages": lambda folder: (folder / "passages.sqlite").write_bytes(b""),
    "overwritten passages": lambda folder: overwrite(folder / "passages.sqlite"),
    "everything deleted": rmtree,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_index_is_made_again(small: Workspace, counting: CountingEncoder, three: Any, damage: str) -> None:
    DAMAGES[damage](small.folder / "search")
    with opened(small) as (indexes, store):
        assert indexes.disagreements(store)
    with opened(small) as (indexes, store):
        indexes.sync(store, counting)
        assert indexes.disagreements(store) == []
        assert set(indexes.words.scores("Granada", "en")) == {"one"}
        assert set(indexes.passages.digests()) == {"one", "two", "three"}


def test_a_searcher_brings_missing_indexes_up_by_itself(small: Workspace, three: Any) -> None:
    rmtree(small.folder / "search")
    assert finds(small, "joiners in Granada")[0] == "one"


def test_another_model_makes_the_index_again(small: Workspace, counting: CountingEncoder, three: Any) -> None:
    counting.name = "another model"
    with opened(small) as (indexes, store):
        assert indexes.sync(store, counting) == 3
    assert len(counting.asked) == 3


def test_a_kill_between_words_and_passages_is_made_good(
    small: Workspace, counting: CountingEncoder, three: Any
) -> None:
    with opened(small) as (indexes, store):
        indexes.words.replace(["one"], [("one", "en", "half done"), ("one", "de", "halb fertig")])
        assert indexes.disagreements(store)
        indexes.sync(store, counting)
        assert indexes.disagreements(store) == []
        assert indexes.words.scores("halb", "de") == {}


def test_each_disagreement_is_named(small: Workspace, three: Any) -> None:
    vector = np.ones((1, 384), np.float32)
    passage = Passage("two", "record", "en", "Two", "Text.")
    with opened(small) as (indexes, store):
        assert indexes.disagreements(store) == []
        entries = [Entry(ID[f"practice/{name}"], digest, [], own, vector[: len(own)], [vector][: len(own)])
                   for name, digest, own in (("two", "old", [passage]), ("ghost", "x", []))]  # fmt: skip
        indexes.passages.replace(["one"], entries)
        said = "\n".join(indexes.disagreements(store))
    assert "one is in the graph and not in the search index." in said
    assert "ghost is in the search index and not in the graph." in said
    assert "two is in the search index in another version than in the graph." in said
    assert "2 texts with vectors, but 3 in the word index" in said


def test_many_records_are_indexed_in_batches_with_progress(small: Workspace, record: Any, write_records: Any) -> None:
    records = [record(id=f"r{n}", summary=f"Number {n}.", source=f"https://example.org/{n}") for n in range(40)]
    steps: list[tuple[str, int, int]] = []
    small.import_files([write_records(*records)], dry_run=False, strict=False, progress=lambda *s: steps.append(s))
    assert [step for step in steps if step[0] == "Search index"] == [("Search index", 32, 40), ("Search index", 40, 40)]
