"""Who counts as a person with fewer opportunities: circumstances, field, country and day to what each definition says.

An answer follows only the lists and the mappings between them: a circumstance falls under an entry of another list if
it, or what is broader, means the same as the entry or something narrower. It is no decision about anybody, and nothing
is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from rdflib import SKOS, Literal, URIRef
from rdflib.namespace import DCTERMS

from ontology import COUNTRY, GW, ID
from search.labels import Concepts

from .site import Site

COUNTS, UNSURE, NOT_NAMED = "counts", "unsure", "not-named"
EU = URIRef("http://publications.europa.eu/resource/authority/corporate-body/EURUN")
_SURE = (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch)
_INVERSE = {SKOS.broadMatch: SKOS.narrowMatch, SKOS.narrowMatch: SKOS.broadMatch}


@dataclass(frozen=True)
class Case:
    """What is asked."""

    circumstances: tuple[URIRef, ...]
    """Entries of any list of barriers or criteria."""
    sector: str
    """Code of a field, such as `he`; empty: any."""
    country: str
    """Two-letter code; empty: EU texts only."""
    day: str
    """ISO date."""


@dataclass(frozen=True)
class Ground:
    """Why a circumstance falls, or may fall, under an entry of a definition's list."""

    circumstance: URIRef
    entry: URIRef
    relation: URIRef
    """From the circumstance to the entry; `skos:exactMatch` where they are the same."""
    sure: bool


@dataclass(frozen=True)
class Support:
    """An amount that a definition opens."""

    iri: URIRef
    title: Literal
    condition: str
    sources: tuple[str, ...]


@dataclass
class Finding:
    """What one definition says of a case."""

    definition: URIRef
    outcome: str
    """`COUNTS`, `UNSURE` or `NOT_NAMED`."""
    why: str
    """One sentence."""
    grounds: list[Ground] = field(default_factory=list)
    support: list[Support] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    certainty: str = ""


def who_counts(site: Site, case: Case) -> list[Finding]:
    """What every definition that holds for field, country and day says; those that include come first."""
    lists = _Lists(site, site.concepts)
    found = [_finding(lists, definition, case) for definition in _holding(site, case)]
    order = (COUNTS, UNSURE, NOT_NAMED)
    return sorted(found, key=lambda finding: (order.index(finding.outcome), str(finding.definition)))


def _finding(lists: "_Lists", definition: URIRef, case: Case) -> Finding:
    entries = lists.entries(definition)
    grounds = [ground for one in case.circumstances if (ground := lists.ground(one, entries))]
    outcome, why = _judge(lists, definition, entries, grounds)
    found = Finding(definition, outcome, why, grounds, sources=lists.sources(definition))
    found.certainty = lists.one(definition, GW.certainty).rpartition("/")[2]
    if outcome == COUNTS:
        found.support = list(lists.support(definition, {ground.entry for ground in grounds}, case.sector))
    return found


def _judge(lists: "_Lists", definition: URIRef, entries: set[URIRef], grounds: list[Ground]) -> tuple[str, str]:
    sure = {ground.circumstance for ground in grounds if ground.sure}
    criteria = any(ground.sure and ID["criterion/"] in ground.entry for ground in grounds)
    if not entries:
        return UNSURE, "The text has no list of its own, so it cannot be read off."
    if sure:
        return _combined(lists.rules(definition), len(sure), criteria=criteria)
    if grounds:
        return UNSURE, "The list names a part of it, or something related."
    return _UNNAMED.get(lists.one(definition, GW.openList), _UNNAMED[""])


def _combined(rules: set[str], reasons: int, *, criteria: bool) -> tuple[str, str]:
    if "all-needed" in rules:
        return UNSURE, "One criterion of several holds; all of them must."
    if "overlap-needed" in rules and reasons == 1:
        return UNSURE, "One reason is not enough here: several must overlap."
    if "overlap-needed" in rules:
        return UNSURE, "Several reasons overlap, as is asked; one of them must be long-term."
    return COUNTS, "The list names it; a limit or a proof can be asked for." if criteria else "The list names it."


_UNNAMED = {  # whether the list is open -> what follows for what it does not name
    "true": (UNSURE, "The list does not name it, but it is open: other reasons can count."),
    "false": (NOT_NAMED, "The list does not name it, and only what is named counts."),
    "": (NOT_NAMED, "The list does not name it. Whether other reasons can count was not found out."),
}


def _holding(site: Site, case: Case) -> Iterator[URIRef]:
    """The definitions that hold; one without a field holds for all, one without a beginning on any day."""
    places = {EU} | {concept.iri for concept in site.concepts.of_kind("country") if concept.code == case.country}
    sector = ID[f"sector/{case.sector}"]
    rows = site.searcher.store.select(f"""SELECT ?d ?from ?to ?where
        (GROUP_CONCAT(STR(?s); separator=" ") AS ?sectors) {{ ?d a <{GW.Definition}>
        OPTIONAL {{ ?d <{GW.territory}> ?where }} OPTIONAL {{ ?d <{GW.validFrom}> ?from }}
        OPTIONAL {{ ?d <{GW.validTo}> ?to }} OPTIONAL {{ ?d <{GW.sector}> ?s }} }} GROUP BY ?d ?from ?to ?where""")
    for row in rows:
        start, end = str(row.get("from", "")), str(row.get("to", ""))
        sectors = str(row.get("sectors", "")).split()
        in_time = (start + "0000-01-01"[len(start) :] if start else "") <= case.day
        in_time &= case.day <= (end + "9999-12-31"[len(end) :] if end else "9999-12-31")
        here = "where" not in row or URIRef(row["where"]) in places
        if in_time and here and (not case.sector or not sectors or str(sector) in sectors):
            yield URIRef(row["d"])


