"""Documents to text, page by page: PDF, DOCX, PPTX, HTML, Markdown and plain text.

Each is read in a process of its own that can be killed: files are strangers', and some are made to run for ever.
"""

import atexit
import os
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as Late
from functools import cache
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path

from pebble import ProcessExpired, ProcessPool

from kg import InputError

from .document import Document, Page
from .reading import read_here

__all__ = ["Document", "Page", "read_document", "warm"]

TIME_LIMIT = 300.0  # seconds for all pages of a document
GRACE = 15.0  # seconds beyond it until the process is killed, for a page that does not end
MEMORY_LIMIT = 2_000_000_000  # bytes of address space that reading may take beyond the start
WORKERS = 2


def read_document(
    content: bytes, name: str, media_type: str = "", *, most_pages: int | None = None, seconds: float = TIME_LIMIT
) -> Document:
    """The text of a document with its pages, and what it says of itself.

    What it is, its first bytes say, not its name. Where the time is over, a PDF is read as far as it came, and its
    notes say so.

    Args:
        content: the file.
        name: its name or address; it stands in messages.
        media_type: as a server has declared it; with it the encoding of a text.
        most_pages: pages that are read; by default all.
        seconds: for reading.

    Raises:
        InputError: it is no document, locked, damaged, a bomb, without text, or takes too long.

    """
    job = _pool().schedule(
        _work, args=(content, name, media_type, most_pages, seconds), timeout=seconds + min(GRACE, seconds)
    )
    try:
        found = job.result(timeout=3 * (seconds + GRACE))
    except (Late, CancelledError) as error:
        job.cancel()  # type: ignore[no-untyped-call]
        raise InputError("The document takes too long to read; try a shorter one.", file=name) from error
    except (ProcessExpired, MemoryError) as error:
        raise InputError("The document needs too much memory to be read; try a shorter one.", file=name) from error
    if isinstance(found, Document):
        return found
    raise InputError(found, file=name)


def warm() -> None:
    """Start a process that reads, so that the first document does not wait for it."""
    _pool().schedule(_nothing)


def _work(content: bytes, name: str, media_type: str, most_pages: int | None, seconds: float) -> Document | str:
    """In the worker: the document, or what is wrong with it."""
    try:
        return read_here(content, name, media_type, most_pages, seconds)
    except InputError as error:
        return error.finding.message
    except RecursionError:
        return "The document is nested too deeply to be read."


def _nothing() -> None:
    """Take a job, and be there."""


@cache
def _pool() -> ProcessPool:
    """Workers forked from a small process that has the readers loaded, where the system can do that."""
    context = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
    context.set_forkserver_preload(["ingest.documents.preloaded"])
    made = ProcessPool(max_workers=WORKERS, max_tasks=50, context=context, initializer=_begin)
    atexit.register(_end, made)
    return made


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _begin() -> None:
    """Once in each worker: the site goes before it, and its memory has an end."""
    os.nice(5)
    pages = Path("/proc/self/statm")
    if not pages.exists():  # Linux only
        return
    import resource

    wanted = int(pages.read_text(encoding="ascii").split()[0]) * resource.getpagesize() + MEMORY_LIMIT
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))
