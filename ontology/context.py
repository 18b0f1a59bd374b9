"""The JSON-LD context of records: the terms of `context.jsonld`, and one for each property that only the shapes have.

So that a new property is a change of `shapes.ttl` alone: its field is called like the last part of its IRI, and its
shape says how its values are written (`sh:datatype`, `sh:class`, `sh:maxCount`).
"""

import json
from functools import cache
from typing import Any

from rdflib import RDF, SH, Graph, URIRef
from rdflib.namespace import XSD

from . import CONTEXT_FILE, GW, PREFIXES, SHAPES_FILE

Terms = dict[str, Any]


@cache
def shapes() -> Graph:
    """The shapes of records."""
    return Graph(bind_namespaces="none").parse(SHAPES_FILE)


@cache
def context() -> Terms:
    """Every term of a record."""
    return completed(json.loads(CONTEXT_FILE.read_text(encoding="utf-8"))["@context"], shapes())


def completed(terms: Terms, shapes: Graph) -> Terms:
    """The terms, with one for each property of the shapes that has none."""
    known = {iri_of(term, terms): name for name, term in terms.items() if not name.startswith("@")}
    by_class = {
        shapes.value(shape, SH["class"]): terms[known[path]].get("@context")
        for shape, path in shapes.subject_objects(SH.path)
        if isinstance(path, URIRef) and path in known and isinstance(terms[known[path]], dict)
    }
    new = {
        str(path).rpartition("#")[2].rpartition("/")[2]: _term(shapes, URIRef(str(shape)), path, by_class)
        for shape, path in sorted(shapes.subject_objects(SH.path))
        if isinstance(path, URIRef) and path not in known
    }
    return terms | new


def iri_of(term: Any, terms: Terms) -> URIRef | None:
    """The property that a term stands for."""
    name = term.get("@id") if isinstance(term, dict) else term
    if not isinstance(name, str) or name.startswith("@"):
        return None
    prefix, _, local = name.partition(":")
    start = terms.get(prefix) or PREFIXES.get(prefix)
    return URIRef(str(start) + local) if isinstance(start, str) and not local.startswith("//") else URIRef(name)


def _term(shapes: Graph, shape: URIRef, path: URIRef, by_class: dict[Any, Any]) -> Terms:
    kind, of_class = shapes.value(shape, SH.datatype), shapes.value(shape, SH["class"])
    one = shapes.value(shape, SH.maxCount)
    term: Terms = {"@id": str(path)}
    if kind == RDF.langString:
        return term | {"@container": "@language"}
    if of_class is not None:
        term |= {"@type": "@vocab", "@context": by_class.get(of_class) or {"@vocab": str(GW)}}
    elif kind is not None and kind != XSD.string:
        term["@type"] = str(kind)
    elif shapes.value(shape, SH.nodeKind) == SH.IRI:
        term["@type"] = "@id"
    return term if one is not None and int(str(one)) == 1 else term | {"@container": "@set"}
