"""Labels in a text: which words name a concept, in which way, in one language.

A label is found where its words stand in their order, in any form (`search.endings`), with a few other words
between them ("people with severe disabilities"). A word that is no form of any label's word may still be meant
for one: as the first part of a compound, or by a slip of the finger.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from rdflib import URIRef

from .endings import Endings, Lexicon, endings_of
from .slips import Slips
from .words import form, function_words

FALSE_FRIENDS_FILE = Path(__file__).with_name("false_friends.json")
"""Everyday words by language that look like a form of a label's word and are none; only as a label they count."""
LABEL, COMPOUND, TYPING_MISTAKE = "label", "compound", "typing mistake"
_HOW = (LABEL, COMPOUND, TYPING_MISTAKE)
_REMEMBERED = 10_000  # words of a language whose readings are kept
_LONGEST = 8  # words of a label
_SHARED = 5  # concepts whose labels have a word that two of them may share, such as "people"
_ENDING = 2  # letters by which a function word may be longer than its stem
_SKIPPED = 2  # function words that may stand between two words of a label
_ABBREVIATION = 4  # capital letters that are read only as they are written
_FIRST_PART, _REST = 6, 3  # letters of a compound
_STEM, _STEM_OF_PLACE = 7, 5  # letters of a stem in which a slip is seen
_SHORT_NAME, _LONG_NAME = 4, 7  # letters of a name of which one or two may change
_WORD = re.compile("[^\\W_](?:[^\\W_]|[\u0300-\u036f])*")
_STOP = re.compile(r"[.?!;:…\n]")
_ALTERNATIVES = re.compile(r"\s/\s|: ")
_BRACKETS = re.compile(r"\s*\([^)]*\)")


@dataclass(frozen=True)
class Mention:
    """Where a text names a concept."""

    iri: URIRef
    start: int
    """First character."""
    end: int
    """Character after the last."""
    how: str
    """`label`, `compound` or `typing mistake`."""


@dataclass(frozen=True)
class Word:
    """A word of a text."""

    text: str
    start: int
    end: int
    sentence: int


@dataclass(frozen=True)
class Name:
    """A label of a concept, and what must hold for it to be read."""

    iri: URIRef
    text: str
    place: bool = False
    """Forms of nationality count as forms of it."""
    capital: bool = False
    """It is read only with a capital letter, for it may be an ordinary word."""
    second: bool = False
    """It is read only where no label that is not has the words."""
    proper: bool = False
    """Only its last letters may change."""


@dataclass
class _Node:
    next: dict[str, "_Node"] = field(default_factory=lambda: defaultdict(_Node))
    names: list[tuple[Name, tuple[str, ...]]] = field(default_factory=list)


@dataclass(frozen=True)
class _Reading:
    """A label's word that a text's word may be."""

    plain: str
    how: int
    adjective: bool = False


@dataclass(frozen=True)
class _Find:
    words: tuple[int, ...]
    readings: tuple[_Reading, ...]
    name: Name

    @property
    def how(self) -> int:
        return max(reading.how for reading in self.readings)


