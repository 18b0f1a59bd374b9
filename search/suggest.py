"""Suggestions while a question is typed: concepts, places and records that have a word which begins so."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from heapq import merge
from operator import itemgetter
from typing import Self

from rdflib import Literal, URIRef
from rdflib.namespace import DCTERMS

from kg import Store
from ontology import GW, KINDS, RECORD_TYPES

from .labels import Concept, Concepts
from .names import Found, Name, Names, id_of, is_second, words_of
from .spelling import SHORTEST, Spelling, folded, tells

TOPICS = ("barrier", "target-group", "mobility-type", "measure", "sector", "material-type")
PLACES = ("country", "region")
MOST_WORDS, FORGIVEN = 8, 3  # the last words of what is typed that are looked at, and that may have slips
MOST_TEXTS = 200_000  # titles and summaries that are read; in a larger collection, not every title is suggested
_FEW = 1000  # changed records that are put beside the others; more are sorted in


@dataclass(frozen=True)
class Suggestion:
    """Something that the visitor may mean."""

    kind: str
    """`concept`, `place` or `record`."""
    text: str
    language: str
    """Two letters; empty where the source names none."""
    iri: URIRef
    start: int = 0
    end: int = 0
    """Where the matched part begins and ends in `text`; both 0 where it is not shown."""


@dataclass(frozen=True)
class RecordText:
    """A title or summary of a record."""

    iri: URIRef
    language: str
    text: str
    is_title: bool = True


class Suggester:
    """Suggests over one state of the graph; `updated` makes the next one from it."""

    def __init__(self, concepts: Concepts, texts: Iterable[RecordText], weights: Mapping[URIRef, int]) -> None:
        """Read all names.

        Args:
            concepts: as the searcher has them.
            texts: titles and summaries of all records.
            weights: how many records have a concept.

        """
        texts = list(texts)
        self._concepts = concepts
        self._digests: dict[str, str] = {}
        self._things = Names([name for concept in concepts.values() for name in _names_of(concept)], weights)
        self._records: tuple[Names, ...] = (Names(_titles(texts)),)
        self._spelling = Spelling()
        for concept in concepts.values():
            for language, label in (*concept.labels.items(), *concept.other):
                self._spelling.add(language, label)
            for language, label in concept.hidden:
                self._spelling.add(language, label, shown=False)
        for text in texts:
            self._spelling.add(text.language, text.text)

    @classmethod
    def read(cls, store: Store, concepts: Concepts, weights: Mapping[URIRef, int]) -> Self:
        """Everything as it is in the graph."""
        made = cls(concepts, _texts(store), weights)
        made._digests = _digests(store)
        return made

    def updated(self, store: Store, concepts: Concepts, weights: Mapping[URIRef, int]) -> Self:
        """The same for a newer state of the graph: only records that have changed are read."""
        digests = _digests(store)
        old, new = self._digests.items(), digests.items()
        added = [record for record, _ in new - old]
        if concepts != self._concepts or len(added) > max(_FEW, len(digests) // 10):
            return type(self).read(store, concepts, weights)
        made = self.with_changes({id_of(record) for record, _ in old - new}, _texts(store, added))
        made._digests = digests
        made._things = self._things.without(())
        made._things.weigh(weights)
        return made

    def with_changes(self, removed_ids: Collection[str], added: Iterable[RecordText]) -> Self:
        """The same without the titles of some records (by id) and with other texts.

        Few changes lie beside the sorted titles; many are sorted in. Words that only removed records had stay known to
        the spelling until everything is read anew.
        """
        made = copy(self)
        added = list(added)
        main, *beside = (names.without(removed_ids) for names in self._records)
        fresh = [name for names in beside for name in names.living()] + _titles(added)
        made._records = (main, Names(fresh)) if len(fresh) <= _FEW else (Names(main.living() + fresh),)
        made._spelling = self._spelling.with_texts((text.language, text.text) for text in added)
        return made

    def suggest(self, text: str, language: str, limit: int = 8) -> list[Suggestion]:
        """What the visitor may mean: concepts, then places, then records.

        All typed words must be in a name; where no name has them all, the last ones that tell something count.

        Args:
            text: what is typed so far.
            language: the visitor's; names in it come first, then English ones, then others.
            limit: how many; at most half of them concepts and places where there are enough records.

        """
        typed = [word for _, word in words_of(text)][-MOST_WORDS:]
        parts = [[word] for word in typed[:-FORGIVEN]] + [self._meant(word) for word in typed[-FORGIVEN:]]
        for must in self._tries(typed, parts, language):
            things = _distinct([self._things.find(must, language, limit)], limit)
            records = _distinct([names.find(must, language, limit) for names in self._records], limit)
            if things or records:
                return [_suggestion(name, must) for name in _mixed(things, records, limit)]
        return []

    def knows(self, word: str) -> bool:
        """Whether a word is written in any name, title or summary, in any language."""
        return self._spelling.has(folded(word))

    def spelling(self, text: str, language: str) -> str | None:
        """The question without its slips of the keyboard; nothing where there is nothing to mend."""
        return self._spelling.correct(text, language)

    def _tries(self, typed: list[str], parts: list[list[str]], language: str) -> Iterator[list[list[str]]]:
        """What must be in a name: all typed words, else those that tell something and are in any name, ever fewer."""
        if typed:
            yield parts
        if typed and len(typed[-1]) >= 3:
            told = [
                part for word, part in zip(typed, parts, strict=True) if tells(word, language) and self._in_a_name(part)
            ]
            last = [] if told[-1:] == parts[-1:] else parts[-1:]
            yield from (told[first:] + last for first in range(len(told)))

    def _in_a_name(self, part: list[str]) -> bool:
        return any(names.has(prefix) for prefix in part for names in (self._things, *self._records))

    def _meant(self, word: str) -> list[str]:
        """The beginnings that a typed word may stand for: itself, or the nearest where no word begins so."""
        if len(word) < SHORTEST or self._spelling.has(word) or self._in_a_name([word]):
            return [word]
        near = sorted({found for names in (self._things, *self._records) for found in names.nearest(word)})
        return [head for distance, head in near if distance == near[0][0]][:20] or [word]


def _distinct(found: list[Iterator[Found]], limit: int) -> list[Found]:
    """The best of some sorted lists, each thing and each wording once."""
    chosen: list[Found] = []
    seen: set[object] = set()
    for order, name in merge(*found, key=itemgetter(0)):
        wording = (name.kind, folded(name.shown))
        if name.iri not in seen and wording not in seen:
            chosen.append((order, name))
            seen.update((name.iri, wording))
        if len(chosen) == limit:
            break
    return chosen


def _mixed(things: list[Found], records: list[Found], limit: int) -> list[Name]:
    """Half and half, as far as there are enough.

    Names in other languages, and concepts that no record has, only fill what the others leave.
    """
    chosen: list[Name] = []
    for second in (False, True):
        some = [name for order, name in things if is_second(order, counted=True) == second]
        others = [name for order, name in records if is_second(order, counted=False) == second]
        room = limit - len(chosen)
        some = some[: max(room // 2, room - len(others))]
        chosen += some + others[: room - len(some)]
    return sorted(chosen, key=lambda name: ("concept", "place", "record").index(name.kind))


def _names_of(concept: Concept) -> Iterator[Name]:
    kind = "concept" if concept.kind in TOPICS else "place" if concept.kind in PLACES else ""
    if kind:
        for language, label in (*concept.labels.items(), *concept.other):
            yield Name(concept.iri, kind, language, label, label)
        for language, word in concept.hidden:
            label, code = concept.label(language)
            yield Name(concept.iri, kind, code, label, word)


def _titles(texts: Iterable[RecordText]) -> list[Name]:
    return [Name(t.iri, "record", t.language, t.text, t.text) for t in texts if t.is_title]


def _suggestion(name: Name, parts: list[list[str]]) -> Suggestion:
    start, end = _matched(name.shown, parts) if name.shown == name.typed else (0, 0)
    return Suggestion(name.kind, name.shown, name.language, name.iri, start, end)


def _matched(text: str, parts: list[list[str]]) -> tuple[int, int]:
    """Where the typed words stand beside each other in a text, else where the last one stands."""
    words = words_of(text)
    for wanted in (parts, parts[-1:]):
        for n in range(len(words) - len(wanted) + 1):
            heads = [_head(word, part) for (_, word), part in zip(words[n:], wanted, strict=False)]
            if all(heads):
                start = words[n + len(wanted) - 1][0]
                return words[n][0], start + _reach(text[start:], len(heads[-1]))
    return 0, 0


def _head(word: str, part: list[str]) -> str:
    return next((prefix for prefix in part if word.startswith(prefix)), "")


def _reach(text: str, length: int) -> int:
    """How many characters make so many folded ones; accents belong to their letter."""
    made = ""
    for n, char in enumerate(text):
        more = folded(char)
        if len(made) >= length and more:
            return n
        made += more
    return len(text)


def _texts(store: Store, records: Collection[str] | None = None) -> list[RecordText]:
    """Titles and summaries, of all records (`MOST_TEXTS` at most) or of some (by IRI)."""
    types = " ".join(KINDS[kind].n3() for kind in RECORD_TYPES.values())
    only = "" if records is None else f"VALUES ?r {{ {' '.join(URIRef(record).n3() for record in records)} }}"
    query = f"""SELECT ?r ?p ?o {{ {only} VALUES ?type {{ {types} }} VALUES ?p {{ {DCTERMS.title.n3()}
        {DCTERMS.abstract.n3()} }} ?r a ?type ; ?p ?o }} LIMIT {MOST_TEXTS}"""
    rows = store.select(query) if records is None or records else []
    return [
        RecordText(URIRef(row["r"]), row["o"].language or "", str(row["o"]), row["p"] == DCTERMS.title)
        for row in rows
        if isinstance(row["o"], Literal)
    ]


def _digests(store: Store) -> dict[str, str]:
    """Record IRI -> digest of its content."""
    return {str(row["r"]): str(row["d"]) for row in store.select(f"SELECT ?r ?d {{ ?r {GW.digest.n3()} ?d }}")}
