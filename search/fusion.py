"""Vectors and words in one ranking, without letting words hurt across languages."""

import numpy as np

WORDS = 0.4  # of words within the question's language; see docs/ranking.md
SURE, TRUST = (
    0.5,
    2.0,
)  # share of the question's words from which a match says something beyond its language, and how much


def fuse(vectors: np.ndarray, words: np.ndarray, comparable: np.ndarray, spread: float) -> np.ndarray:
    """Scores of records from both.

    Words are evidence only among records that have text in the question's language, so they may change the order
    within that group and nothing else: the group is ordered by the average of both scores, each scaled to 0…1 within
    the group, and keeps the vector scores that it had, dealt out in the new order. How the group stands to records in
    other languages is left to the vectors, unless a text has most of the question's words: then it is lifted.

    Args:
        vectors: (records,) closeness, free of language.
        words: (records,) BM25 as a share of what a text scores that has every word once; 0 where no word matches.
        comparable: (records,) whether there is text in the question's language.
        spread: standard deviation of the closeness of passages in general, the unit of the lift.

    Returns:
        (records,) fused scores on the scale of `vectors`.

    """
    group = np.flatnonzero(comparable)
    if len(group) < 2 or not words[group].any():
        return vectors
    both = (1 - WORDS) * _scaled(vectors[group]) + WORDS * _scaled(words[group])
    fused = vectors.copy()
    fused[group[np.argsort(-both, kind="stable")]] = np.sort(vectors[group])[::-1]
    fused[group] += TRUST * spread * (np.clip(words[group], SURE, 1.0) - SURE)
    return fused


def _scaled(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.zeros_like(values)
