"""The desk's first page: what waits for me, what I am writing, what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from kg.desk import Draft, State, Step
from ontology import RECORD_TYPES

from ..accounts import Person, Role, name_of, need
from ..format import day
from ..headings import heading
from ..pages import LANGUAGE, reader_language
from ..site import Text, best, text
from ..templates import page
from .office import office_of
from .publishing import Office, authors

FEW = 10
"""So many of each list are shown at first."""
MOST = 500
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@dataclass(frozen=True)
class Piles:
    """Drafts, sorted by what is to be done with them."""

    given_back: list[tuple[Draft, Step]]
    """Mine that somebody has given back, with what they said."""
    to_review: list[Draft]
    """Handed in, by others: I may publish them."""
    mine: list[Draft]
    """Mine that I go on writing."""
    handed_in: list[Draft]
    """Mine that wait for somebody else."""
    published: list[Draft]
    others: list[Draft]
    """What others are writing, for those who may edit it."""

    @property
    def waiting(self) -> int:
        """How many wait for me."""
        return len(self.given_back) + len(self.to_review)


def piles(office: Office, person: Person) -> Piles:
    """The drafts that a person may see, sorted."""
    mine = office.desk.drafts(person=person.id)
    back = {draft.key: step for draft in mine if (step := given_back(office, draft, person))}
    curates = person.role >= Role.CURATOR
    submitted = office.desk.drafts(state=State.IN_REVIEW) if curates else []
    written = office.desk.drafts(state=State.DRAFT) if curates else []
    own = {draft.key for draft in mine}
    return Piles(
        given_back=[(draft, back[draft.key]) for draft in mine if draft.key in back],
        to_review=[one for one in submitted if one.owner != person.id and person.id not in authors(office.desk, one)],
        mine=[draft for draft in mine if draft.state is State.DRAFT and draft.key not in back],
        handed_in=[draft for draft in mine if draft.state is State.IN_REVIEW],
        published=[draft for draft in mine if draft.state is State.PUBLISHED],
        others=[draft for draft in written if draft.key not in own],
    )


def given_back(office: Office, draft: Draft, person: Person) -> Step | None:
    """Who gave a person's draft back from review, and with which words; None where nobody else did."""
    if draft.state is not State.DRAFT or draft.owner != person.id:
        return None
    *before, last = office.desk.steps(draft.key)[-2:]
    back = bool(before) and before[0].state is State.IN_REVIEW and last.state is State.DRAFT
    return last if back and last.by != person.id else None


@router.get("/desk")
def desk(request: Request) -> Response:
    """What waits for me, my drafts, and what I published lately."""
    person = need(request, Role.CONTRIBUTOR)
    office = office_of(request)
    found = piles(office, person)
    wanted = request.query_params.get("all", "")
    lists = {
        "given_back": [line(request, draft) | _said(request, step) for draft, step in found.given_back[:MOST]],
        "to_review": _lines(request, found.to_review, everything=wanted == "to_review"),
        "mine": _lines(request, found.mine, everything=wanted == "mine"),
        "handed_in": _lines(request, found.handed_in, everything=wanted == "handed_in"),
        "published": _lines(request, found.published, everything=wanted == "published"),
        "others": _lines(request, found.others, everything=wanted == "others"),
    }
    counts = {name: len(getattr(found, name)) for name in lists}
    curates = person.role >= Role.CURATOR
    return page(request, "desk.html", lists=lists, counts=counts, waiting=found.waiting, curates=curates)


def line(request: Request, draft: Draft) -> dict[str, Any]:
    """What a list shows of a draft."""
    kind = RECORD_TYPES.get(str(draft.fields.get("type")), "")
    return {
        "key": draft.key,
        "kind": kind or "add",
        "kind_label": heading(f"kind.{kind}", LANGUAGE) if kind else None,
        "title": title_of(draft.fields, reader_language(request)),
        "owner": name_of(request, draft.owner),
        "changed_by": name_of(request, draft.changed_by),
        "changed": day(draft.changed.date().isoformat(), LANGUAGE),
        "is_new": draft.based_on is None,
        "record_url": f"/id/{kind}/{draft.record}" if kind and draft.record else "",
        "history_url": f"/desk/history/{kind}/{draft.record}" if kind and draft.record else "",
    }


def title_of(fields: dict[str, Any], language: str) -> Text:
    """A title for a draft, which may not have one yet, nor one that is a text."""
    titles, original = fields.get("title"), str(fields.get("language", ""))
    texts = titles if isinstance(titles, dict) else {original: titles}
    told = {str(code): value for code, value in texts.items() if isinstance(value, str) and value.strip()}
    return best(told, language, original) if told else text("A record without a title", LANGUAGE)


def _lines(request: Request, drafts: Iterable[Draft], *, everything: bool) -> list[dict[str, Any]]:
    return [line(request, draft) for draft in list(drafts)[: MOST if everything else FEW]]


def _said(request: Request, step: Step) -> dict[str, Any]:
    return {"back_by": name_of(request, step.by), "back_note": step.note}
