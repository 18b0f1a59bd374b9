"""The SPARQL 1.1 Graph Store HTTP Protocol: graphs are read by everybody, written by those who may."""

import uuid
from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

import pyoxigraph as ox
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from kg import NotFoundError, Store
from kg.answers import GRAPHS, MEDIA_TYPES
from kg.updating import MAX_UPDATE_BYTES, RDF_TYPES, drop_graph, has_graph, put_graph

from .accept import negotiate
from .problems import ProblemError, read_body
from .sparql import CORS, asked, streamed
from .writers import must_be_allowed_to_write

router = APIRouter(tags=["SPARQL"])
_FORMS = {MEDIA_TYPES[name].partition(";")[0]: name for name in GRAPHS if name not in ("trig", "nq")}
Name = Annotated[str | None, Query(description="The name of the graph")]
Default = Annotated[str | None, Query(description="Present for the default graph: all that is published")]


@router.get("/graph-store", summary="A graph as data, by Accept", response_class=Response)
@router.get("/graph-store/{path:path}", include_in_schema=False)
async def read(request: Request, graph: Name = None, default: Default = None) -> Response:
    """A named graph, or the default graph, which is the union of all."""
    name = _name(request, graph, default)
    where = f"GRAPH {ox.NamedNode(name)} {{ ?s ?p ?o }}" if name else "?s ?p ?o"
    wanted = negotiate(request.headers.get("accept", ""), tuple(_FORMS))
    if wanted is None:
        raise ProblemError(406, f"A graph comes as {', '.join(_FORMS)}.")
    if name and b"true" not in (await asked(request, f"ASK {{ {where} }}", ("csv",))).body:
        raise NotFoundError("There is no graph of this name here.")
    return streamed(await asked(request, f"CONSTRUCT {{ ?s ?p ?o }} {{ {where} }}", (_FORMS[wanted],)))


@router.put("/graph-store/{path:path}", include_in_schema=False)
@router.put("/graph-store", summary="Replace a graph, if you may", response_class=Response)
async def replace(request: Request, graph: Name = None, default: Default = None) -> Response:
    """Write a graph in place of what is there."""
    return await _write(request, _name(request, graph, default), keep=False)


@router.post("/graph-store/{path:path}", include_in_schema=False)
@router.post("/graph-store", summary="Add to a graph, if you may", response_class=Response)
async def add(request: Request, graph: Name = None, default: Default = None) -> Response:
    """Write a graph to what is there; without a name, to a new graph."""
    if graph is None and default is None and request.url.path == "/graph-store":
        return await _write(request, f"{_address(request)}/{uuid.uuid4()}", keep=True)
    return await _write(request, _name(request, graph, default), keep=True)


@router.delete("/graph-store/{path:path}", include_in_schema=False)
@router.delete("/graph-store", summary="Remove a graph, if you may", response_class=Response)
async def remove(request: Request, graph: Name = None, default: Default = None) -> Response:
    """Remove a graph."""
    must_be_allowed_to_write(request)
    name = _name(request, graph, default)

    def carry_out(store: Store) -> bool:
        if not has_graph(store, name):
            raise NotFoundError("There is no graph of this name here.")
        drop_graph(store, name)
        return False

    await _changed(request, carry_out)
    return Response(status_code=204, headers=CORS)


async def _write(request: Request, name: str, *, keep: bool) -> Response:
    must_be_allowed_to_write(request)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in RDF_TYPES:
        raise ProblemError(415, f"Send the graph as {', '.join(RDF_TYPES)}.")
    content = await read_body(request, MAX_UPDATE_BYTES)
    new = await _changed(request, lambda store: put_graph(store, name, content, media_type, keep=keep))
    headers = CORS | ({"Location": quote(name, safe=":/?#[]@!$&'()*+,;=%")} if new else {})
    return Response(status_code=201 if new else 204, headers=headers)


async def _changed(request: Request, change: Callable[[Store], bool]) -> bool:
    outcome: bool = await run_in_threadpool(request.app.state.site.workspace.changed_by, change)
    return outcome


def _address(request: Request) -> str:
    return f"{request.app.state.site.workspace.settings.site_url.rstrip('/')}/graph-store"


def _name(request: Request, graph: str | None, default: str | None) -> str:
    """The name of the graph, by what the request says or by its own address (sections 4.1 and 4.2)."""
    within = request.url.path.removeprefix("/graph-store").lstrip("/")
    if within and graph is None and default is None:
        graph = f"{_address(request)}/{within}"
    if (graph is None) == (default is None):
        raise ProblemError(400, "Name the graph with ?graph=…, or give ?default; one of the two.")
    if graph is None:
        return ""
    try:
        ox.NamedNode(graph)
    except ValueError as error:
        raise ProblemError(400, "The name of a graph is an absolute IRI; this one is not.") from error
    return graph
