"""Words to ranked records with reasons: what the site, the API and the command line call."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from rdflib import URIRef

from kg import NotFoundError, Store
from kg.records import current

from .facets import FacetCount, Facets, Filters
from .fusion import fuse
from .index import Indexes
from .labels import Concepts, load_concepts
from .model import Encoder
from .passages import Passage
from .understanding import Understanding, Understood
from .vectors import VectorIndex
from .words import form, surfaces, telling_forms

MAX_QUERY = 2000  # characters; more than any question needs
CONCEPT_BOOST = 0.2  # closeness that a rare concept in common adds; one that all records have adds nothing
LISTED = 1.0  # standard deviations above what the collection scores for this question
FAIR, STRONG = 0.12, 0.45  # closeness (0: unrelated, 1: a translation); see docs/measurements.md
METHODS = ("hybrid", "vectors", "words")


@dataclass(frozen=True)
class Hit:
    """A record that was found, and why."""

    iri: URIRef
    score: float
    """Closeness in meaning, with what words and concepts add: about 0 for unrelated texts, 1 for a translation."""
    passage: Passage | None
    """What matched best."""
    words: tuple[str, ...] = ()
    """Words of the passage that are in the question."""
    concepts: tuple[URIRef, ...] = ()
    """Concepts that question and record have in common."""

    @property
    def id(self) -> str:
        """The record's id."""
        return self.iri.rpartition("/")[2]

    @property
    def strength(self) -> str:
        """`strong`, `fair` or `weak`."""
        return "strong" if self.score >= STRONG else "fair" if self.score >= FAIR else "weak"


@dataclass
class Results:
    """What a search gives back."""

    query: str
    understood: Understood | None
    total: int
    hits: list[Hit]
    facets: dict[str, list[FacetCount]]
    took_ms: float
    confidence: str = "good"
    """`good`, `weak` (the best hit is not convincing) or `none` (nothing passed)."""
    unknown: list[tuple[str, str]] = field(default_factory=list)
    """Filters (facet, value) that no record has."""


@dataclass
class _Ranking:
    scores: np.ndarray
    """(records,) closeness; -inf where not reached."""
    floor: float
    """What a record must score to be listed."""
    passages: dict[int, int]
    """Record position -> row of its best passage."""
    understood: Understood


