"""Public queries run where they can be killed: a worker process with its own snapshot of the graph.

pyoxigraph has no time limit of its own, and a query releases the interpreter's lock but not the thread. `pebble`
keeps a pool of processes and ends one that overruns its time.
"""

import asyncio
import os
import signal
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from .answers import FormError, Written
from .errors import GoodwaysError, QueryError
from .federation import refused
from .protocol import check_size, run_query
from .query_text import Service, answer_services
from .remote import published_store
from .similarity import Scores, SimilarityClient, SimilarityServer
from .store import Names, Store

TIME_LIMIT = 30.0  # seconds
MEMORY_LIMIT = 1_500_000_000  # bytes of address space that a query may take beyond the start
WORKERS = 10  # queries that run at once; they share what they were forked from
PER_VISITOR = 8  # queries of one visitor under way
MOST_WAITING = 32  # queries under way, waiting ones included
LOOK_EVERY = 0.05  # seconds between looks at an answer that is being written
ASK_EVERY = 1.0  # seconds between looks whether the client is still there
PIECE = 64_000  # bytes
LONG = 5000  # characters of a query that is not looked through beside other things
_STREAMED = ("json", "xml", "ttl", "nt", "trig", "nq", "rdf")  # forms that can say at their end that they were cut


@dataclass
class Reply:
    """An answer on its way: `body` whole, or piece by piece in `pieces`. Who has it closes it."""

    media_type: str
    body: bytes = b""
    pieces: AsyncGenerator[bytes, None] | None = None
    cut: str = ""
    """A sentence where the answer was cut and this is known already."""
    seconds: float = 0.0
    close: Callable[[], None] = field(default=lambda: None)
    """Ends what is still under way and gives the place back; can be called more than once."""


