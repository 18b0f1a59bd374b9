"""The graph store behind one small interface, and how the engine's terms become rdflib's.

`kg.embedded` keeps the graph on disk in this process (Oxigraph, through pyoxigraph); `kg.remote` speaks SPARQL 1.1 to
a server. The rest of the project sees rdflib terms and `Store` only.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import pyoxigraph as ox
from rdflib import Graph
from rdflib.term import BNode, Identifier, Literal, Node, URIRef

from ontology import HISTORY_GRAPH

from .errors import StoreError

Triple = tuple[Node, Node, Node]
Row = dict[str, Identifier]
Answer = ox.QuerySolutions | ox.QueryTriples | ox.QueryBoolean
Names = Sequence[str] | None
Similarity = Callable[[str, str], float | None]
"""Closeness of the thing with an IRI to a text; None where there is none."""
Graphs = Mapping[URIRef, Iterable[Triple]]

# A value that does not fit its type becomes a finding; rdflib would also print a traceback.
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)

_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"


class Store(Protocol):
    """A set of named graphs that can be asked in SPARQL and changed in whole graphs."""

    def select(self, query: str) -> list[Row]:
        """Rows of a SELECT over the union of all graphs; unbound variables are absent from a row."""
        ...

    def ask(self, query: str) -> bool:
        """The answer of an ASK over the union of all graphs."""
        ...

    def construct(self, query: str) -> Graph:
        """The graph of a CONSTRUCT or DESCRIBE over the union of all graphs."""
        ...

    def change(self, graphs: Graphs, add: Graphs | None = None, remove: Graphs | None = None) -> None:
        """Replace whole graphs (an empty one is removed), add triples to others and remove some, all or nothing."""
        ...

    def update(self, request: str) -> None:
        """Carry out a SPARQL 1.1 Update, all or nothing; the project's prefixes are known."""
        ...

    def graph(self, name: URIRef) -> Graph:
        """A copy of one named graph; empty where there is none."""
        ...

    def names(self) -> list[URIRef]:
        """The names of all graphs that hold something."""
        ...

    def quads(self) -> Iterator[ox.Quad]:
        """Every quad, in no particular order."""
        ...

    @property
    def private(self) -> "Store":
        """The store of what is not published."""
        ...

    def raw(
        self, query: str, default: Names = None, named: Names = None, similarity: Similarity | None = None
    ) -> Answer:
        """The engine's own result, for serialising; the project's prefixes are known, `FROM` is obeyed."""
        ...

    def load(self, quads: Iterable[ox.Quad]) -> None:
        """Add many quads in one transaction."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def term(value: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Identifier:
    """An Oxigraph term as the rdflib term."""
    if isinstance(value, ox.NamedNode):
        return URIRef(value.value)
    if isinstance(value, ox.Literal):
        if value.language:
            return Literal(value.value, lang=value.language)
        datatype = value.datatype.value
        return Literal(value.value, datatype=None if datatype == _XSD_STRING else datatype)
    if isinstance(value, ox.BlankNode):
        return BNode(value.value)
    raise StoreError("This graph holds a triple inside a triple, which Goodways does not read.")


def rows(solutions: ox.QuerySolutions) -> list[Row]:
    """SELECT results as plain dictionaries by variable name."""
    names = [variable.value for variable in solutions.variables]
    return [{name: term(value) for name in names if (value := solution[name]) is not None} for solution in solutions]


def to_graph(triples: Iterable[ox.Triple]) -> Graph:
    """Oxigraph triples as an rdflib graph."""
    graph = Graph()
    for triple in triples:
        graph.add((term(triple.subject), term(triple.predicate), term(triple.object)))
    return graph


def split_history(quads: Iterable[ox.Quad]) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """What is published, and the history."""
    parts: tuple[list[ox.Quad], list[ox.Quad]] = ([], [])
    private = ox.NamedNode(str(HISTORY_GRAPH))
    for quad in quads:
        parts[quad.graph_name == private].append(quad)
    return parts


def update_request(graphs: Graphs, add: Graphs | None = None, remove: Graphs | None = None) -> str:
    """One SPARQL 1.1 Update request that replaces `graphs`, takes `remove` out and puts `add` in.

    SPARQL 1.1 Update, section 3: a request is to be applied atomically; Oxigraph does.
    """
    parts = []
    for name, triples in graphs.items():
        parts.append(f"DROP SILENT GRAPH {name.n3()}")
        parts.extend(_data("INSERT", name, triples))
    for name, triples in (remove or {}).items():
        parts.extend(_data("DELETE", name, triples))
    for name, triples in (add or {}).items():
        parts.extend(_data("INSERT", name, triples))
    return " ;\n".join(parts)


def _data(verb: str, name: URIRef, triples: Iterable[Triple]) -> Iterator[str]:
    lines = " .\n".join(" ".join(part.n3() for part in triple) for triple in triples)
    if lines:
        yield f"{verb} DATA {{ GRAPH {name.n3()} {{\n{lines} }} }}"
