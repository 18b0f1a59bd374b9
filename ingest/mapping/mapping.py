"""A mapping: how a table is recognised by its headings, and which column becomes which field; read from YAML."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ..fields import plain

FOLDER = Path(__file__).parent.parent / "mappings"
MANY_PARTNERS = 400


@dataclass(frozen=True)
class Rule:
    """What is given where the named columns match."""

    when: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]
    give: Any


@dataclass(frozen=True)
class Source:
    """One way to come by the value of a field."""

    columns: tuple[str, ...] = ()
    """Headings of the same thing; of several that are filled, the first counts, or all with `every`."""
    transform: str = "text"
    split: str = ""
    """A pattern between the values of a cell; empty: the cell is one value."""
    words: dict[str, str | None] = field(default_factory=dict)
    """What stands there -> value; nothing: known and of no use here. With it, what is not listed is left out."""
    take: str = ""
    """A pattern; its first group is taken, and values without it are left out."""
    rules: tuple[Rule, ...] = ()
    every: bool = False
    language: str = ""
    """For texts: the language of the column, where its heading says it."""
    detect: bool = False
    """For texts: the language is found by the text, where that is sure; otherwise it is the record's."""
    only: str = ""
    """`first` or `rest` of the values."""
    template: str = ""
    """A text with the headings of columns in braces, used where all of them are filled."""


@dataclass(frozen=True)
class Group:
    """Columns that together are an organisation, once or with numbers in their headings."""

    role: str
    name: tuple[str, ...]
    country: tuple[str, ...] = ()
    numbered: bool = False
    split: str = ""
    take: str = ""


@dataclass(frozen=True)
class Refusal:
    """When a row is not taken, and what is said."""

    say: str
    rule: Rule | None = None
    running: dict[str, Any] | None = None


@dataclass(frozen=True)
class Mapping:
    """How the rows of one kind of table become records."""

    name: str
    about: str
    recognise: tuple[tuple[tuple[str, ...], ...], ...]
    """Alternatives; each a list of columns that must all be there, under any of their headings."""
    fixed: dict[str, Any]
    sources: dict[str, tuple[Source, ...]]
    groups: tuple[Group, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    id_from: tuple[str, ...] = ()
    id_before: str = ""
    strict: bool = False
    """Whether a value that is not known is a finding; otherwise it is left out and told."""
    order: int = 100

    def fits(self, headings: Iterable[str]) -> bool:
        """Whether a table with these headings is of this kind."""
        known = {plain(heading) for heading in headings}
        return any(
            all(any(plain(name) in known for name in names) for names in needed) for needed in self.recognise if needed
        )

    def columns(self) -> set[str]:
        """Every heading that is read, as `plain` writes it; numbered ones with 1."""
        found: set[str] = set(self.id_from)
        for sources in self.sources.values():
            for source in sources:
                found |= {*source.columns, *re.findall(r"\{([^}]+)\}", source.template)}
                found |= {name for rule in source.rules for names, _ in rule.when for name in names}
        for group in self.groups:
            found |= {name.replace("{n}", "1") for name in (*group.name, *group.country)}
        for refusal in self.refusals:
            found |= {name for names, _ in (refusal.rule.when if refusal.rule else ()) for name in names}
            found |= {name for key in ("status", "ended", "call") for name in (refusal.running or {}).get(key, ())}
        return {plain(name) for name in found}


@cache
def mappings() -> tuple[Mapping, ...]:
    """Every mapping of the project, in the order in which they are tried."""
    return tuple(sorted((load(path) for path in FOLDER.glob("*.yaml")), key=lambda made: (made.order, made.name)))


def recognise(headings: Iterable[str]) -> Mapping | None:
    """The mapping for a table with these headings, if there is one."""
    found = list(headings)
    return next((mapping for mapping in mappings() if mapping.fits(found)), None)


def load(path: Path) -> Mapping:
    """Read a mapping; it is part of the project, so that what is wrong with it is a mistake of ours.

    Raises:
        KeyError, TypeError: it does not have the form that `docs/import.md` describes.

    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    needed = tuple(tuple(_names(names) for names in option) for option in data["recognise"])
    return Mapping(
        data["name"],
        data["about"],
        needed,
        data.get("fixed", {}),
        {name: tuple(_source(given) for given in _list(entries)) for name, entries in data["fields"].items()},
        tuple(_group(given) for given in data.get("organisations", ())),
        tuple(_refusal(given) for given in data.get("refuse", ())),
        _names(data.get("id", {}).get("from", ())),
        data.get("id", {}).get("before", ""),
        data.get("strict", False),
        data.get("order", 100),
    )


def _source(given: dict[str, Any]) -> Source:
    known = {plain(str(said)): value for said, value in given.get("words", {}).items()}
    return Source(
        columns=_names(given.get("from", ())),
        transform=given.get("as", "text"),
        split=given.get("split", ""),
        words=known,
        take=given.get("take", ""),
        rules=tuple(_rule(rule) for rule in given.get("rules", ())),
        every=given.get("every", False),
        language=given.get("language", ""),
        detect=given.get("detect", False),
        only=given.get("only", ""),
        template=given.get("template", ""),
    )


def _rule(given: dict[str, Any]) -> Rule:
    when = tuple(
        (_names(names.split(" | ")), re.compile(pattern, re.IGNORECASE)) for names, pattern in given["when"].items()
    )
    return Rule(when, given.get("give"))


def _group(given: dict[str, Any]) -> Group:
    return Group(
        given["role"],
        _names(given["name"]),
        _names(given.get("country", ())),
        given.get("numbered", False),
        given.get("split", ""),
        given.get("take", ""),
    )


def _refusal(given: dict[str, Any]) -> Refusal:
    running = given.get("running")
    if running:
        running = {key: _names(value) if key != "years" else value for key, value in running.items()}
    return Refusal(given["say"], _rule(given) if "when" in given else None, running)


def _names(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]
