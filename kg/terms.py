"""Reading values off an rdflib graph, typed and in a steady order."""

from rdflib import Graph, Literal, URIRef
from rdflib.term import Node


def iris(graph: Graph, subject: Node, prop: URIRef) -> list[URIRef]:
    """The things that a property names, sorted."""
    return sorted(value for value in graph.objects(subject, prop) if isinstance(value, URIRef))


def iri(graph: Graph, subject: Node, prop: URIRef) -> URIRef | None:
    """The thing that a property names, if there is one."""
    return next(iter(iris(graph, subject, prop)), None)


def code(graph: Graph, subject: Node, prop: URIRef) -> str:
    """The last part of the IRI that a property names, or nothing."""
    return str(iri(graph, subject, prop) or "").rpartition("/")[2]


def words(graph: Graph, subject: Node, prop: URIRef) -> list[str]:
    """The texts of a property, whatever their language, sorted."""
    return sorted(str(value) for value in graph.objects(subject, prop) if isinstance(value, Literal))


def word(graph: Graph, subject: Node, prop: URIRef) -> str:
    """The text of a property, or nothing."""
    return next(iter(words(graph, subject, prop)), "")


def by_language(graph: Graph, subject: Node, prop: URIRef) -> dict[str, str]:
    """The texts of a property by language."""
    values = sorted((v for v in graph.objects(subject, prop) if isinstance(v, Literal)), key=str)
    return {value.language: str(value) for value in values if value.language}
