"""A document gives its text page by page, whatever it is called; what is locked, damaged or a bomb is said."""

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from docx.enum.text import WD_BREAK
from pptx import Presentation
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from ingest import documents
from ingest.documents import Document, read_document
from ingest.documents.reading import language_of
from ingest.documents.tidying import normal, paragraphs, without_running_lines
from kg import InputError
from kg.paged_text import split_pages

FOLDER = "youth-inclusion-pdfs"
SOME = (
    "Twelve deaf learners from Vilnius worked in joineries in Granada for three weeks. An interpreter went with them."
)


def pdf(*pages: str, size: int = 12, **meta: str) -> bytes:
    """A PDF whose pages show some lines; the first line of each is larger."""
    writer = pypdf.PdfWriter()
    font = DictionaryObject({
        NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
        NameObject("/BaseFont"): NameObject("/Helvetica"), NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
    })  # fmt: skip
    for text in pages:
        page = writer.add_blank_page(595, 842)
        lines = [line.replace("(", "\\(").replace(")", "\\)") for line in text.splitlines()]
        shown = "".join(f"1 0 0 1 50 {800 - 20 * n} Tm /F {size + (8 if n == 0 else 0)} Tf ({line}) Tj "
                        for n, line in enumerate(lines))  # fmt: skip
        stream = DecodedStreamObject()
        stream.set_data(f"BT {shown} ET".encode("cp1252"))
        page[NameObject("/Contents")] = writer._add_object(stream)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F"): font})}
        )
    writer.add_metadata({f"/{name}": value for name, value in meta.items()})
    return written(writer)


