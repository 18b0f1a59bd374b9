"""A row put right by hand: boxes for the fields that are wrong, and what is typed into them as values."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from ingest.fields import Field, top_fields
from ingest.mapping.sheets import field_of
from ingest.mapping.transforms import TRANSFORMS
from ingest.mapping.words import labels
from ingest.readers.raw import small
from ingest.record import REQUIRED
from kg.batch import BatchRow, Fields
from ontology import RECORD_TYPES

from ..forms import Form
from .differences import field_label

_MOST_OPTIONS = 60
_LINES = re.compile(r"\s*[\n;]\s*")


@dataclass(frozen=True)
class Box:
    """A place to type a value into."""

    name: str
    """Of the form's field: `f.title.en`."""
    field: str
    title: str
    language: str
    value: str
    hint: str
    wrong: tuple[str, ...]
    large: bool
    options: tuple[tuple[str, str], ...] = ()
    """Code and name of all that can be chosen, where there are few."""


def boxes(row: BatchRow, language: str) -> list[Box]:
    """A box for each value that is wrong or missing, and for the id; names are in a language."""
    wrong: dict[str, list[str]] = {}
    for finding in row.findings:
        wrong.setdefault(field_named(finding["field"]), []).append(finding["message"])
    names = [name for name in wrong if name]
    if "" in wrong and not names:
        names = list(REQUIRED)
    if any(one["same"] for one in row.likely):
        names = [*names, "id", "title"]
    made: list[Box] = []
    for name in dict.fromkeys(names or ["id", "title", "summary"]):
        made += _boxes(name, row.fields, tuple(wrong.get(name, ())), language)
    return made


def field_named(said: str) -> str:
    """The field of a record that a finding is about: it names the field, a part of it, or the heading of a column."""
    top = re.split(r"[.\[]", said)[0]
    number = re.sub(r"-\d+$", "", top)
    if top in top_fields() or top in ("id", "type"):
        return top
    return number if number in top_fields() else field_of(said)[0]


def corrected(row: BatchRow, form: Form, by: str) -> BatchRow:
    """The row with what was typed; what could not be read of a field that is typed now is forgotten.

    A row that was refused as a whole is taken in spite of it where the form says `anyway`, or where it has now what it
    lacked.
    """
    fields: Fields = dict(row.fields)
    told: dict[str, str] = {}
    if found := next((one for one in row.likely if one.get("id") and one["id"] == form.one("same")), None):
        kind = str(found["url"]).split("/")[2]
        same = {"id": found["id"], "type": next(name for name, known in RECORD_TYPES.items() if known == kind)}
        return replace(row, fields=fields | same, made_id=False, corrected_by=by)
    typed = {name[2:]: value for name, value in form.items if name.startswith("f.")}
    for path, text in typed.items():
        name, _, language = path.partition(".")
        try:
            _put(fields, name, language, text.replace("\r\n", "\n").strip())
        except (LookupError, ValueError) as error:
            told[name] = str(error).strip("'\"")
            fields[name] = text  # what was typed is shown again
    done = {path.partition(".")[0] for path in typed}
    left = [one for one in row.read_findings if field_named(one["field"]) not in done]
    lacked = {one["field"] for one in row.findings} & {name for name in REQUIRED if not row.fields.get(name)}
    if form.one("anyway") or (lacked and all(fields.get(name) for name in lacked)):
        left = [one for one in left if field_named(one["field"])]
    fresh = [{"field": name, "message": message} for name, message in told.items()]
    return replace(row, fields=fields, made_id=row.made_id and "id" not in done, read_findings=[*left, *fresh],
                   corrected_by=by)  # fmt: skip


def _boxes(name: str, fields: Fields, wrong: tuple[str, ...], language: str) -> list[Box]:
    value = fields.get(name)
    known = top_fields().get(name)
    title = field_label(name)
    hint = known.description if known else ""
    if known and known.kind == "texts":
        own = str(fields.get("language") or "")
        texts = value if isinstance(value, dict) else {own: value or ""}
        return [
            Box(f"f.{name}.{code}", name, title, str(code), str(text), hint, wrong, True)
            for code, text in texts.items()
        ]
    options = _options(name, known, language)
    many = known is not None and (known.many or known.kind == "parts")
    return [Box(f"f.{name}", name, title, "", _text(value), hint, wrong, many, () if many else options)]


def _options(name: str, known: Field | None, language: str) -> tuple[tuple[str, str], ...]:
    if name == "type":
        return tuple((code, re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code)) for code in RECORD_TYPES)
    found = labels(name, language) if known and known.kind == "codes" and known.name != "nuts" else {}
    return tuple(found.items()) if 0 < len(found) <= _MOST_OPTIONS else ()


def _text(value: Any) -> str:
    """A value as it stands in a box: one a line, and parts as JSON."""
    if value is None:
        return ""
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return "\n".join(map(str, value))
    return json.dumps(value, ensure_ascii=False, indent=1)


def _put(fields: Fields, name: str, language: str, text: str) -> None:
    """Put what was typed into a record; nothing typed takes the field out.

    Raises:
        LookupError, ValueError: it is no value of this field; the message says why.

    """
    known = top_fields().get(name)
    if known is None and name not in ("id", "type"):
        return
    if known and known.kind == "texts" and language:
        own = fields.get(name)
        texts = dict(own) if isinstance(own, dict) else {str(fields.get("language") or language): own} if own else {}
        texts |= {language: text}
        fields[name] = {code: said for code, said in texts.items() if said}
        value: Any = fields[name]
    else:
        value = _value(known, text)
    if value in (None, "", [], {}):
        fields.pop(name, None)
    else:
        fields[name] = value


def _value(known: Field | None, text: str) -> Any:
    if known is None or not text or known.kind == "texts":
        return text
    if known.kind == "parts":
        return _parts(text)
    how = {"codes": "code", "date": "date", "address": "address"}.get(known.kind, "text")
    transform = TRANSFORMS["region" if known.name == "nuts" else how]
    try:
        if known.many:
            return [transform(part, known.name, "day") for part in _LINES.split(text) if part]
        return transform(text, known.name, "day")
    except (LookupError, ValueError) as error:
        raise ValueError(f"'{text[:60]}' {str(error).strip(chr(39) + chr(34))}.") from error


def _parts(text: str) -> Any:
    try:
        made = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(
            "This must stay in the form in which it was shown; write it as it was, or empty it."
        ) from error
    if not small(made):
        raise ValueError("This is nested too deeply.")
    return made
