"""Names of countries, of cities that stand for their country, and of regions.

Countries have names in all languages. Cities are the exemplar cities of the time zones of the Unicode CLDR: nearly
every capital of Europe and a few others. Regions have one name, in their own language.
"""

from collections.abc import Iterable, Iterator
from functools import cache

from babel import Locale
from babel.core import get_global
from rdflib import URIRef

from .labels import Concept, Concepts
from .mentions import LABEL, Mention, Name, Word, variants, words_of
from .words import fold

NEAR = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO", "CH", "GB", "TR", "MK", "RS", "AL", "BA", "ME",
    "MD", "UA", "XK", "GE",
})  # fmt: skip
"""Countries in and around the programmes: their names are read in small letters too."""
_OUTLYING = frozenset({"Europe/Busingen", "Europe/Simferopol"})
_SHORT = 4  # letters of a country's name that may be an ordinary word
_REGION = 5  # letters of a region's name
_DIRECTIONS = frozenset({
    "nord", "sud", "est", "vest", "ovest", "centro", "centre", "centru", "central", "norte", "sur", "este", "oeste",
    "north", "south", "east", "west",
})  # fmt: skip


def country_names(concepts: Concepts, language: str) -> Iterator[Name]:
    """What countries and their cities are called in a language."""
    cities = cities_of(language)
    for concept in concepts.of_kind("country"):
        for name in labels_in(concept, language):
            plain = without_article(name)
            near = concept.code in NEAR and len(plain) > _SHORT
            yield Name(concept.iri, plain, place=near, capital=not near, proper=not near)
        if concept.code in NEAR:
            for name in cities.get(concept.code, ()):
                yield Name(concept.iri, without_article(name), capital=True, proper=True)


def labels_in(concept: Concept, language: str) -> Iterator[str]:
    """Every label that a concept has in a language, those that are not shown included."""
    for code, text in [*concept.labels.items(), *concept.other, *concept.hidden]:
        if code == language:
            yield text


@cache
def cities_of(language: str) -> dict[str, list[str]]:
    """Country code -> exemplar cities of its European time zones, in a language."""
    named = Locale.parse(language).time_zones
    found: dict[str, list[str]] = {}
    for zone, country in sorted(get_global("zone_territories").items()):
        if country in NEAR and zone not in _OUTLYING and not zone.startswith(("Africa", "America", "Antarctica")):
            own = zone.rpartition("/")[2].replace("_", " ")
            found.setdefault(country, []).append(named.get(zone, {}).get("city") or own)
    return found


def without_article(name: str) -> str:
    """A name without the small words before it: "Spáinn" for "an Spáinn"."""
    first = next((word.start for word in words_of(name) if word.text != word.text.lower()), 0)
    return name[first:]


class Regions:
    """Regions by the words of their names, which stand for themselves: they are not inflected here."""

    def __init__(self, concepts: Concepts) -> None:
        countries = {fold(text) for concept in concepts.of_kind("country") for text in concept.labels.values()}
        self._regions: dict[tuple[str, ...], URIRef] = {}
        """By words in small letters, with and without accents."""
        self._longest = 1
        for concept in sorted(concepts.of_kind("region"), key=lambda concept: (len(concept.code), concept.code)):
            for label in concept.labels.values():
                for name in variants(label):
                    self._add(name, concept.iri, countries)

    def find(self, text: str, ordinary: Iterable[str] = ()) -> list[Mention]:
        """The regions that a text names with a capital letter, or anywhere if it has no capitals at all.

        Args:
            text: any text.
            ordinary: words in small letters that mean something else, too.

        """
        words, known, found, at = words_of(text), set(ordinary), [], 0
        small = text == text.lower()
        plain = [word.text.casefold() for word in words]
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                region = self._regions.get(tuple(plain[at : at + length]))
                if region and (length > 1 or self._is_name(words, at, small, plain[at] in known)):
                    found.append(Mention(region, words[at].start, words[at + length - 1].end, LABEL))
                    at += length - 1
                    break
            at += 1
        return found

    def _is_name(self, words: list[Word], at: int, small: bool, ordinary: bool) -> bool:
        word = words[at]
        first = at == 0 or words[at - 1].sentence != word.sentence
        return (small or word.text[0].isupper()) and not (ordinary and (small or first))

    def _add(self, name: str, iri: URIRef, countries: set[str]) -> None:
        words = [word.text for word in words_of(name)]
        if fold(name) in countries or sum(map(len, words)) < _REGION or _DIRECTIONS.issuperset(map(fold, words)):
            return
        self._longest = max(self._longest, len(words))
        for plain in (str.casefold, fold):
            self._regions.setdefault(tuple(map(plain, words)), iri)
