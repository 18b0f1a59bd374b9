"""A long text with its pages: where a page begins, a line of its own says `[page 12]`.

The mark is plain text, so that it survives every form in which a record is kept (XML knows no form feed) and can be
typed by hand.
"""

import re
from collections.abc import Iterable

_MARK = re.compile(r"^[ \t]*\[page (\d{1,6})\][ \t]*$", re.MULTILINE)


def join_pages(pages: Iterable[tuple[int, str]]) -> str:
    """One text of many pages (number, text); those without text are left out."""
    return "\n".join(f"[page {number}]\n{text.strip()}" for number, text in pages if text.strip())


def split_pages(text: str) -> list[tuple[int | None, str]]:
    """The pages of a text with their numbers; what stands before the first mark has none."""
    parts = _MARK.split(text)
    numbered = zip(map(int, parts[1::2]), parts[2::2], strict=True)
    found: list[tuple[int | None, str]] = [(None, parts[0]), *numbered]
    return [(number, part.strip("\n")) for number, part in found if part.strip()]
