"""The indexes as a projection of the graph: what is missing or stale is redone, what is gone is dropped."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from rdflib import Graph, URIRef

from kg import DataFolderError, Store
from kg.records import Version, current
from ontology import record_graph

from .model import Encoder
from .passages import Passage, PassageFile, passages_of
from .words import WordIndex, remove_folder

BATCH = 32  # records a transaction
LAYOUT = "3"  # raise when passages or word forms change
Progress = Callable[[str, int, int], None]


class Indexes:
    """Passages with vectors, and words, in one folder."""

    def __init__(self, folder: Path | None) -> None:
        """Open or create both; an index that cannot be read is thrown away, for it can be made again."""
        self.folder = folder
        self.passages = PassageFile(folder / "passages.sqlite" if folder else None)
        words = folder / "words" if folder else None
        try:
            self.words = WordIndex(words)
        except DataFolderError:
            if words is None:
                raise
            remove_folder(words)
            self.passages.clear()
            self.words = WordIndex(words)

    def sync(self, store: Store, encoder: Encoder, progress: Progress = lambda *_: None) -> int:
        """Bring the indexes to the state of the graph; returns how many records were touched.

        The words are written before the passages, so a kill in between leaves a record that counts as
        missing and is done again.
        """
        self._start_again_if_needed(encoder)
        wanted = current(store)
        have = self.passages.digests()
        gone = [record for record in have if record not in wanted]
        stale = [version for version in wanted.values() if have.get(version.id) != version.digest]
        if gone:
            self._write(gone, [], [], np.zeros((0, 0), np.float32))
        for start in range(0, len(stale), BATCH):
            batch = stale[start : start + BATCH]
            graphs = _graphs(store, batch)
            passages = [p for version in batch for p in passages_of(version.iri, graphs[version.iri])]
            vectors = _encode(encoder, passages)
            self._write([v.id for v in batch], [(v.id, v.digest) for v in batch], passages, vectors)
            progress("Search index", min(start + BATCH, len(stale)), len(stale))
        return len(gone) + len(stale)

    def disagreements(self, store: Store) -> list[str]:
        """Where indexes and graph do not agree, in sentences."""
        wanted = {record: version.digest for record, version in current(store).items()}
        have = self.passages.digests()
        found = [f"{record} is in the graph and not in the search index." for record in sorted(wanted.keys() - have)]
        found += [f"{record} is in the search index and not in the graph." for record in sorted(have.keys() - wanted)]
        found += [
            f"{record} is in the search index in another version than in the graph."
            for record in sorted(wanted.keys() & have.keys())
            if wanted[record] != have[record]
        ]
        texts, words = self.passages.count_texts(), self.words.count()
        if texts != words:
            found.append(f"There are {texts} texts with vectors, but {words} in the word index.")
        return found

    def close(self) -> None:
        """Close the files."""
        self.passages.close()

    def _start_again_if_needed(self, encoder: Encoder) -> None:
        made_by = f"{LAYOUT} {encoder.name}"
        if self.passages.meta("made by") != made_by or self.passages.count_texts() != self.words.count():
            self.words.clear()
            self.passages.clear()
            self.passages.remember("made by", made_by)

    def _write(
        self, removed: list[str], records: list[tuple[str, str]], passages: list[Passage], vectors: np.ndarray
    ) -> None:
        self.words.replace(removed, _texts(passages))
        self.passages.replace(removed, records, passages, vectors)


def _graphs(store: Store, versions: list[Version]) -> dict[URIRef, Graph]:
    return {version.iri: store.graph(record_graph(version.id)) for version in versions}


def _encode(encoder: Encoder, passages: list[Passage]) -> np.ndarray:
    if not passages:
        return np.zeros((0, 0), np.float32)
    return encoder.passages([passage.context for passage in passages])


def _texts(passages: list[Passage]) -> list[tuple[str, str, str]]:
    """(record, language, title and whole text): words are counted over a record, not over its pieces."""
    texts: dict[tuple[str, str], list[str]] = {}
    for passage in passages:
        texts.setdefault((passage.record, passage.language), [passage.title]).append(passage.text)
    return [(record, language, "\n".join(parts)) for (record, language), parts in texts.items()]
