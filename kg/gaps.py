"""What is missing: how many published records there are for each barrier, kind of stay and country.

A record counts once a cell. What is narrower counts with its heading, and a record counts for the countries in which
those responsible work and for those where people went, so that a number is what a search for the same finds.
"""

from dataclasses import dataclass, field

from rdflib import URIRef
from rdflib.namespace import SKOS

from ontology import GW, ID

from .store import Store

BARRIERS = ID["scheme/eplus-2021"]
"""The list whose headings are the barriers of the map: the Erasmus+ Programme Guide 2021-27."""
Pair = tuple[URIRef, URIRef]


@dataclass(frozen=True)
class Gaps:
    """The map: its three sides, and how many records stand in each cell; a cell that is not named holds none."""

    barriers: list[URIRef]
    """The headings of the list, or what is narrower under one."""
    stays: list[URIRef]
    """All kinds of mobility."""
    countries: list[URIRef]
    """Countries of Europe: those that NUTS divides into regions."""
    by_stay: dict[Pair, int] = field(default_factory=dict)
    """Records by barrier and kind of stay."""
    by_country: dict[Pair, int] = field(default_factory=dict)
    """Records by barrier and country."""
    country: URIRef | None = None
    """Only records of this country are in `by_stay`."""
    stay: URIRef | None = None
    """Only records of this kind of stay are in `by_country`."""

    def nothing_on(self, barrier: URIRef) -> list[URIRef]:
        """The kinds of stay for which there is no record on a barrier."""
        return [stay for stay in self.stays if not self.by_stay.get((barrier, stay))]

    def nothing_in(self, country: URIRef) -> list[URIRef]:
        """The barriers on which there is no record from a country."""
        return [barrier for barrier in self.barriers if not self.by_country.get((barrier, country))]


def gaps(
    store: Store, *, country: URIRef | None = None, stay: URIRef | None = None, under: URIRef | None = None
) -> Gaps:
    """The map of what is missing, over published records.

    Args:
        store: the graph.
        country: count kinds of stay for this country only.
        stay: count countries for this kind of stay only.
        under: a barrier; the map then shows what is narrower than it, in place of the headings of the list.

    """
    barriers = _barriers(store, under)
    in_country = f"?r {_COUNTRY} {country.n3()} ." if country else ""
    of_stay = f"?r {_STAY} {stay.n3()} ." if stay else ""
    return Gaps(
        barriers=barriers,
        stays=_iris(store, f"?x a {GW.MobilityType.n3()}"),
        countries=_iris(store, f"?region a {GW.Region.n3()} ; {_BROADER} ?x . ?x a {GW.Country.n3()}"),
        by_stay=_counts(store, barriers, f"{in_country} ?r {_STAY} ?other"),
        by_country=_counts(store, barriers, f"{of_stay} ?r {_COUNTRY} ?other"),
        country=country,
        stay=stay,
    )


def _barriers(store: Store, under: URIRef | None) -> list[URIRef]:
    if under is not None:
        return _iris(store, f"?x a {GW.Barrier.n3()} ; {_BROADER} {under.n3()}")
    return _iris(store, f"?x {SKOS.topConceptOf.n3()} {BARRIERS.n3()}")


def _iris(store: Store, pattern: str) -> list[URIRef]:
    return [URIRef(row["x"]) for row in store.select(f"SELECT DISTINCT ?x {{ {pattern} }} ORDER BY ?x")]


def _counts(store: Store, barriers: list[URIRef], pattern: str) -> dict[Pair, int]:
    """Records by barrier and `?other`."""
    query = f"""SELECT ?barrier ?other (COUNT(DISTINCT ?r) AS ?n) {{
        VALUES ?barrier {{ {" ".join(barrier.n3() for barrier in barriers)} }}
        ?narrow {_BROADER}* ?barrier . ?r {GW.addresses.n3()} ?narrow ; a {GW.Record.n3()} . {pattern}
    }} GROUP BY ?barrier ?other"""
    return {
        (URIRef(row["barrier"]), URIRef(row["other"])): int(str(row["n"])) for row in store.select(query) if "n" in row
    }


_BROADER = SKOS.broader.n3()
_STAY = GW.mobilityType.n3()
_COUNTRY = f"({GW.country.n3()}|{GW.destination.n3()})"
