"""The page for looking after records: what to do next, a row for each thing."""

from collections import defaultdict
from datetime import date
from typing import Any

from rdflib import URIRef

from ingest.link_checks import FILE, Use, archived_copy, uses
from ingest.link_file import FAILURES, TABLES, Kind, Link, LinkFile
from kg.care import Contradiction, Incomplete, contradictory, incomplete, stale

from ..format import day
from ..per_state import PerState
from ..site import Site, path_of

PAGE = 50
"""Rows a page."""
TABS = ("links", "stale", "incomplete", "contradictory")
_ORDER = (Kind.GONE, Kind.FRONT, Kind.CERTIFICATE, Kind.UNREACHED, Kind.MOVED, Kind.REFUSED)
_WHAT = {
    Kind.GONE: "The page is gone.",
    Kind.FRONT: "The address now leads to the front page of the site.",
    Kind.CERTIFICATE: "The certificate of the site is broken.",
    Kind.UNREACHED: "The site cannot be reached.",
    Kind.MOVED: "The page has moved for good.",
    Kind.REFUSED: "The site does not answer programs; the page may well be there.",
}
_TO_DO = {
    Kind.GONE: "Look for the page at its owner's, put in its new address, or else that of an archived copy.",
    Kind.FRONT: "Look for the page on that site, put in its new address, or else that of an archived copy.",
    Kind.CERTIFICATE: "Open it in a browser. If the page is there, leave it; if not, look for another address.",
    Kind.UNREACHED: "Look whether the site has another name now; put in its new address, or else an archived copy.",
    Kind.MOVED: "Open the new address. If it is the same page, put it in.",
    Kind.REFUSED: "Open it in a browser and see whether it still says what the record says.",
}
_incomplete: PerState[list[Incomplete]] = PerState(lambda site: incomplete(site.searcher.store))
_uses: PerState[list[Use]] = PerState(lambda site: uses(site.searcher.store))
_contradictory: PerState[list[Contradiction]] = PerState(lambda site: contradictory(site.searcher.store, date.today()))


def care_view(site: Site, tab: str, number: int, language: str) -> dict[str, Any]:
    """What the page shows.

    Args:
        site: what is published.
        tab: one of `TABS`.
        number: of the page, from 1.
        language: of titles and names.

    """
    links = _links(site)
    everything: dict[str, list[dict[str, Any]]] = {
        "links": _link_rows(site, links or [], language),
        "stale": _stale_rows(site, language),
        "incomplete": _incomplete_rows(site),
        "contradictory": _contradictory_rows(site),
    }
    rows = everything[tab][(number - 1) * PAGE : number * PAGE]
    _add_records(site, rows, language)
    return {
        "tab": tab,
        "tabs": [{"name": name, "count": len(everything[name])} for name in TABS],
        "rows": rows,
        "page": number,
        "pages": max(1, -(-len(everything[tab]) // PAGE)),
        "links": _summary(links, language) if links is not None else None,
    }


def _links(site: Site) -> list[Link] | None:
    """What is known of links; None where nobody has looked."""
    path = site.workspace.folder / FILE
    return LinkFile(path, TABLES).links() if path.is_file() else None


def _summary(links: list[Link], language: str) -> dict[str, Any]:
    looked = [link.looked for link in links if link.looked]
    return {
        "all": len(links),
        "good": sum(link.kind in (Kind.GOOD, Kind.MOVED) for link in links),
        "waiting": sum(link.kind in FAILURES and not link.dead for link in links),
        "new": sum(link.kind is Kind.NEW for link in links),
        "last": day(max(looked).date().isoformat(), language) if looked else "",
    }


def _link_rows(site: Site, links: list[Link], language: str) -> list[dict[str, Any]]:
    """Dead links first, then what has moved, then what a person must look at; one row a link."""
    shown = [link for link in links if link.dead or link.kind in (Kind.MOVED, Kind.REFUSED)]
    places: dict[str, list[Use]] = defaultdict(list)
    for use in _uses(site) if shown else ():
        places[use.address].append(use)
    rows = []
    for link in sorted(shown, key=lambda link: (_ORDER.index(link.kind), link.address)):
        used = places[link.address]
        if used:
            rows.append(_link_row(link, used, language))
    return rows


def _link_row(link: Link, used: list[Use], language: str) -> dict[str, Any]:
    checked = max((use.checked for use in used if use.checked), default=None)
    wants_copy = link.kind in (Kind.GONE, Kind.FRONT, Kind.CERTIFICATE, Kind.UNREACHED)
    return {
        "iris": list(dict.fromkeys(use.record for use in used)),
        "what": _WHAT[link.kind],
        "to_do": _TO_DO[link.kind],
        "address": link.address,
        "new_address": link.final if link.kind in (Kind.MOVED, Kind.FRONT) else "",
        "archived": (link.archived or archived_copy(link.address, checked)) if wants_copy else "",
        "notes": [link.note] if link.note and link.kind is not Kind.MOVED else [],
        "looked": day(link.looked.date().isoformat(), language) if link.looked else "",
    }


def _stale_rows(site: Site, language: str) -> list[dict[str, Any]]:
    return [
        {
            "iris": [one.record],
            "what": f"Last checked on {day(one.checked.isoformat(), language)}."
            if one.checked
            else "It does not say when it was last checked.",
            "to_do": "Open the source. If all is still as the record says, say so; else correct the record.",
            "can_check": True,
        }
        for one in stale(site.searcher.store, date.today())
    ]


def _incomplete_rows(site: Site) -> list[dict[str, Any]]:
    return [
        {
            "iris": [one.record],
            "what": f"It tells {round(100 * one.completeness.share)} % of what readers look for.",
            "to_do": "Look in the source for what is missing. What it does not say stays empty.",
            "notes": [why for _, why in one.completeness.missing],
        }
        for one in _incomplete(site)
    ]


def _contradictory_rows(site: Site) -> list[dict[str, Any]]:
    return [{"iris": [one.record], "what": one.sentence, "to_do": ""} for one in _contradictory(site)]


def _add_records(site: Site, rows: list[dict[str, Any]], language: str) -> None:
    """The records of each row, with title, source and where to edit them."""
    summaries = site.summaries({iri for row in rows for iri in row["iris"]})
    for row in rows:
        row["records"] = [_record(summaries[iri].title(language), iri) for iri in row["iris"]]


def _record(title: dict[str, str], iri: URIRef) -> dict[str, Any]:
    path = path_of(iri)
    return {"title": title, "url": path, "edit": "/desk/edit" + path.removeprefix("/id"), "key": path[len("/id/") :]}
