"""What is read out of a document, whatever form it had."""

from dataclasses import dataclass

from kg.paged_text import join_pages


@dataclass(frozen=True)
class Page:
    """A page, a slide, or all of a document that has none."""

    number: int
    """From 1, as a reader of the file counts."""
    text: str
    """In paragraphs, one a line."""


@dataclass(frozen=True)
class Document:
    """Text and what the document says of itself."""

    kind: str
    """`pdf`, `docx`, `pptx`, `html` or `text`."""
    title: str
    language: str
    """Two letters, or nothing where there is too little text to tell."""
    pages: tuple[Page, ...]
    """Those that have text."""
    published: str = ""
    """The day, month or year of which the document itself says so; of an office file, nothing."""
    made: str = ""
    """The day on which the file was last saved, if it says so: not to be taken for the day of publication."""
    description: str = ""
    """What a page says that it is about, for search engines and shares."""
    publisher: str = ""
    """The site or body that a page names as its own."""
    licence: str = ""
    """The address of the licence that a page links as its own."""
    address: str = ""
    """The address that a page says it has."""
    notes: tuple[str, ...] = ()
    """What a person should know, in sentences: pages without text, what was left out."""

    @property
    def paged(self) -> bool:
        """Whether its pages are pages that a reader can turn to."""
        return self.kind in ("pdf", "pptx") or len(self.pages) > 1

    @property
    def text(self) -> str:
        """All of it, for the field `text` of a record: with a mark where each page begins, if it has pages."""
        if self.paged:
            return join_pages((page.number, page.text) for page in self.pages)
        return "\n".join(page.text for page in self.pages)


@dataclass(frozen=True)
class Raw:
    """What a reader of one form gives: text as it came, line by line, and what the file says of itself."""

    kind: str
    pages: tuple[tuple[int, str], ...]
    title: str = ""
    """As the file states it."""
    headline: str = ""
    """As the text itself shows it: in the largest letters, or as the first heading."""
    language: str = ""
    """As the file states it."""
    published: str = ""
    made: str = ""
    description: str = ""
    publisher: str = ""
    licence: str = ""
    address: str = ""
    notes: tuple[str, ...] = ()
