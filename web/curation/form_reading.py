"""What somebody typed into the form, as fields in the record format.

Nothing that was typed is thrown away: a date that is none stays as it was typed, and the checks say so. Fields that the
form did not show stay as they were.
"""

import re
from collections.abc import Iterable
from typing import Any

from ingest.mapping.dates import read_date

from ..accounts import Form
from ..site import Site
from .choices import typed_codes, usual
from .form_fields import FormField, Widget, all_fields

Fields = dict[str, Any]
_EMPTY: tuple[Any, ...] = (None, "", [], {})


def read(site: Site, form: Form, before: Fields) -> Fields:
    """The draft's fields as the form wants them.

    Args:
        site: for names of concepts that were typed.
        form: with `shown`, the names of the fields that it showed; texts in the language of the source are called
            `title:`, in another `title:de`; a field of the second organisation is called `organisation-2.name`.
        before: the fields as the form was made from.

    """
    shown = {name for names in form.all("shown") for name in names.split(",")}
    known = all_fields()
    out = dict(before)
    if "type" in shown and form.one("type"):
        out["type"] = form.one("type")
    language = form.one("language") if "language" in shown else str(before.get("language") or "")
    reader = _Reader(site, form, language, form.one("original"))
    for name in shown & set(known):
        value = reader.value(known[name], name)
        if known[name].widget == Widget.CHOICES:
            value = _in_order_of(name, value, before.get(name))
        if same(before.get(name), value, language):
            continue
        if value in _EMPTY:
            out.pop(name, None)
        else:
            out[name] = value
    for name in form.all("drop"):
        if name not in known:
            out.pop(name, None)
    return out


def same(one: Any, other: Any, language: str) -> bool:
    """Whether two values say the same, however they are written."""
    return bool(_plain(one, language) == _plain(other, language))


class _Reader:
    """Reads one form."""

    def __init__(self, site: Site, form: Form, language: str, was: str) -> None:
        self._site, self._form, self._language, self._was = site, form, language, was
        self._names = {name for name, _ in form.items}

    def value(self, field: FormField, name: str) -> Any:
        """What stands in a field; empty where nothing does."""
        if field.widget == Widget.TEXTS:
            return self._texts(name)
        if field.widget == Widget.PARTS:
            return self._parts(field)
        if field.widget in (Widget.CHOICES, Widget.LINES):
            return self._several(field, name)
        typed = _tidy(self._form.one(name))
        if field.widget in (Widget.DATE, Widget.DAY):
            return _date(typed)
        return _number(typed) if field.widget == Widget.NUMBER else typed

    def _several(self, field: FormField, name: str) -> list[str]:
        if f"{name}~" in self._names:
            return typed_codes(self._site, field, self._form.one(f"{name}~"))
        lines = self._form.one(name).splitlines() if field.widget == Widget.LINES else self._form.all(name)
        return list(dict.fromkeys(filter(None, map(str.strip, lines))))

    def _texts(self, name: str) -> Any:
        found = {
            key[len(name) + 1 :]: text
            for key, value in self._form.items
            if key.startswith(f"{name}:") and (text := _tidy(value))
        }
        if "" not in found:
            return found
        original = found.pop("")
        if not self._language:
            return found | {self._was: original} if self._was else found or original
        if self._language in found:  # the source's language was changed to one that stands there already
            return {self._was: original} | found if self._was not in ("", *found) else found
        return {self._language: original} | found

    def _parts(self, field: FormField) -> list[Fields]:
        pattern = re.compile(rf"{re.escape(field.name)}-(\d{{1,4}})\.")
        numbers = sorted({int(found[1]) for name in self._names if (found := pattern.match(name))})
        gone = {value.partition(":")[2] for value in self._form.all("do") if value.startswith("remove:")}
        parts = []
        for number in numbers:
            start = f"{field.name}-{number}"
            part = {inner.name: self.value(inner, f"{start}.{inner.name}") for inner in field.parts}
            part = {name: value for name, value in part.items() if value not in _EMPTY}
            if part and start not in gone:
                parts.append(part)
        return parts


def with_value(fields: Fields, field: FormField, value: Any) -> Fields:
    """The fields with a suggested value in them: beside what is there where there can be several, else in its place."""
    there = fields.get(field.name)
    language = str(fields.get("language") or "en")
    if field.widget == Widget.TEXTS:
        new = value if isinstance(value, dict) else {language: str(value)}
        old = there if isinstance(there, dict) else {language: there} if there else {}
        both = {code: " ".join(filter(None, (old.get(code), text))) for code, text in new.items()}
        return fields | {field.name: old | both}
    if field.many:
        old_list = there if isinstance(there, list) else [there] if there else []
        new_list = value if isinstance(value, list) else [value]
        return fields | {field.name: old_list + [one for one in new_list if one not in old_list]}
    return fields | {field.name: value}


def filled(values: Iterable[Any]) -> int:
    """How many of some values say something."""
    return sum(value not in _EMPTY for value in values)


def _in_order_of(name: str, codes: list[str], before: Any) -> list[str]:
    """Codes in the order that they had, new ones last: boxes come in the order of the page."""
    there = [str(code) for code in (before if isinstance(before, list) else [before])]
    was = [usual(name, code) for code in there]
    return sorted(codes, key=lambda code: was.index(code) if code in was else len(was))


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _date(typed: str) -> str:
    """As the record format has it, where it can be read in one way; else as it was typed."""
    try:
        return read_date(typed) if typed else ""
    except ValueError:
        return typed


def _number(typed: str) -> int | float | str:
    plain = typed.replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
    if re.fullmatch(r"[+-]?\d{1,15}", plain):
        return int(plain)
    if re.fullmatch(r"[+-]?\d{1,15}[.,]\d{1,9}", plain) and not re.fullmatch(r"\d{1,3}[.,]\d{3}", plain):
        return float(plain.replace(",", "."))
    return typed


def _plain(value: Any, language: str, *, top: bool = True) -> Any:
    if isinstance(value, dict):
        kept = {key: _plain(one, language, top=False) for key, one in value.items()}
        return {key: one for key, one in kept.items() if one not in _EMPTY}
    if isinstance(value, list):
        found = [_plain(one, language, top=False) for one in value]
        return found[0] if len(found) == 1 and isinstance(found[0], str) else found
    if value is None or isinstance(value, bool):
        return value
    said = " ".join(str(value).split()) if top or not isinstance(value, str) else value.strip()
    return said or None
