"""Errors as people and programs read them: a page, or a problem document (RFC 9457)."""

import logging
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from kg import DataFolderError, GoodwaysError, InputError, NotFoundError, QueryError
from kg.answers import FormError
from kg.sandbox import BusyError, QueryMemoryError, QueryTimeoutError, TooManyError

from .templates import page

_refusals = logging.getLogger("goodways.refusals")
_STATUS: tuple[tuple[type[GoodwaysError], int], ...] = (
    (NotFoundError, 404),
    (TooManyError, 429),
    (BusyError, 503),
    (QueryTimeoutError, 503),
    (QueryMemoryError, 503),
    (FormError, 406),
    (QueryError, 400),
    (InputError, 400),
    (DataFolderError, 503),
)
_TITLES = {
    400: "This could not be understood",
    401: "This needs an account",
    403: "This is not allowed",
    404: "There is nothing here",
    405: "This cannot be done here",
    406: "This cannot be given in that form",
    410: "This was withdrawn",
    413: "This is too large",
    415: "This could not be understood",
    422: "This could not be understood",
    429: "Too many at once",
    503: "This is not available right now",
}
_PROGRAMS = (
    "/api/",
    "/sparql",
    "/query/names",
    "/query/check",
    "/graph-store",
    "/data/",
    "/linkset/",
    "/oai",
    "/cite/",
    "/catalogue",
    "/downloads/",
    "/openapi.json",
    "/metrics",
    "/healthz",
    "/readyz",
)

_READ = "goodways.read"  # in a request's scope: its body has been read


class ProblemError(GoodwaysError):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        super().__init__(detail)


class SendAgainError(ProblemError):
    """A form that was not taken, for the session is another one; the page offers to send what was typed again."""

    def __init__(self, status: int, detail: str, fields: list[tuple[str, str]]) -> None:
        super().__init__(status, detail)
        self.fields = [(name, value) for name, value in fields if name != "csrf"]


async def read_body(request: Request, most: int) -> bytes:
    """The body of a request, read no further than `most` bytes.

    Raises:
        ProblemError: it is larger.

    """
    body = bytearray()
    request.scope[_READ] = True
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise ProblemError(413, f"A request may have {most // 1000} kB; this one has more.")
    except ClientDisconnect as error:
        raise ProblemError(400, "The client has left before its request was complete.") from error
    return bytes(body)


def add_problem_handlers(app: FastAPI) -> None:
    """Turn every exception into an answer in one place."""

    @app.exception_handler(GoodwaysError)
    async def said(request: Request, error: GoodwaysError) -> Response:
        status = error.status if isinstance(error, ProblemError) else _status(error)
        if status in (401, 403):
            note_refusal(request, str(error))
        made = answer(request, status, str(error), await _fields(request, error, status))
        if wait := getattr(error, "retry_after", None):
            made.headers["Retry-After"] = str(wait)
        if status == 413:
            made.headers["Connection"] = "close"  # or the server would take what is still being sent
        return made

    @app.exception_handler(HTTPException)
    def refused(request: Request, error: HTTPException) -> Response:
        detail = {404: "There is no page at this address.", 405: "This address does not take this kind of request."}
        made = answer(request, error.status_code, detail.get(error.status_code, str(error.detail)))
        made.headers.update(error.headers or {})
        return made

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"][1:])
        return answer(request, 422, f"The parameter {name} is not right: {first['msg'].lower()}.")

    @app.exception_handler(Exception)
    def broken(request: Request, _: Exception) -> Response:
        return answer(request, 500, "Something broke on our side. Try again; if it stays, tell us what you did.")


def answer(request: Request, status: int, detail: str, fields: list[tuple[str, str]] | None = None) -> Response:
    """An error as a page or as a problem document; `fields` of a form can be sent again from the page."""
    title = _TITLES.get(status, HTTPStatus(status).phrase)
    if request.url.path.startswith(_PROGRAMS) or _wants_data(request):
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        return JSONResponse(body, status, _headers(status), media_type="application/problem+json")
    if status == 401 and request.method in ("GET", "HEAD"):
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(here, safe='/')}", 303)
    if fields:
        return page(request, "send_again.html", status, title=title, detail=detail, fields=fields)
    next_steps = [{"label": "Go to the start", "url": "/"}, {"label": "Look around", "url": "/browse"}]
    q = request.query_params.get("q", "")[:2000]
    return page(request, "error.html", status, title=title, detail=detail, what_next=next_steps, q=q)


def note_refusal(request: Request, why: str) -> None:
    """Put down in the server's log that somebody was refused; what was typed and tokens are not in it."""
    host = request.client.host if request.client else ""
    _refusals.warning("refused %s %r to %s: %s", request.method, request.url.path, host, why)


async def _fields(request: Request, error: GoodwaysError, status: int) -> list[tuple[str, str]]:
    """What somebody typed whose session has ended, so that it can be sent again after signing in."""
    if isinstance(error, SendAgainError):
        return error.fields
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if status != 401 or not form or request.scope.get(_READ) or request.url.path.startswith(_PROGRAMS):
        return []
    try:
        body = await read_body(request, 1_000_000)
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=2000)
    except (ProblemError, ValueError):
        return []
    return [(name, value) for name, value in fields if name != "csrf"]


def _headers(status: int) -> dict[str, str]:
    headers = {"Access-Control-Allow-Origin": "*"}
    if status in (429, 503):
        headers["Retry-After"] = "30"
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _status(error: GoodwaysError) -> int:
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def _wants_data(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return "html" not in accept and "*/*" not in accept and bool(accept)
