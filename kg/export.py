"""The published graph as a file, the same bytes for the same content."""

import csv
import io
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox
from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS, FOAF, SKOS

from ontology import GW, PREFIXES, SCHEMA

from .errors import InputError
from .store import Row, Store

_DATASETS = {".trig": ox.RdfFormat.TRIG, ".nq": ox.RdfFormat.N_QUADS}
_GRAPHS = {".ttl": ox.RdfFormat.TURTLE, ".jsonld": ox.RdfFormat.JSON_LD, ".nt": ox.RdfFormat.N_TRIPLES}
ENDINGS = (*_DATASETS, *_GRAPHS, ".csv")
_NAMES = {
    "country": "gw:country",
    "destination": "gw:destination",
    "regions": "gw:region",
    "barriers": "gw:addresses",
    "target_groups": "gw:targetGroup",
    "mobility_types": "gw:mobilityType",
    "measures": "gw:measure",
    "fields": "gw:sector",
    "programmes": "gw:programme",
    "kinds_of_material": "gw:materialType",
}
"""Columns of names of concepts, and the property that leads to them."""
_VALUES = {
    "place": "gw:place",
    "start": "gw:start",
    "end": "gw:end",
    "published": "dcterms:issued",
    "organisations": "gw:participation/foaf:name",
    "further_links": "gw:furtherSource/schema:url",
    "licence": "dcterms:license",
    "checked": "gw:checked",
    "version": "gw:version",
}
"""Columns of values as they stand."""
_CSV_COLUMNS = (
    *("id", "type", "title", "title_language", "summary", "language", "country", "source", "checked", "barriers"),
    *("target_groups", "mobility_types", "measures", "fields", "programmes", "kinds_of_material"),
    *("start", "end", "published", "place", "regions", "destination", "organisations", "further_links", "licence"),
    *("version", "address"),
)
_KNOWN = f"""PREFIX gw: <{GW}> PREFIX dcterms: <{DCTERMS}> PREFIX skos: <{SKOS}> PREFIX foaf: <{FOAF}>
    PREFIX schema: <{SCHEMA}>"""
_RECORDS = f"""{_KNOWN} SELECT ?r ?id ?type ?language ?source
    {{ ?r a gw:Record ; a ?type ; dcterms:identifier ?id ; dcterms:source ?source ;
         dcterms:language/skos:notation ?language FILTER(?type != gw:Record) }} ORDER BY ?id"""
_TEXTS = f"{_KNOWN} SELECT ?r ?value {{{{ ?r a gw:Record ; {{path}} ?value }}}}"
_ENGLISH = f"""{_KNOWN} SELECT ?concept ?name
    {{ ?concept skos:prefLabel ?name FILTER(LANG(?name) IN ("en", "")) }}"""
# One query a column: several values of several properties in one would multiply.
_EACH = f"""{_KNOWN} SELECT ?r (GROUP_CONCAT(DISTINCT STR(?value); separator="\\n") AS ?values)
    {{{{ ?r a gw:Record ; {{path}} ?value }}}} GROUP BY ?r"""


def export(store: Store, path: Path, *, history: bool = False) -> int:
    """Write what is published; the format follows the ending. Returns the number of statements or rows.

    `.trig`, `.nq` and `.jsonld` keep the named graphs, `.ttl` and `.nt` merge them, `.csv` has one row a record.

    Args:
        store: the graph.
        path: the file; it is replaced whole or not at all.
        history: also write when and by whom each version was made.

    Raises:
        InputError: no format has this ending, or the file cannot be written.

    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(f"No format ends in '{path.suffix}'; use {', '.join(ENDINGS)}.", file=str(path))
    if ending == ".csv":
        content, count = table(store)
    else:
        content, count = _rdf(store, ending, history)
    _write(path, content)
    return count


def _rdf(store: Store, ending: str, history: bool) -> tuple[bytes, int]:
    quads = published(store, history=history)
    if ending in (".ttl", ".nt"):
        triples = sorted({quad.triple for quad in quads}, key=str)
        return ox.serialize(triples, format=_GRAPHS[ending], prefixes=PREFIXES) or b"", len(triples)
    form = _DATASETS.get(ending) or _GRAPHS[ending]
    return ox.serialize(quads, format=form, prefixes=PREFIXES) or b"", len(quads)


def published(store: Store, *, history: bool = False) -> list[ox.Quad]:
    """Every published quad, sorted by graph, subject, predicate and object; with the history, that comes last."""
    return [*in_order(store), *(in_order(store.private) if history else ())]


def in_order(store: Store) -> Iterator[ox.Quad]:
    """Every published quad, sorted by graph, subject, predicate and object; one graph at a time is in memory."""
    for name in sorted(store.names(), key=lambda name: name.n3()):
        graph = ox.NamedNode(str(name))
        found = store.raw(f"CONSTRUCT {{ ?s ?p ?o }} {{ GRAPH {name.n3()} {{ ?s ?p ?o }} }}")
        if isinstance(found, ox.QueryTriples):
            yield from (
                ox.Quad(triple.subject, triple.predicate, triple.object, graph)
                for triple in sorted(found, key=_by_parts)
            )
    yield from sorted((quad for quad in store.quads() if isinstance(quad.graph_name, ox.DefaultGraph)), key=_by_parts)


def _by_parts(statement: ox.Triple | ox.Quad) -> tuple[str, str, str]:
    return str(statement.subject), str(statement.predicate), str(statement.object)


def table(store: Store) -> tuple[bytes, int]:
    """One row a record, with names in English in place of IRIs; for a spreadsheet. Returns the bytes and the rows.

    UTF-8 with a byte-order mark, so that spreadsheets read it as such; no cell is a formula.
    """
    cells = {str(row["r"]): {name: str(value) for name, value in row.items()} for row in store.select(_RECORDS)}
    for name, path in {"title": "dcterms:title", "summary": "dcterms:abstract"}.items():
        _add_texts(cells, name, store.select(_TEXTS.format(path=path)))
    english = {str(row["concept"]): str(row["name"]) for row in store.select(_ENGLISH)}
    for name, path in (_NAMES | _VALUES).items():
        for row in store.select(_EACH.format(path=path)):
            values = str(row.get("values", "")).splitlines()
            shown = [english.get(value, value) for value in values] if name in _NAMES else values
            if str(row["r"]) in cells:
                cells[str(row["r"])][name] = "; ".join(sorted(shown))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_CSV_COLUMNS)
    for iri, found in cells.items():
        found |= {"address": iri, "type": URIRef(found["type"]).rpartition("#")[2]}
        writer.writerow([harmless(found.get(name, "")) for name in _CSV_COLUMNS])
    return text.getvalue().encode("utf-8-sig"), len(cells)


def _add_texts(cells: dict[str, dict[str, str]], name: str, rows: list[Row]) -> None:
    """Put the text in the record's own language into the rows, or else the English one, or else any."""
    texts: dict[str, list[Literal]] = defaultdict(list)
    for row in rows:
        if isinstance(row["value"], Literal):
            texts[str(row["r"])].append(row["value"])
    for iri, found in cells.items():
        order = (found["language"], "en")
        best = min(texts[iri], key=lambda t: ([t.language != code for code in order], str(t)), default=Literal(""))
        found |= {name: str(best), f"{name}_language": best.language or ""}


_DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def harmless(value: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, "CSV injection")."""
    return "'" + value if value[:1] in _DANGEROUS or value.lstrip()[:1] in _DANGEROUS[:8] else value


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise InputError(
            f"The file cannot be written ({error.strerror}); check folder, permissions and free space.", file=str(path)
        ) from error
