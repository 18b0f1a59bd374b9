"""The one place from which Goodways fetches a public page that somebody has named.

The address is a stranger's, so it is taken to be a trap: only http and https on their own ports, only to public
addresses, and the connection goes to the very address that was checked, so that a name cannot lead elsewhere a moment
later. Each redirect is checked again. Size and time have an end, whatever the other side does.
"""

import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any, Literal

import httpcore
import httpx

from kg import InputError
from kg.addresses import outer_addresses

MOST_BYTES, TIME_LIMIT, MOST_REDIRECTS = 20_000_000, 20.0, 5
_LONGEST_ADDRESS = 4000  # characters
_PORTS = {"http": 80, "https": 443}
_REDIRECTS = (301, 302, 303, 307, 308)
_HOST = re.compile(rb"[A-Za-z0-9._:-]{1,255}")
_PIECE = 65_536  # bytes
_ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.5"
Reason = Literal["refused", "unreachable", "slow", "large", "broken"]


class FetchError(InputError):
    """A page that is not fetched, or does not come."""

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason: Reason = reason
        """`refused`, `unreachable`, `slow`, `large` or `broken`."""


@dataclass(frozen=True)
class Allowed:
    """Hosts with ports that may be fetched from although they are inner ones or have another port."""

    places: frozenset[tuple[str, int]] = frozenset()

    @classmethod
    def named(cls, text: str) -> "Allowed":
        """Read from a setting: `host:port` with spaces between.

        Raises:
            InputError: one of them is no host with a port.

        """
        places = set()
        for word in text.split():
            host, _, port = word.rpartition(":")
            if not host or not port.isdecimal():
                raise InputError(f"'{word}' is not a host with a port; write it as pages.example.org:8080.")
            places.add((host.strip("[]").casefold(), int(port)))
        return cls(frozenset(places))


@dataclass(frozen=True)
class Fetched:
    """What came back."""

    address: str
    """What was asked for."""
    final: str
    """Where the last redirect led."""
    status: int
    media_type: str
    """As the server says it, without parameters, in small letters."""
    content: bytes
    """Unpacked."""
    headers: dict[str, str] = field(default_factory=dict)
    """Names in small letters; without cookies."""


def fetch(
    address: str,
    *,
    most: int = MOST_BYTES,
    timeout: float = TIME_LIMIT,
    allowed: Allowed | None = None,
    site_url: str = "",
    method: Literal["GET", "HEAD"] = "GET",
    accept: str = _ACCEPT,
) -> Fetched:
    """A public page, whatever its status; redirects are followed.

    Args:
        address: an http(s) address.
        most: bytes of the content, packed and unpacked.
        timeout: seconds for everything together.
        allowed: hosts with ports that may be inner ones; by default none.
        site_url: the site for which it is fetched, named to the other side.
        method: `HEAD` fetches no content.
        accept: what is wanted, as in HTTP.

    Raises:
        FetchError: the address is not a public page's, or nothing whole came back in time.

    """
    deadline = time.monotonic() + timeout
    headers = {"User-Agent": agent(site_url), "Accept": accept, "Accept-Encoding": "gzip"}
    url = _checked(address, allowed or Allowed())
    with httpcore.ConnectionPool(
        ssl_context=_tls(), network_backend=_Backend(deadline, allowed or Allowed()), retries=0, http2=False
    ) as pool:
        for _ in range(MOST_REDIRECTS + 1):
            answer = _once(pool, url, method, headers, most, deadline)
            target = answer.headers.get("location", "")
            if answer.status not in _REDIRECTS or not target:
                return Fetched(address, str(url), answer.status, answer.media_type, answer.content, answer.headers)
            url = _checked(_joined(url, target), allowed or Allowed())
    raise FetchError(
        f"{_shown(address)} redirects more than {MOST_REDIRECTS} times; open it in a browser and use the address that "
        "it ends at.",
        "broken",
    )


def agent(site_url: str = "") -> str:
    """How Goodways names itself to other servers."""
    return f"Goodways/{_version()}" + (f" (+{site_url})" if site_url.startswith(("http://", "https://")) else "")


def _once(
    pool: httpcore.ConnectionPool, url: httpx.URL, method: str, headers: dict[str, str], most: int, deadline: float
) -> Fetched:
    """One answer, as it is; a redirect without its content."""
    shown = _shown(str(url))
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    own: list[tuple[bytes | str, bytes | str]] = [("Host", url.netloc), *headers.items()]
    try:
        with pool.stream(method, target, headers=own, extensions={"timeout": _timeouts(deadline)}) as response:
            found = _headers(response.headers)
            media_type = found.get("content-type", "").partition(";")[0].strip().lower()
            content = b""
            if response.status not in _REDIRECTS and method == "GET":
                content = _content(response.iter_stream(), found, most, shown)
            return Fetched(str(url), str(url), response.status, media_type, content, found)
    except FetchError:
        raise
    except httpcore.TimeoutException as error:
        raise FetchError(f"{shown} did not answer in time; try again later.", "slow") from error
    except (httpcore.ProtocolError, zlib.error) as error:
        raise FetchError(f"The answer of {shown} broke off or is damaged; try again later.", "broken") from error
    except (httpcore.NetworkError, OSError, ValueError) as error:
        raise FetchError(f"{shown} cannot be reached ({_why(error)}); check the address.", "unreachable") from error


