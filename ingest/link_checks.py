"""Whether the links of published records still lead where they should, looked at slowly and with manners.

At most one request at a time, one every few seconds to a host; robots.txt (RFC 9309) and Retry-After (RFC 9110) are
obeyed; what fails is tried again after an hour, six hours, a day, three days, a week. A link is dead only after three
failures on two days at least. Nothing is changed in a record: a curator sees what is the matter and decides.
"""

import json
import logging
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode, urlsplit

from rdflib import URIRef
from rdflib.namespace import DCTERMS

from kg import GoodwaysError, Store
from ontology import GW, SCHEMA

from .fetching import Allowed, Fetched, FetchError, agent, fetch
from .link_file import FAILURES, TABLES, Kind, Link, LinkFile
from .politeness import Robots, host_of, retry_after, robots_address

FILE = "links.sqlite"
"""Name of the file in the data folder."""
PAUSE = 10.0
"""Seconds between two requests to a host, where it asks for no more."""
BACK_OFF = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72, 168))
AGAIN = timedelta(days=30)
"""When a link that is good is looked at again."""
_SOON = timedelta(days=2)  # when one that leads elsewhere is
_ROBOTS_KEPT = timedelta(days=1)
_LONGEST_STAND = 60.0  # seconds to wait for a host; what takes longer is left for another time
_TIME_LIMIT, _PAGE, _ROBOTS = 20.0, 2_000_000, 500_000  # seconds; bytes; bytes (RFC 9309, section 2.5)
_ARCHIVE = "https://archive.org/wayback/available"
_GONE, _REFUSED, _ASK_AGAIN = (404, 410), (401, 403, 407, 429, 451), (403, 404, 405, 410, 501)
_log = logging.getLogger("goodways")


@dataclass(frozen=True)
class Use:
    """Where a link stands."""

    address: str
    record: URIRef
    field: str
    """As in docs/record-format.md: `source`, `furtherSource` or `licence`."""
    checked: date | None
    """When the page was last looked at by a person."""


@dataclass
class Report:
    """What a round has shown."""

    looked: int = 0
    good: int = 0
    failed: int = 0
    refused: int = 0
    left: int = 0
    """Due, and left for another time, for its host wants to be left alone."""


def uses(store: Store) -> list[Use]:
    """Every link of published records."""
    found = [
        Use(str(row["a"]), URIRef(row["r"]), field, _day(row.get("checked")))
        for field, pattern in _PATTERNS.items()
        for row in store.select(f"SELECT ?r ?a ?checked {{ ?r a {GW.Record.n3()} . {pattern} }} ORDER BY ?a ?r")
    ]
    return [use for use in found if use.address.startswith(("http://", "https://"))]


def archived_copy(address: str, checked: date | None) -> str:
    """Where the Internet Archive has the page as it was on the day it was read; nobody is asked whether it has."""
    return (
        f"https://web.archive.org/web/{checked:%Y%m%d}/{address}"
        if checked
        else f"https://web.archive.org/web/{address}"
    )


class _LaterError(Exception):
    """A host is to be left alone for longer than anybody stands and waits."""

    def __init__(self, left: timedelta) -> None:
        super().__init__()
        self.left = left


