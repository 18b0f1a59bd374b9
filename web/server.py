"""The application, and the process that serves it."""

import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from starlette.types import ASGIApp, Receive, Scope, Send

from kg import DataFolderError
from kg.sandbox import QueryPool

from . import api, data, feedback, model_pages, pages, sparql, suggest_api
from .problems import add_problem_handlers
from .site import Site
from .templates import STATIC
from .workspace import Workspace

WARM_AFTER = 5.0  # seconds, so that the first visitor does not wait for it
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def create_app(workspace: Workspace) -> FastAPI:
    """The site over a data folder.

    Raises:
        DataFolderError: there is no graph yet.

    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        settings = workspace.settings
        app.state.queries = QueryPool(settings.store or settings.data / "graph")
        yield
        app.state.queries.close()

    app = FastAPI(
        title="Goodways",
        version="0.2.0",
        summary="Good practices, training material and definitions of inclusive learning mobility.",
        description="Open for reading, no key needed. Records are CC BY 4.0. Errors are problem documents (RFC 9457).",
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    site = Site(workspace)
    app.state.site = site
    site.searcher.encoder.queries(["ready"])
    site.after_change += [suggest_api.renew_suggester, _warm]
    site.watch()
    later = threading.Timer(WARM_AFTER, _warm, [site])
    later.daemon = True
    later.start()
    add_problem_handlers(app)
    _add_metrics(app)
    app.add_middleware(HeadAsGet)
    for room in (api, suggest_api, data, model_pages, sparql, feedback, pages):
        app.include_router(room.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _warm(site: Site) -> None:
    """Read what a first question in a language, or a first letter, would otherwise wait for."""
    suggest_api.suggester_of(site)
    site.searcher.warm()


def run(workspace: Workspace, host: str, port: int) -> None:
    """Serve until stopped.

    Raises:
        DataFolderError: there is no graph yet, or the port is taken.

    """
    listener = _listen(host, port)
    real_port = listener.getsockname()[1]
    address = f"http://{host if ':' not in host else f'[{host}]'}:{real_port}"
    if workspace.settings.site_url == type(workspace.settings).model_fields["site_url"].default:
        workspace.settings.site_url = address
    app = create_app(workspace)
    print(f"Goodways is ready at {address} (stop it with Ctrl+C).", file=sys.stderr, flush=True)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, limit_concurrency=200)
    uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named: only so is TCP_NODELAY set
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == 98:
            message = f"Port {port} is taken by another program; choose another, as in `PORT={port + 1} make run`."
        else:
            message = f"Cannot listen on {host}, port {port} ({error.strerror}); choose another --host or --port."
        raise DataFolderError(message) from error
    return listener


class HeadAsGet:
    """HEAD is answered as GET is; the server leaves the body out (RFC 9110, section 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self.app(scope, receive, send)


def _add_metrics(app: FastAPI) -> None:
    registry = CollectorRegistry()
    requests = Counter("goodways_requests", "Requests by route and status.", ["route", "status"], registry=registry)
    seconds = Histogram("goodways_request_seconds", "Time to answer by route.", ["route"], registry=registry)

    @app.middleware("http")
    async def measure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        start = time.perf_counter()
        response = await call_next(request)
        route = getattr(request.scope.get("route"), "path", "other")
        requests.labels(route, response.status_code).inc()
        seconds.labels(route).observe(time.perf_counter() - start)
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        if request.url.path.startswith("/static/") and response.status_code == 200:
            versioned = "v" in request.query_params
            response.headers["Cache-Control"] = f"public, max-age={31_536_000 if versioned else 86_400}"
        return response

    @app.get("/healthz", tags=["operation"], summary="Alive", response_class=PlainTextResponse)
    def alive() -> str:
        """Whether the process lives."""
        return "alive\n"

    @app.get("/readyz", tags=["operation"], summary="Ready to answer", response_class=PlainTextResponse)
    def ready(request: Request) -> str:
        """Whether a search can be answered."""
        request.app.state.site.searcher.search("ready", limit=1)
        return "ready\n"

    @app.get("/metrics", tags=["operation"], summary="Prometheus metrics", response_class=PlainTextResponse)
    def metrics() -> Response:
        """Counts and times for Prometheus."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
