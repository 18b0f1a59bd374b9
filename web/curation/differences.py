"""What changed between two states of a record, as a person reads it: field by field, texts word by word.

Words are compared as lines of a file are (Python's `difflib`, after Ratcliff and Obershelp); long texts sentence by
sentence first, so that the work stays in bounds. Codes are shown by the names of what they stand for.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from rdflib import URIRef

from ingest.record import NESTED, by_language
from ontology import ID
from ontology.context import context

from ..format import day
from ..record_view import CERTAINTY, QUALIFIERS
from ..site import Site, Text, text
from .form_fields import all_fields

Fields = dict[str, Any]
MOST_WORK = 4_000_000
"""Comparisons of one piece with another, for a text: about a second at the worst. What is left then is shown whole."""
AROUND = 14
"""Words that stay on either side of a change; what is between is left out."""
_PIECES = re.compile(r"\w+|\s+|[^\w\s]")
_SENTENCES = re.compile(r"[^.!?\n]*(?:[.!?\n]+\s*|$)")
_DAYS = ("checked", "verified", "published", "start", "end")
_IN_OUR_WORDS = {
    "id": "Address of the record",
    "type": "Kind of record",
    "organisation": "Organisations",
    "figure": "Figures",
    "furtherSource": "Further sources",
}


@dataclass(frozen=True)
class Piece:
    """A stretch of text: `same`, `gone`, `new`, or `skipped`, where much that is the same is left out."""

    how: str
    text: str


@dataclass
class Difference:
    """How one field differs, in one language where it has several."""

    name: str
    """Of the field."""
    label: str
    language: str = ""
    """The language of the texts; empty where they have none."""
    language_name: str = ""
    pieces: list[Piece] = field(default_factory=list)
    """Of a text."""
    gone: list[Text] = field(default_factory=list)
    """Of a list, or a value that was replaced."""
    new: list[Text] = field(default_factory=list)
    stays: int = 0
    """How many entries of the list are the same."""


def differences(site: Site, before: Fields, after: Fields, language: str, reader: str) -> list[Difference]:
    """What changed, in the order of the record format; nothing where the two say the same.

    Args:
        site: for the names of concepts.
        before: a record, in the record format; empty for none at all.
        after: another state of it.
        language: of the interface.
        reader: the language that the reader likes best, for the names of concepts.

    """
    found: list[Difference] = []
    for name in _in_order(before, after):
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        if name in by_language():
            found.extend(_texts(site, name, _spoken(one, before), _spoken(other, after), language))
        else:
            shown = _Shown(site, language, reader)
            change = _list(name, shown.all(name, one), shown.all(name, other))
            found.extend([change] if change.gone or change.new else [])
    return found


def field_label(name: str) -> str:
    """What a field is called; parts of a record in the plural, for all of them are meant."""
    known = all_fields().get(name)
    return _IN_OUR_WORDS.get(name) or (known.label if known else name)


def compared(before: str, after: str) -> list[Piece]:
    """Two texts as one, with what is gone and what is new."""
    one, other = _PIECES.findall(before), _PIECES.findall(after)
    few = len(one) * len(other) <= MOST_WORK
    return list(_shortened(_joined(list(_by_word(one, other) if few else _by_sentence(before, after)))))


def _by_sentence(before: str, after: str) -> Iterator[Piece]:
    one, other = _SENTENCES.findall(before), _SENTENCES.findall(after)
    start = _alike(one, other)
    end = _alike(one[start:][::-1], other[start:][::-1])
    if start:
        yield Piece("same", "".join(one[:start]))
    one_left, other_left = one[start : len(one) - end], other[start : len(other) - end]
    left = MOST_WORK - len(one_left) * len(other_left)
    matcher = SequenceMatcher(None, one_left if left > 0 else [], other_left if left > 0 else [], autojunk=False)
    blocks = matcher.get_opcodes() if left > 0 else [("replace", 0, len(one_left), 0, len(other_left))]
    for how, a, b, c, d in blocks:
        gone, new = "".join(one_left[a:b]), "".join(other_left[c:d])
        words = _PIECES.findall(gone), _PIECES.findall(new)
        left -= len(words[0]) * len(words[1])
        if how == "equal":
            yield Piece("same", gone)
        elif left > 0:
            yield from _by_word(*words)
        else:
            yield from (piece for piece in (Piece("gone", gone), Piece("new", new)) if piece.text)
    if end:
        yield Piece("same", "".join(one[len(one) - end :]))


def _alike(one: list[str], other: list[str]) -> int:
    """How many entries two lists share at their beginning."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _by_word(one: list[str], other: list[str]) -> Iterator[Piece]:
    for how, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        gone, new = "".join(one[a:b]), "".join(other[c:d])
        if how == "equal":
            yield Piece("same", gone)
            continue
        yield from (piece for piece in (Piece("gone", gone), Piece("new", new)) if piece.text)


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Changes with nothing but a space between them are one change: that is how a person reads them."""
    out: list[Piece] = []
    gone = new = ""
    for n, piece in enumerate(pieces):
        within = 0 < n < len(pieces) - 1 and piece.how == "same" and piece.text.isspace() and (gone or new)
        if piece.how == "same" and not within:
            out += [change for change in (Piece("gone", gone), Piece("new", new)) if change.text]
            out.append(piece)
            gone = new = ""
            continue
        gone += piece.text if piece.how in ("gone", "same") else ""
        new += piece.text if piece.how in ("new", "same") else ""
    return out + [change for change in (Piece("gone", gone), Piece("new", new)) if change.text]


def _shortened(pieces: list[Piece]) -> Iterator[Piece]:
    for n, piece in enumerate(pieces):
        words = piece.text.split(" ")
        before, after = AROUND * (n > 0), AROUND * (n < len(pieces) - 1)
        if piece.how != "same" or len(words) <= before + after + AROUND:
            yield piece
            continue
        if before:
            yield Piece("same", " ".join(words[:before]))
        yield Piece("skipped", str(len(words) - before - after))
        if after:
            yield Piece("same", " ".join(words[-after:]))


def _in_order(before: Fields, after: Fields) -> list[str]:
    known = list(context())
    both = dict.fromkeys([*after, *before])
    return sorted(both, key=lambda name: known.index(name) if name in known else len(known))


def _spoken(value: Any, fields: Fields) -> dict[str, str]:
    """Texts by language; a text alone is in the language of the record."""
    texts = value if isinstance(value, dict) else {str(fields.get("language", "")): value} if value else {}
    return {str(code): str(one) for code, one in texts.items() if one}


def _texts(site: Site, name: str, one: dict[str, str], other: dict[str, str], language: str) -> Iterator[Difference]:
    for code in dict.fromkeys([*one, *other]):
        before, after = one.get(code, ""), other.get(code, "")
        if before != after:
            named = site.language_name(code, language) if code else ""
            yield Difference(name, field_label(name), code, named, compared(before, after))


def _list(name: str, one: list[Text], other: list[Text]) -> Difference:
    gone = [entry for entry in one if entry not in other]
    new = [entry for entry in other if entry not in one]
    return Difference(name, field_label(name), gone=gone, new=new, stays=len(one) - len(gone))


@dataclass(frozen=True)
class _Shown:
    """Values in words."""

    site: Site
    language: str
    reader: str

    def all(self, name: str, value: Any) -> list[Text]:
        values = value if isinstance(value, list) else [] if value in (None, "", {}) else [value]
        return [self._one(name, one) for one in values]

    def _one(self, name: str, value: Any) -> Text:
        if name in NESTED and isinstance(value, dict):
            return text(self._part(name, value), "")
        if not isinstance(value, str | int | float):
            return text(json.dumps(value, ensure_ascii=False), "")
        if name in _DAYS:
            return text(day(str(value), self.language), "")
        if name == "certainty":
            return text(CERTAINTY.get(str(value), str(value)), "")
        if name == "type":
            return text(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(value)).capitalize(), "")
        iri = _concept(name, str(value))
        return self.site.label(iri, self.reader) if iri in self.site.concepts else text(str(value), "")

    def _part(self, name: str, part: dict[str, Any]) -> str:
        """A figure, an organisation or a source in one line."""
        told = {key: ", ".join(found["text"] for found in self.all(key, value)) for key, value in part.items()}
        if name == "figure":
            what = _spoken(part.get("what"), {})
            told["what"] = what.get(self.reader) or what.get("en") or next(iter(what.values()), "")
            amount = QUALIFIERS.get(str(part.get("qualifier", "")), "") + told.get("value", "")
            more = [told[key] for key in ("year", "source") if told.get(key)]
            return f"{amount} {told['what']}".strip() + (f" ({', '.join(more)})" if more else "")
        first = "name" if name == "organisation" else "url"
        rest = [found for key, found in told.items() if key != first and found]
        return told.get(first, "") + (f" ({', '.join(rest)})" if rest else "")


def _concept(name: str, code: str) -> URIRef:
    """What a code of a field stands for."""
    term = context().get(name)
    codes = term.get("@context", {}) if isinstance(term, dict) and term.get("@type") == "@vocab" else {}
    return URIRef(codes.get(code) or f"{codes.get('@vocab', ID)}{re.sub(r'[^A-Za-z0-9._-]', '', code)}")
