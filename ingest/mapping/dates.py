"""Dates as people and programs write them, to 2021, 2021-05 or 2021-05-14; what can be read in two ways is said."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache

from babel.dates import get_month_names

from ontology import EU_LANGUAGES

from ..fields import plain

FIRST_SERIAL, LAST_SERIAL = 18_264, 73_050  # 1950 to 2099 as day numbers of a spreadsheet
_EPOCH = date(1899, 12, 30)  # day 0 of spreadsheets, with their 29 February 1900 taken into account
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ][\d:.+Z-]*)?)?)?")
_YEAR_FIRST = re.compile(r"(\d{4})[./](\d{1,2})(?:[./](\d{1,2}))?\.?")
_DOTTED = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4}|\d{2})\.?")
_SLASHED = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T][\d:]+.*)?")
_MONTH_YEAR = re.compile(r"(\d{1,2})[./-](\d{4})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")


class AmbiguousDateError(ValueError):
    """A date whose day and month can be told apart by nothing."""


def read_date(said: str, order: str = "") -> str:
    """A date in the form of the record format.

    Args:
        said: 2021, 2021-05-14, 14.05.2021, 14/05/2021, 5/14/21, 14 May 2021, May 2021, or a spreadsheet's day number.
        order: `day` or `month`, where it is known which of the two comes first between slashes.

    Raises:
        AmbiguousDateError: it can be read in two ways, and no order is given.
        ValueError: it is no date.

    """
    text = said.strip()
    if found := _ISO.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        return _made(found[1], found[2], found[3])
    if found := _DOTTED.fullmatch(text):
        return _made(found[3], found[2], found[1])
    if found := _SLASHED.fullmatch(text):
        return _slashed(found[1], found[3], found[4], order)
    if found := _MONTH_YEAR.fullmatch(text):
        return _made(found[2], found[1], None)
    if found := _SERIAL.fullmatch(text):
        return _of_serial(int(found[1]))
    return _in_words(text)


def order_of(values: Iterable[str]) -> str:
    """Which comes first in a column, `day` or `month`; nothing where the values do not say it, or disagree."""
    orders = set()
    for value in values:
        if found := _SLASHED.fullmatch(value.strip()):
            first, second = int(found[1]), int(found[3])
            if first > 12 >= second:
                orders.add("day")
            elif second > 12 >= first:
                orders.add("month")
    return orders.pop() if len(orders) == 1 else ""


def misread_year(said: str) -> str:
    """The year that a spreadsheet has shown as a day of 1905: 2019 is the number of 11 July 1905. Else nothing."""
    if not said.startswith("1905-"):
        return ""
    try:
        number = (date.fromisoformat(said) - _EPOCH).days
    except ValueError:
        return ""
    return str(number) if 1950 <= number <= 2100 else ""


def _slashed(first: str, second: str, year: str, order: str) -> str:
    one, two = int(first), int(second)
    if one > 12 or order == "day" or one == two:
        return _made(year, second, first)
    if two > 12 or order == "month":
        return _made(year, first, second)
    day, month = _made(year, second, first), _made(year, first, second)
    raise AmbiguousDateError(f"can be {day} or {month}; write one of these")


def _of_serial(number: int) -> str:
    if not FIRST_SERIAL <= number <= LAST_SERIAL:
        raise ValueError("is not a date")
    return (_EPOCH + timedelta(days=number)).isoformat()


def _in_words(text: str) -> str:
    numbers = re.findall(r"\d+", text)
    months = {month for word in plain(re.sub(r"\d+", " ", text)).split() if (month := _months().get(word))}
    if len(months) != 1 or not 1 <= len(numbers) <= 2 or len(plain(text).split()) > 6:
        raise ValueError("is not a date")
    (month,) = months
    year = next((number for number in numbers if len(number) == 4), "")
    days = [number for number in numbers if number != year]
    if not year:
        raise ValueError("is not a date")
    return _made(year, str(month), days[0] if days else None)


def _made(year: str, month: str | None, day: str | None) -> str:
    number = int(year) + ((2000 if int(year) < 70 else 1900) if len(year) == 2 else 0)
    try:
        checked = date(number, int(month or 1), int(day or 1))
    except ValueError as error:
        raise ValueError("is not a date") from error
    return checked.isoformat()[: 10 if day else 7 if month else 4]


@cache
def _months() -> dict[str, int]:
    """Names of months in the 24 languages, whole and short; one that is two months in two languages is left out."""
    found: dict[str, int] = {}
    doubtful = set()
    for language in EU_LANGUAGES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, language).items():
                    key = plain(name)
                    if key.isdigit() or " " in key:
                        continue
                    if found.setdefault(key, number) != number:
                        doubtful.add(key)
    return {name: number for name, number in found.items() if name not in doubtful}
