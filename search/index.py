"""The indexes as a projection of the graph: what is missing or stale is redone, what is gone is dropped."""

from collections.abc import Callable, Sequence
from pathlib import Path

from rdflib import Graph, URIRef

from kg import DataFolderError, Store
from kg.records import Version, current
from ontology import record_graph

from .facets import values_of
from .model import Encoder
from .passage_file import LAYOUT, Entry, PassageFile
from .passages import Passage, passages_of
from .words import WordIndex, remove_folder

BATCH = 512  # records a transaction: the more, the less the encoder pads
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
        self.start_again_if_needed(encoder)
        wanted = current(store)
        have = self.passages.digests()
        gone = [record for record in have if record not in wanted]
        stale = [version for version in wanted.values() if have.get(version.id) != version.digest]
        if gone:
            self.write(gone, [])
        for start in range(0, len(stale), BATCH):
            batch = stale[start : start + BATCH]

            def tell(share: float, start: int = start, size: int = len(batch)) -> None:
                progress("Search index", start + int(share * size), len(stale))

            self.write([version.id for version in batch], _entries(store, encoder, batch, tell))
        return len(gone) + len(stale)

    def agree_at(self, stamp: str, encoder: Encoder) -> bool:
        """Whether indexes and graph were at one when the data folder had this stamp, made by this encoder."""
        made_by = self.passages.meta("made by") == f"{LAYOUT} {encoder.name}"
        whole = self.passages.count_texts() == self.words.count()
        return bool(stamp) and made_by and whole and self.passages.meta("agrees at") == stamp

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

    def start_again_if_needed(self, encoder: Encoder) -> None:
        """Throw away what another model or layout has made, and what two indexes do not agree on."""
        made_by = f"{LAYOUT} {encoder.name}"
        if self.passages.meta("made by") != made_by or self.passages.count_texts() != self.words.count():
            self.words.clear()
            self.passages.clear()
            self.passages.remember("made by", made_by)

    def write(self, removed: list[str], entries: list[Entry]) -> None:
        """Take records out and put others in; words first, so that a kill in between leaves what counts as missing."""
        self.words.replace(removed, [text for entry in entries for text in _texts(entry.passages)])
        self.passages.replace(removed, entries)


def _entries(store: Store, encoder: Encoder, versions: list[Version], tell: Callable[[float], None]) -> list[Entry]:
    """Records as they are indexed; all of their passages are encoded together, and `tell` hears which share is done."""
    graphs: dict[str, Graph] = {version.id: store.graph(record_graph(version.id)) for version in versions}
    passages = {version.id: passages_of(version.iri, graphs[version.id]) for version in versions}
    texts = [passage for version in versions for passage in passages[version.id]]
    vectors, sentences = encoder.passages_with_sentences(texts, lambda done: tell(done / len(texts)))
    entries, at = [], 0
    for version in versions:
        own, end = passages[version.id], at + len(passages[version.id])
        values = values_of(URIRef(version.iri), graphs[version.id])
        entries.append(Entry(version.iri, version.digest, values, own, vectors[at:end], sentences[at:end]))
        at = end
    return entries


def _texts(passages: Sequence[Passage]) -> list[tuple[str, str, str]]:
    """(record, language, title and whole text): words are counted over a record, not over its pieces."""
    texts: dict[tuple[str, str], list[str]] = {}
    for passage in passages:
        texts.setdefault((passage.record, passage.language), [passage.title]).append(passage.text)
    return [(record, language, "\n".join(parts)) for (record, language), parts in texts.items()]