class Names:
    """The labels of one language, ready to be found in texts."""

    def __init__(self, language: str, names: Iterable[Name]) -> None:
        self.language = language
        self._endings: Endings = endings_of(language)
        self._common = function_words().get(language, frozenset())
        self._false_friends = _false_friends().get(language, frozenset())
        self._root = _Node()
        heads: set[str] = set()
        places: set[str] = set()
        others: set[str] = set()
        of: dict[str, set[URIRef]] = defaultdict(set)
        written: set[str] = set()
        for name, plains, words in self._planted(names):
            written.update(map(str.casefold, words))
            (places if name.place else others).update(plains)
            if len(plains) > 1:
                for plain in plains:
                    of[plain].add(name.iri)
            elif not name.place:
                heads.update(plains)
        self._written = frozenset(written)
        self.ordinary = frozenset(others) | self._false_friends
        """Words that mean something, and no place."""
        self._light = frozenset(word for word, concepts in of.items() if len(concepts) >= _SHARED)
        self._heads = frozenset(word for word in heads if len(word) >= _FIRST_PART)
        self._places = Lexicon(self._endings, places, countries=True)
        self._others = Lexicon(self._endings, others)
        self._slips = Slips(places | others, self._endings, _STEM)
        self._place_slips = Slips(places, self._endings, _STEM_OF_PLACE)
        self._readings = lru_cache(maxsize=_REMEMBERED)(self._readings_of)

    def _planted(self, names: Iterable[Name]) -> Iterator[tuple[Name, list[str], tuple[str, ...]]]:
        """Puts the labels into the tree of words; gives each with its words, plain and as they are written."""
        for name in names:
            for text in variants(name.text):
                written = tuple(word.text for word in words_of(text))
                plains = [self._endings.plain(word) for word in written]
                if 0 < len(plains) <= _LONGEST:
                    node = self._root
                    for plain in plains:
                        node = node.next[plain]
                    node.names.append((name, written))
                    yield name, plains, written

    def find(self, text: str, *, guess: bool = True) -> list[Mention]:
        """What a text names, in the order of its words; of labels that overlap, the longest.

        Args:
            text: any text.
            guess: whether compounds and typing mistakes count.

        """
        words = words_of(text)
        finds = [find for at in range(len(words)) for find in self._from(words, at) if guess or not find.how]
        mentions = []
        for find in _longest(finds, self._light):
            start, end = words[find.words[0]].start, words[find.words[-1]].end
            mentions.append(Mention(find.name.iri, start, end, _HOW[find.how]))
        return sorted(mentions, key=lambda mention: (mention.start, mention.end))

    def _from(self, words: list[Word], at: int) -> Iterator[_Find]:
        """The labels whose first word stands at a place."""
        pending: list[tuple[_Node, tuple[int, ...], tuple[_Reading, ...]]] = [(self._root, (), ())]
        while pending:
            node, chosen, readings = pending.pop()
            if chosen:
                written = [words[n] for n in chosen]
                for name, label in node.names:
                    find = _Find(chosen, readings, name)
                    if self._holds(find, label, written, words):
                        yield find
            if not node.next:
                continue
            for n in self._next(words, chosen, at):
                pending += [
                    (node.next[reading.plain], (*chosen, n), (*readings, reading))
                    for reading in self._readings(words[n].text)
                    if reading.plain in node.next
                ]

    def _next(self, words: list[Word], chosen: tuple[int, ...], at: int) -> Iterator[int]:
        """Where the next word of a label may stand: there, or after a few function words, or after one other word."""
        if not chosen:
            yield at
            return
        others = 0
        for n in range(chosen[-1] + 1, len(words)):
            if words[n].sentence != words[at].sentence:
                return
            yield n
            others += not self._is_common(words[n])
            if others > 1 or n - chosen[-1] > _SKIPPED:
                return

    def _holds(self, find: _Find, label: tuple[str, ...], written: list[Word], words: list[Word]) -> bool:
        """Whether the words that were found are the label, and not others that look like it."""
        if find.name.capital and written[0].text == written[0].text.lower():
            return False
        if any(reading.adjective for reading in find.readings) and self._is_language(words, find.words[0]):
            return False
        if len(label) == 1:
            return self._is_word(find, label[0], written[0])
        exact = all(map(self._is_exact, find.readings, written))
        return (exact or max(map(len, label)) > _ABBREVIATION) and self._stands_together(find.words, words)

    def _is_word(self, find: _Find, label: str, word: Word) -> bool:
        """Whether a word is a label of one word: abbreviations as they are written, short words without an ending."""
        plain = find.readings[0].plain
        if len(label) <= _ABBREVIATION and label[1:] != label[1:].lower():
            return label == word.text
        if self._is_exact(find.readings[0], word):
            return len(label) >= _SHORT_NAME - 1
        if find.name.proper:
            return _nearly(plain, self._endings.plain(word.text))
        return len(label) >= _SHORT_NAME and not self._is_common(word)

    def _is_exact(self, reading: _Reading, word: Word) -> bool:
        return reading.plain == self._endings.plain(word.text)

    def _stands_together(self, chosen: tuple[int, ...], words: list[Word]) -> bool:
        """Whether nothing but function words stands between; or the label has two words that say something."""
        between = set(range(chosen[0], chosen[-1])) - set(chosen)
        if all(self._is_common(words[n]) for n in between):
            return True
        return sum(not self._is_common(words[n]) for n in chosen) > 1

    def _is_common(self, word: Word) -> bool:
        stem = form(word.text, self.language)
        return stem in self._common and len(word.text) <= len(stem) + _ENDING

    def _is_language(self, words: list[Word], at: int) -> bool:
        """Whether the words around speak of a language: "German lessons" names no country."""
        around = [self._endings.plain(word.text) for word in words[max(at - 2, 0) : at + 3]]
        return any(word.startswith(self._endings.language_words) for word in around)

    def _readings_of(self, word: str) -> list[_Reading]:
        """The label's words that a word may be."""
        plain = self._endings.plain(word)
        if word.casefold() in self._false_friends:
            return [_Reading(plain, 0)] if word.casefold() in self._written else []
        found = [_Reading(known, 0) for known in self._others.known(plain)]
        found += [
            _Reading(country, 0, self._endings.is_adjective(plain, country)) for country in self._places.known(plain)
        ]
        if not found and (first := self._first_part(plain)):
            found = [_Reading(first, 1)]
        if not found and word[0].isupper():
            found = [_Reading(meant, 2) for meant in self._place_slips.meant(plain)]
        return found or [_Reading(meant, 2) for meant in self._slips.meant(plain)]

    def _first_part(self, plain: str) -> str:
        if not self._endings.compounds:
            return ""
        parts = (plain[:length] for length in range(len(plain) - _REST, _FIRST_PART - 1, -1))
        return next((part for part in parts if part in self._heads), "")


