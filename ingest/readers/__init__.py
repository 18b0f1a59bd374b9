"""Files to raw records: one reader a format. What cannot be read is a finding, never a crash."""

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path

from kg import InputError

from .raw import MAX_DEPTH, MAX_RECORD_BYTES, MAX_VALUES, RawRecord

__all__ = ["ENDINGS", "MAX_DEPTH", "MAX_RECORD_BYTES", "MAX_VALUES", "RawRecord", "read"]

_TEXT = (".yaml", ".yml", ".jsonl", ".ndjson", ".json")
_TABLES = (".csv", ".tsv", ".xlsx", ".xlsm")
_RDF = (".jsonld", ".ttl", ".trig", ".nt", ".nq", ".rdf")
ENDINGS = (*_TEXT, *_TABLES, *_RDF)
"""Of the files that are read."""
_LOOKED_AT = 20
"""Records whose fields tell whether a JSON file is of our format or another."""


def read(path: Path) -> Iterator[RawRecord]:
    """The records of a file, one after another; what is wrong with a row does not stop those after it.

    Raises:
        InputError: the file is missing, cannot be opened, or has an ending that nothing here reads.

    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise InputError(
            f"Files ending in {path.suffix or 'nothing'} are not read; use {', '.join(ENDINGS)}.", file=str(path)
        )
    if not path.is_file():
        raise InputError("There is no such file; check the name.", file=str(path))
    try:
        yield from _reader(ending)(path)
    except OSError as error:
        raise InputError(f"The file cannot be opened ({error.strerror}).", file=str(path)) from error


def _reader(ending: str) -> Callable[[Path], Iterator[RawRecord]]:
    if ending in (".yaml", ".yml"):
        from .yaml_file import read_yaml

        return _if_text(read_yaml)
    if ending in _TEXT:
        return _if_text(_read_json)
    if ending in _TABLES:
        return _read_table
    if ending == ".jsonld":
        return _if_text(_read_json_ld)
    from .rdf_file import read_rdf

    return _if_text(read_rdf)


def _if_text(reader: Callable[[Path], Iterator[RawRecord]]) -> Callable[[Path], Iterator[RawRecord]]:
    """A reader that says so where the file is a picture, an archive or the like under the name of a text."""

    def read_text(path: Path) -> Iterator[RawRecord]:
        from .kinds import foreign
        from .raw import broken

        what = foreign(path)
        if what:
            yield broken(path, f"The name says {path.suffix.lower()}, but this is {what}; give it its right name.")
        else:
            yield from reader(path)

    return read_text


def _read_json(path: Path) -> Iterator[RawRecord]:
    """Records in JSON, or the rows of another database in JSON if a mapping knows their fields."""
    from .json_file import read_json, read_json_lines

    reader = read_json if path.suffix.lower() == ".json" else read_json_lines
    raws = reader(path)
    start = list(islice(raws, _LOOKED_AT))
    if any(_is_json_ld(raw) for raw in start):
        from .rdf_file import read_rdf

        yield from read_rdf(path)
        return
    headings = {heading for raw in start for heading in raw.data}
    from ..mapping import Row, Table, recognise, records

    mapping = recognise(headings) if headings - {"id", "type"} else None
    if mapping is None or {"type", "summary"} <= headings:
        yield from chain(start, raws)
        return

    def rows() -> Iterator[Row]:
        for raw in reader(path):
            yield Row(raw.row, raw.data, raw.finding.message if raw.finding else "")

    yield from records(Table(str(path), rows), mapping)


def _is_json_ld(raw: RawRecord) -> bool:
    """Whether an object is to be read as RDF; one with our short names is a record as it stands."""
    return "@graph" in raw.data or bool(raw.data.keys() & {"@id", "@type"} and not raw.data.keys() >= {"id", "title"})


def _read_json_ld(path: Path) -> Iterator[RawRecord]:
    from .json_file import read_json
    from .rdf_file import read_rdf

    first = next(read_json(path))
    yield from read_rdf(path) if first.finding or _is_json_ld(first) else read_json(path)


def _read_table(path: Path) -> Iterator[RawRecord]:
    from ..mapping import recognise, records
    from ..mapping.sheets import sheet_mapping
    from .csv_file import csv_table
    from .kinds import foreign
    from .raw import broken
    from .xlsx_file import xlsx_table

    is_workbook = path.suffix.lower() in (".xlsx", ".xlsm")
    what = "" if is_workbook else foreign(path)
    if what:
        yield broken(path, f"The name says {path.suffix.lower()}, but this is {what}; give it its right name.")
        return
    table = xlsx_table(path) if is_workbook else csv_table(path)
    if isinstance(table, str):
        yield broken(path, table)
        return
    mapping = recognise(table.headings) or sheet_mapping(table)
    if isinstance(mapping, str):
        yield broken(path, mapping)
        return
    found = False
    for raw in records(table, mapping):
        found = True
        yield raw
    if not found:
        yield broken(path, "The table has no rows below its heading.")