def _content(pieces: Iterable[bytes], headers: dict[str, str], most: int, shown: str) -> bytes:
    """The content, unpacked; never more of it in memory than may be."""
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise _too_large(shown, most)
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(f"{shown} sends its content packed as {encoding[:20]}, which is not read here.", "broken")
    packed = encoding not in ("", "identity")
    body, received = bytearray(), 0
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
    for piece in pieces:
        received += len(piece)
        if received > most:
            raise _too_large(shown, most)
        body += unpack.decompress(piece, most - len(body) + 1) if packed else piece
        if len(body) > most:
            raise _too_large(shown, most)
    if packed and received and not unpack.eof:
        raise FetchError(f"The answer of {shown} broke off; try again later.", "broken")
    return bytes(body)


def _too_large(shown: str, most: int) -> FetchError:
    return FetchError(f"{shown} has more than {most / 1_000_000:g} MB, the most that is fetched.", "large")


def _checked(address: str, allowed: Allowed) -> httpx.URL:
    """An address that may be asked, as far as it says itself; where its name leads is seen when connecting."""
    try:
        url = httpx.URL(address.strip()).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise FetchError(
            f"{_shown(address)} is not a web address; write it whole, with https://.", "refused"
        ) from error
    if url.scheme not in _PORTS or not _HOST.fullmatch(url.raw_host) or len(address) > _LONGEST_ADDRESS:
        raise FetchError(f"{_shown(address)} is not a web address; write it whole, with https://.", "refused")
    if url.userinfo:
        raise FetchError("An address with a user name or a password in it is not fetched; leave them out.", "refused")
    port = url.port or _PORTS[url.scheme]
    if port not in _PORTS.values() and (url.host.casefold(), port) not in allowed.places:
        raise FetchError(f"{_shown(address)} is on port {port}; only the usual ports 80 and 443 are asked.", "refused")
    return url


def _joined(url: httpx.URL, target: str) -> str:
    try:
        return str(url.join(target))
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(f"{_shown(str(url))} redirects to what is not a web address.", "broken") from error


class _Backend(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and lets nothing go on beyond the deadline."""

    def __init__(self, deadline: float, allowed: Allowed) -> None:
        self._deadline, self._allowed = deadline, allowed
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002  (what is left until the deadline counts)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first of a host's addresses that answers."""
        problem: Exception = OSError("it has no address")
        for address in self._addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(address, port, _left(self._deadline), local_address, socket_options)
            except httpcore.NetworkError as error:
                problem = error
            else:
                return _Stream(stream, self._deadline)
        raise problem

    def _addresses(self, host: str, port: int) -> list[str]:
        """Where a name leads, within the time that is left: the system's resolver knows no limit of its own."""
        resolve = _any_addresses if (host.casefold(), port) in self._allowed.places else outer_addresses
        found: list[str] = []
        problems: list[Exception] = []

        def ask() -> None:
            try:
                found.extend(resolve(host, port))
            except (OSError, ValueError) as error:
                problems.append(error)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(_left(self._deadline))
        if problems:
            raise problems[0]
        if asking.is_alive():
            raise httpcore.ConnectTimeout("its name is not found in time")
        return found


class _Stream(httpcore.NetworkStream):
    """A connection of which every step ends at the deadline: a server that sends a byte a second gains nothing."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """What has come."""
        return self._stream.read(min(max_bytes, _PIECE), _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send."""
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        """End it."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """The same, encrypted; the certificate must be that of the name."""
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._stream.get_extra_info(info)


def _any_addresses(host: str, port: int) -> list[str]:
    return sorted({str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})


def _left(deadline: float) -> float:
    """Seconds until the deadline.

    Raises:
        httpcore.ReadTimeout: there are none.

    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left


def _timeouts(deadline: float) -> dict[str, float]:
    return dict.fromkeys(("connect", "read", "write", "pool"), _left(deadline))


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    def decoded() -> Iterator[tuple[str, str]]:
        for name, value in pairs:
            yield name.decode("latin-1").lower(), value.decode("utf-8", "replace")

    return {name: value for name, value in decoded() if not name.startswith("set-cookie")}


def _shown(address: str) -> str:
    """An address as it may stand in a message: without user, password and query, and short."""
    plain = address.split("?", 1)[0].split("#", 1)[0]
    scheme, slashes, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    shown = scheme + slashes + host.rpartition("@")[2] + slash + path
    shown = "".join(char if char.isprintable() else " " for char in shown)
    return shown[:100] + ("…" if len(shown) > 100 else "")


def _why(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "there is no such name"
    return str(error).splitlines()[0][:100] if str(error) else "no answer"


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


@cache
def _version() -> str:
    return version("goodways")
