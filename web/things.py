"""What is published about something that has an IRI here, or that it has been withdrawn."""

from rdflib import Graph, URIRef
from rdflib.term import Node

from kg import NotFoundError
from kg.versions import Tombstone, software, tombstone
from ontology import ID, KINDS, record_graph

from .problems import ProblemError
from .site import Site, iri_of

Quad = tuple[Node, Node, Node, URIRef | None]
"""Subject, predicate, object, and the named graph that says so."""
_SCHEME = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?s ?p ?o ?g {{ {{ BIND({thing} AS ?s) GRAPH ?g {{ ?s ?p ?o }} }}
  UNION {{ ?s skos:inScheme {thing} GRAPH ?g {{ ?s ?p ?o }} }} }}"""
_IS = "ASK {{ GRAPH ?g {{ {thing} ?p ?o }} }}"
_THING = "SELECT ?s ?p ?o ?g {{ BIND({thing} AS ?s) GRAPH ?g {{ {thing} ?p ?o }} }}"


def withdrawn(site: Site, kind: str, code: str) -> Tombstone | None:
    """What is left of a thing that was withdrawn; None where it is published.

    Raises:
        NotFoundError: there is no such thing, and never was.

    """
    thing = iri_of(kind, code)
    if site.has_record(kind, code) or software(thing) or site.searcher.store.ask(_IS.format(thing=thing.n3())):
        return None
    left = tombstone(site.searcher.store, thing) if kind in KINDS else None
    if left is None:
        raise not_here(kind, code)
    return left


def must_not_be_withdrawn(site: Site, kind: str, code: str) -> None:
    """Let what is published pass.

    Raises:
        ProblemError: 410 where it was withdrawn.
        NotFoundError: there is no such thing, and never was.

    """
    if withdrawn(site, kind, code):
        raise ProblemError(410, f"This {kind.replace('-', ' ')[:60]} was withdrawn; /id/{kind}/{code} says when.")


def not_here(kind: str, code: str) -> NotFoundError:
    """That there is no such thing."""
    return NotFoundError(f"There is no {kind.replace('-', ' ')[:60]} {code[:120]} here.")


def quads_of(site: Site, kind: str, code: str) -> list[Quad]:
    """The statements about a thing, each with the graph that it stands in: a record whole, a list with its concepts.

    Raises:
        NotFoundError: there is no such thing.

    """
    thing, store = iri_of(kind, code), site.searcher.store
    if site.has_record(kind, code):
        name = record_graph(code)
        found: list[Quad] = [(s, p, o, name) for s, p, o in store.graph(name)]
    elif program := software(thing):
        found = [(*triple, None) for triple in program]
    else:
        rows = store.select((_SCHEME if kind == "scheme" else _THING).format(thing=thing.n3()))
        found = [(row["s"], row["p"], row["o"], URIRef(row["g"])) for row in rows]
    if not found:
        raise not_here(kind, code)
    return found


def graph_of(site: Site, thing: URIRef) -> Graph:
    """The statements with a thing as their subject."""
    graph = site.searcher.store.construct(f"CONSTRUCT {{ {thing.n3()} ?p ?o }} {{ {thing.n3()} ?p ?o }}")
    for triple in software(thing):
        graph.add(triple)
    return graph


def withdrawn_record(site: Site, code: str) -> Tombstone | None:
    """What is left of the record of this id, of whatever kind it was, whose graph is no more."""
    found = (tombstone(site.searcher.store, ID[f"{kind}/{code}"]) for kind in KINDS)
    return next((left for left in found if left), None)
