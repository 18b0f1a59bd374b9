"""The fields of a record as the context and the shapes describe them: what they hold, and how they are called."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from rdflib import RDFS, SH, URIRef

from ontology import GW
from ontology.context import context, iri_of, shapes

_PREFIXES = frozenset(("gw", "dcterms", "schema", "org", "foaf", "xsd", "version", "body", "id", "type"))
_PARTS = frozenset(("organisation", "figure", "furtherSource"))


@dataclass(frozen=True)
class Field:
    """One field of a record."""

    name: str
    iri: URIRef
    kind: str
    """`texts` (by language), `codes`, `address`, `date`, `parts` or `words`."""
    many: bool
    vocabulary: str
    """What codes begin with, written out; empty where there are none."""
    title: str
    """Its name for people, in English."""
    description: str
    order: float


@cache
def fields() -> dict[str, Field]:
    """Every field of a record by its name, in the order of the shapes; `id` and `type` are not among them."""
    found = [_field(name, term) for name, term in context().items() if name[:1] != "@" and name not in _PREFIXES]
    return {field.name: field for field in sorted(found, key=lambda field: (field.order, field.name))}


@cache
def top_fields() -> dict[str, Field]:
    """The fields that a record has itself, and not one of its parts."""
    return {name: field for name, field in fields().items() if field.order < _OF_PARTS}


def plain(text: str) -> str:
    """A word or heading without case, accents, punctuation and doubled space, for comparing."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(char for char in letters if not unicodedata.combining(char))
    return " ".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", kept)))


_OF_PARTS = 1000.0


def _field(name: str, term: Any) -> Field:
    iri = iri_of(term, context()) or GW[name]
    settings = term if isinstance(term, dict) else {}
    inner = settings.get("@context") or {}
    title, description, order = _in_words(iri, name)
    return Field(
        name,
        iri,
        "parts" if name in _PARTS else _kind(name, settings),
        "@set" in str(settings.get("@container", "")),
        str(inner.get("@vocab", "")) if settings.get("@type") == "@vocab" else "",
        title,
        description,
        order,
    )


def _kind(name: str, settings: dict[str, Any]) -> str:
    if settings.get("@container") == "@language":
        return "texts"
    kind = str(settings.get("@type", ""))
    if kind == "@vocab":
        return "codes"
    if kind == "@id":
        return "address"
    return "date" if kind.endswith("date") or name in ("published", "start", "end") else "words"


def _in_words(iri: URIRef, name: str) -> tuple[str, str, float]:
    graph = shapes()
    record = {str(shape) for shape in graph.objects(URIRef("https://w3id.org/goodways/shape/Record"), SH.property)}
    for shape in graph.subjects(SH.path, iri):
        if str(shape) in record:
            title, about = graph.value(shape, SH.name), graph.value(shape, SH.description)
            order = graph.value(shape, SH.order)
            return str(title or name), str(about or ""), float(str(order)) if order is not None else 999.0
    if name in _PARTS:
        names = {"organisation": "Organisation", "figure": "Figure", "furtherSource": "Further source"}
        return names[name], "", 500.0
    return str(graph.value(iri, RDFS.label) or name), "", _OF_PARTS
