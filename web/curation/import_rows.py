"""The verdict on each row of an import: what is wrong with it, what it would change, and what may be the same."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from ingest.ids import marks
from ingest.readers import RawRecord
from ingest.record import Record, normalise
from ingest.unpack import fields_of
from kg import Finding
from kg.batch import TAKEN, Batch, BatchRow, Fields, Verdict
from kg.batches import Batches
from kg.desk import OPEN, Desk
from kg.records import Version, current, taken_down
from kg.validation import Types, validate, vocabulary_types
from ontology import record_graph
from search.duplicates import Duplicates, Likeness
from search.known_records import known_from

from ..per_state import PerState
from ..site import Site, path_of

_LONGEST_SHOWN = 300
_MOST_REMEMBERED = 2_000  # rows before, that are read again for rows that come later
_versions: PerState[dict[str, Version]] = PerState(lambda site: current(site.searcher.store))
_types: PerState[Types] = PerState(lambda site: vocabulary_types(site.searcher.store))
_down: PerState[set[str]] = PerState(lambda site: taken_down(site.searcher.store))
_marks: PerState[dict[str, str]] = PerState(lambda site: marks(_versions(site)))


class Judge:
    """Looks at the rows of one batch, some at a time and in their order."""

    def __init__(self, site: Site, desk: Desk, batches: Batches, duplicates: Duplicates, batch: Batch) -> None:
        self._site, self._desk, self._batches, self._duplicates, self._batch = site, desk, batches, duplicates, batch
        self._earlier: dict[str, list[tuple[int, Fields]]] = defaultdict(list)
        self._upto = 0

    def judge(self, rows: list[BatchRow]) -> list[BatchRow]:
        """The same rows with their verdicts; a row that can be taken without a question is taken."""
        versions, store = _versions(self._site), self._site.searcher.store
        found, records = [], {}
        within: dict[str, int] = {}
        for row in rows:
            fields = self._with_defaults(row, versions)
            record, findings = _read(row, fields)
            standing = versions.get(record.id) if record else None
            if record and not findings:
                findings = self._clash(row, record, standing, within)
            if record and not findings and standing:
                before = fields_of(store.graph(record_graph(record.id)), standing.iri)
                fields = fields_of(record.graph(), record.iri)
                fields = _kept(before, fields) if self._batch.keep else fields
                record, findings = _read(row, fields)
            made = _judged(row, record, findings, fields, standing)
            if record and not findings:
                records[row.number] = record
                within[record.id] = row.number
            found.append(made)
        return self._with_likely(self._with_shapes(found, records))

    def _with_defaults(self, row: BatchRow, versions: dict[str, Version]) -> Fields:
        """The row's fields, with what holds for all; a made id is that under which the same source is known."""
        fields = self._batch.defaults | {name: value for name, value in row.fields.items() if value not in (None, "")}
        if row.made_id and isinstance(fields.get("id"), str) and fields["id"] not in versions:
            mark = fields["id"].rpartition("-")[2]
            fields["id"] = _marks(self._site).get(mark, fields["id"])
        return fields

    def _clash(
        self, row: BatchRow, record: Record, standing: Version | None, within: dict[str, int]
    ) -> list[dict[str, str]]:
        earlier = within.get(record.id)
        if earlier is None and (found := self._batches.earlier_with(self._batch.key, _name(record), row.number)):
            earlier = found.number
        if earlier is not None:
            return [
                _finding("id", f"Row {earlier} of this import has the id {record.id} already; give this one another.")
            ]
        if standing and standing.iri != record.iri:
            return [
                _finding("id", f"A record {record.id} of another type is stored already; give this one another id.")
            ]
        return []

    def _with_shapes(self, rows: list[BatchRow], records: dict[int, Record]) -> list[BatchRow]:
        """With what the shapes find, and what would change."""
        graphs = {number: record.graph() for number, record in records.items()}
        wrong = validate({records[n].iri: graph for n, graph in graphs.items()}, _types(self._site)) if graphs else {}
        made = []
        for row in rows:
            record = records.get(row.number)
            if record and (findings := wrong.get(record.iri)):
                refused = _as_dicts(findings)
                made.append(replace(row, verdict=Verdict.REFUSED, findings=refused, result={}, take=False))
            elif record and row.verdict == Verdict.CHANGES:
                store = self._site.searcher.store
                before = fields_of(store.graph(record_graph(record.id)), record.iri)
                changes = differing(before, fields_of(graphs[row.number], record.iri))
                verdict = Verdict.CHANGES if changes else Verdict.UNCHANGED
                made.append(replace(row, changes=changes, verdict=verdict, take=bool(changes)))
            else:
                made.append(row)
        return made

    def _with_likely(self, rows: list[BatchRow]) -> list[BatchRow]:
        """With what may be the same: published, being written, or in a row before."""
        self._catch_up(rows)
        new = [row for row in rows if row.verdict == Verdict.NEW]
        raws = [row.result for row in new]
        alike = self._duplicates.verdicts(raws, drafts=lambda: self._drafts(new)) if raws else []
        numbers = [row.number for row in new]
        likely = {row.number: [_likely(one, numbers) for one in found] for row, found in zip(new, alike, strict=True)}
        made = []
        for row in rows:
            found = likely.get(row.number, [])
            if row.verdict == Verdict.NEW and row.record.partition("/")[2] in _down(self._site):
                said = "A record of this id was withdrawn on the site; taking this row brings it back."
                found = [{"title": "", "said": said, "why": [], "same": True, "url": f"/id/{row.record}"}, *found]
            verdict = Verdict.DUPLICATE if any(one["same"] for one in found) else row.verdict
            made.append(replace(row, likely=found, verdict=verdict, take=row.take and verdict in TAKEN))
            self._remember(row)
        return made

    def _drafts(self, rows: list[BatchRow]) -> Iterator[tuple[str, Fields]]:
        for state in OPEN:
            for draft in self._desk.drafts(state=state):
                yield draft.key, draft.fields
        keys = {key for row in rows for key in _known_by(row.result)}
        first = rows[0].number if rows else 0
        earlier = {number: fields for key in keys for number, fields in self._earlier.get(key, ()) if number < first}
        yield from ((f"{_ROW}{number}", fields) for number, fields in earlier.items())

    def _catch_up(self, rows: list[BatchRow]) -> None:
        """Remember the rows before these, which an earlier run or another process has judged."""
        first = rows[0].number if rows else 0
        self._upto = max(self._upto, first - 1 - _MOST_REMEMBERED)
        while self._upto + 1 < first:
            for row in self._batches.rows(self._batch.key, offset=self._upto, limit=min(500, first - 1 - self._upto)):
                self._remember(row)

    def _remember(self, row: BatchRow) -> None:
        self._upto = max(self._upto, row.number)
        for key in _known_by(row.result):
            if (row.number, row.result) not in self._earlier[key]:
                self._earlier[key].append((row.number, row.result))


