"""What every reader gives: one record as it stands in a file, or the reason why it could not be read."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg import Finding

MAX_RECORD_BYTES = 2_000_000
MAX_DEPTH = 20
MAX_VALUES = 50_000


@dataclass
class RawRecord:
    """One record as it stands in a file, or the reason why it could not be read."""

    file: str
    row: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    """What was read; beside a finding, what could be read of it, so that somebody can put it right."""
    finding: Finding | None = None
    further: list[Finding] = field(default_factory=list)
    """What else is wrong in the same row."""
    notes: list[Finding] = field(default_factory=list)
    """What a person should know and need not change: a guessed encoding, columns that were left out."""
    made_id: bool = False
    """Whether the id was made from title and source because the file gives none."""

    @property
    def findings(self) -> list[Finding]:
        """All that is wrong."""
        return [*([self.finding] if self.finding else []), *self.further]


def broken(path: Path, message: str, row: int | None = None) -> RawRecord:
    """A record, or a whole file, that cannot be read."""
    return RawRecord(str(path), row, finding=Finding(message, file=str(path), row=row))


def fields_of(path: Path, row: int | None, data: Any) -> RawRecord:
    """What was read as a record, if it is a set of fields and not too deep."""
    if not isinstance(data, dict):
        return broken(path, "A record must be a set of fields (`title: …`), and this is something else.", row)
    if not small(data):
        return broken(path, "This record is nested too deeply; use the fields of docs/record-format.md.", row)
    return RawRecord(str(path), row, data)


def check_size(raw: bytes | str) -> None:
    """Refuse what is larger than a record may be.

    Raises:
        ValueError: it is.

    """
    if len(raw) > MAX_RECORD_BYTES:
        raise ValueError(f"a record may have {MAX_RECORD_BYTES // 1_000_000} MB, and this one is larger")


def utf8(raw: bytes) -> str:
    """Bytes as text, without a byte-order mark.

    Raises:
        ValueError: they are not UTF-8.

    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text (byte {error.start + 1})") from error


def reason(error: Exception) -> str:
    """Why something could not be read, in a clause."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "set_int_max_str_digits" in str(error):
        return "a number in it is too long"
    return str(error).partition("\n")[0]


def small(value: Any) -> bool:
    """Whether depth and number of values are within bounds (YAML aliases can multiply a few lines)."""
    pending, count = [(value, 1)], 0
    while pending:
        item, depth = pending.pop()
        count += 1
        if depth > MAX_DEPTH or count > MAX_VALUES:
            return False
        if isinstance(item, dict | list):
            pending.extend((child, depth + 1) for child in (item.values() if isinstance(item, dict) else item))
    return True
