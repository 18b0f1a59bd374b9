"""A page as its elements, for looking at what is in it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "input", "br", "hr", "img", "path", "rect", "circle", "line"}


@dataclass
class Element:
    """An element with its text and the language that holds in it."""

    tag: str
    attributes: dict[str, str]
    language: str
    text: str = ""
    inside: list[str] = field(default_factory=list)
    """Tags around it, outermost first."""

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")


class Markup(HTMLParser):
    """Reads a page; `elements` are in the order of their opening."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert not self._open, f"{self._open[-1].tag} is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        attributes = {name: value or "" for name, value in attrs}
        language = attributes.get("lang") or (self._open[-1].language if self._open else "")
        element = Element(tag, attributes, language, inside=[outer.tag for outer in self._open])
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element that is opened and closed."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Close an element; it must be the one that was opened last."""
        assert self._open, f"{tag} is closed and was not opened"
        assert self._open[-1].tag == tag, f"{tag} is closed inside {self._open[-1].tag}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Text belongs to every open element."""
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of a tag that have these attributes."""
        return [e for e in self.elements if e.tag == tag and attributes.items() <= e.attributes.items()]

    def one(self, tag: str, **attributes: str) -> Element:
        """The only such element."""
        (found,) = self.all(tag, **attributes)
        return found

    def languages_of(self, text: str) -> set[str]:
        """The languages that hold where a text stands, innermost elements first."""
        around = [e for e in self.elements if text in e.text]
        return {e.language for e in around if not any(o is not e and len(o.inside) > len(e.inside) for o in around)}
