"""Vectors and words in one ranking, without letting words hurt across languages."""

import numpy as np

WORDS = 0.6


def fuse(vectors: np.ndarray, words: np.ndarray, comparable: np.ndarray, weight: float = WORDS) -> np.ndarray:
    """Scores of records from both.

    Words are evidence only among records that have text in the query's language, so they may change the order
    within that group and nothing else: the group is ordered by the average of both scores, each scaled to 0…1
    within the group, and keeps the vector scores that it had, dealt out in the new order. How the group stands to
    records in other languages is left to the vectors.

    Args:
        vectors: (records,) similarity, free of language.
        words: (records,) BM25, 0 where no word matches.
        comparable: (records,) whether there is text in the query's language.
        weight: of words within the group, 0 to 1.

    Returns:
        (records,) fused scores on the scale of `vectors`.

    """
    group = np.flatnonzero(comparable)
    if len(group) < 2 or not words[group].any():
        return vectors
    both = (1 - weight) * _scaled(vectors[group]) + weight * _scaled(words[group])
    fused = vectors.copy()
    fused[group[np.argsort(-both, kind="stable")]] = np.sort(vectors[group])[::-1]
    return fused


def _scaled(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)
