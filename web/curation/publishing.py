"""From draft to published record and back: who may do it, what is checked, and what is written where, in which order.

The graph is written first, with its history; then the desk notes it. After a kill in between, publishing again finds
the record as it should be and only notes it.
"""

from dataclasses import dataclass
from typing import Any

from rdflib import URIRef

from ingest.readers import RawRecord
from ingest.record import Record, normalise
from ingest.unpack import fields_of
from kg import Finding, InputError, NotFoundError, Store
from kg.desk import OPEN, Desk, Draft, State
from kg.history import RESTORED_FROM
from kg.records import DESK as ORIGIN
from kg.records import Act, Change, Version, apply, current_of, kept_content, version_iri
from kg.records import withdraw as withdraw_records
from kg.three_way import merged
from kg.validation import validate, vocabulary_types
from ontology import record_graph

from ..accounts import Person, Role
from ..problems import ProblemError
from ..site import Site, iri_of

WRITTEN_HERE = "written on the site"
STATED = frozenset(("validatedBy", "whyItMatters"))
"""What an editor may state of a draft without becoming one of its writers."""


@dataclass(frozen=True)
class Office:
    """What publishing works on: the site with its graph, and the desk."""

    site: Site
    desk: Desk

    def changed(self, draft: Draft, what: str, by: Person, note: str = "") -> Draft:
        """Note in the log what happened to a draft."""
        self.desk.log(by.id, what, draft.record or draft.key, note)
        return draft


class ChecksError(InputError):
    """A draft that cannot be published as it is."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        more = f" ({len(findings) - 1} more)" if len(findings) > 1 else ""
        super().__init__(f"{findings[0].message}{more}", field=findings[0].field)


def authors(desk: Desk, draft: Draft) -> list[str]:
    """Who has written a draft, the last one last; who only stated its validation has not."""
    by, before = [], None
    for revision in desk.revisions(draft.key):
        written = {name: value for name, value in revision.fields.items() if name not in STATED}
        if not revision.parked and written != before:
            by.append(revision.by)
            before = written
    return list(dict.fromkeys(reversed(by)))[::-1]


def allowed(before: dict[str, Any], fields: dict[str, Any], by: Person) -> dict[str, Any]:
    """Fields as this person may leave them: that a record was validated is stated by editors."""
    closed = closed_to(by)
    kept = {name: before[name] for name in closed if name in before}
    return {name: value for name, value in fields.items() if name not in closed} | kept


def closed_to(person: Person) -> frozenset[str]:
    """Fields that this person may not fill in."""
    return frozenset() if person.role >= Role.EDITOR else STATED


def may_see(desk: Desk, draft: Draft, person: Person) -> bool:
    """A draft's people: who writes it, and curators."""
    return person.role >= Role.CURATOR or bool(person.id and person.id in {draft.owner, *authors(desk, draft)})


def seen_draft(office: Office, key: str, person: Person) -> Draft:
    """A draft, for somebody who may see it.

    Raises:
        NotFoundError: there is none, or none for this person: which of the two is not told.

    """
    draft = office.desk.draft(key)
    if not may_see(office.desk, draft, person):
        raise NotFoundError("There is no draft of this name; it may have been thrown away.")
    return draft


def edit(office: Office, kind: str, record_id: str, by: Person) -> Draft:
    """The open draft of a published record; a new one where nobody is working on it.

    Raises:
        NotFoundError: there is no such record.
        ProblemError: somebody is working on it whose draft this person may not see.

    """
    if draft := office.desk.open_for(record_id):
        if not may_see(office.desk, draft, by):
            raise ProblemError(409, "Somebody is changing this record already; try again when theirs is published.")
        return draft
    store = office.site.searcher.store
    version = current_of(store, record_id)
    if version is None or version.iri != iri_of(kind, record_id):
        raise NotFoundError(f"There is no {kind} {record_id} here; it may have been withdrawn or renamed.")
    fields = fields_of(store.graph(record_graph(record_id)), version.iri)
    draft = office.desk.begin(fields, by.id, based_on=version.number)
    return office.changed(draft, "began to edit", by)


def checked(fields: dict[str, Any], store: Store, name: str = "") -> tuple[Record | None, list[Finding]]:
    """A draft's fields as a record, and everything that keeps it from being published."""
    record, findings = normalise(RawRecord(name, None, fields))
    if record is not None:
        findings = validate({record.iri: record.graph()}, vocabulary_types(store)).get(record.iri, [])
    for finding in findings:
        finding.file = finding.record = ""
    return record, findings


