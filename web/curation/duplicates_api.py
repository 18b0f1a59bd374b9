"""What may be here already, while a record is being written: asked by the form, and by whoever sends records."""

import threading
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from kg import NotFoundError
from ontology import RECORD_TYPES
from search.duplicates import Drafts, Duplicates, Likeness

from ..accounts import Person, Role, need
from ..site import Site, path_of, text
from .office import office_of

MOST_LETTERS, MOST_GIVEN = 2000, 20
router = APIRouter(
    prefix="/api/v1",
    tags=["curation"],
    responses={
        code: {"description": what, "content": {"application/problem+json": {}}}
        for code, what in {401: "Not signed in", 403: "May not", 422: "Not right"}.items()
    },
)
_HELD: "WeakKeyDictionary[Site, Duplicates]" = WeakKeyDictionary()
_LOCK = threading.Lock()


class ReasonView(BaseModel):
    """Why a record may be the same."""

    kind: Literal["reference", "doi", "isbn", "address", "title", "meaning"]
    said: str
    value: str = Field(
        description="What both have: a reference, DOI, ISBN or address; the other title; how close, 0 to 1"
    )


class LikenessView(BaseModel):
    """A record, or a draft, that may be the same."""

    id: str = Field(description="Id of a record, or key of a draft")
    iri: str = Field(description="Empty for a draft")
    url: str = Field(description="Path of its page")
    draft: bool
    title: str
    language: str = Field(description="Of the title, two letters")
    score: float = Field(description="How surely it is the same, 0 to 1; not a probability")
    same: bool = Field(description="False where it is only of the same project or from the same page")
    said: str
    reasons: list[ReasonView]


class DuplicatesView(BaseModel):
    """What may be here already, surest first."""

    duplicates: list[LikenessView]


@router.get("/duplicates", summary="What may be here already")
def duplicates(
    request: Request,
    response: Response,
    title: Annotated[str, Query(description="In the language of the record")] = "",
    summary: Annotated[str, Query(description=f"At most {MOST_LETTERS} characters are read, of each")] = "",
    source: Annotated[str, Query(description="Address of the page or document")] = "",
    reference: Annotated[list[str], Query(description="Project reference, as printed")] = [],  # noqa: B006
    language: Annotated[str, Query(description="Of title and summary, two letters")] = "",
    type: Annotated[str, Query(description=", ".join(RECORD_TYPES))] = "",  # noqa: A002
    but: Annotated[str, Query(description="Id of the record, or key of the draft, that it is itself")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_GIVEN)] = 5,
) -> DuplicatesView:
    """Found by reference, DOI and address in any spelling, by title, and by meaning in any language; with why.

    Looked through are the published records and the drafts that you may see.
    """
    person = need(request, Role.CONTRIBUTOR, "read")
    given = {"title": title, "summary": summary, "source": source, "language": language[:8], "type": type}
    fields: dict[str, Any] = {name: value[:MOST_LETTERS] for name, value in given.items()}
    fields["projectReference"] = [one[:200] for one in reference[:20]]
    site: Site = request.app.state.site
    itself = names_of(request, but)
    found = duplicates_of(site).like(fields, but=itself, limit=limit, drafts=drafts_for(request, person))
    response.headers["Cache-Control"] = "private, no-store"
    return DuplicatesView(duplicates=[_view(one) for one in found])


def duplicates_of(site: Site) -> Duplicates:
    """What looks for duplicates in the records of a site; read from the graph once."""
    with _LOCK:
        found = _HELD.get(site)
        if found is None:
            found = _HELD[site] = Duplicates(site.searcher)
        return found


def renew_duplicates(site: Site) -> None:
    """Take up what has been published since."""
    if site in _HELD:
        duplicates_of(site).refresh(site.searcher)


def drafts_for(request: Request, person: Person) -> Drafts:
    """Gives the open drafts of new records that a person may see, by key."""

    def give() -> Iterable[tuple[str, Mapping[str, Any]]]:
        mine = None if person.role >= Role.CURATOR else person.id
        return [
            (one.key, one.fields)
            for one in office_of(request).desk.drafts(person=mine)
            if one.is_open and not one.based_on
        ]

    return give


def names_of(request: Request, name: str) -> set[str]:
    """A record's id and the key of its open draft, from either; what is written is no duplicate of what it changes."""
    desk = office_of(request).desk
    try:
        draft = desk.draft(name) if name.startswith("d-") else desk.open_for(name)
    except NotFoundError:
        draft = None
    return {name, draft.key, draft.record} - {""} if draft else {name}


def shown(found: list[Likeness]) -> list[dict[str, Any]]:
    """What the template `_duplicates.html` shows of each."""
    return [
        {
            "url": _url(one),
            "title": text(one.title or one.id, one.language),
            "same": one.same,
            "draft": one.record_iri is None,
            "reference": any(reason.kind == "reference" for reason in one.reasons),
            "reasons": [{"kind": reason.kind, "value": reason.value} for reason in one.reasons],
        }
        for one in found
    ]


def _view(one: Likeness) -> LikenessView:
    reasons = [ReasonView(kind=reason.kind, said=reason.said, value=reason.value) for reason in one.reasons]
    return LikenessView(
        id=one.id,
        iri=str(one.record_iri or ""),
        url=_url(one),
        draft=one.record_iri is None,
        title=one.title or one.id,
        language=one.language,
        score=one.score,
        same=one.same,
        said=one.said,
        reasons=reasons,
    )


def _url(one: Likeness) -> str:
    """Path of the page of a record or a draft; nothing for a row of a file."""
    if one.record_iri:
        return path_of(one.record_iri)
    return f"/desk/draft/{one.id}" if one.id.startswith("d-") else ""
