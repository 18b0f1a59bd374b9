"""PDF, page by page, through pypdf."""

import io
import logging
import re
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from pypdf import PdfReader
from pypdf.errors import DependencyError, PdfReadError

from kg import InputError

from .document import Raw

_COVER = 3  # pages on which the title may stand
_LONGEST_TITLE = 200  # characters
_SHORTEST_TITLE = 8  # letters
_BOLD, _SAME = 1.2, 0.95  # how much larger bold letters count, and what still counts as one size
_log = logging.getLogger("pypdf")


def read_pdf(content: bytes, name: str, *, most_pages: int | None, deadline: float) -> Raw:
    """The text of each page.

    Args:
        content: the file.
        name: what it is called, for messages.
        most_pages: pages that are read; by default all.
        deadline: when reading ends (`time.monotonic`); pages that are left then are said.

    Raises:
        InputError: it is locked or damaged.

    """
    _log.setLevel(logging.CRITICAL)  # what is odd in a file is said by our own notes
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise InputError("The PDF is locked with a password; save it without one and try again.", file=name)
        count = len(reader.pages)
    except DependencyError as error:
        raise InputError("The PDF is locked in a way that is not read here; save it anew.", file=name) from error
    except (PdfReadError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise InputError("The PDF is damaged; open it, save it anew and try again.", file=name) from error
    pages: list[tuple[int, str]] = []
    headline, unread, empty, pages_with_text = "", [], [], 0
    wanted = min(count, most_pages or count)
    for number in range(1, wanted + 1):
        if pages and time.monotonic() > deadline:
            break
        try:
            text, found = _page(reader, number, with_headline=not pages_with_text and number <= _COVER)
        except (PdfReadError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError,
                NotImplementedError, ArithmeticError):  # fmt: skip
            unread.append(number)
            continue
        headline = headline or found
        pages.append((number, text))
        pages_with_text += bool(text.strip())
        if not text.strip():
            empty.append(number)
    notes = list(_notes(count, most_pages, unread, empty, len(pages) + len(unread)))
    meta = _metadata(reader)
    return Raw(
        "pdf", tuple(pages), meta.get("title", ""), headline, _language(reader), made=meta.get("made", ""),
        notes=tuple(notes),
    )  # fmt: skip


def _page(reader: PdfReader, number: int, *, with_headline: bool) -> tuple[str, str]:
    page = reader.pages[number - 1]
    if not with_headline:
        return page.extract_text(), ""
    sized: list[tuple[float, str]] = []

    def see(text: str, cm: list[float], tm: list[float], font: dict[str, object] | None, size: float) -> None:
        if text.strip():
            height = max(abs(tm[3]), abs(tm[1])) * max(abs(cm[3]), abs(cm[1])) * abs(size)
            height *= _BOLD if "bold" in str((font or {}).get("/BaseFont", "")).lower() else 1.0
            sized.append((round(height, 1), text))

    text = page.extract_text(visitor_text=see)
    return text, _largest(sized)


def _largest(sized: list[tuple[float, str]]) -> str:
    """What stands in the largest letters: the first run of them that is a title by its length."""
    for size in sorted({size for size, _ in sized}, reverse=True):
        for is_size, run in groupby(sized, key=lambda entry, size=size: entry[0] >= _SAME * size):  # type: ignore[misc]
            words = " ".join(" ".join(text for _, text in run).split())
            if is_size and sum(map(str.isalpha, words)) >= _SHORTEST_TITLE and len(words) <= _LONGEST_TITLE:
                return words
    return ""


def _metadata(reader: PdfReader) -> dict[str, str]:
    found = {}
    try:
        meta = reader.metadata
        if meta:
            found["title"] = str(meta.title or "")
            made = meta.modification_date or meta.creation_date
            found["made"] = made.date().isoformat() if isinstance(made, datetime) else ""
    except (PdfReadError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        pass
    return found


def _language(reader: PdfReader) -> str:
    try:
        return str(reader.root_object.get("/Lang", ""))
    except (PdfReadError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def _notes(count: int, most: int | None, unread: list[int], empty: list[int], done: int) -> Iterator[str]:
    if most and most < count and done >= most:
        yield f"Only the first {most} of {count} pages were looked at."
    elif done < count:
        yield f"Only the first {done} of {count} pages were read; the rest would have taken too long."
    if empty:
        yield f"{_listed(empty)} no text that can be read; they may be pictures or scans."
    if unread:
        yield f"{_listed(unread, 'is', 'are')} damaged and could not be read."


def _listed(numbers: list[int], one: str = "has", many: str = "have") -> str:
    """`Page 3 has`, `Pages 3, 5-8 and 12 have`."""
    runs: list[str] = []
    for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        members = [number for _, number in group]
        runs.append(str(members[0]) if len(members) == 1 else f"{members[0]}–{members[-1]}")
    if len(numbers) == 1:
        return f"Page {runs[0]} {one}"
    listed = ", ".join(runs[:-1]) + " and " + runs[-1] if len(runs) > 1 else runs[0]
    return f"Pages {listed} {many}"


JUNK_TITLE = re.compile(
    r"powerpoint|microsoft word|presentation\d*$|^untitled|^document\d*$|^dokument|^slide \d|^layout \d|^\W*$"
    r"|\.(docx?|pptx?|pdf|indd|qxd|rtf|odt)$",
    re.IGNORECASE,
)
"""Titles that a program has put there."""
