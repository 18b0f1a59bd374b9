"""The SPARQL 1.1 Protocol, query only."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from kg import QueryError
from kg.protocol import MAX_QUERY_BYTES, MEDIA_TYPES
from kg.sandbox import QueryPool

from .accept import negotiate
from .problems import ProblemError

router = APIRouter(tags=["SPARQL"])
_BY_TYPE = {media_type: name for name, media_type in MEDIA_TYPES.items()}
_ALIASES = {"application/json": "json", "application/xml": "xml", "text/plain": "nt", "text/html": "", "*/*": ""}
_MAX_BODY = 4 * MAX_QUERY_BYTES


@router.get("/sparql", summary="Ask the graph in SPARQL", response_class=Response)
async def sparql_get(
    request: Request, query: Annotated[str | None, Query(description="SELECT, ASK, CONSTRUCT or DESCRIBE")] = None
) -> Response:
    """Query by GET."""
    if len(request.query_params.getlist("query")) > 1:
        raise ProblemError(400, "Give one query, not several.")
    return await _answer(request, query)


@router.post("/sparql", summary="Ask the graph in SPARQL", response_class=Response)
async def sparql_post(request: Request) -> Response:
    """Query by POST, as a form or as the body itself."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY:
            raise ProblemError(413, f"A request may have {_MAX_BODY // 1000} kB; this one has more.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(400, "The request is not UTF-8 text.") from error
    if media_type == "application/sparql-query":
        return await _answer(request, text)
    if media_type == "application/sparql-update":
        raise ProblemError(403, "Updates are not allowed here; this endpoint answers queries.")
    if media_type != "application/x-www-form-urlencoded":
        raise ProblemError(415, "Send the query as application/sparql-query or application/x-www-form-urlencoded.")
    form = parse_qs(text, keep_blank_values=True, max_num_fields=100)
    if "update" in form:
        raise ProblemError(403, "Updates are not allowed here; this endpoint answers queries.")
    if len(form.get("query", [])) > 1:
        raise ProblemError(400, "Give one query, not several.")
    return await _answer(request, form.get("query", [None])[0])


async def _answer(request: Request, query: str | None) -> Response:
    if not query or not query.strip():
        raise ProblemError(400, "The parameter query is missing; see https://www.w3.org/TR/sparql11-protocol/.")
    pool: QueryPool = request.app.state.queries
    stamp = request.app.state.site.workspace.stamp()
    wanted = negotiate(request.headers.get("accept", ""), (*_BY_TYPE, *_ALIASES))
    form = _ALIASES.get(wanted or "", _BY_TYPE.get(wanted or "", ""))
    accept = request.headers.get("accept", "")
    if not accept or "*/*" in accept:
        form = "" if wanted not in _BY_TYPE or accept.strip() in ("", "*/*") else form
    try:
        body, media_type = await run_in_threadpool(pool.run, query, form, stamp)
    except QueryError as error:
        if "cannot be answered as" not in str(error):
            raise
        raise ProblemError(406, str(error)) from error
    return Response(body, media_type=media_type, headers={"Vary": "Accept", "Access-Control-Allow-Origin": "*"})
