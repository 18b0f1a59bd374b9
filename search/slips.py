"""Slips of the finger: which known word a mistyped word was meant for.

Four of five typing mistakes are one letter too many, too few or wrong, or two that changed places (Damerau 1964, "A
technique for computer detection and correction of spelling errors"). In a word of fewer than eight letters a wrong
letter counts only if its key lies beside the right one: "fragen" is not meant for "Frauen".
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from .endings import Endings

ONE_SLIP, TWO_SLIPS = 5, 10
"""Letters from which a word may have one slip, and two."""
_ANY_LETTER = 8  # letters from which a wrong letter may be any
_ALIKE = 3  # letters by which two forms of one word may differ
_ROWS = ("qwertzuiop", "qwertyuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm", "yxcvbnm", "zxcvbnm",
         "ςερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ", "явертъуиопш", "асдфгхикл", "зьцжбнм")  # fmt: skip
_SOUNDS = ("ηιυ", "οω", "иь", "vw", "iy", "sz", "ck", "ae", "оа", "уъ")  # letters that are mixed up by ear


class Slips:
    """Known words of a language, found by what people type in their place."""

    def __init__(self, words: Iterable[str], endings: Endings, least: int) -> None:
        """Known words, and how many letters of a stem are enough to know a word by."""
        self._least = least
        self._endings = endings
        self._words: dict[str, set[str]] = defaultdict(set)
        """Known words by themselves and by what may be their stem."""
        self._begin: dict[str, list[str]] = defaultdict(list)
        for word in sorted(words):
            if len(word) >= ONE_SLIP and word.isalpha():
                for stem in self._keys(word):
                    if stem not in self._words:
                        self._begin[stem[0]].append(stem)
                    self._words[stem].add(word)

    def meant(self, word: str) -> list[str]:
        """The one known word (with its other forms) that a folded word is a slip away from; else none."""
        if len(word) < ONE_SLIP or not word.isalpha():
            return []
        for stem in self._keys(word):
            slips = 2 if len(stem) >= TWO_SLIPS and stem == word else 1
            near = process.extract(
                stem, self._begin.get(word[0], []), scorer=DamerauLevenshtein.distance, score_cutoff=slips, limit=8
            )
            best = [known for known, distance, _ in near if distance == near[0][1] and _likely(stem, known)]
            if best:
                meant = sorted({known for key in best for known in self._words[key]})
                return meant if all(_one_word(meant[0], other) for other in meant) else []
        return []

    def _keys(self, word: str) -> list[str]:
        """A word and what may be its stem, if that is long enough."""
        return [stem for stem, ending in self._endings.stems(word) if not ending or len(stem) >= self._least]


def _likely(word: str, known: str) -> bool:
    if len(word) >= _ANY_LETTER or len(word) != len(known):
        return True
    wrong = [pair for pair in zip(word, known, strict=True) if pair[0] != pair[1]]
    return len(wrong) != 1 or frozenset(wrong[0]) in _NEIGHBOURS


def _one_word(word: str, other: str) -> bool:
    return word[:ONE_SLIP] == other[:ONE_SLIP] and abs(len(word) - len(other)) <= _ALIKE


def _neighbours() -> frozenset[frozenset[str]]:
    beside = {frozenset(pair) for row in _ROWS for pair in pairwise(row)}
    by_ear = {frozenset((one, other)) for sound in _SOUNDS for one in sound for other in sound if one != other}
    return frozenset(beside | by_ear)


_NEIGHBOURS = _neighbours()
