"""A table as the mappings see it: rows of named cells, which can be gone through more than once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kg import Finding

MAX_CELL = 1_000_000
MAX_COLUMNS = 2_000


@dataclass
class Row:
    """One row: its cells by heading, or why it cannot be used."""

    number: int | None
    cells: dict[str, Any]
    """By heading: a text, or a list of texts where the format has lists; empty cells are left out."""
    wrong: str = ""


@dataclass
class Table:
    """The rows of a file, or of a sheet in it."""

    file: str
    rows: Callable[[], Iterator[Row]]
    """Goes through the rows from the first; may be called again."""
    headings: tuple[str, ...] = ()
    """In the order of the file; empty where each row names its own."""
    notes: list[Finding] = field(default_factory=list)
    made_by_people: bool = False
    """Whether a value that is not known should be put right, and not left out."""

    def cells(self, heading: str) -> Iterator[str]:
        """Each text of a column."""
        for row in self.rows():
            yield from texts(row.cells.get(heading))


def texts(value: Any) -> list[str]:
    """A cell as a list of texts without space around them; nothing where it is empty.

    What JSON has is written as sheets write it: `yes` and `no`, and a body with its name as `GHGA : {organization}`.
    """
    values = value if isinstance(value, list) else [value]
    found = []
    for item in values:
        if isinstance(item, bool):
            text = "yes" if item else "no"
        elif isinstance(item, dict):
            text = f"{item['name']} : {{organization}}" if item.get("name") else ""
        else:
            text = "" if item is None else str(item).strip()
        if text:
            found.append(text)
    return found
