"""What the corpus holds beside what it should hold: the table that shows where records are missing."""

from collections.abc import Iterator
from dataclasses import dataclass

from rdflib import URIRef
from rdflib.namespace import DCTERMS, SKOS

from ontology import EU_LANGUAGES, GW, ID, RECORD_TYPES

from .store import Store

# How many there should be at least.
KIND_GOALS = {"practice": 250, "material": 110}
OTHERS_GOAL = 40
BARRIER_GOAL, STAY_GOAL, COUNTRY_GOAL, LANGUAGE_GOAL = 15, 8, 27, 18
GROUP_GOALS = {"adult-learners": 40, "apprentices": 50}
JOB_SHADOWING_GOAL = 25
BARRIERS = "eplus-2021"


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    what: str
    count: int
    goal: int | None

    @property
    def missing(self) -> int:
        """How many are missing to the goal."""
        return max(0, (self.goal or 0) - self.count)


def balance(store: Store) -> dict[str, list[Line]]:
    """Lines by heading; a record counts once a line, what is narrower counts with what is broader."""
    return {
        "Records": list(_kinds(store)),
        "Barriers of the Erasmus+ list 2021-27": list(_barriers(store)),
        "Kinds of stay": list(_stays(store)),
        "Groups": list(_groups(store)),
        "Reach": list(_reach(store)),
    }


def as_markdown(tables: dict[str, list[Line]]) -> str:
    """The tables as a Markdown text."""
    parts = ["# What the corpus holds beside what it should hold", "Written by `goodways balance > docs/corpus.md`."]
    for heading, lines in tables.items():
        rows = [
            f"| {line.what} | {line.count} | {'' if line.goal is None else line.goal} | {line.missing or ''} |"
            for line in lines
        ]
        parts.append("\n".join([f"## {heading}", "", "| | records | at least | missing |", "|---|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _kinds(store: Store) -> Iterator[Line]:
    rows = store.select(f"SELECT ?type (COUNT(DISTINCT ?r) AS ?n) {{ ?r a {GW.Record.n3()}, ?type }} GROUP BY ?type")
    found = {str(row["type"])[len(str(GW)) :]: int(row["n"]) for row in rows}
    counts = {kind: found.get(name, 0) for name, kind in RECORD_TYPES.items()}
    for kind, goal in KIND_GOALS.items():
        yield Line(kind, counts.pop(kind), goal)
    yield Line("others: " + ", ".join(counts), sum(counts.values()), OTHERS_GOAL)
    for kind, count in counts.items():
        yield Line(f"– {kind}", count, None)


def _barriers(store: Store) -> Iterator[Line]:
    scheme = ID[f"scheme/{BARRIERS}"]
    rows = store.select(f"SELECT ?c {{ ?c {SKOS.topConceptOf.n3()} {scheme.n3()} }} ORDER BY ?c")
    for barrier in (URIRef(row["c"]) for row in rows):
        yield Line(_name(store, barrier), _holders(store, (GW.addresses,), barrier), BARRIER_GOAL)


def _stays(store: Store) -> Iterator[Line]:
    rows = store.select(f"SELECT ?c {{ ?c a {GW.MobilityType.n3()} }} ORDER BY ?c")
    for stay in (URIRef(row["c"]) for row in rows):
        goal = JOB_SHADOWING_GOAL if stay == ID["mobility-type/job-shadowing"] else STAY_GOAL
        yield Line(_name(store, stay), _holders(store, (GW.mobilityType,), stay), goal)


def _groups(store: Store) -> Iterator[Line]:
    for code, goal in GROUP_GOALS.items():
        group = ID[f"target-group/{code}"]
        yield Line(_name(store, group), _holders(store, (GW.targetGroup, GW.audience), group), goal)


def _reach(store: Store) -> Iterator[Line]:
    language = f"?r {DCTERMS.language.n3()}/{SKOS.notation.n3()} ?x"
    official = f"{language} FILTER(?x IN ({', '.join(map(repr, EU_LANGUAGES))}))"
    yield Line("countries of those responsible", _different(store, f"?r {GW.country.n3()} ?x"), COUNTRY_GOAL)
    yield Line("official EU languages of sources", _different(store, official), LANGUAGE_GOAL)
    yield Line("languages of sources in all", _different(store, language), None)
    yield Line("checked a second time", _different(store, f"?x {GW.verified.n3()} ?day", "?x"), None)
    for certainty in ("read", "partial"):
        value = ID[f"certainty/{certainty}"].n3()
        yield Line(f"source seen: {certainty}", _different(store, f"?x {GW.certainty.n3()} {value}", "?x"), None)


def _holders(store: Store, properties: tuple[URIRef, ...], concept: URIRef) -> int:
    """How many records have a concept or one that is narrower."""
    path = "|".join(prop.n3() for prop in properties)
    rows = store.select(
        f"SELECT (COUNT(DISTINCT ?r) AS ?n) {{ ?c {SKOS.broader.n3()}* {concept.n3()} . "
        f"?r ({path}) ?c ; a {GW.Record.n3()} }}"
    )
    return int(rows[0]["n"])


def _different(store: Store, pattern: str, record: str = "?r") -> int:
    query = f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ {record} a {GW.Record.n3()} . {pattern} }}"
    return int(store.select(query)[0]["n"])


def _name(store: Store, concept: URIRef) -> str:
    rows = store.select(f'SELECT ?l {{ {concept.n3()} {SKOS.prefLabel.n3()} ?l FILTER(LANG(?l) = "en") }}')
    return str(rows[0]["l"]) if rows else concept.rpartition("/")[2]
