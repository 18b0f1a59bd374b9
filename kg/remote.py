"""The graph in any server that speaks SPARQL 1.1 (query, update)."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

import httpx
import pyoxigraph as ox
from rdflib import Graph
from rdflib.term import URIRef

from ontology import BASE, GW, PREFIXES

from .errors import QueryError, StoreError
from .store import (
    Answer,
    EmbeddedStore,
    Graphs,
    Names,
    Row,
    Similarity,
    Store,
    rows,
    split_history,
    to_graph,
    update_request,
)

_RESULTS = "application/sparql-results+json"
_TRIPLES = "application/n-triples"


class RemoteStore:
    """A SPARQL 1.1 server: query at `{url}/query`, updates at `{url}/update` (as `oxigraph serve` has them).

    The server must evaluate the default graph as the union of its named graphs
    (`oxigraph serve --union-default-graph`).
    """

    def __init__(self, url: str, *, private: Store | None = None, timeout: float = 60.0) -> None:
        """Speak to the server at `url`; what is not published stays in `private`, by default in memory."""
        self.private: Store = private or EmbeddedStore(None, with_private=False)
        self.url = url.rstrip("/")
        self._client = httpx.Client(timeout=timeout)

    def select(self, query: str) -> list[Row]:
        """Rows of a SELECT over the union of all graphs."""
        return rows(self._solutions(query))

    def ask(self, query: str) -> bool:
        """The answer of an ASK."""
        answer = self._post("query", "application/sparql-query", query, _RESULTS)
        result = ox.parse_query_results(answer, format=ox.QueryResultsFormat.JSON)
        if not isinstance(result, ox.QueryBoolean):
            raise QueryError("An ASK query was expected here.")
        return bool(result)

    def construct(self, query: str) -> Graph:
        """The graph of a CONSTRUCT or DESCRIBE."""
        answer = self._post("query", "application/sparql-query", query, _TRIPLES)
        return to_graph(quad.triple for quad in ox.parse(answer, format=ox.RdfFormat.N_TRIPLES))

    def raw(
        self, query: str, default: Names = None, named: Names = None, similarity: Similarity | None = None
    ) -> Answer:
        """The server's answer as the engine's own type; the project's prefixes are put before the query.

        Raises:
            QueryError: the server cannot read the query, or it uses `gw:similarity`, which only the embedded graph has.

        """
        if similarity and _uses_similarity(query):
            raise QueryError(
                "gw:similarity is not known where the graph is on another server; use a SERVICE gw:search block."
            )
        both = f"{_RESULTS}, {_TRIPLES};q=0.9"
        dataset = [("default-graph-uri", name) for name in default or ()]
        dataset += [("named-graph-uri", name) for name in named or ()]
        path = "query" + (f"?{urlencode(dataset)}" if dataset else "")
        answer = self._client_post(path, "application/sparql-query", _prefix_lines() + query, both)
        if answer.headers.get("content-type", "").startswith(_TRIPLES):
            store = ox.Store()
            store.load(answer.content, format=ox.RdfFormat.N_TRIPLES)
            result = store.query("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }")
        else:
            result = ox.parse_query_results(answer.content, format=ox.QueryResultsFormat.JSON)
        return result

    def change(self, graphs: Graphs, add: Graphs | None = None, remove: Graphs | None = None) -> None:
        """Replace graphs, add and remove triples in one update request."""
        self._post("update", "application/sparql-update", update_request(graphs, add, remove), "*/*")

    def update(self, request: str) -> None:
        """Have the server carry out an update."""
        self._post("update", "application/sparql-update", _prefix_lines() + request, "*/*")

    def graph(self, name: URIRef) -> Graph:
        """A copy of one named graph."""
        return self.construct(f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH {name.n3()} {{ ?s ?p ?o }} }}")

    def names(self) -> list[URIRef]:
        """The names of all graphs that hold something."""
        found = self.select("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")
        return [URIRef(str(row["g"])) for row in found]

    def quads(self) -> Iterator[ox.Quad]:
        """Every quad of every named graph."""
        for found in self._solutions("SELECT ?s ?p ?o ?g { GRAPH ?g { ?s ?p ?o } }"):
            yield ox.Quad(found["s"], found["p"], found["o"], found["g"])

    def load(self, quads: Iterable[ox.Quad]) -> None:
        """Add many quads in one update request; those of the history go where it lies."""
        quads, history = split_history(quads)
        self.private.load(history)
        lines = "\n".join(f"GRAPH {q.graph_name} {{ {q.subject} {q.predicate} {q.object} }}" for q in quads)
        self._post("update", "application/sparql-update", f"INSERT DATA {{ {lines} }}", "*/*")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self.private.close()

    def _solutions(self, query: str) -> ox.QuerySolutions:
        answer = self._post("query", "application/sparql-query", query, _RESULTS)
        result = ox.parse_query_results(answer, format=ox.QueryResultsFormat.JSON)
        if not isinstance(result, ox.QuerySolutions):
            raise QueryError("A SELECT query was expected here.")
        return result

    def _post(self, path: str, media_type: str, body: str, accept: str) -> bytes:
        return self._client_post(path, media_type, body, accept).content

    def _client_post(self, path: str, media_type: str, body: str, accept: str) -> httpx.Response:
        try:
            answer = self._client.post(
                f"{self.url}/{path}", content=body.encode(), headers={"Content-Type": media_type, "Accept": accept}
            )
        except httpx.HTTPError as error:
            raise StoreError(
                f"The SPARQL server at {self.url} does not answer ({error}); start it, or set GOODWAYS_STORE."
            ) from error
        if answer.status_code in (400, 406):
            raise QueryError(f"The SPARQL server at {self.url} cannot read this request: {answer.text.strip()}")
        if answer.is_error:
            raise StoreError(f"The SPARQL server at {self.url} answered {answer.status_code}: {answer.text.strip()}")
        return answer


def _prefix_lines() -> str:
    return f"BASE <{BASE}>\n" + "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())


def _uses_similarity(query: str) -> bool:
    return "gw:similarity" in query or str(GW.similarity) in query
