"""SPARQL 1.1 Update and the Graph Store Protocol, for those who may write."""

from collections.abc import Iterator

import pyoxigraph as ox

from .errors import QueryError
from .keywords import calls_others
from .query_text import Token, tokens
from .store import Names, Store

MAX_UPDATE_BYTES = 10_000_000
RDF_TYPES = {
    form.media_type.partition(";")[0]: form
    for form in (
        ox.RdfFormat.TURTLE,
        ox.RdfFormat.N_TRIPLES,
        ox.RdfFormat.RDF_XML,
        ox.RdfFormat.JSON_LD,
    )
}
"""What a graph can be written in, by media type."""


def run_update(store: Store, request: str, using: Names = None, using_named: Names = None) -> None:
    """Carry out an update, all or nothing.

    Args:
        store: the graph.
        request: SPARQL 1.1 Update; the project's prefixes are known. `LOAD` and `SERVICE` go nowhere.
        using: graphs that make up the default graph of its patterns (SPARQL 1.1 Protocol, section 2.2.3).
        using_named: graphs that `GRAPH` can reach in its patterns.

    Raises:
        QueryError: it cannot be read, would fetch something, or chooses its graphs twice.

    """
    if calls_others(request):
        raise QueryError(
            "LOAD and SERVICE are not allowed here: this server fetches nothing. Send the data themselves."
        )
    store.update(_with_using(request, using or (), using_named or ()))


def put_graph(store: Store, name: str, content: bytes, media_type: str, *, keep: bool) -> bool:
    """Write a graph (SPARQL 1.1 Graph Store HTTP Protocol, sections 5.3 and 5.5).

    Args:
        store: the graph.
        name: of the graph; empty for the default graph.
        content: RDF in one of `RDF_TYPES`.
        media_type: of the content.
        keep: add to what is there in place of replacing it.

    Returns:
        Whether the graph is new.

    Raises:
        QueryError: the content cannot be read.

    """
    form = RDF_TYPES.get(media_type)
    if form is None:
        raise QueryError(f"A graph can be sent as {', '.join(RDF_TYPES)}; '{media_type[:60]}' cannot be read.")
    try:
        triples = [quad.triple for quad in ox.parse(content, format=form, base_iri=name or None)]
    except (SyntaxError, ValueError) as error:
        raise QueryError(f"This graph cannot be read: {error}.") from error
    new = not has_graph(store, name)
    lines = " .\n".join(map(str, triples))
    data = f"INSERT DATA {{ {_in(name, lines)} }}" if lines else f"CREATE SILENT {_graph(name)}" if name else ""
    store.update(" ;\n".join(filter(None, ["" if keep else f"DROP SILENT {_graph(name)}", data])))
    return new


def drop_graph(store: Store, name: str) -> None:
    """Remove a graph; empty for the default graph."""
    store.update(f"DROP SILENT {_graph(name)}")


def has_graph(store: Store, name: str) -> bool:
    """Whether a graph holds something."""
    if not name:
        return True
    return store.ask(f"ASK {{ GRAPH {ox.NamedNode(name)} {{ ?s ?p ?o }} }}")


def _graph(name: str) -> str:
    return f"GRAPH {ox.NamedNode(name)}" if name else "DEFAULT"


def _in(name: str, lines: str) -> str:
    return f"GRAPH {ox.NamedNode(name)} {{ {lines} }}" if name else lines


def _with_using(request: str, using: Names, using_named: Names) -> str:
    """The request with its graphs chosen from outside."""
    if not using and not using_named:
        return request
    try:
        clauses = " ".join([f"USING {ox.NamedNode(name)}" for name in using or ()])
        clauses += " " + " ".join(f"USING NAMED {ox.NamedNode(name)}" for name in using_named or ())
    except ValueError as error:
        raise QueryError("The name of a graph is an absolute IRI; one of these is not.") from error
    pieces, at = [], 0
    for before, token in _outside_braces(request):
        word = token.text.upper()
        if word in ("USING", "WITH"):
            raise QueryError("This update chooses its graphs itself (USING, WITH); leave out using-graph-uri.")
        if word == "WHERE" and before.text.upper() == "DELETE":
            raise QueryError("DELETE WHERE cannot be combined with using-graph-uri; write DELETE { … } WHERE { … }.")
        if word == "WHERE":
            pieces += [request[at : token.start], clauses, " "]
            at = token.start
    return "".join([*pieces, request[at:]])


def _outside_braces(request: str) -> Iterator[tuple[Token, Token]]:
    """Each word that stands in no braces, with the piece before it."""
    depth, before = 0, Token("", "", 0, 0)
    for token in tokens(request):
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        if depth == 0 and token.kind == "name":
            yield before, token
        before = token
