"""Rows of an import into the graph, to the desk, and back, some at a time.

Each set of rows is one transaction of the graph, written before its outcome is noted. When it is tried again after a
kill, a row that is in the graph already is told by its digest.
"""

from dataclasses import replace

from ingest.readers import RawRecord
from ingest.record import Record, normalise
from ingest.unpack import fields_of
from kg import InputError, Store
from kg.batch import Batch, BatchRow
from kg.desk import Desk, State
from kg.records import DESK, Act, Change, Version, apply, current, kept_content, version_iri
from kg.validation import validate, vocabulary_types
from ontology import ID

from ..site import Site

PASSED = "passed over"
LEFT = "left as it is"
_MEANWHILE = "Somebody has changed this record since the preview; import the row again."


def publish_rows(site: Site, batch: Batch, rows: list[BatchRow]) -> list[BatchRow]:
    """Publish rows as the preview showed them; they are in the graph and searched when this returns.

    Returns:
        The rows with their outcome: `added`, `changed`, or `passed over` with why.

    """

    def publish(store: Store) -> list[BatchRow]:
        versions = current(store)
        records = {row.number: _record(row) for row in rows}
        graphs = {record.iri: record.graph() for record in records.values() if record}
        wrong = validate(graphs, vocabulary_types(store)) if graphs else {}
        changes, made = [], []
        for row in rows:
            record = records[row.number]
            standing = versions.get(record.id) if record else None
            if record is None or wrong.get(record.iri):
                made.append(_passed(row, "It no longer passes the checks; import it again."))
            elif standing is not None and standing.digest == record.digest and standing.iri == record.iri:
                outcome = "changed" if row.before else "added"
                made.append(replace(row, outcome=outcome, after=standing.number))
            elif (standing.number if standing else None) != row.before:
                made.append(_passed(row, _MEANWHILE))
            else:
                changes.append(Change(record.iri, record.digest, graphs[record.iri], f"import of {row.file}"))
                made.append(replace(row, outcome="changed" if row.before else "added"))
        if changes:
            apply(store, changes, _act(batch))
            versions = current(store)
        return [_with_version(row, versions) for row in made]

    return site.workspace.changed_by(publish)


def undo_rows(site: Site, desk: Desk, batch: Batch, rows: list[BatchRow]) -> list[BatchRow]:
    """Take back what an import has done to rows, unless somebody has changed them since.

    What it added is withdrawn; what it changed gets its former version back, as a new one; drafts that nobody has
    touched are thrown away.

    Returns:
        The rows with their outcome: `withdrawn`, `restored`, `thrown away`, or `left as it is` with why.

    """
    drafts = [_without_draft(desk, batch, row) for row in rows if row.outcome == "draft"]
    published = [row for row in rows if row.outcome != "draft"]

    def undo(store: Store) -> list[BatchRow]:
        versions = current(store)
        changes, made = [], []
        for row in published:
            standing = versions.get(_id(row))
            added = row.outcome == "added"
            change, done = _withdrawal(row, standing) if added else _restoration(store, row, standing)
            changes += [change] if change else []
            made.append(done)
        if changes:
            apply(store, changes, _act(batch))
        return made

    return [*drafts, *(site.workspace.changed_by(undo) if published else [])]


def draft_rows(desk: Desk, batch: Batch, rows: list[BatchRow]) -> list[BatchRow]:
    """Make drafts of rows, each to be reviewed on its own."""
    made = []
    for row in rows:
        there = desk.open_for(_id(row))
        if there is None or there.batch != batch.key:
            try:
                there = desk.begin(
                    row.result, batch.by, based_on=row.before, source=f"import of {row.file}", batch=batch.key
                )
            except InputError:
                made.append(_passed(row, "Somebody is working on this record; look at their draft first."))
                continue
        made.append(replace(row, outcome="draft", draft=there.key))
    return made


def _withdrawal(row: BatchRow, standing: Version | None) -> tuple[Change | None, BatchRow]:
    if standing is None:
        return None, replace(row, outcome="withdrawn", outcome_note="")
    if standing.number != row.after:
        return None, _left(row)
    return Change(standing.iri, "", None, f"undoing the import of {row.file}"), replace(row, outcome="withdrawn")


def _restoration(store: Store, row: BatchRow, standing: Version | None) -> tuple[Change | None, BatchRow]:
    iri = ID[row.record]
    kept = kept_content(store, version_iri(iri, row.before or 0))
    former, _ = normalise(RawRecord("", None, fields_of(kept, iri))) if kept is not None else (None, [])
    if standing is None or former is None:
        return None, replace(row, outcome=LEFT, outcome_note="The record or its former version is there no more.")
    if standing.number != row.after:
        return (None, replace(row, outcome="restored")) if standing.digest == former.digest else (None, _left(row))
    change = Change(iri, former.digest, former.graph(), f"undoing the import of {row.file}")
    return change, replace(row, outcome="restored")


def _without_draft(desk: Desk, batch: Batch, row: BatchRow) -> BatchRow:
    draft = desk.draft(row.draft)
    if draft.state == State.DISCARDED:
        return replace(row, outcome="thrown away")
    if draft.state != State.DRAFT or draft.number > 1:
        return _left(row)
    desk.move(draft.key, State.DISCARDED, batch.by, note="the import was undone")
    return replace(row, outcome="thrown away")


def _left(row: BatchRow) -> BatchRow:
    return replace(row, outcome=LEFT, outcome_note="Somebody has changed it since the import.")


def _passed(row: BatchRow, why: str) -> BatchRow:
    return replace(row, outcome=PASSED, outcome_note=why)


def _with_version(row: BatchRow, versions: dict[str, Version]) -> BatchRow:
    standing = versions.get(_id(row))
    return replace(row, after=standing.number) if row.outcome in ("added", "changed") and standing else row


def _record(row: BatchRow) -> Record | None:
    record, findings = normalise(RawRecord(row.file, row.place, row.result))
    return record if not findings else None


def _act(batch: Batch) -> Act:
    reviewer = f"person-{batch.by}" if batch.by != batch.owner else ""
    return Act(DESK, f"person-{batch.owner}", batch.why, reviewer)


def _id(row: BatchRow) -> str:
    return row.record.rpartition("/")[2]
