"""Word forms by endings: whether two words are forms of one word in a language, without a dictionary.

Two words are taken for forms of one word when what is left of both after a known ending is the same, and long
enough. `endings.json` holds the endings of the 24 languages (an agglutinating language builds them of several
slots), sounds that alternate inside a stem, and what nationality adds to the name of a country. This is the
light stemming of Savoy (2006, "Light stemming approaches for the French, Portuguese, German and Hungarian
languages"), but it keeps every possible stem in place of the likeliest one.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from .words import fold

ENDINGS_FILE = Path(__file__).with_name("endings.json")
_STEM = 3  # letters
_COUNTRY_STEM = 4
_ONSET = 2  # letters at the beginning, of which a single one does not alternate
_IRISH = re.compile(r"^(?:bhf(?=[aeiou])|[bgnmdt](?=-)|m(?=b)|g(?=c)|n(?=[dg])|b(?=p)|d(?=t)|t(?=s)|h(?=[aeiou]))-?")
_LENITED = re.compile(r"^([bcdfgmpst])h")


class Endings:
    """The endings of one language."""

    def __init__(self, language: str) -> None:
        data = _data().get(language, {})
        self.language = language
        self._alike: list[list[str]] = data.get("alike", [])
        self._spelling: list[list[str]] = data.get("spelling", [])
        self._endings = self._built(data.get("endings", [""]))
        self._nationality = self._built(data.get("nationality", [""])) | self._endings
        self.compounds: bool = data.get("compounds", False)
        self._fixed_names: bool = data.get("fixed_names", False)
        self.language_words = tuple(self._alternated(fold(word)) for word in data.get("language", "").split())

    def plain(self, word: str) -> str:
        """A word folded, without what befalls its first letter in Irish; of sounds that alternate, always one."""
        for letter, written in self._spelling:
            word = word.replace(letter, written)
        folded = fold(word)
        if self.language == "ga":
            folded = _LENITED.sub(r"\1", _eclipsed(folded))
        return self._alternated(folded)

    def stems(self, plain: str) -> Iterator[tuple[str, int]]:
        """What may be the stem of a word, each with the length of its ending; the whole word first."""
        return _stems(plain, self._endings, _STEM)

    def country_stems(self, plain: str) -> Iterator[tuple[str, int]]:
        """The same for the name of a country, its adjective and its inhabitants."""
        return _stems(plain, self._nationality, _COUNTRY_STEM)

    def is_adjective(self, plain: str, country: str) -> bool:
        """Whether a form of a country's name is one of nationality, and not the name itself in some case."""
        if self._fixed_names:
            return not plain.startswith(country)
        own = {stem for stem, _ in self.stems(country)}
        return own.isdisjoint(stem for stem, _ in self.stems(plain))

    def _alternated(self, word: str) -> str:
        for sound, other in self._alike:
            kept = _ONSET if len(sound) == 1 else 0
            word = word[:kept] + word[kept:].replace(sound, other)
        return word

    def _built(self, slots: list[str]) -> frozenset[str]:
        parts = [["", *slot.split()] for slot in slots]
        plain = {"".join(chosen) for chosen in product(*parts)}
        for sound, other in self._alike:
            plain = {ending.replace(sound, other) for ending in plain}
        return frozenset(plain)


class Lexicon:
    """Words of labels, found by any form of them."""

    def __init__(self, endings: Endings, words: Iterable[str], *, countries: bool = False) -> None:
        self._stems = endings.country_stems if countries else endings.stems
        self.words = set(words)
        """Plain words."""
        self._by_stem: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for word in self.words:
            for stem, ending in self._stems(word):
                self._by_stem[stem].append((word, ending))

    def known(self, plain: str) -> list[str]:
        """The words that a word is a form of, itself first."""
        found = [plain] if plain in self.words else []
        if plain[:1].isdigit():
            return found
        for stem, ending in self._stems(plain):
            found += [word for word, other in self._by_stem.get(stem, ()) if _enough(len(stem), ending, other)]
        return list(dict.fromkeys(found))


def _enough(stem: int, ending: int, other: int) -> bool:
    """Whether a stem is long enough for a word's ending and that of a label's word."""
    return (stem > _STEM or other <= 2) and stem + _STEM - 1 >= max(ending, other)


def _stems(plain: str, endings: frozenset[str], least: int) -> Iterator[tuple[str, int]]:
    for length in range(max(len(plain) - least, 0) + 1):
        stem = plain[: len(plain) - length]
        if plain[len(stem) :] in endings:
            yield stem, length


def _eclipsed(word: str) -> str:
    return _IRISH.sub("", word) if len(word) > _STEM else word


@lru_cache
def endings_of(language: str) -> Endings:
    """The endings of a language; of an unknown one, none."""
    return Endings(language)


@cache
def _data() -> dict[str, dict[str, Any]]:
    return dict(json.loads(ENDINGS_FILE.read_text(encoding="utf-8")))
