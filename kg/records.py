"""Records and their versions: a named graph each, and a history that says who, when and from what.

The history keeps, for every version, a `prov:Entity` with its number, the digest of its content and the activity that
made it (PROV-O, W3C Recommendation 2013). It lies in the private store: it knows of withdrawn records, and it holds
clock times, while the same corpus is to export to the same bytes. What a new version takes the place of is kept there
first, whole; then the record's graph is written, with the digest of its content, then the history (after a kill in
between, the next writer finishes it: `kg.pending`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rdflib import PROV, RDF, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, XSD

from ontology import BASE, GW, HISTORY_GRAPH, record_graph

from .pending import carry_out, history_update
from .store import Store, Triple

DESK = "desk"
"""The origin of what was written on the site."""
ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,119}")
"""What the id of a record looks like."""
CONTENT = GW.content
"""Of a version in the history that is no longer current: its triples, as N-Triples in one literal."""


@dataclass(frozen=True)
class Version:
    """The current version of a stored record."""

    iri: URIRef
    number: int
    digest: str
    origin: str
    """Where it came in: `corpus`, `import`, or `desk`."""
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


@dataclass(frozen=True)
class Act:
    """Who changes records, why, and who has looked at it."""

    origin: str
    """`corpus`, `import` or `desk` (written on the site)."""
    agent: str
    """The last part of an agent's IRI: `goodways-build`, or `person-` with the id of an account."""
    why: str = ""
    reviewer: str = ""
    """Another agent, who has read the change and let it pass."""
    draft: str = ""
    """Key of the draft that it comes from."""

    def triples(self, activity: URIRef, when: Literal, source: str) -> list[Triple]:
        """The same in PROV-O."""
        who = agent_iri(self.agent)
        found: list[Triple] = [
            (activity, RDF.type, PROV.Activity),
            (activity, PROV.endedAtTime, when),
            (activity, PROV.wasAssociatedWith, who),
            (who, RDF.type, PROV.Agent),
            (activity, DCTERMS.source, Literal(source)),
        ]
        if self.why:
            found.append((activity, DCTERMS.description, Literal(self.why)))
        if self.draft:
            found.append((activity, GW.draft, Literal(self.draft)))
        if self.reviewer:
            found.append((activity, GW.reviewedBy, agent_iri(self.reviewer)))
        return found


def agent_iri(name: str) -> URIRef:
    """The IRI of an agent: a program, or the account of a person."""
    return URIRef(f"{BASE}id/agent/{name}")


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


def current_of(store: Store, record_id: str) -> Version | None:
    """The current version of one record; None where it is not published."""
    if not ID_PATTERN.fullmatch(record_id):
        return None
    query = f"SELECT ?r ?d {{ GRAPH {record_graph(record_id).n3()} {{ ?r <{GW.digest}> ?d }} }}"
    for row in store.select(query):
        version = next(iter(remembered(store, URIRef(row["r"]))), None)
        return version if version is None or version.digest == str(row["d"]) else replace(version, digest="")
    return None


def remembered(store: Store, record: URIRef | None = None) -> list[Version]:
    """What the history takes to be current, of all records or of one."""
    only = f"VALUES ?record {{ {record.n3()} }}" if record else ""
    query = f"""PREFIX gw: <{GW}> PREFIX prov: <{PROV}> PREFIX dcterms: <{DCTERMS}>
    SELECT ?record ?number ?digest ?origin ?file {{ GRAPH <{HISTORY_GRAPH}> {{
        {only} ?version gw:current true ; prov:specializationOf ?record ; gw:version ?number ;
                 gw:digest ?digest ; gw:origin ?origin ; prov:wasGeneratedBy/dcterms:source ?file }} }}"""
    return [
        Version(URIRef(row["record"]), int(row["number"]), *(str(row[name]) for name in ("digest", "origin", "file")))
        for row in store.private.select(query)
    ]


def taken_down(store: Store) -> set[str]:
    """Ids of the records that somebody has withdrawn on the site, and that have not come back since."""
    query = f"""PREFIX gw: <{GW}> PREFIX prov: <{PROV}> SELECT DISTINCT ?record {{ GRAPH <{HISTORY_GRAPH}> {{
        ?version prov:specializationOf ?record ; prov:wasInvalidatedBy/gw:origin "{DESK}"
        FILTER NOT EXISTS {{ ?later prov:specializationOf ?record ; gw:version ?n ; prov:generatedAtTime ?t
                             FILTER NOT EXISTS {{ ?later prov:invalidatedAtTime ?gone }}
                             ?version prov:invalidatedAtTime ?end FILTER (?t >= ?end) }} }} }}"""
    return {str(row["record"]).rpartition("/")[2] for row in store.private.select(query)}


