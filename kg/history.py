"""A record's whole past for those who look after it: who published, withdrew and restored it, when, why, from what.

What the public may know of it is in `kg.versions`; this reads all of the private history that `kg.records` writes.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rdflib import PROV, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from ontology import GW, HISTORY_GRAPH, record_graph

from .records import kept_content, version_iri
from .store import Row, Store

RESTORED_FROM = "version"
"""What the source of a version says that is an earlier one again: `version 3`."""
_EARLIER = re.compile(rf"{RESTORED_FROM} (\d+)")


class What(StrEnum):
    """What happened to a record."""

    PUBLISHED = "published"
    RESTORED = "restored"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Event:
    """One thing that happened to a record."""

    what: What
    number: int
    """Of the version that was published, or that was withdrawn."""
    when: datetime
    agent: URIRef | None
    """Who did it: a person's account, or a program."""
    reviewer: URIRef | None
    """Who read it and let it pass, where that was somebody else."""
    why: str
    source: str
    """The file, address or import that it came from."""
    restored: int | None
    """The number of the version that it brought back."""
    current: bool
    """Whether it made what is published now."""
    kept: bool
    """Whether the text of the version is there to read."""


def history(store: Store, record: URIRef) -> list[Event]:
    """Everything that happened to a record, the first thing first; nothing where there never was such a record."""
    published = standing(store, record)
    events: list[Event] = []
    for row in store.private.select(_query(record)):
        number = int(str(row["number"]))
        current = number == published
        kept = current or str(row["kept"]) == "true"
        events.append(_event(row, "born", number, current=current, kept=kept))
        if "end_when" in row:
            events.append(_event(row, "end", number, current=False, kept=kept))
    return sorted(events, key=lambda event: (event.number, event.what is What.WITHDRAWN))


def version_graph(store: Store, record: URIRef, number: int) -> Graph | None:
    """What a version of a record said, also one that is withdrawn; None where there is none, or it was not kept."""
    if number == standing(store, record):
        return store.graph(record_graph(record.rpartition("/")[2]))
    return kept_content(store, version_iri(record, number))


def standing(store: Store, record: URIRef) -> int | None:
    """The number of the version that is published."""
    name = record_graph(record.rpartition("/")[2])
    query = f"SELECT ?n {{ GRAPH {name.n3()} {{ {record.n3()} {GW.version.n3()} ?n }} }}"
    return next((int(str(row["n"])) for row in store.select(query)), None)


def _query(record: URIRef) -> str:
    return f"""PREFIX gw: <{GW}> PREFIX prov: <{PROV}> PREFIX dcterms: <{DCTERMS}>
    SELECT * {{ GRAPH <{HISTORY_GRAPH}> {{
        ?version prov:specializationOf {record.n3()} ; gw:version ?number ; prov:generatedAtTime ?born_when
        OPTIONAL {{ ?version prov:wasGeneratedBy ?born
            OPTIONAL {{ ?born prov:wasAssociatedWith ?born_who }}
            OPTIONAL {{ ?born dcterms:description ?born_why }}
            OPTIONAL {{ ?born dcterms:source ?born_source }}
            OPTIONAL {{ ?born gw:reviewedBy ?born_reviewer }} }}
        OPTIONAL {{ ?version prov:invalidatedAtTime ?end_when ; prov:wasInvalidatedBy ?end
            OPTIONAL {{ ?end prov:wasAssociatedWith ?end_who }}
            OPTIONAL {{ ?end dcterms:description ?end_why }}
            OPTIONAL {{ ?end dcterms:source ?end_source }} }}
        BIND (EXISTS {{ ?version gw:content ?lines }} AS ?kept) }} }}"""


def _event(row: Row, act: str, number: int, *, current: bool, kept: bool) -> Event:
    source = str(row.get(f"{act}_source", ""))
    earlier = _EARLIER.fullmatch(source) if act == "born" else None
    what = What.WITHDRAWN if act == "end" else What.RESTORED if earlier else What.PUBLISHED
    return Event(
        what,
        number,
        datetime.fromisoformat(str(row[f"{act}_when"])),
        _agent(row, f"{act}_who"),
        _agent(row, f"{act}_reviewer"),
        str(row.get(f"{act}_why", "")),
        "" if earlier else source,
        int(earlier[1]) if earlier else None,
        current,
        kept,
    )


def _agent(row: Row, name: str) -> URIRef | None:
    return URIRef(row[name]) if name in row and not isinstance(row[name], Literal) else None
