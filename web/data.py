"""Linked data: every IRI answers with a page or with data, by what the client accepts.

`/id/…` names a thing and sends on (303) to its page, `/page/…`, or its data, `/data/….ttl`; what has been withdrawn
answers 410 at all three, and what has been merged into another record sends on to it. A client that accepts nothing of
what there is gets the page: RFC 9110, section 15.5.7, lets a server choose, and a person with a browser, or a program
that names a type we lack, learns more from it than from 406.
"""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from kg.versions import Release, releases
from ontology import ID

from . import signposting, versions
from .accept import form_of
from .conditional import conditional
from .pages import reader_language
from .rdf import data_answer, see_other, split_ending
from .signposting import Link, data_links, link_header, page_links, version_links
from .site import Site
from .thing_pages import thing_page
from .things import quads_of, withdrawn
from .tombstones import gone_answer

router = APIRouter(tags=["linked data"])
router.include_router(signposting.router)
router.include_router(versions.router)


@router.get("/id/{kind}/{code}", summary="A thing: 303 to its page or its data, by Accept", status_code=303)
def thing(request: Request, kind: str, code: str) -> Response:
    """Send on to the page or to the data of whatever has this IRI."""
    left = withdrawn(request.app.state.site, kind, code)
    return gone_answer(request, left, form_of(request), "id") if left else see_other(request, f"{kind}/{code}")


@router.get("/page/{kind}/{code}", include_in_schema=False)
def thing_as_page(request: Request, kind: str, code: str) -> Response:
    """The page of a thing."""
    site: Site = request.app.state.site
    if left := withdrawn(site, kind, code):
        return gone_answer(request, left, "", "page")
    links = [*page_links(site, f"{kind}/{code}"), *_versions(_current(site, kind, code))]
    headers = link_header(links, site, f"{kind}/{code}") | {"Vary": "Accept-Language"}
    identity = (str(request.url), reader_language(request), site.state)
    return conditional(request, identity, None, lambda: thing_page(request, kind, code), headers)


@router.get(
    "/data/{kind}/{name}",
    summary="A thing as data; .ttl .jsonld .nt .rdf .trig .nq by ending",
    response_class=Response,
)
def thing_as_data(request: Request, kind: str, name: str) -> Response:
    """The triples about a thing."""
    site: Site = request.app.state.site
    code, ending = split_ending(name)
    if left := withdrawn(site, kind, code):
        return gone_answer(request, left, ending, "data")
    version = _current(site, kind, code)
    links = [*data_links(site, f"{kind}/{code}"), *_versions(version)]
    return data_answer(
        request,
        ending,
        lambda: quads_of(site, kind, code),
        identity=(kind, code, site.state, version.digest if version else ""),
        modified=version.when if version else None,
        headers=link_header(links, site, f"{kind}/{code}"),
    )


def _current(site: Site, kind: str, code: str) -> Release | None:
    known = releases(site.searcher.store, ID[f"{kind}/{code}"]) if site.has_record(kind, code) else []
    return known[-1] if known else None


def _versions(version: Release | None) -> list[Link]:
    """The version that is shown, and the one before."""
    return version_links(version.record, version.number, version.number) if version else []