class Searcher:
    """Searches one state of graph and indexes; make a new one when they have changed."""

    def __init__(self, store: Store, indexes: Indexes, encoder: Encoder) -> None:
        self.store, self.encoder = store, encoder
        versions = sorted(current(store).values(), key=lambda version: version.iri)
        self.records = [version.iri for version in versions]
        self.positions = {version.id: n for n, version in enumerate(versions)}
        self.concepts: Concepts = load_concepts(store)
        self.facets = Facets(store, self.concepts, self.records)
        self._indexes = indexes
        self._vectors = VectorIndex(indexes.passages, encoder.space, self.positions)
        self._understanding = Understanding(self.concepts, encoder.space)
        self._has_text = self._texts_by_language()
        self._ranked = lru_cache(maxsize=256)(self._rank)

    def search(
        self,
        text: str,
        filters: Filters | None = None,
        *,
        limit: int = 10,
        offset: int = 0,
        not_meant: Iterable[URIRef] = (),
    ) -> Results:
        """The records that answer a question, best first; without a question, all that pass the filters.

        Args:
            text: a question in any language; what is over `MAX_QUERY` characters is not read.
            filters: facet name -> values; values of one facet are alternatives.
            limit: hits to give back.
            offset: hits to leave out first.
            not_meant: concepts that are not to be read out of the question.

        """
        self.encoder.model  # noqa: B018  (loading it is not part of the search's time)
        start = time.perf_counter()
        filters = filters or {}
        unknown = [(n, v) for n, values in filters.items() for v in values if self.facets.value(n, v) is None]
        passing = self.facets.mask(filters)
        question = clean(text)
        if question and len(self._vectors):
            ranking = self._ranked(question, "hybrid", frozenset(not_meant))
            found = ranking.scores >= ranking.floor
            order = np.argsort(-ranking.scores, kind="stable")
            chosen = [int(n) for n in order if found[n] and passing[n]]
            confidence = self._confidence(question, ranking, chosen)
            if not chosen:
                chosen = [int(n) for n in order if passing[n] and np.isfinite(ranking.scores[n])][:5]
                found = np.zeros(len(self.records), bool)
                found[chosen] = True
            hits = self._hits(question, ranking, chosen[offset : offset + limit])
            understood: Understood | None = ranking.understood
        else:
            found = np.ones(len(self.records), bool)
            chosen = [int(n) for n in np.flatnonzero(passing)]
            hits = [Hit(self.records[n], 0.0, None) for n in chosen[offset : offset + limit]]
            understood, confidence = None, "good" if chosen else "none"
        facets = self.facets.counts(found, filters)
        took = (time.perf_counter() - start) * 1000
        return Results(text, understood, len(chosen), hits, facets, took, confidence, unknown)

    def rank(self, text: str, method: str = "hybrid", depth: int = 1000) -> list[tuple[str, float]]:
        """(record id, score) by one of `METHODS`, best first; for evaluation."""
        if not clean(text):
            return []
        scores = self._rank(clean(text), method).scores
        order = np.argsort(-scores, kind="stable")[:depth]
        return [(self.records[n].rpartition("/")[2], float(scores[n])) for n in order if np.isfinite(scores[n])]

    def similar(self, record_id: str, limit: int = 5) -> list[tuple[Hit, tuple[URIRef, ...]]]:
        """The records nearest to one, each with the concepts that both have.

        Raises:
            NotFoundError: there is no such record.

        """
        if record_id not in self.positions:
            raise NotFoundError(f"There is no record {record_id}.")
        at = self.positions[record_id]
        own = self._vectors.of_record(at)
        if not len(own):
            return []
        centre = own.mean(0)
        centre = centre / max(float(np.linalg.norm(centre)), 1e-9)
        cosines, best = self._by_record(*self._vectors.search(centre.astype(np.float32)))
        scores = self.encoder.space.closeness(cosines)
        scores[at] = -np.inf
        chosen = [int(n) for n in np.argsort(-scores, kind="stable")[:limit] if np.isfinite(scores[n])]
        shared = [self._shared(at, n) for n in chosen]
        numbers = {n: int(self._vectors.numbers[best[n]]) for n in chosen}
        passages = self._indexes.passages.passages(numbers.values())
        return [
            (Hit(self.records[n], float(scores[n]), passages.get(numbers[n])), common)
            for n, common in zip(chosen, shared, strict=True)
        ]

    def concepts_of(self, position: int) -> set[URIRef]:
        """The concepts that a record has, broader ones included."""
        return {
            iri
            for name, known in self.facets.iris.items()
            if name not in ("type", "lang")
            for code, iri in known.items()
            if (column := self.facets.column(name, code)) is not None and column[position]
        }

    def _rank(self, text: str, method: str, not_meant: frozenset[URIRef] = frozenset()) -> _Ranking:
        space = self.encoder.space
        raw = self.encoder.queries([text])
        query = space.without_language(raw)[0]
        understood = self._understanding.read(text, raw[0], not_meant)
        cosines, best = self._by_record(*self._vectors.search(query))
        scores = space.closeness(cosines)
        mean, spread = self._vectors.background(query)
        floor = float(space.closeness(np.array(mean + LISTED * spread)))
        if method != "vectors":
            words = self._word_scores(text, understood.language)
            if method == "words":
                return _Ranking(np.where(words > 0, words, -np.inf), 0.0, best, understood)
            reached = np.isfinite(scores)
            comparable = reached & self._has_text.get(understood.language, ~reached)
            scores = fuse(scores, words, comparable)
            for concept in understood.concepts:
                holders = self.facets.holders(concept)
                scores = scores + CONCEPT_BOOST * (1 - holders.mean()) * holders
        return _Ranking(scores, floor, best, understood)

    def _word_scores(self, text: str, language: str) -> np.ndarray:
        words = np.zeros(len(self.records))
        for record, score in self._indexes.words.scores(text, language).items():
            if record in self.positions:
                words[self.positions[record]] = score
        return words

    def _by_record(self, scores: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, dict[int, int]]:
        """Each record's best passage: its score (-inf where none was reached), and its row."""
        by_record = np.full(len(self.records), -np.inf)
        owners = self._vectors.records[rows]
        first, at = np.unique(owners, return_index=True)  # rows are sorted, so the first is the best
        by_record[first] = scores[at]
        return by_record, {int(owner): int(rows[n]) for owner, n in zip(first, at, strict=True)}

    def _hits(self, text: str, ranking: _Ranking, chosen: list[int]) -> list[Hit]:
        numbers = {n: int(self._vectors.numbers[ranking.passages[n]]) for n in chosen if n in ranking.passages}
        passages = self._indexes.passages.passages(numbers.values())
        hits = []
        for n in chosen:
            passage = passages.get(numbers.get(n, -1))
            common = tuple(c for c in ranking.understood.concepts if self.facets.holders(c)[n])
            words = _common_words(text, ranking.understood.language, passage) if passage else ()
            hits.append(Hit(self.records[n], round(float(ranking.scores[n]), 4), passage, words, common))
        return hits

    def _confidence(self, text: str, ranking: _Ranking, chosen: list[int]) -> str:
        if not chosen:
            return "none"
        best = self._hits(text, ranking, chosen[:1])[0]
        asked = set(telling_forms(text, ranking.understood.language))
        named = {form(word, ranking.understood.language) for word in best.words}
        return "good" if best.strength != "weak" or best.concepts or 2 * len(named) > len(asked) else "weak"

    def _shared(self, one: int, other: int) -> tuple[URIRef, ...]:
        common = self.concepts_of(one) & self.concepts_of(other)
        broader = {above for iri in common for above in self.concepts.ancestors(iri) - {iri}}
        return tuple(sorted(common - broader))

    def _texts_by_language(self) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        for language in np.unique(self._vectors.languages):
            column = np.zeros(len(self.records), bool)
            column[self._vectors.records[self._vectors.languages == language]] = True
            found[str(language)] = column
        return found


def clean(text: str) -> str:
    """A question without control characters and surplus space, at most `MAX_QUERY` characters long."""
    printable = "".join(char if char.isprintable() else " " for char in text[: MAX_QUERY * 4])
    printable = printable.encode("utf-8", "ignore").decode()
    return " ".join(printable.split())[:MAX_QUERY]


def _common_words(text: str, language: str, passage: Passage) -> tuple[str, ...]:
    """The passage's words (as they stand there, each once) that the question has too and that tell something."""
    if passage.language != language:
        return ()
    asked = set(telling_forms(text, language))
    found: dict[str, str] = {}
    for word in surfaces(passage.text):
        if (known := form(word, language)) in asked:
            found.setdefault(known, word)
    return tuple(found.values())
