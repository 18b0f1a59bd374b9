"""Vectors and words in one ranking."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from search.fusion import fuse

scores = st.integers(2, 30).flatmap(
    lambda n: st.tuples(
        arrays(np.float64, n, elements=st.integers(-36, 36).map(lambda n: n / 4)),
        arrays(np.float64, n, elements=st.sampled_from([0.0, 0.0, 1.0, 2.5, 7.0, 20.0])),
        arrays(np.bool_, n),
    )
)


@given(scores)
def test_records_without_text_in_the_language_keep_their_score(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    vectors, words, comparable = case
    assert (fuse(vectors, words, comparable)[~comparable] == vectors[~comparable]).all()


@given(scores, st.floats(0, 1))
def test_no_score_is_made_or_lost(case: tuple[np.ndarray, np.ndarray, np.ndarray], weight: float) -> None:
    vectors, words, comparable = case
    assert sorted(fuse(vectors, words, comparable, weight)) == sorted(vectors)


@given(scores)
def test_without_matching_words_the_vectors_decide(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    vectors, words, comparable = case
    assert (fuse(vectors, np.where(comparable, 0, words), comparable) == vectors).all()


@given(scores)
def test_with_no_weight_words_change_nothing(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    vectors, words, comparable = case
    assert (fuse(vectors, words, comparable, weight=0) == vectors).all()


@given(scores)
def test_with_all_weight_words_order_the_language(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    vectors, words, comparable = case
    fused = fuse(vectors, words, comparable, weight=1)
    if words[comparable].any():
        by_words = np.argsort(-words[comparable], kind="stable")
        assert (np.diff(fused[comparable][by_words]) <= 0).all()


@given(scores)
def test_what_is_given_is_not_changed(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    before = [part.copy() for part in case]
    fuse(*case)
    assert all((one == other).all() for one, other in zip(before, case, strict=True))


def test_a_word_lifts_its_record_within_the_language() -> None:
    vectors, words = np.array([3.0, 2.5, 2.9, 0.0]), np.array([0.0, 8.0, 0.0, 0.0])
    comparable = np.array([True, True, False, True])
    assert fuse(vectors, words, comparable).tolist() == [2.5, 3.0, 2.9, 0.0]