class QueryPool:
    """Runs queries on the newest snapshot of a data folder, each within `TIME_LIMIT`."""

    def __init__(
        self,
        source: Path | str,
        *,
        time_limit: float = TIME_LIMIT,
        workers: int = WORKERS,
        scores: Callable[[str], Scores] | None = None,
        services: Callable[[Service], str] = refused,
    ) -> None:
        """Start no process yet.

        Args:
            source: folder of the embedded graph, or address of a SPARQL server.
            time_limit: seconds.
            workers: processes.
            scores: closeness of things, by IRI, to a text; for `gw:similarity`.
            services: what a `SERVICE` block stands for; by default each is refused.

        """
        self._source, self._limit, self._services, self._workers = source, time_limit, services, workers
        self._under_way: Counter[str] = Counter()
        self._folder = tempfile.TemporaryDirectory(prefix="goodways-answers-")
        self._similarity = SimilarityServer(scores) if scores else None
        self._pool = ProcessPool(max_workers=workers, max_tasks=2000, context=_context(), initializer=_begin)

    async def answer(
        self,
        query: str,
        forms: tuple[str, ...],
        stamp: str,
        *,
        default: Names = None,
        named: Names = None,
        visitor: str = "",
        gone: Callable[[], Awaitable[bool]] | None = None,
    ) -> Reply:
        """The serialised answer, without holding up anybody else.

        Args:
            query: SELECT, ASK, CONSTRUCT or DESCRIBE.
            forms: as for `protocol.run_query`.
            stamp: state of the data; workers open a new snapshot when it changes.
            default: graphs that make up the default graph in place of the union of all.
            named: graphs that `GRAPH` can reach in place of all.
            visitor: who asks; each may have `PER_VISITOR` queries under way.
            gone: says whether the client has left; its query is ended then.

        Raises:
            QueryError: the query cannot be read or run, or takes too long.
            BusyError: too many queries are under way.

        """
        leave = self._admitted(visitor)
        file = Path(self._folder.name) / uuid.uuid4().hex
        started = time.monotonic()
        try:
            await asyncio.to_thread(check_size, query) if len(query) > LONG else check_size(query)
            if "service" in query.lower():
                answering = asyncio.to_thread(answer_services, query, self._services)
                query = await asyncio.wait_for(answering, self._limit)
            done = asyncio.wrap_future(self._schedule(query, forms, stamp, default, named, file))
        except TimeoutError as error:
            leave()
            raise QueryTimeoutError("The SERVICE blocks of this query took too long; ask for less.") from error
        except BaseException:
            leave()
            raise

        def close() -> None:
            done.cancel()
            leave()
            _remove(file)

        try:
            begun = await self._first(done, file, gone)
            answer = self._outcome(done.result) if begun is None else Written(begun.suffix[1:], in_file=True)
        except BaseException:
            close()
            asyncio.get_running_loop().call_later(self._limit + 5, _remove, file)  # a worker may still have begun it
            raise
        reply = Reply(answer.media_type, answer.body, cut=answer.cut, seconds=time.monotonic() - started)
        if answer.in_file:
            reply.pieces, reply.close = self._pieces(file.with_suffix(f".{answer.form}"), done), close
        else:
            leave()
        return reply

    def warm(self, stamp: str) -> None:
        """Have every process open the newest snapshot, so that no query waits for that."""
        for _ in range(self._workers):
            self._pool.schedule(_look, args=(str(self._source), stamp))

    def close(self) -> None:
        """End all workers."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
        if self._similarity:
            self._similarity.close()
        self._folder.cleanup()

    def _schedule(
        self, query: str, forms: tuple[str, ...], stamp: str, default: Names, named: Names, file: Path | None
    ) -> Any:
        address = self._similarity.address if self._similarity else ""
        task = _Task(str(self._source), stamp, query, forms, default, named, file, address)
        return self._pool.schedule(_work, args=(task,), timeout=self._limit)

    def _admitted(self, visitor: str) -> Callable[[], None]:
        """A place among those under way; what gives it back, once."""
        if self._under_way[visitor] >= PER_VISITOR:
            raise TooManyError(f"You have {PER_VISITOR} queries under way; wait until one of them has ended.")
        if self._under_way.total() >= MOST_WAITING:
            raise BusyError("Too many queries are under way; try again in a minute.")
        self._under_way[visitor] += 1
        held = [visitor]

        def leave() -> None:
            if held:
                self._under_way[held.pop()] -= 1
                self._under_way += Counter()  # forget who has none

        return leave

    async def _first(
        self, done: asyncio.Future[Any], file: Path, gone: Callable[[], Awaitable[bool]] | None
    ) -> Path | None:
        """Wait for the answer, or for a file in which it has begun."""
        asked = time.monotonic()
        candidates = [file.with_suffix(f".{form}") for form in _STREAMED]
        while not (await asyncio.wait({done}, timeout=LOOK_EVERY))[0]:
            if begun := next(filter(Path.exists, candidates), None):
                return begun
            if gone and time.monotonic() - asked > ASK_EVERY:
                asked = time.monotonic()
                if await gone():
                    raise QueryError("The client has left.")
        return None

    async def _pieces(self, file: Path, done: asyncio.Future[Any]) -> AsyncGenerator[bytes, None]:
        """What is in the file, and what comes to it until the answer is complete."""
        with file.open("rb") as growing:
            while True:
                complete = done.done()
                if piece := growing.read(PIECE):
                    yield piece
                elif complete:
                    break
                else:
                    await asyncio.wait({done}, timeout=LOOK_EVERY)
        self._outcome(done.result)

    def _outcome(self, result: Callable[[], Any]) -> Written:
        try:
            answer = result()
        except Late as error:
            raise QueryTimeoutError(
                f"The query was stopped after {self._limit:g} seconds, the most that one may take; make it more "
                "selective or add a LIMIT."
            ) from error
        except (ProcessExpired, MemoryError) as error:
            raise QueryMemoryError(
                f"The query was stopped because it needed more than {MEMORY_LIMIT / 1e9:g} GB of memory, the most that "
                "one may take, or is nested too deeply; make it more selective."
            ) from error
        if isinstance(answer, Written):
            return answer
        raise answer


class BusyError(QueryError):
    """Too many queries at once."""


class TooManyError(BusyError):
    """Too many queries of one visitor at once."""


class QueryTimeoutError(QueryError):
    """A query that was stopped because it took too long."""


class QueryMemoryError(QueryError):
    """A query that was stopped because it took too much memory."""


def _remove(file: Path) -> None:
    for made in file.parent.glob(file.stem + "*"):
        with suppress(OSError):
            made.unlink()


def _context() -> Any:
    """Workers are forked from a small process that has this module read already, where the system can do that."""
    context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
    context.set_forkserver_preload(["kg.sandbox"])
    return context


@dataclass(frozen=True)
class _Task:
    source: str
    stamp: str
    query: str
    forms: tuple[str, ...]
    default: Names
    named: Names
    file: Path | None
    similarity: str
    """Where to ask for it."""


_open: tuple[str, Store] | None = None


def _work(task: _Task) -> Written | QueryError:
    """In the worker: the answer, or what was wrong."""
    try:
        with _similarity(task.similarity) as similarity:
            answer = run_query(
                _store(task.source, task.stamp),
                task.query,
                *task.forms,
                default=task.default,
                named=task.named,
                similarity=similarity,
                file=task.file,
            )
            return (similarity and similarity.problem) or answer
    except FormError as error:
        return error
    except GoodwaysError as error:
        return QueryError(str(error))


def _store(source: str, stamp: str) -> Store:
    global _open  # noqa: PLW0603  (one store a process)
    if _open is None or _open[0] != stamp:
        _open = stamp, published_store(source)
    return _open[1]


@contextmanager
def _similarity(address: str) -> Iterator[SimilarityClient | None]:
    client = SimilarityClient(address) if address else None
    try:
        yield client
    finally:
        if client:
            client.close()


def _look(source: str, stamp: str) -> None:
    """Open the snapshot and read through it once, for long enough that the next process takes the next such job."""
    with suppress(GoodwaysError):
        _store(source, stamp).ask("ASK { ?s ?p ?o FILTER(?p = <urn:none>) }")
    time.sleep(0.2)


def _begin() -> None:
    """Once in each worker: the site goes before it, and its memory has an end."""
    if hasattr(os, "SCHED_IDLE"):  # Linux: only what nobody else wants, and at once when somebody does
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Python's own handler would wait for the engine to come back
    try:
        import resource
    except ImportError:  # not on Windows
        return
    pages = Path("/proc/self/statm")
    if not pages.exists():  # Linux only
        return
    wanted = int(pages.read_text(encoding="ascii").split()[0]) * resource.getpagesize() + MEMORY_LIMIT
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))
