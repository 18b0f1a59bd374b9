"""The application, and the process that serves it."""

import socket
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp

from kg import DataFolderError

from . import (
    api,
    citations,
    data,
    editor,
    feedback,
    graph_store,
    harvest,
    model_pages,
    pages,
    sparql,
    suggest_api,
    taking_home,
)
from .accounts import FILE as ACCOUNTS
from .accounts import Accounts
from .accounts import pages as account_pages
from .api_description import description
from .curation import add_desk
from .curation.link_commands import link_keeper
from .dump_maker import renew_dumps
from .meaning import query_pool
from .metrics import MEDIA_TYPE, Measured, Metrics
from .problems import add_problem_handlers
from .query_names import query_names
from .site import Site
from .templates import STATIC
from .workspace import Workspace

WARM_AFTER = 5.0  # seconds, so that the first visitor does not wait for it


class _MeasuredApp(FastAPI):
    """Measures everything, also the answers to what breaks, which Starlette makes outside of any middleware."""

    def build_middleware_stack(self) -> ASGIApp:
        """The application with its measuring on the outside."""
        secure = self.state.site.workspace.settings.site_url.startswith("https:")
        return Measured(super().build_middleware_stack(), self.state.metrics, secure=secure)


def create_app(workspace: Workspace) -> FastAPI:
    """The site over a data folder.

    Raises:
        DataFolderError: there is no graph yet.

    """

    def warm_queries(site: Site) -> None:
        app.state.queries.warm(site.workspace.stamp())

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.queries = query_pool(site)
        app.state.queries.warm(workspace.stamp())
        site.after_change.append(warm_queries)
        app.state.imports.start()
        keeper = link_keeper(workspace)
        later = threading.Timer(WARM_AFTER, _warm, [site])
        later.daemon = True
        later.start()
        yield
        later.cancel()
        site.after_change.remove(warm_queries)
        if keeper:
            keeper.stop()
        app.state.imports.stop()
        app.state.queries.close()

    app = _MeasuredApp(
        title="Goodways",
        version="0.2.0",
        summary="Good practices, training material and definitions of inclusive learning mobility.",
        description="Open for reading, no key needed. Records are CC BY 4.0. Errors are problem documents (RFC 9457).",
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    workspace.recover()
    site = Site(workspace)
    app.state.site = site
    app.state.accounts = Accounts(workspace.folder / ACCOUNTS)
    site.searcher.search("ready", limit=1)  # reads the models, which the first visitor would wait for
    site.after_change += [suggest_api.renew_suggester, _warm]
    site.watch()
    add_problem_handlers(app)
    app.state.metrics = Metrics()
    _add_operation(app, app.state.metrics)
    for room in (api, suggest_api, data, model_pages, sparql, graph_store, editor):
        app.include_router(room.router)
    for room in (taking_home, harvest, citations, feedback, pages):
        app.include_router(room.router)
    app.include_router(account_pages.router)
    add_desk(app, site)
    app.openapi = partial(description, app)  # type: ignore[method-assign]
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _warm(site: Site) -> None:
    """Read what a first question in a language, or a first letter, would otherwise wait for."""
    suggest_api.suggester_of(site)
    site.searcher.warm()
    query_names(site)
    renew_dumps(site)


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


def _add_operation(app: FastAPI, metrics: Metrics) -> None:
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
    def measured() -> Response:
        """Counts and times for Prometheus."""
        return Response(metrics.text(), media_type=MEDIA_TYPE)
