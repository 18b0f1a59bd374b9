"""Plain text and Markdown, in whatever encoding."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE, lookup

from charset_normalizer import from_bytes

from kg import InputError

from .document import Raw

_BOMS = ((BOM_UTF32_LE, "utf-32"), (BOM_UTF32_BE, "utf-32"), (BOM_UTF8, "utf-8-sig"), (BOM_UTF16_LE, "utf-16"),
         (BOM_UTF16_BE, "utf-16"))  # fmt: skip
_LOOKED_AT = 200_000  # bytes from which the encoding is told
_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$|^(?P<under>[^\n]{1,200})\n=+\s*$", re.MULTILINE)
_MARKUP = (
    (re.compile(r"^```.*?^```[^\n]*$", re.MULTILINE | re.DOTALL), ""),
    (re.compile(r"!\[[^\]\n]*\]\([^)\n]*\)"), ""),
    (re.compile(r"\[([^\]\n]+)\]\([^)\n]*\)"), r"\1"),
    (re.compile(r"^[ \t]*(?:#{1,6}|>)[ \t]*", re.MULTILINE), ""),
    (re.compile(r"^[ \t]*[=|:-]{3,}[ \t:|-]*$", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
)


def read_plain(content: bytes, name: str, charset: str = "") -> Raw:
    """A text; Markdown loses its marks. A form feed ends a page.

    Raises:
        InputError: it is no text.

    """
    text = decoded(content, name, charset)
    found = _HEADING.search(text)
    first = next((line.strip(" #*=_") for line in text.splitlines() if line.strip(" #*=_")), "")
    headline = (found.group(1) or found.group("under")) if found else first if len(first) <= 150 else ""
    for marks, plain in _MARKUP:
        text = marks.sub(plain, text)
    return Raw("text", tuple(enumerate(text.split("\f"), 1)), headline=headline)


def decoded(content: bytes, name: str, charset: str = "") -> str:
    """Bytes as text: by their mark, by what is declared, as UTF-8, else in the encoding that fits best.

    Raises:
        InputError: it is no text.

    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if b"\0" in content[:_LOOKED_AT]:
        raise InputError("This is no text and no document that is read here; use PDF, DOCX, PPTX or HTML.", file=name)
    for encoding in ("utf-8", charset):
        try:
            return content.decode(lookup(encoding).name)
        except (LookupError, UnicodeDecodeError):
            continue
    best = from_bytes(content[:_LOOKED_AT]).best()
    if best is None:
        raise InputError("The encoding of this text cannot be told; save it as UTF-8.", file=name)
    return content.decode(best.encoding, "replace")
