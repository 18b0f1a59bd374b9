"""Any document to its text: what it is by its first bytes, then its reader, then tidied."""

import re
import time
from collections.abc import Callable
from email.message import Message
from itertools import islice

from kg import InputError
from kg.detection import detect
from ontology import EU_LANGUAGES

from .document import Document, Page, Raw
from .tidying import normal, one_line, paragraphs, without_running_lines, words_in

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body|title|meta|article|main|p|div|h1)\b", re.IGNORECASE)
_OTHERS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\x7fELF", b"MZ", b"{\\rtf",
           b"BZh", b"RIFF", b"%!PS", b"ID3", b"OggS")  # fmt: skip
_READ = "PDF, DOCX, PPTX, HTML and plain text are read here"
_TELLING = 60  # letters from which a language is told
_SAMPLE = 6000  # characters
_SURE = 0.6
_IN_TEXT = 0.6  # share of a title's words that the first pages must have
_FIRST = 3  # pages


def read_here(content: bytes, name: str, media_type: str, most_pages: int | None, seconds: float) -> Document:
    """A document, in this process.

    Raises:
        InputError: it cannot be read.

    """
    deadline = time.monotonic() + seconds
    raw = _raw(content, name, media_type, most_pages, deadline)
    pages = [normal(text) for _, text in raw.pages]
    if raw.kind in ("pdf", "pptx", "docx") and len(pages) > 1:
        pages = without_running_lines(pages)
    if raw.kind == "pdf":
        known = words_in(pages)
        pages = [paragraphs(page, known) for page in pages]
    else:
        pages = ["\n".join(line.strip() for line in page.splitlines() if line.strip()) for page in pages]
    kept = [Page(number, text) for (number, _), text in zip(raw.pages, pages, strict=True) if text.strip()]
    if not kept:
        raise InputError(
            "The document has no text that can be read; if its pages are pictures, let a program recognise the text "
            "first.",
            file=name,
        )
    return Document(
        raw.kind,
        title_of(raw, kept),
        language_of(raw.language, " ".join(page.text for page in kept)),
        tuple(kept[:most_pages]),
        raw.published,
        raw.made,
        one_line(raw.description, 1000),
        one_line(raw.publisher),
        raw.licence,
        raw.address,
        raw.notes,
    )


def _raw(content: bytes, name: str, media_type: str, most_pages: int | None, deadline: float) -> Raw:
    """Found out by what the bytes are; name and declared type decide only between HTML and plain text."""
    start = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise InputError("The file is empty.", file=name)
    if b"%PDF-" in content[:1024]:
        from .pdf import read_pdf

        return read_pdf(content, name, most_pages=most_pages, deadline=deadline)
    if content.startswith(b"PK"):
        return _office(content, name)
    if content.startswith(_OLE):
        raise InputError("Old Office files and locked ones are not read; save it as DOCX, PPTX or PDF.", file=name)
    if start.startswith(_OTHERS):
        raise InputError(f"This is no document; {_READ}.", file=name)
    from .plain import read_plain
    from .webpage import read_page

    declared = _parsed(media_type)
    charset = str(declared.get_param("charset") or "")
    named = name.lower().endswith((".html", ".htm", ".xhtml")) or "html" in declared.get_content_type()
    read: Callable[[bytes, str, str], Raw] = read_page if named or _HTML.match(start) else read_plain
    return read(content, name, charset)


def _office(content: bytes, name: str) -> Raw:
    from .office import office_kind, read_docx, read_pptx

    match office_kind(content, name):
        case "docx":
            return read_docx(content, name)
        case "pptx":
            return read_pptx(content, name)
        case "xlsx":
            raise InputError("This is a spreadsheet; import it as a table of records.", file=name)
    raise InputError(f"This is a packed file and no document; {_READ}.", file=name)


def title_of(raw: Raw, pages: list[Page]) -> str:
    """The title that the text itself bears out: files keep titles of other files, and of the program that made them."""
    from .pdf import JUNK_TITLE

    stated, headline = one_line(raw.title), one_line(raw.headline)
    begin = {word for page in pages[:_FIRST] for word in _words(page.text)}
    if stated and not JUNK_TITLE.search(stated):
        words = _words(stated)
        if raw.kind == "html" or (words and sum(word in begin for word in words) >= _IN_TEXT * len(words)):
            return headline if headline and _words(headline) == words else stated
    if headline:
        return headline
    return one_line(next((line for line in pages[0].text.splitlines() if any(map(str.isalpha, line))), ""), 150)


def language_of(declared: str, text: str) -> str:
    """The language of a text by its letters; as declared where there are few, or it is none of those told apart."""
    code = declared.strip().lower().replace("_", "-").partition("-")[0]
    code = {"nb": "no", "nn": "no", "gr": "el"}.get(code, code)
    code = code if re.fullmatch("[a-z]{2}", code) else ""
    middle = max(0, len(text) // 2 - _SAMPLE // 2)
    sample = text[: _SAMPLE // 2] + " " + text[middle : middle + _SAMPLE]
    letters = sum(1 for _ in islice(filter(str.isalpha, sample), _TELLING))
    if letters < _TELLING or (code and code not in EU_LANGUAGES):
        return code
    found, share = detect(sample)
    return found if share >= _SURE or not code else code


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _parsed(media_type: str) -> Message:
    message = Message()
    message["Content-Type"] = media_type or "application/octet-stream"
    return message
