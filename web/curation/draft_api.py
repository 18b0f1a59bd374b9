"""Drafts for programs: what the pages of the desk do, as JSON; tokens need the scope `read`, `write` or `publish`."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from ingest.readers.raw import small
from ingest.unpack import fields_of
from kg import NotFoundError
from kg.desk import Draft, State
from kg.records import current_of
from ontology import record_graph

from ..accounts import Person, Role, need
from ..problems import ProblemError
from ..site import iri_of
from . import publishing
from .office import office_of
from .publishing import Office

MAX_BYTES = 2_000_000
router = APIRouter(prefix="/api/v1", tags=["curation"], responses={
    code: {"description": what, "content": {"application/problem+json": {}}}
    for code, what in {400: "Cannot be read", 401: "Not signed in", 403: "May not", 404: "Not there",
                       409: "In another state", 413: "Too large", 422: "Not right", 503: "Cannot be written"}.items()
})  # fmt: skip
Key = Annotated[str, Path(description="Key of a draft", pattern=r"^d-[0-9a-f]{10}$")]
Kind = Annotated[str, Path(description="Kind of a record", examples=["practice"])]
Id = Annotated[str, Path(description="Id of a record")]


class DraftView(BaseModel):
    """A draft as it is now."""

    key: str
    record: str
    state: State
    number: int = Field(description="Of its newest revision; send it back as `on` with the next save.")
    changed: datetime
    fields: dict[str, Any] = Field(description="In the record format.")
    based_on: int | None
    url: str


class Save(BaseModel):
    """A new state of a draft."""

    model_config = ConfigDict(extra="forbid")

    fields: dict[str, Any] = Field(description="The whole record, in the record format.")
    on: int = Field(ge=1, le=2**53, description="The number of the revision that this one started from.")
    note: str = Field("", max_length=2000)


class Note(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=2000)


class ClashView(BaseModel):
    """A field that somebody else has changed in another way."""

    field: str
    mine: Any
    theirs: Any


class SavedView(BaseModel):
    """What became of a save."""

    draft: DraftView
    merged: list[str] = Field(description="Fields that somebody else had changed, now as they left them.")
    clashes: list[ClashView] = Field(description="Fields that both changed: theirs stand, yours are kept beside.")


class PublishedView(BaseModel):
    """A version that has been published."""

    iri: str
    version: int
    version_iri: str
    digest: str


class FindingView(BaseModel):
    """One thing that keeps a draft from being published."""

    field: str
    message: str


@router.get("/drafts", summary="Drafts of yours; for curators, all")
def drafts(
    request: Request,
    state: Annotated[State | None, Query(description="Only those in this state")] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[DraftView]:
    """The newest first."""
    person = need(request, Role.CONTRIBUTOR, "read")
    mine = None if person.role >= Role.CURATOR else person.id
    found = office_of(request).desk.drafts(state=state, person=mine)
    return [_view(draft) for draft in found[offset : offset + limit]]


@router.post("/drafts", summary="Begin a draft", status_code=201)
def begin(request: Request, fields: Annotated[dict[str, Any], Body(description="In the record format")]) -> DraftView:
    """A new record, seen by nobody but you and the curators until it is published."""
    person, office = need(request, Role.CONTRIBUTOR, "write"), office_of(request)
    draft = office.desk.begin(publishing.allowed({}, _storable(fields), person), person.id, source="sent by a program")
    return _view(office.changed(draft, "began", person))


@router.post("/drafts/of/{kind}/{record_id}", summary="Begin to change a record, or join who does", status_code=201)
def edit(request: Request, kind: Kind, record_id: Id) -> DraftView:
    """The open draft of a published record."""
    person, office = need(request, Role.CONTRIBUTOR, "write"), office_of(request)
    draft = publishing.edit(office, kind, record_id, person)
    return _view(publishing.seen_draft(office, draft.key, person))


@router.get("/drafts/{key}", summary="A draft")
def read(request: Request, key: Key) -> DraftView:
    """A draft that you may see."""
    return _view(_draft(request, key, "read")[1])


@router.put("/drafts/{key}", summary="Save a draft")
def save(request: Request, key: Key, given: Save) -> SavedView:
    """Merged field by field with what others have saved since; nobody's words are lost."""
    office, draft, person = _draft(request, key, "write")
    fields = publishing.allowed(draft.fields, _storable(given.fields), person)
    if draft.based_on is not None:  # a published record keeps its name
        fields |= {name: draft.fields[name] for name in ("id", "type") if name in draft.fields}
    saved = office.desk.save(draft.key, fields, person.id, given.on, note=given.note)
    clashes = [ClashView(field=one.field, mine=one.mine, theirs=one.theirs) for one in saved.clashes]
    return SavedView(draft=_view(saved.draft), merged=saved.merged, clashes=clashes)


