"""Answers to queries as bytes: small ones in memory, large ones in a file that can be read while it grows.

The engine's own serialisers write; `_Sheet` ends an answer after a whole row where it grows past its limit.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

import pyoxigraph as ox

from ontology import PREFIXES

from .errors import QueryError
from .store import Answer

TABLES = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
GRAPHS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "trig": ox.RdfFormat.TRIG,
    "nq": ox.RdfFormat.N_QUADS,
}
FORMS = (*TABLES, *GRAPHS)
FORM_NAMES = {
    "json": "JSON",
    "xml": "XML",
    "csv": "CSV",
    "tsv": "TSV",
    "ttl": "Turtle",
    "nt": "N-Triples",
    "rdf": "RDF/XML",
    "jsonld": "JSON-LD",
    "trig": "TriG",
    "nq": "N-Quads",
}
"""What people call them."""
MEDIA_TYPES = {name: form.media_type for name, form in (TABLES | GRAPHS).items()}
SMALL = 256_000  # bytes; a larger answer goes into a file
RESULT_LIMIT = 50_000_000  # bytes; more is taken home as a dump
PIECE = 64_000  # bytes that are looked at together for the end of a row


@dataclass(frozen=True)
class Written:
    """An answer: in `body`, or in the file that was offered for it."""

    form: str
    """One of `FORMS`."""
    body: bytes = b""
    cut: str = ""
    """A sentence where the answer was cut; empty where it is whole."""
    in_file: bool = False

    @property
    def media_type(self) -> str:
        """As HTTP names it."""
        return MEDIA_TYPES[self.form]


def written(result: Answer, forms: tuple[str, ...], file: Path | None = None, limit: int = RESULT_LIMIT) -> Written:
    """Serialise an answer.

    Args:
        result: the engine's.
        forms: the forms that would do, best first; the first that this kind of answer can have is taken.
        file: where an answer of more than `SMALL` bytes goes, ended by the form's own name; None keeps it in memory.
        limit: bytes after which a table ends with its last whole row, a graph with its last whole triple.

    Raises:
        QueryError: this kind of answer has none of the forms.

    """
    form = _fitting(result, forms)
    if isinstance(result, ox.QueryBoolean):
        plain = form in ("csv", "tsv")
        return Written(
            form, str(bool(result)).lower().encode() if plain else result.serialize(format=TABLES[form]) or b""
        )
    with _Sheet(form, file.with_suffix(f".{form}") if file else None, limit) as sheet:
        if isinstance(result, ox.QueryTriples):
            whole = takewhile(sheet.has_room, result)
            ox.serialize(whole, sheet, format=GRAPHS[form], prefixes=PREFIXES)  # type: ignore[arg-type]
        else:
            with suppress(_FullError):
                result.serialize(sheet, format=TABLES[form])  # type: ignore[arg-type]
    return Written(form, sheet.body, sheet.said if sheet.was_cut else "", sheet.in_file)


def _fitting(result: Answer, forms: tuple[str, ...]) -> str:
    graph = isinstance(result, ox.QueryTriples)
    offered = GRAPHS if graph else TABLES
    for form in forms:
        if form in offered:
            return form
    kind = "CONSTRUCT or DESCRIBE" if graph else "SELECT or ASK"
    raise FormError(f"A {kind} cannot be answered as {' or '.join(forms)}; use {', '.join(offered)}.")


class FormError(QueryError):
    """An answer cannot have any of the forms that are asked for."""


class _FullError(OSError):
    """The limit is reached."""


class _Sheet:
    """What a serialiser writes to: passes on whole rows, and ends the document where it has grown too large."""

    def __init__(self, form: str, path: Path | None, limit: int) -> None:
        self.size, self.was_cut, self.said = 0, False, f"Cut after {limit // 1_000_000 or limit / 1_000_000:g} MB."
        self._path, self._limit, self._held, self._small = path, limit, bytearray(), bytearray()
        self._file: BinaryIO | None = None
        self._row_end, self._head, self._closing, self._remark = _ENDS.get(form, (None, b"", b"", b""))
        self._begun = False

    def write(self, data: bytes) -> int:
        """Take what a serialiser has written.

        Raises:
            OSError: a table has reached its limit.

        """
        if self.was_cut and self._row_end:  # what the serialiser still had in its hands
            return len(data)
        self.size += len(data)
        if self._row_end is None:
            self._pass_on(data)
            return len(data)
        self._held += data
        if len(self._held) > PIECE or self.size > self._limit:
            end = self._row_end(self._held) or (0 if self._begun else self._held.find(self._head) + len(self._head))
            self._begun = self._begun or end > 0
            self._pass_on(self._held[:end])
            del self._held[:end]
            if self.size > self._limit:
                self._held.clear()
                self.was_cut = True
                raise _FullError
        return len(data)

    def has_room(self, _: object) -> bool:
        """Whether one more fits."""
        self.was_cut = self.was_cut or self.size > self._limit
        return not self.was_cut

    def flush(self) -> None:
        """Nothing is to be done: rows are passed on as they end."""

    @property
    def in_file(self) -> bool:
        """Whether it has grown so large that it went into the file."""
        return self._file is not None

    @property
    def body(self) -> bytes:
        """What is not in the file."""
        return b"" if self.in_file else bytes(self._small)

    def __enter__(self) -> "_Sheet":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._pass_on(bytes(self._held))
            if self.was_cut:
                self._pass_on(self._closing + self._remark.replace(b"%", self.said.encode()))
        if self._file:
            self._file.close()

    def _pass_on(self, data: bytes | bytearray) -> None:
        if self._file:
            self._file.write(data)
            return
        self._small += data
        if self._path and len(self._small) > SMALL:
            self._file = self._path.open("wb", buffering=0)
            self._file.write(self._small)


_NEXT_ROW = re.compile(rb'\}\},\{"[^"\\]+":\{')


def _end_of_json(data: bytearray) -> int:
    """Where the last whole row ends: a quote inside a string would stand behind a backslash."""
    at = data.rfind(b'}},{"')
    while at >= 0 and not _NEXT_ROW.match(data, at):
        at = data.rfind(b'}},{"', 0, at + 4)
    return at + 2 if at >= 0 else 0


def _end_of_xml(data: bytearray) -> int:
    at = data.rfind(b"</result>")
    return at + len(b"</result>") if at >= 0 else 0


def _end_of_line(data: bytearray) -> int:
    return data.rfind(b"\n") + 1


def _end_of_csv(data: bytearray) -> int:
    """Where the last whole row ends: a line's end inside quotes is none."""
    at = data.rfind(b"\n")
    while at >= 0 and data.count(b'"', 0, at) % 2:
        at = data.rfind(b"\n", 0, at)
    return at + 1


# How a form finds the end of its last whole row, behind what its rows begin, how it is closed, how it says it was cut.
_ENDS: dict[str, tuple[Callable[[bytearray], int] | None, bytes, bytes, bytes]] = {
    "json": (_end_of_json, b'"bindings":[', b"]}", b',"cut":"%"}'),
    "xml": (_end_of_xml, b"<results>", b"</results>", b"<!-- % --></sparql>"),
    "csv": (_end_of_csv, b"\n", b"", b""),
    "tsv": (_end_of_line, b"\n", b"", b""),
    "ttl": (None, b"", b"", b"\n# %\n"),
    "nt": (None, b"", b"", b"# %\n"),
    "trig": (None, b"", b"", b"\n# %\n"),
    "nq": (None, b"", b"", b"# %\n"),
    "rdf": (None, b"", b"", b"\n<!-- % -->\n"),
}
