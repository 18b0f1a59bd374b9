"""Records cut into passages, and the file that keeps passages and vectors."""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from kg import DataFolderError
from ontology import GW

MAX_WORDS = 200
_SENTENCE_END = re.compile(r"(?<=[.!?;…])\s+(?=\S)")
_DETAILS = (GW.outcome, GW.challenges, GW.transfer, GW.evidence, GW.resources)


@dataclass(frozen=True)
class Passage:
    """A piece of a record's text in one language."""

    record: str
    field: str
    """`record` (summary and details) or `text` (the full text)."""
    language: str
    title: str
    """The record's title in this language (or any): read along with the text, not shown as part of it."""
    text: str

    @property
    def context(self) -> str:
        """What is encoded and indexed: title and text."""
        return f"{self.title}. {self.text}" if self.title else self.text


def passages_of(record: URIRef, graph: Graph) -> list[Passage]:
    """The passages of a record: its summary with its details, and its full text, by language."""
    record_id = str(record).rpartition("/")[2]
    titles = _by_language(graph, record, DCTERMS.title)
    any_title = next(iter(titles.values()), "")
    found: list[Passage] = []
    for field, properties in (("record", (DCTERMS.abstract, *_DETAILS)), ("text", (GW.text,))):
        texts: dict[str, list[str]] = {}
        for prop in properties:
            for language, text in _by_language(graph, record, prop).items():
                texts.setdefault(language, []).append(text)
        for language in sorted(texts):
            title = titles.get(language, any_title)
            found.extend(Passage(record_id, field, language, title, piece) for piece in cut("\n".join(texts[language])))
    return found


def cut(text: str, most: int = MAX_WORDS) -> list[str]:
    """Pieces of at most about `most` words that end at a sentence's end where they can."""
    pieces: list[list[str]] = [[]]
    for sentence in sentences(text):
        words = sentence.split()
        if pieces[-1] and len(pieces[-1]) + len(words) > most:
            pieces.append([])
        while len(words) > most:
            pieces[-1].extend(words[:most])
            pieces.append([])
            words = words[most:]
        pieces[-1].extend(words)
    return [" ".join(piece) for piece in pieces if piece]


def sentences(text: str) -> list[str]:
    """A text at its sentence ends and line breaks."""
    return [part for line in text.splitlines() for part in _SENTENCE_END.split(line.strip()) if part]


def _by_language(graph: Graph, record: URIRef, prop: URIRef) -> dict[str, str]:
    return {
        value.language: str(value)
        for value in sorted(graph.objects(record, prop), key=str)
        if isinstance(value, Literal) and value.language
    }


class PassageFile:
    """Passages with their raw vectors in one SQLite file; every change is one transaction."""

    def __init__(self, path: Path | None) -> None:
        """Open or create the file; `None` keeps it in memory. A damaged one is thrown away: the graph has it all.

        Raises:
            DataFolderError: it cannot be opened.

        """
        self.path = path
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._db = _connect(path)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                for ending in ("", "-wal", "-shm"):
                    Path(f"{path}{ending}").unlink(missing_ok=True)
                self._db = _connect(path)
        except (sqlite3.Error, OSError) as error:
            raise DataFolderError(
                f"The search index {path} cannot be opened ({error}); check its permissions, or delete it and run "
                "`goodways build`."
            ) from error

    def meta(self, name: str) -> str:
        """A remembered value, or nothing."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else ""

    def remember(self, name: str, value: str) -> None:
        """Keep a value."""
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def digests(self) -> dict[str, str]:
        """Record id -> digest of the version that was indexed."""
        return dict(self._db.execute("SELECT id, digest FROM record"))

    def replace(
        self, removed: Iterable[str], records: Iterable[tuple[str, str]], passages: list[Passage], vectors: np.ndarray
    ) -> None:
        """Take records out and put others in, in one transaction.

        Args:
            removed: record ids.
            records: (id, digest) of those that come in.
            passages: theirs.
            vectors: raw vectors, (passages, dimensions) float32.

        """
        rows = (
            (p.record, p.field, p.language, p.title, p.text, vector.astype("<f4").tobytes())
            for p, vector in zip(passages, vectors, strict=True)
        )
        with self._db:
            for record in removed:
                self._db.execute("DELETE FROM passage WHERE record = ?", (record,))
                self._db.execute("DELETE FROM record WHERE id = ?", (record,))
            self._db.executemany("INSERT INTO record VALUES (?, ?)", records)
            self._db.executemany(
                "INSERT INTO passage (record, field, language, title, text, vector) VALUES (?, ?, ?, ?, ?, ?)", rows
            )

    def vectors(self) -> Iterator[tuple[int, str, str, bytes]]:
        """(passage number, record id, language, raw vector) of every passage."""
        yield from self._db.execute("SELECT number, record, language, vector FROM passage ORDER BY number")

    def passages(self, numbers: Iterable[int]) -> dict[int, Passage]:
        """Passages by number."""
        wanted = list(numbers)
        marks = ",".join("?" * len(wanted))
        query = f"SELECT number, record, field, language, title, text FROM passage WHERE number IN ({marks})"  # noqa: S608
        return {row[0]: Passage(*row[1:]) for row in self._db.execute(query, wanted)}

    def count_texts(self) -> int:
        """How many texts there are: records times the languages that each has."""
        query = "SELECT count(*) FROM (SELECT DISTINCT record, language FROM passage)"
        return int(self._db.execute(query).fetchone()[0])

    def clear(self) -> None:
        """Take everything out."""
        with self._db:
            self._db.execute("DELETE FROM passage")
            self._db.execute("DELETE FROM record")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=30)
    try:
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS record (id TEXT PRIMARY KEY, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passage (
  number INTEGER PRIMARY KEY, record TEXT NOT NULL, field TEXT NOT NULL, language TEXT NOT NULL,
  title TEXT NOT NULL, text TEXT NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS passage_record ON passage (record);
"""
