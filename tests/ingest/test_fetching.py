"""A page that a stranger names is fetched from the open internet only, and has an end in size and time."""

import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ingest.fetching import MOST_REDIRECTS, Allowed, FetchError, agent, fetch
from kg import InputError
from kg.addresses import is_outer

INNER = [
    "127.0.0.1", "localhost", "localhost.", "0.0.0.0", "0", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254",  # noqa: S104
    "[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "100.64.0.1", "2130706433", "0x7f000001",
    "0177.0.0.1", "127.1", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "192.88.99.1", "[ff02::1]", "[2001:0:7f00:1::]",
]  # fmt: skip


BOMB = gzip.compress(bytes(100_000_000), 9)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    heard: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        name, _, target = self.path[1:].partition("?")
        getattr(self, f"do_{name}", self.do_page)(target)

    def do_HEAD(self) -> None:
        self.heard.append((self.path, {}))
        self.send_response(200)
        self.send_header("Content-Length", "99999999999")
        self.end_headers()

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for header, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(header.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_page(self, _: str) -> None:
        self.answer(b"<p>x", Content_Type="Text/HTML; charset=utf-8", Set_Cookie="a=b")

    def do_missing(self, _: str) -> None:
        self.answer(b"no", 404)

    def do_to(self, target: str) -> None:
        self.answer(b"", 302, Location=target)

    def do_again(self, target: str) -> None:
        self.answer(b"", 302, Location=f"/again?{int(target) + 1}")

    def do_packed(self, _: str) -> None:
        self.answer(gzip.compress(b"unpacked"), Content_Encoding="gzip")

    def do_bomb(self, _: str) -> None:
        self.answer(BOMB, Content_Encoding="gzip")

    def do_cut(self, _: str) -> None:
        self.close_connection = True
        self.answer(b"half", Content_Length="1000")

    def do_surplus(self, _: str) -> None:
        self.close_connection = True
        self.answer(b"four and more", Content_Length="4")

    def do_announced(self, _: str) -> None:
        self.close_connection = True
        self.answer(b"", Content_Length="99999999999")

    def do_torn(self, _: str) -> None:
        body = gzip.compress(b"whole" * 1000)[:-12]
        self.answer(body, Content_Encoding="gzip")

    def do_odd(self, _: str) -> None:
        self.answer(b"x", Content_Encoding="br")

    def do_endless(self, _: str) -> None:
        self.close_connection = True
        self.send_response(200)
        self.end_headers()
        self.drip(bytes(100_000), 0.0)

    def do_slow(self, _: str) -> None:
        self.close_connection = True
        self.send_response(200)
        self.end_headers()
        self.drip(b"x", 0.05)

    def do_slow_header(self, _: str) -> None:
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        self.drip(b"x", 0.05)

    def drip(self, piece: bytes, pause: float) -> None:
        end = time.monotonic() + 10
        try:
            while time.monotonic() < end:
                self.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    Handler.heard = []
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()


@pytest.fixture
def site(server: ThreadingHTTPServer) -> str:
    Handler.heard.clear()
    return f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def let_in(server: ThreadingHTTPServer) -> Allowed:
    return Allowed.named(f"127.0.0.1:{server.server_port}")


def refused(address: str, allowed: Allowed | None = None, **given: Any) -> FetchError:
    with pytest.raises(FetchError) as raised:
        fetch(address, allowed=allowed, **given)
    assert "\n" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("host", INNER)
def test_an_inner_address_is_refused_however_it_is_written(host: str) -> None:
    assert refused(f"http://{host}/", timeout=5).reason in ("refused", "unreachable")


@pytest.mark.parametrize("number", ["93.184.215.14", "2606:2800:21f:cb07::1", "1.1.1.1"])
def test_a_public_address_is_outer(number: str) -> None:
    assert is_outer(number)


def test_nothing_is_sent_to_a_server_on_this_machine_that_was_not_let_in(site: str) -> None:
    port = int(site.rpartition(":")[2])
    assert refused(f"{site}/page").reason == "refused"
    assert refused(f"{site}/page", Allowed.named(f"example.org:{port}")).reason == "refused"
    assert Handler.heard == []


def test_a_name_that_leads_inside_is_refused_even_if_it_also_leads_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for found in (["10.0.0.5"], ["93.184.215.14", "127.0.0.1"]):
        entries = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in found]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, entries=entries, **__: entries)
        assert "inner address" in str(refused("http://pages.example.org/"))


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads outside when it is looked at and inside a moment later gains nothing."""
    asked: list[Any] = []
    opened: list[Any] = []
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **named: Any) -> Any:
        if str(host)[0].isdigit():
            return real(host, *rest, **named)
        asked.append(host)
        address = "93.184.215.14" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]

    def connect(address: Any, *_: Any, **__: Any) -> Any:
        opened.append(address)
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    assert refused("http://rebinding.example.org/").reason == "unreachable"
    assert opened == [("93.184.215.14", 80)]
    assert asked == ["rebinding.example.org"]


@pytest.mark.parametrize(
    "address",
    ["ftp://example.org/x", "file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)", "data:text/html,x",
     "", "example.org", "//example.org/x", "http://", "http:///x", "https://example.org:22/", "http://example.org:99999/",
     "http://me:secret@example.org/", "http://secret@example.org/", "https://example.org/" + "x" * 5000, "http://a b/",
     "http://[::1", "http://exa\nmple.org/"],
)  # fmt: skip
def test_what_is_not_the_address_of_a_public_page_is_refused_before_anything_is_asked(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a name was asked for"))
    error = refused(address)
    assert error.reason == "refused"
    assert "secret" not in str(error)


def test_a_page_comes_with_its_type_and_without_cookies(site: str, let_in: Allowed) -> None:
    got = fetch(f"{site}/page?a=b#part", allowed=let_in, site_url="https://goodways.example.org")
    assert (got.status, got.media_type, got.content) == (200, "text/html", b"<p>x")
    assert got.headers["content-type"] == "Text/HTML; charset=utf-8"
    assert "set-cookie" not in got.headers
    assert got.final == f"{site}/page?a=b"
    ((path, sent),) = Handler.heard
    assert path == "/page?a=b"
    assert sent["host"] == site.removeprefix("http://")
    assert sent["user-agent"] == agent("https://goodways.example.org")
    assert "https://goodways.example.org" in sent["user-agent"]
    assert not {"cookie", "authorization", "referer"} & sent.keys()


def test_another_status_is_given_back_and_no_error(site: str, let_in: Allowed) -> None:
    assert fetch(f"{site}/missing", allowed=let_in).status == 404


def test_a_head_asks_for_no_content(site: str, let_in: Allowed) -> None:
    got = fetch(f"{site}/page", allowed=let_in, method="HEAD")
    assert (got.status, got.content) == (200, b"")


def test_redirects_are_followed_to_their_end(site: str, let_in: Allowed) -> None:
    got = fetch(f"{site}/to?/to?/page", allowed=let_in)
    assert (got.address, got.final, got.content) == (f"{site}/to?/to?/page", f"{site}/page", b"<p>x")


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1/", "http://localhost:80/", "//169.254.169.254/latest/meta-data", "http://[::1]/", "file:///etc/passwd",
     "http://me:secret@127.0.0.1/", "http://2130706433/", "http://127.0.0.1:22/"],
)  # fmt: skip
def test_a_redirect_to_the_inside_is_not_followed(target: str, site: str, let_in: Allowed) -> None:
    assert refused(f"{site}/to?{target}", let_in).reason in ("refused", "unreachable")
    assert [path for path, _ in Handler.heard] == [f"/to?{target}"]


def test_redirects_have_an_end(site: str, let_in: Allowed) -> None:
    assert "redirects more than" in str(refused(f"{site}/again?0", let_in))
    assert len(Handler.heard) == MOST_REDIRECTS + 1


def test_packed_content_is_unpacked(site: str, let_in: Allowed) -> None:
    assert fetch(f"{site}/packed", allowed=let_in).content == b"unpacked"


def test_a_bomb_is_left_as_soon_as_it_is_too_large(site: str, let_in: Allowed) -> None:
    tracemalloc.start()
    try:
        assert refused(f"{site}/bomb", let_in, timeout=30, most=1_000_000).reason == "large"
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("path", ["announced", "endless"])
def test_what_is_too_large_is_not_read_to_its_end(path: str, site: str, let_in: Allowed) -> None:
    started = time.monotonic()
    assert refused(f"{site}/{path}", let_in, most=1_000_000).reason == "large"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("path", ["slow", "slow_header"])
def test_a_server_that_sends_a_byte_at_a_time_is_left_when_the_time_is_over(
    path: str, site: str, let_in: Allowed
) -> None:
    started = time.monotonic()
    assert refused(f"{site}/{path}", let_in, timeout=0.7).reason == "slow"
    assert time.monotonic() - started < 3


def test_a_resolver_that_does_not_answer_is_left_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(5))
    started = time.monotonic()
    assert refused("http://slow.example.org/", timeout=0.5).reason == "slow"
    assert time.monotonic() - started < 3


def test_a_name_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(*_: Any, **__: Any) -> Any:
        raise socket.gaierror("no")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert "there is no such name" in str(refused("http://nowhere.example.org/"))


@pytest.mark.parametrize("path", ["cut", "torn", "odd"])
def test_an_answer_that_breaks_off_is_no_page(path: str, site: str, let_in: Allowed) -> None:
    assert refused(f"{site}/{path}", let_in).reason == "broken"


def test_what_is_sent_beyond_the_announced_length_is_left(site: str, let_in: Allowed) -> None:
    assert fetch(f"{site}/surplus", allowed=let_in).content == b"four"


@pytest.mark.parametrize("text", ["example.org", "example.org:x", ":80"])
def test_a_place_that_is_let_in_has_a_port(text: str) -> None:
    with pytest.raises(InputError, match="host with a port"):
        Allowed.named(text)
