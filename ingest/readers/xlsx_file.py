"""Workbooks as tables. Formulas are never executed, macros never read, and what would unpack to too much is refused."""

import re
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from itertools import zip_longest
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from kg import Finding

from ..mapping.rows import MAX_COLUMNS, Row, Table
from .csv_file import cells_of, headings_wrong, wrong_row
from .kinds import foreign, is_archive

MAX_UNPACKED = 50_000_000
MAX_RATIO = 200
_MAX_PARTS = 5_000
_SMALL = 1_000_000
_DECLARATION = re.compile(
    rb"<!(?:DOCTYPE|ENTITY)|<\x00?!\x00?D\x00O\x00C\x00T|\x00<\x00!\x00D\x00O\x00C", re.IGNORECASE
)
_ERROR = re.compile(r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)")
_NO_WORKBOOK = "This is not a workbook; save the file as .xlsx again."
RECORDS_SHEET = "Records"


def xlsx_table(path: Path) -> Table | str:
    """The table in a workbook, or why it holds none or is refused.

    It is the sheet called Records, else the first that is not hidden and holds something.
    """
    if problem := _refused(path):
        return problem
    try:
        sheets = _visible(path)
    except Exception:
        return _NO_WORKBOOK
    for sheet in sorted(sheets, key=lambda name: name != RECORDS_SHEET):
        first = next(_values(path, sheet), None)
        if first is not None:
            return _table(path, sheet, [text for text, _ in first[1]], [name for name in sheets if name != sheet])
    return "There is no table in this workbook; put the names of the columns into the first row of its first sheet."


def _table(path: Path, sheet: str, headings: list[str], others: list[str]) -> Table | str:
    if problem := headings_wrong(headings):
        return problem
    names = tuple(heading.strip() for heading in headings)
    notes = [_note(path, sheet, others)] if others and sheet != RECORDS_SHEET else []
    return Table(str(path), lambda: _rows(path, sheet, names), names, notes, made_by_people=True)


def _note(path: Path, sheet: str, others: list[str]) -> Finding:
    return Finding(f"Read was the sheet {sheet[:40]}; not read: {', '.join(others)[:200]}.", file=str(path))


def _refused(path: Path) -> str:
    """Why a file cannot be opened as a workbook; sizes are told by the directory of the archive, before unpacking."""
    if not is_archive(path):
        what = foreign(path)
        return f"This is not a workbook but {what}; save it as .xlsx, without a password." if what else _NO_WORKBOOK
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            return _bomb(parts, path.stat().st_size) or _no_workbook(archive, parts)
    except Exception:
        return _NO_WORKBOOK


def _bomb(parts: list[zipfile.ZipInfo], size: int) -> str:
    """Why the parts of an archive are too large to be unpacked, or nothing."""
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED or len(parts) > _MAX_PARTS:
        return f"The workbook unpacks to {unpacked // 1_000_000} MB; at most {MAX_UNPACKED // 1_000_000} are read."
    if unpacked > _SMALL and unpacked > size * MAX_RATIO:
        return "The workbook unpacks to far more than it is, as an archive made to do harm would; it is not read."
    return ""


def _no_workbook(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> str:
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        return "This is a ZIP archive and not a workbook; save the table as .xlsx."
    if any(part.flag_bits & 1 for part in parts):
        return "The workbook is protected by a password; save it without."
    if any(_declares(archive, part) for part in parts if part.filename.endswith((".xml", ".rels"))):
        return "The workbook holds XML declarations that workbooks never have; it is not read."
    return ""


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part declares entities; no part of a workbook does (ECMA-376, part 2)."""
    with archive.open(part) as stream:
        before = b""
        for chunk in iter(lambda: stream.read(1_000_000), b""):
            if _DECLARATION.search(before + chunk):
                return True
            before = chunk[-20:]
    return False


def _visible(path: Path) -> list[str]:
    with closing(load_workbook(path, read_only=True, data_only=True, keep_links=False)) as book:
        return [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]


def _rows(path: Path, sheet: str, names: tuple[str, ...]) -> Iterator[Row]:
    values = _values(path, sheet)
    next(values, None)
    try:
        for number, cells in values:
            texts = [text for text, _ in cells] + [""] * (len(names) - len(cells))
            problem = next(
                (f"In the column '{_under(names, at)}' {why}." for at, (_, why) in enumerate(cells) if why), ""
            )
            yield Row(number, cells_of(names, texts), problem or wrong_row(names, texts))
    except Exception:
        yield Row(None, {}, "From here on the workbook is damaged; save it again as .xlsx.")


def _under(names: tuple[str, ...], at: int) -> str:
    return names[at][:60] if at < len(names) else str(at + 1)


def _values(path: Path, sheet: str) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Number and cells of each row that is not empty; of a cell its text and what is wrong with it.

    The sheet is read twice side by side: for what the program that saved it worked out, and for where formulas stand.
    """
    with (
        closing(load_workbook(path, read_only=True, data_only=True, keep_links=False)) as shown,
        closing(load_workbook(path, read_only=True, data_only=False, keep_links=False)) as written,
    ):
        most = MAX_COLUMNS + 1
        pairs = zip_longest(
            shown[sheet].iter_rows(max_col=most, values_only=True), written[sheet].iter_rows(max_col=most)
        )
        for number, (values, cells) in enumerate(pairs, 1):
            formulas = {at for at, cell in enumerate(cells or ()) if getattr(cell, "data_type", "") == "f"}
            found = [_cell(value, at in formulas) for at, value in enumerate(values or ())]
            while found and found[-1] == ("", ""):
                found.pop()
            if found:
                yield number, found


def _cell(value: Any, formula: bool) -> tuple[str, str]:
    """The text of a cell, and what is wrong with it."""
    if formula and value is None:
        return "", "stands a formula without its result; open the workbook and save it again, or write the value"
    if isinstance(value, str) and _ERROR.fullmatch(value):
        return "", f"a formula ended in {value}; write the value"
    return _text(value), ""


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "", True: "yes", False: "no"}[value]
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else str(value)
