"""All of it as files, what they are as data, and where a search engine finds the pages."""

from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from babel.numbers import format_decimal
from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from rdflib import Graph

from kg import NotFoundError
from kg.catalogue import catalogue_graph, void_graph
from kg.changes import last_changes
from kg.dumps import FILES, RDF, Manifest
from ontology import RECORD_TYPES

from .accept import FORMS, form_of
from .conditional import conditional
from .dump_maker import being_made, dumps_folder, manifest_of, renew_dumps
from .format import day, locale
from .pages import LANGUAGE
from .per_state import PerState
from .problems import answer
from .site import Site
from .templates import page

router = APIRouter(tags=["taking it home"])
URLS_A_SITEMAP = 50_000  # https://www.sitemaps.org/protocol.html
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_PAGES = ("/", "/definitions", "/browse", "/about", "/docs", "/ontology", "/ontology/lists", "/downloads")
_GRAPH_FORMS = {"ttl": "turtle", "jsonld": "json-ld", "rdf": "xml", "nt": "nt"}
_WORDS = {
    "goodways.trig.gz": (
        "The whole graph (TriG)",
        "Everything with its named graphs, in a form that people can read too; for a triple store or rdflib.",
    ),
    "goodways.nq.gz": (
        "The whole graph (N-Quads)",
        "The same, one statement a line; quickest to load, and easy to cut and compare.",
    ),
    "goodways.csv": (
        "All records as a table (CSV)",
        "One row a record with names in English; opens in a spreadsheet. The rest of the graph is not in it.",
    ),
}
_MEDIA_TYPES = {"gz": "application/gzip", "csv": "text/csv; charset=utf-8"}


@router.get("/downloads", include_in_schema=False)
def downloads(request: Request) -> Response:
    """What there is to take home, with sizes, dates and checksums."""
    site: Site = request.app.state.site
    renew_dumps(site)
    manifest = manifest_of(site)
    files = [_file_view(manifest, name) for name in FILES if manifest.dump(name)]
    return page(request, "downloads.html", files=files, licence=manifest.licence, waiting=being_made(site))


@router.get("/downloads/{file}", summary="A file of everything: .trig.gz, .nq.gz or .csv", response_class=Response)
def download(request: Request, file: str) -> Response:
    """One of the files; parts of it by `Range` (RFC 9110, section 14)."""
    site: Site = request.app.state.site
    if file not in FILES:
        raise NotFoundError(f"There is no file of this name; there are {', '.join(FILES)}.")
    renew_dumps(site)
    manifest = manifest_of(site)
    dump = manifest.dump(file)
    path = dumps_folder(site.workspace) / manifest.place / file
    if dump is None or not path.is_file():
        waiting = answer(request, 503, "The files for downloading are being made; try again in a minute.")
        waiting.headers["Retry-After"] = "30"
        return waiting

    def send() -> Response:
        kind = _MEDIA_TYPES[file.rpartition(".")[2]]
        return FileResponse(path, media_type=kind, filename=file, content_disposition_type="attachment")

    headers = {"Access-Control-Allow-Origin": "*", "Link": f'<{manifest.licence}>; rel="license"'}
    return conditional(request, (dump.sha256,), datetime.fromisoformat(dump.changed), send, headers)


def _file_view(manifest: Manifest, name: str) -> dict[str, Any]:
    dump = manifest.dump(name)
    assert dump is not None  # noqa: S101 (the caller has looked)
    title, words = _WORDS[name]
    many = format_decimal(dump.count, locale=locale(LANGUAGE))
    return {
        "file": name,
        "url": f"/downloads/{name}",
        "title": title,
        "words": words,
        "size": f"{format_decimal(dump.bytes / 1e6, format='0.0', locale=locale(LANGUAGE))} MB",
        "count": f"{many} statements" if name in RDF else f"{many} records",
        "changed": day(dump.changed[:10], LANGUAGE),
        "sha256": dump.sha256,
    }


@router.get("/catalogue", summary="The data set and its forms (DCAT-AP 3), by Accept", response_class=Response)
def catalogue(request: Request) -> Response:
    """What there is to take home, as data; for a browser, the page that says the same."""
    ending = form_of(request)
    if not ending:
        return RedirectResponse("/downloads", status_code=303, headers={"Vary": "Accept"})
    return _as_data(request, "catalogue", ending if ending in _GRAPH_FORMS else "ttl")


