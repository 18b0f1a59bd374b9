"""Days, months and years in running text, in the official languages of the EU; names of months are the CLDR's."""

import re
from calendar import monthrange
from dataclasses import dataclass
from functools import cache

from babel import Locale

FIRST, LAST = 1987, 2040  # years that a text about mobility may mean
_YEAR = r"(?:19[89]\d|20[0-4]\d)"
_NUMERIC = re.compile(
    rf"(?<![\d.])(?:(?P<y>{_YEAR})-(?P<m>\d\d)-(?P<d>\d\d)"
    rf"|(?P<d2>\d\d?)(?P<s>[./-])\s?(?P<m2>\d\d?)(?P=s)\s?(?P<y2>{_YEAR}))(?!\d)"
)
_ALONE = re.compile(rf"(?:(?<![\w./-])|(?<=\b(?:19|20)\d\d-)){_YEAR}(?![\w/]|[.-]\d(?!\d{{3}}\b))")


@dataclass(frozen=True)
class Day:
    """A day, month or year that a text names."""

    value: str
    """`2021`, `2021-05` or `2021-05-14`."""
    start: int
    end: int


def days_in(text: str, language: str) -> list[Day]:
    """What a text names, in its order. Days in figures are read as day, month, year, as in all of the EU.

    Args:
        text: any text.
        language: two letters.

    """
    found: list[Day] = []
    for match in _NUMERIC.finditer(text):
        year, month, day = (match[name] or match[f"{name}2"] for name in "ymd")
        _add(found, match.span(), int(year), int(month), int(day))
    for code in dict.fromkeys((language, "en")):
        for match in (*_year_first(code).finditer(text), *_spoken(code).finditer(text)):
            month = _months(code)[match["month"].lower()]
            day = int(match["day"] or match["day2"] or 0)
            year = match["year"] or _year_after(text, match.end())
            if year:
                _add(found, match.span(), int(year), month, day)
    for match in _ALONE.finditer(text):
        _add(found, match.span(), int(match.group()), 0, 0)
    return sorted(found, key=lambda one: one.start)


def _add(found: list[Day], span: tuple[int, int], year: int, month: int, day: int) -> None:
    """A day that there is and that does not lie within another."""
    if (
        not FIRST <= year <= LAST
        or month > 12
        or (day and not month)
        or any(one.start < span[1] and span[0] < one.end for one in found)
    ):
        return
    if day and not 1 <= day <= monthrange(year, month)[1]:
        return
    parts = [f"{year:04}", *([f"{month:02}"] if month else []), *([f"{day:02}"] if day else [])]
    found.append(Day("-".join(parts), *span))


def _year_after(text: str, at: int) -> str:
    """The year of a day that shares it with the next: `1 September to 22 September 2022`."""
    later = re.search(rf"^.{{0,40}}?\b({_YEAR})\b", text[at:])
    return later.group(1) if later and not re.search(r"[;!?]|(?<!\d)\.\s", later.group()) else ""


@cache
def _months(language: str) -> dict[str, int]:
    """The names of months in all their forms, in small letters."""
    months = Locale.parse(language).months
    found: dict[str, int] = {}
    for form in ("format", "stand-alone"):
        for number, name in months[form]["wide"].items():
            found[str(name).lower()] = int(number)
    return found


def _names(language: str) -> str:
    return "|".join(sorted(map(re.escape, _months(language)), key=len, reverse=True))


@cache
def _year_first(language: str) -> re.Pattern[str]:
    """`2021. május 4.`, `2021 m. gegužės 4 d.`, `2021. gada 4. maijs`."""
    return re.compile(
        rf"(?<!\d)(?P<year>{_YEAR})(?:\.\s*gada|\s*m\.|\.)\s+(?:(?P<day>[0-3]?\d)\.\s+)?(?P<month>{_names(language)})"
        r"(?!\w)(?:\s+(?P<day2>[0-3]?\d)(?=[\s.-]))?",
        re.IGNORECASE,
    )


@cache
def _spoken(language: str) -> re.Pattern[str]:
    """`4 May 2021`, `4. Mai 2021`, `del 4 de mayo de 2021`, `May 4, 2021`, `maj 2021`."""
    names = _names(language)
    ordinal = r"(?:\.|er|st|nd|rd|th|º|°|-?[a-z]{1,2})?"
    return re.compile(
        rf"(?:(?<!\d)(?P<day>[0-3]?\d){ordinal}\s+(?:d['’]|ta['’]\s*|d[eio]\s+|of\s+)?)?(?<!\w)(?P<month>{names})(?!\w)"
        rf"(?:\s+(?P<day2>[0-3]?\d)(?:st|nd|rd|th)?,(?=\s*{_YEAR}))?(?:,?\s*(?:d[eio]l?\s+|of\s+)?(?P<year>{_YEAR})(?!\d))?",
        re.IGNORECASE,
    )
