"""Passage vectors in memory, free of language: near ones by FAISS, and any by their row.

Up to `EXACT_UP_TO` passages the index is exact (flat, float32). Above, it scans vectors of 8 bits a dimension (FAISS's
scalar quantiser) and what it finds is scored again with the vectors in half precision; how much of the exact result
that keeps is measured by `tests.benchmarks.search`, not assumed.
"""

import copy
import os

import faiss
import numpy as np

EXACT_UP_TO = 200_000
_SAMPLE = 4000
MOST = 4000  # rows that a scan of 8 bits gives back at most; its search by range is twenty times as slow
_SLACK = 1000  # rows of 8 bits that are scored again beyond those asked for
_TRAINING = 100_000


class VectorIndex:
    """Rows are passages in the order in which they came; each belongs to a record's position."""

    def __init__(self, vectors: np.ndarray, owners: np.ndarray) -> None:
        """Take the first vectors.

        Args:
            vectors: (passages, dimensions) float16, unit length, free of language.
            owners: (passages,) position of the record that each belongs to, ascending.

        """
        self._vectors = vectors.astype(np.float16, copy=False)
        self.owners = owners.astype(np.int64, copy=False)
        self._alive = np.ones(len(vectors), bool)
        self._index = _index(self._vectors)
        self._exact = isinstance(self._index, faiss.IndexFlat)
        faiss.omp_set_num_threads(1 if self._exact else os.cpu_count() or 1)  # short work is not worth waking threads
        self._take_sample()

    def __len__(self) -> int:
        return len(self.owners)

    def copied(self) -> "VectorIndex":
        """A copy that can be added to; both share what FAISS holds, of which this one sees its own rows only."""
        made = copy.copy(self)
        made._alive = self._alive.copy()
        return made

    def add(self, vectors: np.ndarray, owners: np.ndarray) -> None:
        """Append passages; their owners come after all that are there."""
        fresh = vectors.astype(np.float16, copy=False)
        if not len(self):
            VectorIndex.__init__(self, fresh, owners)
        elif len(fresh):
            self._vectors = np.concatenate([self._vectors, fresh])
            self.owners = np.concatenate([self.owners, owners])
            self._alive = np.concatenate([self._alive, np.ones(len(fresh), bool)])
            self._index.add(fresh.astype(np.float32))
            self._take_sample()

    def drop(self, positions: list[int]) -> None:
        """Take all passages of some records out."""
        self._alive[np.isin(self.owners, positions)] = False
        self._take_sample()

    def _take_sample(self) -> None:
        """All passages where there are few, some of many."""
        rows = np.flatnonzero(self._alive)
        if len(rows) > _SAMPLE:
            rows = rows[np.random.default_rng(1).integers(0, len(rows), _SAMPLE)]
        self._sample = self._vectors[rows].astype(np.float32)

    def background(self, query: np.ndarray) -> tuple[float, float]:
        """Mean and standard deviation of the scores of passages in general."""
        if not len(self._sample):
            return 0.0, 1.0
        scores = self._sample @ query
        return float(scores.mean()), float(scores.std()) or 1e-6

    def above(self, query: np.ndarray, floor: float) -> tuple[np.ndarray, np.ndarray]:
        """Rows that score at least `floor` (of many passages: the nearest `MOST` of them), and their scores."""
        if not len(self):
            return _nothing()
        if self._exact:
            _, scores, rows = self._index.range_search(query[None, :], floor)
            scores, rows = self._checked(query, scores, rows)
        else:
            rows, scores = self.nearest(query, MOST)
        return rows[scores >= floor], scores[scores >= floor]

    def nearest(self, query: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """The `count` nearest rows, and their scores."""
        if not len(self):
            return _nothing()
        gone = int((~self._alive).sum())
        wanted = min(len(self), (count if self._exact else count + _SLACK) + gone)
        scores, rows = self._index.search(query[None, :], wanted)
        scores, rows = self._checked(query, scores[0], rows[0])
        order = np.argsort(-scores, kind="stable")[:count]
        return rows[order], scores[order]

    def rows_of(self, positions: np.ndarray) -> np.ndarray:
        """The rows of some records (ascending positions)."""
        starts = np.searchsorted(self.owners, positions, side="left")
        lengths = np.searchsorted(self.owners, positions, side="right") - starts
        ends = np.cumsum(lengths)
        rows: np.ndarray = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - lengths), lengths)
        return rows

    def scores(self, query: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Cosines of some rows with a question."""
        found: np.ndarray = self._vectors[rows].astype(np.float32) @ query
        return found

    def of_record(self, position: int) -> np.ndarray:
        """The vectors (passages, dimensions) of one record."""
        own: np.ndarray = self._vectors[self.rows_of(np.array([position]))].astype(np.float32)
        return own

    def _checked(self, query: np.ndarray, scores: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, scores = rows[rows < len(self)], scores[rows < len(self)]
        kept = (rows >= 0) & self._alive[rows]
        rows = rows[kept]
        exact: np.ndarray = scores[kept] if self._exact else self.scores(query, rows)
        return exact, rows


def _index(vectors: np.ndarray) -> faiss.Index:
    count, dimensions = vectors.shape
    if count <= EXACT_UP_TO:
        index: faiss.Index = faiss.IndexFlatIP(dimensions)
    else:
        index = faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        chosen = np.random.default_rng(1).permutation(count)[:_TRAINING]
        index.train(vectors[chosen].astype(np.float32))
    for start in range(0, count, 100_000):
        index.add(vectors[start : start + 100_000].astype(np.float32))
    return index


def _nothing() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(0, np.int64), np.zeros(0, np.float32)
