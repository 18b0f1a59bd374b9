"""Counts and times of requests, and the headers that every answer carries."""

import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .forms import FOLDERS

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STRICT_TRANSPORT = "max-age=31536000; includeSubDomains"
MEDIA_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """What Prometheus reads."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "goodways_requests", "Requests by route and status.", ["route", "status"], registry=self._registry
        )
        self.seconds = Histogram(
            "goodways_request_seconds", "Time to answer by route.", ["route"], registry=self._registry
        )

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self._registry)


class Measured:
    """Measures each request, and puts the headers of security on each answer.

    A plain ASGI layer: an answer passes through piece by piece as it is written.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, *, secure: bool = False) -> None:
        """Wrap an application.

        Args:
            app: all of it, with what answers when something breaks.
            metrics: where counts and times go.
            secure: whether visitors reach the site over HTTPS, which a proxy may hide.

        """
        self.app, self.metrics, self.secure = app, metrics, secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; HEAD is answered as GET is (RFC 9110, section 9.3.2): the server leaves the body out."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = {**scope, FOLDERS: []}
        if scope["method"] == "HEAD":
            scope["method"] = "GET"  # the server looks at its own
        start, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if self.secure or scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = STRICT_TRANSPORT
                if kept := _how_long_to_keep(scope, status, headers):
                    headers["Cache-Control"] = kept
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            for folder in scope[FOLDERS]:
                folder.cleanup()
            route = getattr(scope.get("route"), "path", "other")
            self.metrics.requests.labels(route, status).inc()
            self.metrics.seconds.labels(route).observe(time.perf_counter() - start)


def _how_long_to_keep(scope: Scope, status: int, headers: MutableHeaders) -> str:
    """What `Cache-Control` must say: an answer for one person, or with a cookie, is kept nowhere."""
    if scope["path"].startswith("/static/"):
        versioned = scope["query_string"].startswith(b"v=")
        return f"public, max-age={31_536_000 if versioned else 86_400}" if status == 200 else ""
    given = Headers(scope=scope)
    somebodys = "authorization" in given or "goodways=" in given.get("cookie", "")
    return "no-store" if somebodys or "set-cookie" in headers else ""
