"""Passage vectors in FAISS, exact (flat) inner product, free of language."""

import faiss
import numpy as np

from .languages import LanguageSpace
from .passages import PassageFile

DEPTH = 5000  # passages looked at for one question
_SAMPLE = 2000


class VectorIndex:
    """All passages in memory; knows which record and which language each belongs to."""

    def __init__(self, passages: PassageFile, space: LanguageSpace, positions: dict[str, int]) -> None:
        """Load the vectors.

        Args:
            passages: where they are kept, raw.
            space: what is projected out of them.
            positions: record id -> its position among all records.

        """
        numbers, records, languages, blobs = [], [], [], []
        for number, record, language, blob in passages.vectors():
            if record in positions:
                numbers.append(number)
                records.append(positions[record])
                languages.append(language)
                blobs.append(blob)
        raw = np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), -1) if blobs else np.zeros((0, 1), np.float32)
        vectors = space.without_language(raw) if blobs else raw
        self.numbers = np.array(numbers, np.int64)
        self.records = np.array(records, np.int64)
        self.languages = np.array(languages)
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        if blobs:
            self._index.add(vectors)
        chosen = np.random.default_rng(1).permutation(len(vectors))[:_SAMPLE]
        self._sample = vectors[chosen]
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self.numbers)

    def search(self, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores and row numbers of the nearest passages of one vector, best first."""
        scores, rows = self._index.search(query[None, :], min(DEPTH, max(1, len(self))))
        found = rows[0] >= 0
        return scores[0][found], rows[0][found]

    def background(self, query: np.ndarray) -> tuple[float, float]:
        """Mean and standard deviation of the scores of passages in general."""
        scores = self._sample @ query
        return float(scores.mean()), float(scores.std()) or 1e-6

    def of_record(self, position: int) -> np.ndarray:
        """The vectors (passages, dimensions) of one record."""
        own: np.ndarray = self._vectors[self.records == position]
        return own