class LinkChecks:
    """Looks at links, and remembers what it saw."""

    def __init__(
        self,
        data: Path,
        *,
        site_url: str = "",
        allowed: Allowed | None = None,
        pause: float = PAUSE,
        archive: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        """Open (and create) the file in a data folder.

        Args:
            data: the folder.
            site_url: named to the servers that are asked.
            allowed: hosts that may be asked although they are inner ones.
            pause: seconds between two requests to a host.
            archive: address that is asked for an archived copy of what is dead (`ARCHIVE`); by default nobody is.
            clock: what time it is, with its zone.
            wait: waits for seconds.

        Raises:
            DataFolderError: the file cannot be used.

        """
        self.file = LinkFile(data / FILE, TABLES)
        self._agent, self._site_url, self._allowed = agent(site_url), site_url, allowed
        self._pause, self._archive, self._clock, self._wait = pause, archive, clock, wait

    def due(self, now: datetime, most: int = 1_000_000) -> list[Link]:
        """Links that are to be looked at now, what waits longest first."""
        return self.file.due(now, most)

    def check_some(self, store: Store, most: int = 20, stop: Callable[[], bool] = lambda: False) -> Report:
        """Take in what records link to now, and look at what is due.

        Args:
            store: the graph.
            most: links to look at.
            stop: asked before each link whether to end here.

        """
        report = Report()
        days = {use.address: use.checked for use in uses(store)}
        self.file.take_in(days, self._now())
        for link in _mixed(self.due(self._now())):
            if stop() or report.looked >= most:
                break
            if not self.file.claim(link, self._now()):
                continue
            try:
                seen = self._with_copy(self._looked_at(link), days[link.address])
            except _LaterError as later:
                self.file.note(replace(link, due=self._now() + later.left))
                report.left += 1
                continue
            self.file.note(seen)
            report.looked += 1
            report.good += seen.kind in (Kind.GOOD, Kind.MOVED)
            report.failed += seen.kind in FAILURES
            report.refused += seen.kind is Kind.REFUSED
        return report

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC)

    def _wait_for_turn(self, address: str, pause: float | None = None) -> None:
        """Wait until the address's host may be asked.

        Raises:
            _LaterError: that takes too long.

        """
        while left := self.file.turn(host_of(address), self._now(), self._pause if pause is None else pause):
            if left > _LONGEST_STAND:
                raise _LaterError(timedelta(seconds=left))
            self._wait(left)

    def _looked_at(self, link: Link) -> Link:
        try:
            robots = self._robots(link.address)
            if not robots.allow(link.address):
                return self._judged(link, Kind.REFUSED, 0, "The site asks programs to stay away (robots.txt).")
            self._wait_for_turn(link.address, max(self._pause, robots.delay))
            slow = robots.delay > _LONGEST_STAND  # then there is one request, and it must tell
            answer = self._asked(link.address, "GET" if slow else "HEAD")
            if answer.status in _ASK_AGAIN and not slow:
                self._wait_for_turn(link.address)
                answer = self._asked(link.address, "GET")
        except FetchError as error:
            return self._failed(link, error)
        return self._answered(link, answer)

    def _asked(self, address: str, method: Literal["GET", "HEAD"]) -> Fetched:
        return fetch(
            address, most=_PAGE, timeout=_TIME_LIMIT, allowed=self._allowed, site_url=self._site_url,
            method=method,
        )  # fmt: skip

    def _robots(self, address: str) -> Robots:
        """What the host wants; a host without the file wants nothing (RFC 9309, section 2.3.1.3)."""
        place, now = robots_address(address), self._now()
        text = self.file.robots(place, now - _ROBOTS_KEPT)
        if text is None:
            self._wait_for_turn(address)
            answer = fetch(
                place, most=_ROBOTS, timeout=_TIME_LIMIT, allowed=self._allowed, site_url=self._site_url,
                accept="text/plain,*/*;q=0.5",
            )  # fmt: skip
            if answer.status >= 500 or answer.status == 429:
                self._obey(answer)
                raise FetchError(f"The server says that it cannot answer now (status {answer.status}).", "broken")
            text = answer.content.decode("utf-8", "replace") if answer.status < 300 else ""
            self.file.keep_robots(place, text, now)
        return Robots(text, self._agent)

    def _obey(self, answer: Fetched) -> timedelta | None:
        """Leave a host alone for as long as it says."""
        left = retry_after(answer.headers.get("retry-after", ""), self._now()) if answer.status in (429, 503) else None
        if left:
            self.file.leave_alone(host_of(answer.address), self._now() + left)
        return left

    def _answered(self, link: Link, answer: Fetched) -> Link:
        status = answer.status
        waits = self._obey(answer)
        if status in _GONE:
            seen = self._judged(link, Kind.GONE, status, "The server says that there is no such page.")
        elif status in _REFUSED:
            seen = self._judged(link, Kind.REFUSED, status, f"The server does not answer programs (status {status}).")
        elif status >= 400 or status < 200:
            seen = self._judged(link, Kind.UNREACHED, status, f"The server answers with an error (status {status}).")
        else:
            seen = self._arrived(link, answer)
        return replace(seen, due=max(seen.due, self._now() + waits)) if waits and seen.due else seen

    def _arrived(self, link: Link, answer: Fetched) -> Link:
        final = "" if _same(answer.final, link.address) else answer.final
        if final and _is_front(final) and not _is_front(link.address):
            return self._judged(
                link, Kind.FRONT, answer.status, "It leads to a front page, not to the page itself.", final
            )
        today = self._now().date()
        since = link.final_since if final and final == link.final else today if final else None
        moved = bool(final) and since is not None and since < today
        words = "It has moved to another address." if moved else ""
        seen = self._judged(link, Kind.MOVED if moved else Kind.GOOD, answer.status, words, final)
        return replace(seen, final_since=since, due=self._now() + (_SOON if final and not moved else AGAIN))

    def _failed(self, link: Link, error: FetchError) -> Link:
        if error.reason == "large":
            return self._judged(link, Kind.GOOD, 200, "")
        if error.reason == "refused":
            return self._judged(link, Kind.REFUSED, 0, str(error))
        if _is_certificate(error):
            return self._judged(link, Kind.CERTIFICATE, 0, "The certificate of the server is not good.")
        return self._judged(link, Kind.UNREACHED, 0, str(error))

    def _judged(self, link: Link, kind: Kind, status: int, note: str, final: str = "") -> Link:
        now = self._now()
        failures = link.failures + 1 if kind in FAILURES else 0
        first = (link.first_failed or now.date()) if failures else None
        due = now + (BACK_OFF[min(failures, len(BACK_OFF)) - 1] if failures else AGAIN)
        return replace(
            link, kind=kind, looked=now, status=status, failures=failures, first_failed=first, due=due, final=final,
            final_since=None, note=note, archived=link.archived if failures else "",
        )  # fmt: skip

    def _with_copy(self, link: Link, checked: date | None) -> Link:
        """With the archive's own copy, where it may be asked and the link is dead."""
        if not self._archive or not link.dead or link.archived:
            return link
        asked = {"url": link.address} | ({"timestamp": f"{checked:%Y%m%d}"} if checked else {})
        try:
            self._wait_for_turn(self._archive)
            answer = fetch(f"{self._archive}?{urlencode(asked)}", allowed=self._allowed, site_url=self._site_url)
            found = json.loads(answer.content)["archived_snapshots"]["closest"]["url"]
        except (_LaterError, FetchError, ValueError, LookupError, TypeError):
            return link  # the archive has none, or is not to be had
        good = isinstance(found, str) and found.startswith(("http://web.archive.org/", "https://web.archive.org/"))
        return replace(link, archived=found) if good else link


