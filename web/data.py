"""Linked data: every IRI answers with a page or with data, by what the client accepts."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from rdflib import Graph

from kg import NotFoundError
from ontology import ID, PREFIXES, RECORD_TYPES, record_graph

from .accept import negotiate
from .pages import thing_page
from .site import Site, iri_of

router = APIRouter(tags=["linked data"])
FORMS = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
}
_OFFERED = ("text/html", "application/xhtml+xml", *FORMS.values())


@router.get("/id/{kind}/{code}", summary="A thing: 303 to its page or its data, by Accept", status_code=303)
def thing(request: Request, kind: str, code: str) -> Response:
    """Send on to the page or to the data of whatever has this IRI."""
    data(request.app.state.site, kind, code)
    ending = form_of(request)
    if not ending and not _has_page(request.app.state.site, kind, code):
        ending = "ttl"
    where = f"/data/{kind}/{code}.{ending}" if ending else f"/page/{kind}/{code}"
    return RedirectResponse(where, status_code=303, headers={"Vary": "Accept"})


def form_of(request: Request) -> str | None:
    """The ending of the form of data that the client likes best; None where it likes a page."""
    wanted = negotiate(request.headers.get("accept", ""), _OFFERED) or "text/html"
    return next((ending for ending, media_type in FORMS.items() if media_type == wanted), None)


@router.get("/page/{kind}/{code}", include_in_schema=False)
def thing_as_page(request: Request, kind: str, code: str) -> Response:
    """The page of a thing."""
    return thing_page(request, kind, code)


@router.get("/data/{kind}/{name}", summary="A thing as data; .ttl .jsonld .nt .rdf by ending", response_class=Response)
def thing_as_data(request: Request, kind: str, name: str) -> Response:
    """The triples about a thing."""
    code, _, ending = name.rpartition(".")
    if ending not in FORMS or not code:
        raise NotFoundError(f"There is no form '.{ending}'; use .{', .'.join(FORMS)}.")
    graph = data(request.app.state.site, kind, code)
    headers = {"Link": f'<{ID[f"{kind}/{code}"]}>; rel="describes"', "Content-Disposition": "inline"}
    return Response(serialise(graph, ending), media_type=FORMS[ending], headers=headers)


def data(site: Site, kind: str, code: str) -> Graph:
    """The triples about a thing.

    Raises:
        NotFoundError: there is no such thing.

    """
    iri = iri_of(kind, code)
    if site.has_record(kind, code):
        graph = site.searcher.store.graph(record_graph(code))
    elif kind == "scheme":
        graph = site.searcher.store.construct(_SCHEME.format(scheme=iri.n3()))
    else:
        graph = site.searcher.store.construct(f"CONSTRUCT {{ {iri.n3()} ?p ?o }} {{ {iri.n3()} ?p ?o }}")
    if not len(graph):
        raise NotFoundError(f"There is no {kind.replace('-', ' ')[:60]} {code[:120]} here.")
    return graph


_SCHEME = """PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
CONSTRUCT {{ ?s ?p ?o }} {{ {{ BIND({scheme} AS ?s) ?s ?p ?o }} UNION {{ ?s skos:inScheme {scheme} ; ?p ?o }} }}"""


def _has_page(site: Site, kind: str, code: str) -> bool:
    return kind in (*RECORD_TYPES.values(), "definition", "scheme") or iri_of(kind, code) in site.concepts


def serialise(graph: Graph, ending: str) -> bytes:
    """A graph in one of `FORMS`."""
    form: dict[str, Any] = {"ttl": "turtle", "jsonld": "json-ld", "nt": "nt", "rdf": "xml"}
    for prefix, name in PREFIXES.items():
        graph.bind(prefix, name, replace=True)
    if ending == "nt":
        return b"".join(sorted(graph.serialize(format="nt", encoding="utf-8").splitlines(keepends=True)))
    return bytes(graph.serialize(format=form[ending], encoding="utf-8"))