@router.get("/catalogue.{ending}", summary="The same; .ttl .jsonld .rdf .nt by ending", response_class=Response)
def catalogue_file(request: Request, ending: str) -> Response:
    """The catalogue in one form."""
    if ending not in _GRAPH_FORMS:
        raise NotFoundError(f"There is no form '.{ending[:20]}'; use .{', .'.join(_GRAPH_FORMS)}.")
    return _as_data(request, "catalogue", ending)


def _as_data(request: Request, name: str, ending: str) -> Response:
    site: Site = request.app.state.site
    renew_dumps(site)
    settings = site.workspace.settings
    manifest = manifest_of(site)

    def send() -> Response:
        graph = catalogue_graph(address_of(site), manifest, settings.contact)
        return Response(graph.serialize(format=_GRAPH_FORMS[ending], encoding="utf-8"), media_type=FORMS[ending])

    headers = {"Access-Control-Allow-Origin": "*", "Vary": "Accept"}
    return conditional(request, (name, ending, repr(manifest), address_of(site)), None, send, headers)


@router.get("/.well-known/void", summary="What is in the graph, counted (VoID), by Accept", response_class=Response)
def void(request: Request) -> Response:
    """Classes, properties and links to other data sets, with how many there are."""
    site: Site = request.app.state.site
    ending = form_of(request)
    ending = ending if ending in _GRAPH_FORMS else "ttl"

    def send() -> Response:
        return Response(
            void_of(site).serialize(format=_GRAPH_FORMS[ending], encoding="utf-8"), media_type=FORMS[ending]
        )

    headers = {"Access-Control-Allow-Origin": "*", "Vary": "Accept"}
    return conditional(request, ("void", ending, site.state, address_of(site)), None, send, headers)


def _void(site: Site) -> Graph:
    return void_graph(site.searcher.store, address_of(site), manifest_of(site))


void_of = PerState(_void)
"""The VoID description of what a site serves now; counted once for each state of the data."""


def address_of(site: Site) -> str:
    """The address under which visitors reach the site, without a slash at its end."""
    return site.workspace.settings.site_url.rstrip("/")


@router.get("/robots.txt", include_in_schema=False)
def robots(request: Request) -> Response:
    """What a crawler should leave alone: endless searches. Everything else it may read."""
    lines = ["User-agent: *", "Disallow: /search", "Disallow: /sparql", "Disallow: /api/", ""]
    return PlainTextResponse("\n".join([*lines, f"Sitemap: {address_of(request.app.state.site)}/sitemap.xml", ""]))


@router.get("/sitemap.xml", include_in_schema=False)
def sitemap(request: Request) -> Response:
    """Every page with the day of its last change where it is known; an index of parts where there are too many."""
    site: Site = request.app.state.site
    entries = _entries(site)
    parts = -(-len(entries) // URLS_A_SITEMAP)
    if parts <= 1:
        return _xml(_urls(site, entries))
    index = Element("sitemapindex", xmlns=_SITEMAP)
    for number in range(parts):
        SubElement(SubElement(index, "sitemap"), "loc").text = f"{address_of(site)}/sitemap-{number + 1}.xml"
    return _xml(index)


@router.get("/sitemap-{number}.xml", include_in_schema=False)
def sitemap_part(request: Request, number: int) -> Response:
    """One part of the sitemap."""
    site: Site = request.app.state.site
    entries = _entries(site)[max(0, number - 1) * URLS_A_SITEMAP :][:URLS_A_SITEMAP]
    if number < 1 or not entries:
        raise NotFoundError("There is no such part of the sitemap.")
    return _xml(_urls(site, entries))


def _pages_of(site: Site) -> list[tuple[str, str]]:
    """The path of every page and when it last changed."""
    kinds = tuple(RECORD_TYPES.values())
    records = [
        (f"/page/{change.kind}/{change.iri.rpartition('/')[2]}", change.when)
        for change in last_changes(site.searcher.store)
        if not change.withdrawn and change.kind in kinds
    ]
    rows = site.searcher.store.select("SELECT ?d { ?d a <https://w3id.org/goodways/ontology#Definition> } ORDER BY ?d")
    definitions = [(f"/page/definition/{str(row['d']).rpartition('/')[2]}", "") for row in rows]
    return [(path, "") for path in _PAGES] + definitions + sorted(records)


_entries = PerState(_pages_of)


def _urls(site: Site, entries: list[tuple[str, str]]) -> Element:
    found = Element("urlset", xmlns=_SITEMAP)
    for path, when in entries:
        url = SubElement(found, "url")
        SubElement(url, "loc").text = address_of(site) + path
        if when:
            SubElement(url, "lastmod").text = when
    return found


def _xml(root: Element) -> Response:
    return Response(tostring(root, encoding="utf-8", xml_declaration=True), media_type="application/xml")
