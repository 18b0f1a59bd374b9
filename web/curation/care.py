"""Pages for looking after records: what curators should look at, and for everybody what is missing."""

from datetime import date
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from rdflib import URIRef

from kg import GoodwaysError
from kg.desk import State
from kg.records import DESK, Act

from ..accounts import Person, Role, need, posted
from ..pages import reader_language
from ..problems import ProblemError
from ..site import Site
from ..templates import page
from .care_view import TABS, care_view
from .gaps_view import gaps_view
from .publishing import Office, edit, publish_fields

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_MOST_PAGES = 10_000
_STILL_RIGHT = "The source was looked at and still says what the record says."


@router.get("/desk/care")
def care(request: Request) -> Response:
    """What curators should look at: links, what was not checked for long, incomplete, contradictory."""
    need(request, Role.CURATOR)
    asked = request.query_params
    tab = asked.get("tab", TABS[0])
    if tab not in TABS:
        raise ProblemError(404, f"There is no such list; there are {', '.join(TABS)}.")
    view = care_view(request.app.state.site, tab, _page(asked.get("page", "")), reader_language(request))
    said = {name: asked.get(name, "")[:200] for name in ("done", "noted")}
    return page(request, "care.html", **(view | said))


@router.post("/desk/care/checked")
async def checked(request: Request) -> Response:
    """Say that the source of a record was looked at today and still says what the record says."""
    person = need(request, Role.CURATOR)
    form = await posted(request)
    kind, _, record_id = form.one("record").partition("/")
    site: Site = request.app.state.site
    iri, _, _ = await run_in_threadpool(site.record, kind, record_id)
    published = await run_in_threadpool(mark_checked, request, iri, person)
    words = urlencode({"tab": "stale", "done" if published else "noted": f"{kind}/{record_id}"})
    return RedirectResponse(f"/desk/care?{words}", status_code=303)


@router.get("/desk/gaps")
def missing(request: Request) -> Response:
    """The map of what is missing: barriers by kind of stay, or by country."""
    asked = request.query_params
    choice = {name: asked.get(name, "")[:100] for name in ("by", "country", "stay", "under")}
    view = gaps_view(request.app.state.site, **choice, language=reader_language(request))
    return page(request, "care_gaps.html", **view)


def mark_checked(request: Request, iri: URIRef, person: Person) -> bool:
    """Publish a record with today as the day on which its source was checked, and nothing else changed.

    Returns:
        False where somebody is working on the record: then they are told in a comment, and nothing is changed.

    Raises:
        NotFoundError: there is no such record.
        InputError: it does not pass the checks, or was changed at this moment.

    """
    office = Office(request.app.state.site, request.app.state.desk)
    kind, record_id = iri.rsplit("/", 2)[1:]
    if others := office.desk.open_for(record_id):
        office.desk.comment(others.key, person.id, f"{_STILL_RIGHT} ({date.today().isoformat()})")
        return False
    draft = edit(office, kind, record_id, person)
    fields = draft.fields | {"checked": date.today().isoformat()}
    draft = office.desk.save(draft.key, fields, person.id, draft.number, note=_STILL_RIGHT).draft
    try:
        publish_fields(office, draft, Act(DESK, f"person-{person.id}", _STILL_RIGHT))
    except GoodwaysError:
        office.desk.move(draft.key, State.DISCARDED, person.id)
        raise
    office.desk.move(draft.key, State.PUBLISHED, person.id, note=_STILL_RIGHT)
    office.changed(draft, "checked the source", person)
    return True


def _page(text: str) -> int:
    """The number of a page; the first where it is none."""
    return min(max(int(text), 1), _MOST_PAGES) if text.isascii() and text.isdecimal() and len(text) < 7 else 1
