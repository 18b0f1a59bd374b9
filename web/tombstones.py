"""What a withdrawn record, or a withheld version, answers: 410, with what it was, when it went, what came instead.

A record that was merged into another one sends on to it (308); its versions are gone like all that were withdrawn.
"""

from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from rdflib import URIRef

from kg.merging import merged_into
from kg.versions import Tombstone, kind_of

from .accept import FORMS
from .format import day
from .headings import heading
from .rdf import serialise
from .record_view import definition_title
from .signposting import CORS
from .site import Site, best, path_of
from .templates import page

LANGUAGE = "en"


def gone_answer(request: Request, left: Tombstone, ending: str, room: str) -> Response:
    """What a withdrawn record answers: on to the one that it was merged into, or the tombstone.

    Args:
        request: what was asked.
        left: what is left of the record.
        ending: of the form that is wanted, `ttl`; empty for the page.
        room: the first part of the address that was asked for: `id`, `page` or `data`.

    """
    heir = merged_into(request.app.state.site.searcher.store, left)
    if heir is None:
        return tombstone_answer(request, left, ending)
    place = path_of(heir).replace("/id/", f"/{room}/", 1) + (f".{ending}" if room == "data" else "")
    # Not to be kept: what was merged can be taken apart again.
    headers = CORS | {"Link": f'<{heir}>; rel="cite-as"', "Cache-Control": "no-cache"}
    return RedirectResponse(place, 308, headers)


def tombstone_answer(request: Request, left: Tombstone, ending: str) -> Response:
    """The tombstone as a page, or as data in the form that `ending` names (RFC 9110, section 15.5.11)."""
    headers = {"Link": f'<{left.iri}>; rel="cite-as"', "Cache-Control": "no-cache"}
    if ending:
        quads = [(s, p, o, None) for s, p, o in left.graph()]
        return Response(serialise(quads, ending), 410, CORS | headers, FORMS[ending])
    answer = page(request, "tombstone.html", 410, **_view(request.app.state.site, left))
    answer.headers.update(headers | {"Vary": "Accept, Accept-Language"})
    return answer


def _view(site: Site, left: Tombstone) -> dict[str, Any]:
    return {
        "kind": kind_of(left.record),
        "kind_label": heading(f"kind.{kind_of(left.record)}", LANGUAGE),
        "title": best(left.titles, LANGUAGE) if left.titles else None,
        "iri": str(left.iri),
        "number": left.iri.rpartition("/version/")[2] if left.iri != left.record else None,
        "record_url": path_of(left.record) if left.iri != left.record else None,
        "when": day(left.when.date().isoformat(), LANGUAGE) if left.when else None,
        "heirs": [_link(site, heir) for heir in left.replaced_by],
    }


def _link(site: Site, thing: URIRef) -> dict[str, Any]:
    return {"label": definition_title(site, thing, LANGUAGE), "url": path_of(thing)}
