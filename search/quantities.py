"""Quantities in a question: how long a stay is, how old people are, and years.

Names of units are those of the Unicode CLDR (through Babel), in any form (`search.endings`). Numerals up to twelve
and the small words around a number ("over", "up to", "aged") are in `number_words.json`, with forms of units that
CLDR lacks.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from babel.units import format_unit

from .endings import Lexicon, endings_of
from .labels import YEARS

NUMBER_WORDS_FILE = Path(__file__).with_name("number_words.json")
DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
LONGEST = 365  # days of a stay that is "at least" so long
_AGES = range(13, 100)  # so many years are an age, not a stay
_FIRST_AGE, _LAST_FIRST = 13, 35  # where a span such as "18-29" that stands alone begins, if it is one of ages
_SAMPLES = (0, 1, 2, 3, 5, 8, 11, 20, 100, 0.5)  # numbers that have all plural forms among them
_MOST = {"day": 400, "week": 60, "month": 24, "year": 3}
_ARTICLE = 2  # letters of a word that may stand before the second number of a span
_SAME = 4  # letters that a form of a unit has in common with its name
_AROUND = 3  # words before a number that may say "over" or "under"
_TOKEN = re.compile(r"(?<!\w)\d+(?:[.,]\d+)*|[^\W\d_](?:[^\W\d_]|[\u0300-\u036f])*")
_THOUSANDS = re.compile(r"[.,](?=\d{3}$)")
_DASH = re.compile(r"\s?[-–—/]\s?")
_STOP = re.compile(r"[.?!;:…\n]")


@dataclass(frozen=True)
class Quantities:
    """What a question says in numbers."""

    days: tuple[int, int] | None = None
    """The shortest and the longest stay, in days; a month has 30, a year 365."""
    age: tuple[int | None, int | None] | None = None
    """From, to; `None` where it is open."""
    years: tuple[int, ...] = ()
    """Calendar years from 1990 to 2035, in the order in which they are named."""


@dataclass(frozen=True)
class _Token:
    text: str
    before: str
    """What stands between the word before and this one."""
    after: str
    """The character after it, or after the space after it."""


@dataclass(frozen=True)
class _Amount:
    """A number, or a span of two, with its unit."""

    low: float
    high: float
    unit: str | None
    first: int
    last: int
    article: bool
    """It is "a week", which may be no number at all."""


def read_quantities(text: str, language: str) -> Quantities:
    """The first duration, the first age and all years of a text.

    Args:
        text: any text.
        language: one of the EU's languages; in any other, years alone are read.

    """
    return _Reader(language, text).read()


class _Reader:
    """Reads one text."""

    def __init__(self, language: str, text: str) -> None:
        self._words = _words_of(language)
        self._tokens = list(_tokens(text))

    def read(self) -> Quantities:
        days: list[tuple[bool, tuple[int, int]]] = []
        age: tuple[int | None, int | None] | None = None
        years: list[int] = []
        for amount in self._amounts():
            if amount.unit is None and amount.low in YEARS:
                years += [int(year) for year in (amount.low, amount.high) if year in YEARS]
            elif self._is_age(amount):
                age = age or self._age(amount)
            elif amount.unit and amount.high <= _MOST[amount.unit]:
                days.append((amount.article, self._days(amount)))
        days.sort(key=lambda one: one[0])
        return Quantities(days[0][1] if days else None, age, tuple(dict.fromkeys(years)))

    def _amounts(self) -> Iterator[_Amount]:
        at = 0
        while at < len(self._tokens):
            amount = self._amount(at)
            if amount is not None:
                yield amount
            at = amount.last + 1 if amount is not None else at + 1

    def _amount(self, at: int) -> _Amount | None:
        """The number that begins with a word, with what belongs to it."""
        token = self._tokens[at].text
        compound = self._words.compound(token)
        if compound is not None:
            return _Amount(compound[0], compound[0], compound[1], at, at, article=False)
        low = self._words.number(token)
        if low is None:
            return None
        end, high = self._span(at)
        article = self._words.is_article(token)
        unit, last = self._unit(end, 1 if article else 2)
        if not token[0].isdecimal() and (unit is None or (unit == "day" and low == 1)):
            return None
        return _Amount(low, high if high is not None else low, unit, at, last, article)

    def _span(self, at: int) -> tuple[int, float | None]:
        """Where the second number of "two to three" or "18-29" stands, and what it is."""
        following = self._tokens[at + 1 : at + 4]
        if following and _DASH.fullmatch(following[0].before) and (high := self._words.number(following[0].text)):
            return at + 1, high
        if following and self._words.says("to", following[0].text) and not _STOP.search(following[0].before):
            for n, token in enumerate(following[1:], at + 2):
                if (high := self._words.number(token.text)) is not None and not self._words.is_article(token.text):
                    return n, high
                if len(token.text) > _ARTICLE:
                    break
        return at, None

    def _unit(self, at: int, near: int) -> tuple[str | None, int]:
        """The unit after a number, so many words away at most."""
        for n in range(at + 1, at + 1 + near):
            if n >= len(self._tokens) or _STOP.search(self._tokens[n].before):
                break
            if unit := self._words.unit(self._tokens[n].text):
                return unit, n
            if self._words.number(self._tokens[n].text) is not None or "+" in self._tokens[n].before:
                break
        return None, at

    def _is_age(self, amount: _Amount) -> bool:
        if amount.unit not in (None, "year") or not 0 < amount.low < max(_AGES):
            return False
        if self._says("age", amount, before=2, after=2):
            return True
        if amount.unit == "year":
            return amount.low in _AGES
        alone = self._stands_alone(amount)
        if amount.high > amount.low:
            return alone and _FIRST_AGE <= amount.low <= _LAST_FIRST and amount.high in _AGES
        bounded = self._bound(amount) is not None
        return amount.low in _AGES and bounded and alone

    def _stands_alone(self, amount: _Amount) -> bool:
        """Whether no word follows that the number may count."""
        follows = self._tokens[amount.last + 1 : amount.last + 2]
        if self._tokens[amount.last].after == "%":
            return False
        if not follows or _STOP.search(follows[0].before) or "," in follows[0].before:
            return True
        return len(follows[0].text) <= _AROUND or self._words.bound(follows[0].text) is not None

    def _age(self, amount: _Amount) -> tuple[int | None, int | None]:
        low, high = int(amount.low), int(amount.high)
        if low == high and (bound := self._bound(amount)):
            return (low, None) if bound == "more" else (None, high)
        return low, high

    def _days(self, amount: _Amount) -> tuple[int, int]:
        size = DAYS[amount.unit or "day"]
        low, high = round(amount.low * size), round(amount.high * size)
        bound = self._bound(amount) if low == high else None
        if bound == "more":
            return low, max(low, LONGEST)
        return (1, high) if bound == "less" else (low, high)

    def _bound(self, amount: _Amount) -> str | None:
        """`more` or `less`, if the words around say so."""
        if self._tokens[amount.last].after == "+":
            return "more"
        before = self._tokens[max(amount.first - _AROUND, 0) : amount.first]
        later = self._tokens[amount.last + 1 : amount.last + 3]
        if not (later and self._words.says("to", later[0].text)):
            later = later[:1]
        for token in [*reversed(before), *later]:
            if bound := self._words.bound(token.text):
                return bound
        return None

    def _says(self, what: str, amount: _Amount, *, before: int, after: int) -> bool:
        around = self._tokens[max(amount.first - before, 0) : amount.first]
        around += self._tokens[amount.last : amount.last + 1 + after]
        return any(self._words.says(what, token.text) for token in around)


class _Words:
    """The words of one language that go with numbers."""

    def __init__(self, language: str) -> None:
        data = _data().get(language, {})
        self._plain = endings_of(language).plain
        self._numbers: dict[str, int] = {}
        for value, forms in enumerate(data.get("numbers", []), 1):
            self._numbers |= {self._plain(form): value for form in str(forms).split()}
        self._articles = self._set(data, "article")
        self._numbers |= dict.fromkeys(self._articles, 1)
        self._said = {what: self._set(data, what) for what in ("to", "more", "less", "age")}
        self._written = {unit: _names_of(language, unit, str(data.get(unit, ""))) for unit in DAYS}
        endings = endings_of(language)
        self._units = {unit: Lexicon(endings, map(self._plain, names)) for unit, names in self._written.items()}
        self._two = {self._plain(word): unit for word, unit in dict(data.get("dual", {})).items()}

    def number(self, word: str) -> float | None:
        if word[0].isdecimal():
            return float(_THOUSANDS.sub("", word).replace(",", ".")) if word.count(".") + word.count(",") < 2 else None
        return self._numbers.get(self._plain(word))

    def is_article(self, word: str) -> bool:
        return self._plain(word) in self._articles

    def says(self, what: str, word: str) -> bool:
        return self._plain(word) in self._said[what]

    def bound(self, word: str) -> str | None:
        plain = self._plain(word)
        return next((bound for bound in ("more", "less") if plain in self._said[bound]), None)

    def unit(self, word: str) -> str | None:
        plain = self._plain(word)
        if len(word) < _SAME:
            return next((unit for unit, written in self._written.items() if word.casefold() in written), None)
        for unit, names in self._units.items():
            if any(known == plain or known[:_SAME] == plain[:_SAME] for known in names.known(plain)):
                return unit
        return None

    def compound(self, word: str) -> tuple[int, str] | None:
        """A number and a unit in one word: "zweiwöchig", "kéthetes", "xahrejn"."""
        plain = self._plain(word)
        if plain in self._two:
            return 2, self._two[plain]
        for number in sorted(self._numbers, key=len, reverse=True):
            rest = plain[len(number) :]
            if plain.startswith(number) and len(rest) > 2 and (unit := self.unit(rest)):
                return self._numbers[number], unit
        return None

    def _set(self, data: dict[str, Any], what: str) -> frozenset[str]:
        return frozenset(map(self._plain, str(data.get(what, "")).split()))


def _names_of(language: str, unit: str, more: str) -> frozenset[str]:
    """What a unit is called in a language, in small letters."""
    names = set(more.split())
    if language in _data():
        for number in _SAMPLES:
            names.update(_named(number, unit, "long", language), _named(number, unit, "short", language))
    return frozenset(map(str.casefold, names))


def _named(number: float, unit: str, length: Literal["long", "short"], language: str) -> Iterator[str]:
    """The words that CLDR writes a unit with; the last is its name."""
    text = format_unit(number, f"duration-{unit}", length=length, locale=language)
    words = [word for word in _TOKEN.findall(text) if not word[0].isdecimal()]
    if words and "duration" not in words and len(words[-1]) > 1:
        yield words[-1]


def _tokens(text: str) -> Iterator[_Token]:
    last = 0
    for match in _TOKEN.finditer(text):
        yield _Token(match.group(), text[last : match.start()], text[match.end() : match.end() + 2].lstrip()[:1])
        last = match.end()


@cache
def _words_of(language: str) -> _Words:
    return _Words(language)


@cache
def _data() -> dict[str, dict[str, Any]]:
    return dict(json.loads(NUMBER_WORDS_FILE.read_text(encoding="utf-8")))
