"""SPARQL queries from outside: what may run, in which form the answer goes back."""

from pathlib import Path

from .answers import FORMS, RESULT_LIMIT, Written, written
from .errors import InputError, QueryError
from .keywords import uses_keyword
from .query_text import depth
from .store import Names, Similarity, Store

MAX_QUERY_BYTES = 200_000
MAX_DEPTH = 200  # of brackets within brackets; the engine's parser needs stack for each
ANY_FORM = ("json", "ttl")


def query_text(query: str | None, file: Path | None) -> str:
    """The query from an argument or a file.

    Raises:
        InputError: neither or both are given, or the file cannot be read.

    """
    if (query is None) == (file is None):
        raise InputError("Give the query either as text or with -f FILE.")
    if query is not None:
        return query
    try:
        return Path(str(file)).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("The file cannot be read as UTF-8 text; check its name.", file=str(file)) from error


def check_size(query: str) -> None:
    """Refuse what is too long or too deep.

    Raises:
        QueryError: it is.

    """
    if len(query.encode("utf-8", "replace")) > MAX_QUERY_BYTES:
        raise QueryError(f"This query is longer than {MAX_QUERY_BYTES // 1000} kB; make it shorter.")
    if query.count("{") + query.count("(") + query.count("[") > MAX_DEPTH and depth(query) > MAX_DEPTH:
        raise QueryError(f"This query has more than {MAX_DEPTH} brackets within brackets; make it flatter.")


def check_query(query: str) -> None:
    """Refuse what would call another server.

    Raises:
        QueryError: it would.

    """
    if uses_keyword(query, "SERVICE"):
        raise QueryError(
            "SERVICE is not allowed here: this endpoint does not call other servers. Leave that block out."
        )


def run_query(
    store: Store,
    query: str,
    *forms: str,
    default: Names = None,
    named: Names = None,
    similarity: Similarity | None = None,
    file: Path | None = None,
    limit: int = RESULT_LIMIT,
) -> Written:
    """Run a query and serialise its answer.

    Args:
        store: the graph.
        query: SELECT, ASK, CONSTRUCT or DESCRIBE; the project's prefixes are known.
        forms: of `FORMS`, best first; the default is JSON for a table, Turtle for a graph.
        default: graphs that make up the default graph in place of the union of all.
        named: graphs that `GRAPH` can reach in place of all.
        similarity: answers `gw:similarity(?thing, "text")`.
        file: where a large answer goes; see `answers.written`.
        limit: bytes of the answer, at most.

    Raises:
        QueryError: the query cannot be read or run, or its kind has no such form.

    """
    check_query(query)
    if unknown := [form for form in forms if form not in FORMS]:
        raise QueryError(f"'{unknown[0]}' is not a form of an answer; use {', '.join(FORMS)}.")
    result = store.raw(query, default, named, similarity)
    try:
        return written(result, forms or ANY_FORM, file, limit)
    except (OSError, RuntimeError, ValueError) as error:
        raise QueryError(f"This answer cannot be written: {error}.") from error
