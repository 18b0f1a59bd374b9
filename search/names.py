"""Names by their words: what is begun to be typed is looked up in a sorted array."""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein
from rdflib import URIRef

from .spelling import TWO_SLIPS, folded, pieces

_LAST = "\U0010ffff"  # sorts after every letter
_MOST = 4095  # in each of two parts of a rank: records that are counted, and characters
_TIER = 25  # bits below those of the language: 24 for that, one for words that are not the first


class Name(NamedTuple):
    """A name of something."""

    iri: URIRef
    kind: str
    language: str
    shown: str
    typed: str
    """What it is found by: the same, or a word that is not shown."""


Found = tuple[int, Name]  # the smaller the number, the better


class Names:
    """Names by their words: a sorted array of folded words, and for each word the names that have it."""

    def __init__(self, names: Sequence[Name], weights: Mapping[URIRef, int] | None = None) -> None:
        """Sort the words.

        Args:
            names: what can be suggested.
            weights: how many records stand behind an IRI; more comes first, then what is shorter.

        """
        self.names = names
        self.languages = sorted({name.language for name in names})
        code = {language: n for n, language in enumerate(self.languages)}
        self._language = np.array([code[name.language] for name in names], np.uint16)
        self._alive = np.ones(len(names), bool)
        number: dict[str, int] = {}
        found = [
            (number.setdefault(word, len(number)), owner, n == 0)
            for owner, name in enumerate(names)
            for n, (_, word) in enumerate(words_of(name.typed))
        ]
        postings = np.array(found, np.int64).reshape(-1, 3)
        self.words = sorted(number)
        place = np.empty(len(number), np.int64)
        place[[number[word] for word in self.words]] = np.arange(len(number))
        order = np.argsort(place[postings[:, 0]], kind="stable")
        self._owners = postings[order, 1].astype(np.int32)
        self._later = (postings[order, 2] == 0).astype(np.int64)
        self._starts = np.searchsorted(place[postings[order, 0]], np.arange(len(number) + 1))
        self._heads = lru_cache(maxsize=128)(self._cut)
        self.weigh(weights or {})

    def weigh(self, weights: Mapping[URIRef, int]) -> None:
        """Put what has more records first, then what is shorter."""
        known = ((weights.get(name.iri, 0), len(name.shown)) for name in self.names)
        self._rank = np.array([(_MOST - min(n, _MOST)) << 12 | min(size, _MOST) for n, size in known], np.int64)

    def without(self, records: Collection[str]) -> "Names":
        """The same names, less those of some records (by id)."""
        made = copy(self)
        made._heads = lru_cache(maxsize=128)(made._cut)
        made._alive = self._alive.copy()
        made._alive[[n for n, name in enumerate(self.names) if id_of(name.iri) in records]] = False
        return made

    def living(self) -> list[Name]:
        """The names that are still there."""
        return [name for name, alive in zip(self.names, self._alive, strict=True) if alive]

    def has(self, prefix: str) -> bool:
        """Whether a word begins so."""
        at = bisect_left(self.words, prefix)
        return at < len(self.words) and self.words[at].startswith(prefix)

    def nearest(self, typed: str) -> list[tuple[int, str]]:
        """(distance, beginning of a word) of those that are a slip or two away; the first letter must be right."""
        most = 2 if len(typed) >= TWO_SLIPS else 1
        near = {typed[1::-1] + typed[2:]}
        heads = self._heads(typed[0], len(typed))
        for head, _, _ in process.extract(
            typed, heads, scorer=DamerauLevenshtein.distance, score_cutoff=2 * most, limit=50
        ):
            at = bisect_left(self.words, head)
            while at < len(self.words) and self.words[at].startswith(head):
                near.update(self.words[at][: len(typed) + more] for more in range(-most, most + 1))
                at = bisect_left(self.words, self.words[at][: len(typed) + most] + _LAST, at)
        measured = ((DamerauLevenshtein.distance(typed, head, score_cutoff=most), head) for head in near)
        return [(distance, head) for distance, head in measured if distance <= most and self.has(head)]

    def find(self, parts: list[list[str]], language: str, limit: int) -> Iterator[Found]:
        """(order, name) of those that have a word for every part, best first.

        Args:
            parts: for each typed word, the beginnings that it may stand for.
            language: the visitor's; then English, then any.
            limit: about how many different things are wanted.

        """
        at = np.concatenate([self._slice(prefix) for prefix in parts[0]])
        owners = self._owners[at]
        fits = self._alive[owners]
        for part in parts[1:]:
            has = np.zeros(len(self.names), bool)
            for prefix in part:
                has[self._owners[self._slice(prefix)]] = True
            fits &= has[owners]
        at, owners = at[fits], owners[fits]
        tier = np.array([_tier(code, language) for code in self.languages], np.int64)
        order = (tier[self._language[owners]] << 1 | self._later[at]) << _TIER - 1 | self._rank[owners]
        for some in _best_first(order, 32 * limit):
            yield from ((int(order[n]), self.names[int(owners[n])]) for n in some)

    def _slice(self, prefix: str) -> np.ndarray:
        low = bisect_left(self.words, prefix)
        return np.arange(self._starts[low], self._starts[bisect_left(self.words, prefix + _LAST, low)])

    def _cut(self, letter: str, length: int) -> list[str]:
        low = bisect_left(self.words, letter)
        high = bisect_left(self.words, letter + _LAST, low)
        return list(dict.fromkeys(word[:length] for word in self.words[low:high]))


def is_second(order: int, *, counted: bool) -> bool:
    """Whether a name is in a third language, or (where records are `counted`) none stands behind it."""
    return order >> _TIER == 2 or (counted and order >> 12 & _MOST == _MOST)


def words_of(text: str) -> list[tuple[int, str]]:
    """Each word with its place, folded."""
    return [(start, folded(word)) for start, word in pieces(text)]


def id_of(iri: str) -> str:
    """The id of a record."""
    return iri.rpartition("/")[2]


def _best_first(order: np.ndarray, some: int) -> Iterator[np.ndarray]:
    """Positions from the smallest up: at first some, then all the others."""
    if len(order) > some:
        low = np.argpartition(order, some)[:some]
        yield low[np.argsort(order[low], kind="stable")]
        yield np.argsort(order, kind="stable")  # with the first once more; whoever needs so many passes over them
    else:
        yield np.argsort(order, kind="stable")


def _tier(code: str, language: str) -> int:
    return 0 if code == language else 1 if code in ("en", "") else 2
