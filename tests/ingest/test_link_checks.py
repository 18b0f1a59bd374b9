"""Links of published records are looked at slowly and with manners, and none is called dead too soon."""

import json
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ingest.fetching import Allowed
from ingest.link_checks import AGAIN, BACK_OFF, LinkChecks, LinkKeeper, archived_copy, uses
from ingest.link_file import Kind, Link
from ingest.politeness import Robots, retry_after
from ingest.readers import RawRecord
from ingest.record import normalise
from kg import EmbeddedStore
from ontology import record_graph

START = datetime(2026, 11, 30, 9, tzinfo=UTC)
Records = Callable[..., dict[str, Any]]


class Clock:
    """Time that goes on only when somebody waits, or a test says so."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Handler(BaseHTTPRequestHandler):
    """Answers as its path says; notes what was asked, when, and how many asked at once."""

    def do_GET(self) -> None:
        server: Any = self.server
        with server.lock:
            server.inside += 1
            server.most = max(server.most, server.inside)
            server.heard.append((self.command, self.path, time.monotonic()))
            server.agents.add(self.headers["User-Agent"])
        status, headers, body = server.says(self.command, self.path)
        body = body.encode()
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
        with server.lock:
            server.inside -= 1

    do_HEAD = do_GET  # noqa: N815 (the base class calls it so)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


Answer = tuple[int, dict[str, str], str]


class Host:
    """A server on a free port."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.robots: Answer = (404, {}, "")
        self.pages: dict[str, Answer] = {}
        scheme = "https" if isinstance(server.socket, ssl.SSLSocket) else "http"
        self.place = f"127.0.0.1:{server.server_address[1]}"
        self.address = f"{scheme}://{self.place}"
        server.says = self.says

    def says(self, method: str, path: str) -> Answer:
        if path == "/robots.txt":
            return self.robots
        if path == "/no-head":
            return (405, {}, "") if method == "HEAD" else (200, {}, "there")
        return self.pages.get(path, (404, {}, ""))

    def asked(self, path: str = "") -> list[str]:
        """Methods with which a path was asked for, or all paths."""
        return [method if path else heard for method, heard, _ in self.server.heard if path in ("", heard)]


@contextmanager
def host(certificate: Path | None = None) -> Iterator[Host]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.lock, server.inside, server.most, server.heard, server.agents = threading.Lock(), 0, 0, [], set()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Host(server)
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def site() -> Iterator[Host]:
    with host() as made:
        yield made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def links_of(store: EmbeddedStore, record: Records) -> Callable[..., EmbeddedStore]:
    """A graph whose records have these sources."""

    def make(*addresses: str, **fields: Any) -> EmbeddedStore:
        for name in store.names():
            store.change({name: ()})
        for number, address in enumerate(addresses):
            made, findings = normalise(RawRecord("f", 1, record(id=f"r{number}", source=address, **fields)))
            assert made, findings
            store.change({record_graph(made.id): list(made.graph())})
        return store

    return make


@pytest.fixture
def checks_at(tmp_path: Path, clock: Clock) -> Callable[..., LinkChecks]:
    """What looks at links on these hosts, by the clock of the test."""

    def make(*hosts: Host, **options: Any) -> LinkChecks:
        allowed = Allowed.named(" ".join(host.place for host in hosts))
        return LinkChecks(tmp_path, allowed=allowed, **({"clock": clock, "wait": clock.wait} | options))

    return make


def only(checks: LinkChecks) -> Link:
    (link,) = checks.file.links()
    return link


def test_what_is_gone_moved_refused_unreached_and_good_is_told_apart(
    site: Host, clock: Clock, links_of: Any, checks_at: Any
) -> None:
    site.pages |= {
        "/good": (200, {}, "yes"), "/refused": (403, {}, ""), "/limited": (429, {}, ""), "/error": (500, {}, ""),
        "/old": (301, {"Location": "/new"}, ""), "/new": (200, {}, "here"), "/410": (410, {}, ""),
        "/closed": (302, {"Location": "/"}, ""), "/": (200, {}, "front"),
    }  # fmt: skip
    names = ("good", "no-head", "gone", "410", "refused", "limited", "error", "old", "closed")
    checks = checks_at(site)
    store = links_of(*(f"{site.address}/{name}" for name in names), f"{site.address.replace('http', 'https')}/tls")
    for _ in range(2):
        checks.check_some(store)
        clock.wait(3 * 86400)
    kinds = {link.address.rpartition("/")[2]: link.kind for link in checks.file.links()}
    assert kinds == {
        "good": Kind.GOOD, "no-head": Kind.GOOD, "gone": Kind.GONE, "410": Kind.GONE, "refused": Kind.REFUSED,
        "limited": Kind.REFUSED, "error": Kind.UNREACHED, "old": Kind.MOVED, "closed": Kind.FRONT,
        "tls": Kind.UNREACHED,
    }  # fmt: skip
    moved = next(link for link in checks.file.links() if link.kind is Kind.MOVED)
    assert moved.final == f"{site.address}/new"
    assert site.asked("/no-head") == ["HEAD", "GET"]
    assert site.asked("/refused")[:2] == ["HEAD", "GET"]
    assert site.server.agents == {next(iter(site.server.agents))}
    assert next(iter(site.server.agents)).startswith("Goodways/")