class LinkKeeper:
    """Looks at links in the background, a few at a time, until it is stopped."""

    def __init__(
        self, checks: LinkChecks, reading: Callable[[], AbstractContextManager[Store]], every: float = 60.0
    ) -> None:
        """Ready to start.

        Args:
            checks: what looks.
            reading: opens the graph as it is now.
            every: seconds between rounds.

        """
        self._checks, self._reading, self._every = checks, reading, every
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="links", daemon=True)

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self, wait: float = 0.0) -> None:
        """End after the link at hand.

        Args:
            wait: seconds to wait for that.

        """
        self._end.set()
        if wait:
            self._thread.join(wait)

    def _work(self) -> None:
        while not self._end.is_set():
            try:
                with self._reading() as store:
                    self._checks.check_some(store, stop=self._end.is_set)
            except GoodwaysError as error:
                _log.warning("Links are not looked at for now: %s", error)
            except Exception:  # whatever it is, the site goes on, and it is tried again
                _log.exception("A round of looking at links broke off.")
            self._end.wait(self._every)


ARCHIVE = _ARCHIVE
"""The availability service of the Internet Archive."""


def _mixed(links: list[Link]) -> Iterator[Link]:
    """One of each host in turn, so that nobody is asked twice while others wait."""
    by_host: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_host[host_of(link.address)].append(link)
    for row in zip_longest(*by_host.values()):
        yield from (link for link in row if link is not None)


def _same(one: str, other: str) -> bool:
    """Whether two addresses are the same but for their fragment and a slash at the end."""
    return one.partition("#")[0].rstrip("/") == other.partition("#")[0].rstrip("/")


def _is_front(address: str) -> bool:
    parts = urlsplit(address)
    return parts.path in ("", "/") and not parts.query


def _is_certificate(error: BaseException) -> bool:
    """Whether a certificate was refused, somewhere down the causes of an error."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)[:10]) if value else None


_SOURCE, _LICENCE, _FURTHER = DCTERMS.source.n3(), DCTERMS.license.n3(), GW.furtherSource.n3()
_PATTERNS = {
    "source": f"?r {_SOURCE} ?a OPTIONAL {{ ?r {GW.checked.n3()} ?checked }}",
    "furtherSource": f"?r {_FURTHER} ?f . ?f {SCHEMA.url.n3()} ?a OPTIONAL {{ ?f {GW.checked.n3()} ?checked }}",
    "licence": f"?r {_LICENCE} ?a OPTIONAL {{ ?r {GW.checked.n3()} ?checked }}",
}
