"""The answer to a query as a page shows it: cells with labels beside IRIs, and errors at their line."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import pyoxigraph as ox
from rdflib import RDFS, URIRef
from rdflib.namespace import DCTERMS, FOAF, SKOS

from kg.sandbox import Reply
from ontology import BASE, GW, ID, SCHEMA

from .model_view import model
from .query_names import KNOWN_PREFIXES, written
from .site import Site, path_of

SHOWN = 1000  # rows on a page
READ = 8_000_000  # bytes that are read for them
_LABELS = (SKOS.prefLabel, DCTERMS.title, FOAF.name, RDFS.label, SCHEMA.name)
_XSD = "http://www.w3.org/2001/XMLSchema#"
_NUMBERS = {
    _XSD + name
    for name in (
        "integer",
        "decimal",
        "double",
        "float",
        "int",
        "long",
        "nonNegativeInteger",
        "positiveInteger",
        "short",
    )
}
_PLACE = re.compile(r"\bat (\d{1,7}):(\d{1,7})")
_WANTED = re.compile(r'"([^"\s]{1,20})"')
_UNDECLARED = re.compile(r"([A-Za-z][\w.-]*)?:[\w.-]*$")


@dataclass
class Cell:
    """One value: what is shown of it, and where it leads."""

    text: str = ""
    label: str = ""
    lang: str = ""
    url: str = ""
    outside: bool = False
    iri: str = ""
    number: float | None = None


@dataclass
class Answer:
    """What an answer shows."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    more: bool = False
    """Whether there are more rows than are shown."""
    yes: bool | None = None
    """The answer to an ASK."""
    graph: bool = False
    """Whether the rows are triples."""
    seconds: float = 0.0


@dataclass
class Mistake:
    """Why there is no answer, and the lines around the place."""

    sentence: str
    line: int = 0
    column: int = 0
    lines: list[tuple[int, str]] = field(default_factory=list)


async def beginning(reply: Reply) -> tuple[bytes, bool]:
    """As much of an answer as a page needs, and whether that is all."""
    if reply.pieces is None:
        return reply.body, True
    read = bytearray()
    try:
        async for piece in reply.pieces:
            read += piece
            if len(read) > READ:
                return bytes(read), False
    finally:
        await reply.pieces.aclose()
        reply.close()
    return bytes(read), True


def answer_of(media_type: str, data: bytes, whole: bool, site: Site) -> Answer:
    """Read an answer in SPARQL JSON or Turtle, no further than the page shows."""
    if "json" not in media_type:
        triples = ([t.subject, t.predicate, t.object] for t in ox.parse(data, format=ox.RdfFormat.TURTLE, lenient=True))
        answer = Answer(["subject", "predicate", "object"], graph=True)
        found = _some(triples, whole)
    else:
        result = ox.parse_query_results(data, format=ox.QueryResultsFormat.JSON)
        if isinstance(result, ox.QueryBoolean):
            return Answer(yes=bool(result))
        answer = Answer([variable.value for variable in result.variables])
        found = _some(([*row] for row in result), whole)
    answer.more = len(found) > SHOWN or not whole
    labels = _labels({term.value for row in found for term in row if isinstance(term, ox.NamedNode)}, site)
    answer.rows = [[_cell(term, labels) for term in row] for row in found[:SHOWN]]
    return answer


def _some(rows: Iterator[list[Any]], whole: bool) -> list[list[Any]]:
    found: list[list[Any]] = []
    try:
        for row in rows:
            found.append(row)
            if len(found) > SHOWN:
                break
    except (SyntaxError, ValueError):  # where reading was ended
        if whole:
            raise
    return found


def _cell(term: Any, labels: dict[str, tuple[str, str]]) -> Cell:
    if term is None:
        return Cell()
    if isinstance(term, ox.NamedNode):
        iri = term.value
        label, lang = labels.get(iri, ("", ""))
        url = _address(iri)
        shown = written(iri).strip("<>")
        return Cell(shown, label, lang, url, outside=url == iri, iri=iri)
    if isinstance(term, ox.Literal):
        number = None
        if term.datatype.value in _NUMBERS:
            with suppress(ValueError):
                number = float(term.value)
                number = number if isfinite(number) else None
        return Cell(term.value, lang=term.language or "", number=number)
    return Cell(str(term))


def _address(iri: str) -> str:
    """Where a thing is shown: on this site, else at its own address."""
    if iri.startswith(ID):
        return path_of(URIRef(iri))
    if iri.startswith(GW):
        return f"/ontology#{iri[len(str(GW)) :]}"
    if iri.startswith(BASE):
        return "/" + iri[len(BASE) :].lstrip("/")
    return iri if iri.startswith(("http://", "https://")) else ""


def _labels(iris: set[str], site: Site) -> dict[str, tuple[str, str]]:
    """The English label of each thing that has one, else one in another language."""
    found: dict[str, tuple[str, str]] = {}
    rest = []
    for iri in iris:
        term = URIRef(iri)
        if term in site.concepts:
            found[iri] = site.concepts[term].label("en")
        elif label := model().value(term, RDFS.label):
            found[iri] = str(label), "en"
        else:
            rest.append(term)
    values = " ".join(f"<{iri}>" for iri in rest)
    kinds = ", ".join(label.n3() for label in _LABELS)
    query = f"SELECT ?x ?l {{ VALUES ?x {{ {values} }} ?x ?p ?l FILTER(?p IN ({kinds})) }}"
    for row in site.searcher.store.select(query) if rest else ():
        language = getattr(row["l"], "language", None) or ""
        if str(row["x"]) not in found or language == "en":
            found[str(row["x"])] = str(row["l"]), language
    return found


def mistake(sentence: str, query: str) -> Mistake:
    """An engine's complaint in plain words, with the lines around the place that it names."""
    place = _PLACE.search(sentence)
    if not place:
        return Mistake(sentence)
    lines = query.split("\n")
    line, column = min(int(place[1]), len(lines)), int(place[2])
    around = [(n, lines[n - 1]) for n in range(max(1, line - 2), min(len(lines), line + 2) + 1)]
    said = f"Line {line}, column {column}: {_why(sentence, lines[line - 1][: column - 1])}"
    return Mistake(said, line, column, around)


def _why(sentence: str, before: str) -> str:
    if "Prefix not found" in sentence:
        name = _UNDECLARED.search(before[-200:])
        prefix = (name[1] or "") if name else ""
        known = f" <{KNOWN_PREFIXES[prefix]}>" if prefix in KNOWN_PREFIXES else " <…>"
        return f"the prefix “{prefix}:” is not declared. Add a line at the top: PREFIX {prefix}:{known}"
    wanted = list(dict.fromkeys(_WANTED.findall(sentence)))[:8]
    expected = f" Here can stand, for example: {', '.join(wanted)}." if wanted else ""
    return f"the query cannot be read from here on.{expected} Look for a missing dot, bracket or quote just before."
