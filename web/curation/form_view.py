"""The form as its template shows it: each field with what is in it, what is wrong, and what is suggested for it."""

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from kg import Finding
from kg.completeness import completeness
from kg.desk import Draft
from kg.desk_suggestions import Suggestion
from ontology import RECORD_TYPES

from ..headings import heading
from ..site import Site, text
from .choices import is_typed, named, names_of, options, usual
from .form_fields import FormField, Step, Widget, all_fields, steps
from .form_reading import Fields, filled
from .publishing import checked

_PART = re.compile(r"\[(\d+)\]\.|(?<=[a-zA-Z])-(\d+)\.")
_STAND_IN = {
    "id": "not-yet", "type": "GoodPractice", "title": "…", "summary": "…", "language": "en",
    "source": "https://example.org/",
}  # fmt: skip
"""For fields that are still empty, so that the others can be checked."""


@dataclass(frozen=True)
class FormView:
    """Makes the parts of the form for one draft and one reader."""

    site: Site
    fields: Fields
    language: str
    """Of the reader."""
    suggestions: list[Suggestion] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    extra: str = ""
    """The part of which one more is asked for, such as `organisation`."""
    closed: frozenset[str] = frozenset()
    """Fields that this reader may not fill in; they are not shown."""

    @property
    def original(self) -> str:
        """The language of the source; empty while it is not known."""
        return str(self.fields.get("language") or "")

    def steps(self, kind: str) -> list[dict[str, Any]]:
        """The steps for a type of record, and those in which something stands already."""
        open_ones = (
            replace(step, fields=tuple(one for one in step.fields if one.name not in self.closed))
            for step in steps(self.language)
        )
        return [self._step(step) for step in open_ones if step.fields and self._fits(step, kind)]

    def field(self, name: str) -> dict[str, Any]:
        """One field."""
        return self._field(all_fields(self.language)[name], name, self.fields.get(name))

    def unknown(self) -> list[dict[str, str]]:
        """What an import or a program has put in that is no field."""
        known = {"id", "type", "@context", *all_fields()}
        return [{"name": name, "value": str(value)[:200]} for name, value in self.fields.items() if name not in known]

    def summary(self) -> list[dict[str, str]]:
        """Everything that is wrong, each with where to mend it."""
        return [{"href": f"#{self._target(finding.field)}", "text": finding.message} for finding in self.findings]

    def _fits(self, step: Step, kind: str) -> bool:
        some = filled(self.fields.get(one.name) for one in step.fields)
        return not step.types or kind in step.types or bool(some)

    def _step(self, step: Step) -> dict[str, Any]:
        views = [self._field(one, one.name, self.fields.get(one.name)) for one in step.fields]
        wrong = any(view["wrong"] for view in views)
        return {
            "id": step.id,
            "label": step.label,
            "help": step.help,
            "fields": views,
            "required": step.required,
            "filled": filled(self.fields.get(one.name) for one in step.fields),
            "of": len(step.fields),
            "suggested": sum(len(view["suggestions"]) for view in views),
            "open": wrong or any(view["suggestions"] or view["name"] == self.extra for view in views),
        }

    def _field(self, asked: FormField, name: str, value: Any, *, in_part: bool = False) -> dict[str, Any]:
        errors = self._errors(name)
        view: dict[str, Any] = {
            "name": name,
            "id": f"f-{name}".replace(".", "-"),
            "widget": asked.widget.value,
            "label": asked.label,
            "help": asked.help,
            "required": asked.required,
            "most": asked.most,
            "long": asked.long,
            "huge": asked.huge,
            "errors": errors,
            "wrong": bool(errors),
            "suggestions": [] if in_part else self._suggested(asked),
        }
        if asked.widget == Widget.TEXTS:
            view["blocks"] = self._blocks(name, value, in_part=in_part)
        elif asked.widget == Widget.PARTS:
            view["parts"] = self._parts(asked, value)
            view["wrong"] = view["wrong"] or any(one["wrong"] for row in view["parts"] for one in row["fields"])
        elif asked.widget in (Widget.CHOICE, Widget.CHOICES):
            view |= self._choice(asked, value, in_part=in_part)
        elif asked.widget == Widget.ONE_OF:
            view["options"] = [{"code": one, "label": one.replace("-", " ")} for one in asked.values]
            view["value"] = str(value or "")
        elif asked.widget == Widget.LINES:
            view["value"] = "\n".join(map(str, value if isinstance(value, list) else [value] if value else []))
        else:
            view["value"] = "" if value is None else str(value)
        return view

    def _blocks(self, name: str, value: Any, *, in_part: bool) -> list[dict[str, Any]]:
        """A box for each language that a text stands in, and one for the original."""
        texts = value if isinstance(value, dict) else {self.original: value} if value else {}
        first = self.original if self.original in texts or not in_part else next(iter(texts), self.original)
        codes = [first, *(code for code in texts if code != first)]
        return [
            {
                "name": f"{name}:{'' if code == self.original else code}",
                "id": f"f-{name}".replace(".", "-") + (f"-{code}" if code != first else ""),
                "lang": code,
                "language": self.site.language_name(code, self.language) if code else "",
                "value": str(texts.get(code) or ""),
                "original": code == self.original,
            }
            for code in codes
        ]

    def _parts(self, asked: FormField, value: Any) -> list[dict[str, Any]]:
        parts = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
        if not parts or self.extra == asked.name:
            parts = [*parts, {}]
        rows = []
        for number, part in enumerate(parts, 1):
            start = f"{asked.name}-{number}"
            inner = [self._field(one, f"{start}.{one.name}", part.get(one.name), in_part=True) for one in asked.parts]
            rows.append({"start": start, "number": number, "fields": inner, "empty": not part})
        return rows

    def _choice(self, asked: FormField, value: Any, *, in_part: bool) -> dict[str, Any]:
        codes = [str(code) for code in (value if isinstance(value, list) else [value]) if code not in (None, "")]
        if is_typed(self.site, asked, in_part=in_part):
            listed = f"names-{asked.name}" if in_part else ""
            return {"typed": True, "value": names_of(self.site, asked, codes, self.language), "list": listed}
        groups = options(self.site, asked, self.language)
        chosen = {usual(asked.name, code) for code in codes}
        known = {one.code for group in groups for one in _flat(group.options)}
        unknown = [code for code in codes if usual(asked.name, code) not in known]
        views = [{"label": one.label, "options": one.options, "open": one.holds(chosen)} for one in groups]
        return {
            "typed": False,
            "groups": views,
            "chosen": chosen,
            "unknown": unknown,
            "value": next(iter(chosen), ""),
            "count": len(known),
        }

    def names(self, asked: str) -> list[str]:
        """What can be typed into the fields of parts that take concepts of a class, such as countries."""
        for one in all_fields(self.language).values():
            for inner in one.parts:
                if inner.name == asked:
                    groups = options(self.site, inner, self.language)
                    labels = [option.label["text"] for group in groups for option in _flat(group.options)]
                    return [label for label in labels if named(self.site, inner, label)]
        return []

    def _errors(self, name: str) -> list[str]:
        return self._by_field.get(name, [])

    @cached_property
    def _by_field(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for one in self.findings:
            found[_own_name(one.field)].append(one.message)
        return found

    def _target(self, name: str) -> str:
        own = _own_name(name)
        top = re.sub(r"-\d+(\..*)?$", "", own)
        if own == "type":
            return "f-type"
        return f"f-{own}".replace(".", "-") if top in all_fields() else "unknown"

    def _suggested(self, asked: FormField) -> list[Suggestion]:
        return [one for one in self.suggestions if one.field == asked.name]


def types(kind: str, language: str) -> list[dict[str, Any]]:
    """The types of record."""
    return [{"code": name, "label": heading(f"kind.{path}", language), "on": name == kind}
            for name, path in RECORD_TYPES.items()]  # fmt: skip


def meter(fields: Fields, language: str) -> dict[str, Any]:
    """How complete a record is, and what a reader would miss."""
    found = completeness(fields)
    names = all_fields(language)
    missing = [
        {"href": f"#f-{name}", "label": names[name].label if name in names else name, "why": why}
        for name, why in found.missing
    ]
    return {"share": round(found.share, 2), "percent": round(100 * found.share), "missing": missing}


def problems(site: Site, fields: Fields, *, also_missing: bool) -> list[Finding]:
    """What is wrong with what was typed; what is still missing too, if asked for."""
    empty = {name for name in _STAND_IN if fields.get(name) in (None, "", [], {})}
    _, found = checked(fields | {name: _STAND_IN[name] for name in empty}, site.searcher.store)
    labels = {name: one.label for name, one in all_fields().items()} | {"type": "Type"}
    missing = [
        Finding(f"{labels[name]} is missing: {_NEEDED.get(name, 'fill it in.')}", field=name)
        for name in _ORDER
        if name in empty
    ]
    return [*(missing if also_missing else ()), *found]


_ORDER = ("type", "title", "summary", "language", "source")
_NEEDED = {
    "type": "choose what this is.",
    "title": "write one short line.",
    "summary": "write three to six sentences.",
    "language": "choose the language in which the source is written.",
    "source": "give the address of the page or document that says this.",
}


def title_of(draft: Draft, language: str) -> dict[str, str]:
    """A draft's title in the language that suits a reader; empty where it has none."""
    title = draft.fields.get("title")
    original = str(draft.fields.get("language") or "")
    if isinstance(title, dict):
        for code in (language, "en", original, *title):
            if title.get(code):
                return text(str(title[code]), code)
        return text("", "")
    return text(str(title or ""), original)


def at_time(when: datetime) -> str:
    """The time of day of a save."""
    return when.astimezone().strftime("%H:%M")


def _own_name(name: str) -> str:
    """`organisation[2].name` and `organisation-2.name` are one."""
    return _PART.sub(lambda found: f"-{found[1] or found[2]}.", name)


def _flat(found: Any) -> list[Any]:
    return [one for option in found for one in (option, *_flat(option.children))]
