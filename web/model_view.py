"""The documentation of the model, made from its own files: classes, properties, shapes and lists."""

from collections import defaultdict
from functools import cache
from itertools import groupby
from typing import Any

from rdflib import OWL, RDF, RDFS, Graph, Namespace, URIRef
from rdflib.namespace import DCTERMS, SKOS

from kg import NotFoundError, Row
from kg.terms import iri as thing
from kg.terms import iris, word
from ontology import DEFINITION_SHAPES_FILE, EU_LANGUAGES, FOLDER, GW, ID, PREFIXES, SHAPES_FILE
from search.labels import Concept

from .record_view import definition_title, downloads
from .site import Site, path_of

SH = Namespace("http://www.w3.org/ns/shacl#")
MODEL_FILES = (FOLDER / "goodways.ttl", FOLDER / "definitions-model.ttl")
KINDS = {OWL.ObjectProperty: "leads to a thing", OWL.DatatypeProperty: "holds a value"}
_VALUES = {"langString": "text in a language", "gYear": "year", "gYearMonth": "month", "anyURI": "web address"}


@cache
def model() -> Graph:
    """Classes and properties."""
    graph = Graph()
    for path in MODEL_FILES:
        graph.parse(path)
    return graph


@cache
def shapes() -> Graph:
    """What a record, a definition and the rest must be."""
    return Graph().parse(SHAPES_FILE).parse(DEFINITION_SHAPES_FILE)


def short(iri: URIRef) -> str:
    """An IRI with its usual prefix, such as `gw:Barrier`."""
    for prefix, name in PREFIXES.items():
        if iri.startswith(name):
            return f"{prefix}:{iri[len(name) :]}"
    return str(iri)


@cache
def links() -> frozenset[tuple[URIRef, URIRef, URIRef]]:
    """(class, property, class): what leads from where to where, by the shapes and by domains and ranges."""
    found = set()
    for shape in shapes().subjects(RDF.type, SH.NodeShape):
        kinds = iris(shapes(), shape, SH.targetClass)
        for kind in (k for k in kinds if not set(iris(model(), k, RDFS.subClassOf)) & set(kinds)):
            for rule in shapes().objects(shape, SH.property):
                prop, target = thing(shapes(), rule, SH.path), thing(shapes(), rule, SH["class"])
                if prop and target:
                    found.add((kind, prop, target))
    for prop in _of(OWL.ObjectProperty):
        start, end = thing(model(), prop, RDFS.domain), thing(model(), prop, RDFS.range)
        if start and end:
            found.add((start, prop, end))
    return frozenset(found)


def model_view(site: Site) -> dict[str, Any]:
    """Classes and properties, with how many there are of each class and an example."""
    held = site.searcher.store.select(
        "SELECT ?class (COUNT(DISTINCT ?x) AS ?n) (MIN(?x) AS ?one) { ?x a ?class } GROUP BY ?class"
    )
    counts = {URIRef(row["class"]): (int(row["n"]), str(row["one"])) for row in held}
    return {
        "classes": [_class(iri, *counts.get(iri, (0, ""))) for iri in _of(OWL.Class)],
        "properties": [_property(iri) for kind in KINDS for iri in _of(kind)],
        "version": word(model(), _ontology(), OWL.versionInfo),
        "about": word(model(), _ontology(), DCTERMS.description),
        "downloads": downloads("/ontology"),
    }


def shapes_view() -> dict[str, Any]:
    """The shapes of the project, each with its rules by property."""
    found = []
    for shape in sorted(URIRef(str(s)) for s in shapes().subjects(RDF.type, SH.NodeShape)):
        rules = [_rule(URIRef(str(rule))) for rule in shapes().objects(shape, SH.property)]
        rules.sort(key=lambda rule: (rule["order"], rule["path"], rule["id"]))
        further = [word(shapes(), query, SH.message) for query in shapes().objects(shape, SH.sparql)]
        found.append(
            {
                "id": shape.rpartition("/")[2],
                "name": word(shapes(), shape, SH.name) or shape.rpartition("/")[2],
                "classes": [_term(kind) for kind in iris(shapes(), shape, SH.targetClass)],
                "fields": [_field(list(group)) for _, group in groupby(rules, key=lambda rule: rule["path"])],
                "further": sorted(further),
            }
        )
    found.sort(key=lambda shape: (shape["id"] != "Record", shape["name"]))
    return {"shapes": found, "downloads": downloads("/ontology/shapes")}


def schemes_view(site: Site, language: str) -> dict[str, Any]:
    """Every list of concepts, with how far it is named in the official languages."""
    members = defaultdict(list)
    for concept in site.concepts.values():
        members[concept.scheme].append(concept)
    rows = sorted(site.searcher.store.select(_SCHEMES), key=lambda row: str(row["title"]))
    found = [_scheme(site, row, members[URIRef(row["s"])], language) for row in rows]
    return {"schemes": found, "languages": EU_LANGUAGES}


def scheme_view(site: Site, code: str, language: str) -> dict[str, Any]:
    """One list: its concepts in their order, and in which languages they still lack a name.

    Raises:
        NotFoundError: there is no such list.

    """
    iri = ID[f"scheme/{code}"]
    row = next((row for row in site.searcher.store.select(_SCHEMES) if row["s"] == iri), None)
    if row is None:
        raise NotFoundError(f"There is no list {code[:120]} here.")
    members = [concept for concept in site.concepts.values() if concept.scheme == iri]
    top = [concept for concept in members if not any(b in site.concepts for b in concept.broader)]

    def node(concept: Concept) -> dict[str, Any]:
        below = [site.concepts[child] for child in concept.narrower if site.concepts[child].scheme == iri]
        explanation = concept.explanation(language)
        return {
            "code": concept.code,
            "label": site.label(concept.iri, language),
            "url": path_of(concept.iri),
            "explanation": {"text": explanation[0], "lang": explanation[1]} if explanation else None,
            "children": [node(child) for child in below],
        }

    return {
        "scheme": _scheme(site, row, members, language),
        "nodes": [node(concept) for concept in sorted(top, key=lambda c: (c.notation, c.code))],
        "downloads": downloads(f"/data/scheme/{code}"),
    }