def written(writer: pypdf.PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word(*pages: str, title: str = "") -> bytes:
    made = docx.Document()
    made.core_properties.title = title
    made.add_heading("Deaf joiners in Granada", 1)
    for n, page in enumerate(pages):
        paragraph = made.add_paragraph(page)
        if n + 1 < len(pages):
            paragraph.add_run().add_break(WD_BREAK.PAGE)
    made.add_table(1, 2).rows[0].cells[1].text = "In a cell"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def slides(*texts: str) -> bytes:
    made = Presentation()
    for text in texts:
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text, _, slide.placeholders[1].text = text.partition("\n")
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """A ZIP file with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, part if info.filename == name else old.read(info))
    return out.getvalue()


def refused(content: bytes, name: str = "file.pdf", **given: Any) -> str:
    with pytest.raises(InputError) as raised:
        read_document(content, name, **given)
    assert "\n" not in str(raised.value)
    assert name in str(raised.value)
    return str(raised.value)


def read_or_refused(content: bytes, name: str, **given: Any) -> None:
    """Either there is text, or one sentence says what is wrong."""
    said = ""
    try:
        said = read_document(content, name, **given).pages[0].text[:20]
    except InputError as error:
        said = str(error)
    assert said
    assert "\n" not in said


def texts(document: Document) -> list[tuple[int, str]]:
    return [(page.number, page.text) for page in document.pages]


def test_a_pdf_is_read_page_by_page_and_pages_without_text_are_said() -> None:
    got = read_document(pdf(f"The joiners\n{SOME}", "", "Two came back", ""), "x.pdf")
    assert [page.number for page in got.pages] == [1, 3]
    assert got.pages[1].text == "Two came back"
    assert got.notes == ("Pages 2 and 4 have no text that can be read; they may be pictures or scans.",)
    assert split_pages(got.text) == [(page.number, page.text) for page in got.pages]
    assert (got.kind, got.language, got.paged) == ("pdf", "en", True)


@pytest.mark.parametrize(
    "title", ["Erasmus guide 2024 v1", "PowerPoint Presentation", "Microsoft Word - final.docx", ""]
)
def test_a_title_that_the_text_does_not_bear_out_is_not_taken(title: str) -> None:
    assert read_document(pdf(f"Joiners go to Granada\n{SOME}", Title=title), "x.pdf").title == "Joiners go to Granada"


def test_a_title_that_the_text_bears_out_is_taken() -> None:
    got = read_document(pdf(f"Report\n{SOME}", Title="Deaf learners in joineries in Granada"), "x.pdf")
    assert got.title == "Deaf learners in joineries in Granada"


def test_what_it_is_is_told_by_its_bytes_and_not_by_its_name() -> None:
    assert read_document(pdf(SOME), "page.html", "text/html").kind == "pdf"
    assert read_document(word(SOME), "file.pdf").kind == "docx"
    assert read_document(slides(f"T\n{SOME}"), "file.docx").kind == "pptx"
    assert read_document(f"<html><body><p>{SOME}</p></body></html>".encode(), "notes.txt").kind == "html"


def test_a_word_document_has_the_pages_that_were_asked_for() -> None:
    got = read_document(word(SOME, "Two came back.", title="Joiners in Granada"), "x.docx")
    assert texts(got) == [(1, f"Deaf joiners in Granada\n{SOME}"), (2, "Two came back.\nIn a cell")]
    assert got.title == "Joiners in Granada"


def test_a_slide_is_a_page() -> None:
    got = read_document(slides(f"Why go\n{SOME}", "What next\nTwo came back."), "x.pptx")
    assert texts(got) == [(1, f"Why go\n{SOME}"), (2, "What next\nTwo came back.")]
    assert got.title == "Why go"


PAGE = f"""<!doctype html><html lang="en-GB"><head><title>Joiners in Granada | Chamber</title>
<meta property="og:site_name" content="Chamber"><meta name="description" content="What twelve learners did.">
<script type="application/ld+json">
{{"@graph": [{{"@type": "NewsArticle", "datePublished": "2023-05-14T10:00:00Z"}}]}}</script>
<link rel="canonical" href="/news/granada"><link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
</head><body><nav><a href="/">Home</a> <a href="/shop">Shop</a></nav><main><h1>Joiners in Granada</h1>
<p>{SOME} All of them finished, and two came back for a longer stay in the spring of the next year.</p></main>
<script>document.write("never")</script><footer>Imprint and cookies</footer></body></html>"""


def test_a_page_gives_its_main_text_and_what_its_head_says() -> None:
    got = read_document(PAGE.encode(), "https://chamber.example.org/news?id=1", "text/html; charset=utf-8")
    assert SOME in got.text
    assert not any(word in got.text for word in ("Shop", "Imprint", "never"))
    assert (got.title, got.language, got.published) == ("Joiners in Granada", "en", "2023-05-14")
    assert got.address == "https://chamber.example.org/news/granada"
    assert got.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert (got.description, got.publisher, got.notes) == ("What twelve learners did.", "Chamber", ())


def test_a_page_of_hardly_any_text_is_said() -> None:
    got = read_document(
        b"<html><head><title>App</title></head><body><div id=root>Loading the page</div></body></html>", "x"
    )
    assert "hardly any text" in got.notes[0]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", ""), ("iso-8859-2", "text/plain; charset=ISO-8859-2"),
     ("cp1250", "text/plain; charset=utf-8"), ("utf-8", "text/plain; charset=latin-1"),
     ("utf-8", "text/plain; charset=nonsense")],
)  # fmt: skip
def test_a_text_is_read_in_whatever_encoding_it_has(encoding: str, declared: str) -> None:
    text = (
        "Uczniowie niesłyszący pojechali na staż za granicę. Zażółć gęślą jaźń, powiedział tłumacz języka migowego. "
        * 3
    )
    got = read_document(text.encode(encoding), "x.txt", declared)
    assert "niesłyszący" in got.text
    assert got.language == "pl"


def test_markdown_loses_its_marks() -> None:
    got = read_document(f"# Joiners **go**\n\n{SOME}\n\n- see [the page](https://e.org) `now`\n".encode(), "x.md")
    assert got.title == "Joiners **go**"
    assert got.text == f"Joiners go\n{SOME}\n- see the page now"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"), (b" \n\xef\xbb\xbf", "empty"), (b"%PDF-1.7\nnothing", "damaged"),
        (b"\x89PNG\r\n\x1a\n", "no document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "DOCX, PPTX or PDF"), (b"PK\x03\x04 torn", "damaged"),
        (b"abc\0\0\0def", "no text"), (b"   x\0", "no text"), (packed(a=b"x"), "packed file"),
        (packed(xl__workbook_xml=b"<x/>"), "spreadsheet"), (packed(word__document_xml=b"<w"), "damaged"),
        (packed(ppt__presentation_xml=b"<w/>"), "damaged"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_a_sentence(content: bytes, said: str) -> None:
    assert said in refused(content)


def test_a_locked_pdf_is_said() -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(SOME)))
    writer.encrypt("secret", algorithm="AES-256")
    assert "password" in refused(written(writer))


def test_a_pdf_of_pictures_is_said() -> None:
    assert "pictures" in refused(pdf("", ""))


def test_a_torn_pdf_breaks_nothing() -> None:
    whole = pdf(*[f"Page {n}\n{SOME}" for n in range(5)])
    for cut in (100, len(whole) // 2, len(whole) - 40):
        read_or_refused(whole[:cut], "x.pdf")


def test_a_bomb_of_zips_is_refused_before_it_is_unpacked() -> None:
    bomb = with_part(word(SOME), "word/document.xml", b"<a>" + bytes(80_000_000))
    started = time.monotonic()
    assert "unpacks to far more" in refused(bomb, "x.docx")
    assert time.monotonic() - started < 20


def test_a_bomb_of_entities_is_refused() -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (one, b"&%c;" % (one - 1) * 10) for one in range(98, 110)
    )
    part = (
        laughs
        + b']><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">&m;</w:document>'
    )
    assert "not opened" in refused(with_part(word(SOME), "word/document.xml", part), "x.docx")


def test_a_bomb_in_a_pdf_is_no_danger() -> None:
    import zlib

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(f"Joiners\n{SOME}")))
    page = writer.add_blank_page(595, 842)
    stream = pypdf.generic.StreamObject()
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    stream._data = zlib.compress(bytes(500_000_000), 9)
    page[NameObject("/Contents")] = writer._add_object(stream)
    started = time.monotonic()
    read_or_refused(written(writer), "x.pdf", seconds=30)
    assert time.monotonic() - started < 60


def test_nested_html_breaks_nothing() -> None:
    read_or_refused(b"<html><body>" + b"<div>" * 200_000 + SOME.encode(), "x.html", seconds=20)


def loop(*_: Any) -> Document:
    while True:
        pass


def test_a_document_that_never_ends_is_killed_and_the_next_is_read() -> None:
    """A font that refers to itself would do; here the whole of reading is one that does not end."""
    started = time.monotonic()
    job = documents._pool().schedule(loop, timeout=1)
    with pytest.raises(TimeoutError):
        job.result()
    assert read_document(SOME.encode(), "x.txt").text == SOME
    assert time.monotonic() - started < 60


def test_where_the_time_is_over_what_was_read_is_kept_and_said() -> None:
    from ingest.documents.reading import read_here

    got = read_here(pdf(f"Joiners\n{SOME}", *["More text of the report"] * 400), "x.pdf", "", None, 0.3)
    assert 0 < len(got.pages) < 401
    assert "would have taken too long" in got.notes[0]


def test_a_draft_looks_at_the_first_pages_only() -> None:
    got = read_document(pdf(SOME, "Two", "Three"), "x.pdf", most_pages=2)
    assert [page.number for page in got.pages] == [1, 2]
    assert got.notes == ("Only the first 2 of 3 pages were looked at.",)


def test_lines_become_paragraphs_and_parted_words_whole() -> None:
    page = (
        "A heading\nThe learners went to a work-\nshop in the region that lies on the bor-\nder, where job-\n"
        "shadowing is known to all of the people who work.\n• One thing\n• Another"
    )
    assert paragraphs(page, frozenset({"job-shadowing"})).splitlines() == [
        "A heading",
        "The learners went to a workshop in the region that lies on the border, where job-shadowing is known to all of "
        "the people who work.",
        "• One thing",
        "• Another",
    ]


def test_what_repeats_at_head_and_foot_of_most_pages_goes() -> None:
    pages = [f"Programme Guide\nText {word} of it\nMore of it\nand more\nPart B | Page {n}"
             for n, word in enumerate(["one", "two", "three", "four"])]  # fmt: skip
    assert without_running_lines(pages) == [
        f"Text {word} of it\nMore of it\nand more" for word in ("one", "two", "three", "four")
    ]
    assert without_running_lines(pages[:2]) == pages[:2]


def test_text_is_in_composed_form_and_without_control_characters() -> None:
    assert normal("Cafe\u0301 \ufb01n\x00\x07\u200b\ufeff a\u00a0b\r\nc\u2028d\ud800") == "Café fin a b\nc\nd"


@pytest.mark.parametrize(("declared", "text", "language"), [
    ("en-IE", "Ohjelman yleisenä tavoitteena on tukea elinikäisen oppimisen avulla ihmisten kehitystä.", "fi"),
    ("nb-NO", "Åsane videregående skole har ansvar for opplæringen i fengslene i Hordaland og omegn.", "no"),
    ("de", "OK", "de"), ("", "OK", ""), ("zz-top", "Kurz", "zz"),
])  # fmt: skip
def test_the_language_is_that_of_the_text(declared: str, text: str, language: str) -> None:
    assert language_of(declared, text) == language


@pytest.mark.parametrize(("name", "title", "language", "pages", "empty"), [
    ("salto_youth_methods_booklet.pdf", "Lets Stop Bullying", "en", 19, "Page 4 has no text"),
    ("salto_youth_support_toolbox.pdf", "", "hr", 66, "Page 1 has no text"),
    ("eu_antiracism_action_plan_2020-2025.pdf", "", "en", 27, ""),
])  # fmt: skip
def test_real_documents_give_their_pages(
    shared: Path, name: str, title: str, language: str, pages: int, empty: str
) -> None:
    got = read_document((shared / FOLDER / name).read_bytes(), name)
    assert got.language == language
    assert abs(len(got.pages) - pages) <= 1
    assert not title or got.title == title
    assert empty in " ".join(got.notes)


def test_a_guide_of_478_pages_gives_its_first_pages_in_bounded_time(shared: Path) -> None:
    content = (shared / FOLDER / "erasmus-programme-guide-v2.2025_fi.pdf").read_bytes()
    got = read_document(content, "guide.pdf", most_pages=12)
    assert got.notes == ("Only the first 12 of 478 pages were looked at.",)
    assert got.language == "fi"
    assert "2024" not in got.title
    assert "Ohjelma" in got.title or "ohjelma" in got.title


@pytest.mark.slow
def test_a_guide_of_478_pages_is_read_whole(shared: Path) -> None:
    content = (shared / FOLDER / "erasmus-programme-guide-v2.2025_fi.pdf").read_bytes()
    got = read_document(content, "guide.pdf")
    assert got.pages[-1].number == 478
    assert got.notes == ()
