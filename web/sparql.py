"""The SPARQL 1.1 Protocol: queries for everybody, updates for those who may."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from kg.answers import FORMS, GRAPHS, MEDIA_TYPES, TABLES
from kg.protocol import MAX_QUERY_BYTES
from kg.sandbox import QueryPool, Reply
from kg.store import Names
from kg.updating import MAX_UPDATE_BYTES, run_update

from .accept import negotiate
from .problems import ProblemError, read_body
from .service_description import description
from .streaming import Streamed
from .writers import must_be_allowed_to_write

router = APIRouter(tags=["SPARQL"])
_BY_TYPE = {media_type.partition(";")[0]: name for name, media_type in MEDIA_TYPES.items()}
_AS_TABLE = {"text/html": "json"} | {media_type: name for media_type, name in _BY_TYPE.items() if name in TABLES}
_AS_TABLE |= {"application/json": "json", "application/xml": "xml"}
_AS_GRAPH = {"text/html": "ttl"} | {media_type: name for media_type, name in _BY_TYPE.items() if name in GRAPHS}
_AS_GRAPH |= {"text/plain": "nt"}
_DATASET = ("default-graph-uri", "named-graph-uri")
_USING = ("using-graph-uri", "using-named-graph-uri")
_MOST_QUERY_BODY = 4 * MAX_QUERY_BYTES
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Goodways-Cut, Retry-After"}
_PREFLIGHT = CORS | {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type",
    "Access-Control-Max-Age": "86400",
}


@router.options("/sparql", include_in_schema=False)
@router.options("/graph-store", include_in_schema=False)
def preflight() -> Response:
    """What pages of other sites may send."""
    return Response(status_code=204, headers=_PREFLIGHT)


@router.get("/sparql", summary="Ask the graph in SPARQL", response_class=Response)
async def sparql_get(
    request: Request,
    query: Annotated[str | None, Query(description="SELECT, ASK, CONSTRUCT or DESCRIBE")] = None,
    form: Annotated[str | None, Query(alias="format", description=f"In place of Accept: {', '.join(FORMS)}")] = None,
) -> Response:
    """Query by GET; without a query, what this service can do (SPARQL 1.1 Service Description)."""
    given = request.query_params
    if "update" in given:
        raise ProblemError(400, "An update cannot be sent by GET; send it by POST.")
    if query is None:
        wanted = negotiate(request.headers.get("accept", ""), ("text/turtle", "text/html", *_GRAPH_TYPES))
        if wanted == "text/html":
            return RedirectResponse("/query", status_code=303, headers={"Vary": "Accept"})
        return await run_in_threadpool(description, request, _BY_TYPE.get(wanted or "", "ttl"))
    return await answer(request, given.getlist("query"), {name: given.getlist(name) for name in _DATASET}, form)


@router.post("/sparql", summary="Ask the graph in SPARQL, or change it if you may", response_class=Response)
async def sparql_post(request: Request) -> Response:
    """Query or update by POST, as a form or as the body itself."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    given = {name: request.query_params.getlist(name) for name in (*_DATASET, *_USING, "format")}
    if media_type == "application/sparql-query":
        return await answer(request, [await _body(request)], given, _one(given, "format"))
    if media_type == "application/sparql-update":
        must_be_allowed_to_write(request)
        return await _update(request, [await _body(request, MAX_UPDATE_BYTES)], given)
    if media_type != "application/x-www-form-urlencoded":
        raise ProblemError(415, "Send the query as application/sparql-query or application/x-www-form-urlencoded.")
    form = _fields(await _body(request))
    if "update" in form and "query" in form:
        raise ProblemError(400, "Give a query or an update, not both.")
    given = {name: [*form.get(name, []), *values] for name, values in given.items()}
    if "update" in form:
        must_be_allowed_to_write(request)
        return await _update(request, form["update"], given)
    return await answer(request, form.get("query", []), given, _one(given, "format"))


async def answer(
    request: Request, queries: list[str], given: dict[str, list[str]], form: str | None = None
) -> Response:
    """The answer to the one query that is given, over the graphs that are given, in a form or by `Accept`."""
    query = _single(queries, "query")
    forms = _forms(request.headers.get("accept", ""), form)
    default, named = (given.get(name) or None for name in _DATASET)
    return streamed(await asked(request, query, forms, default, named))


async def asked(
    request: Request, query: str, forms: tuple[str, ...], default: Names = None, named: Names = None
) -> Reply:
    """What the pool answers to the visitor behind a request; for the arguments see `QueryPool.answer`."""
    pool: QueryPool = request.app.state.queries
    return await pool.answer(
        query,
        forms,
        request.app.state.site.workspace.stamp(),
        default=default,
        named=named,
        visitor=_visitor(request),
        gone=request.is_disconnected,
    )


def streamed(reply: Reply) -> Response:
    """The pool's answer as one that HTTP sends."""
    return Streamed(reply, CORS | {"Vary": "Accept"} | ({"Goodways-Cut": reply.cut} if reply.cut else {}))


async def _update(request: Request, updates: list[str], given: dict[str, list[str]]) -> Response:
    update = _single(updates, "update")
    using, named = (given[name] or None for name in _USING)
    workspace = request.app.state.site.workspace
    await run_in_threadpool(workspace.changed_by, lambda store: run_update(store, update, using, named))
    return Response(status_code=204, headers=CORS)


def _visitor(request: Request) -> str:
    """Who asks, as far as limits go: an address, of IPv6 the network that one household has."""
    host = request.client.host if request.client else ""
    return ":".join(host.split(":")[:4]) if ":" in host else host


def _single(texts: list[str], kind: str) -> str:
    if len(texts) > 1:
        raise ProblemError(400, f"Give one {kind}, not several.")
    if not texts or not texts[0].strip():
        raise ProblemError(400, f"The {kind} is missing; see https://www.w3.org/TR/sparql11-protocol/.")
    return texts[0]


async def _body(request: Request, most: int = _MOST_QUERY_BODY) -> str:
    try:
        return (await read_body(request, most)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(400, "The request is not UTF-8 text.") from error


def _fields(text: str) -> dict[str, list[str]]:
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=100, errors="strict")
    except UnicodeDecodeError as error:
        raise ProblemError(400, "The request is not UTF-8 text.") from error
    except ValueError as error:
        raise ProblemError(400, "A form may have 100 fields; this one has more.") from error


def _one(given: dict[str, list[str]], name: str) -> str | None:
    return given[name][0] if given.get(name) else None


_GRAPH_TYPES = tuple(media_type for media_type, name in _BY_TYPE.items() if name in GRAPHS and name != "ttl")


def _forms(accept: str, form: str | None) -> tuple[str, ...]:
    """The forms that would do: the client's favourite for a table, and that for a graph, since the query decides."""
    if form:
        if form not in FORMS:
            raise ProblemError(400, f"'{form[:60]}' is not a form of an answer; use {', '.join(FORMS)}.")
        return (form,)
    wanted = [(known, negotiate(accept, tuple(known))) for known in (_AS_TABLE, _AS_GRAPH)]
    found = tuple(dict.fromkeys(known[media_type] for known, media_type in wanted if media_type))
    if not found:
        raise ProblemError(406, f"An answer comes as {', '.join(dict.fromkeys(_BY_TYPE))}.")
    return found
