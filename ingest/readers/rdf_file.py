"""RDF files: records of our own model back as they were, and resources of others through a mapping.

The parser is pyoxigraph's, which fetches nothing; of contexts of JSON-LD only our own is known.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
from rdflib import RDF, BNode, Graph, Literal, URIRef

from kg import Finding
from ontology import BASE, CONTEXT_IRI, GW, ID, RECORD_TYPES
from ontology.context import context

from ..mapping import Row, Table, recognise, records
from .json_file import parse
from .raw import MAX_DEPTH, RawRecord, broken, reason, utf8

MAX_BYTES = 100_000_000
FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".trig": ox.RdfFormat.TRIG,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".nq": ox.RdfFormat.N_QUADS,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".owl": ox.RdfFormat.RDF_XML,
    ".jsonld": ox.RdfFormat.JSON_LD,
}
_KINDS = {str(GW[name]): kind for name, kind in RECORD_TYPES.items()}
_OF_THE_STORE = frozenset(str(GW[name]) for name in ("version", "digest"))
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENTITIES = re.compile(rb"<!ENTITY", re.IGNORECASE)
Node = ox.NamedNode | ox.BlankNode
Described = dict[Any, list[tuple[str, Any]]]


def read_rdf(path: Path) -> Iterator[RawRecord]:
    """The records of an RDF file; everything else in it is left alone."""
    if path.stat().st_size > MAX_BYTES:
        yield broken(path, f"The file is larger than {MAX_BYTES // 1_000_000} MB; divide it.")
        return
    try:
        described = _described(path)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        yield broken(path, f"This is not valid {path.suffix[1:]}: {_why(error)}; mend it.", line)
        return
    ours = [node for node in described if isinstance(node, ox.NamedNode) and _kind_of(described[node])]
    found = False
    for node in sorted(ours, key=lambda node: node.value):
        found = True
        yield _ours(path, node, described)
    for raw in _others(path, described):
        found = True
        yield raw
    if not found:
        yield broken(path, "There are no records in this file: nothing in it has one of our types of record.")


def _described(path: Path) -> Described:
    """Property and value of each statement, by its subject."""
    found: Described = defaultdict(list)
    seen = set()
    for quad in _parsed(path):
        if quad.triple not in seen:
            seen.add(quad.triple)
            found[quad.subject].append((quad.predicate.value, quad.object))
    return found


def _parsed(path: Path) -> Iterator[ox.Quad]:
    form = FORMATS.get(path.suffix.lower(), ox.RdfFormat.JSON_LD)
    raw = path.read_bytes()
    if form == ox.RdfFormat.JSON_LD:
        document = parse(utf8(raw))
        raw = json.dumps(_with_our_context(document)).encode()
    elif form == ox.RdfFormat.RDF_XML:
        if len(_ENTITIES.findall(raw[:100_000])) > 50 or (_DECLARES.search(raw) and b"SYSTEM" in raw[:100_000]):
            raise ValueError("it declares entities, which is not read; write the addresses in full")
        if re.search(rb'<!ENTITY[^>"\']*["\'][^"\']*&(?!amp;|lt;|gt;|quot;|apos;|#)', raw):
            raise ValueError("it declares entities that hold others, which is not read; write the addresses in full")
    else:
        raw = utf8(raw).encode()
    return ox.parse(raw, format=form, base_iri=str(ID))


def _with_our_context(document: Any, depth: int = 0) -> Any:
    """The document with our context written out; any other that would have to be fetched is refused."""
    if depth > MAX_DEPTH * 2:
        raise ValueError("it is nested too deeply")
    if isinstance(document, list):
        return [_with_our_context(item, depth + 1) for item in document]
    if not isinstance(document, dict):
        return document
    if "@import" in document:
        raise ValueError(f"it imports a context, and only {CONTEXT_IRI} is known here; write it out")
    return {
        key: _known_context(value, depth) if key == "@context" else _with_our_context(value, depth + 1)
        for key, value in document.items()
    }


def _known_context(given: Any, depth: int) -> Any:
    if isinstance(given, list):
        return [_known_context(item, depth) for item in given]
    if isinstance(given, str):
        if given not in (CONTEXT_IRI, "context.jsonld"):
            raise ValueError(f"it needs the context {given[:80]}, and only {CONTEXT_IRI} is known here; write it out")
        return context()
    return _with_our_context(given, depth + 1)


def _kind_of(said: list[tuple[str, Any]]) -> str:
    types = {value.value for name, value in said if name == str(RDF.type) and isinstance(value, ox.NamedNode)}
    if str(GW.Record) not in types and str(GW.Organisation) in types:
        return ""
    return next((kind for iri, kind in _KINDS.items() if iri in types), "")


def _ours(path: Path, node: ox.NamedNode, described: Described) -> RawRecord:
    from ..unpack import fields_of

    graph = Graph(bind_namespaces="none")
    known, told = _properties(), set()
    pending: list[Any] = [node]
    done: set[Any] = set()
    while pending:
        one = pending.pop()
        if one in done or len(done) > 1000:
            continue
        done.add(one)
        for name, value in described.get(one, ()):
            if name in known:
                graph.add((_rdflib(one), URIRef(name), _rdflib(value)))
                if isinstance(value, ox.BlankNode) or (
                    isinstance(value, ox.NamedNode) and value.value.startswith(f"{node.value}#")
                ):
                    pending.append(value)
            elif name not in _OF_THE_STORE and one == node:
                told.add(name)
    data = fields_of(graph, URIRef(node.value))
    if identifier := next(
        (v.value for n, v in described[node] if n.endswith("/identifier") and hasattr(v, "value")), ""
    ):
        data["id"] = identifier
    notes = [Finding(f"Left out, since no field takes them: {', '.join(sorted(told))[:300]}.", file=str(path))]
    return RawRecord(str(path), None, data, notes=notes if told else [])


def _properties() -> frozenset[str]:
    from ..fields import fields

    more = (RDF.type, GW.participation, GW.figure, GW.furtherSource, GW.value, GW.qualifier)
    return frozenset(str(field.iri) for field in fields().values()) | {str(name) for name in more}


def _rdflib(term: Any) -> Any:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    kind = None if term.language else URIRef(term.datatype.value)
    return Literal(term.value, lang=term.language, datatype=kind, normalize=False)


def _others(path: Path, described: Described) -> Iterator[RawRecord]:
    """Resources of a type for which there is a mapping."""
    rows = [row for node, said in described.items() if (row := _row(node, said, described))]
    by_mapping: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if mapping := recognise(row.cells):
            by_mapping[mapping.name].append(row)
    for found in by_mapping.values():
        mapping = recognise(found[0].cells)
        if mapping:
            yield from records(Table(str(path), lambda found=found: iter(found)), mapping)  # type: ignore[misc]


def _row(node: Any, said: list[tuple[str, Any]], described: Described) -> Row | None:
    """A resource as a row: its properties are the headings, and so is each of its types."""
    if not isinstance(node, ox.NamedNode) or node.value.startswith(BASE):
        return None
    cells: dict[str, Any] = defaultdict(list)
    for name, value in said:
        if name == str(RDF.type):
            cells[value.value].append("yes")
        elif not isinstance(value, ox.BlankNode):
            cells[name].append(value.value)
    if len(cells) < 2:
        return None
    cells["@name"] = re.split(r"[/#]", node.value)[-1]
    bodies = [name for value in _members(said, described) if (name := _body(described.get(value, ())))]
    if bodies:
        cells["Authors"] = list(dict.fromkeys(bodies))
    return Row(None, dict(cells))


def _members(said: list[tuple[str, Any]], described: Described) -> Iterator[Any]:
    nodes = [value for _, value in said if isinstance(value, ox.BlankNode)]
    for value in nodes:
        yield from _list(value, described)
    yield from nodes


def _list(node: Any, described: Described) -> Iterator[Any]:
    for _ in range(1000):
        rest = dict(described.get(node, ()))
        if str(RDF.first) not in rest:
            return
        yield rest[str(RDF.first)]
        node = rest.get(str(RDF.rest))


def _body(said: Any) -> str:
    """The name of a body that is no person, as the sheets of DALIA write it."""
    types = [value.value for name, value in said if name == str(RDF.type) and hasattr(value, "value")]
    names = [value.value for name, value in said if name.endswith("schema.org/name")]
    return f"{names[0]} : {{organization}}" if names and any("Organi" in kind for kind in types) else ""


def _why(error: Exception) -> str:
    text = reason(error)
    return re.sub(r"^.*?(?:Parser error|error) (?:at|between) line [^:]*: ", "", text)[:200].rstrip(".")
