"""The page on which a draft is read, talked about, handed in, given back, published, thrown away and taken up again."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from kg import DataFolderError, InputError, NotFoundError
from kg.desk import Draft

from ..accounts import Form, Person, Role, need, posted
from ..pages import LANGUAGE, reader_language
from ..problems import ProblemError
from ..templates import page
from . import publishing
from .differences import differences
from .office import office_of
from .overview import line
from .publishing import STATED, Office, seen_draft
from .review_view import review_view, revision_fields

MOST_NOTE, MOST_FORM = 5000, 200_000
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/desk/draft/{key}/review")
def review(request: Request, key: str) -> Response:
    """A draft as readers will see it, with what changed, comments, and what can be done with it."""
    person = need(request, Role.CONTRIBUTOR)
    draft = seen_draft(office_of(request), key, person)
    return _page(request, draft, person, done=request.query_params.get("done", ""))


@router.post("/desk/draft/{key}/review")
async def act(request: Request, key: str) -> Response:
    """Do with a draft what the button that was pressed says."""
    person = need(request, Role.CONTRIBUTOR)
    form = await posted(request, MOST_FORM)
    return await run_in_threadpool(_act, request, key, person, form)


@router.get("/desk/draft/{key}/difference")
def difference(request: Request, key: str) -> Response:
    """What changed between two revisions of a draft; 0 is what was published when it was begun."""
    person = need(request, Role.CONTRIBUTOR)
    office = office_of(request)
    draft = seen_draft(office, key, person)
    one, other = (_number(request, name) for name in ("one", "other"))
    before, after = (revision_fields(office, draft, number) for number in (one, other))
    return page(
        request,
        "desk_difference.html",
        title=line(request, draft)["title"],
        back=f"/desk/draft/{key}/review",
        back_to="draft",
        one=one,
        other=other,
        unit="revision",
        changes=differences(office.site, before, after, LANGUAGE, reader_language(request)),
        notes=[],
    )


def _act(request: Request, key: str, person: Person, form: Form) -> Response:
    office = office_of(request)
    draft = seen_draft(office, key, person)
    do, note = form.one("do"), form.one("note").strip()
    try:
        if do not in _ACTS:
            raise ProblemError(422, "Press one of the buttons of this page.")
        if len(note) > MOST_NOTE:
            raise ProblemError(422, f"At most {MOST_NOTE} characters fit here; this is more.")
        _ACTS[do](office, draft, person, note, form)
    except (InputError, ProblemError, DataFolderError) as error:
        status = error.status if isinstance(error, ProblemError) else 503 if isinstance(error, DataFolderError) else 422
        said = error.finding.message if isinstance(error, InputError) else str(error)
        return _page(request, office.desk.draft(key), person, status, error=said, failed=do, typed=form)
    return RedirectResponse(f"/desk/draft/{key}/review?{urlencode({'done': do})}", 303)


def _page(request: Request, draft: Draft, person: Person, status: int = 200, **said: Any) -> Response:
    return page(request, "desk_review.html", status, **_NOTHING_SAID | review_view(request, draft, person) | said)


def _comment(office: Office, draft: Draft, by: Person, note: str, _: Form) -> None:
    if not note:
        raise ProblemError(422, "Write something first; an empty comment was not sent.")
    office.desk.comment(draft.key, by.id, note)
    office.desk.log(by.id, "commented", draft.record or draft.key)


def _publish(office: Office, draft: Draft, by: Person, note: str, form: Form) -> None:
    if form.one("on") != str(draft.number):
        raise ProblemError(409, "Somebody has changed this draft while you were reading; read it again, then publish.")
    publishing.publish(office, draft, by, note)


def _state(office: Office, draft: Draft, by: Person, _: str, form: Form) -> None:
    """Say in the draft who has validated it, and why it matters."""
    if by.role < Role.EDITOR:
        raise ProblemError(403, "Saying who has validated a record is for editors.")
    body, why, language = (form.one(name).strip() for name in ("validatedBy", "whyItMatters", "language"))
    texts = draft.fields.get("whyItMatters")
    told = (texts if isinstance(texts, dict) else {}) | {language or LANGUAGE: why}
    stated = {"validatedBy": body, "whyItMatters": {code: one for code, one in told.items() if one}}
    fields = {name: value for name, value in draft.fields.items() if name not in STATED}
    fields |= {name: value for name, value in stated.items() if value}
    saved = office.desk.save(draft.key, fields, by.id, draft.number, note="who has validated it")
    office.changed(saved.draft, "stated the validation", by)


_ACTS: dict[str, Callable[[Office, Draft, Person, str, Form], object]] = {
    "comment": _comment,
    "submit": lambda office, draft, by, note, _: publishing.submit(office, draft, by, note),
    "back": lambda office, draft, by, note, _: publishing.send_back(office, draft, by, note),
    "publish": _publish,
    "state": _state,
    "discard": lambda office, draft, by, note, _: publishing.discard(office, draft, by, note),
    "reopen": lambda office, draft, by, _, __: publishing.reopen(office, draft, by),
}
_NOTHING_SAID: dict[str, Any] = {"done": "", "error": "", "failed": "", "typed": Form([])}


def _number(request: Request, name: str) -> int:
    """The number of a revision.

    Raises:
        NotFoundError: it is none.

    """
    given = request.query_params.get(name, "")
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise NotFoundError("This draft has no such revision; choose two on its page.")
    return int(given)