def published_drafts(store: Store) -> set[str]:
    """The keys of all drafts that have become a version of a record."""
    rows = store.private.select(f"SELECT ?key {{ GRAPH <{HISTORY_GRAPH}> {{ ?activity <{GW.draft}> ?key }} }}")
    return {str(row["key"]) for row in rows}


def as_read(store: Store, record: URIRef, origin: str) -> Graph | None:
    """The triples of a record's newest version that came in in a certain way; None where there is none."""
    query = f"""PREFIX gw: <{GW}> PREFIX prov: <{PROV}> SELECT ?version {{ GRAPH <{HISTORY_GRAPH}> {{
        ?version prov:specializationOf {record.n3()} ; gw:version ?n ; gw:origin "{origin}" }} }}
        ORDER BY DESC(?n) LIMIT 1"""
    for row in store.private.select(query):
        return kept_content(store, URIRef(row["version"]))
    return None


def kept_content(store: Store, version: URIRef) -> Graph | None:
    """The triples of a version that is not the current one, as the history keeps them."""
    query = f"SELECT ?lines {{ GRAPH <{HISTORY_GRAPH}> {{ {version.n3()} {CONTENT.n3()} ?lines }} }}"
    for row in store.private.select(query):
        return Graph(bind_namespaces="none").parse(data=str(row["lines"]), format="nt")
    return None


def apply(store: Store, changes: list[Change], act: Act) -> None:
    """Store and withdraw records in one transaction, then their history in another.

    Args:
        store: where to.
        changes: what to do; an unchanged record must not be among them.
        act: who does it, and why.

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
            additions.extend(_withdrawal(history, change, now, act))
            continue
        change.graph.set((change.iri, GW.version, Literal(number)))
        change.graph.set((change.iri, GW.digest, Literal(change.digest)))
        graphs[name] = list(change.graph)
        additions.extend(_birth(change, number, now, act))
    kept = _replaced(store, history, changes)
    carry_out(store, graphs, _sign(changes[0]), kept, history_update(additions, outdated))


def _sign(change: Change) -> str:
    """What the graph fulfils once it has a change, and with it all of its transaction."""
    name = record_graph(change.iri.rpartition("/")[2]).n3()
    if change.graph is None:
        return f"FILTER NOT EXISTS {{ GRAPH {name} {{ ?s ?p ?o }} }}"
    number = change.graph.value(change.iri, GW.version)
    return f"GRAPH {name} {{ {change.iri.n3()} {GW.version.n3()} {number} }}"


def withdraw(
    store: Store,
    records: list[URIRef],
    act: Act,
    *,
    source: str,
    replaced_by: Mapping[URIRef, URIRef] | None = None,
) -> None:
    """Take records out of what is published; their history stays.

    Args:
        store: where from.
        records: which.
        act: who does it, and why.
        source: file or folder that no longer has them.
        replaced_by: what each has given way to, where that is known.

    """
    known = replaced_by or {}
    changes = [Change(record, "", None, source, known.get(record)) for record in records]
    if changes:
        apply(store, changes, act)


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


def _birth(change: Change, number: int, now: Literal, act: Act) -> list[Triple]:
    version = version_iri(change.iri, number)
    activity = URIRef(f"{version}/activity")
    triples: list[Triple] = [
        (version, RDF.type, PROV.Entity),
        (version, PROV.specializationOf, change.iri),
        (version, GW.version, Literal(number)),
        (version, GW.digest, Literal(change.digest)),
        (version, GW.origin, Literal(act.origin)),
        (version, GW.current, Literal(True)),
        (version, PROV.generatedAtTime, now),
        (version, PROV.wasGeneratedBy, activity),
        *act.triples(activity, now, change.source),
    ]
    if change.graph is not None:
        sources = change.graph.objects(change.iri, DCTERMS.source)
        triples.extend((version, PROV.hadPrimarySource, source) for source in sources)
    if number > 1:
        triples.append((version, PROV.wasRevisionOf, version_iri(change.iri, number - 1)))
    return triples


def _withdrawal(history: Graph, change: Change, now: Literal, act: Act) -> list[Triple]:
    numbers = [int(str(number)) for number in _numbers(history, change.iri)]
    if not numbers:
        return []
    last = version_iri(change.iri, max(numbers))
    activity = URIRef(f"{last}/withdrawal")
    heir: list[Triple] = [(last, DCTERMS.isReplacedBy, change.replaced_by)] if change.replaced_by else []
    ended: list[Triple] = [
        (last, PROV.invalidatedAtTime, now),
        (last, PROV.wasInvalidatedBy, activity),
        (activity, GW.origin, Literal(act.origin)),
    ]
    return [*ended, *act.triples(activity, now, change.source), *heir]
