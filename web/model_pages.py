"""The model at its own addresses: as pages for people, and as files for programs, by what the client accepts."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from rdflib import Graph

from kg import NotFoundError
from ontology import CONTEXT_FILE, GRAPH

from .accept import negotiate
from .data import FORMS, form_of, serialise
from .model_picture import picture
from .model_view import model, model_view, schemes_view, shapes, shapes_view
from .pages import LANGUAGE
from .templates import page

router = APIRouter(tags=["linked data"])


@router.get("/ontology", summary="Classes and properties, by Accept: a page or data")
def ontology(request: Request) -> Response:
    """The model."""
    if ending := form_of(request):
        return _data(model(), ending)
    return _page(request, "model.html", picture=picture(), **model_view(request.app.state.site))


@router.get("/ontology/context.jsonld", summary="The JSON-LD context of a record", response_class=Response)
def context() -> Response:
    """What makes a record RDF."""
    headers = {"Access-Control-Allow-Origin": "*"}
    return Response(CONTEXT_FILE.read_bytes(), media_type="application/ld+json", headers=headers)


@router.get("/ontology/shapes", summary="What records and definitions must be, by Accept: a page or SHACL")
def ontology_shapes(request: Request) -> Response:
    """The shapes."""
    if ending := form_of(request):
        return _data(shapes(), ending)
    return _page(request, "shapes.html", **shapes_view())


@router.get("/ontology/lists", include_in_schema=False)
def ontology_lists(request: Request) -> Response:
    """Every list of concepts."""
    return page(request, "lists.html", **schemes_view(request.app.state.site, LANGUAGE))


@router.get("/shape/{name}", summary="A shape: 303 to its place in the page or to the data", status_code=303)
def shape(request: Request, name: str) -> Response:
    """Where a shape is described."""
    ending = form_of(request)
    where = f"/ontology/shapes.{ending}" if ending else f"/ontology/shapes#{name}"
    return RedirectResponse(where, status_code=303, headers={"Vary": "Accept"})


@router.get("/graph/{name:path}", summary="A named graph as data, by Accept", response_class=Response)
def named_graph(request: Request, name: str) -> Response:
    """The triples of one graph: a file of the ontology, or one record."""
    graph = request.app.state.site.searcher.store.graph(GRAPH[name])
    if not len(graph):
        raise NotFoundError("There is no graph of this name here.")
    accepted = negotiate(request.headers.get("accept", ""), tuple(FORMS.values()))
    ending = next((ending for ending, media_type in FORMS.items() if media_type == accepted), "ttl")
    return _data(graph, ending)


@router.get("/ontology.{ending}", summary="Classes and properties as data", response_class=Response)
def ontology_file(ending: str) -> Response:
    """The model in one form."""
    return _data(model(), ending)


@router.get("/ontology/shapes.{ending}", summary="The shapes as data", response_class=Response)
def shapes_file(ending: str) -> Response:
    """The shapes in one form."""
    return _data(shapes(), ending)


def _page(request: Request, template: str, **context: Any) -> Response:
    answer = page(request, template, **context)
    answer.headers["Vary"] = "Accept, Accept-Language"
    return answer


def _data(graph: Graph, ending: str) -> Response:
    if ending not in FORMS:
        raise NotFoundError(f"There is no form '.{ending[:20]}'; use .{', .'.join(FORMS)}.")
    headers = {"Access-Control-Allow-Origin": "*", "Vary": "Accept"}
    return Response(serialise(graph, ending), media_type=FORMS[ending], headers=headers)
