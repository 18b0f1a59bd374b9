"""CSV and TSV files as tables: delimiter, quotes and encoding are found out; what was guessed is said."""

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from charset_normalizer import from_bytes

from kg import Finding

from ..mapping.rows import MAX_CELL, MAX_COLUMNS, Row, Table

_SAMPLE = 65_536
_DELIMITERS = (",", ";", "\t", "|")
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_GUESSED = (
    "cp1252",
    "cp1250",
    "iso8859_2",
    "cp1253",
    "iso8859_7",
    "cp1251",
    "cp1257",
    "cp1254",
    "cp437",
    "cp850",
    "mac_roman",
)
_NOT_READ = "\ufffd"
_BROKEN_SHARE = 0.2
"""Of the characters beyond ASCII; a file of which fewer cannot be read as UTF-8 is UTF-8 with mistakes in it."""

csv.field_size_limit(MAX_CELL)


def csv_table(path: Path) -> Table | str:
    """The table in a file, or why it holds none."""
    encoding, note = _encoding(path)
    if not encoding:
        return note
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        sample = stream.read(_SAMPLE)
    if "\x00" in sample and not sample.replace("\x00", "").isprintable() and sample.count("\x00") > len(sample) // 20:
        return "This is not a table of text: it holds binary data; save it as CSV or XLSX."
    delimiter, skip = _delimiter(sample)
    first = next(_lines(path, encoding, delimiter, skip), None)
    headings = [] if first is None else first[1]
    if problem := headings_wrong(headings):
        return problem
    names = tuple(heading.strip() for heading in headings)
    notes = [Finding(note, file=str(path))] if note else []
    return Table(str(path), lambda: _rows(path, encoding, delimiter, skip, names), names, notes, made_by_people=True)


def headings_wrong(headings: list[str]) -> str:
    """Why these cannot be the names of columns, or nothing."""
    named = [heading.strip() for heading in headings if heading.strip()]
    if not named:
        return "There is no table in this file; put the names of the columns into its first row."
    if len(headings) > MAX_COLUMNS:
        return f"The table has {len(headings):,} columns; at most {MAX_COLUMNS:,} are read."
    if any("\x00" in heading for heading in headings):
        return "The names of the columns hold NUL bytes; save the file again as CSV in UTF-8."
    folded = [heading.casefold() for heading in named]
    twice = next((name for name, low in zip(named, folded, strict=True) if folded.count(low) > 1), "")
    return f"The column '{twice[:60]}' stands there twice; give each column a name of its own." if twice else ""


def _rows(path: Path, encoding: str, delimiter: str, skip: int, names: tuple[str, ...]) -> Iterator[Row]:
    lines = _lines(path, encoding, delimiter, skip)
    next(lines, None)
    for number, cells, problem in lines:
        if any(cell.strip() for cell in cells) or problem:
            yield Row(number, cells_of(names, cells), problem or wrong_row(names, cells))


def wrong_row(names: tuple[str, ...], cells: list[str]) -> str:
    """Why a row cannot be used, or nothing."""
    if any(cell.strip() for cell in cells[len(names) :]) or len(cells) < len(names):
        return f"The row has {len(cells)} cells and the heading {len(names)}; put texts with a delimiter into quotes."
    for name, cell in zip(names, cells, strict=False):
        if "\x00" in cell:
            return f"The cell under '{name[:60]}' holds a NUL byte; take it out."
        if _NOT_READ in cell:
            return f"The cell under '{name[:60]}' holds letters that cannot be read; save the file in UTF-8."
        if len(cell) > MAX_CELL:
            return f"The cell under '{name[:60]}' is too long; at most {MAX_CELL:,} characters are read."
    return ""


def cells_of(names: tuple[str, ...], cells: list[str]) -> dict[str, str]:
    """The filled cells of a row by their headings."""
    return {name: cell for name, cell in zip(names, cells, strict=False) if name and cell.strip()}


def _lines(path: Path, encoding: str, delimiter: str, skip: int) -> Iterator[tuple[int, list[str], str]]:
    """Number of its first line, cells, and what is wrong, of each row."""
    with path.open(encoding=encoding, errors="replace", newline="") as stream:
        for _ in range(skip):
            stream.readline(MAX_CELL)
        reader = csv.reader(stream, delimiter=delimiter)
        start = skip
        while True:
            number = start + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield number, [], _csv_problem(error)
                return
            start = skip + reader.line_num
            yield number, cells, ""


def _csv_problem(error: csv.Error) -> str:
    if "field limit" in str(error):
        return (
            f"A cell from here on has more than {MAX_CELL:,} characters, so a quotation mark is not closed; close it. "
            "The rows after it were not read."
        )
    return f"From here on the file cannot be read as CSV ({error}); save it again as CSV in UTF-8."


def _delimiter(sample: str) -> tuple[str, int]:
    """The delimiter, and how many lines stand before the heading (`sep=;`, which spreadsheets write)."""
    first, _, _ = sample.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4], 1
    best, most = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            rows = [
                row for row, _ in zip(csv.reader(io.StringIO(sample), delimiter=delimiter), range(20), strict=False)
            ]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        alike = sum(len(row) == width for row in rows) / max(1, len(rows))
        if width > 1 and (weight := alike * (1 + min(width, 50) / 100)) > most:
            best, most = delimiter, weight
    return best, 0


def _encoding(path: Path) -> tuple[str, str]:
    """The encoding of a file and a note where it was guessed; no encoding, and why, where it has none."""
    with path.open("rb") as stream:
        start = stream.read(_SAMPLE)
    for mark, name in _BOMS.items():
        if start.startswith(mark):
            return name, ""
    if len(start) >= 4 and b"\x00" in start:
        even, odd = start[::2].count(0), start[1::2].count(0)
        if max(even, odd) > len(start) // 8 and min(even, odd) < max(even, odd) // 8:
            return ("utf-16-le" if odd > even else "utf-16-be"), "The file was read as UTF-16; check its letters."
    broken, beyond = _as_utf8(path)
    if not broken or broken <= beyond * _BROKEN_SHARE:
        return "utf-8", ""
    guess = from_bytes(_telling(path), cp_isolation=list(_GUESSED), threshold=0.9).best()
    name = guess.encoding if guess else "cp1252"
    return name, f"The file is not in UTF-8; it was read as {name}, which is a guess: check its letters."


def _as_utf8(path: Path) -> tuple[int, int]:
    """How many places of a file are not UTF-8, and how many characters beyond ASCII it has as UTF-8."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    broken = beyond = 0
    with path.open("rb") as stream:
        for chunk in iter(lambda: stream.read(1_000_000), b""):
            if not chunk.isascii():
                text = decode(chunk)
                broken += text.count(_NOT_READ)
                beyond += sum(char > "\x7f" for char in text)
            else:
                broken += decode(chunk).count(_NOT_READ)
    return broken, beyond


def _telling(path: Path) -> bytes:
    """The lines that hold letters beyond ASCII, the ones that tell an encoding; at most a sample."""
    found, size = [], 0
    with path.open("rb") as stream:
        while size < _SAMPLE and (line := stream.readline(_SAMPLE)):
            if not line.isascii():
                found.append(line)
                size += len(line)
    return b"".join(found)