def test_a_certificate_that_is_not_good_is_told_from_a_host_that_is_not_there(
    tmp_path: Path, links_of: Any, checks_at: Any
) -> None:
    path = tmp_path / "own.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-keyout", path, "-out", tmp_path / "c.pem"], check=True, capture_output=True)
    path.write_text(path.read_text() + (tmp_path / "c.pem").read_text())
    with host(path) as secure:
        checks = checks_at(secure)
        checks.check_some(links_of(f"{secure.address}/page"))
    assert only(checks).kind is Kind.CERTIFICATE
    assert not secure.asked()


def test_a_link_is_dead_only_after_three_failures_on_two_days(
    site: Host, clock: Clock, links_of: Any, checks_at: Any
) -> None:
    store, checks = links_of(f"{site.address}/gone"), checks_at(site)
    seen = []
    for _ in range(3):
        checks.check_some(store)
        seen.append((only(checks).failures, only(checks).dead))
        clock.now = START + timedelta(hours=7 * len(seen))  # all on one day
    assert seen == [(1, False), (2, False), (3, False)]
    clock.now = START + timedelta(days=2)
    checks.check_some(store)
    assert (only(checks).failures, only(checks).dead) == (4, True)
    site.pages["/gone"] = (200, {}, "back")
    clock.now += BACK_OFF[3]
    checks.check_some(store)
    assert (only(checks).kind, only(checks).failures, only(checks).dead) == (Kind.GOOD, 0, False)


def test_what_fails_is_tried_again_later_and_later_and_what_is_good_after_a_month(
    site: Host, clock: Clock, links_of: Any, checks_at: Any
) -> None:
    store, checks = links_of(f"{site.address}/gone"), checks_at(site)
    waits = []
    for _ in range(6):
        checks.check_some(store)
        link = only(checks)
        assert link.due
        assert link.looked
        waits.append(link.due - link.looked)
        assert checks.check_some(store).looked == 0, "not before it is due"
        clock.now = link.due
    assert waits == [*BACK_OFF, BACK_OFF[-1]]
    site.pages["/gone"] = (200, {}, "")
    checks.check_some(store)
    link = only(checks)
    assert link.due
    assert link.looked
    assert link.due - link.looked == AGAIN


def test_a_server_that_says_retry_after_is_left_alone_for_so_long(
    site: Host, clock: Clock, links_of: Any, checks_at: Any
) -> None:
    site.pages |= {"/a": (503, {"Retry-After": "7200"}, ""), "/b": (200, {}, ""), "/c": (200, {}, "")}
    store, checks = links_of(*(f"{site.address}/{name}" for name in "abc")), checks_at(site)
    report = checks.check_some(store)
    assert (report.looked, report.left) == (1, 2)
    heard = len(site.asked())
    clock.wait(7000)
    assert checks.check_some(store).looked == 0
    assert len(site.asked()) == heard
    clock.wait(300)
    site.pages["/a"] = (200, {}, "")
    assert checks.check_some(store).looked == 3
    assert {link.kind for link in checks.file.links()} == {Kind.GOOD}


def test_robots_txt_is_obeyed_and_read_once_a_day(site: Host, clock: Clock, links_of: Any, checks_at: Any) -> None:
    site.robots = (200, {}, "User-agent: *\nDisallow: /private\n\nUser-agent: goodways\nDisallow: /not-you\n")
    site.pages |= dict.fromkeys(("/private", "/not-you", "/good"), (200, {}, ""))
    store = links_of(*(f"{site.address}/{name}" for name in ("private", "not-you", "good")))
    checks = checks_at(site)
    checks.check_some(store)
    kinds = {link.address.rpartition("/")[2]: link.kind for link in checks.file.links()}
    assert kinds == {"private": Kind.GOOD, "not-you": Kind.REFUSED, "good": Kind.GOOD}
    assert site.asked("/not-you") == []
    assert site.asked("/robots.txt") == ["GET"]
    clock.wait(AGAIN.total_seconds() + 60)
    checks.check_some(store)
    assert site.asked("/robots.txt") == ["GET", "GET"]


def test_a_host_that_cannot_say_what_it_wants_is_not_asked_for_pages(site: Host, links_of: Any, checks_at: Any) -> None:
    site.robots, site.pages["/page"] = (500, {}, ""), (200, {}, "")
    checks = checks_at(site)
    checks.check_some(links_of(f"{site.address}/page"))
    assert only(checks).kind is Kind.UNREACHED
    assert site.asked("/page") == []


