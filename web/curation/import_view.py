"""What the pages of imports show: the list, one import with its rows, how far it is."""

import re
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from ingest.mapping import by_hand
from ingest.mapping.words import labels
from kg.batch import OPEN, POSSIBLE, SAID, TAKEN, WORK, Batch, BatchRow, Phase, Verdict
from kg.batches import KEPT_DAYS
from ontology import RECORD_TYPES

from ..accounts import name_of
from ..format import day
from .differences import field_label
from .import_office import ImportOffice
from .import_rows import shown

KINDS = {name: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name) for name in RECORD_TYPES}
"""Kinds of records in words."""
PAGE = 100
"""Rows a page."""
NAMES = {
    Verdict.NEW: "New",
    Verdict.CHANGES: "Changes a record",
    Verdict.UNCHANGED: "Nothing new",
    Verdict.DUPLICATE: "Perhaps here already",
    Verdict.REFUSED: "Cannot be taken",
}
"""Verdicts in words."""
OUTCOMES = {
    "added": "Added",
    "changed": "Changed",
    "draft": "Now a draft",
    "passed over": "Passed over",
    "withdrawn": "Withdrawn again",
    "restored": "As it was before",
    "thrown away": "Draft thrown away",
    "left as it is": "Left as it is",
}
"""What became of rows, in words."""


def list_view(request: Request, office: ImportOffice, language: str) -> dict[str, Any]:
    """The newest imports, and what the form to bring one in needs."""
    lines = [_line(request, office, batch, language) for batch in office.batches.batches(limit=50)]
    return {"imports": lines, "most_mb": office.most_bytes // 1_000_000, "kept_days": KEPT_DAYS,
            **choices(language)}  # fmt: skip


def choices(language: str) -> dict[str, Any]:
    """Kinds of records and languages to choose from."""
    return {"types": list(RECORD_TYPES), "kinds": KINDS, "languages": list(labels("language", language).items())}


