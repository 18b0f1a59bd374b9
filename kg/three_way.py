"""Two people's changes of one record brought together, field by field, and language by language.

The three-way merge of version control (diff3), on fields in place of lines: what only one side changed is taken from
that side; lists of codes take the additions and removals of both; what both changed differently is a clash.
"""

from dataclasses import dataclass
from typing import Any

Fields = dict[str, Any]
_GONE = object()


@dataclass(frozen=True)
class Clash:
    """A field that two people have changed in different ways."""

    field: str
    """With its language, where it has one: `title.de`."""
    mine: Any
    """None where I have taken it out."""
    theirs: Any


def merged(base: Fields, mine: Fields, theirs: Fields) -> tuple[Fields, list[str], list[Clash]]:
    """What both made of a record.

    Args:
        base: the record that both started from.
        mine: as the one who saves now wants it.
        theirs: as it has become meanwhile.

    Returns:
        The record (where both changed a field, as it is in `theirs`), the fields that come from `theirs`, and the
        clashes.

    """
    taken: list[str] = []
    clashes: list[Clash] = []
    return _together(base, mine, theirs, "", taken, clashes), taken, clashes


def _together(base: Fields, mine: Fields, theirs: Fields, path: str, taken: list[str], clashes: list[Clash]) -> Fields:
    out: Fields = {}
    for name in dict.fromkeys([*theirs, *mine]):
        before, one, other = (side.get(name, _GONE) for side in (base, mine, theirs))
        where = f"{path}{name}"
        if one == before and other != before:
            taken.append(where)
            value = other
        elif other in (before, one):
            value = one
        elif isinstance(one, dict) and isinstance(other, dict):
            value = _together(before if isinstance(before, dict) else {}, one, other, f"{where}.", taken, clashes)
        elif _codes(one) and _codes(other) and (before is _GONE or _codes(before)):
            value = _united([] if before is _GONE else before, one, other)
        else:
            clashes.append(Clash(where, None if one is _GONE else one, None if other is _GONE else other))
            value = other
        if value is not _GONE:
            out[name] = value
    return out


def _codes(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _united(base: list[str], mine: list[str], theirs: list[str]) -> list[str]:
    gone = {item for item in base if item not in mine}
    return [item for item in theirs if item not in gone] + [
        item for item in mine if item not in theirs and item not in base
    ]
