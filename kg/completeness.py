"""How much of what readers look for a record tells, and what they would miss.

A share of weights, not of fields: what decides whether a reader can use a record weighs more than what is nice to know.
A field that the source says nothing about stays empty; the share shows what to ask the source for, not what to guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Completeness:
    """How complete a record is."""

    share: float
    """From 0 to 1: the weight of what is there, of the weight of all that a record of this type may tell."""
    missing: list[tuple[str, str]]
    """Fields that are empty and why a reader would miss them, what weighs most first."""


@dataclass(frozen=True)
class _Wish:
    """Something that readers look for: the fields that can tell it, its weight, and why it would be missed."""

    fields: tuple[str, ...]
    weight: int
    why: str


def completeness(fields: Mapping[str, Any]) -> Completeness:
    """How complete a record is, from its fields as in docs/record-format.md; unknown types count as "other".

    Args:
        fields: what is filled in; texts are a string or texts by language.

    """
    wishes = [*_ALWAYS, *_BY_TYPE.get(str(fields.get("type", "")), _OTHER)]
    if fields.get("language") not in (None, "", "en"):
        wishes.append(_IN_ENGLISH)
    missing = [wish for wish in wishes if not _is_told(wish, fields)]
    everything = sum(wish.weight for wish in wishes)
    left = sum(wish.weight for wish in missing)
    ordered = sorted(missing, key=lambda wish: -wish.weight)
    return Completeness(1 - left / everything, [(wish.fields[0], wish.why) for wish in ordered])


def _is_told(wish: _Wish, fields: Mapping[str, Any]) -> bool:
    if wish is _IN_ENGLISH:
        return all(_in_english(fields.get(name)) for name in wish.fields)
    return any(fields.get(name) not in _EMPTY for name in wish.fields)


def _in_english(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value.get("en"))


_IN_ENGLISH = _Wish(
    ("summary", "title"), 2, "Readers who do not know the language of the source have no title and summary in English."
)
_ALWAYS = (
    _Wish(("title",), 2, "Without a title nobody knows what this is."),
    _Wish(("summary",), 3, "Without a summary nobody knows what was done, for whom, and what came of it."),
    _Wish(("language",), 1, "Readers want to know which language the source is in before they follow the link."),
    _Wish(("source",), 2, "Without a source nobody can check this or read on."),
    _Wish(("checked",), 1, "Readers cannot see when somebody last looked at the source."),
    _Wish(("addresses",), 2, "Who looks for a barrier, such as debt or a chronic illness, will not find this."),
    _Wish(("targetGroup",), 2, "Readers look for the people they work with; this does not say for whom it is."),
    _Wish(("country",), 2, "Who looks for something in their own country will not find this."),
    _Wish(("organisation",), 1, "Readers do not learn whom they could ask."),
    _Wish(("sector",), 1, "A school or a company cannot tell whether this comes from its own field."),
)
_PRACTICE = (
    _Wish(("mobilityType",), 2, "Readers do not learn what sort of stay it was."),
    _Wish(("measure",), 2, "The most asked question stays open: what was done to make it possible."),
    _Wish(("outcome", "figure", "evidence"), 2, "Readers do not learn what came of it, or how many took part."),
    _Wish(("transfer",), 2, "Readers do not learn what they could take over."),
    _Wish(("destination",), 1, "Readers do not learn where people went."),
    _Wish(("start", "end", "published"), 1, "Readers cannot see how old this is."),
    _Wish(("challenges",), 1, "What was hard helps others most when they plan; it is not told."),
    _Wish(("resources",), 1, "Readers do not learn what it took in money, time and people."),
    _Wish(("programme",), 1, "Readers do not learn who paid for it."),
    _Wish(("nuts", "place"), 1, "It cannot be shown on the map."),
)
_MATERIAL = (
    _Wish(("materialType",), 2, "Readers cannot see whether this is a guide, a course or a checklist."),
    _Wish(("audience",), 2, "Readers do not learn who works with it."),
    _Wish(("licence",), 2, "Readers do not know whether they may copy and change it."),
    _Wish(("phase",), 1, "Readers do not learn whether it helps before, during or after the stay."),
    _Wish(("inLanguage",), 1, "Readers do not learn in which languages they can have it."),
    _Wish(("format",), 1, "Readers cannot see whether it is a page, a file or a film."),
    _Wish(("accessibilityFeature",), 1, "Who needs captions or easy language cannot see whether they are there."),
    _Wish(("published", "start"), 1, "Readers cannot see how old this is."),
)  # fmt: skip
_EVENT = (
    _Wish(("start",), 2, "Readers do not learn when it is or was."),
    _Wish(("place", "nuts"), 1, "Readers do not learn where it is or was."),
    _Wish(("outcome",), 1, "Readers do not learn what came of it."),
)
_PROMOTER = (
    _Wish(("keyMessage",), 2, "Readers do not learn what it says to others about learning abroad."),
    _Wish(("priorities",), 2, "Readers do not learn what it wants to achieve first."),
    _Wish(("nominatedBy",), 1, "Readers do not learn who nominated it."),
)
_OTHER = (_Wish(("start", "published"), 1, "Readers cannot see how old this is."),)
_BY_TYPE = {
    "GoodPractice": _PRACTICE, "TrainingMaterial": _MATERIAL, "Event": _EVENT, "MobilityPromoter": _PROMOTER,
}  # fmt: skip
