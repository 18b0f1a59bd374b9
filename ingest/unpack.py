"""A stored record back in the record format: what `normalise` makes of a record, undone."""

from functools import cache
from typing import Any

from rdflib import RDF, Graph, Literal, URIRef
from rdflib.term import Node

from ontology import GW, RECORD_TYPES
from ontology.context import context, iri_of

from .record import NESTED

_KINDS = {GW[name]: name for name in RECORD_TYPES}
_OF_THE_STORE = ("id", "type", "version", "body")


def fields_of(graph: Graph, record: URIRef) -> dict[str, Any]:
    """The fields of a record.

    Args:
        graph: its triples, with those of its parts.
        record: its IRI.

    Returns:
        What `normalise` turns into the same triples; fields in the order of the context, codes sorted.

    """
    kinds = [_KINDS[kind] for kind in graph.objects(record, RDF.type) if isinstance(kind, URIRef) and kind in _KINDS]
    return {"id": str(record).rpartition("/")[2], "type": kinds[0] if kinds else ""} | _fields(graph, record)


def _fields(graph: Graph, node: Node) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, term in context().items():
        prop = None if name.startswith("@") or name in _OF_THE_STORE else iri_of(term, context())
        values = sorted(graph.objects(node, prop), key=_order) if prop else []
        if name in NESTED:
            parts = [_fields(graph, part) for part in values]
            found |= {name: parts} if parts else {}
        elif values:
            found[name] = _value(name, term, values)
    return found


def _value(name: str, term: Any, values: list[Node]) -> Any:
    shape = term if isinstance(term, dict) else {}
    if shape.get("@container") == "@language":
        return {value.language: str(value) for value in values if isinstance(value, Literal) and value.language}
    plain = [_plain(name, value) for value in values]
    return plain if shape.get("@container") == "@set" else plain[0]


def _plain(name: str, value: Node) -> Any:
    if isinstance(value, Literal):
        number = value.toPython()
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        return number if is_number else float(number) if type(number).__name__ == "Decimal" else str(value)
    return _codes(name).get(str(value), str(value))


class _Codes(dict[str, str]):
    """IRI -> code; one that has no code of its own is told by what follows the list's own beginning."""

    def __init__(self, terms: dict[str, Any]) -> None:
        self._start = terms.get("@vocab", "")
        super().__init__({iri: code for code, iri in reversed(terms.items()) if not code.startswith("@")})

    def get(self, iri: str, default: Any = None) -> Any:
        """The code of a concept."""
        if iri in self:
            return self[iri]
        return iri[len(self._start) :] if self._start and iri.startswith(self._start) else default


@cache
def _codes(name: str) -> _Codes:
    term = context()[name]
    return _Codes(term.get("@context", {}) if isinstance(term, dict) and term.get("@type") == "@vocab" else {})


def _order(value: Node) -> tuple[str, int, str]:
    """Parts of a record by their number (`…#figure-2`), anything else by its text."""
    start, _, number = str(value).rpartition("-")
    return (start, int(number), "") if "#" in start and number.isdigit() else (str(value), 0, "")
