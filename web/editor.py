"""The page that asks the graph in SPARQL: a form that works by itself, and an editor where there is JavaScript."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from kg import NotFoundError, QueryError
from kg.answers import FORM_NAMES, GRAPHS, TABLES
from kg.protocol import MAX_QUERY_BYTES, check_size
from kg.sandbox import BusyError, QueryMemoryError, QueryTimeoutError

from . import editor_assets
from .problems import ProblemError, read_body
from .query_check import unknown_names, with_prefixes
from .query_drawing import drawings
from .query_examples import Example, examples, themes
from .query_names import KNOWN_PREFIXES, query_names
from .query_result import SHOWN, Answer, answer_of, beginning, mistake
from .site import Site
from .sparql import answer, asked
from .templates import page

router = APIRouter(tags=["SPARQL"])
ON_PAGE = {"table": "Table", "chart": "Chart", "map": "Map"}
FILES = {form: FORM_NAMES[form] for form in ("csv", "tsv", "json", "xml", "ttl", "jsonld", "nt", "rdf")}
_NOT_NOW = (BusyError, QueryTimeoutError, QueryMemoryError)
LONGEST_LINK = 6000  # characters of a query in an address
START = """PREFIX gw: <https://w3id.org/goodways/ontology#>
PREFIX dcterms: <http://purl.org/dc/terms/>

SELECT ?practice ?title WHERE {
  ?practice a gw:GoodPractice ; dcterms:title ?title .
  FILTER(LANG(?title) = "en")
} ORDER BY ?title LIMIT 50
"""


@router.get("/query", include_in_schema=False)
async def query_page(request: Request) -> Response:
    """The form, and the answer to what it holds."""
    return await _page(request, request.query_params)


@router.post("/query", include_in_schema=False)
async def query_page_for_long_queries(request: Request) -> Response:
    """The same for a query that is too long for an address."""
    body = await read_body(request, 4 * MAX_QUERY_BYTES)
    try:
        fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=100)
    except ValueError as error:  # UnicodeDecodeError is one
        raise ProblemError(400, "Send the form as it is on the page /query.") from error
    return await _page(request, {name: values[0] for name, values in fields.items()})


@router.get("/query/names", summary="Classes, properties and things of this graph by the beginning of a name")
def names(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="The beginning of a name or of a word of it")] = "",
    kind: Annotated[str, Query(max_length=40, description="class, property, barrier, country, …")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict[str, Any]:
    """For completion: what to write into a query, and what it is called."""
    found = query_names(request.app.state.site).find(q, kind, limit)
    return {"query": q, "names": [name.as_dict() for name in found]}


@router.get("/query/check", summary="Names in a query that this graph does not have, and the nearest that it has")
def check(request: Request, query: Annotated[str, Query(description="SPARQL")]) -> dict[str, Any]:
    """Whether a query names what there is."""
    return {"unknown": _unknown(query, request.app.state.site)}


async def _page(request: Request, given: Mapping[str, str]) -> Response:
    example = _example(given.get("example", ""))
    query = (example.query if example else given.get("query", "")).replace("\r\n", "\n")
    show = given.get("show") or (example.show if example else "table")
    runs = bool(query.strip()) and (bool(example) or given.get("run") == "1")
    query = await run_in_threadpool(with_prefixes, query) if runs and len(query) < MAX_QUERY_BYTES else query
    if runs and show in FILES:
        return await _file(request, query, show)
    status, result = await _result(request, query, show, given.get("of", "")) if runs else (200, {})
    context: dict[str, Any] = {
        "query": query or START,
        "example": example,
        "themes": themes(),
        "count": len(examples()),
        "show": show,
        "on_page": ON_PAGE,
        "files": FILES,
        "prefixes": KNOWN_PREFIXES,
        "has_editor": editor_assets.is_there(),
        "link": _link(query) if query else "",
        "most": SHOWN,
        **result,
    }
    return await run_in_threadpool(page, request, "editor.html", status, **context)


def _example(name: str) -> Example | None:
    if name and name not in examples():
        raise NotFoundError(f"There is no example {name[:60]}; choose one on the page /query.")
    return examples().get(name)


async def _file(request: Request, query: str, form: str) -> Response:
    """On to the endpoint, which gives files; a form that was posted is answered at once."""
    if request.method == "POST":
        return await answer(request, [query], {}, form)
    return RedirectResponse("/sparql?" + urlencode({"query": query, "format": form}), status_code=303)


async def _result(request: Request, query: str, show: str, of: str) -> tuple[int, dict[str, Any]]:
    """The status, and what the page shows under the form."""
    site: Site = request.app.state.site
    try:
        await run_in_threadpool(check_size, query)
        unknown = await run_in_threadpool(_unknown, query, site)
        reply = await asked(request, query, ("json", "ttl"))
        data, whole = await beginning(reply)
    except QueryError as error:
        found = [] if len(query) > MAX_QUERY_BYTES else await run_in_threadpool(_unknown, query, site)
        status = 503 if isinstance(error, _NOT_NOW) else 400
        return status, {"mistake": mistake(str(error), query), "unknown": found}
    shows = await run_in_threadpool(answer_of, reply.media_type, data, whole, site)
    drawn = drawings(shows, site, of)
    return 200, {
        "answer": shows,
        "seconds": reply.seconds,
        "drawn": drawn,
        "shown": show if show in drawn else "table",
        "asked_for": ON_PAGE[show] if show in ON_PAGE and show != "table" and show not in drawn else "",
        "unknown": unknown,
        "links": _links(query, shows, list(drawn)),
        "downloads": _downloads(query, shows),
        "columns_of": {
            name: _link(query, show=show, of=name, run="1") for name in drawn.get(show, {}).get("others", [])
        },
    }


def _unknown(query: str, site: Site) -> list[dict[str, Any]]:
    found = [name.as_dict(query) for name in unknown_names(query, query_names(site))]
    for name in found:
        for near in name["nearest"]:
            near["url"] = _link(near.pop("query"), run="1")
    return found


def _links(query: str, answer: Answer, drawn: list[str]) -> dict[str, str]:
    """The ways to show an answer."""
    ways = ["table", *drawn] if answer.rows and drawn else []
    return {name: _link(query, run="1", show=name) for name in ways}


def _downloads(query: str, answer: Answer) -> dict[str, str]:
    forms = GRAPHS if answer.graph else TABLES
    addresses = {form: "/sparql?" + urlencode({"query": query, "format": form}) for form in FILES if form in forms}
    return {FILES[form]: address for form, address in addresses.items() if len(address) < LONGEST_LINK}


def _link(query: str, **more: str) -> str:
    """The address of this page with a query; empty if it would be too long."""
    address = "/query?" + urlencode({"query": query} | more)
    return address if len(address) < LONGEST_LINK else ""
