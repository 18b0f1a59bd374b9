"""Versions of a record, each at an IRI of its own: what it said, when it was published, what it took the place of.

`/id/practice/x/version/2` names the second version that was published of a practice; drafts are no versions. Its
content is given where it was kept (see `kg.records`), else what is known about it; withheld ones answer 410.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from rdflib import Graph
from rdflib.namespace import DCTERMS

from kg import NotFoundError
from kg.terms import by_language
from kg.versions import Release, content, description, kind_of, releases, tombstone_of_version

from .accept import form_of
from .conditional import conditional
from .format import day
from .headings import heading
from .rdf import data_answer, see_other, split_ending
from .record_view import definition_title, downloads
from .signposting import data_links, link_header, linkset_answer, page_links, version_links
from .site import Site, best, iri_of, path_of
from .templates import page
from .things import Quad, withdrawn
from .tombstones import LANGUAGE, tombstone_answer

router = APIRouter(tags=["linked data"])


@router.get(
    "/id/{kind}/{code}/version/{number}",
    summary="A version of a record: 303 to its page or its data, by Accept",
    status_code=303,
)
def version(request: Request, kind: str, code: str, number: str) -> Response:
    """Send on to the page or to the data of a version."""
    ending = form_of(request)
    _, release, gone = _found(request, kind, code, number, ending)
    return gone or see_other(request, f"{kind}/{code}/version/{release.number}")


@router.get("/id/{kind}/{code}/version/{number}/activity", include_in_schema=False)
def publication(request: Request, kind: str, code: str, number: str) -> Response:
    """The publication of a version: it is described together with it."""
    return version(request, kind, code, number)


@router.get("/page/{kind}/{code}/version/{number}", include_in_schema=False)
def version_as_page(request: Request, kind: str, code: str, number: str) -> Response:
    """The page of a version."""
    site: Site = request.app.state.site
    known, release, gone = _found(request, kind, code, number, "")
    if gone:
        return gone
    thing = f"{kind}/{code}/version/{number}"
    links = [*page_links(site, thing), *version_links(release.record, release.number, known[-1].number)]
    headers = link_header(links, site, thing) | {"Vary": "Accept-Language"}

    def make() -> Response:
        return page(request, "version.html", **_view(site, known, release))

    return conditional(request, (str(request.url), site.state), None, make, headers)


@router.get(
    "/data/{kind}/{code}/version/{name}",
    summary="A version of a record as data; .ttl .jsonld .nt .rdf .trig .nq by ending",
    response_class=Response,
)
def version_as_data(request: Request, kind: str, code: str, name: str) -> Response:
    """What a version said, and what is known about it; in TriG and N-Quads its content is a graph of its name."""
    number, ending = split_ending(name)
    site: Site = request.app.state.site
    known, release, gone = _found(request, kind, code, number, ending)
    if gone:
        return gone

    def quads() -> list[Quad]:
        said = content(site.searcher.store, release) or Graph()
        about: list[Quad] = [(s, p, o, None) for s, p, o in description(known, release)]
        return about + [(s, p, o, release.node) for s, p, o in said]

    thing = f"{kind}/{code}/version/{number}"
    links = [*data_links(site, thing), *version_links(release.record, release.number, known[-1].number)]
    successor = known[known.index(release) + 1 :]
    return data_answer(
        request,
        ending,
        quads,
        identity=(thing, release.digest, site.state),
        modified=successor[0].when if successor else release.when,
        headers=link_header(links, site, thing),
    )


@router.get("/linkset/{kind}/{code}/version/{number}", summary="All typed links of a version, its page and its data")
def linkset(request: Request, kind: str, code: str, number: str) -> Response:
    """The document of level 2 of FAIR Signposting."""
    _, _, gone = _found(request, kind, code, number, "jsonld")
    return gone or linkset_answer(request, f"{kind}/{code}/version/{number}")


def _found(
    request: Request, kind: str, code: str, number: str, ending: str
) -> tuple[list[Release], Release, Response | None]:
    """All versions of a record, the one that was asked for, and the answer where that one is withheld.

    Raises:
        NotFoundError: there is no such version.

    """
    site: Site = request.app.state.site
    record = iri_of(kind, code)
    known = releases(site.searcher.store, record)
    release = next((release for release in known if str(release.number) == number), None)
    if release is None:
        raise NotFoundError(f"There is no version {number[:20]} of {kind[:60]} {code[:120]} here.")
    left = tombstone_of_version(site.searcher.store, release) or withdrawn(site, kind, code)
    return known, release, tombstone_answer(request, left, ending) if left else None


def _view(site: Site, known: list[Release], release: Release) -> dict[str, Any]:
    graph = content(site.searcher.store, release)
    titles, summaries = (
        by_language(graph, release.record, prop) if graph is not None else {}
        for prop in (DCTERMS.title, DCTERMS.abstract)
    )
    index = known.index(release)
    return {
        "kind": kind_of(release.record),
        "kind_label": heading(f"kind.{kind_of(release.record)}", LANGUAGE),
        "title": best(titles, LANGUAGE) if titles else definition_title(site, release.record, LANGUAGE),
        "summary": best(summaries, LANGUAGE) if summaries else None,
        "kept": graph is not None,
        "number": release.number,
        "iri": str(release.node),
        "record_url": path_of(release.record),
        "when": _day(release),
        "digest": release.digest,
        "replaces": [_link(other) for other in known[:index][-1:]],
        "replaced_by": [_link(other) for other in known[index + 1 : index + 2]],
        "versions": [_link(other) | {"here": other is release} for other in reversed(known)],
        "downloads": downloads(path_of(release.node).replace("/id/", "/data/", 1)),
    }


def _day(release: Release) -> str:
    return day(release.when.date().isoformat(), LANGUAGE)


def _link(release: Release) -> dict[str, Any]:
    return {
        "number": release.number,
        "url": path_of(release.node),
        "when": _day(release),
        "withheld": release.withdrawn is not None,
    }
