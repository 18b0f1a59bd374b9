"""What in a vector is language, and what is meaning.

The vectors of a multilingual model cluster by language, so that a hit in the query's own language beats a
better one in another. `languages.npz`, made by `search.fit_languages` from parallel text, holds the directions along
which translations differ: they are projected out before vectors are compared.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("languages.npz")


@dataclass(frozen=True)
class LanguageSpace:
    """The part of the vector space that tells languages apart."""

    directions: np.ndarray
    """(k, dimensions), orthonormal rows."""
    unrelated: float = 0.0
    """Mean cosine, free of language, of sentences that have nothing to do with each other."""
    related: float = 1.0
    """Mean cosine, free of language, of a sentence and its translation."""

    def closeness(self, cosines: np.ndarray) -> np.ndarray:
        """Cosines on a scale on which unrelated texts are at 0 and translations at 1."""
        scaled: np.ndarray = (cosines - self.unrelated) / (self.related - self.unrelated)
        return scaled

    def without_language(self, vectors: np.ndarray) -> np.ndarray:
        """The vectors (n, dimensions) with their language projected out, at unit length."""
        plain = vectors - (vectors @ self.directions.T) @ self.directions
        lengths = np.linalg.norm(plain, axis=1, keepdims=True)
        return np.ascontiguousarray(plain / np.maximum(lengths, 1e-9), dtype=np.float32)


@cache
def language_space() -> LanguageSpace:
    """The space that is shipped for the built-in model."""
    stored = np.load(FILE)
    return LanguageSpace(
        stored["directions"].astype(np.float32),
        float(stored["unrelated"]),
        float(stored["related"]),
    )


def no_language_space(dimensions: int) -> LanguageSpace:
    """A space that changes nothing, for models that nothing was fitted for."""
    return LanguageSpace(np.zeros((0, dimensions), np.float32))