def test_a_host_is_asked_one_thing_at_a_time_and_with_pauses_also_by_two_processes(
    site: Host, links_of: Any, checks_at: Any
) -> None:
    site.pages |= {f"/{n}": (200, {}, "") for n in range(6)}
    store = links_of(*(f"{site.address}/{n}" for n in range(6)))
    real = {"pause": 0.2, "clock": lambda: datetime.now(UTC), "wait": time.sleep}
    both = [threading.Thread(target=checks_at(site, **real).check_some, args=[store]) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    times = [at for _, _, at in site.server.heard]
    gaps = [after - before for before, after in pairwise(times)]
    assert len(gaps) >= 6
    assert min(gaps) > 0.15, gaps
    assert site.server.most == 1
    assert sorted(path for path in site.asked() if path != "/robots.txt") == [f"/{n}" for n in range(6)], "each once"


def test_what_was_seen_outlives_a_restart_and_links_that_are_no_longer_used_are_forgotten(
    site: Host, links_of: Any, checks_at: Any
) -> None:
    site.pages |= {"/a": (200, {}, ""), "/b": (200, {}, "")}
    checks_at(site).check_some(links_of(f"{site.address}/a", f"{site.address}/b"))
    heard = len(site.asked())
    again = checks_at(site)
    assert [link.kind for link in again.file.links()] == [Kind.GOOD, Kind.GOOD]
    assert again.check_some(links_of(f"{site.address}/a")).looked == 0
    assert [link.address for link in again.file.links()] == [f"{site.address}/a"]
    assert len(site.asked()) == heard


def test_inner_addresses_are_not_asked_whatever_a_record_says(site: Host, links_of: Any, checks_at: Any) -> None:
    checks = checks_at()  # nobody is allowed
    checks.check_some(links_of(f"{site.address}/page", "http://127.0.0.1/", "http://[::1]/x"))
    assert site.asked() == []
    assert {link.kind for link in checks.file.links()} <= {Kind.REFUSED, Kind.UNREACHED}
    assert len(checks.file.links()) == 3


def test_sources_further_sources_and_licences_are_links_with_the_day_of_their_check(links_of: Any) -> None:
    further = [{"url": "https://example.org/more", "language": "en", "checked": "2026-11-20"}]
    licence = "https://creativecommons.org/licenses/by/4.0/"
    store = links_of(
        "https://example.org/one", checked="2026-11-25", furtherSource=further, type="TrainingMaterial",
        materialType=["guide"], licence=licence,
    )  # fmt: skip
    assert {(use.address, use.field, use.checked) for use in uses(store)} == {
        ("https://example.org/one", "source", date(2026, 11, 25)),
        ("https://example.org/more", "furtherSource", date(2026, 11, 20)),
        (licence, "licence", date(2026, 11, 25)),
    }


def test_an_archived_copy_is_offered_by_date_and_the_archive_is_asked_only_where_that_is_switched_on(
    site: Host, clock: Clock, links_of: Any, checks_at: Any
) -> None:
    gone = f"{site.address}/gone"
    assert archived_copy(gone, date(2026, 11, 25)) == f"https://web.archive.org/web/20261125/{gone}"
    with host() as archive:
        kept = f"https://web.archive.org/web/20261120/{gone}"
        says = json.dumps({"archived_snapshots": {"closest": {"url": kept}}})
        archive.says = archive.server.says = lambda *_: (200, {}, says)
        store = links_of(gone, checked="2026-11-25")
        for asked, options in ((False, {}), (True, {"archive": f"{archive.address}/available"})):
            checks = checks_at(site, archive, **options)
            for _ in range(4):
                checks.check_some(store)
                clock.wait(8 * 86400)
            assert only(checks).dead
            assert only(checks).archived == (kept if asked else "")
            assert bool(archive.asked()) is asked
    assert "timestamp=20261125" in archive.asked()[0]


def test_the_keeper_works_in_the_background_survives_trouble_and_stops(
    site: Host, links_of: Any, checks_at: Any
) -> None:
    site.pages["/a"] = (200, {}, "")
    store = links_of(f"{site.address}/a")
    trouble = iter([True, False])

    @contextmanager
    def reading() -> Iterator[EmbeddedStore]:
        if next(trouble, False):
            raise RuntimeError
        yield store

    checks = checks_at(site, pause=0.01, clock=lambda: datetime.now(UTC), wait=time.sleep)
    keeper = LinkKeeper(checks, reading, every=0.05)
    keeper.start()
    deadline = time.monotonic() + 20
    while not checks.file.links() or only(checks).kind is not Kind.GOOD:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    keeper.stop(wait=10)
    assert not any(thread.name == "links" for thread in threading.enumerate())


def test_the_words_of_retry_after_and_robots_are_read_as_their_rfcs_say() -> None:
    assert retry_after("120", START) == timedelta(minutes=2)
    assert retry_after("Mon, 30 Nov 2026 10:00:00 GMT", START) == timedelta(hours=1)
    assert retry_after("Mon, 30 Nov 2020 10:00:00 GMT", START) == timedelta()
    assert retry_after("99999999999999", START) == timedelta(days=7)
    for nothing in ("", "soon", "-5", "1.5"):
        assert retry_after(nothing, START) is None
    robots = Robots("User-agent: *\nCrawl-delay: 30\nDisallow: /x\n", "Goodways/1 (+https://example.org)")
    assert (robots.delay, robots.allow("https://h/x/y"), robots.allow("https://h/z")) == (30.0, False, True)
    assert (Robots("", "Goodways/1").delay, Robots("<html>\x00", "Goodways/1").allow("https://h/")) == (0.0, True)
