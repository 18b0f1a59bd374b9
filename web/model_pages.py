"""The model at its own addresses: as pages for people, and as files for programs, by what the client accepts."""

import json
import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from rdflib import Graph, URIRef
from rdflib.compare import to_canonical_graph

from kg import NotFoundError
from ontology import BASE, GRAPH, LICENCE
from ontology.context import context

from .accept import FORMS, form_of
from .conditional import conditional
from .model_picture import picture
from .model_view import model, model_view, schemes_view, shapes, shapes_view
from .pages import LANGUAGE
from .rdf import data_answer, split_ending
from .signposting import CORS, Link
from .site import Site
from .templates import page
from .things import Quad, withdrawn_record
from .tombstones import tombstone_answer

router = APIRouter(tags=["linked data"])
_NAME = re.compile(r"[A-Za-z0-9._/-]+")
_VARY = {"Vary": "Accept, Accept-Language"}


@router.get("/ontology", summary="Classes and properties, by Accept: a page or data")
def ontology(request: Request) -> Response:
    """The model."""
    if ending := form_of(request):
        return _data(request, model(), ending)
    return _page(request, "ontology", "model.html", picture=picture(), **model_view(request.app.state.site))


@router.get("/ontology/context.jsonld", summary="The JSON-LD context of a record", response_class=Response)
def json_ld_context(request: Request) -> Response:
    """What makes a record RDF."""
    content = json.dumps({"@context": context()}, ensure_ascii=False, indent=1).encode()

    def make() -> Response:
        return Response(content, media_type=FORMS["jsonld"])

    return conditional(request, (content,), None, make, CORS)


@router.get("/ontology/shapes", summary="What records and definitions must be, by Accept: a page or SHACL")
def ontology_shapes(request: Request) -> Response:
    """The shapes."""
    if ending := form_of(request):
        return _data(request, shapes(), ending)
    return _page(request, "ontology/shapes", "shapes.html", **shapes_view())


@router.get("/ontology/lists", include_in_schema=False)
def ontology_lists(request: Request) -> Response:
    """Every list of concepts."""
    return page(request, "lists.html", **schemes_view(request.app.state.site, LANGUAGE))


@router.get("/shape/{name}", summary="A shape: 303 to its place in the page or to the data", status_code=303)
def shape(request: Request, name: str) -> Response:
    """Where a shape is described."""
    if (URIRef(f"{BASE}shape/{name}"), None, None) not in shapes():
        raise NotFoundError("There is no shape of this name here.")
    ending = form_of(request)
    where = f"/ontology/shapes.{ending}" if ending else f"/ontology/shapes#{name}"
    return RedirectResponse(where, status_code=303, headers=CORS | {"Vary": "Accept"})


@router.get("/graph/{name:path}", summary="A named graph as data, by Accept", response_class=Response)
def named_graph(request: Request, name: str) -> Response:
    """The triples of one graph: a file of the ontology, or one record."""
    site: Site = request.app.state.site
    store, graph, ending = site.searcher.store, GRAPH[name], form_of(request, "ttl")
    if not _NAME.fullmatch(name) or not store.ask(f"ASK {{ GRAPH {graph.n3()} {{ ?s ?p ?o }} }}"):
        code = name.removeprefix("record/")
        if code != name and _NAME.fullmatch(name) and (left := withdrawn_record(site, code)):
            return tombstone_answer(request, left, form_of(request))
        raise NotFoundError("There is no graph of this name here.")

    def quads() -> list[Quad]:
        return [(s, p, o, graph) for s, p, o in store.graph(graph)]

    return data_answer(request, ending, quads, identity=(graph, site.state), headers=_headers(graph))


@router.get("/ontology.{ending}", summary="Classes and properties as data", response_class=Response)
def ontology_file(request: Request, ending: str) -> Response:
    """The model in one form."""
    return _data(request, model(), split_ending(f"ontology.{ending}")[1])


@router.get("/ontology/shapes.{ending}", summary="The shapes as data", response_class=Response)
def shapes_file(request: Request, ending: str) -> Response:
    """The shapes in one form."""
    return _data(request, shapes(), split_ending(f"shapes.{ending}")[1])


def _page(request: Request, name: str, template: str, **context: Any) -> Response:
    files = [Link("describedby", f"/{name}.{ending}", media_type) for ending, media_type in FORMS.items()]
    headers = _headers(f"{BASE}{name}", *files)
    return conditional(
        request,
        (str(request.url), request.app.state.site.state),
        None,
        lambda: page(request, template, **context),
        headers,
    )


def _data(request: Request, graph: Graph, ending: str) -> Response:
    def quads() -> list[Quad]:
        return [(s, p, o, None) for s, p, o in to_canonical_graph(graph)]  # blank nodes named by their content

    return data_answer(request, ending, quads, identity=(request.url.path,), headers=_headers(""))


def _headers(cite_as: str, *links: Link) -> dict[str, str]:
    named = [Link("cite-as", cite_as)] if cite_as else []
    return _VARY | {"Link": ", ".join(map(str, [*named, Link("license", LICENCE), *links]))}