_HELD = "SELECT ?class (COUNT(DISTINCT ?x) AS ?n) (MIN(?x) AS ?one) { ?x a ?class } GROUP BY ?class"
_SCHEMES = f"""SELECT ?s (SAMPLE(?t) AS ?title) (COUNT(DISTINCT ?c) AS ?n) (SAMPLE(STR(?d)) AS ?definition) {{
  ?s a {SKOS.ConceptScheme.n3()} ; {DCTERMS.title.n3()} ?t FILTER (LANG(?t) = "en")
  OPTIONAL {{ ?c {SKOS.inScheme.n3()} ?s }} OPTIONAL {{ ?d {GW.scheme.n3()} ?s }} }} GROUP BY ?s"""


def _scheme(site: Site, row: Row, members: list[Concept], language: str) -> dict[str, Any]:
    iri, definition = URIRef(row["s"]), str(row.get("definition") or "")
    lacking = {
        code: codes
        for code in EU_LANGUAGES
        if (codes := sorted(concept.code for concept in members if code not in concept.labels))
    }
    translated = any("en" in concept.labels for concept in members)  # regions are called by their own names
    return {
        "iri": str(iri),
        "title": str(row["title"]),
        "count": int(row["n"]),
        "url": path_of(iri) if iri.startswith(ID) else None,
        "definition": {
            "title": definition_title(site, URIRef(definition), language),
            "url": path_of(URIRef(definition)),
        }
        if definition
        else None,
        "complete": len(EU_LANGUAGES) - len(lacking) if translated else None,
        "missing": lacking if translated else {},
    }


def _ontology() -> URIRef:
    return URIRef(str(GW).rstrip("#"))


def _of(kind: URIRef) -> list[URIRef]:
    return sorted(URIRef(str(subject)) for subject in model().subjects(RDF.type, kind))


def _term(iri: URIRef) -> dict[str, Any]:
    local = iri[len(str(GW)) :] if iri.startswith(GW) else ""
    return {"name": short(iri), "url": f"/ontology#{local}" if local else str(iri), "own": bool(local)}


def _class(iri: URIRef, count: int, example: str) -> dict[str, Any]:
    own = example.startswith(str(ID)) and "#" not in example
    return {
        "id": iri[len(str(GW)) :],
        "name": short(iri),
        "label": word(model(), iri, RDFS.label),
        "comment": word(model(), iri, RDFS.comment),
        "above": [_term(other) for other in iris(model(), iri, RDFS.subClassOf)],
        "below": [_term(URIRef(str(other))) for other in sorted(model().subjects(RDFS.subClassOf, iri), key=str)],
        "links": [
            {"property": _term(prop), "target": _term(end)} for start, prop, end in sorted(links()) if start == iri
        ],
        "count": count,
        "example": {"name": example[len(str(ID)) :], "url": path_of(URIRef(example))} if own else None,
    }


def _property(iri: URIRef) -> dict[str, Any]:
    kind = next(text for kind, text in KINDS.items() if (iri, RDF.type, kind) in model())
    subjects = {start for start, prop, _ in links() if prop == iri} | set(iris(model(), iri, RDFS.domain))
    ends = {end for _, prop, end in links() if prop == iri} | set(iris(model(), iri, RDFS.range))
    return {
        "id": iri[len(str(GW)) :],
        "name": short(iri),
        "label": word(model(), iri, RDFS.label),
        "comment": word(model(), iri, RDFS.comment),
        "kind": kind,
        "of": [_term(subject) for subject in sorted(subjects)],
        "to": [_term(end) for end in sorted(ends)],
        "above": [_term(other) for other in iris(model(), iri, RDFS.subPropertyOf)],
    }


def _rule(rule: URIRef) -> dict[str, Any]:
    graph = shapes()
    kind, datatype = thing(graph, rule, SH["class"]), thing(graph, rule, SH.datatype)
    value = _term(kind) if kind else None
    if datatype:
        local = datatype.rpartition("#")[2]
        value = {"name": _VALUES.get(local, local), "url": None}
    return {
        "id": rule.rpartition("/")[2],
        "path": short(thing(graph, rule, SH.path) or rule),
        "order": int(word(graph, rule, SH.order) or 999),
        "name": word(graph, rule, SH.name),
        "description": word(graph, rule, SH.description),
        "value": value,
        "required": word(graph, rule, SH.minCount) not in ("", "0"),
        "single": word(graph, rule, SH.maxCount) == "1",
        "message": word(graph, rule, SH.message),
    }


def _field(rules: list[dict[str, Any]]) -> dict[str, Any]:
    """Several rules about one property as one row."""
    first = rules[0]
    return {
        "id": first["id"],
        "path": first["path"],
        "name": first["name"],
        "description": first["description"],
        "value": next((rule["value"] for rule in rules if rule["value"]), None),
        "required": any(rule["required"] for rule in rules),
        "single": any(rule["single"] for rule in rules),
        "messages": [rule["message"] for rule in rules if rule["message"]],
    }
