"""Facets: which records have which values, and how many, under every combination of filters.

Values are kept by record and records by value, both as plain integer arrays, so that counting a result costs what the
result is large and not what the collection is large.
"""

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rdflib import RDF, Graph, URIRef
from rdflib.namespace import DCTERMS

from ontology import GW, RECORD_TYPES

from .labels import YEARS, Concepts, year_iri

# Name in the address, the properties that carry it.
FACETS: dict[str, tuple[URIRef, ...]] = {
    "type": (RDF.type,),
    "barrier": (GW.addresses,),
    "group": (GW.targetGroup, GW.audience),
    "mobility": (GW.mobilityType,),
    "country": (GW.country, GW.destination),
    "region": (GW.region,),
    "lang": (DCTERMS.language,),
    "measure": (GW.measure,),
    "sector": (GW.sector,),
    "phase": (GW.phase,),
    "material": (GW.materialType,),
    "programme": (GW.programme,),
    "year": (GW.start, GW.end),
}
NO_KINSHIP = ("type", "lang", "programme", "year")
"""Facets in which two records may be equal without being about the same."""
Filters = Mapping[str, Sequence[str]]
Value = tuple[str, URIRef]
"""Name of a facet, and a concept or class."""


@dataclass(frozen=True)
class FacetCount:
    """One value of a facet."""

    value: str
    iri: URIRef
    count: int
    active: bool


def values_of(record: URIRef, graph: Graph) -> list[Value]:
    """What a record's graph says for each facet, as it stands there."""
    found = {
        (name, URIRef(str(value)))
        for name, props in FACETS.items()
        if name != "year"
        for p in props
        for value in graph.objects(record, p)
    }
    return sorted(found | {("year", year_iri(year)) for year in _years(record, graph)})


def _years(record: URIRef, graph: Graph) -> range:
    """The years from a record's first to its last."""
    named = [str(value)[:4] for prop in FACETS["year"] for value in graph.objects(record, prop)]
    years = [int(year) for year in named if year.isdecimal() and int(year) in YEARS]
    return range(min(years), max(years) + 1) if years else range(0)


