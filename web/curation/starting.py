"""Where a record begins: from a link, from a document, empty, from one that is published, or from a copy."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ingest.documents import read_document
from ingest.fetching import Allowed
from ingest.unpack import fields_of
from kg import InputError
from kg.desk import Draft
from ontology import RECORD_TYPES

from ..accounts import Form, Person, Role, Upload, need, posted, posted_files
from ..problems import ProblemError
from ..site import Site
from ..templates import page
from .drafting import MOST_PAGES, READING, DraftSuggestion, draft_from, draft_from_link
from .form import known_languages
from .form_fields import Widget, all_fields
from .form_reading import Fields
from .office import office_of
from .publishing import Office, edit, may_see

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
MOST_BYTES = 100_000_000
"""Of a document."""
NOT_COPIED = frozenset((
    "id", "source", "checked", "verified", "certainty", "published", "start", "end", "figure", "furtherSource",
    "projectReference", "text", "outcome", "evidence", "validatedBy", "whyItMatters",
))  # fmt: skip
"""What belongs to one record alone: its address, its sources and dates, and what came of it."""


@router.get("/desk/new")
def new_page(request: Request) -> Response:
    """The ways to begin."""
    need(request, Role.CONTRIBUTOR)
    return _page(request, _given(request.query_params.multi_items()), {})


@router.post("/desk/new")
async def begin(request: Request) -> Response:
    """Begin a draft, and go on to its form."""
    person = need(request, Role.CONTRIBUTOR)
    form, files = await posted_files(request, MOST_BYTES)
    return await run_in_threadpool(_begin, request, person, form, files)


@router.post("/desk/edit/{kind}/{record_id}")
async def begin_to_edit(request: Request, kind: str, record_id: str) -> Response:
    """The open draft of a published record, or a new one; `into` goes on to a translation."""
    person = need(request, Role.CONTRIBUTOR)
    form = await posted(request)
    office = office_of(request)
    draft = await run_in_threadpool(edit, office, kind, record_id, person)
    if not await run_in_threadpool(may_see, office.desk, draft, person):
        raise ProblemError(409, "Somebody else is changing this record at the moment; try again when it is published.")
    into = form.one("into")
    translate = f"/translate/{into}" if into in known_languages() and into != draft.fields.get("language") else ""
    return RedirectResponse(f"/desk/draft/{draft.key}{translate}", 303)


@router.post("/desk/copy/{kind}/{record_id}")
async def copy(request: Request, kind: str, record_id: str) -> Response:
    """A new draft with what a similar record would say again."""
    person = need(request, Role.CONTRIBUTOR)
    await posted(request)
    draft = await run_in_threadpool(_copied, office_of(request), kind, record_id, person)
    return RedirectResponse(f"/desk/draft/{draft.key}", 303)


def _copied(office: Office, kind: str, record_id: str, person: Person) -> Draft:
    iri, graph, _ = office.site.record(kind, record_id)
    fields = {name: value for name, value in fields_of(graph, iri).items() if name not in NOT_COPIED}
    draft = office.desk.begin(fields, person.id, source=f"copy of {kind}/{record_id}")
    return office.changed(draft, "copied as new", person, f"{kind}/{record_id}")


def _begin(request: Request, person: Person, form: Form, files: list[Upload]) -> Response:
    office, given = office_of(request), _given(form.items)
    way, link = form.one("way"), form.one("link").strip()
    if way == "blank":
        fields = given | ({"source": link} if link else {})
        return _opened(office.changed(office.desk.begin(fields, person.id), "began", person))
    try:
        found, source = _from_link(request, link) if way == "link" else _from_file(office.site, files)
    except InputError as error:
        wrong = {"link" if way == "link" else "document": error.finding.message}
        return _page(request, given, wrong, link, 422)
    draft = office.desk.begin(given | found.fields, person.id, source=source)
    office.desk.suggest(draft.key, [*found.suggestions(), *_to_retell(found)])
    return _opened(office.changed(draft, "began", person, source))


def _from_link(request: Request, link: str) -> tuple[DraftSuggestion, str]:
    """What stands behind a link.

    Raises:
        InputError: there is no public page, or nothing to read in it.

    """
    if not link:
        raise InputError("Put in the address of a page first.")
    if "://" not in link and "." in link.partition("/")[0]:
        link = f"https://{link}"
    allowed = Allowed.named(request.app.state.site.workspace.settings.fetch_allowed)
    return draft_from_link(request.app.state.site, link, allowed), link


def _from_file(site: Site, files: list[Upload]) -> tuple[DraftSuggestion, str]:
    """What an uploaded document says.

    Raises:
        InputError: there is none, or nothing to read in it.

    """
    if not files:
        raise InputError("Choose a document first: PDF, DOCX, PPTX or HTML.")
    upload = files[0]
    content = upload.path.read_bytes()
    return draft_from(site, read_document(content, upload.name, most_pages=MOST_PAGES, seconds=READING)), upload.name


def _to_retell(found: DraftSuggestion) -> list[dict[str, Any]]:
    """The sentences that say most, for the summary, and what is to be known of the document (for no field)."""
    why = "Sentences that say much. Tick those that help you, then tell them in your own words."
    quotes = [
        {"field": "summary", "value": one.sentence, "label": one.sentence, "sentence": "", "page": one.page, "why": why}
        for one in found.quotes
    ]
    notes = [{"field": "", "value": "", "label": note, "sentence": "", "why": note} for note in found.notes]
    return [*quotes, *notes]


def _opened(draft: Draft) -> Response:
    return RedirectResponse(f"/desk/draft/{draft.key}", 303)


def _page(request: Request, given: Fields, errors: dict[str, str], link: str = "", status: int = 200) -> Response:
    shown = [(name, one) for name, value in given.items() for one in (value if isinstance(value, list) else [value])]
    return page(request, "desk_new.html", status, given=shown, errors=errors, link=link)


def _given(items: list[tuple[str, str]]) -> Fields:
    """What the address has chosen already, such as a barrier of which nothing is told yet."""
    known = all_fields()
    found: dict[str, Any] = {}
    for name, value in items[:200]:
        if not value or len(value) > 200:
            continue
        if name == "type" and value in RECORD_TYPES:
            found["type"] = value
        elif name in known and known[name].widget == Widget.CHOICES:
            found.setdefault(name, [])
            found[name] += [value] if value not in found[name] else []
    return found
