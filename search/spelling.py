"""Spelling help: a word that is written nowhere in the collection, and the word that was probably meant.

Most words of a right question are in no small collection either, so a near word is not enough to correct one. The
evidence is counted: the kind of slip (Damerau 1964: swapped, missing, surplus and wrong letters), letters that stand
together in no word of the language, and how common the other word is.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Self

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from .words import fold, form, function_words, tokens

SHORTEST, TWO_SLIPS = 5, 8  # letters of a word that is looked at, and of one that may have two slips
ENOUGH = 4  # points of evidence
_PIECE = re.compile(r"[^'’]+")
_NO_WORDS = re.compile(r"[@/\\_\d]|\w\.\w")  # an address, a number, a name of a file
folded = lru_cache(maxsize=200_000)(fold)


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Each word with its place; `l'étranger` is two."""
    for start, end in tokens(text):
        for piece in _PIECE.finditer(text[start:end]):
            yield start + piece.start(), piece.group()


def tells(word: str, language: str) -> bool:
    """Whether a word says what a question is about: it is a function word neither in its language nor in English."""
    return all(form(word, code) not in function_words().get(code, ()) for code in (language, "en"))


class Vocabulary:
    """The words of one language, folded, with how many texts have each."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.counts: Counter[str] = Counter()
        self.written: dict[str, str] = {}
        """How a word is written; with a small letter if it ever is."""
        self._triples: Counter[str] = Counter()
        self._by_first: defaultdict[str, list[str]] = defaultdict(list)

    def copy(self) -> "Vocabulary":
        """The same words, to be added to."""
        made = Vocabulary(self.language)
        made.counts, made.written, made._triples = self.counts.copy(), self.written.copy(), self._triples.copy()
        made._by_first.update((letter, words.copy()) for letter, words in self._by_first.items())
        return made

    def add(self, text: str, *, shown: bool = True) -> None:
        """Count the words of a text; those of one that is not shown are known, but never put forward."""
        for plain, word in {folded(word): word for _, word in pieces(text)}.items():
            if plain not in self.written:
                self._by_first[plain[:1]].append(plain)
                self._triples.update(_triples(plain))
            if plain not in self.written or self.written[plain][0].isupper():
                self.written[plain] = word
            self.counts[plain] += shown

    def knows(self, word: str) -> bool:
        """Whether the word or another form of it is written in the language, or it is a function word."""
        plain, stem = folded(word), form(word, self.language)
        if plain in self.written or stem in function_words().get(self.language, ()):
            return True
        like = (other for other in self._by_first[plain[:1]] if other[:3] == plain[:3])
        return any(form(self.written[other], self.language) == stem for other in like)

    def nearest(self, word: str) -> str | None:
        """The word that was probably meant, folded."""
        typed = folded(word)
        most = 2 if len(typed) >= TWO_SLIPS else 1
        near = process.extract(
            typed, self._by_first[typed[:1]], scorer=DamerauLevenshtein.distance, score_cutoff=most, limit=None
        )
        found = [(distance, -self.counts[other], other) for other, distance, _ in near if self.counts[other]]
        swapped = typed[1::-1] + typed[2:]
        if self.counts[swapped]:
            found.append((1, -self.counts[swapped], swapped))
        return next((other for distance, _, other in sorted(found) if self._convinces(typed, other, distance)), None)

    def _convinces(self, typed: str, other: str, distance: int) -> bool:
        kind, end = _slip(typed, other)
        if end < 2 and kind != "swapped":  # another ending is another form of a word, not a slip
            return False
        rare = len(self.written) // 5000  # so few words may have three letters together by mistake
        unseen = sum(self._triples[triple] <= rare for triple in _triples(typed))
        points = {"swapped": 2, "doubled": 2, "missing": 1, "surplus": 1}.get(kind, 0)
        points += min(unseen, 3) - 2 * (distance - 1)
        points += sum(self.counts[other] >= n for n in (2, 5, 20)) + sum(len(typed) >= n for n in (7, 10))
        return points >= ENOUGH


class Spelling:
    """The vocabularies of all languages."""

    def __init__(self) -> None:
        self._vocabularies: dict[str, Vocabulary] = {}

    def add(self, language: str, text: str, *, shown: bool = True) -> None:
        """Count the words of a text."""
        if language not in self._vocabularies:
            self._vocabularies[language] = Vocabulary(language)
        self._vocabularies[language].add(text, shown=shown)

    def with_texts(self, texts: Iterable[tuple[str, str]]) -> Self:
        """The same vocabularies with more (language, text); what has gone is forgotten when all is read anew."""
        made = type(self)()
        made._vocabularies = self._vocabularies.copy()
        copied: set[str] = set()
        for language, text in texts:
            if language in made._vocabularies and language not in copied:
                made._vocabularies[language] = made._vocabularies[language].copy()
            copied.add(language)
            made.add(language, text)
        return made

    def correct(self, text: str, language: str) -> str | None:
        """The question with its slips mended and all else as it was typed, or nothing where there is none."""
        vocabulary = self._vocabularies.get(language)
        made, done = "", 0
        for start, word in _candidates(text) if vocabulary else ():
            if vocabulary is None or self.has(folded(word)) or vocabulary.knows(word):
                continue
            meant = vocabulary.nearest(word)
            if meant and not _is_a_name(text, start, language, vocabulary.written[meant]):
                made += text[done:start] + _with_capitals_of(word, vocabulary.written[meant])
                done = start + len(word)
        return made + text[done:] if done else None

    def has(self, word: str) -> bool:
        """Whether a folded word is written in any language."""
        return any(word in vocabulary.written for vocabulary in self._vocabularies.values())


def _candidates(text: str) -> Iterator[tuple[int, str]]:
    """The words that are long enough, and no part of an address; a word in capitals is an abbreviation."""
    shouted = text.isupper()
    for chunk in re.finditer(r"\S+", text):
        if not _NO_WORDS.search(chunk.group()):
            for start, word in pieces(chunk.group()):
                if len(folded(word)) >= SHORTEST and (shouted or not word.isupper()):
                    yield chunk.start() + start, word


def _triples(word: str) -> list[str]:
    """Every three letters that stand together, with the word's ends."""
    framed = f"^{word}$"
    return [framed[n : n + 3] for n in range(len(framed) - 2)]


def _slip(typed: str, other: str) -> tuple[str, int]:
    """What kind of slip leads from the one word to the other, and how many letters at the end are the same."""
    shorter = min(len(typed), len(other))
    start = next((n for n in range(shorter) if typed[n] != other[n]), shorter)
    end = next((n for n in range(shorter - start) if typed[-1 - n] != other[-1 - n]), shorter - start)
    here, there = typed[start : len(typed) - end], other[start : len(other) - end]
    if len(here) == 2 and here == there[::-1]:
        return "swapped", end
    longer = typed if here else other
    surplus = here or there
    if len(here) + len(there) != 1:
        return "wrong", end
    if surplus in (longer[start - 1 : start], longer[start + 1 : start + 2]):
        return "doubled", end
    return "surplus" if here else "missing", end


def _is_a_name(text: str, start: int, language: str, meant: str) -> bool:
    """Whether a word has a capital that is not explained by its place, its language, or by what was meant."""
    before = text[:start].rstrip()
    begins = not before or before[-1] in '.!?:…;“”"«(¿¡'
    return text[start].isupper() and not begins and language != "de" and not meant[0].isupper()


def _with_capitals_of(typed: str, meant: str) -> str:
    if typed.isupper():
        return meant.upper()
    return meant[:1].upper() + meant[1:].lower() if typed[0].isupper() else meant.lower()
