"""The SPARQL 1.1 Protocol, query only."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from kg import QueryError
from kg.protocol import MAX_QUERY_BYTES, MEDIA_TYPES
from kg.sandbox import QueryPool

from .accept import negotiate
from .problems import ProblemError, read_body

router = APIRouter(tags=["SPARQL"])
_TABLES = ("json", "xml", "csv", "tsv")
_BY_TYPE = {media_type.partition(";")[0]: name for name, media_type in MEDIA_TYPES.items()}
_AS_TABLE = {"text/html": "json"} | {media_type: name for media_type, name in _BY_TYPE.items() if name in _TABLES}
_AS_TABLE |= {"application/json": "json", "application/xml": "xml"}
_AS_GRAPH = {"text/html": "ttl"} | {media_type: name for media_type, name in _BY_TYPE.items() if name not in _TABLES}
_AS_GRAPH |= {"text/plain": "nt"}
_DATASET = ("default-graph-uri", "named-graph-uri")
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
    body = await read_body(request, _MAX_BODY)
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
    try:
        form = parse_qs(text, keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise ProblemError(400, "A form may have 100 fields; this one has more.") from error
    if "update" in form:
        raise ProblemError(403, "Updates are not allowed here; this endpoint answers queries.")
    if len(form.get("query", [])) > 1:
        raise ProblemError(400, "Give one query, not several.")
    return await _answer(request, form.get("query", [None])[0], {name: form.get(name, []) for name in _DATASET})


async def _answer(request: Request, query: str | None, form_graphs: dict[str, list[str]] | None = None) -> Response:
    if not query or not query.strip():
        raise ProblemError(400, "The parameter query is missing; see https://www.w3.org/TR/sparql11-protocol/.")
    pool: QueryPool = request.app.state.queries
    stamp = request.app.state.site.workspace.stamp()
    given = form_graphs or {name: request.query_params.getlist(name) for name in _DATASET}
    default, named = (given.get(name) or None for name in _DATASET)
    problem = ""
    for form in _forms(request.headers.get("accept", "")):
        try:
            body, media_type = await pool.answer(
                query, form, stamp, default=default, named=named, gone=request.is_disconnected
            )
        except QueryError as error:
            if "cannot be answered as" not in str(error):
                raise
            problem = str(error)
        else:
            headers = {"Vary": "Accept", "Access-Control-Allow-Origin": "*"}
            return Response(body, media_type=media_type, headers=headers)
    raise ProblemError(406, problem)


def _forms(accept: str) -> list[str]:
    """The forms to try: the client's favourite for a table, and that for a graph, since the query decides."""
    wanted = [(known, negotiate(accept, tuple(known))) for known in (_AS_TABLE, _AS_GRAPH)]
    return list(dict.fromkeys(known[media_type] for known, media_type in wanted if media_type)) or [""]
