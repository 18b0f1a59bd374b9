"""Two people's texts of one field side by side, and what they choose."""

from typing import Any

from kg.three_way import Clash

from ..accounts import Form
from ..site import Site
from .form_fields import FormField, Widget, all_fields
from .form_reading import Fields


def clash_view(site: Site, clash: Clash, language: str) -> dict[str, Any]:
    """What the page shows of a field that two people have changed."""
    name, _, code = clash.field.partition(".")
    field = all_fields(language).get(name)
    both = isinstance(clash.mine, str | None) and isinstance(clash.theirs, str | None)
    return {
        "field": clash.field,
        "id": clash.field.replace(".", "-"),
        "label": field.label if field else name,
        "language": site.language_name(code, language) if code else "",
        "lang": code,
        "mine": _in_words(site, field, clash.mine, language),
        "theirs": _in_words(site, field, clash.theirs, language),
        "together": both and bool(clash.mine or clash.theirs),
        "text": "\n\n".join(filter(None, (clash.theirs, clash.mine))) if both else "",
    }


def settled(fields: Fields, clashes: list[Clash], form: Form) -> Fields:
    """The fields with what was chosen for each clash: `theirs` stays, `mine`, or a text that was made of both."""
    out = dict(fields)
    for clash in clashes:
        choice = form.one(f"choose-{clash.field}")
        if choice == "mine":
            out = _put(out, clash.field, clash.mine)
        elif choice == "together":
            out = _put(out, clash.field, form.one(f"text-{clash.field}").replace("\r\n", "\n").strip() or None)
    return out


def _put(fields: Fields, path: str, value: Any) -> Fields:
    name, _, inner = path.partition(".")
    if inner:
        there = fields.get(name)
        new = _put(there if isinstance(there, dict) else {}, inner, value)
        return fields | {name: new} if new else {key: one for key, one in fields.items() if key != name}
    if value is None:
        return {key: one for key, one in fields.items() if key != name}
    return fields | {name: value}


def _in_words(site: Site, field: FormField | None, value: Any, language: str) -> list[str]:
    """A value in lines; empty where it was taken out."""
    if value in (None, "", [], {}):
        return []
    if isinstance(value, list):
        return [line for one in value for line in _in_words(site, field, one, language)]
    if isinstance(value, dict):
        return ["; ".join(f"{name}: {' '.join(_in_words(site, None, one, language))}" for name, one in value.items())]
    if field and field.widget in (Widget.CHOICE, Widget.CHOICES):
        from .choices import names_of

        return [names_of(site, field, [str(value)], language)]
    return [line for line in str(value).splitlines() if line.strip()]