def variants(label: str) -> list[str]:
    """A label, and what it says with `/`, with a colon or in brackets, apart."""
    plain = _BRACKETS.sub("", label).strip()
    return list(dict.fromkeys([label, plain, *_ALTERNATIVES.split(plain)]))


def words_of(text: str) -> list[Word]:
    """The words of a text; an apostrophe parts words."""
    found: list[Word] = []
    sentence, last = 0, 0
    for match in _WORD.finditer(text):
        sentence += bool(_STOP.search(text, last, match.start()))
        last = match.end()
        found.append(Word(match.group(), match.start(), last, sentence))
    return found


def _longest(finds: list[_Find], light: frozenset[str]) -> Iterator[_Find]:
    """The longest finds; two may share a word such as "people"."""
    taken: dict[int, tuple[int, ...]] = {}
    for find in sorted(finds, key=_rank):
        met = [n for n, at in enumerate(find.words) if at in taken and taken[at] != find.words]
        free = not met or (not find.name.second and len(met) < len(find.words))
        if free and all(find.readings[n].plain in light for n in met):
            taken |= {at: find.words for at in find.words if at not in taken}
            yield find


def _rank(find: _Find) -> tuple[bool, int, int, int, tuple[int, ...]]:
    """Longer labels first, then what is surer and stands closer together."""
    return find.name.second, -len(find.words), find.how, find.words[-1] - find.words[0], find.words


def _nearly(name: str, plain: str) -> bool:
    """Whether a word is a name but for its last letter, or its last two if it is long."""
    kept = len(name) - (1 if len(name) < _LONG_NAME else 2)
    return plain.startswith(name) or (kept >= _SHORT_NAME and plain[:kept] == name[:kept])


@cache
def _false_friends() -> dict[str, frozenset[str]]:
    return {
        code: frozenset(map(str.casefold, words))
        for code, words in json.loads(FALSE_FRIENDS_FILE.read_text(encoding="utf-8")).items()
    }