def submit(office: Office, draft: Draft, by: Person, note: str = "") -> Draft:
    """Hand a draft in for review.

    Raises:
        ChecksError: something required is missing or wrong.

    """
    _must_be(draft, State.DRAFT)
    _, findings = checked(draft.fields, office.site.searcher.store)
    if findings:
        raise ChecksError(findings)
    return office.changed(
        office.desk.move(draft.key, State.IN_REVIEW, by.id, note=note, was=(State.DRAFT,)), "handed in", by, note
    )


def send_back(office: Office, draft: Draft, by: Person, note: str) -> Draft:
    """Give a draft back to its writer, with what is to be changed."""
    _must_be(draft, State.IN_REVIEW)
    if by.role < Role.CURATOR and by.id != draft.owner:
        raise ProblemError(403, "Only a curator, or who wrote it, can take a draft out of review.")
    if by.role >= Role.CURATOR and by.id != draft.owner and not note.strip():
        raise ProblemError(422, "Say what is to be changed, so that the writer can go on.")
    return office.changed(
        office.desk.move(draft.key, State.DRAFT, by.id, note=note, was=(State.IN_REVIEW,)), "gave back", by, note
    )


def discard(office: Office, draft: Draft, by: Person, note: str = "") -> Draft:
    """Close a draft without publishing it; what was written stays in its history."""
    if not draft.is_open:
        raise ProblemError(409, f"This draft is {draft.state.replace('-', ' ')} now; load its page again.")
    if by.role < Role.CURATOR and by.id != draft.owner:
        raise ProblemError(403, "Only who began a draft, or a curator, can throw it away.")
    return office.changed(
        office.desk.move(draft.key, State.DISCARDED, by.id, note=note, was=OPEN), "threw away", by, note
    )


def reopen(office: Office, draft: Draft, by: Person) -> Draft:
    """Take back that a draft was thrown away."""
    _must_be(draft, State.DISCARDED)
    if by.role < Role.CURATOR and by.id != draft.owner:
        raise ProblemError(403, "Only who began a draft, or a curator, can take it up again.")
    return office.changed(office.desk.move(draft.key, State.DRAFT, by.id, was=(State.DISCARDED,)), "took up again", by)


def publish(office: Office, draft: Draft, by: Person, note: str = "") -> Version:
    """Publish a draft: it is in the graph on disk, and searched, when this returns.

    Raises:
        ChecksError: something required is missing or wrong.
        ProblemError: this person may not, or somebody else has to look at it first.
        InputError: the record was changed meanwhile in the same fields; both are kept to choose from.

    """
    may_publish(office.desk, draft, by, note)
    writer = (authors(office.desk, draft) or [by.id])[-1]
    act = Act(ORIGIN, f"person-{writer}", note, f"person-{by.id}" if by.id != writer else "", draft.key)
    version = publish_fields(office, draft, act)
    office.desk.published(draft.key, draft.number, version.number, by.id, note=note)
    office.changed(draft, "published", by, note)
    return version


def may_publish(desk: Desk, draft: Draft, by: Person, note: str) -> None:
    """Let somebody publish a draft.

    Raises:
        ProblemError: they may not.

    """
    if not draft.is_open:
        raise ProblemError(409, "This draft is closed; open the record again to change it.")
    if by.role < Role.CURATOR:
        raise ProblemError(403, "Publishing is for curators; hand the draft in, and one of them will look at it.")
    if by.id not in authors(desk, draft):
        return
    if by.role < Role.EDITOR:
        raise ProblemError(403, "You have written in this draft, so another curator must look at it and publish it.")
    if not note.strip():
        raise ProblemError(422, "You have written this yourself: say why it is published without a second look.")


def publish_fields(office: Office, draft: Draft, act: Act) -> Version:
    """Write a draft's fields into the graph as the record's next version."""

    def change(store: Store) -> Version:
        standing = current_of(store, draft.record)
        if standing is None and draft.based_on is not None:
            raise InputError(
                "The record that this draft changes is not published under this id any more; give it back its id, or "
                "ask an editor to restore the record first.",
                field="id",
            )
        fields = _up_to_date(office, draft, standing, store)
        record, findings = checked(fields, store, draft.key)
        if findings or record is None:
            raise ChecksError(findings)
        if standing is None or standing.digest != record.digest:
            if standing is not None and (draft.based_on is None or standing.iri != record.iri):
                raise InputError("Another record has this id already; choose another.", field="id")
            apply(store, [Change(record.iri, record.digest, record.graph(), draft.source or WRITTEN_HERE)], act)
        return _now(store, record.id)

    version = office.site.workspace.changed_by(change)
    office.site.take_up_changes()
    return version


