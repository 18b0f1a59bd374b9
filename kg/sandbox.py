"""Public queries run where they can be killed: a worker process with its own snapshot of the graph.

pyoxigraph has no time limit of its own, and a query releases the interpreter's lock but not the thread. `pebble`
keeps a pool of processes and ends one that overruns its time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import TimeoutError as Late
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from .errors import GoodwaysError, QueryError
from .protocol import check_size, run_query
from .remote import RemoteStore
from .store import EmbeddedStore, Names, Store

TIME_LIMIT = 30.0
MEMORY_LIMIT = 2_000_000_000  # bytes of address space that a query may take beyond the start
WORKERS = 2
MOST_WAITING = 16  # queries under way or waiting


class QueryPool:
    """Runs queries on the newest snapshot of a data folder, each within `TIME_LIMIT`."""

    def __init__(self, source: Path | str, *, time_limit: float = TIME_LIMIT) -> None:
        """Start no process yet.

        Args:
            source: folder of the embedded graph, or address of a SPARQL server.
            time_limit: seconds.

        """
        self._source, self._limit, self._waiting = source, time_limit, 0
        self._pool = ProcessPool(max_workers=WORKERS, max_tasks=200, context=get_context("spawn"))

    async def answer(
        self,
        query: str,
        form: str,
        stamp: str,
        *,
        default: Names = None,
        named: Names = None,
        gone: Callable[[], Awaitable[bool]] | None = None,
    ) -> tuple[bytes, str]:
        """The serialised answer and its media type, without holding up anybody else.

        Args:
            query: SELECT, ASK, CONSTRUCT or DESCRIBE.
            form: as for `protocol.run_query`.
            stamp: state of the data; workers open a new snapshot when it changes.
            default: graphs that make up the default graph in place of the union of all.
            named: graphs that `GRAPH` can reach in place of all.
            gone: says whether the client has left; its query is ended then.

        Raises:
            QueryError: the query cannot be read or run, or takes too long.
            BusyError: too many queries are waiting.

        """
        if self._waiting >= MOST_WAITING:
            raise BusyError("Too many queries are waiting; try again in a minute.")
        job = self._schedule(query, form, stamp, default, named)
        self._waiting += 1
        try:
            done = asyncio.wrap_future(job)
            while not (await asyncio.wait({done}, timeout=1.0))[0]:
                if gone and await gone():
                    job.cancel()
                    raise QueryError("The client has left.")
        finally:
            self._waiting -= 1
        return self._outcome(done.result)

    def run(self, query: str, form: str, stamp: str) -> tuple[bytes, str]:
        """The same, for callers that can wait."""
        return self._outcome(self._schedule(query, form, stamp, None, None).result)

    def _schedule(self, query: str, form: str, stamp: str, default: Names, named: Names) -> Any:
        check_size(query)
        task = (str(self._source), stamp, query, form, default, named)
        return self._pool.schedule(_work, args=task, timeout=self._limit)

    def _outcome(self, result: Callable[[], tuple[bytes, str, str]]) -> tuple[bytes, str]:
        try:
            body, media_type, problem = result()
        except Late as error:
            raise QueryTimeoutError(
                f"The query was stopped after {self._limit:g} seconds; make it more selective or add a LIMIT."
            ) from error
        except (ProcessExpired, MemoryError) as error:
            raise QueryError("The query needed more memory than it may have; make it more selective.") from error
        if problem:
            raise QueryError(problem)
        return body, media_type

    def close(self) -> None:
        """End all workers."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


class BusyError(QueryError):
    """Too many queries at once."""


class QueryTimeoutError(QueryError):
    """A query that was stopped because it took too long."""


_open: tuple[str, Store] | None = None


def _work(source: str, stamp: str, query: str, form: str, default: Names, named: Names) -> tuple[bytes, str, str]:
    """In the worker: answer, media type, or what was wrong."""
    global _open  # noqa: PLW0603  (one store a process)
    try:
        if _open is None or _open[0] != stamp:
            if _open is None:
                _limit_memory()
            remote = source.startswith("http")
            _open = (
                stamp,
                RemoteStore(source) if remote else EmbeddedStore(Path(source), read_only=True, with_private=False),
            )
        body, media_type = run_query(_open[1], query, form, default=default, named=named)
    except GoodwaysError as error:
        return b"", "", str(error)
    return body, media_type, ""


def _limit_memory() -> None:
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
