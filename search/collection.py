"""Everything that is searched, in memory: records by position, their facets, and their passages' vectors.

Positions and rows only grow: a record that is written again gets a new position, and its old one stays empty. So
what has changed can be added without building anything again.
"""

import copy
from collections.abc import Iterable

import numpy as np
from rdflib import URIRef

from .facets import Facets
from .labels import Concepts
from .languages import LanguageSpace
from .passage_file import PassageFile, StoredRecords
from .vectors import VectorIndex

_STEP = 50_000


class Collection:
    """One state of an index file."""

    def __init__(self, file: PassageFile, concepts: Concepts, space: LanguageSpace) -> None:
        self._file, self._space = file, space
        self.facets = Facets(concepts)
        self.records: list[URIRef] = []
        """IRIs by position; those of records that are gone stay."""
        self.positions: dict[str, int] = {}
        """Record id -> its position now."""
        self.numbers = np.zeros(0, np.int64)
        """(rows,) number of each passage in the file."""
        self.languages: dict[str, np.ndarray] = {}
        """Language -> positions of the records that have text in it, ascending."""
        self.vectors = VectorIndex(np.zeros((0, 1), np.float16), np.zeros(0, np.int64))
        self._last = 0
        self._take_up()

    def __len__(self) -> int:
        return len(self.positions)

    def refreshed(self) -> "Collection":
        """The same with what was written since; this one stays as it is for who reads from it."""
        made = copy.copy(self)
        made.records, made.positions, made.languages = list(self.records), dict(self.positions), dict(self.languages)
        made.facets, made.vectors = self.facets.copied(), self.vectors.copied()
        made._take_up()
        return made

    def _take_up(self) -> None:
        with self._file.snapshot():
            self._read()

    def _read(self) -> None:
        fresh = self._file.records(self._last)
        self._append(fresh)
        if len(self.positions) != self._file.count():
            kept = self._file.digests()
            gone = [record for record in self.positions if record not in kept]
            self._forget(gone)

    def _append(self, fresh: StoredRecords) -> None:
        if not len(fresh):
            return
        first = len(self.records)
        ids = [iri.rpartition("/")[2] for iri in fresh.iris]
        self._forget(record for record in ids if record in self.positions)
        self.records += fresh.iris
        self.positions |= dict(zip(ids, range(first, first + len(ids)), strict=True))
        self.facets.add(fresh.lengths, fresh.values, fresh.known)
        numbers, owners, languages, raw = self._file.vectors(self._last)
        owners = first + np.searchsorted(fresh.numbers, owners)
        self.numbers = np.concatenate([self.numbers, numbers])
        self.vectors.add(self._without_language(raw), owners)
        self._remember_languages(owners, languages)
        self._last = int(fresh.numbers[-1])

    def _without_language(self, raw: np.ndarray) -> np.ndarray:
        """The vectors in half precision, in steps that do not need several times their memory."""
        steps = [raw[start : start + _STEP] for start in range(0, len(raw), _STEP)]
        free = [self._space.without_language(step.astype(np.float32)).astype(np.float16) for step in steps]
        return np.concatenate(free) if free else raw

    def _remember_languages(self, owners: np.ndarray, languages: list[str]) -> None:
        spoken = np.array(languages)
        for language in sorted(set(languages)):
            fresh = np.unique(owners[spoken == language])
            self.languages[language] = np.concatenate([self.languages.get(language, fresh[:0]), fresh])

    def _forget(self, records: Iterable[str]) -> None:
        positions = [self.positions.pop(record) for record in list(records)]
        if positions:
            self.facets.drop(positions)
            self.vectors.drop(positions)

    def speaking(self, language: str, positions: np.ndarray) -> np.ndarray:
        """(positions,) which of some records have text in a language."""
        return np.isin(positions, self.languages.get(language, np.zeros(0, np.int64)))
