"""Sheets that people made: headings are matched to fields by name, in any EU language, and values read strictly."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ontology import RECORD_TYPES

from ..fields import Field, plain, top_fields
from .mapping import Mapping, Source
from .rows import Row, Table
from .words import words

TEXTS_FILE = Path(__file__).parent.parent / "template_texts.json"
_SPLIT = r"\s*[;|\n]\s*"
_TYPES = ("type", "kind of record", "record type")
_WITH_LANGUAGE = re.compile(r"(.+?)\s*(?:@|\(|\[|_|\s-\s)\s*([^()\[\]@]+?)\s*[)\]]?\s*")
_NUMBER = re.compile(r"\s*\(?\d+\)?$")
_EXPORTED = {
    "barriers": "addresses",
    "target groups": "targetGroup",
    "mobility types": "mobilityType",
    "measures": "measure",
    "fields": "sector",
    "programmes": "programme",
    "kinds of material": "materialType",
    "regions": "nuts",
    "organisations": "organisation",
    "further links": "furtherSource",
}
"""Headings of our own export as CSV."""
_MORE = {
    "url": "source", "link": "source", "address of the source": "source", "web address": "source",
    "identifier": "id", "kind": "type", "description": "summary", "abstract": "summary", "name": "title",
    "barrier": "addresses", "target group": "targetGroup", "audience": "audience", "nuts code": "nuts",
    "start date": "start", "end date": "end", "countries": "country", "destinations": "destination",
    "organisation": "organisation", "organisations": "organisation", "license": "licence",
}  # fmt: skip
_NOT_FILLED = ("address", "version", "title language")
"""Of our own export: what the record has anyhow."""
_OWN_WAYS = {"nuts": "region", "source": "doi-or-address", "furtherSource": "doi-or-address"}
"""Fields whose cells are read otherwise than their kind says."""
COMMENT = "#"
"""A row whose first filled cell begins so is a remark and not read."""


def sheet_mapping(table: Table) -> Mapping | str:
    """A mapping for the headings of a sheet, or what to do where they say nothing."""
    sources: dict[str, list[Source]] = defaultdict(list)
    twice: dict[str, str] = {}
    for heading in table.headings:
        name, language = field_of(heading)
        if not name or name == "figure":
            continue
        known = top_fields().get(name)
        many = known is not None and (known.many or known.kind == "parts")
        key = f"{name}@{language}"
        if key in twice and not many:
            return f"The columns '{twice[key][:40]}' and '{heading[:40]}' are both {name}; keep one of them."
        twice[key] = heading
        sources[name].append(_source(name, known, heading, language))
    if "title" not in sources:
        shown = ", ".join(f"'{heading[:30]}'" for heading in table.headings[:6])
        return (
            f"No column of this table is a title (there are {shown}); take the names of the template, such as Title, "
            "Summary, Source."
        )
    kept = table.rows
    table.rows = lambda: _without_remarks(kept(), table.headings)
    return Mapping(
        "names of columns",
        "Sheets that people made.",
        (),
        {},
        {name: tuple(found) for name, found in sources.items()},
        strict=True,
    )


def field_of(heading: str) -> tuple[str, str]:
    """The field that a heading names and the language that it names beside it; nothing where it names none."""
    said = heading.replace("*", " ").strip()
    if found := _names().get(plain(said)):
        return found, ""
    if (match := _WITH_LANGUAGE.fullmatch(said)) and (name := _names().get(plain(match[1]))):
        known = top_fields().get(name)
        if known and known.kind == "texts":
            try:
                return name, words("language").code(match[2])
            except LookupError:
                pass
    shorter = _NUMBER.sub("", said)
    name = _names().get(plain(shorter), "") if shorter != said else ""
    known = top_fields().get(name)
    return (name, "") if known and (known.many or known.kind == "parts") else ("", "")


@cache
def template_texts() -> dict[str, dict[str, str]]:
    """Names of columns in the 24 languages; ours, not confirmed."""
    found: dict[str, dict[str, str]] = json.loads(TEXTS_FILE.read_text(encoding="utf-8"))
    return found


@cache
def _names() -> dict[str, str]:
    """What a heading may say -> field; a field's own name goes first, then ours, then those in other languages."""
    found: dict[str, str] = {"id": "id"}
    for name in top_fields():
        found.setdefault(plain(name), name)
        spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
        found.setdefault(plain(spaced), name)
    found |= dict.fromkeys(_TYPES, "type") | _EXPORTED
    for field in top_fields().values():
        found.setdefault(plain(field.title), field.name)
    for name, by_language in template_texts().items():
        if name in top_fields() or name in ("id", "type"):
            for text in by_language.values():
                found.setdefault(plain(text), name)
    for text, name in _MORE.items():
        found.setdefault(text, name)
    for name in _NOT_FILLED:
        found.pop(name, None)
    return {key: name for key, name in found.items() if key}


def _source(name: str, known: Field | None, heading: str, language: str) -> Source:
    columns = (heading,)
    if name == "type":
        return Source(columns, words=_type_words())
    if known is None or known.kind == "texts":
        return Source(columns, language=language)
    split = _SPLIT if known.many or known.kind == "parts" else ""
    transform = {"codes": "code", "date": "date", "address": "address"}.get(known.kind, "text")
    return Source(columns, _OWN_WAYS.get(name, transform), split)


@cache
def _type_words() -> dict[str, str | None]:
    found: dict[str, str | None] = {plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)): name for name in RECORD_TYPES}
    found |= {plain(name): name for name in RECORD_TYPES} | {plain(kind): name for name, kind in RECORD_TYPES.items()}
    for name in RECORD_TYPES:
        for text in template_texts().get(f"type.{name}", {}).values():
            found.setdefault(plain(text), name)
    return found


def _without_remarks(rows: Iterator[Row], headings: tuple[str, ...]) -> Iterator[Row]:
    for row in rows:
        first = next((str(row.cells[heading]) for heading in headings if row.cells.get(heading)), "")
        if not first.lstrip().startswith(COMMENT):
            yield row