def take_down(
    office: Office, kind: str, record_id: str, by: Person, why: str, replaced_by: URIRef | None = None
) -> None:
    """Withdraw a published record; its address says so from then on, and it can be restored.

    Raises:
        NotFoundError: there is no such record.
        ProblemError: no reason is given, or this person may not.

    """
    if by.role < Role.EDITOR:
        raise ProblemError(403, "Withdrawing is for editors; leave them a comment that says why it should go.")
    if not why.strip():
        raise ProblemError(422, "Say why the record is withdrawn: it stands in its history.")
    iri = iri_of(kind, record_id)
    heirs = {iri: replaced_by} if replaced_by else None

    def change(store: Store) -> None:
        standing = current_of(store, record_id)
        if standing is None or standing.iri != iri:
            raise NotFoundError(f"There is no {kind} {record_id} here; it may have been withdrawn already.")
        withdraw_records(
            store, [iri], Act(ORIGIN, f"person-{by.id}", why), source=WRITTEN_HERE, replaced_by=heirs
        )  # fmt: skip

    office.site.workspace.changed_by(change)
    office.site.take_up_changes()
    office.desk.log(by.id, "withdrew", record_id, why)


def restore(office: Office, kind: str, record_id: str, number: int, by: Person, why: str) -> Version:
    """Make an earlier version of a record the current one again; the versions between stay.

    Raises:
        NotFoundError: there is no such version, or its content was not kept.
        ProblemError: no reason is given, or this person may not.

    """
    if by.role < Role.EDITOR:
        raise ProblemError(403, "Restoring is for editors; open the record and change it, or leave them a comment.")
    if not why.strip():
        raise ProblemError(422, "Say why this version is restored: it stands in the record's history.")
    iri = iri_of(kind, record_id)

    def change(store: Store) -> Version:
        graph, standing = kept_content(store, version_iri(iri, number)), current_of(store, record_id)
        if graph is None:
            raise NotFoundError(f"Version {number} of {record_id} was not kept, or is the current one.")
        record, findings = checked(fields_of(graph, iri), store)
        if findings or record is None:
            raise ChecksError(findings)
        if standing is not None and standing.iri != iri:
            raise InputError("Another record has this id now; withdraw that one first.", field="id")
        if standing is None or standing.digest != record.digest:
            act = Act(ORIGIN, f"person-{by.id}", why)
            apply(store, [Change(iri, record.digest, record.graph(), f"{RESTORED_FROM} {number}")], act)
        return _now(store, record_id)

    version = office.site.workspace.changed_by(change)
    office.site.take_up_changes()
    office.desk.log(by.id, f"restored version {number}", record_id, why)
    return version


def _up_to_date(office: Office, draft: Draft, standing: Version | None, store: Store) -> dict[str, Any]:
    """The draft's fields on top of what is published now, where that has changed since it was begun."""
    if standing is None or draft.based_on is None or standing.number == draft.based_on:
        return draft.fields
    before = kept_content(store, version_iri(standing.iri, draft.based_on))
    theirs = fields_of(store.graph(record_graph(standing.id)), standing.iri)
    base = fields_of(before, standing.iri) if before is not None else theirs
    fields, _, clashes = merged(base, draft.fields, theirs)
    if not clashes:
        return fields
    office.desk.rebase(draft.key, fields, standing.number, draft.changed_by, note=f"on version {standing.number}")
    names = ", ".join(clash.field for clash in clashes)
    raise InputError(
        f"The record was changed meanwhile in the same fields ({names}); they are now as published, and yours "
        "are in the draft's history. Choose, and publish again."
    )


def _must_be(draft: Draft, state: State) -> None:
    if draft.state != state:
        raise ProblemError(409, f"This draft is {draft.state.replace('-', ' ')} now; load its page again.")


def _now(store: Store, record_id: str) -> Version:
    version = current_of(store, record_id)
    if version is None:
        raise NotFoundError(f"{record_id} was written and is not there; run `goodways check`.")
    return version