def batch_view(
    request: Request, office: ImportOffice, batch: Batch, chosen: str, number: int, language: str
) -> dict[str, Any]:
    """One import: how far it is, and a page of its rows.

    Args:
        request: whose site it is.
        office: the imports, and who looks.
        batch: the import.
        chosen: a verdict, `out:` with an outcome, or nothing for all rows.
        number: of the page, from 1.
        language: of names and dates.

    """
    counts = office.batches.counts(batch.key)
    filters: list[dict[str, Any]] = [
        {"name": verdict.value, "label": NAMES[verdict], "count": counts.get(f"verdict.{verdict}", 0)}
        for verdict in (Verdict.REFUSED, Verdict.DUPLICATE, Verdict.CHANGES, Verdict.NEW, Verdict.UNCHANGED)
    ]
    outcomes = [
        {"name": f"out:{name}", "label": label, "count": counts.get(f"outcome.{name}", 0)}
        for name, label in OUTCOMES.items()
    ]
    filters = [one for one in [*filters, *outcomes] if one["count"]]
    if chosen not in {one["name"] for one in filters}:
        chosen = ""
    total = next((one["count"] for one in filters if one["name"] == chosen), counts["rows"])
    rows = office.batches.rows(
        batch.key,
        verdict=Verdict(chosen) if chosen and not chosen.startswith("out:") else None,
        outcome=chosen.removeprefix("out:") if chosen.startswith("out:") else "",
        offset=(number - 1) * PAGE,
        limit=PAGE,
    )
    is_open = batch.state in OPEN
    return {
        "batch": batch,
        "line": _line(request, office, batch, language),
        "progress": progress(office, batch),
        "counts": counts,
        "filters": filters,
        "chosen": chosen,
        "rows": [row_view(row) for row in rows],
        "several_files": len(batch.files) > 1 or len({row.file for row in rows}) > 1,
        "page": number,
        "pages": max(1, -(-total // PAGE)),
        "is_open": is_open,
        "possible": [v.value for v in POSSIBLE],
        "refusal": office.may_publish(batch) if is_open else "",
        "needs_reason": is_open and office.needs_reason(batch),
        "may_undo": _can_be_undone(batch) and office.may_undo(batch) and _done(counts) > 0,
        "can_discard": batch.state in (*OPEN, Phase.STOPPED, Phase.FAILED) and not counts["done"],
        "columns": _columns(batch) if is_open and batch.files else [],
        "fields": [(name, field_label(name)) for name in by_hand.choices()],
        "named": [(heading, field_label(field)) for heading, field in batch.columns.items()],
        "trouble": batch.problem or office.work.trouble.get(batch.key, ""),
        **choices(language),
    }


def progress(office: ImportOffice, batch: Batch) -> dict[str, Any]:
    """How far the work on a batch is, for the page and for its script."""
    counts = office.batches.counts(batch.key)
    done, of = {
        Phase.READING: (counts["rows"], 0),
        Phase.CHECKING: (counts["judged"], counts["rows"]),
        Phase.COMMITTING: (counts["done"], counts["taken"]),
        Phase.DRAFTING: (counts["done"], counts["taken"]),
        Phase.UNDOING: (counts["done"] - _done(counts), counts["done"]),
    }.get(batch.state, (0, 0))
    said = {
        Phase.READING: f"Reading: {done} rows so far.",
        Phase.CHECKING: f"Checking: {done} of {of} rows.",
        Phase.COMMITTING: f"Publishing: {done} of {of} rows.",
        Phase.DRAFTING: f"Making drafts: {done} of {of} rows.",
        Phase.UNDOING: f"Undoing: {done} of {of} rows.",
    }.get(batch.state, "")
    trouble = office.work.trouble.get(batch.key, "")
    return {"state": batch.state.value, "busy": batch.state in WORK, "done": done, "of": of,
            "said": trouble or said, "trouble": bool(trouble)}  # fmt: skip


def row_view(row: BatchRow) -> dict[str, Any]:
    """A row as the table shows it."""
    title = row.fields.get("title")
    texts = title if isinstance(title, dict) else {"": title}
    spoken = next((code for code in ("en", *texts) if code in texts), "")
    language = spoken or (row.fields.get("language") if isinstance(row.fields.get("language"), str) else "")
    return {
        "row": row,
        "title": {"text": shown(texts.get(spoken)), "lang": language or ""},
        "verdict": NAMES[row.verdict] if row.verdict else "Not looked at yet",
        "outcome": OUTCOMES.get(row.outcome, ""),
        "can_take": row.verdict in POSSIBLE,
        "is_taken_anyway": row.verdict in TAKEN,
        "link": f"/id/{row.record}" if row.outcome in ("added", "changed", "restored") else "",
        "facts": [(name, field_label(name), shown(value)) for name, value in row.fields.items() if name != "title"],
        "changes": [one | {"title": field_label(one["field"])} for one in row.changes],
        "findings": [one | {"title": field_label(one["field"])} for one in row.findings],
    }


def address(key: str, **asked: Any) -> str:
    """The address of an import's page."""
    given = {name: value for name, value in asked.items() if value}
    return f"/desk/import/{key}" + (f"?{urlencode(given)}" if given else "")


def _line(request: Request, office: ImportOffice, batch: Batch, language: str) -> dict[str, Any]:
    counts = office.batches.counts(batch.key)
    return {
        "key": batch.key,
        "name": batch.name,
        "said": SAID[batch.state],
        "state": batch.state.value,
        "who": name_of(request, batch.owner),
        "by": name_of(request, batch.by) if batch.by else "",
        "asker": name_of(request, batch.asker) if batch.asker else "",
        "when": day(batch.begun.date().isoformat(), language),
        "rows": counts["rows"],
        "refused": counts.get("verdict.refused", 0),
        "taken": counts["taken"],
        "done": _done(counts),
        "seconds": _in_words(batch.seconds),
    }


def _done(counts: dict[str, int]) -> int:
    return sum(counts.get(f"outcome.{name}", 0) for name in ("added", "changed", "draft"))


def _can_be_undone(batch: Batch) -> bool:
    broken_off = batch.state in (Phase.STOPPED, Phase.FAILED)
    return batch.state == Phase.DONE or (broken_off and batch.resume in (Phase.COMMITTING, Phase.DRAFTING))


def _columns(batch: Batch) -> list[dict[str, Any]]:
    """Columns that can be named by hand: those left out, and those named already."""
    named = [{"heading": heading, "example": "", "field": field} for heading, field in batch.columns.items()]
    return [*named, *({**column, "field": ""} for column in batch.left_out)]


def _in_words(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    if seconds < 100:
        return f"{round(seconds)} seconds" if round(seconds) > 1 else "1 second"
    return f"{round(seconds / 60)} minutes"