class _Lists:
    """The lists of all definitions and what ties their entries."""

    def __init__(self, site: Site, concepts: Concepts) -> None:
        self._store, self._concepts = site.searcher.store, concepts

    @cached_property
    def _ties(self) -> dict[URIRef, list[tuple[URIRef, URIRef]]]:
        """Entry -> (relation, entry of another list), both ways."""
        ties: dict[URIRef, list[tuple[URIRef, URIRef]]] = {}
        query = f"SELECT ?a ?b ?r {{ ?m <{GW.mappingFrom}> ?a ; <{GW.mappingTo}> ?b ; <{GW.mappingRelation}> ?r }}"
        for row in self._store.select(query):
            one, other, relation = URIRef(row["a"]), URIRef(row["b"]), URIRef(row["r"])
            ties.setdefault(one, []).append((relation, other))
            ties.setdefault(other, []).append((_INVERSE.get(relation, relation), one))
        return ties

    @cached_property
    def _facts(self) -> dict[tuple[URIRef, URIRef], list[str]]:
        facts: dict[tuple[URIRef, URIRef], list[str]] = {}
        query = f"SELECT ?d ?p ?o {{ ?d a <{GW.Definition}> ; ?p ?o }} ORDER BY ?d ?p ?o"
        for row in self._store.select(query):
            facts.setdefault((URIRef(row["d"]), URIRef(row["p"])), []).append(str(row["o"]))
        return facts

    def one(self, definition: URIRef, prop: URIRef) -> str:
        """A value of a definition, or nothing."""
        return next(iter(self._facts.get((definition, prop), ())), "")

    def rules(self, definition: URIRef) -> set[str]:
        """Codes of its rules of combination."""
        return {rule.rpartition("/")[2] for rule in self._facts.get((definition, GW.combinationRule), ())}

    def sources(self, definition: URIRef) -> list[str]:
        """Where it was read."""
        return list(dict.fromkeys(self._facts.get((definition, DCTERMS.source), ())))

    def entries(self, definition: URIRef) -> set[URIRef]:
        """The entries of its list."""
        scheme = self.one(definition, GW.scheme)
        return {concept.iri for concept in self._concepts.values() if scheme and str(concept.scheme) == scheme}

    def ground(self, circumstance: URIRef, entries: set[URIRef]) -> Ground | None:
        """The best reason for which a circumstance falls, or may fall, under an entry."""
        if circumstance in entries:
            return Ground(circumstance, circumstance, SKOS.exactMatch, sure=True)
        above = self._tied(self._concepts.ancestors(circumstance), entries)
        below = self._tied(self._below(circumstance), entries)
        sure = [(relation, entry) for relation, entry in above if relation in _SURE]
        for relation, entry in (*sure, *above, *below):
            return Ground(circumstance, entry, relation, sure=bool(sure))
        return None

    def _tied(self, concepts: Iterable[URIRef], entries: set[URIRef]) -> list[tuple[URIRef, URIRef]]:
        tied = [tie for concept in concepts for tie in self._ties.get(concept, ()) if tie[1] in entries]
        return sorted(tied, key=lambda tie: (_SURE.index(tie[0]) if tie[0] in _SURE else len(_SURE), str(tie[1])))

    def _below(self, concept: URIRef) -> set[URIRef]:
        own = self._concepts.get(concept)
        narrower = set(own.narrower) if own else set()
        return narrower.union(*(self._below(one) for one in narrower))

    def support(self, definition: URIRef, entries: set[URIRef], sector: str) -> Iterator[Support]:
        """The amounts that it opens for some entries, in a field."""
        rows = self._store.select(f"""SELECT ?a ?title ?condition
            (GROUP_CONCAT(DISTINCT STR(?from); separator=" ") AS ?sources)
            (GROUP_CONCAT(DISTINCT STR(?only); separator=" ") AS ?criteria)
            (GROUP_CONCAT(DISTINCT STR(?s); separator=" ") AS ?sectors) (COUNT(?action) AS ?actions) {{
            ?a <{GW.opensFor}> {definition.n3()} ; <{DCTERMS.title}> ?title ; <{DCTERMS.source}> ?from
            OPTIONAL {{ ?a <{GW.condition}> ?condition }} OPTIONAL {{ ?a <{GW.onlyForCriterion}> ?only }}
            OPTIONAL {{ ?a <{GW.actionCode}> ?action }}
            OPTIONAL {{ ?a <{GW.sector}> ?s }} }} GROUP BY ?a ?title ?condition ORDER BY ?a""")
        for row in rows:
            only = {URIRef(iri) for iri in str(row.get("criteria", "")).split()}
            sectors = str(row.get("sectors", "")).split()
            every_field = not sectors and not int(row["actions"])  # an action without a field of ours is of another
            fits = not sector or every_field or str(ID[f"sector/{sector}"]) in sectors
            title = row["title"]
            if fits and (not only or only & entries) and isinstance(title, Literal):
                sources = tuple(sorted(str(row["sources"]).split()))
                yield Support(URIRef(row["a"]), title, str(row.get("condition", "")), sources)


def countries_with_a_definition(site: Site) -> list[URIRef]:
    """Countries for which there is a definition."""
    rows = site.searcher.store.select(
        f"SELECT DISTINCT ?c {{ ?d a <{GW.Definition}> ; <{GW.territory}> ?c }} ORDER BY ?c"
    )
    return [URIRef(row["c"]) for row in rows if str(row["c"]).startswith(str(COUNTRY))]
