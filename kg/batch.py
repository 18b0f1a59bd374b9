"""What an import is: a batch with its rows, how far it has come, what was found, and what became of each row."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .errors import GoodwaysError

Fields = dict[str, Any]


class Phase(StrEnum):
    """How far a batch has come."""

    READING = "reading"
    CHECKING = "checking"
    PREVIEW = "preview"
    WAITING = "waiting"
    """For another curator."""
    COMMITTING = "committing"
    DRAFTING = "drafting"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    STOPPED = "stopped"
    FAILED = "failed"
    DISCARDED = "discarded"


WORK = (Phase.READING, Phase.CHECKING, Phase.COMMITTING, Phase.DRAFTING, Phase.UNDOING)
"""What is done in the background."""
OPEN = (Phase.PREVIEW, Phase.WAITING)
"""When rows can be corrected and chosen."""


class Verdict(StrEnum):
    """What would become of a row."""

    NEW = "new"
    CHANGES = "changes"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


TAKEN = (Verdict.NEW, Verdict.CHANGES)
"""What is taken unless somebody says otherwise."""
POSSIBLE = (*TAKEN, Verdict.DUPLICATE)
"""What can be taken."""


class StoppedError(GoodwaysError):
    """Somebody has stopped the work, or something else is done with the batch now."""


@dataclass(frozen=True)
class Batch:
    """One import."""

    key: str
    owner: str
    begun: datetime
    name: str
    """What is shown: the names of the files, or the address that was harvested."""
    state: Phase
    resume: Phase | None
    """What it was at when it stopped or failed."""
    files: list[dict[str, Any]]
    """`name` as its owner called it, `path` within the folder of uploads, `size` in bytes."""
    harvest: dict[str, Any]
    """How far a harvest has got; empty for files."""
    keep: bool
    """Whether what the file does not say of a published record stays as it is."""
    columns: dict[str, str]
    """Heading -> field, as somebody has said it by hand."""
    defaults: dict[str, str]
    """What holds where a row does not say it: its `type`, its `language`."""
    notes: list[str]
    left_out: list[dict[str, str]]
    """Columns that were not understood: `heading`, and an `example` of what stands in it."""
    seconds: float
    """How long reading and checking took."""
    problem: str
    """Why it failed."""
    by: str
    """Who committed, or has undone it."""
    why: str
    asker: str
    """Who asked for a second pair of eyes."""


@dataclass(frozen=True)
class BatchRow:
    """One row of a batch."""

    number: int
    """Within the batch, from 1."""
    file: str
    place: int | None
    """The row in its file."""
    fields: Fields
    """The record as it was read, and corrected since."""
    made_id: bool = False
    read_findings: list[dict[str, str]] = field(default_factory=list)
    """What could not be read: `field` and `message`."""
    notes: list[str] = field(default_factory=list)
    verdict: Verdict | None = None
    findings: list[dict[str, str]] = field(default_factory=list)
    likely: list[dict[str, Any]] = field(default_factory=list)
    """Records that may be the same."""
    changes: list[dict[str, str]] = field(default_factory=list)
    """`field`, `before` and `after` of what would change."""
    result: Fields = field(default_factory=dict)
    """What would be published."""
    digest: str = ""
    record: str = ""
    """`kind/id`."""
    before: int | None = None
    """The published version that it was compared with."""
    take: bool = False
    corrected_by: str = ""
    outcome: str = ""
    outcome_note: str = ""
    after: int | None = None
    """The version that the import has made."""
    draft: str = ""


SAID = {
    Phase.READING: "being read", Phase.CHECKING: "being checked", Phase.PREVIEW: "ready to be looked at",
    Phase.WAITING: "waiting for another curator", Phase.COMMITTING: "being published",
    Phase.DRAFTING: "being made into drafts", Phase.DONE: "done", Phase.UNDOING: "being undone",
    Phase.UNDONE: "undone", Phase.STOPPED: "stopped", Phase.FAILED: "interrupted", Phase.DISCARDED: "thrown away",
}  # fmt: skip
"""States in words, after “this import is”."""
