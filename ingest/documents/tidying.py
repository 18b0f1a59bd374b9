"""Text as it comes out of a file, made fit to be read and searched.

Lines of a printed page become paragraphs, words that were parted at the end of a line become whole, and what repeats at
the head or foot of most pages goes.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_UNWANTED = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff\u200b\u2060\ud800-\udfff]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_LIGATURES = {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl", "\ufb05": "st",
              "\ufb06": "st"}  # fmt: skip
_HYPHENS = "-\u2010\u00ad"
_PARTED = re.compile(rf"([^\W\d_]+)[{_HYPHENS}]$")
_BEGINNING = re.compile(r"[^\W\d_]+")
_ITEM = re.compile(r"[•●▪■◦○‣⁃∙·➢➤✓✔–—*-]\s|\(?\d{1,3}[.)]\s|\(?[a-z]\)\s")
_ENDS = (".", "!", "?", ":", ";", "…")
_EDGE, _PART = 3, 4  # lines at the head and foot of a page that may be running ones; at most this part of a page each
_REPEATED, _FEWEST = 0.4, 3  # share of pages, and pages
_LEFT = 0.4  # share of the lines that must stay
_FULL, _BRIMFUL = 0.7, 0.85  # of the usual width: a line that goes on in the next, and one that does after a stop
_NUMBER = re.compile(r"\d+")
_ONLY_NUMBER = re.compile(r"[\s#|/\\.,()\[\]–—-]*#[\s#|/\\.,()\[\]–—-]*")


def normal(text: str) -> str:
    """Text in NFC, without control characters, with plain spaces and line ends; ligatures are letters again."""
    text = _LINE_ENDS.sub("\n", text)
    for ligature, letters in _LIGATURES.items():
        text = text.replace(ligature, letters)
    text = _SPACES.sub(" ", _UNWANTED.sub("", text))
    return unicodedata.normalize("NFC", text)


def without_running_lines(pages: Sequence[str]) -> list[str]:
    """Pages without what stands at the head or foot of at least two in five (and three): titles, page numbers.

    Lines that differ in their numbers alone are taken for the same.
    """
    split = [[line.strip() for line in page.splitlines() if line.strip()] for page in pages]
    seen: Counter[str] = Counter()
    for lines in split:
        seen.update({_pattern(line) for line in _edges(lines)})
    written = sum(1 for lines in split if lines)
    least = max(_FEWEST, _REPEATED * written)
    running = {pattern for pattern, count in seen.items() if count >= least}
    found = [_inner(lines, running) for lines in split]
    if sum(map(len, found)) < _LEFT * sum(map(len, split)):
        return list(pages)  # a form of many like pages: what repeats is its text
    return ["\n".join(lines) for lines in found]


def paragraphs(page: str, known: frozenset[str] = frozenset()) -> str:
    """The lines of a printed page as paragraphs, one a line; parted words whole.

    Args:
        page: lines as they stand on the page.
        known: words of the whole document, in small letters: they tell a parted word from one that has a hyphen.

    """
    lines = [line.strip() for line in page.splitlines()]
    widths = sorted(len(line) for line in lines if line)
    width = widths[int(0.9 * (len(widths) - 1))] if widths else 0
    made: list[str] = []
    last = ""
    for line in lines:
        if line and made and last and _goes_on(last, line, width):
            made[-1] = _joined(made[-1], line, known)
        elif line:
            made.append(line)
        last = line
    return "\n".join(piece.replace("\u00ad", "") for piece in made)


def words_in(pages: Sequence[str]) -> frozenset[str]:
    """The words of a document in small letters, with those that have a hyphen."""
    return frozenset(word for page in pages for word in re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", page.casefold()))


def one_line(text: str, most: int = 300) -> str:
    """A text on one line, cut at a word's end."""
    plain = " ".join(normal(text).replace("\u00ad", "").split())
    return plain if len(plain) <= most else plain[:most].rpartition(" ")[0] + " …"


def _goes_on(last: str, line: str, width: int) -> bool:
    """Whether a line continues the one before it."""
    if _ITEM.match(line):
        return False
    if _PARTED.search(last) and line[0].islower():
        return True
    if last.endswith(_ENDS):
        return len(last) >= _BRIMFUL * width
    return line[0].islower() or len(last) >= _FULL * width


def _joined(text: str, line: str, known: frozenset[str]) -> str:
    parted, beginning = _PARTED.search(text), _BEGINNING.match(line)
    if not parted or not beginning or not line[0].islower():
        return f"{text} {line}"
    first, second = parted.group(1).casefold(), beginning.group().casefold()
    has_hyphen = first + second not in known and f"{first}-{second}" in known and not text.endswith("\u00ad")
    return (text if has_hyphen else text[:-1]) + line


def _edges(lines: list[str]) -> list[str]:
    edge = _edge(lines)
    return lines[:edge] + lines[max(edge, len(lines) - edge) :]


def _edge(lines: list[str]) -> int:
    """How many lines at the head, and at the foot, of a page may be running ones: a few, and not all of a short one."""
    return min(_EDGE, max(1, len(lines) // _PART))


def _inner(lines: list[str], running: set[str]) -> list[str]:
    """The lines between the running ones."""
    start, end, edge = 0, len(lines), _edge(lines)
    while start < min(edge, end) and _is_running(lines[start], running):
        start += 1
    while end > max(start, len(lines) - edge) and _is_running(lines[end - 1], running):
        end -= 1
    return lines[start:end]


def _is_running(line: str, running: set[str]) -> bool:
    return _pattern(line) in running


def _pattern(line: str) -> str:
    pattern = " ".join(_NUMBER.sub("#", line.casefold()).split())
    return "#" if _ONLY_NUMBER.fullmatch(pattern) else pattern
