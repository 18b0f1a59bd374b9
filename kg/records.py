"""Records and their versions: a named graph each, and a history that says who, when and from what.

The history keeps, for every version, a `prov:Entity` with its number, the digest of its content and the activity that
made it (PROV-O, W3C Recommendation 2013). It lies in the private store: it knows of withdrawn records, and it holds
clock times, while the same corpus is to export to the same bytes. A record's graph is written first, with the digest of
its content; after a kill in between the two disagree, and the next run does that record again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rdflib import PROV, RDF, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, XSD

from ontology import BASE, GW, HISTORY_GRAPH, record_graph

from .store import Store, Triple


@dataclass(frozen=True)
class Version:
    """The current version of a stored record."""

    iri: URIRef
    number: int
    digest: str
    origin: str
    """Where it came in: `corpus`, or `import`."""
    file: str
    """The name of the file that it was read from."""

    @property
    def id(self) -> str:
        """The record's id, the last part of its IRI."""
        return self.iri.rpartition("/")[2]

    @property
    def node(self) -> URIRef:
        """The IRI of this version."""
        return version_iri(self.iri, self.number)


@dataclass
class Change:
    """A record that is to be stored (`graph`), or withdrawn (no graph)."""

    iri: URIRef
    digest: str
    graph: Graph | None
    source: str
    """File that it comes from."""


def version_iri(record: URIRef, number: int) -> URIRef:
    """The IRI of one version of a record."""
    return URIRef(f"{record}/version/{number}")


def current(store: Store) -> dict[str, Version]:
    """The current version of every published record, by record id.

    Where graph and history disagree (a kill came between them) the digest is empty: the record counts as changed.
    """
    published = {row["r"]: str(row["d"]) for row in store.select(f"SELECT ?r ?d {{ ?r <{GW.digest}> ?d }}")}
    return {
        version.id: version if published[version.iri] == version.digest else replace(version, digest="")
        for version in remembered(store)
        if version.iri in published
    }


def remembered(store: Store) -> list[Version]:
    """What the history takes to be current."""
    query = f"""PREFIX gw: <{GW}> PREFIX prov: <{PROV}> PREFIX dcterms: <{DCTERMS}>
    SELECT ?record ?number ?digest ?origin ?file {{ GRAPH <{HISTORY_GRAPH}> {{
        ?version gw:current true ; prov:specializationOf ?record ; gw:version ?number ;
                 gw:digest ?digest ; gw:origin ?origin ; prov:wasGeneratedBy/dcterms:source ?file }} }}"""
    return [
        Version(URIRef(row["record"]), int(row["number"]), *(str(row[name]) for name in ("digest", "origin", "file")))
        for row in store.private.select(query)
    ]


def apply(store: Store, changes: list[Change], *, origin: str, agent: str) -> None:
    """Store and withdraw records in one transaction, then their history in another.

    Args:
        store: where to.
        changes: what to do; an unchanged record must not be among them.
        origin: `corpus` or `import`; kept with the version.
        agent: who does it, for PROV-O.

    """
    history = store.private.graph(HISTORY_GRAPH) if len(changes) > 200 else _history_of(store, changes)
    graphs: dict[URIRef, Iterable[Triple]] = {}
    additions: list[Triple] = []
    outdated: list[Triple] = []
    now = Literal(datetime.now(UTC).isoformat(timespec="seconds"), datatype=XSD.dateTime)
    for change in changes:
        name = record_graph(change.iri.rpartition("/")[2])
        number = 1 + max((int(str(n)) for n in _numbers(history, change.iri)), default=0)
        outdated.extend(
            (version, GW.current, Literal(True))
            for version in history.subjects(PROV.specializationOf, change.iri)
            if (version, GW.current, Literal(True)) in history
        )
        if change.graph is None:
            graphs[name] = ()
            additions.extend(_withdrawal(history, change.iri, now))
            continue
        change.graph.set((change.iri, GW.version, Literal(number)))
        change.graph.set((change.iri, GW.digest, Literal(change.digest)))
        graphs[name] = list(change.graph)
        additions.extend(_birth(change, number, now, origin, agent))
    store.change(graphs)
    store.private.change({}, add={HISTORY_GRAPH: additions}, remove={HISTORY_GRAPH: outdated})


def withdraw(store: Store, records: list[URIRef], *, source: str, origin: str, agent: str) -> None:
    """Take records out of what is published; their history stays."""
    changes = [Change(record, "", None, source) for record in records]
    if changes:
        apply(store, changes, origin=origin, agent=agent)


def _history_of(store: Store, changes: list[Change]) -> Graph:
    values = " ".join(change.iri.n3() for change in changes)
    return store.private.construct(f"""PREFIX prov: <{PROV}>
        CONSTRUCT {{ ?version ?p ?o }} {{ GRAPH <{HISTORY_GRAPH}> {{
            VALUES ?record {{ {values} }} ?version prov:specializationOf ?record ; ?p ?o }} }}""")


def _numbers(history: Graph, record: URIRef) -> Iterable[Literal]:
    for version in history.subjects(PROV.specializationOf, record):
        yield from (number for number in history.objects(version, GW.version) if isinstance(number, Literal))


def _birth(change: Change, number: int, now: Literal, origin: str, agent: str) -> list[Triple]:
    version = version_iri(change.iri, number)
    activity = URIRef(f"{version}/activity")
    who = URIRef(f"{BASE}id/agent/{agent}")
    triples: list[Triple] = [
        (version, RDF.type, PROV.Entity),
        (version, PROV.specializationOf, change.iri),
        (version, GW.version, Literal(number)),
        (version, GW.digest, Literal(change.digest)),
        (version, GW.origin, Literal(origin)),
        (version, GW.current, Literal(True)),
        (version, PROV.generatedAtTime, now),
        (version, PROV.wasGeneratedBy, activity),
        (activity, RDF.type, PROV.Activity),
        (activity, PROV.endedAtTime, now),
        (activity, PROV.wasAssociatedWith, who),
        (who, RDF.type, PROV.Agent),
        (activity, DCTERMS.source, Literal(change.source)),
    ]
    if change.graph is not None:
        sources = change.graph.objects(change.iri, DCTERMS.source)
        triples.extend((version, PROV.hadPrimarySource, source) for source in sources)
    if number > 1:
        triples.append((version, PROV.wasRevisionOf, version_iri(change.iri, number - 1)))
    return triples


def _withdrawal(history: Graph, record: URIRef, now: Literal) -> list[Triple]:
    numbers = [int(str(number)) for number in _numbers(history, record)]
    return [(version_iri(record, max(numbers)), PROV.invalidatedAtTime, now)] if numbers else []
