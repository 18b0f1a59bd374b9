"""Drafts from other repositories, page by page: by OAI-PMH 2.0 and from DCAT catalogues.

A harvest that was stopped goes on where it was: what it knows is a `HarvestState`, a few words that fit into JSON. It
is handed out with each page, to be kept together with what was taken from that page. The next harvest asks for what has
changed since (OAI-PMH), or leaves out what has not (DCAT). Requests go through `ingest.fetching`.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from kg import InputError

from .fetching import Allowed, Fetched, FetchError, fetch
from .harvest_catalogues import read_catalogue
from .harvest_mapping import Fields, from_dublin_core, from_lom
from .politeness import retry_after
from .readers import RawRecord

MOST_PAGE = 20_000_000
"""Bytes of one page."""
MOST_PAGES = 50_000
"""Pages of a harvest; a list that is longer leads in a circle."""
_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_FORMS = {"oai_lom": from_lom, "lom": from_lom, "oai_dc": from_dublin_core}
_TIME_LIMIT = 60.0  # seconds for a page
_TRIES, _LONGEST_WAIT = 4, 120.0  # of a page; seconds between
_PATIENCE = 5.0  # seconds before another try where the server does not say
_RDF = "text/turtle,application/ld+json;q=0.9,application/rdf+xml;q=0.8"


@dataclass(frozen=True)
class HarvestState:
    """How far a harvest of one repository has got."""

    address: str
    """Of the OAI-PMH endpoint, or of the catalogue."""
    protocol: Literal["oai", "dcat"] = "oai"
    form: str = ""
    """The form of metadata (`metadataPrefix`); empty: LOM where there is one, else Dublin Core."""
    part: str = ""
    """Only this set of the repository; empty for all."""
    since: str = ""
    """Only what has changed since: the time at which the harvest before began, by the clock of the repository."""
    begun: str = ""
    """When this harvest began, by the same clock; empty before its first page."""
    token: str = ""
    """Where to go on: a resumption token, or the address of the next page."""
    done: bool = False
    pages: int = 0
    """Taken so far."""
    records: int = 0
    """Given so far."""
    deleted: int = 0
    """Told to be deleted so far."""

    def as_dict(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)

    @classmethod
    def read(cls, words: dict[str, Any]) -> "HarvestState":
        """From what `as_dict` gave; fields that are not known are left out."""
        known = {entry.name for entry in fields(cls)}
        return cls(**{name: value for name, value in words.items() if name in known})

    def again(self) -> "HarvestState":
        """The harvest after this one, which asks only for what has changed."""
        return HarvestState(self.address, self.protocol, self.form, self.part, since=self.begun or self.since)


@dataclass(frozen=True)
class Page:
    """What one step of a harvest has brought."""

    records: list[RawRecord]
    """Drafts; `file` is the address of the repository, `row` the number within the harvest."""
    state: HarvestState
    """To be kept with the records; the next step begins there."""
    deleted: list[str] = field(default_factory=list)
    """Identifiers of what the repository has taken back."""


def harvest(
    state: HarvestState, *, save: Callable[[HarvestState], object], allowed: Allowed | None = None, pause: float = 1.0
) -> Iterator[RawRecord]:
    """Drafts one after the other; the state is saved whenever all of a page have been taken.

    Args:
        state: where to begin.
        save: keeps a state.
        allowed: hosts that may be asked although they are inner ones.
        pause: seconds between pages.

    Raises:
        InputError: the repository cannot be reached, or does not speak the protocol.

    """
    for page in pages(state, allowed=allowed, pause=pause):
        yield from page.records
        save(page.state)


def pages(
    state: HarvestState,
    *,
    allowed: Allowed | None = None,
    pause: float = 1.0,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[Page]:
    """A harvest page by page, from a state to its end.

    Args:
        state: where to begin.
        allowed: hosts that may be asked although they are inner ones.
        pause: seconds between pages.
        wait: waits for seconds.

    Raises:
        InputError: the repository cannot be reached, or does not speak the protocol.

    """
    step = {"oai": _oai_page, "dcat": _dcat_page}[state.protocol]
    while not state.done:
        page = step(state, _Asker(allowed, wait))
        if page.state.pages > MOST_PAGES:
            raise InputError(f"The repository has more than {MOST_PAGES} pages; harvest it in parts.")
        yield page
        state = page.state
        if not state.done:
            wait(pause)


class _Asker:
    """Asks for a page, and again where the server says that it has no time."""

    def __init__(self, allowed: Allowed | None, wait: Callable[[float], object]) -> None:
        self._allowed, self._wait = allowed, wait

    def __call__(self, address: str, accept: str) -> Fetched:
        for tries_left in reversed(range(_TRIES)):
            answer, problem = self._once(address, accept)
            if answer and answer.status not in (429, 503):
                break
            said = retry_after(answer.headers.get("retry-after", ""), datetime.now(UTC)) if answer else None
            seconds = said.total_seconds() if said else _PATIENCE
            if not tries_left or seconds > _LONGEST_WAIT:
                raise problem or InputError("The repository has no time now; go on later, nothing is lost.")
            self._wait(seconds)
        assert answer is not None  # noqa: S101 (the loop ends with one)
        if answer.status >= 400:
            raise InputError(f"The repository answers with status {answer.status}; check its address.")
        return answer

    def _once(self, address: str, accept: str) -> tuple[Fetched | None, FetchError | None]:
        try:
            return fetch(address, most=MOST_PAGE, timeout=_TIME_LIMIT, allowed=self._allowed, accept=accept), None
        except FetchError as error:
            if error.reason not in ("slow", "unreachable", "broken"):
                raise
            return None, error


class _ProtocolError(InputError):
    """What a repository says in an `error` of OAI-PMH (section 3.6)."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(f"The repository refuses: {said or code}.")
        self.code = code


