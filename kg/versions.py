"""What everybody may know of a record's past: its versions, and what is left of it once it is withdrawn.

The history (`kg.records`) lies in the private store and is read here for the public: no names of people and of files,
and nothing of the content of what was withdrawn. A version is withheld once it, or a later one, has been withdrawn,
also when the record comes back: what was taken back is not given out again by a detour.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rdflib import PROV, RDF, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, XSD

from ontology import GW, HISTORY_GRAPH, ID, KINDS, record_graph

from .records import kept_content, version_iri
from .store import Row, Store, Triple
from .terms import by_language

SOFTWARE = ID["agent/goodways-"]
"""How the IRIs of agents begin that are programs; others may be people, and stay private."""


@dataclass(frozen=True)
class Release:
    """One version of a record that has been published."""

    record: URIRef
    number: int
    digest: str
    """SHA-256 over the normalised record, in hexadecimal."""
    when: datetime
    """Of its publication."""
    withdrawn: datetime | None
    """When it, or a later one, was withdrawn."""
    sources: tuple[URIRef, ...]
    agent: URIRef | None
    """The program that published it; None where it may have been a person."""

    @property
    def node(self) -> URIRef:
        """The IRI of this version."""
        return version_iri(self.record, self.number)

    @property
    def activity(self) -> URIRef:
        """The IRI of its publication."""
        return URIRef(f"{self.node}/activity")


@dataclass(frozen=True)
class Tombstone:
    """What is left of something that was withdrawn."""

    iri: URIRef
    """A record, or one version of a record."""
    record: URIRef
    titles: dict[str, str]
    """By language; empty where its content was not kept."""
    when: datetime | None
    replaced_by: tuple[URIRef, ...] = ()

    def graph(self) -> Graph:
        """The same in PROV-O and Dublin Core."""
        graph = Graph()
        graph.add((self.iri, RDF.type, PROV.Entity))
        if self.iri == self.record and (kind := KINDS.get(kind_of(self.record))):
            graph.add((self.iri, RDF.type, kind))
        if self.iri != self.record:
            graph.add((self.iri, PROV.specializationOf, self.record))
        for language, title in self.titles.items():
            graph.add((self.iri, DCTERMS.title, Literal(title, lang=language)))
        if self.when:
            graph.add((self.iri, PROV.invalidatedAtTime, _time(self.when)))
        for other in self.replaced_by:
            graph.add((self.iri, DCTERMS.isReplacedBy, other))
        return graph


def kind_of(record: URIRef) -> str:
    """The kind in a record's IRI."""
    return record[len(str(ID)) :].partition("/")[0]


def releases(store: Store, record: URIRef) -> list[Release]:
    """Every version of a record, the first one first; none where there never was such a record."""
    rows = store.private.select(f"""PREFIX gw: <{GW}> PREFIX prov: <{PROV}>
    SELECT ?number ?digest ?when (SAMPLE(?gone) AS ?withdrawn) (SAMPLE(?who) AS ?agent)
           (GROUP_CONCAT(DISTINCT STR(?source); separator=" ") AS ?sources) {{ GRAPH <{HISTORY_GRAPH}> {{
        ?version prov:specializationOf {record.n3()} ; gw:version ?number ; gw:digest ?digest ;
                 prov:generatedAtTime ?when
        OPTIONAL {{ ?version prov:wasGeneratedBy/prov:wasAssociatedWith ?who }}
        OPTIONAL {{ ?version prov:invalidatedAtTime ?gone }}
        OPTIONAL {{ ?version prov:hadPrimarySource ?source }} }} }}
    GROUP BY ?number ?digest ?when ORDER BY DESC(?number)""")
    found: list[Release] = []
    withdrawn = None
    for row in rows:
        withdrawn = _moment(row, "withdrawn") or withdrawn
        found.append(_release(record, row, withdrawn))
    return found[::-1]


def was_ever(store: Store) -> set[str]:
    """Ids of all records that have, or once had, a version."""
    query = f"SELECT DISTINCT ?r {{ GRAPH <{HISTORY_GRAPH}> {{ ?v {PROV.specializationOf.n3()} ?r }} }}"
    return {str(row["r"]).rpartition("/")[2] for row in store.private.select(query)}


