"""SPARQL queries from outside: what may run, in which form the answer goes back."""

from pathlib import Path

import pyoxigraph as ox

from ontology import PREFIXES

from .errors import InputError, QueryError
from .keywords import uses_keyword
from .store import Answer, Names, Store

MAX_QUERY_BYTES = 200_000
_RESULTS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
_GRAPHS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "trig": ox.RdfFormat.TRIG,
    "nq": ox.RdfFormat.N_QUADS,
}
FORMS = (*_RESULTS, *_GRAPHS)
MEDIA_TYPES = {name: form.media_type for name, form in (_RESULTS | _GRAPHS).items()}


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


def check_query(query: str) -> None:
    """Refuse what a public query may not do.

    Raises:
        QueryError: the query is too long or would call another server.

    """
    check_size(query)
    if uses_keyword(query, "SERVICE"):
        raise QueryError(
            "SERVICE is not allowed here: this endpoint does not call other servers. Leave that block out."
        )


def check_size(query: str) -> None:
    """Refuse what is too long.

    Raises:
        QueryError: it is.

    """
    if len(query.encode("utf-8", "replace")) > MAX_QUERY_BYTES:
        raise QueryError(f"This query is longer than {MAX_QUERY_BYTES // 1000} kB; make it shorter.")


def run_query(
    store: Store, query: str, form: str = "", *, terminal: bool = False, default: Names = None, named: Names = None
) -> tuple[bytes, str]:
    """Run a query and serialise its answer.

    Args:
        store: the graph.
        query: SELECT, ASK, CONSTRUCT or DESCRIBE; the project's prefixes are known.
        form: one of `FORMS`; the default is JSON or Turtle, on a terminal TSV or Turtle.
        terminal: whether the answer is for a person.
        default: graphs that make up the default graph in place of the union of all.
        named: graphs that `GRAPH` can reach in place of all.

    Returns:
        The answer and its media type.

    Raises:
        QueryError: the query cannot be read or run, or its kind has no such form.

    """
    check_query(query)
    if form and form not in FORMS:
        raise QueryError(f"'{form}' is not a form of an answer; use {', '.join(FORMS)}.")
    result = store.raw(query, default, named)
    try:
        return _serialised(result, form, terminal)
    except (OSError, RuntimeError, ValueError) as error:
        raise QueryError(f"This answer cannot be written: {error}.") from error


def _serialised(result: Answer, form: str, terminal: bool) -> tuple[bytes, str]:
    if isinstance(result, ox.QueryTriples):
        name = form or "ttl"
        if name not in _GRAPHS:
            raise QueryError(f"A CONSTRUCT or DESCRIBE cannot be answered as {name}; use {', '.join(_GRAPHS)}.")
        return ox.serialize(result, format=_GRAPHS[name], prefixes=PREFIXES) or b"", MEDIA_TYPES[name]
    name = form or ("tsv" if terminal else "json")
    if name not in _RESULTS:
        raise QueryError(f"A SELECT or ASK cannot be answered as {name}; use {', '.join(_RESULTS)}.")
    if isinstance(result, ox.QueryBoolean) and name in ("csv", "tsv"):
        return str(bool(result)).lower().encode(), MEDIA_TYPES[name]
    return result.serialize(format=_RESULTS[name]) or b"", MEDIA_TYPES[name]