_ROW = "row:"


def differing(before: Fields, after: Fields) -> list[dict[str, str]]:
    """Each field that would be another, with what it is and what it would be."""
    names = [name for name in dict.fromkeys([*after, *before]) if before.get(name) != after.get(name)]
    return [{"field": name, "before": shown(before.get(name)), "after": shown(after.get(name))} for name in names]


def shown(value: Any) -> str:
    """A value of a field as one line of text."""
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, dict):
        text = " · ".join(f"{name}: {shown(item)}" for name, item in value.items())
    elif isinstance(value, list):
        text = "; ".join(shown(item) for item in value)
    else:
        text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"


def _read(row: BatchRow, fields: Fields) -> tuple[Record | None, list[dict[str, str]]]:
    """A row as a record, and all that is wrong with it."""
    if not fields or (row.read_findings and not row.fields):
        return None, row.read_findings or [_finding("", "The row is empty.")]
    record, findings = normalise(RawRecord(row.file, row.place, fields))
    told = [*row.read_findings, *_as_dicts(findings)]
    return record, list({(one["field"], one["message"]): one for one in told}.values())


def _judged(
    row: BatchRow, record: Record | None, findings: list[dict[str, str]], fields: Fields, standing: Version | None
) -> BatchRow:
    refused = bool(findings) or record is None
    verdict = Verdict.REFUSED if refused else Verdict.CHANGES if standing else Verdict.NEW
    return replace(
        row,
        verdict=verdict,
        findings=findings,
        likely=[],
        changes=[],
        result=fields if record and not refused else {},
        digest=record.digest if record and not refused else "",
        record=_name(record) if record else "",
        before=standing.number if standing else None,
        take=verdict in TAKEN,
    )


def _kept(before: Fields, after: Fields) -> Fields:
    """What is published, with what the row says in its place; texts in other languages stay."""
    made = dict(before)
    for name, value in after.items():
        texts = isinstance(value, dict) and isinstance(before.get(name), dict)
        made[name] = before[name] | value if texts else value
    return made


def _likely(one: Likeness, numbers: list[int]) -> dict[str, Any]:
    """A record that may be the same, as it is kept; rows have the numbers that they have in the batch."""
    row = 0
    if one.id.startswith(_ROW):
        row = int(one.id.removeprefix(_ROW))
    elif one.id.startswith("row "):
        row = numbers[int(one.id.removeprefix("row ")) - 1]
    draft = one.id if one.record_iri is None and not row else ""
    url = path_of(one.record_iri) if one.record_iri is not None else f"/desk/draft/{draft}/review" if draft else ""
    why = [reason.said for reason in one.reasons]
    made = {"title": one.title, "said": one.said, "why": why, "score": one.score, "same": one.same, "url": url}
    return made | {"row": row, "draft": draft, "id": one.id if one.record_iri is not None else ""}


def _known_by(fields: Fields) -> set[str]:
    known = known_from(fields)
    return set(known.identifiers) | {f"title:{' '.join(title.words)}" for title in known.titles}


def _name(record: Record) -> str:
    return "/".join(str(record.iri).rsplit("/", 2)[1:])


def _as_dicts(findings: Iterable[Finding]) -> list[dict[str, str]]:
    return [_finding(finding.field, finding.message) for finding in findings]


def _finding(field: str, message: str) -> dict[str, str]:
    return {"field": field, "message": message}