def content(store: Store, release: Release) -> Graph | None:
    """The triples of a version; None where they were not kept, or are withheld."""
    if release.withdrawn:
        return None
    graph = store.graph(record_graph(release.record.rpartition("/")[2]))
    if (release.record, GW.version, Literal(release.number)) in graph:
        return graph
    return kept_content(store, release.node)


def description(all_releases: list[Release], release: Release) -> list[Triple]:
    """What is known of a version beside its content: when, by what, from what, before and after which (PROV-O)."""
    node, activity, index = release.node, release.activity, all_releases.index(release)
    triples: list[Triple] = [
        (node, RDF.type, PROV.Entity),
        (node, PROV.specializationOf, release.record),
        (node, DCTERMS.isVersionOf, release.record),
        (node, GW.version, Literal(release.number)),
        (node, GW.digest, Literal(release.digest)),
        (node, PROV.generatedAtTime, _time(release.when)),
        (node, PROV.wasGeneratedBy, activity),
        (activity, RDF.type, PROV.Activity),
        (activity, PROV.endedAtTime, _time(release.when)),
    ]
    triples += [(node, PROV.hadPrimarySource, source) for source in release.sources]
    if release.agent:
        triples += [(activity, PROV.wasAssociatedWith, release.agent), *software(release.agent)]
    for before in all_releases[:index][-1:]:
        triples += [(node, PROV.wasRevisionOf, before.node), (node, DCTERMS.replaces, before.node)]
    for after in all_releases[index + 1 : index + 2]:
        triples.append((node, DCTERMS.isReplacedBy, after.node))
    return triples


def software(agent: URIRef) -> list[Triple]:
    """What is known of a program that publishes; nothing of anybody else."""
    return [(agent, RDF.type, PROV.SoftwareAgent)] if agent.startswith(SOFTWARE) else []


def tombstone(store: Store, record: URIRef) -> Tombstone | None:
    """What is left of a withdrawn record; None where it is published, or never was.

    What replaced it is what says so in the graph (`dcterms:replaces`), or what was named when it was withdrawn.
    """
    name = record_graph(record.rpartition("/")[2])
    known = releases(store, record)
    if not known or store.ask(f"ASK {{ GRAPH {name.n3()} {{ {record.n3()} ?p ?o }} }}"):
        return None
    return _tombstone(store, record, known[-1])


def tombstone_of_version(store: Store, release: Release) -> Tombstone | None:
    """What is left of a version that is withheld; None where it is not."""
    if not release.withdrawn:
        return None
    last = next(r for r in reversed(releases(store, release.record)) if r.withdrawn == release.withdrawn)
    return _tombstone(store, release.node, last)


def _tombstone(store: Store, iri: URIRef, last: Release) -> Tombstone:
    kept = kept_content(store, last.node)
    titles = by_language(kept, last.record, DCTERMS.title) if kept is not None else {}
    heirs = tuple(sorted(set(_heirs(store, last)))) if iri == last.record else ()
    return Tombstone(iri, last.record, titles, last.withdrawn, heirs)


def _heirs(store: Store, last: Release) -> Iterator[URIRef]:
    for row in store.select(f"SELECT ?new {{ ?new {DCTERMS.replaces.n3()} {last.record.n3()} }}"):
        yield URIRef(row["new"])
    pattern = f"{last.node.n3()} {DCTERMS.isReplacedBy.n3()} ?new"
    for row in store.private.select(f"SELECT ?new {{ GRAPH {HISTORY_GRAPH.n3()} {{ {pattern} }} }}"):
        yield URIRef(row["new"])


def _release(record: URIRef, row: Row, withdrawn: datetime | None) -> Release:
    agent = URIRef(row["agent"]) if "agent" in row and row["agent"].startswith(SOFTWARE) else None
    sources = tuple(URIRef(source) for source in sorted(str(row.get("sources", "")).split()))
    number, digest, when = int(str(row["number"])), str(row["digest"]), datetime.fromisoformat(str(row["when"]))
    return Release(record, number, digest, when, withdrawn, () if withdrawn else sources, agent)


def _moment(row: Row, name: str) -> datetime | None:
    return datetime.fromisoformat(str(row[name])) if name in row else None


def _time(moment: datetime) -> Literal:
    return Literal(moment.isoformat().replace("+00:00", "Z"), datatype=XSD.dateTime)