class Facets:
    """Values of all records; positions are those of the searcher's records."""

    def __init__(self, concepts: Concepts) -> None:
        """Start without records; `concepts` say what is broader and how a value is called."""
        self._concepts = concepts
        self.iris: dict[str, dict[str, URIRef]] = {name: {} for name in FACETS}
        self._numbers: dict[tuple[str, str], int] = {}
        self._by_iri: dict[URIRef, list[int]] = defaultdict(list)
        self._postings: list[np.ndarray] = []
        self._flat = np.zeros(0, np.int32)
        self._starts = np.zeros(1, np.int64)
        self._alive = np.zeros(0, bool)

    def copied(self) -> "Facets":
        """A copy that can be added to while this one is read from."""
        made = copy.copy(self)
        made.iris = {name: dict(known) for name, known in self.iris.items()}
        made._numbers = dict(self._numbers)
        made._by_iri = defaultdict(list, {iri: list(numbers) for iri, numbers in self._by_iri.items()})
        made._postings, made._alive = list(self._postings), self._alive.copy()
        return made

    @property
    def size(self) -> int:
        """How many positions there are, those of records that are gone included."""
        return len(self._alive)

    def add(self, lengths: np.ndarray, values: np.ndarray, known: Mapping[int, Value]) -> None:
        """Append records; one with a narrow value has the broader ones too.

        Args:
            lengths: (records,) how many values each has.
            values: (all values,) of one record after the other, as keys of `known`.
            known: what the keys mean.

        """
        expanded = {int(key): self._expanded(known[int(key)]) for key in np.flatnonzero(np.bincount(values))}
        sizes = np.zeros(max(expanded, default=0) + 1, np.int64)
        sizes[list(expanded)] = [len(numbers) for numbers in expanded.values()]
        order = sorted(expanded)
        table = np.array([number for key in order for number in expanded[key]], np.int64)
        starts = np.cumsum(sizes) - sizes
        owners = np.repeat(np.repeat(np.arange(len(lengths)), lengths), sizes[values])
        pairs = np.sort(owners * max(1, len(self._postings)) + table[_places(starts[values], sizes[values])])
        pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # each once; `np.unique` is ten times as slow
        owners, flat = np.divmod(pairs, max(1, len(self._postings)))
        self._append(len(lengths), owners, flat.astype(np.int32))

    def _append(self, count: int, owners: np.ndarray, flat: np.ndarray) -> None:
        """Take up (record, value) pairs, sorted, each once."""
        positions = (self.size + owners).astype(np.int32)
        by_value = np.argsort(flat, kind="stable")
        for number, part in _groups(flat[by_value], positions[by_value]):
            self._postings[number] = np.concatenate([self._postings[number], part])
        ends = np.cumsum(np.bincount(owners, minlength=count)) if count else np.zeros(0, np.int64)
        self._flat = np.concatenate([self._flat, flat])
        self._starts = np.concatenate([self._starts, self._starts[-1] + ends])
        self._alive = np.concatenate([self._alive, np.ones(count, bool)])

    def drop(self, positions: Iterable[int]) -> None:
        """Take records out; their positions stay empty."""
        self._alive[list(positions)] = False

    def value(self, name: str, text: str) -> str | None:
        """The value that a person or a program means by `text`, or nothing."""
        known = self.iris[name]
        if not text or text in known:
            return text or None
        lower = text.casefold()
        by_kind = {kind: code for code, kind in RECORD_TYPES.items()}
        if name == "type" and lower in by_kind:
            return by_kind[lower]
        for code in known:
            if lower in (code.casefold(), code.casefold().partition(".")[2]):
                return code
        return "GR" if name == "country" and lower == "el" and "GR" in known else None

    def mask(self, filters: Filters, *, without: str = "") -> np.ndarray:
        """Which records pass: values of one facet are alternatives, facets come on top of each other."""
        passing = self._alive.copy()
        for name, values in filters.items():
            if values and name != without:
                codes = (self.value(name, value) for value in values)
                passing &= self._either(self._numbers[name, code] for code in codes if code is not None)
        return passing

    def holders(self, iri: URIRef) -> np.ndarray:
        """Which records have a concept in any facet."""
        return self._either(self._by_iri.get(iri, ())) & self._alive

    def holding(self, iri: URIRef) -> np.ndarray:
        """The positions of the records that have a concept in any facet."""
        return np.flatnonzero(self.holders(iri))

    def concepts_of(self, position: int) -> set[URIRef]:
        """The concepts that say what a record is about, broader ones included."""
        own = set(self._flat[self._starts[position] : self._starts[position + 1]].tolist())
        return {
            iri
            for name, known in self.iris.items()
            if name not in NO_KINSHIP
            for code, iri in known.items()
            if self._numbers[name, code] in own
        }

    def counts(self, found: np.ndarray, filters: Filters) -> dict[str, list[FacetCount]]:
        """For each facet, how many of the `found` records (boolean) each value would leave.

        A facet's own filter is not applied to its own counts, so that several values can be chosen.
        """
        common = self._tally(found & self.mask(filters))
        result = {}
        for name, known in self.iris.items():
            chosen = {self.value(name, value) for value in filters.get(name, ())}
            tally = self._tally(found & self.mask(filters, without=name)) if filters.get(name) else common
            counts = [
                FacetCount(code, iri, int(tally[self._numbers[name, code]]), code in chosen)
                for code, iri in known.items()
            ]
            kept = [count for count in counts if count.count or count.active]
            result[name] = sorted(kept, key=lambda count: (-count.count, count.value))
        return result

    def _tally(self, found: np.ndarray) -> np.ndarray:
        """(values,) how many of the `found` records have each."""
        positions = np.flatnonzero(found)
        starts = self._starts[positions]
        places = _places(starts, self._starts[positions + 1] - starts)
        return np.bincount(self._flat[places], minlength=len(self._postings))

    def _either(self, numbers: Iterable[int]) -> np.ndarray:
        either = np.zeros(self.size, bool)
        for number in numbers:
            either[self._postings[number]] = True
        return either

    def _expanded(self, value: Value) -> list[int]:
        """The numbers of a value and of everything above it."""
        name, iri = value
        return sorted(n for above in self._concepts.ancestors(iri) if (n := self._number(name, above)) is not None)

    def _number(self, name: str, iri: URIRef) -> int | None:
        code = self._concepts[iri].code if iri in self._concepts else iri.rpartition("#")[2]
        if name == "type" and code not in RECORD_TYPES:
            return None
        if (name, code) not in self._numbers:
            self._numbers[name, code] = len(self._postings)
            self.iris[name][code] = iri
            self._by_iri[iri].append(len(self._postings))
            self._postings.append(np.zeros(0, np.int32))
        return self._numbers[name, code]


def _places(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The places of runs that begin at `starts` and are so long, one run after the other."""
    ends = np.cumsum(lengths)
    found: np.ndarray = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - lengths), lengths)
    return found


def _groups(keys: np.ndarray, items: np.ndarray) -> Iterable[tuple[int, np.ndarray]]:
    """Sorted keys with the items that belong to each."""
    if not len(keys):
        return
    cuts = np.flatnonzero(np.diff(keys)) + 1
    for key, part in zip(keys[np.concatenate([[0], cuts])], np.split(items, cuts), strict=True):
        yield int(key), part
