"""A record's history for those who look after it: who did what and why; any two versions compared; back to one."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from rdflib import URIRef
from rdflib.namespace import DCTERMS

from ingest.unpack import fields_of
from kg import DataFolderError, InputError, NotFoundError
from kg.history import Event, history, version_graph
from kg.terms import by_language

from ..accounts import Form, Person, Role, need, posted
from ..headings import heading
from ..pages import LANGUAGE, reader_language
from ..problems import ProblemError
from ..site import Site, Text, best, iri_of, text
from ..templates import page
from . import publishing
from .differences import Fields, differences
from .office import office_of
from .publishing import may_see
from .words import agent_name, moment

MOST_WHY = 2000
KINDS = ("practice", "material", "organisation", "event", "policy", "promoter")
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/desk/history/{kind}/{record_id}")
def record_history(request: Request, kind: str, record_id: str) -> Response:
    """Everything that happened to a record, also to one that is withdrawn."""
    person = need(request, Role.CONTRIBUTOR)
    return _page(request, kind, record_id, person, done=request.query_params.get("done", ""))


@router.post("/desk/history/{kind}/{record_id}")
async def change(request: Request, kind: str, record_id: str) -> Response:
    """Restore an earlier version, or withdraw the record."""
    person = need(request, Role.CONTRIBUTOR)
    form = await posted(request)
    return await run_in_threadpool(_change, request, kind, record_id, person, form)


@router.get("/desk/history/{kind}/{record_id}/difference")
def difference(request: Request, kind: str, record_id: str) -> Response:
    """What changed between two versions of a record."""
    need(request, Role.CONTRIBUTOR)
    site: Site = request.app.state.site
    iri, events = _events(site, kind, record_id)
    one, other = sorted(_chosen(request, events))
    changes = differences(site, _fields(site, iri, one), _fields(site, iri, other), LANGUAGE, reader_language(request))
    between = [_row(request, event) for event in events if one < event.number <= other]
    return page(
        request,
        "desk_difference.html",
        title=_title(site, iri, events),
        back=f"/desk/history/{kind}/{record_id}",
        back_to="history",
        unit="version",
        one=one,
        other=other,
        changes=changes,
        between=between,
    )


def _change(request: Request, kind: str, record_id: str, person: Person, form: Form) -> Response:
    office, do, why = office_of(request), form.one("do"), form.one("why").strip()
    try:
        if len(why) > MOST_WHY:
            raise ProblemError(422, f"At most {MOST_WHY} characters fit here; this is more.")
        if do == "restore":
            publishing.restore(office, kind, record_id, _number(form.one("version")), person, why)
        elif do == "withdraw":
            publishing.take_down(office, kind, record_id, person, why)
        else:
            raise ProblemError(422, "Press one of the buttons of this page.")
    except (InputError, ProblemError, DataFolderError) as error:
        status = error.status if isinstance(error, ProblemError) else 503 if isinstance(error, DataFolderError) else 422
        said = error.finding.message if isinstance(error, InputError) else str(error)
        return _page(request, kind, record_id, person, status, error=said, failed=do, typed=form)
    return RedirectResponse(f"/desk/history/{kind}/{record_id}?{urlencode({'done': do})}", 303)


def _page(request: Request, kind: str, record_id: str, person: Person, status: int = 200, **said: Any) -> Response:
    office = office_of(request)
    iri, events = _events(office.site, kind, record_id)
    kept = [event.number for event in events if event.kept]
    draft = office.desk.open_for(record_id)
    given: dict[str, Any] = {"done": "", "error": "", "failed": "", "typed": Form([])}
    return page(
        request,
        "desk_history.html",
        status,
        **given
        | {
            "kind": kind,
            "kind_label": heading(f"kind.{kind}", LANGUAGE),
            "id": record_id,
            "title": _title(office.site, iri, events),
            "rows": [_row(request, event) for event in reversed(events)],
            "is_published": any(event.current for event in events),
            "numbers": list(dict.fromkeys(kept)),
            "earlier": list(dict.fromkeys(e.number for e in events if e.kept and not e.current)),
            "may_change": person.role >= Role.EDITOR,
            "draft": draft.key if draft and may_see(office.desk, draft, person) else "",
        }
        | said,
    )


def _events(site: Site, kind: str, record_id: str) -> tuple[URIRef, list[Event]]:
    """A record's IRI and everything that happened to it.

    Raises:
        NotFoundError: there never was such a record.

    """
    iri = iri_of(kind, record_id)
    events = history(site.searcher.store, iri) if kind in KINDS else []
    if not events:
        raise NotFoundError(f"There never was a {kind} {record_id} here; look at how its address is written.")
    return iri, events


def _row(request: Request, event: Event) -> dict[str, Any]:
    return {
        "what": event.what.value,
        "number": event.number,
        "when": moment(event.when, LANGUAGE),
        "who": agent_name(request, event.agent),
        "reviewer": agent_name(request, event.reviewer),
        "why": event.why,
        "source": event.source,
        "restored": event.restored,
        "current": event.current,
        "kept": event.kept,
    }


def _chosen(request: Request, events: list[Event]) -> tuple[int, int]:
    kept = {event.number for event in events if event.kept}
    one, other = (_number(request.query_params.get(name, "")) for name in ("one", "other"))
    for number in (one, other):
        if number not in kept:
            raise NotFoundError(f"There is no text of version {number} here; choose two versions of the list.")
    return one, other


def _fields(site: Site, iri: URIRef, number: int) -> Fields:
    graph = version_graph(site.searcher.store, iri, number)
    return fields_of(graph, iri) if graph is not None else {}


def _title(site: Site, iri: URIRef, events: list[Event]) -> Text:
    """The title of the newest version whose text is there."""
    for event in reversed(events):
        graph = version_graph(site.searcher.store, iri, event.number) if event.kept else None
        if graph is not None and (titles := by_language(graph, iri, DCTERMS.title)):
            return best(titles, LANGUAGE)
    return text(iri.rpartition("/")[2], "")


def _number(given: str) -> int:
    """The number of a version; 0, which no version has, where it is none."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0
