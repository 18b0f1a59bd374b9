"""Vectors and words in one ranking."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from search.fusion import SURE, TRUST, fuse

Case = tuple[np.ndarray, np.ndarray, np.ndarray]


def cases(*shares: float) -> st.SearchStrategy[Case]:
    return st.integers(2, 30).flatmap(
        lambda n: st.tuples(
            arrays(np.float64, n, elements=st.integers(-36, 36).map(lambda n: n / 4)),
            arrays(np.float64, n, elements=st.sampled_from([0.0, 0.0, *shares])),
            arrays(np.bool_, n),
        )
    )


unsure = cases(0.1, 0.25, 0.4, SURE)
any_case = cases(0.1, 0.3, 0.7, 1.4)


@given(any_case)
def test_records_without_text_in_the_language_keep_their_score(case: Case) -> None:
    vectors, words, comparable = case
    assert (fuse(vectors, words, comparable, 0.1)[~comparable] == vectors[~comparable]).all()


@given(unsure)
def test_a_few_words_make_and_lose_no_score(case: Case) -> None:
    vectors, words, comparable = case
    assert sorted(fuse(vectors, words, comparable, 0.1)) == sorted(vectors)


@given(any_case)
def test_the_lift_of_many_words_is_bounded(case: Case) -> None:
    vectors, words, comparable = case
    lifted = np.sort(fuse(vectors, words, comparable, 0.1)) - np.sort(vectors)
    assert (lifted > -1e-9).all()
    assert (lifted <= TRUST * (1 - SURE) * 0.1 + 1e-9).all()


@given(any_case)
def test_without_matching_words_the_vectors_decide(case: Case) -> None:
    vectors, words, comparable = case
    assert (fuse(vectors, np.where(comparable, 0, words), comparable, 0.1) == vectors).all()


@given(any_case)
def test_what_is_given_is_not_changed(case: Case) -> None:
    before = [part.copy() for part in case]
    fuse(*case, 0.1)
    assert all((one == other).all() for one, other in zip(before, case, strict=True))


def test_a_word_lifts_its_record_within_the_language() -> None:
    vectors, words = np.array([3.0, 2.5, 2.9, 0.0]), np.array([0.0, 0.4, 0.0, 0.0])
    comparable = np.array([True, True, False, True])
    assert fuse(vectors, words, comparable, 0.1).tolist() == [2.5, 3.0, 2.9, 0.0]


def test_a_text_with_all_words_may_pass_one_in_another_language() -> None:
    vectors, words, comparable = np.array([0.50, 0.55, 0.1]), np.array([1.0, 0.0, 0.0]), np.array([True, False, True])
    assert fuse(vectors, words, comparable, 0.1).argmax() == 0
    assert fuse(vectors, words * SURE, comparable, 0.1).argmax() == 1
