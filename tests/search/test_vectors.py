"""The vector index, exact and compressed, against plain multiplication."""

import numpy as np
import pytest

from search import vectors
from search.vectors import VectorIndex

RNG = np.random.default_rng(2)
COUNT, DIMENSIONS = 3000, 64


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


VECTORS = unit(RNG.standard_normal((COUNT, DIMENSIONS))).astype(np.float16)
OWNERS = np.arange(COUNT) // 2
QUERY = unit(RNG.standard_normal((1, DIMENSIONS)))[0]
EXACT = VECTORS.astype(np.float32) @ QUERY


@pytest.fixture(params=["exact", "compressed"])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    if request.param == "compressed":
        monkeypatch.setattr(vectors, "EXACT_UP_TO", 100)
    return VectorIndex(VECTORS, OWNERS)


def test_the_nearest_are_those_of_exact_search(index: VectorIndex) -> None:
    rows, scores = index.nearest(QUERY, 10)
    assert rows.tolist() == np.argsort(-EXACT)[:10].tolist()
    assert np.allclose(scores, EXACT[rows], atol=1e-4)


def test_everything_above_a_floor_is_found_and_nothing_else(index: VectorIndex) -> None:
    rows, scores = index.above(QUERY, 0.2)
    assert sorted(rows.tolist()) == np.flatnonzero(EXACT >= 0.2).tolist()
    assert np.allclose(scores, EXACT[rows], atol=1e-4)


def test_what_is_taken_out_is_not_found_any_more(index: VectorIndex) -> None:
    best = int(np.argmax(EXACT))
    index.drop([int(OWNERS[best])])
    assert best not in index.nearest(QUERY, 10)[0]
    assert best not in index.above(QUERY, -1.0)[0]
    assert len(index.nearest(QUERY, 10)[0]) == 10


def test_what_is_added_is_found(index: VectorIndex) -> None:
    index.add(QUERY[None, :].astype(np.float16), np.array([COUNT]))
    rows, scores = index.nearest(QUERY, 1)
    assert index.owners[rows].tolist() == [COUNT]
    assert scores[0] == pytest.approx(1, abs=1e-3)


def test_the_rows_of_records_are_theirs(index: VectorIndex) -> None:
    assert index.rows_of(np.array([0, 7])).tolist() == [0, 1, 14, 15]
    assert index.of_record(7).shape == (2, DIMENSIONS)
    assert index.rows_of(np.zeros(0, np.int64)).tolist() == []


def test_an_empty_index_finds_nothing_and_can_be_filled() -> None:
    empty = VectorIndex(np.zeros((0, 1), np.float16), np.zeros(0, np.int64))
    assert len(empty.nearest(QUERY, 5)[0]) == len(empty.above(QUERY, 0.0)[0]) == 0
    empty.add(VECTORS[:4], OWNERS[:4])
    assert len(empty.nearest(QUERY, 5)[0]) == 4
