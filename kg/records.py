"""Records and their versions: a named graph each, and a history that says who, when and from what.

The history keeps, for every version, a `prov:Entity` with its number, the digest of its content and the activity that
made it (PROV-O, W3C Recommendation 2013). It lies in the private store: it knows of withdrawn records, and it holds
clock times, while the same corpus is to export to the same bytes. What a new version takes the place of is kept there
first, whole; then the record's graph is written, with the digest of its content, then the history. After a kill in
between graph and history disagree, and the next run does that record again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rdflib import PROV, RDF, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, XSD

from ontology import BASE, GW, HISTORY_GRAPH, record_graph

from .store import Store, Triple

CONTENT = GW.content
"""Of a version in the history that is no longer current: its triples, as N-Triples in one literal."""


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
    replaced_by: URIRef | None = None
    """What a withdrawn record has given way to, where that is known."""


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
    history = _history_of(store, changes)
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
            additions.extend(_withdrawal(history, change, now))
            continue
        change.graph.set((change.iri, GW.version, Literal(number)))
        change.graph.set((change.iri, GW.digest, Literal(change.digest)))
        graphs[name] = list(change.graph)
        additions.extend(_birth(change, number, now, origin, agent))
    if kept := _replaced(store, history, changes):
        store.private.change({}, add={HISTORY_GRAPH: kept})
    store.change(graphs)
    store.private.change({}, add={HISTORY_GRAPH: additions}, remove={HISTORY_GRAPH: outdated})


def withdraw(
    store: Store,
    records: list[URIRef],
    *,
    source: str,
    origin: str,
    agent: str,
    replaced_by: Mapping[URIRef, URIRef] | None = None,
) -> None:
    """Take records out of what is published; their history stays.

    Args:
        store: where from.
        records: which.
        source: file or folder that no longer has them.
        origin: `corpus` or `import`.
        agent: who does it, for PROV-O.
        replaced_by: what each has given way to, where that is known.

    """
    known = replaced_by or {}
    changes = [Change(record, "", None, source, known.get(record)) for record in records]
    if changes:
        apply(store, changes, origin=origin, agent=agent)


def _history_of(store: Store, changes: list[Change]) -> Graph:
    """What the history says of the records, less the content of versions."""
    values = f"VALUES ?record {{ {' '.join(change.iri.n3() for change in changes)} }}" if len(changes) <= 200 else ""
    return store.private.construct(f"""PREFIX prov: <{PROV}>
        CONSTRUCT {{ ?version ?p ?o }} {{ GRAPH <{HISTORY_GRAPH}> {{
            {values} ?version prov:specializationOf ?record ; ?p ?o FILTER (?p != {CONTENT.n3()}) }} }}""")


def _replaced(store: Store, history: Graph, changes: list[Change]) -> list[Triple]:
    """The content of the versions that the changes put an end to; of those only that the history knows."""
    records = {record_graph(change.iri.rpartition("/")[2]): change.iri for change in changes}
    known = {name: {int(str(n)) for n in _numbers(history, iri)} for name, iri in records.items()}
    names = " ".join(name.n3() for name, numbers in known.items() if numbers)
    graphs: dict[URIRef, Graph] = defaultdict(Graph)
    query = f"SELECT ?g ?s ?p ?o {{ VALUES ?g {{ {names} }} GRAPH ?g {{ ?s ?p ?o }} }}"
    for row in store.select(query) if names else ():
        graphs[URIRef(row["g"])].add((row["s"], row["p"], row["o"]))
    kept: list[Triple] = []
    for name, graph in graphs.items():
        number = graph.value(records[name], GW.version)
        if number is not None and int(str(number)) in known[name]:
            lines = sorted(graph.serialize(format="nt").splitlines(keepends=True))
            kept.append((version_iri(records[name], int(str(number))), CONTENT, Literal("".join(lines))))
    return kept


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


def _withdrawal(history: Graph, change: Change, now: Literal) -> list[Triple]:
    numbers = [int(str(number)) for number in _numbers(history, change.iri)]
    if not numbers:
        return []
    last = version_iri(change.iri, max(numbers))
    heir: list[Triple] = [(last, DCTERMS.isReplacedBy, change.replaced_by)] if change.replaced_by else []
    return [(last, PROV.invalidatedAtTime, now), *heir]
