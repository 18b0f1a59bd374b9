"""The graph in any server that speaks SPARQL 1.1 (query, update); `docs/any-sparql-server.md` says what differs."""

import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from itertools import accumulate, groupby, islice
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pyoxigraph as ox
from rdflib import Graph
from rdflib.term import URIRef

from ontology import BASE, GW, PREFIXES

from .embedded import EmbeddedStore
from .errors import QueryError, StoreError
from .query_text import Token, resolved
from .settings import Settings
from .store import Answer, Graphs, Names, Row, Similarity, Store, Triple, rows, split_history, to_graph

_RESULTS = "application/sparql-results+json"
_TRIPLES = "application/n-triples"
_KINDS = {ox.QuerySolutions: "A SELECT", ox.QueryBoolean: "An ASK", ox.QueryTriples: "A CONSTRUCT or DESCRIBE"}

# What Virtuoso 7 needs:
_BATCH = 1000  # triples in one INSERT DATA: it compiles each, and what it compiles has a largest size
_LARGEST = 5_000_000  # bytes of a request, of which it takes 10 MB
_OWN_FUNCTIONS = ("bif:", "sql:")  # how the names of its own functions begin; some of them fetch addresses
_CUT = ("X-SPARQL-MaxRows", "X-SQL-State")  # what it says of an answer that it has cut
_XSD = "http://www.w3.org/2001/XMLSchema#"
_LOST = [f"{_XSD}{name}" for name in ("duration", "dayTimeDuration", "yearMonthDuration")]  # types that it mistakes
_STAND_IN = "urn:goodways:kept-as:"  # before the names of those types, as it gets them
_REPAIRS = [  # of its JSON: a name that is no blank node's, and booleans as numbers
    (re.compile(rb'("type":\s*"bnode",\s*"value":\s*")nodeID://'), rb"\1"),
    (re.compile(rb'("typed-literal",\s*"datatype":\s*"[^"]*#boolean",\s*"value":\s*")1"'), rb'\1true"'),
    (re.compile(rb'("typed-literal",\s*"datatype":\s*"[^"]*#boolean",\s*"value":\s*")0"'), rb'\1false"'),
]


