"""Tables whose columns somebody has named by hand, where headings alone did not tell."""

from collections.abc import Iterator
from collections.abc import Mapping as Chosen
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from kg import Finding

from ..fields import plain, top_fields
from ..readers import RawRecord
from .mapping import Mapping, recognise
from .rows import Row, Table, texts
from .run import records
from .sheets import field_of, sheet_mapping

ENDINGS = (".csv", ".tsv", ".xlsx", ".xlsm")
"""Of the files in which columns can be named."""
_LOOKED_AT = 2_000
_TITLE = "title"


@dataclass(frozen=True)
class Column:
    """A column that no field was found for."""

    heading: str
    example: str
    """The first thing that stands in it."""


def table_in(path: Path) -> Table | str | None:
    """The table in a file, or why it cannot be read; nothing for files that are no tables."""
    if path.suffix.lower() not in ENDINGS:
        return None
    from ..readers.csv_file import csv_table
    from ..readers.kinds import foreign
    from ..readers.xlsx_file import xlsx_table

    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return xlsx_table(path)
    what = foreign(path)
    return (
        f"The name says {path.suffix.lower()}, but this is {what}; give it its right name." if what else csv_table(path)
    )


def unknown_columns(path: Path, chosen: Chosen[str, str]) -> list[Column]:
    """The filled columns of a table that are left out, less those that somebody has named."""
    table = table_in(path)
    if not isinstance(table, Table):
        return []
    mapping = recognise(table.headings)
    known = mapping.columns() if mapping else set()
    wanted = [
        heading
        for heading in table.headings
        if heading and heading not in chosen and plain(heading) not in known and (mapping or not field_of(heading)[0])
    ]
    examples: dict[str, str] = {}
    for row in islice(table.rows(), _LOOKED_AT):
        for heading in wanted:
            if heading not in examples and (found := texts(row.cells.get(heading))):
                examples[heading] = found[0]
    return [Column(heading, example) for heading, example in examples.items()]


def read_by_hand(path: Path, chosen: Chosen[str, str]) -> Iterator[RawRecord]:
    """The records of a table; `chosen` says for some headings which field they are (`summary`, or `summary (de)`)."""
    table = table_in(path)
    if not isinstance(table, Table):
        message = table or "Only columns of tables can be named by hand."
        yield RawRecord(str(path), finding=Finding(message, file=str(path)))
        return
    named = _renamed(table, chosen)
    mapping = _with_chosen(recognise(table.headings), named, chosen)
    if isinstance(mapping, str):
        yield RawRecord(str(path), finding=Finding(mapping, file=str(path)))
        return
    yield from records(named, mapping)


def _renamed(table: Table, chosen: Chosen[str, str]) -> Table:
    names = {heading: field for heading, field in chosen.items() if heading in table.headings}

    def rows() -> Iterator[Row]:
        for row in table.rows():
            yield replace(row, cells={names.get(heading, heading): cell for heading, cell in row.cells.items()})

    headings = tuple(names.get(heading, heading) for heading in table.headings)
    return Table(table.file, rows, headings, table.notes, table.made_by_people)


def _with_chosen(known: Mapping | None, named: Table, chosen: Chosen[str, str]) -> Mapping | str:
    """The mapping of the table, with the chosen columns before what it has for their fields."""
    if known is None:
        return sheet_mapping(named)
    fields = dict.fromkeys(chosen.values())
    added = sheet_mapping(Table(named.file, named.rows, tuple(dict.fromkeys((_TITLE, *fields)))))
    if isinstance(added, str):
        return added
    wanted = {field_of(heading)[0] for heading in fields}
    found = {name: sources for name, sources in added.sources.items() if name in wanted}
    sources = dict(known.sources) | {name: (*found[name], *known.sources.get(name, ())) for name in found}
    return replace(known, sources=sources)


def choices() -> list[str]:
    """The fields that a column can be."""
    return ["id", "type", *(name for name, field in top_fields().items() if name != "figure")]
