"""DOCX and PPTX, through python-docx and python-pptx; what is not what it says is refused before it is unpacked."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from kg import InputError

from .document import Raw

MOST_UNPACKED, MOST_PART, MOST_PARTS = 400_000_000, 100_000_000, 20_000  # bytes, bytes of an XML part, parts
_TIMES = 300  # by which a part of more than a megabyte may grow
_PARTS = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook.xml": "xlsx"}
_ENTITY = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_HEADINGS = re.compile(r"(heading|title)", re.IGNORECASE)
_BREAK = "\f"


def office_kind(content: bytes, name: str) -> str:
    """What a ZIP file is: `docx`, `pptx`, `xlsx` or nothing that is known here.

    Raises:
        InputError: it is damaged, or unpacks to more than a document can have.

    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            _refuse_bomb(parts, name)
            names = {part.filename for part in parts}
            kind = next((kind for part, kind in _PARTS.items() if part in names), "")
            if kind in ("docx", "pptx"):
                _refuse_entities(archive, parts, name)
            return kind
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, ValueError,
            OSError) as error:  # fmt: skip
        raise InputError("The file is damaged; open it, save it anew and try again.", file=name) from error


def _refuse_bomb(parts: list[zipfile.ZipInfo], name: str) -> None:
    large = len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED
    swollen = any(part.file_size > max(1_000_000, _TIMES * part.compress_size) for part in parts)
    if large or swollen or any(part.filename.endswith(".xml") and part.file_size > MOST_PART for part in parts):
        raise InputError("The file unpacks to far more than a document has; it is not opened.", file=name)


def _refuse_entities(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], name: str) -> None:
    """Office files have no document type; one that has may be made to swell or to reach for other files."""
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with archive.open(part) as stream:
                start = stream.read(4096)
            if _ENTITY.search(start.replace(b"\0", b"")):
                raise InputError("The file holds what no office program writes into it; it is not opened.", file=name)


def read_docx(content: bytes, name: str) -> Raw:
    """The text of a Word document; its pages are those that Word had when it was saved.

    Raises:
        InputError: it is damaged.

    """
    import docx

    try:
        document = docx.Document(io.BytesIO(content))
        lines = list(_docx_lines(document))
        headline = next(
            (p.text for p in document.paragraphs if p.text.strip() and _HEADINGS.match(_style(p))), ""
        )  # fmt: skip
        title, language, made = _core(document.core_properties)
    except Exception as error:
        raise _damaged(name) from error
    pages = enumerate("\n".join(lines).split(_BREAK), 1)
    return Raw("docx", tuple(pages), title, headline, language, made=made)


def _docx_lines(document: Any) -> Iterator[str]:
    from docx.oxml.ns import qn

    rendered = next(document.element.body.iter(qn("w:lastRenderedPageBreak")), None) is not None
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            yield from _table(block)
        else:
            yield _with_breaks(block, rendered)


def _with_breaks(paragraph: Any, rendered: bool) -> str:
    """A paragraph's text, with a form feed where a page ended: as Word has noted it, else where one was asked for."""
    from docx.oxml.ns import qn

    pieces: list[str] = []
    for node in paragraph._p.iter(qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:lastRenderedPageBreak")):
        if node.tag == qn("w:t"):
            pieces.append(node.text or "")
        elif node.tag == qn("w:tab"):
            pieces.append(" ")
        elif node.tag == qn("w:lastRenderedPageBreak"):
            pieces.append(_BREAK)
        elif node.get(qn("w:type")) == "page":
            pieces.append("" if rendered else _BREAK)
        else:
            pieces.append("\n")
    return "".join(pieces)


def _style(paragraph: Any) -> str:
    return str(paragraph.style.name) if paragraph.style is not None else ""


def _table(table: Any) -> Iterator[str]:
    for row in table.rows:
        cells = dict.fromkeys(" ".join(cell.text.split()) for cell in row.cells)
        yield " – ".join(cell for cell in cells if cell)


def read_pptx(content: bytes, name: str) -> Raw:
    """The text of each slide.

    Raises:
        InputError: it is damaged.

    """
    from pptx import Presentation

    try:
        shown = Presentation(io.BytesIO(content))
        pages = tuple((number, "\n".join(_slide(slide.shapes))) for number, slide in enumerate(shown.slides, 1))
        first = next(iter(shown.slides), None)
        heading = first.shapes.title if first is not None else None
        headline = heading.text_frame.text if heading is not None else ""
        title, language, made = _core(shown.core_properties)
    except Exception as error:
        raise _damaged(name) from error
    empty = [number for number, text in pages if not text.strip()]
    notes = (f"{len(empty)} of {len(pages)} slides have no text.",) if empty else ()
    return Raw("pptx", pages, title, headline, language, made=made, notes=notes)


def _slide(shapes: Iterable[Any]) -> Iterator[str]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _slide(shape.shapes)
        elif getattr(shape, "has_table", False) and shape.has_table:
            yield from _table(shape.table)
        elif shape.has_text_frame:
            yield from (paragraph.text.replace("\v", "\n") for paragraph in shape.text_frame.paragraphs)


def _core(properties: Any) -> tuple[str, str, str]:
    """Title, language and day of saving, as the file states them."""
    saved = properties.modified or properties.created
    made = saved.date().isoformat() if isinstance(saved, datetime) else ""
    return str(properties.title or ""), str(properties.language or ""), made


def _damaged(name: str) -> InputError:
    return InputError("The file is damaged; open it, save it anew and try again.", file=name)
