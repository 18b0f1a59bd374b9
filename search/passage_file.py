"""The file that keeps what is searched: passages, their vectors, and the values of the facets.

Vectors lie in a table of their own, small and in half precision, so that a start reads them in one sweep. They are
raw, as the model gives them: the language is projected out when they are read.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rdflib import URIRef

from kg import DataFolderError

from .facets import Value
from .passages import Passage

LAYOUT = 6  # raise when tables, passages or word forms change


@dataclass(frozen=True)
class Entry:
    """A record as it is indexed."""

    iri: URIRef
    digest: str
    values: Sequence[Value]
    """What facets it has, as it says itself."""
    passages: Sequence[Passage]
    vectors: np.ndarray
    """(passages, dimensions)."""
    sentences: Sequence[np.ndarray]
    """For each passage (sentences, dimensions)."""

    @property
    def id(self) -> str:
        """The record's id."""
        return self.iri.rpartition("/")[2]


@dataclass(frozen=True)
class StoredRecords:
    """Records as a start reads them, in the order of their numbers."""

    numbers: np.ndarray
    """(records,) grows with every write."""
    iris: list[URIRef]
    lengths: np.ndarray
    """(records,) how many values each has."""
    values: np.ndarray
    """(all values,) of one record after the other, as keys of `known`."""
    known: dict[int, Value]

    def __len__(self) -> int:
        return len(self.iris)


class PassageFile:
    """One SQLite file; every change is one transaction."""

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

    def replace(self, removed: Iterable[str], entries: Sequence[Entry]) -> None:
        """Take records out and put others in, in one transaction."""
        with self._db:
            gone = [(record,) for record in {*removed, *(entry.id for entry in entries)}]
            for table in ("vector", "passage"):
                self._db.executemany(
                    f"DELETE FROM {table} WHERE record = (SELECT number FROM record WHERE id = ?)",  # noqa: S608
                    gone,
                )
            self._db.executemany("DELETE FROM record WHERE id = ?", gone)
            for entry in entries:
                self._insert(entry)

    def _insert(self, entry: Entry) -> None:
        values = np.array([self._value_number(value) for value in entry.values], "<i4").tobytes()
        row = (entry.id, str(entry.iri), entry.digest, values)
        number = self._db.execute('INSERT INTO record (id, iri, digest, "values") VALUES (?, ?, ?, ?)', row).lastrowid
        for passage, vector, sentences in zip(entry.passages, entry.vectors, entry.sentences, strict=True):
            texts = (number, passage.field, passage.language, passage.title, passage.text, passage.page)
            place = self._db.execute(
                "INSERT INTO passage (record, field, language, title, text, page, sentences)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*texts, _blob(sentences)),
            ).lastrowid
            self._db.execute("INSERT INTO vector VALUES (?, ?, ?, ?)", (place, number, passage.language, _blob(vector)))

    def _value_number(self, value: Value) -> int:
        name, iri = value
        self._db.execute("INSERT OR IGNORE INTO value (facet, iri) VALUES (?, ?)", (name, str(iri)))
        found = self._db.execute("SELECT number FROM value WHERE facet = ? AND iri = ?", (name, str(iri))).fetchone()
        return int(found[0])

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything that is read within sees one state, whatever others write meanwhile."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    def count(self) -> int:
        """How many records there are."""
        return int(self._db.execute("SELECT count(*) FROM record").fetchone()[0])

    def records(self, after: int = 0) -> StoredRecords:
        """The records that were written after a number."""
        query = 'SELECT number, iri, "values" FROM record WHERE number > ? ORDER BY number'
        rows = self._db.execute(query, (after,)).fetchall()
        known = {n: (name, URIRef(iri)) for n, name, iri in self._db.execute("SELECT number, facet, iri FROM value")}
        numbers = np.array([row[0] for row in rows], np.int64)
        iris = [str.__new__(URIRef, row[1]) for row in rows]  # as they came from the graph: no need to check them again
        lengths = np.array([len(row[2]) // 4 for row in rows], np.int64)
        return StoredRecords(numbers, iris, lengths, np.frombuffer(b"".join(row[2] for row in rows), "<i4"), known)

    def vectors(self, after: int = 0) -> tuple[np.ndarray, np.ndarray, list[str], np.ndarray]:
        """Of the passages of these records: their numbers, record numbers, languages, and raw vectors (float16)."""
        rows = self._db.execute(
            "SELECT number, record, language, data FROM vector WHERE record > ? ORDER BY record", (after,)
        )
        numbers, records, languages, blobs = [], [], [], []
        for number, record, language, blob in rows:
            numbers.append(number)
            records.append(record)
            languages.append(language)
            blobs.append(blob)
        data = np.frombuffer(b"".join(blobs), "<f2").reshape(len(blobs), -1) if blobs else np.zeros((0, 1), np.float16)
        return np.array(numbers, np.int64), np.array(records, np.int64), languages, data

    def passages(self, numbers: Iterable[int]) -> dict[int, tuple[Passage, np.ndarray]]:
        """Passages by number, each with the raw vectors of its sentences (sentences, dimensions)."""
        wanted = list(numbers)
        marks = ",".join("?" * len(wanted))
        query = f"""SELECT passage.number, id, field, language, title, text, page, sentences
            FROM passage JOIN record ON record.number = passage.record WHERE passage.number IN ({marks})"""  # noqa: S608
        found = {}
        for number, *columns, blob in self._db.execute(query, wanted):
            passage = Passage(*columns)
            count = max(1, len(passage.sentences))
            found[number] = (passage, np.frombuffer(blob, "<f2").astype(np.float32).reshape(count, -1))
        return found

    def count_texts(self) -> int:
        """How many texts there are: records times the languages that each has."""
        query = "SELECT count(*) FROM (SELECT DISTINCT record, language FROM vector)"
        return int(self._db.execute(query).fetchone()[0])

    def clear(self) -> None:
        """Take everything out; numbers go on growing."""
        with self._db:
            for table in ("record", "passage", "vector", "value"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _blob(vectors: np.ndarray) -> bytes:
    return vectors.astype("<f2").tobytes()


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=30)
    try:
        (layout,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and layout != LAYOUT:
            raise sqlite3.DatabaseError("made by another version")
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


_SCHEMA = f"""
PRAGMA user_version = {LAYOUT};
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS value (
  number INTEGER PRIMARY KEY, facet TEXT NOT NULL, iri TEXT NOT NULL, UNIQUE (facet, iri));
CREATE TABLE IF NOT EXISTS record (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, iri TEXT NOT NULL, digest TEXT NOT NULL,
  "values" BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS passage (
  number INTEGER PRIMARY KEY AUTOINCREMENT, record INTEGER NOT NULL, field TEXT NOT NULL, language TEXT NOT NULL,
  title TEXT NOT NULL, text TEXT NOT NULL, page INTEGER, sentences BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS vector (
  number INTEGER PRIMARY KEY, record INTEGER NOT NULL, language TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS passage_record ON passage (record);
CREATE INDEX IF NOT EXISTS vector_record ON vector (record);
"""
