"""The page "Who counts?": the form, and what the definitions say."""

from datetime import date
from typing import Any

from rdflib import URIRef

from kg import InputError
from ontology import ID

from .mapping_view import RELATIONS
from .record_view import definition_title
from .site import Site, path_of, text
from .who_counts import COUNTS, NOT_NAMED, UNSURE, Case, Finding, countries_with_a_definition, who_counts

OFFERED = "eplus-2021"  # whose list is asked from: it is the longest of those in force
MOST = 20  # circumstances at once
HEADINGS = {COUNTS: "Counts", UNSURE: "Cannot be said for sure", NOT_NAMED: "Does not count, as far as the list says"}


def case_of(site: Site, circumstances: list[str], sector: str, country: str, day: str) -> Case:
    """A case from what was chosen; today where no day is given.

    Raises:
        InputError: a circumstance, a field, a country or a day that there is not.

    """
    known = {concept.code: concept.iri for kind in ("barrier", "criterion") for concept in site.concepts.of_kind(kind)}
    for code in circumstances[: MOST + 1]:
        if code not in known:
            raise InputError(f"There is no circumstance '{code[:60]}'; choose one of the list.")
    if len(circumstances) > MOST:
        raise InputError(f"At most {MOST} circumstances can be looked at together.")
    if sector and ID[f"sector/{sector}"] not in site.concepts:
        raise InputError(f"There is no field '{sector[:60]}'; use vet, adult, he, school, youth or employment.")
    if country and country not in {concept.code for concept in site.concepts.of_kind("country")}:
        raise InputError(f"There is no country '{country[:60]}'; use two letters, such as DE.")
    try:
        chosen = date.fromisoformat(day) if day else date.today()
    except ValueError as error:
        raise InputError(f"'{day[:60]}' is not a day; write it as 2026-03-01.") from error
    return Case(tuple(known[code] for code in dict.fromkeys(circumstances)), sector, country, chosen.isoformat())


def who_view(site: Site, case: Case, language: str) -> dict[str, Any]:
    """Everything that the page shows."""
    found = who_counts(site, case) if case.circumstances else []
    return {
        "fieldsets": [_fieldset(site, iri, case, language) for iri in _top(site)],
        "sectors": _choices(site, [c.iri for c in site.concepts.of_kind("sector")], case.sector, language),
        "countries": _choices(site, countries_with_a_definition(site), case.country, language),
        "day": case.day,
        "chosen": [site.label(iri, language) for iri in case.circumstances],
        "groups": [
            {
                "outcome": outcome,
                "label": label,
                "items": [_item(site, f, language) for f in found if f.outcome == outcome],
            }
            for outcome, label in HEADINGS.items()
            if any(finding.outcome == outcome for finding in found)
        ],
    }


def as_json(site: Site, case: Case, language: str) -> dict[str, Any]:
    """The answer of the API."""
    return {
        "circumstances": [str(iri) for iri in case.circumstances],
        "sector": case.sector or None,
        "country": case.country or None,
        "date": case.day,
        "definitions": [
            {
                "iri": str(finding.definition),
                "title": definition_title(site, finding.definition, language)["text"],
                "outcome": finding.outcome,
                "why": finding.why,
                "grounds": [
                    {
                        "circumstance": str(g.circumstance),
                        "entry": str(g.entry),
                        "relation": str(g.relation),
                        "sure": g.sure,
                    }
                    for g in finding.grounds
                ],
                "support": [
                    {"iri": str(s.iri), "title": str(s.title), "condition": s.condition or None, "sources": s.sources}
                    for s in finding.support
                ],
                "certainty": finding.certainty or None,
                "sources": finding.sources,
            }
            for finding in who_counts(site, case)
        ],
    }


def _top(site: Site) -> list[URIRef]:
    own = [c for c in site.concepts.of_kind("barrier") if c.code.startswith(f"{OFFERED}.")]
    return [
        c.iri for c in own if not any(above in site.concepts and above in {o.iri for o in own} for above in c.broader)
    ]


def _fieldset(site: Site, top: URIRef, case: Case, language: str) -> dict[str, Any]:
    concepts = [top, *sorted(site.concepts[top].narrower, key=lambda iri: site.label(iri, language)["text"].casefold())]
    options = [
        {
            "code": site.concepts[iri].code,
            "label": site.label(iri, language),
            "explanation": text(*found) if (found := site.concepts[iri].explanation(language)) else None,
            "chosen": iri in case.circumstances,
        }
        for iri in concepts
    ]
    return {"label": site.label(top, language), "options": options, "open": any(o["chosen"] for o in options)}


def _choices(site: Site, iris: list[URIRef], chosen: str, language: str) -> list[dict[str, Any]]:
    made = [
        {
            "code": site.concepts[iri].code,
            "label": site.label(iri, language),
            "chosen": site.concepts[iri].code == chosen,
        }
        for iri in iris
        if iri in site.concepts
    ]
    return sorted(made, key=lambda choice: choice["label"]["text"].casefold())


def _item(site: Site, finding: Finding, language: str) -> dict[str, Any]:
    grounds = [
        {
            "circumstance": site.label(ground.circumstance, language),
            "relation": RELATIONS.get(ground.relation, ""),
            "entry": site.label(ground.entry, language),
            "url": path_of(ground.entry),
            "same": ground.circumstance == ground.entry,
            "sure": ground.sure,
        }
        for ground in finding.grounds
    ]
    return {
        "title": definition_title(site, finding.definition, language),
        "url": path_of(finding.definition),
        "why": finding.why,
        "grounds": grounds,
        "support": [
            {
                "title": text(str(s.title), s.title.language or "en"),
                "condition": s.condition or None,
                "sources": s.sources,
                "url": f"/data/amount/{s.iri.rpartition('/')[2]}.ttl",
            }
            for s in finding.support
        ],
        "sources": finding.sources,
        "certainty": site.label(ID[f"certainty/{finding.certainty}"], language)["text"] if finding.certainty else None,
    }