def _oai_page(state: HarvestState, ask: _Asker) -> Page:
    if not state.begun:
        state = _opened(state, ask)
    try:
        root = _asked(ask, state.address, _list_arguments(state))
    except _ProtocolError as error:
        if error.code == "noRecordsMatch":
            return Page([], replace(state, done=True, token="", pages=state.pages + 1))
        if error.code != "badResumptionToken" or not state.token:
            raise
        return _oai_page(replace(state, token=""), ask)  # the list begins anew
    listed = root.find(f"{_OAI}ListRecords")
    entries = [] if listed is None else listed.findall(f"{_OAI}record")
    records: list[RawRecord] = []
    deleted: list[str] = []
    for entry in entries:
        identifier = (entry.findtext(f"{_OAI}header/{_OAI}identifier") or "").strip()
        header, metadata = entry.find(f"{_OAI}header"), entry.find(f"{_OAI}metadata")
        if header is not None and header.get("status") == "deleted":
            deleted.append(identifier)
        elif identifier and metadata is not None:
            records.append(_raw(state, len(records), _FORMS[state.form](metadata, identifier)))
    token = "" if listed is None else (listed.findtext(f"{_OAI}resumptionToken") or "").strip()
    return Page(records, _after(state, token, len(records), len(deleted)), deleted)


def _opened(state: HarvestState, ask: _Asker) -> HarvestState:
    """With the time by the repository's clock, and the form of metadata that is best here."""
    said = _asked(ask, state.address, {"verb": "Identify"})
    now = (said.findtext(f"{_OAI}responseDate") or "").strip()
    days_only = (said.findtext(f"{_OAI}Identify/{_OAI}granularity") or "").strip() == "YYYY-MM-DD"
    listed = _asked(ask, state.address, {"verb": "ListMetadataFormats"})
    offered = [(node.text or "").strip() for node in listed.iter(f"{_OAI}metadataPrefix")]
    form = state.form or next((name for name in _FORMS if name in offered), "")
    if form not in _FORMS or form not in offered:
        raise InputError(f"The repository has none of the forms that are read here ({', '.join(_FORMS)}).")
    return replace(
        state, form=form, begun=now[:10] if days_only else now, since=state.since[: 10 if days_only else None]
    )


def _list_arguments(state: HarvestState) -> dict[str, str]:
    if state.token:
        return {"verb": "ListRecords", "resumptionToken": state.token}
    chosen = {"from": state.since, "set": state.part}
    return {"verb": "ListRecords", "metadataPrefix": state.form} | {name: word for name, word in chosen.items() if word}


def _asked(ask: _Asker, address: str, arguments: dict[str, str]) -> Element:
    """The answer to a request.

    Raises:
        InputError: it is none of OAI-PMH.

    """
    joined = f"{address}{'&' if '?' in address else '?'}{urlencode(arguments)}"
    answer = ask(joined, "text/xml,application/xml;q=0.9")
    try:
        root: Element = fromstring(answer.content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise InputError("This address does not answer in OAI-PMH (no XML that can be read); check it.") from error
    if root.tag != f"{_OAI}OAI-PMH":
        raise InputError("This address does not answer in OAI-PMH 2.0; check it.")
    error_said = root.find(f"{_OAI}error")
    if error_said is not None:
        raise _ProtocolError(error_said.get("code", ""), " ".join((error_said.text or "").split())[:200].rstrip("."))
    return root


def _dcat_page(state: HarvestState, ask: _Asker) -> Page:
    begun = state.begun or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    state = replace(state, begun=begun)
    answer = ask(state.token or state.address, _RDF)
    found = read_catalogue(answer)
    fresh = [one for one in found.datasets if not state.since or not one.modified or one.modified >= state.since[:10]]
    records = [_raw(state, number, one.fields) for number, one in enumerate(fresh)]
    return Page(records, _after(state, found.next, len(records), 0))


def _after(state: HarvestState, token: str, given: int, deleted: int) -> HarvestState:
    if token and token == state.token:
        raise InputError("The repository leads in a circle: it gives the same page again; tell its owner.")
    return replace(
        state, token=token, done=not token, pages=state.pages + 1, records=state.records + given,
        deleted=state.deleted + deleted,
    )  # fmt: skip


def _raw(state: HarvestState, number: int, data: Fields) -> RawRecord:
    return RawRecord(state.address, state.records + number + 1, data)
