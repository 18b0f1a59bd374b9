"""Names of concepts in every language that the graph has them in."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, cast

from rdflib import SKOS, URIRef

from kg import Store
from ontology import GW, ID

if TYPE_CHECKING:
    from pyoxigraph import QuerySolutions

YEARS = range(1990, 2036)
"""Calendar years that a question or a filter can name."""


@dataclass
class Concept:
    """A concept of a scheme, with what a person may see of it."""

    iri: URIRef
    labels: dict[str, str] = field(default_factory=dict)
    """Preferred label by language; `""` where the source names no language."""
    other: list[tuple[str, str]] = field(default_factory=list)
    """(language, alternative label)."""
    hidden: list[tuple[str, str]] = field(default_factory=list)
    """(language, word that people type and that is not shown, for it may hurt)."""
    explanations: dict[str, str] = field(default_factory=dict)
    scheme: URIRef | None = None
    notation: str = ""
    broader: list[URIRef] = field(default_factory=list)
    narrower: list[URIRef] = field(default_factory=list)
    related: list[URIRef] = field(default_factory=list)
    """What is tied to it: related concepts, and those of other definitions that are mapped to it."""

    @property
    def kind(self) -> str:
        """`barrier`, `measure`, …: the kind in its IRI; `country`, `language`, `region` for the EU's."""
        text = str(self.iri)
        if text.startswith(ID):
            return text[len(ID) :].partition("/")[0]
        return "region" if "/nuts/" in text else text.rsplit("/", 2)[-2]

    @property
    def code(self) -> str:
        """The last part of its IRI, or the official two-letter code."""
        return self.notation if self.kind in ("country", "language") else str(self.iri).rpartition("/")[2]

    def label(self, language: str) -> tuple[str, str]:
        """(text, language) of the label that suits a reader of `language` best."""
        for code in (language, "en", "", *self.labels):
            if code in self.labels:
                return self.labels[code], code
        return self.code, ""

    def explanation(self, language: str) -> tuple[str, str] | None:
        """(text, language) of the explanation that suits best, if there is one."""
        for code in (language, "en", *self.explanations):
            if code in self.explanations:
                return self.explanations[code], code
        return None


class Concepts(dict[URIRef, Concept]):
    """All concepts of the graph by IRI."""

    def ancestors(self, iri: URIRef) -> set[URIRef]:
        """A concept and everything above it."""
        seen: set[URIRef] = set()
        pending = [iri]
        while pending:
            concept = pending.pop()
            if concept not in seen:
                seen.add(concept)
                pending.extend(self[concept].broader if concept in self else ())
        return seen

    def of_kind(self, kind: str) -> Iterable[Concept]:
        """The concepts of a kind."""
        return (concept for concept in self.values() if concept.kind == kind)


def load_concepts(store: Store) -> Concepts:
    """Every concept that is in a scheme, with labels and hierarchy."""
    concepts = Concepts()
    iris = cache(URIRef)
    for row in cast("QuerySolutions", store.raw(_QUERY)):  # in the engine's own terms: there are many
        iri, value = iris(row["c"].value), row["o"]
        concept = concepts.setdefault(iri, Concept(iri))
        _ADD[row["p"].value](concept, value.value, getattr(value, "language", None) or "")
    for row in store.select(_MAPPINGS):
        if URIRef(row["from"]) in concepts:
            concepts[URIRef(row["from"])].related.append(URIRef(row["to"]))
    for concept in concepts.values():
        for broader in concept.broader:
            if broader in concepts:
                concepts[broader].narrower.append(concept.iri)
        concept.other.sort()
    ties = [(concept.iri, other) for concept in concepts.values() for other in concept.related if other in concepts]
    for one, other in ties:
        concepts[other].related.append(one)
    for year in YEARS:
        concepts[year_iri(year)] = Concept(year_iri(year), {"": str(year)})
    for concept in concepts.values():
        concept.narrower.sort()
        concept.related = sorted(set(concept.related))
    return concepts


def year_iri(year: int) -> URIRef:
    """The name of a calendar year, among the concepts."""
    return ID[f"year/{year}"]


_ADD: dict[str, Callable[[Concept, str, str], object]] = {
    str(SKOS.prefLabel): lambda concept, value, language: concept.labels.update({language: value}),
    str(SKOS.altLabel): lambda concept, value, language: concept.other.append((language, value)),
    str(SKOS.hiddenLabel): lambda concept, value, language: concept.hidden.append((language, value)),
    str(SKOS.definition): lambda concept, value, language: concept.explanations.update({language: value}),
    str(SKOS.inScheme): lambda concept, value, _: setattr(concept, "scheme", URIRef(value)),
    str(SKOS.notation): lambda concept, value, _: setattr(concept, "notation", value),
    str(SKOS.broader): lambda concept, value, _: concept.broader.append(URIRef(value)),
    str(SKOS.related): lambda concept, value, _: concept.related.append(URIRef(value)),
}
_MAPPINGS = f"SELECT ?from ?to {{ ?m <{GW.mappingFrom}> ?from ; <{GW.mappingTo}> ?to }}"
# Regions that are no more, and lists by which no record is described.
_NOT_SEARCHED = ", ".join(
    f"<http://data.europa.eu/{scheme}>" for scheme in ("nuts/scheme/2021", "snb/isced-f/25831c2", "snb/eqf/25831c2")
)
_QUERY = f"""SELECT ?c ?p ?o {{ VALUES ?p {{ {" ".join(f"<{prop}>" for prop in _ADD)} }}
  ?c <{SKOS.inScheme}> ?scheme ; ?p ?o
  FILTER (?scheme NOT IN ({_NOT_SEARCHED}) && ?o NOT IN ({_NOT_SEARCHED})) }}"""
