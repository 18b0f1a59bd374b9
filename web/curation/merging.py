"""Two records that are one: what is gained is shown, what the two say differently is chosen, then it is done."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from rdflib import URIRef

from ingest.unpack import fields_of
from kg import GoodwaysError, InputError, NotFoundError, Store
from kg.merging import merge as merge_records
from kg.merging import merged_fields
from kg.records import DESK, Act, Change, current_of
from kg.three_way import Clash, Fields
from ontology import record_graph

from ..accounts import Form, Person, Role, need, posted
from ..pages import LANGUAGE, reader_language
from ..problems import ProblemError
from ..site import Summary, iri_of
from ..templates import page
from .clashes import clash_view, settled
from .differences import differences
from .office import office_of
from .publishing import WRITTEN_HERE, ChecksError, Office, checked

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/desk/merge/{kind}/{record_id}")
def merge_page(request: Request, kind: str, record_id: str, into: str = "") -> Response:
    """Ask which record stays; then show what it gains, and what is to be chosen."""
    need(request, Role.EDITOR)
    return _page(request, kind, record_id, into)


@router.post("/desk/merge/{kind}/{record_id}")
async def merge(request: Request, kind: str, record_id: str) -> Response:
    """Let the record give way to the other one."""
    person = need(request, Role.EDITOR)
    form = await posted(request)
    return await run_in_threadpool(_merge, request, kind, record_id, person, form)


def _merge(request: Request, kind: str, record_id: str, person: Person, form: Form) -> Response:
    into, why = form.one("into"), form.one("why").strip()
    try:
        keep = merged(office_of(request), iri_of(kind, record_id), into, form, person, why)
    except (InputError, ProblemError) as error:
        said = error.finding.message if isinstance(error, InputError) else str(error)
        return _page(request, kind, record_id, into, 422, error=said, why=why)
    kept_kind, kept_id = keep.rsplit("/", 2)[1:]
    return RedirectResponse(f"/desk/history/{kept_kind}/{kept_id}?{urlencode({'done': 'merge'})}", 303)


def merged(office: Office, away: URIRef, into: str, form: Form, by: Person, why: str) -> URIRef:
    """Merge a record into another one, with what was chosen where the two differ.

    Args:
        office: the site and its desk.
        away: the record that gives way; its address sends on from then on.
        into: id or address of the one that stays.
        form: the choices, as `clashes.settled` reads them.
        by: who.
        why: it stands in the history of both.

    Returns:
        The IRI of the record that stays.

    Raises:
        NotFoundError: one of them is not published.
        InputError: they are the same, somebody is writing on the one that gives way, or the outcome does not pass.
        ProblemError: no reason is given.

    """
    if not why:
        raise ProblemError(422, "Say why the two are one: it stands in the history of both.")
    if office.desk.open_for(_id(away)):
        raise InputError("Somebody is writing on the record that would give way; publish or throw away that draft.")
    act = Act(DESK, f"person-{by.id}", why)

    def change(store: Store) -> URIRef:
        keep, fields, clashes = _brought_together(store, away, into)
        record, findings = checked(settled(fields, clashes, form), store)
        if findings or record is None:
            raise ChecksError(findings)
        kept = Change(keep, record.digest, record.graph(), WRITTEN_HERE)
        same = (current := current_of(store, _id(keep))) is not None and current.digest == record.digest
        merge_records(store, keep, away, act, source=WRITTEN_HERE, kept=None if same else kept)
        return keep

    keep = office.site.workspace.changed_by(change)
    office.site.take_up_changes()
    office.desk.log(by.id, f"merged into {_id(keep)}", _id(away), why)
    return keep


def _brought_together(store: Store, away: URIRef, into: str) -> tuple[URIRef, Fields, list[Clash]]:
    """The record that stays, its fields with what it gains, and what is to be chosen: `theirs` stands in the fields."""
    keep = _published(store, _id(into.strip().rstrip("/")))
    if keep == _published(store, _id(away)):
        raise InputError("A record is merged into another one; choose which of the two stays.", field="into")
    kinds = {iri.rsplit("/", 2)[1] for iri in (keep, away)}
    if len(kinds) > 1:
        raise InputError(
            f"A {' and a '.join(sorted(kinds))} stay two, also where they are of one project.", field="into"
        )
    fields, clashes = merged_fields(_fields(store, keep), _fields(store, away))
    return keep, fields, [Clash(one.field, mine=one.theirs, theirs=one.mine) for one in clashes]


def _published(store: Store, record_id: str) -> URIRef:
    version = current_of(store, record_id)
    if version is None:
        raise NotFoundError(f"There is no record “{record_id[:60]}” here; copy its address from its page.")
    return version.iri


def _fields(store: Store, record: URIRef) -> Fields:
    return fields_of(store.graph(record_graph(_id(record))), record)


def _page(request: Request, kind: str, record_id: str, into: str, status: int = 200, **said: Any) -> Response:
    site, away = request.app.state.site, iri_of(kind, record_id)
    store, language = site.searcher.store, reader_language(request)
    if (version := current_of(store, record_id)) is None or version.iri != away:
        raise NotFoundError(f"There is no {kind} {record_id} here; it may have been withdrawn or renamed.")
    shown: dict[str, Any] = {"keep": None, "clashes": [], "gains": []}
    try:
        if into:
            keep, fields, clashes = _brought_together(store, away, into)
            shown = {
                "keep": _named(site.summaries([keep])[keep], language),
                "clashes": [clash_view(site, one, LANGUAGE) for one in clashes],
                "gains": differences(site, _fields(store, keep), fields, LANGUAGE, language),
            }
    except GoodwaysError as error:
        status, said = 422, said | {"error": error.finding.message if isinstance(error, InputError) else str(error)}
    given = {"into": into, "away": _named(site.summaries([away])[away], language), "error": "", "why": ""}
    return page(request, "desk_merge.html", status, **(given | shown | said))


def _named(summary: Summary, language: str) -> dict[str, Any]:
    return {"kind": summary.kind, "id": summary.id, "title": summary.title(language)}


def _id(record: str) -> str:
    return record.rpartition("/")[2]