@router.get("/drafts/{key}/findings", summary="What keeps a draft from being published")
def findings(request: Request, key: Key) -> list[FindingView]:
    """Empty where nothing does."""
    office, draft, _ = _draft(request, key, "read")
    _, found = publishing.checked(draft.fields, office.site.searcher.store)
    return [FindingView(field=one.field, message=one.message) for one in found]


@router.post("/drafts/{key}/hand-in", summary="Hand a draft in for review")
def hand_in(request: Request, key: Key, given: Note) -> DraftView:
    """A curator who has not written it looks at it."""
    office, draft, person = _draft(request, key, "write")
    return _view(publishing.submit(office, draft, person, given.note))


@router.post("/drafts/{key}/give-back", summary="Give a draft back to its writer")
def give_back(request: Request, key: Key, given: Note) -> DraftView:
    """With what is to be changed."""
    office, draft, person = _draft(request, key, "write")
    return _view(publishing.send_back(office, draft, person, given.note))


@router.post("/drafts/{key}/throw-away", summary="Close a draft without publishing it")
def throw_away(request: Request, key: Key, given: Note) -> DraftView:
    """What was written stays in its history."""
    office, draft, person = _draft(request, key, "write")
    if not draft.is_open:
        raise ProblemError(409, "This draft is closed already.")
    return _view(publishing.discard(office, draft, person, given.note))


@router.post("/drafts/{key}/publish", summary="Publish a draft")
def publish(request: Request, key: Key, given: Note) -> PublishedView:
    """On disk and found by the search when this answers."""
    office, draft, person = _draft(request, key, "publish")
    version = publishing.publish(office, draft, person, given.note)
    return PublishedView(
        iri=str(version.iri), version=version.number, version_iri=str(version.node), digest=version.digest
    )


@router.get("/records/{kind}/{record_id}", summary="A published record in the record format", tags=["curation"])
def record(request: Request, kind: Kind, record_id: Id) -> dict[str, Any]:
    """The fields of a record, as an import takes them."""
    store = office_of(request).site.searcher.store
    version = current_of(store, record_id)
    if version is None or iri_of(kind, record_id) != version.iri:
        raise NotFoundError("There is no such record here; it may have been withdrawn or renamed.")
    return fields_of(store.graph(record_graph(record_id)), version.iri)


def _draft(request: Request, key: str, scope: str) -> tuple[Office, Draft, Person]:
    person, office = need(request, Role.CONTRIBUTOR, scope), office_of(request)
    return office, publishing.seen_draft(office, key, person), person


def _view(draft: Draft) -> DraftView:
    return DraftView(
        key=draft.key,
        record=draft.record,
        state=draft.state,
        number=draft.number,
        changed=draft.changed,
        fields=draft.fields,
        based_on=draft.based_on,
        url=f"/desk/draft/{draft.key}",
    )


def _storable(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields that a draft can hold; whether they are right is asked when it is handed in.

    Raises:
        ProblemError: they are larger or deeper than any record, or hold what no text and no number is.

    """
    if not small(fields):
        raise ProblemError(422, "This is nested too deeply, or has too many values, for a record.")
    try:
        size = len(json.dumps(fields, ensure_ascii=False, allow_nan=False).encode())
    except ValueError as error:
        raise ProblemError(422, "A text here is not Unicode, or a number is none; send neither.") from error
    if size > MAX_BYTES:
        raise ProblemError(413, "A record may have 2 MB; this one has more.")
    return fields
