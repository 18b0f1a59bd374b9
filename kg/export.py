"""The published graph as a file, the same bytes for the same content."""

import csv
import io
import os
from contextlib import suppress
from pathlib import Path

import pyoxigraph as ox
from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS

from ontology import GW, PREFIXES

from .errors import InputError
from .store import Store

_DATASETS = {".trig": ox.RdfFormat.TRIG, ".nq": ox.RdfFormat.N_QUADS}
_GRAPHS = {".ttl": ox.RdfFormat.TURTLE, ".jsonld": ox.RdfFormat.JSON_LD, ".nt": ox.RdfFormat.N_TRIPLES}
ENDINGS = (*_DATASETS, *_GRAPHS, ".csv")
_CSV_COLUMNS = (
    "id",
    "type",
    "title",
    "title_language",
    "summary",
    "language",
    "country",
    "source",
    "checked",
    "barriers",
)


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
        content, count = _csv(store)
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
    """Every published quad, sorted by graph, subject, predicate and object."""
    quads = [*store.quads(), *(store.private.quads() if history else ())]
    return sorted(quads, key=lambda q: (str(q.graph_name), str(q.subject), str(q.predicate), str(q.object)))


def _csv(store: Store) -> tuple[bytes, int]:
    rows = store.select(f"""PREFIX gw: <{GW}> PREFIX dcterms: <{DCTERMS}>
    PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
    SELECT ?id ?type ?language ?source ?checked
      (COALESCE(?ownTitle, ?englishTitle, MIN(?anyTitle)) AS ?title)
      (COALESCE(?ownSummary, ?englishSummary, MIN(?anySummary)) AS ?summary)
      (GROUP_CONCAT(DISTINCT ?countryName; separator="\\n") AS ?country)
      (GROUP_CONCAT(DISTINCT ?barrier; separator="\\n") AS ?barriers)
    {{ ?r gw:version ?v ; a ?type ; dcterms:identifier ?id ; dcterms:title ?anyTitle ; dcterms:abstract ?anySummary ;
         dcterms:source ?source ; dcterms:language/skos:notation ?language .
      FILTER(?type != gw:Record)
      OPTIONAL {{ ?r dcterms:title ?ownTitle FILTER(LANG(?ownTitle) = ?language) }}
      OPTIONAL {{ ?r dcterms:title ?englishTitle FILTER(LANG(?englishTitle) = "en") }}
      OPTIONAL {{ ?r dcterms:abstract ?ownSummary FILTER(LANG(?ownSummary) = ?language) }}
      OPTIONAL {{ ?r dcterms:abstract ?englishSummary FILTER(LANG(?englishSummary) = "en") }}
      OPTIONAL {{ ?r gw:checked ?checked }}
      OPTIONAL {{ ?r gw:country/skos:prefLabel ?countryName FILTER(LANG(?countryName) = "en") }}
      OPTIONAL {{ ?r gw:addresses/skos:prefLabel ?barrier FILTER(LANG(?barrier) = "en") }}
    }} GROUP BY ?id ?type ?language ?source ?checked ?ownTitle ?englishTitle ?ownSummary ?englishSummary
    ORDER BY ?id""")
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_CSV_COLUMNS)
    for row in rows:
        values = {name: str(value) for name, value in row.items()}
        values["type"] = URIRef(values["type"]).rpartition("#")[2]
        for name in ("country", "barriers"):
            values[name] = "; ".join(sorted(values.get(name, "").splitlines()))
        title = row["title"]
        values["title_language"] = (title.language or "") if isinstance(title, Literal) else ""
        writer.writerow([harmless(values.get(name, "")) for name in _CSV_COLUMNS])
    return text.getvalue().encode("utf-8-sig"), len(rows)


def harmless(value: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, "CSV injection")."""
    return "'" + value if value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


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
