"""FAIR Signposting, levels 1 and 2 (signposting.org/FAIR): typed links for programs that come upon a page or its data.

Level 1 is the `Link` header of pages and data; level 2 is one document for a thing (RFC 9264) that holds all links of
its page and its files.
"""

import json
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from rdflib import URIRef

from kg.records import version_iri
from kg.terms import iri, iris
from ontology import BASE, GW, ID, KINDS, LICENCE, SCHEMA, record_graph

from .accept import FORMS
from .conditional import conditional
from .site import Site
from .things import must_not_be_withdrawn

router = APIRouter(tags=["linked data"])
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Link, ETag, Last-Modified, Content-Location",
}
LINKSET = "application/linkset+json"


@dataclass(frozen=True)
class Link:
    """A typed link: where to, what that is to where it stands, and which media type it has."""

    relation: str
    """One relation type, or several with spaces between (RFC 8288, section 3.3)."""
    target: str
    media_type: str = ""

    def __str__(self) -> str:
        return f'<{self.target}>; rel="{self.relation}"' + (f'; type="{self.media_type}"' if self.media_type else "")


def page_links(site: Site, thing: str) -> list[Link]:
    """The links of a page.

    Args:
        site: where it is.
        thing: the end of the IRI: `practice/x`, or `practice/x/version/2`.

    """
    files = [(f"{_root(site)}/data/{thing}.{ending}", media_type) for ending, media_type in FORMS.items()]
    return [
        Link("cite-as", ID[thing]),
        *(Link("describedby item", url, media_type) for url, media_type in files),
        Link("type", SCHEMA.AboutPage),
        *_about(site, thing),
        Link("collection", BASE),
    ]


def data_links(site: Site, thing: str) -> list[Link]:
    """The links of a file of data: it describes the page, and the page is what it belongs to."""
    page = f"{_root(site)}/page/{thing}"
    return [
        Link("cite-as", ID[thing]),
        Link("describes", ID[thing]),
        Link("describes", page, "text/html"),
        Link("collection", page, "text/html"),
        *_about(site, thing),
    ]


def link_header(links: list[Link], site: Site, thing: str) -> dict[str, str]:
    """The header of level 1, which also names the document of level 2."""
    return {"Link": ", ".join(map(str, [*links, Link("linkset", f"{_root(site)}/linkset/{thing}", LINKSET)]))}


def version_links(record: URIRef, number: int, last: int) -> list[Link]:
    """From one version to its neighbours and the newest (RFC 5829)."""
    found = [Link("latest-version", version_iri(record, last))]
    found += [Link("predecessor-version", version_iri(record, number - 1))] if number > 1 else []
    return found + ([Link("successor-version", version_iri(record, number + 1))] if number < last else [])


@router.get("/linkset/{kind}/{code}", summary="All typed links of a thing, its page and its data")
def linkset(request: Request, kind: str, code: str) -> Response:
    """The document of level 2."""
    must_not_be_withdrawn(request.app.state.site, kind, code)
    return linkset_answer(request, f"{kind}/{code}")


def linkset_answer(request: Request, thing: str) -> Response:
    """The links of a thing's page and of each of its files, as a link set in JSON (RFC 9264, section 4.2)."""
    site: Site = request.app.state.site

    def make() -> Response:
        contexts = [_context(f"{_root(site)}/page/{thing}", page_links(site, thing))]
        contexts += [_context(f"{_root(site)}/data/{thing}.{ending}", data_links(site, thing)) for ending in FORMS]
        return Response(json.dumps({"linkset": contexts}, indent=1), media_type=LINKSET)

    return conditional(request, (thing, "linkset", site.state, _root(site)), None, make, CORS)


def _context(anchor: str, links: list[Link]) -> dict[str, Any]:
    """A link context object (RFC 9264, section 4.2.2)."""
    context: dict[str, Any] = {"anchor": anchor}
    for link in links:
        target = {"href": link.target} | ({"type": link.media_type} if link.media_type else {})
        for relation in link.relation.split():
            context.setdefault(relation, []).append(target)
    return context


def _about(site: Site, thing: str) -> list[Link]:
    """What a page and its data have in common: the class of the thing, the licence of what is said, its authors."""
    kind, code = thing.split("/")[:2]
    found = [Link("type", KINDS[kind])] if kind in KINDS else []
    found += [Link("type", SCHEMA.DefinedTerm)] if URIRef(ID[thing]) in site.concepts else []
    return [*found, Link("license", LICENCE), *(Link("author", author) for author in _authors(site, kind, code))]


def _authors(site: Site, kind: str, code: str) -> list[URIRef]:
    """The bodies that brought a material out; a record names no person."""
    if kind != "material" or not site.has_record(kind, code):
        return []
    graph = site.searcher.store.graph(record_graph(code))
    parts = iris(graph, ID[f"{kind}/{code}"], GW.participation)
    bodies = {iri(graph, part, GW.organisation) for part in parts if ID["role/publisher"] in iris(graph, part, GW.role)}
    return sorted(body for body in bodies if body)


def _root(site: Site) -> str:
    return site.workspace.settings.site_url.rstrip("/")
