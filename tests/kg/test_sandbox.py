"""A public query cannot hold the server up: it is stopped, and the next one is answered."""

import asyncio
import json
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from rdflib import Literal, Namespace

from kg import EmbeddedStore, QueryError
from kg.sandbox import PER_VISITOR, QueryPool, QueryTimeoutError, Reply, TooManyError

EX = Namespace("https://example.org/")
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f . ?g ?s ?h }"
DOUBLED = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(36))
HUGE = f'SELECT (STRLEN(?x36) AS ?n) {{ BIND("0123456789abcdef" AS ?x0) {DOUBLED} }}'
LIMIT = 3.0
T = TypeVar("T")


def fill(folder: Path, count: int) -> None:
    store = EmbeddedStore(folder)
    store.change({EX.g: [(EX[f"s{n}"], EX.p, Literal(n)) for n in range(count)]})
    store.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sandbox") / "graph"
    fill(made, 1000)
    return made


@pytest.fixture(scope="module")
def pool(folder: Path) -> Iterator[QueryPool]:
    made = QueryPool(folder, time_limit=LIMIT)
    yield made
    made.close()


def run(asking: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: a browser that other tests use keeps a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, asking).result()


async def read(reply: Reply) -> bytes:
    if reply.pieces is None:
        return reply.body
    return b"".join([piece async for piece in reply.pieces])


def whole(pool: QueryPool, query: str, form: str, stamp: str) -> tuple[bytes, str]:
    """An answer and its media type."""

    async def ask() -> tuple[bytes, str]:
        reply = await pool.answer(query, (form,) if form else (), stamp)
        return await read(reply), reply.media_type

    return run(ask())


def count(pool: QueryPool, stamp: str = "one") -> str:
    return whole(pool, COUNT, "csv", stamp)[0].decode().split()[1]


def test_a_query_is_answered_with_its_media_type(pool: QueryPool) -> None:
    body, media_type = whole(pool, COUNT, "csv", "one")
    assert (body.split(), media_type) == ([b"n", b"1000"], "text/csv; charset=utf-8")


def test_a_query_that_takes_too_long_is_stopped_and_the_next_is_answered(pool: QueryPool) -> None:
    count(pool)
    started = time.monotonic()
    with pytest.raises(QueryTimeoutError, match="stopped after 3 seconds, the most that one may take; make it"):
        whole(pool, ENDLESS, "json", "one")
    assert time.monotonic() - started < LIMIT + 5
    assert count(pool) == "1000"


def test_a_query_that_takes_too_much_memory_is_stopped_and_the_next_is_answered(folder: Path) -> None:
    patient = QueryPool(folder, time_limit=60)
    with pytest.raises(QueryError, match="memory"):
        whole(patient, HUGE, "json", "one")
    assert count(patient) == "1000"
    patient.close()


@pytest.mark.parametrize(
    ("query", "form"),
    [("SELECT nonsense", ""), (COUNT, "ttl"), ("SELECT * { SERVICE <http://127.0.0.1/> {} }", ""), ("#" * 300_000, "")],
)
def test_a_query_that_cannot_run_is_refused_in_a_sentence(pool: QueryPool, query: str, form: str) -> None:
    with pytest.raises(QueryError) as caught:
        whole(pool, query, form, "one")
    assert "Traceback" not in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_new_stamp_sees_new_data_and_an_old_one_what_it_saw(pool: QueryPool, folder: Path) -> None:
    assert count(pool, "one") == "1000"
    fill(folder, 1200)
    assert count(pool, "two") == "1200"


def test_a_folder_that_cannot_be_opened_is_named_until_it_can(tmp_path: Path) -> None:
    pool = QueryPool(tmp_path / "late", time_limit=LIMIT)
    for _ in range(6):
        with pytest.raises(QueryError, match="There is no graph in"):
            whole(pool, COUNT, "", "one")
    fill(tmp_path / "late", 7)
    assert {count(pool) for _ in range(6)} == {"7"}
    pool.close()


LARGE = "SELECT * { ?a ?p ?b . ?c ?q ?d } LIMIT 20000"


def test_a_large_answer_comes_in_pieces_and_leaves_nothing_behind(folder: Path) -> None:
    async def ask() -> tuple[bytes, bool]:
        pool = QueryPool(folder, workers=1)
        reply = await pool.answer(LARGE, ("json",), "one")
        body = await read(reply)
        reply.close()
        left = list(Path(pool._folder.name).iterdir()) or pool._under_way.total()
        pool.close()
        return body, bool(left)

    body, left = run(ask())
    assert len(json.loads(body)["results"]["bindings"]) == 20000
    assert not left


def test_an_answer_that_nobody_reads_gives_its_place_back(folder: Path) -> None:
    async def ask() -> tuple[int, list[Path]]:
        pool = QueryPool(folder, workers=1)
        reply = await pool.answer(LARGE, ("json",), "one")
        held = pool._under_way.total()
        reply.close()
        reply.close()
        assert held == 1
        left = pool._under_way.total(), list(Path(pool._folder.name).iterdir())
        pool.close()
        return left

    assert run(ask()) == (0, [])


def test_one_visitor_does_not_take_all_places(folder: Path) -> None:
    async def ask() -> None:
        pool = QueryPool(folder, workers=2, time_limit=2.0)
        many = [asyncio.create_task(pool.answer(ENDLESS, ("json",), "one", visitor="a")) for _ in range(PER_VISITOR)]
        await asyncio.sleep(0.5)
        with pytest.raises(TooManyError, match="8 queries under way"):
            await pool.answer(COUNT, ("json",), "one", visitor="a")
        other = asyncio.create_task(pool.answer(COUNT, ("csv",), "one", visitor="b"))
        outcomes = await asyncio.gather(*many, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {QueryTimeoutError}
        assert (await other).body.split() == [b"n", b"1200"]
        pool.close()

    run(ask())


def test_a_client_that_has_left_ends_its_query(folder: Path) -> None:
    async def ask() -> None:
        async def gone() -> bool:
            return True

        pool = QueryPool(folder, workers=1)
        started = time.monotonic()
        with pytest.raises(QueryError, match="has left"):
            await pool.answer(ENDLESS, ("json",), "one", gone=gone)
        assert (await pool.answer(COUNT, ("csv",), "one")).body.split() == [b"n", b"1200"]
        assert time.monotonic() - started < 15
        pool.close()

    run(ask())