class RemoteStore:
    """A SPARQL 1.1 server, at its addresses for queries and for updates.

    The server must evaluate the default graph as the union of its named graphs
    (`oxigraph serve --union-default-graph`). User and password, where it asks for them, are those of `Settings`.
    """

    def __init__(self, address: str, *, private: Store | None = None, timeout: float = 60.0) -> None:
        """Speak to a server; no request is made yet.

        Args:
            address: its root, below which lie `query` and `update` (as `oxigraph serve` has them), or the full
                addresses for queries and for updates, with a space between them.
            private: holds what is not published; by default a store in memory.
            timeout: seconds to wait for the server.

        """
        self.private: Store = private or EmbeddedStore(None, with_private=False)
        root = address.rstrip("/ ")
        self._queries, self._updates = root.split() if " " in root else (f"{root}/query", f"{root}/update")
        self._client = httpx.Client(timeout=timeout, auth=_login(Settings()))

    def select(self, query: str) -> list[Row]:
        """Rows of a SELECT over the union of all graphs."""
        return rows(self._solutions(query))

    def ask(self, query: str) -> bool:
        """The answer of an ASK."""
        _expect(ox.QueryBoolean, query)
        return bool(_results(self._ask(query, _RESULTS)))

    def construct(self, query: str) -> Graph:
        """The graph of a CONSTRUCT or DESCRIBE."""
        _expect(ox.QueryTriples, query)
        answer = self._ask(query, _TRIPLES)
        return to_graph(quad.triple for quad in ox.parse(answer, format=ox.RdfFormat.N_TRIPLES))

    def raw(
        self, query: str, default: Names = None, named: Names = None, similarity: Similarity | None = None
    ) -> Answer:
        """The server's answer as the engine's own type; the project's prefixes are put before the query.

        A query that is not SPARQL 1.1, or that calls functions of the server's own, is refused before it is sent.

        Raises:
            QueryError: the query cannot be read, or it uses `gw:similarity`, which only the embedded graph has.

        """
        pieces = resolved(query)
        names = {iri for _, iri in pieces}
        if similarity and str(GW.similarity) in names:
            raise QueryError(
                "gw:similarity needs the embedded graph, and this one lies on another server; use a SERVICE gw:search "
                "block in its place."
            )
        if own := next((iri for iri in names if iri.lower().startswith(_OWN_FUNCTIONS)), ""):
            raise QueryError(f"<{own}> is a function of one server only and not allowed here; use those of SPARQL 1.1.")
        kind = _kind(query, base_iri=BASE, prefixes=PREFIXES)
        if not (default or named):
            default, named = _own_dataset(pieces)
        whole = _prefix_lines() + query
        if kind is not ox.QueryTriples:
            return _results(self._ask(whole, _RESULTS, default, named))
        store = ox.Store()
        store.load(self._ask(whole, _TRIPLES, default, named), format=ox.RdfFormat.N_TRIPLES)
        return store.query("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }")

    def change(self, graphs: Graphs, add: Graphs | None = None, remove: Graphs | None = None) -> None:
        """Replace graphs, add and remove triples in one update request.

        SPARQL 1.1 Update, section 3: a request is to be applied atomically.
        """
        operations: list[str] = []
        for name, triples in graphs.items():
            operations += [f"DROP SILENT GRAPH {name.n3()}", *self._data("INSERT", _quads(name, triples))]
        for name, triples in (remove or {}).items():
            operations += self._data("DELETE", _quads(name, triples))
        for name, triples in (add or {}).items():
            operations += self._data("INSERT", _quads(name, triples))
        self._change(operations)

    def update(self, request: str) -> None:
        """Have the server carry out an update."""
        self._change([_prefix_lines() + request])

    def graph(self, name: URIRef) -> Graph:
        """A copy of one named graph."""
        return self.construct(f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH {name.n3()} {{ ?s ?p ?o }} }}")

    def names(self) -> list[URIRef]:
        """The names of all graphs that hold something."""
        # Without the order, Virtuoso answers from a list of its own that has graphs which the asker may not read.
        found = self.select("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g")
        return [URIRef(str(row["g"])) for row in found]

    def quads(self) -> Iterator[ox.Quad]:
        """Every quad of every named graph."""
        for found in self._solutions("SELECT ?s ?p ?o ?g { GRAPH ?g { ?s ?p ?o } }"):
            yield ox.Quad(found["s"], found["p"], found["o"], found["g"])

    def load(self, quads: Iterable[ox.Quad]) -> None:
        """Add many quads in one update request; those of the history go where it lies."""
        quads, history = split_history(quads)
        self.private.load(history)
        self._change(self._data("INSERT", quads))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self.private.close()

    def _solutions(self, query: str) -> ox.QuerySolutions:
        _expect(ox.QuerySolutions, query)
        result = _results(self._ask(query, _RESULTS))
        if not isinstance(result, ox.QuerySolutions):
            raise StoreError(f"The SPARQL server at {self._queries} answered a SELECT query without a table.")
        return result

    def _ask(self, query: str, media_type: str, default: Names = None, named: Names = None) -> bytes:
        """The body of an answer; asked as a form, since Virtuoso 7 never answers a query that is sent as it is."""
        form = {"query": query, "default-graph-uri": list(default or ()), "named-graph-uri": list(named or ())}
        answer = self._send(self._queries, data=form, headers={"Accept": media_type})
        if any(name in answer.headers for name in _CUT):
            raise StoreError(
                f"The SPARQL server at {self._queries} did not give its whole answer; raise its limits (Virtuoso: "
                "ResultSetMaxRows and MaxQueryExecutionTime)."
            )
        return answer.content.replace(_STAND_IN.encode(), b"")

    def _data(self, verb: str, quads: Iterable[ox.Quad]) -> Iterator[str]:
        """`INSERT DATA` or `DELETE DATA`, at most `_BATCH` triples each."""
        by_graph = sorted(quads, key=lambda quad: str(quad.graph_name))
        for name, of_graph in groupby(by_graph, lambda quad: quad.graph_name):
            while some := list(islice(of_graph, _BATCH)):
                lines = " .\n".join(self._line(quad) for quad in some)
                yield f"{verb} DATA {{ GRAPH {name} {{\n{lines} }} }}"

    def _line(self, quad: ox.Quad) -> str:
        value = quad.object
        if isinstance(value, ox.Literal) and value.datatype.value in _LOST and self._is_virtuoso:
            value = ox.Literal(value.value, datatype=ox.NamedNode(_STAND_IN + value.datatype.value))
        return f"{quad.subject} {quad.predicate} {value}"

    @cached_property
    def _is_virtuoso(self) -> bool:
        answer = self._send(self._queries, data={"query": "ASK {}"}, headers={"Accept": _RESULTS})
        return str(answer.headers.get("server", "")).startswith("Virtuoso")

    def _change(self, operations: Iterable[str]) -> None:
        for request in self._requests([operation.encode() for operation in operations]):
            self._send(self._updates, content=request, headers={"Content-Type": "application/sparql-update"})

    def _requests(self, operations: list[bytes]) -> Iterator[bytes]:
        """One request, so that all of it is done or nothing; several where Virtuoso would not take so much at once."""
        size = sum(map(len, operations))
        most = _LARGEST if size > _LARGEST and self._is_virtuoso else size + 1
        ends = accumulate(map(len, operations))
        for _, part in groupby(zip(ends, operations, strict=True), lambda pair: pair[0] // most):
            yield b" ;\n".join(operation for _, operation in part)

    def _send(self, address: str, **request: Any) -> httpx.Response:
        try:
            answer = self._client.post(address, **request)
        except httpx.HTTPError as error:
            raise StoreError(
                f"The SPARQL server at {address} does not answer ({error}); start it, or set GOODWAYS_STORE."
            ) from error
        if not answer.is_error:
            return answer
        said = answer.text.strip().partition("\n\n")[0]
        if answer.status_code in (400, 406):
            raise QueryError(f"The SPARQL server at {address} cannot read this request: {said}")
        if answer.status_code in (401, 403):
            raise StoreError(
                f"The SPARQL server at {address} does not let Goodways in; set GOODWAYS_STORE_USER and "
                "GOODWAYS_STORE_PASSWORD to those of a user who may."
            )
        raise StoreError(f"The SPARQL server at {address} answered {answer.status_code}: {said}")


class _Login(httpx.DigestAuth):
    """User and password in the way that the server asks for, digest or basic; nothing where it asks for none."""

    def __init__(self, user: str, password: str) -> None:
        super().__init__(user, password)
        self._basic = httpx.BasicAuth(user, password)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """One request, or two where the server asks who it is."""
        digest = super().auth_flow(request)
        answer = yield next(digest)
        if answer.headers.get("www-authenticate", "").lower().startswith("basic"):
            yield from self._basic.auth_flow(request)
            return
        with suppress(StopIteration):
            yield digest.send(answer)


def _login(settings: Settings) -> httpx.Auth | None:
    password = settings.store_password.get_secret_value()
    return _Login(settings.store_user, password) if settings.store_user else None


def _kind(query: str, **names: Any) -> type[object]:
    """SELECT, ASK or the others, as the embedded engine reads the query over an empty graph.

    Raises:
        QueryError: it is not SPARQL 1.1, or calls a function that the embedded engine does not have.

    """
    try:
        return type(ox.Store().query(query, **names))
    except SyntaxError as error:
        raise QueryError(f"This SPARQL query cannot be read: {error}.") from error
    except (RuntimeError, ValueError) as error:
        raise QueryError(f"This SPARQL query could not be run: {error}.") from error


def _expect(kind: type[object], query: str) -> None:
    if _kind(query) is not kind:
        raise QueryError(f"{_KINDS[kind]} query was expected here.")


def _own_dataset(pieces: list[tuple[Token, str]]) -> tuple[list[str], list[str]]:
    """The graphs of `FROM` and `FROM NAMED`; said again in the request, since `oxigraph serve` goes by that alone."""
    default: list[str] = []
    named: list[str] = []
    for n, (piece, _) in enumerate(pieces):
        if piece.kind == "name" and piece.text.upper() == "FROM":
            is_named = pieces[n + 1][0].text.upper() == "NAMED"
            name = pieces[n + 1 + is_named][1]
            (named if is_named else default).append(name if urlsplit(name).scheme else urljoin(BASE, name))
    return default, named


def _results(answer: bytes) -> ox.QuerySolutions | ox.QueryBoolean:
    for fault, repaired in _REPAIRS:
        answer = fault.sub(repaired, answer)
    return ox.parse_query_results(answer, format=ox.QueryResultsFormat.JSON)


def _quads(name: URIRef, triples: Iterable[Triple]) -> list[ox.Quad]:
    """The same as the engine's own; what it cannot read, no server is to be given."""
    lines = " .\n".join(" ".join(part.n3() for part in triple) for triple in triples)
    try:
        return list(ox.parse(f"GRAPH {name.n3()} {{\n{lines} }}", format=ox.RdfFormat.TRIG))
    except SyntaxError as error:
        raise QueryError(f"This change of {name} cannot be written: {error}.") from error


def _prefix_lines() -> str:
    return f"BASE <{BASE}>\n" + "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())


def published_store(source: str) -> Store:
    """What is published, to be read: by the address of a SPARQL server or the folder of an embedded graph."""
    if source.startswith(("http://", "https://")):
        return RemoteStore(source)
    return EmbeddedStore(Path(source), read_only=True, with_private=False)
