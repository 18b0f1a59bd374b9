"""Facets: which records have which values, and how many, under every combination of filters."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rdflib import RDF, URIRef
from rdflib.namespace import DCTERMS

from kg import Store
from ontology import GW, RECORD_TYPES

from .labels import Concepts

# Name in the address, the properties that carry it.
FACETS: dict[str, tuple[URIRef, ...]] = {
    "type": (RDF.type,),
    "barrier": (GW.addresses,),
    "group": (GW.targetGroup, GW.audience),
    "mobility": (GW.mobilityType,),
    "country": (GW.country, GW.destination),
    "lang": (DCTERMS.language,),
    "measure": (GW.measure,),
    "sector": (GW.sector,),
    "phase": (GW.phase,),
    "material": (GW.materialType,),
}
Filters = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class FacetCount:
    """One value of a facet."""

    value: str
    iri: URIRef
    count: int
    active: bool


class Facets:
    """Values of all records, as one boolean column a value: (records,) each."""

    def __init__(self, store: Store, concepts: Concepts, records: list[URIRef]) -> None:
        """Read the values of `records` from the graph; a record with a narrow value has the broader ones too."""
        position = {record: n for n, record in enumerate(records)}
        self.size = len(records)
        self.iris: dict[str, dict[str, URIRef]] = {name: {} for name in FACETS}
        self._columns: dict[tuple[str, str], np.ndarray] = {}
        self._holders: dict[URIRef, np.ndarray] = {}
        self._nobody = np.zeros(self.size, bool)
        of_property = {prop: name for name, props in FACETS.items() for prop in props}
        wanted = " ".join(prop.n3() for prop in of_property)
        rows = store.select(f"SELECT ?r ?p ?v {{ VALUES ?p {{ {wanted} }} ?r <{GW.version}> ?n ; ?p ?v }}")
        members: dict[tuple[str, URIRef], list[int]] = defaultdict(list)
        for row in rows:
            at = position.get(URIRef(row["r"]))
            if at is not None:
                for value in concepts.ancestors(URIRef(row["v"])):
                    members[of_property[URIRef(row["p"])], value].append(at)
        for (name, iri), rows_with in members.items():
            code = concepts[iri].code if iri in concepts else iri.rpartition("#")[2]
            if name == "type" and code not in RECORD_TYPES:
                continue
            column = np.zeros(self.size, bool)
            column[rows_with] = True
            self.iris[name][code] = iri
            self._columns[name, code] = column
            self._holders[iri] = self.holders(iri) | column

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
        passing = np.ones(self.size, bool)
        for name, values in filters.items():
            if values and name != without:
                either = np.zeros(self.size, bool)
                for value in values:
                    code = self.value(name, value)
                    if code is not None:
                        either |= self._columns[name, code]
                passing &= either
        return passing

    def column(self, name: str, code: str) -> np.ndarray | None:
        """Which records have a value."""
        return self._columns.get((name, code))

    def holders(self, iri: URIRef) -> np.ndarray:
        """Which records have a concept in any facet."""
        return self._holders.get(iri, self._nobody)

    def counts(self, found: np.ndarray, filters: Filters) -> dict[str, list[FacetCount]]:
        """For each facet, how many of the `found` records (boolean) each value would leave.

        A facet's own filter is not applied to its own counts, so that several values can be chosen.
        """
        result = {}
        for name, known in self.iris.items():
            chosen = {self.value(name, value) for value in filters.get(name, ())}
            base = found & self.mask(filters, without=name)
            counts = [
                FacetCount(code, iri, int((self._columns[name, code] & base).sum()), code in chosen)
                for code, iri in known.items()
            ]
            kept = [count for count in counts if count.count or count.active]
            result[name] = sorted(kept, key=lambda count: (-count.count, count.value))
        return result
