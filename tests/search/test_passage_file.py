"""The file that keeps passages, vectors and values."""

from pathlib import Path

import numpy as np
import pytest
from rdflib import URIRef

from kg import DataFolderError
from ontology import ID
from search.passage_file import Entry, PassageFile
from search.passages import Passage

HAS = ("country", URIRef("http://example.org/LT"))


def entry(record: str, digest: str, text: str, language: str = "en", **changes: object) -> Entry:
    vector = np.eye(1, 4, len(text) % 4, dtype=np.float32)
    passage = Passage(record, "record", language, record.upper(), text)
    given = {"values": [HAS], "passages": [passage], "vectors": vector, "sentences": [vector]} | changes
    return Entry(ID[f"practice/{record}"], digest, **given)  # type: ignore[arg-type]


def two(file: PassageFile) -> None:
    file.replace([], [entry("a", "d1", "one"), entry("b", "d2", "zwei", "de")])


def texts(file: PassageFile) -> list[str]:
    return sorted(passage.text for passage, _ in file.passages(file.vectors()[0].tolist()).values())


def test_the_file_gives_back_what_was_put_in(tmp_path: Path) -> None:
    file = PassageFile(tmp_path / "p.sqlite")
    two(file)
    file.remember("made by", "x")
    file.close()
    again = PassageFile(tmp_path / "p.sqlite")
    numbers, records, languages, vectors = again.vectors()
    stored = again.records()
    assert languages == ["en", "de"]
    assert records.tolist() == stored.numbers.tolist()
    assert vectors.tolist() == [[0, 0, 0, 1], [1, 0, 0, 0]]
    assert stored.iris == [ID["practice/a"], ID["practice/b"]]
    assert stored.lengths.tolist() == [1, 1]
    assert [stored.known[key] for key in stored.values.tolist()] == [HAS, HAS]
    passage, sentences = again.passages([int(numbers[0])])[int(numbers[0])]
    assert (passage.record, passage.text) == ("a", "one")
    assert sentences.tolist() == [[0, 0, 0, 1]]
    assert again.digests() == {"a": "d1", "b": "d2"}
    assert again.meta("made by") == "x"


def test_a_passage_keeps_its_page() -> None:
    file = PassageFile(None)
    vector = np.eye(1, 4, dtype=np.float32)
    paged = [Passage("a", "text", "en", "A", "one", page) for page in (12, None)]
    file.replace([], [entry("a", "d", "", passages=paged, vectors=np.vstack([vector] * 2), sentences=[vector] * 2)])
    found = file.passages(file.vectors()[0].tolist())
    assert [passage.page for passage, _ in found.values()] == [12, None]


def test_replacing_a_record_replaces_its_passages_only() -> None:
    file = PassageFile(None)
    two(file)
    file.replace([], [entry("a", "d3", "new")])
    assert file.digests() == {"a": "d3", "b": "d2"}
    assert texts(file) == ["new", "zwei"]


def test_only_what_was_written_since_is_read_again() -> None:
    file = PassageFile(None)
    two(file)
    last = int(file.records().numbers.max())
    assert len(file.records(last)) == 0
    file.replace(["b"], [entry("a", "d3", "new"), entry("c", "d4", "more")])
    assert file.records(last).iris == [ID["practice/a"], ID["practice/c"]]
    assert len(file.vectors(last)[0]) == 2
    assert file.count() == 2


def test_numbers_are_never_given_twice() -> None:
    file = PassageFile(None)
    two(file)
    last = int(file.records().numbers.max())
    file.replace(["a", "b"], [])
    file.clear()
    file.replace([], [entry("c", "d", "later")])
    assert (file.records().numbers > last).tolist() == [True]


def test_a_replacement_that_fails_changes_nothing() -> None:
    file = PassageFile(None)
    two(file)
    with pytest.raises(ValueError, match="zip"):
        file.replace(["a"], [entry("c", "d3", "new"), entry("a", "d3", "new", vectors=np.ones((2, 4), np.float32))])
    assert file.digests() == {"a": "d1", "b": "d2"}
    assert texts(file) == ["one", "zwei"]


def test_a_file_of_another_version_is_made_again(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "p.sqlite"
    old = sqlite3.connect(path)
    old.execute("CREATE TABLE record (id TEXT PRIMARY KEY, digest TEXT)")
    old.execute("INSERT INTO record VALUES ('a', 'd')")
    old.commit()
    old.close()
    file = PassageFile(path)
    assert file.digests() == {}
    two(file)
    assert file.count() == 2


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataFolderError, match="run `goodways build`"):
        PassageFile(tmp_path)
