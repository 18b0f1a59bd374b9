"""The map of what is missing, as the page shows it: a table of numbers, and in sentences what there is nothing on."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from rdflib import URIRef

from kg import NotFoundError
from kg.gaps import Gaps, gaps
from ontology import COUNTRY, ID

from ..per_state import PerState
from ..site import Site, Text, path_of

NEW_RECORD = "/desk/new"
"""Where a record is added; takes fields of the record in its query."""
_STEPS = (1, 2, 5, 10)  # records from which a cell is drawn one step darker
_MOST_KEPT = 200  # maps, with all that can be chosen
_kept: PerState[dict[tuple[str, ...], Gaps]] = PerState(lambda _: {})


def gaps_view(site: Site, by: str, country: str, stay: str, under: str, language: str) -> dict[str, Any]:
    """What the page shows.

    Args:
        site: what is published.
        by: `country`: a row for each country; anything else: a row for each kind of stay.
        country: two letters; only this country, where rows are kinds of stay.
        stay: the code of a kind of stay; only this kind, where rows are countries.
        under: the code of a barrier: columns are what is narrower than it.
        language: of the names.

    Raises:
        NotFoundError: one of them is not known.

    """
    by_country = by == "country"
    chosen_country = None if by_country else _country(site, country)
    chosen_stay = _concept(site, "mobility-type", stay) if by_country else None
    found = _map(site, chosen_country, chosen_stay, _concept(site, "barrier", under))
    counts, rows = (found.by_country, found.countries) if by_country else (found.by_stay, found.stays)

    def name(iri: URIRef) -> Text:
        return site.label(iri, language)

    def cell(row: URIRef, barrier: URIRef) -> dict[str, Any]:
        number = counts.get((barrier, row), 0)
        place, kind = (row, chosen_stay) if by_country else (chosen_country, row)
        return {
            "n": number,
            "step": sum(number >= step for step in _STEPS),
            "url": _search(site, barrier, kind, place) if number else _add(site, barrier, kind, place),
            "row": name(row),
            "column": name(barrier),
        }

    ordered = sorted(rows, key=lambda row: name(row)["text"])
    return {
        "by": "country" if by_country else "stay",
        "columns": [
            {"label": name(barrier), "url": path_of(barrier), "under": _narrower(site, barrier)}
            for barrier in found.barriers
        ],
        "rows": [{"label": name(row), "cells": [cell(row, barrier) for barrier in found.barriers]} for row in ordered],
        "nothing": _nothing(found, by_country, name),
        "countries": _choices(found.countries, lambda iri: _letters(site, iri), name),
        "stays": _choices(found.stays, lambda iri: iri.rpartition("/")[2], name),
        "country": country if chosen_country else "",
        "stay": stay if chosen_stay else "",
        "under": {"code": under, "label": name(ID[f"barrier/{under}"])} if under else None,
    }


def _map(site: Site, country: URIRef | None, stay: URIRef | None, under: URIRef | None) -> Gaps:
    """The map, counted once for each state of the data."""
    kept, key = _kept(site), tuple(str(one or "") for one in (country, stay, under))
    if key not in kept:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[key] = gaps(site.searcher.store, country=country, stay=stay, under=under)
    return kept[key]


def _nothing(found: Gaps, by_country: bool, name: Callable[[URIRef], Text]) -> list[dict[str, Any]]:
    """What there is no record on: for each country the barriers, or for each barrier the kinds of stay."""
    of, lacks = (found.countries, found.nothing_in) if by_country else (found.barriers, found.nothing_on)
    lines = [(name(iri), sorted(map(name, lacks(iri)), key=lambda one: one["text"])) for iri in of]
    lines.sort(key=lambda line: (-len(line[1]), line[0]["text"]))
    return [{"of": label, "lacks": names} for label, names in lines if names]


def _choices(iris: list[URIRef], code: Callable[[URIRef], str], name: Callable[[URIRef], Text]) -> list[dict[str, Any]]:
    return sorted(({"code": code(iri), "label": name(iri)} for iri in iris), key=lambda one: one["label"]["text"])


def _country(site: Site, code: str) -> URIRef | None:
    if not code:
        return None
    for concept in site.concepts.of_kind("country"):
        if concept.notation.casefold() == code.casefold():
            return concept.iri
    raise NotFoundError("There is no country of this code; choose one from the list.")


def _concept(site: Site, kind: str, code: str) -> URIRef | None:
    return site.concept(kind, code).iri if code else None


def _narrower(site: Site, barrier: URIRef) -> str:
    """The code of a barrier that has narrower ones."""
    concept = site.concepts.get(barrier)
    return barrier.rpartition("/")[2] if concept and concept.narrower else ""


def _letters(site: Site, country: URIRef) -> str:
    concept = site.concepts.get(country)
    return concept.notation if concept else country[len(str(COUNTRY)) :]


def _search(site: Site, barrier: URIRef, stay: URIRef | None, country: URIRef | None) -> str:
    return "/search?" + urlencode(_words(site, barrier, stay, country, ("barrier", "mobility", "country")))


def _add(site: Site, barrier: URIRef, stay: URIRef | None, country: URIRef | None) -> str:
    chosen = _words(site, barrier, stay, country, ("addresses", "mobilityType", "country"))
    return f"{NEW_RECORD}?" + urlencode([("type", "GoodPractice"), *chosen])


def _words(
    site: Site, barrier: URIRef, stay: URIRef | None, country: URIRef | None, names: tuple[str, str, str]
) -> list[tuple[str, str]]:
    values = (
        barrier.rpartition("/")[2],
        stay.rpartition("/")[2] if stay else "",
        _letters(site, country) if country else "",
    )
    return [(name, value) for name, value in zip(names, values, strict=True) if value]
