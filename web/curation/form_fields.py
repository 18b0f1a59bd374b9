"""What the form of a record asks for, read out of the shapes and nothing else.

A property shape is a field: its name, its help, its order and its step (`sh:name`, `sh:description`, `sh:order`,
`sh:group`), and by what it allows how it is filled in. A node shape with `sh:targetObjectsOf` is a part of a record
that can come more than once. What a field is called in the record format, the context says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from rdflib import RDF, RDFS, SH, XSD, Graph, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from ontology import BASE, GW, RECORD_TYPES, SCHEMA
from ontology.context import context, iri_of, shapes

RECORD = URIRef(BASE + "shape/Record")
LONG_FROM = 1001
"""A text that may have so many characters is written in a large box."""
_NUMBERS = frozenset((XSD.integer, XSD.decimal, XSD.double))
_LAST = 999


class Widget(StrEnum):
    """How a field is filled in."""

    TEXTS = "texts"
    """A text for each language."""
    WORDS = "words"
    LINES = "lines"
    """Words, one value a line."""
    DATE = "date"
    """A year, a month or a day."""
    DAY = "day"
    ADDRESS = "address"
    NUMBER = "number"
    ONE_OF = "one-of"
    """One of a few words."""
    CHOICE = "choice"
    """One concept."""
    CHOICES = "choices"
    """Concepts."""
    PARTS = "parts"
    """A set of fields, any number of times."""


@dataclass(frozen=True)
class FormField:
    """One field of the form."""

    name: str
    """In the record format."""
    widget: Widget
    label: str
    help: str
    message: str
    """What is wrong with a value that does not fit; it follows the value."""
    order: int
    required: bool
    most: int | None
    """Characters."""
    values: tuple[str, ...] = ()
    """Of `ONE_OF`."""
    of_class: URIRef | None = None
    """Of concepts."""
    many: bool = False
    group: str = ""
    parts: tuple["FormField", ...] = ()

    @property
    def long(self) -> bool:
        """Whether it needs a large box."""
        return self.most is None or self.most >= LONG_FROM

    @property
    def huge(self) -> bool:
        """Whether whole documents go into it."""
        return self.most is not None and self.most > 100_000


@dataclass(frozen=True)
class Step:
    """Fields that belong together, one screen of the form."""

    id: str
    label: str
    help: str
    types: frozenset[str]
    """Types of record that it is for; empty where it is for all."""
    fields: tuple[FormField, ...]

    @property
    def required(self) -> bool:
        """Whether a record cannot do without some of it."""
        return any(field.required for field in self.fields)


@cache
def steps(language: str = "en") -> tuple[Step, ...]:
    """The whole form, in a reader's language as far as the shapes have it."""
    graph = shapes()
    every = sorted(_fields(graph, language), key=lambda field: (field.order, field.label))
    groups = sorted(_groups(graph), key=lambda group: _number(graph, group, SH.order) or _LAST)
    found = [
        Step(
            _last(group),
            _text(graph, group, RDFS.label, language),
            _text(graph, group, RDFS.comment, language),
            frozenset(name for name in RECORD_TYPES if (group, SCHEMA.domainIncludes, GW[name]) in graph),
            tuple(field for field in every if field.group == _last(group)),
        )
        for group in groups
    ]
    rest = tuple(field for field in every if field.group not in {step.id for step in found})
    further = [Step("further", "More", "", frozenset(), rest)] if rest else []
    return tuple(step for step in (*found, *further) if step.fields)


@cache
def all_fields(language: str = "en") -> dict[str, FormField]:
    """Every field of a record by its name."""
    return {field.name: field for step in steps(language) for field in step.fields}


def _fields(graph: Graph, language: str) -> Iterator[FormField]:
    names = _names()
    for shape in graph.objects(RECORD, SH.property):
        yield _field(graph, shape, names, language)
    for node, path in graph.subject_objects(SH.targetObjectsOf):
        inner = sorted(
            (_field(graph, shape, names, language) for shape in graph.objects(node, SH.property)),
            key=lambda field: field.order,
        )
        yield FormField(
            name=names[path],
            widget=Widget.PARTS,
            label=_text(graph, node, SH.name, language),
            help=_text(graph, node, SH.description, language),
            message="",
            order=_number(graph, node, SH.order) or _LAST,
            required=False,
            most=None,
            many=True,
            group=_last(graph.value(node, SH.group)),
            parts=tuple(inner),
        )


def _field(graph: Graph, shape: Node, names: dict[Node, str], language: str) -> FormField:
    path = graph.value(shape, SH.path)
    name = names.get(path or shape, _last(path))
    many = _number(graph, shape, SH.maxCount) != 1
    return FormField(
        name=name,
        widget=_widget(graph, shape, many=many),
        label=_text(graph, shape, SH.name, language) or name,
        help=_text(graph, shape, SH.description, language),
        message=_text(graph, shape, SH.message, language),
        order=_number(graph, shape, SH.order) or _LAST,
        required=bool(_number(graph, shape, SH.minCount)),
        most=_number(graph, shape, SH.maxLength),
        values=tuple(str(value) for value in _list(graph, shape, SH["in"])),
        of_class=_iri(graph.value(shape, SH["class"])),
        many=many,
        group=_last(graph.value(shape, SH.group)),
    )


def _widget(graph: Graph, shape: Node, *, many: bool) -> Widget:
    types = {graph.value(shape, SH.datatype)} | {
        graph.value(option, SH.datatype) for option in _list(graph, shape, SH["or"])
    }
    fits = (
        (RDF.langString in types, Widget.TEXTS),
        ((shape, SH["class"], None) in graph, Widget.CHOICES if many else Widget.CHOICE),
        ((shape, SH["in"], None) in graph, Widget.ONE_OF),
        (XSD.gYearMonth in types, Widget.DATE),
        (XSD.date in types, Widget.DAY),
        (bool(types & _NUMBERS), Widget.NUMBER),
        (graph.value(shape, SH.nodeKind) == SH.IRI, Widget.ADDRESS),
        (many, Widget.LINES),
    )
    return next((widget for fit, widget in fits if fit), Widget.WORDS)


def _names() -> dict[Node, str]:
    """Property -> the name of its field."""
    terms = context()
    found = ((iri_of(term, terms), name) for name, term in terms.items() if not name.startswith("@"))
    return {iri: name for iri, name in found if iri is not None}


def _groups(graph: Graph) -> list[URIRef]:
    return [group for group in graph.subjects(RDF.type, SH.PropertyGroup) if isinstance(group, URIRef)]


def _list(graph: Graph, shape: Node, prop: URIRef) -> list[Node]:
    start = graph.value(shape, prop)
    return list(Collection(graph, start)) if start is not None else []


def _text(graph: Graph, node: Node, prop: URIRef, language: str) -> str:
    texts = {getattr(text, "language", None) or "": str(text) for text in graph.objects(node, prop)}
    return next((texts[code] for code in (language, "en", "", *texts) if code in texts), "")


def _number(graph: Graph, node: Node, prop: URIRef) -> int | None:
    value = graph.value(node, prop)
    return int(str(value)) if value is not None else None


def _iri(node: Node | None) -> URIRef | None:
    return node if isinstance(node, URIRef) else None


def _last(node: Node | None) -> str:
    return str(node or "").rpartition("/")[2].rpartition("#")[2].removeprefix("group-")
