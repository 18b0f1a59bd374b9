"""What the page for reviewing a draft shows: the draft as readers will see it, what changed, and what is to be done."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import Request

from ingest.record import Record
from ingest.unpack import fields_of
from kg import Finding, NotFoundError
from kg.desk import Draft, Revision, State
from kg.history import standing, version_graph
from kg.versions import Release
from ontology import RECORD_TYPES

from ..accounts import Person, Role, name_of
from ..pages import LANGUAGE, reader_language
from ..record_view import journey, record_view
from ..site import iri_of
from .differences import Fields, differences, field_label
from .duplicates_api import drafts_for, duplicates_of, shown
from .office import office_of
from .overview import given_back, line
from .publishing import Office, authors, checked
from .words import moment

STATES = {
    State.DRAFT: "being written",
    State.IN_REVIEW: "in review",
    State.PUBLISHED: "published",
    State.DISCARDED: "thrown away",
}


@dataclass(frozen=True)
class Powers:
    """What a person may do with a draft as it is."""

    edit: bool
    comment: bool
    submit: bool
    withdraw: bool
    """Take it out of review, as its writer."""
    give_back: bool
    publish: bool
    needs_reason: bool
    """To publish it, for they have written it."""
    state: bool
    """Say who has validated it."""
    discard: bool
    reopen: bool


def powers(draft: Draft, person: Person, writers: list[str]) -> Powers:
    """What a person who may see a draft may do with it."""
    curates, edits = person.role >= Role.CURATOR, person.role >= Role.EDITOR
    owns, wrote = person.id == draft.owner, person.id in writers
    in_review = draft.state is State.IN_REVIEW
    return Powers(
        edit=draft.is_open,
        comment=True,
        submit=draft.state is State.DRAFT,
        withdraw=in_review and owns,
        give_back=in_review and curates and not owns,
        publish=draft.is_open and (edits or (curates and not wrote)),
        needs_reason=wrote,
        state=draft.is_open and edits,
        discard=draft.is_open and (curates or owns),
        reopen=draft.state is State.DISCARDED and (curates or owns),
    )


def review_view(request: Request, draft: Draft, person: Person) -> dict[str, Any]:
    """Everything on the page."""
    office = office_of(request)
    store, reader = office.site.searcher.store, reader_language(request)
    record, findings = checked(draft.fields, store)
    writers = authors(office.desk, draft)
    may = powers(draft, person, writers)
    before, note = _published_before(office, draft)
    base = before if before is not None else {}
    return {
        "draft": line(request, draft) | {"state": STATES[draft.state], "number": draft.number, "source": draft.source},
        "fields": draft.fields,
        "original": str(draft.fields.get("language", "")),
        "original_name": office.site.language_name(str(draft.fields.get("language", "")), LANGUAGE),
        "may": may,
        "writers": [name_of(request, one) for one in writers],
        "waiting": waiting_for(request, draft, person, may),
        "findings": [_finding(one) for one in findings] if draft.is_open else [],
        "preview": _preview(request, record) if record else None,
        "is_change": before is not None,
        "base_note": note if draft.is_open else "",
        "changes": differences(office.site, base, draft.fields, LANGUAGE, reader),
        "duplicates": _duplicates(request, draft, person) if draft.is_open else [],
        "comments": [
            {"by": name_of(request, one.by), "at": moment(one.at, LANGUAGE), "text": one.text, "id": one.id}
            for one in office.desk.comments(draft.key)
        ],
        "past": _past(request, office, draft),
    }


def waiting_for(request: Request, draft: Draft, person: Person, may: Powers) -> str:
    """Who is to do what next, in a sentence; nothing where nobody has to."""
    owner = name_of(request, draft.owner)
    if draft.state is State.DRAFT:
        back = given_back(office_of(request), draft, person)
        mine = "It waits for you: change what is asked for and hand it in again." if back else ""
        mine = mine or "It waits for you: hand it in when it is ready."
        return mine if person.id == draft.owner else f"It waits for {owner}, who is writing it."
    if draft.state is State.IN_REVIEW and may.publish and not may.needs_reason:
        return (
            "It waits for you or another curator who has not written in it: read it, then publish it or give it back."
        )
    if draft.state is State.IN_REVIEW:
        return "It waits for a curator who has not written in it."
    return ""


def revision_fields(office: Office, draft: Draft, number: int) -> Fields:
    """What a draft said at a revision; number 0 is what was published when it was begun.

    Raises:
        NotFoundError: there is no such revision.

    """
    if number:
        return office.desk.revision(draft.key, number).fields
    before, _ = _published_before(office, draft)
    return before or {}


def _published_before(office: Office, draft: Draft) -> tuple[Fields | None, str]:
    """The version that a draft started from, and what is to be known of it; None for a new record."""
    kind = RECORD_TYPES.get(str(draft.fields.get("type")))
    if draft.based_on is None or kind is None:
        return None, ""
    try:
        iri = iri_of(kind, draft.record)
    except NotFoundError:
        return None, ""
    store = office.site.searcher.store
    graph, now = version_graph(store, iri, draft.based_on), standing(store, iri)
    note = ""
    if now is None:
        note = "The record is not published any more."
    elif now != draft.based_on:
        note = f"The record has been changed since: version {now} is published. Publishing puts both changes together."
    return (fields_of(graph, iri) if graph is not None else None), note


def _preview(request: Request, record: Record) -> dict[str, Any]:
    """The record as its page will show it."""
    site, graph, reader = request.app.state.site, record.graph(), reader_language(request)
    release = Release(record.iri, 1, record.digest, datetime.now(UTC), None, (), None)
    view = record_view(site, record.iri, graph, release, LANGUAGE, reader)
    return {"record": view, "journey": journey(site, record.iri, graph, reader)}


def _finding(finding: Finding) -> dict[str, str]:
    name = finding.field.partition(".")[0].partition("[")[0]
    return {"field": name, "label": field_label(name) if name else "", "message": finding.message}


def _duplicates(request: Request, draft: Draft, person: Person) -> list[dict[str, Any]]:
    give = drafts_for(request, person)
    others = [(key, fields) for key, fields in give() if key != draft.key]
    found = duplicates_of(request.app.state.site).like(draft.fields, but=draft.record, drafts=lambda: others)
    return shown(found)


def _past(request: Request, office: Office, draft: Draft) -> list[dict[str, Any]]:
    """What happened to a draft, the newest thing first; each save with what it is compared to."""
    steps = office.desk.steps(draft.key)
    told = [
        (step.at, 1, _STEPS[step.state] if n else "began it", step.by, step.note, "") for n, step in enumerate(steps)
    ]
    before = 0
    for one in office.desk.revisions(draft.key):
        link = f"/desk/draft/{draft.key}/difference?one={before}&other={one.number}"
        told.append((one.at, 0, _save(one), one.by, one.note, link if before else ""))
        before = before if one.parked else one.number
    return [
        {"at": moment(at, LANGUAGE), "what": what, "by": name_of(request, by), "note": note, "compare": link}
        for at, _, what, by, note, link in sorted(told, key=lambda entry: entry[:2], reverse=True)
    ]


_STEPS = {
    State.DRAFT: "put it back into writing",
    State.IN_REVIEW: "handed it in",
    State.PUBLISHED: "published it",
    State.DISCARDED: "threw it away",
}


def _save(revision: Revision) -> str:
    if revision.parked:
        return f"wrote what clashed with somebody else's change (kept as revision {revision.number})"
    return f"saved revision {revision.number}"
