"""What curators look after: records that nobody has checked for long, that lack much, or that contradict themselves.

Everything is read from what is published; nothing is changed. Each finding says what is the matter and what to do.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from rdflib import RDF, Literal, URIRef
from rdflib.namespace import DCTERMS, SKOS
from rdflib.term import Identifier

from ontology import GW, record_graph
from ontology.context import context, iri_of

from .completeness import Completeness, completeness
from .store import Store

STALE_AFTER = 365
"""Days after which the source of a record is to be looked at again."""
_BATCH = 500  # records a query
_NO_JOURNEY = ("virtual-exchange",)
_PARTS = (GW.figure, GW.participation, GW.furtherSource)
Fields = dict[str, Any]


@dataclass(frozen=True)
class Stale:
    """A record whose source nobody has looked at for long."""

    record: URIRef
    checked: date | None
    """When it was; None where the record does not say."""
    days: int | None
    """How long ago."""


@dataclass(frozen=True)
class Incomplete:
    """A record of which a reader would miss something."""

    record: URIRef
    completeness: Completeness


@dataclass(frozen=True)
class Contradiction:
    """Two things in a record that cannot both be right."""

    record: URIRef
    field: str
    """The field to begin with, as in docs/record-format.md."""
    sentence: str
    """What is the matter and what to do."""


def stale(store: Store, today: date) -> list[Stale]:
    """Records not checked for a year, those that were never checked first, then the oldest."""
    query = f"SELECT ?r ?day {{ ?r a {GW.Record.n3()} OPTIONAL {{ ?r {GW.checked.n3()} ?day }} }}"
    found = []
    for row in store.select(query):
        checked = date.fromisoformat(str(row["day"])[:10]) if "day" in row else None
        days = (today - checked).days if checked else None
        if days is None or days > STALE_AFTER:
            found.append(Stale(URIRef(row["r"]), checked, days))
    return sorted(found, key=lambda one: (one.checked or date.min, one.record))


def incomplete(store: Store, below: float = 0.75) -> list[Incomplete]:
    """Records less complete than `below` (0 to 1), the least complete first."""
    found = [Incomplete(record, completeness(fields)) for record, fields in _published(store)]
    return sorted(
        (one for one in found if one.completeness.share < below), key=lambda one: (one.completeness.share, one.record)
    )


def contradictory(store: Store, today: date) -> list[Contradiction]:
    """What does not agree within a record, in the order of the records."""
    lands = _countries_of_regions(store)
    found = []
    for record, fields in _published(store):
        for check in _CHECKS:
            found += [Contradiction(record, field, sentence) for field, sentence in check(fields, today)]
        found += [Contradiction(record, field, sentence) for field, sentence in _regions(fields, lands)]
    return found


Found = Iterator[tuple[str, str]]


def _dates(fields: Fields, today: date) -> Found:
    start, end, published = (fields.get(name, "") for name in ("start", "end", "published"))
    if _before(end, start):
        yield "end", f"It ends ({end}) before it starts ({start}); look both days up in the source."
    if fields.get("outcome") and _before(published, start):
        yield (
            "published",
            f"The source is from {published} and tells what came of something that only began in {start}; "
            "look both days up.",
        )
    for name in ("checked", "verified"):
        if _before(today.isoformat(), fields.get(name, "")):
            yield name, f"The day in {name} ({fields[name]}) has not come yet; write the day on which it was done."
    if _before(fields.get("checked", ""), published):
        yield (
            "checked",
            f"The source was looked at on {fields['checked']}, before it was published ({published}); look both up.",
        )


def _figures(fields: Fields, _: date) -> Found:
    """Numbers that differ are welcome where each has its source (docs/record-format.md)."""
    seen: dict[tuple[str, str, str], Fields] = {}
    for figure in fields.get("figure", ()):
        what = next((text for _, text in sorted(figure.get("what", {}).items())), "")
        key = what.casefold(), figure.get("year", ""), figure.get("source", "")
        other = seen.setdefault(key, figure)
        if _values(other) != _values(figure):
            yield (
                "figure",
                f"Two numbers are given for “{what}” ({other.get('value')} and {figure.get('value')}) and not two "
                "sources; name the source of each, or take the wrong one out.",
            )


def _values(figure: Fields) -> tuple[Any, Any]:
    return figure.get("value"), figure.get("qualifier")


def _stays(fields: Fields, _: date) -> Found:
    stays, destination = fields.get("mobilityType", []), fields.get("destination", [])
    if destination and stays and set(stays) <= set(_NO_JOURNEY):
        yield (
            "destination",
            "Nobody travels in a virtual exchange, yet it says where people went; take one of them out.",
        )


def _material(fields: Fields, _: date) -> Found:
    if fields.get("type") == "TrainingMaterial" and not fields.get("materialType"):
        yield "materialType", "It is a material, and not said of what kind; choose one, such as guide or course."


def _translations(fields: Fields, _: date) -> Found:
    ours, original = fields.get("ourTranslation", []), fields.get("language", "")
    if original in ours:
        yield (
            "ourTranslation",
            f"The source is in “{original}”, and the text in “{original}” is said to be our translation; one is wrong.",
        )
    for code in sorted(set(ours) - set(fields.get("title", {}))):
        yield (
            "ourTranslation",
            f"A translation into “{code}” is named, and there is none; write it or take the code out.",
        )


def _regions(fields: Fields, lands: dict[str, tuple[str, str]]) -> Found:
    """Regions outside every country of the record; `lands` says for a region its country: code in records, and name."""
    known = {*fields.get("country", ()), *fields.get("destination", ())}
    for region in fields.get("nuts", ()):
        code, name = lands.get(region, ("", ""))
        if code and known and code not in known:
            yield (
                "nuts",
                f"The region {region} lies in {name}, which is neither among the countries nor where people went.",
            )


_CHECKS: tuple[Callable[[Fields, date], Found], ...] = (_dates, _figures, _stays, _material, _translations)


def _before(one: str, other: str) -> bool:
    """Whether a year, month or day is surely before another."""
    common = min(len(one), len(other))
    return bool(common) and one[:common] < other[:common]


def _published(store: Store) -> Iterator[tuple[URIRef, Fields]]:
    """Every published record with its fields, less the long body; codes are the last parts of IRIs."""
    rows = store.select(f"SELECT ?r {{ ?r a {GW.Record.n3()} }} ORDER BY ?r")
    languages = _notations(store, GW.Language)
    records = [URIRef(row["r"]) for row in rows]
    for begin in range(0, len(records), _BATCH):
        batch = records[begin : begin + _BATCH]
        about: dict[URIRef, list[tuple[URIRef, Identifier]]] = defaultdict(list)
        graphs = " ".join(record_graph(record.rpartition("/")[2]).n3() for record in batch)
        query = f"SELECT ?s ?p ?o {{ VALUES ?g {{ {graphs} }} GRAPH ?g {{ ?s ?p ?o }} FILTER (?p != {GW.text.n3()}) }}"
        for row in store.select(query):
            about[URIRef(row["s"])].append((URIRef(row["p"]), row["o"]))
        for record in batch:
            yield record, _fields(record, about, languages)


def _fields(
    subject: URIRef, about: dict[URIRef, list[tuple[URIRef, Identifier]]], languages: dict[URIRef, str]
) -> Fields:
    fields: Fields = {}
    for prop, value in sorted(about[subject], key=lambda pair: str(pair[1])):
        name = _names().get(prop, "")
        if prop == RDF.type:
            if str(value).startswith(str(GW)) and value != GW.Record:
                fields["type"] = str(value)[len(str(GW)) :]
        elif prop in _PARTS:
            fields.setdefault(name, []).append(_fields(URIRef(value), about, languages))
        elif isinstance(value, Literal) and value.language:
            fields.setdefault(name, {})[value.language] = str(value)
        elif prop == DCTERMS.language:
            fields[name] = languages.get(URIRef(value), "")
        elif prop == GW.ourTranslation:
            fields.setdefault(name, []).append(languages.get(URIRef(value), ""))
        elif isinstance(value, Literal) or prop in (DCTERMS.source, DCTERMS.license):
            fields[name] = str(value)
        else:
            fields.setdefault(name, []).append(str(value).rpartition("/")[2])
    return fields


@cache
def _names() -> dict[URIRef, str]:
    """The field that each property is written in."""
    found = {iri_of(term, context()): name for name, term in context().items() if not name.startswith("@")}
    return {prop: name for prop, name in found.items() if prop is not None}


def _notations(store: Store, kind: URIRef) -> dict[URIRef, str]:
    rows = store.select(f"SELECT ?c ?n {{ ?c a {kind.n3()} ; {SKOS.notation.n3()} ?n }}")
    return {URIRef(row["c"]): str(row["n"]) for row in rows}


def _countries_of_regions(store: Store) -> dict[str, tuple[str, str]]:
    """For each region that a record names: its country's code in the EU table, and its name in English."""
    query = f"""SELECT ?region ?country ?name {{ ?r {GW.region.n3()} ?region ; a {GW.Record.n3()} .
        ?region {SKOS.broader.n3()}+ ?country . ?country a {GW.Country.n3()} ; {SKOS.prefLabel.n3()} ?name
        FILTER (LANG(?name) = "en") }}"""
    return {
        str(row["region"]).rpartition("/")[2]: (str(row["country"]).rpartition("/")[2], str(row["name"]))
        for row in store.select(query)
    }
