"""When each record last changed or was withdrawn, as its history says it.

A record's stamp is the `prov:generatedAtTime` of its current version, or the `prov:invalidatedAtTime` of its last one
where it was withdrawn (PROV-O, W3C Recommendation 2013).
"""

from dataclasses import dataclass

from rdflib import PROV, URIRef

from ontology import GW, HISTORY_GRAPH, ID

from .store import Store


@dataclass(frozen=True, order=True)
class LastChange:
    """The last thing that happened to a record; sorts by time, then by IRI."""

    when: str
    """UTC, to the second, as `2026-11-25T10:13:23Z`."""
    iri: URIRef
    withdrawn: bool

    @property
    def kind(self) -> str:
        """The record's kind, as in its IRI."""
        return self.iri[len(str(ID)) :].partition("/")[0]


def last_changes(store: Store) -> list[LastChange]:
    """The last change of every record that ever was, the oldest first."""
    standing, gone = _times(store, _STANDING), _times(store, _GONE)
    changes = [LastChange(when, iri, withdrawn=False) for iri, when in standing.items()]
    changes += [LastChange(when, iri, withdrawn=True) for iri, when in gone.items() if iri not in standing]
    return sorted(changes)


def _times(store: Store, query: str) -> dict[URIRef, str]:
    rows = store.private.select(query)
    return {URIRef(row["record"]): _utc(str(row["time"])) for row in rows if "time" in row}


def _utc(time: str) -> str:
    return time[:19] + "Z"  # the history is written in UTC


_PATTERN = f"PREFIX gw: <{GW}> PREFIX prov: <{PROV}> SELECT ?record (MAX(?t) AS ?time) {{ GRAPH <{HISTORY_GRAPH}> {{"
_STANDING = (
    f"{_PATTERN} ?v gw:current true ; prov:specializationOf ?record ; prov:generatedAtTime ?t }} }} GROUP BY ?record"
)
_GONE = f"{_PATTERN} ?v prov:invalidatedAtTime ?t ; prov:specializationOf ?record }} }} GROUP BY ?record"
