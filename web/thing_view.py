"""A thing that has no page of a kind of its own, such as a target or a mapping: what is said about it, in a list."""

from typing import Any

from rdflib import RDF, RDFS, Graph, URIRef
from rdflib.namespace import DCTERMS, FOAF, SKOS
from rdflib.term import Node

from kg.terms import by_language, word
from ontology import ID

from .definition_view import KIND_LABELS
from .model_view import model, short
from .record_view import definition_title, downloads
from .site import Site, best, path_of, text

_NAMES = (DCTERMS.title, SKOS.prefLabel, FOAF.name)


def thing_view(site: Site, thing: URIRef, graph: Graph, language: str) -> dict[str, Any]:
    """Its name, and each property with its values; texts in one language."""
    kind, code = thing[len(str(ID)) :].split("/")
    titles = next((found for prop in _NAMES if (found := by_language(graph, thing, prop))), {})
    said = sorted({URIRef(str(prop)) for prop in graph.predicates(thing)} - {RDF.type, *_NAMES})
    return {
        "kind_label": KIND_LABELS.get(kind, kind.replace("-", " ").capitalize()),
        "label": best(titles, language) if titles else text(code, ""),
        "facts": [{"label": _label(prop), "values": _values(site, graph, thing, prop, language)} for prop in said],
        "downloads": downloads(path_of(thing).replace("/id/", "/data/", 1)),
    }


def _label(term: URIRef) -> str:
    name = word(model(), term, RDFS.label) or short(term).partition(":")[2]
    return name[:1].upper() + name[1:]


def _values(site: Site, graph: Graph, thing: URIRef, prop: URIRef, language: str) -> list[dict[str, Any]]:
    texts = by_language(graph, thing, prop)
    if texts:
        return [{"text": best(texts, language)}]
    return [_value(site, value, language) for value in sorted(graph.objects(thing, prop), key=str)]


def _value(site: Site, value: Node, language: str) -> dict[str, Any]:
    if not isinstance(value, URIRef):
        return {"text": str(value)}
    if value in site.concepts:
        return {"text": site.label(value, language), "url": path_of(value)}
    if value.startswith(str(ID)):
        return {"text": definition_title(site, value, language), "url": path_of(value)}
    return {"text": str(value), "url": str(value)}
