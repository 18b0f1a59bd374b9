"""Words to ranked records with reasons: what the site, the API and the command line call."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from rdflib import URIRef

from kg import NotFoundError, Store
from ontology import EU_LANGUAGES

from .collection import Collection
from .facets import Facets, Filters
from .fusion import fuse
from .index import Indexes
from .labels import Concepts, load_concepts
from .model import Encoder
from .passages import Passage
from .results import FAIR, Hit, Results
from .understanding import Understanding, Understood
from .words import form, surfaces, telling_forms

MAX_QUERY = 2000  # characters; more than any question needs
CONCEPT_BOOST = 0.22  # closeness that a rare concept in common adds; one that all records have adds nothing
ALL_BOOST = 0.1  # what a record adds to that which has all of several concepts
NEAR = 0.5  # share of it for a concept that is broader or related
LISTED = 1.0  # standard deviations above what the collection scores for this question
EXPECTED = 1000  # records listed by chance, at most
NEAREST = 200  # passages that are always looked at
HOLDING = 2000  # a concept that more records have is no reason to look at them all
FEW = 5
SEVERAL, SMALL_SPREAD = 30, 0.02  # passages from which they tell what is usual, and what is taken for it before
METHODS = ("hybrid", "fused", "vectors", "words")


@dataclass
class _Ranking:
    """Candidates, best first."""

    positions: np.ndarray
    scores: np.ndarray
    """Closeness."""
    rows: np.ndarray
    """The best passage of each."""
    floor: float
    """What a record must score to be listed."""
    query: np.ndarray
    """The question's vector, free of language."""
    understood: Understood


class Searcher:
    """Searches graph and indexes; `refresh` takes up what has changed.

    A lock is held while the collection is read, so that a question sees one state of it; encoding a question and
    taking up changes happen beside it.
    """

    def __init__(self, store: Store, indexes: Indexes, encoder: Encoder) -> None:
        self.store, self.encoder = store, encoder
        self.concepts: Concepts = load_concepts(store)
        self.collection = Collection(indexes.passages, self.concepts, encoder.space)
        self.indexes = indexes
        self.understanding = Understanding(self.concepts)
        self._ranked = lru_cache(maxsize=256)(self._rank)
        self._vector = lru_cache(maxsize=256)(self._encode)
        self._lock, self._refreshing = threading.RLock(), threading.Lock()

    @property
    def facets(self) -> Facets:
        """The values of all records."""
        return self.collection.facets

    @property
    def records(self) -> list[URIRef]:
        """The records by position; those that are gone keep theirs."""
        return self.collection.records

    @property
    def positions(self) -> dict[str, int]:
        """Record id -> position."""
        return self.collection.positions

    def refresh(self, store: Store) -> None:
        """Take up what was written to the indexes since, and read `store` from now on."""
        with self._refreshing:
            newer = self.collection.refreshed()
            with self._lock:
                self.collection, self.store = newer, store
                self.indexes.words.reload()
                self._ranked.cache_clear()

    def warm(self) -> None:
        """Prepare every language, which the first question in it would otherwise do."""
        for language in EU_LANGUAGES:
            self.understanding.read("", language=language)

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
        question = clean(text)
        if question:
            self._vector(question)
        with self._lock:
            unknown = [(n, v) for n, values in filters.items() for v in values if self.facets.value(n, v) is None]
            passing = self.facets.mask(filters)
            found = self.facets.mask({})
            understood, confidence = None, "good"
            if question and len(self.collection):
                ranking = self._ranked(question, "hybrid", frozenset(not_meant))
                understood = ranking.understood
                listed = ranking.scores >= ranking.floor
                chosen = np.flatnonzero(listed & passing[ranking.positions])
                confidence = self._confidence(ranking, chosen)
                found = np.zeros(self.facets.size, bool)
                found[ranking.positions[listed]] = True
                if not len(chosen):
                    ranking, chosen = self._nearest_passing(ranking, passing)
                    found[ranking.positions[chosen]] = True
                total = len(chosen)
                hits = self._hits(question, ranking, chosen[offset : offset + limit])
            else:
                everything = np.flatnonzero(passing)
                total = len(everything)
                confidence = "good" if total else "none"
                hits = [Hit(self.records[n], 0.0, None) for n in everything[offset : offset + limit]]
            facets = self.facets.counts(found, filters)
        took = (time.perf_counter() - start) * 1000
        return Results(text, understood, total, hits, facets, took, confidence, unknown)

    def rank(self, text: str, method: str = "hybrid", depth: int = 1000) -> list[tuple[str, float]]:
        """(record id, score) by one of `METHODS`, best first; for evaluation."""
        if not clean(text):
            return []
        self._vector(clean(text))
        with self._lock:
            ranking = self._rank(clean(text), method, depth=4 * depth)
        found = zip(ranking.positions[:depth], ranking.scores[:depth], strict=True)
        return [(self.records[n].rpartition("/")[2], float(score)) for n, score in found]

    def scores(self, text: str) -> dict[URIRef, float]:
        """What the search gives each record for a question; closeness alone for those that it would not look at."""
        question = clean(text)
        if not question or not len(self.collection):
            return {}
        self._vector(question)
        with self._lock:
            ranking = self._ranked(question, "hybrid", frozenset())
            found = dict(zip(ranking.positions.tolist(), ranking.scores.tolist(), strict=True))
            others = np.setdiff1d(np.flatnonzero(self.facets.mask({})), ranking.positions)
            rows = self.collection.vectors.rows_of(others)
            positions, cosines, _ = self._by_record(rows, self.collection.vectors.scores(ranking.query, rows))
            found |= zip(positions.tolist(), self.encoder.space.closeness(cosines).tolist(), strict=True)
            return {self.records[position]: score for position, score in found.items()}

    def similar(self, record_id: str, limit: int = 5) -> list[tuple[Hit, tuple[URIRef, ...]]]:
        """The records nearest to one, each with the concepts that both have.

        Raises:
            NotFoundError: there is no such record.

        """
        with self._lock:
            if record_id not in self.positions:
                raise NotFoundError(f"There is no record {record_id}.")
            at = self.positions[record_id]
            own = self.collection.vectors.of_record(at)
            if not len(own):
                return []
            centre = own.mean(0)
            centre = (centre / max(float(np.linalg.norm(centre)), 1e-9)).astype(np.float32)
            rows, cosines = self.collection.vectors.nearest(centre, (limit + 1) * 8 + len(own))
            positions, cosines, rows = self._by_record(rows, cosines)
            others = np.flatnonzero(positions != at)[:limit]
            scores = self.encoder.space.closeness(cosines)
            passages = self.indexes.passages.passages(int(self.collection.numbers[rows[n]]) for n in others)
            found = []
            for n in others:
                passage, sentences = passages.get(int(self.collection.numbers[rows[n]]), (None, None))
                if passage is None or sentences is None:  # written again a moment ago, and not taken up yet
                    continue
                best = self._best_sentence(passage, sentences, centre)
                hit = Hit(self.records[positions[n]], round(float(scores[n]), 4), passage, sentence=best)
                found.append((hit, self._shared(at, int(positions[n]))))
            return found

    def concepts_of(self, position: int) -> set[URIRef]:
        """The concepts that a record has, broader ones included."""
        return self.facets.concepts_of(position)

    def _rank(
        self, text: str, method: str, not_meant: frozenset[URIRef] = frozenset(), depth: int = NEAREST
    ) -> _Ranking:
        space, vectors, query = self.encoder.space, self.collection.vectors, self._vector(text)
        understood = self.understanding.read(text, not_meant)
        mean, spread = vectors.background(query) if len(vectors) >= SEVERAL else (space.unrelated, SMALL_SPREAD)
        lowest = mean + listed_from(len(self.collection)) * spread
        floor = float(space.closeness(np.array(lowest)))
        words = self._word_scores(text, understood.language) if method != "vectors" else {}
        if method == "words":
            positions = np.array(sorted(words, key=lambda n: -words[n]), np.int64)
            scores = np.array([words[int(n)] for n in positions])
            first = np.searchsorted(vectors.owners, positions)
            return _Ranking(positions, scores, first, 0.0, query, understood)
        positions, cosines, rows = self._candidates(query, lowest, depth, words, understood)
        scores = space.closeness(cosines)
        if method != "vectors":
            by_words = np.array([words.get(int(n), 0.0) for n in positions])
            speaking = self.collection.speaking(understood.language, positions)
            unit = float(space.closeness(np.array(mean + spread)) - space.closeness(np.array(mean)))
            scores = fuse(scores, by_words, speaking, unit)
            if method == "hybrid":
                scores = scores + self._lift(understood.concepts, positions)
        order = np.argsort(-scores, kind="stable")
        return _Ranking(positions[order], scores[order], rows[order], floor, query, understood)

    def _encode(self, text: str) -> np.ndarray:
        """(dimensions,) the vector of a question, free of language."""
        vector: np.ndarray = self.encoder.space.without_language(self.encoder.queries([text]))[0]
        return vector

    def _lift(self, concepts: Iterable[URIRef], positions: np.ndarray) -> np.ndarray:
        """(positions,) what concepts in common add: the rarer the more, and `NEAR` of it for broader and related."""
        lift, asked = np.zeros(len(positions)), list(concepts)
        has_all = np.full(len(positions), len(asked) > 1)
        for concept in asked:
            holding = self._worth(concept, positions)
            near = np.zeros(len(positions))
            for other in (*self.concepts[concept].broader, *self.concepts[concept].related):
                near = np.maximum(near, NEAR * self._worth(other, positions))
            lift += np.where(holding > 0, holding, near)
            has_all &= holding > 0
        return lift + ALL_BOOST * has_all

    def _worth(self, concept: URIRef, positions: np.ndarray) -> np.ndarray:
        holders = self.facets.holders(concept)
        worth: np.ndarray = CONCEPT_BOOST * (1 - holders.mean()) ** 0.5 * holders[positions]
        return worth

    def _word_scores(self, text: str, language: str) -> dict[int, float]:
        found = self.indexes.words.scores(text, language)
        return {self.positions[record]: score for record, score in found.items() if record in self.positions}

    def _candidates(
        self, query: np.ndarray, lowest: float, depth: int, words: dict[int, float], understood: Understood
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions, cosines and best rows of whatever is near, has the question's words, or is about what it names."""
        vectors = self.collection.vectors
        rows, cosines = vectors.above(query, lowest)
        if len(rows) < depth:
            rows, cosines = vectors.nearest(query, depth)
        named = [self.facets.holding(concept) for concept in understood.concepts]
        more = [np.fromiter(words, np.int64, len(words)), *(held for held in named if len(held) <= HOLDING)]
        others = np.setdiff1d(np.concatenate(more), vectors.owners[rows])
        if len(others):
            other_rows = vectors.rows_of(others)
            rows = np.concatenate([rows, other_rows])
            cosines = np.concatenate([cosines, vectors.scores(query, other_rows)])
        return self._by_record(rows, cosines)

    def _by_record(self, rows: np.ndarray, cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions, cosines and rows of each record's best passage, best first."""
        order = np.argsort(-cosines, kind="stable")
        rows, cosines = rows[order], cosines[order]
        positions, first = np.unique(self.collection.vectors.owners[rows], return_index=True)
        best = np.argsort(first, kind="stable")
        return positions[best], cosines[first[best]].astype(np.float64), rows[first[best]]

    def _nearest_passing(self, ranking: _Ranking, passing: np.ndarray) -> tuple[_Ranking, np.ndarray]:
        """Where nothing that stands out passes the filters: the nearest few of what passes."""
        chosen = np.flatnonzero(passing[ranking.positions])[:FEW]
        some = np.flatnonzero(passing)[:HOLDING]
        if len(chosen) or not len(some):
            return ranking, chosen
        rows = self.collection.vectors.rows_of(some)
        positions, cosines, rows = self._by_record(rows, self.collection.vectors.scores(ranking.query, rows))
        scores = self.encoder.space.closeness(cosines)
        made = replace(ranking, positions=positions, scores=scores, rows=rows)
        return made, np.arange(min(FEW, len(positions)))

    def _hits(self, text: str, ranking: _Ranking, chosen: np.ndarray) -> list[Hit]:
        language = ranking.understood.language
        numbers = {int(n): int(self.collection.numbers[ranking.rows[n]]) for n in chosen}
        read = self.indexes.passages.passages(numbers.values())
        held = [(concept, self.facets.holders(concept)) for concept in ranking.understood.concepts]
        hits = []
        for n in chosen:
            position = int(ranking.positions[n])
            passage, sentences = read.get(numbers[int(n)], (None, None))
            common = tuple(concept for concept, holders in held if holders[position])
            words = _common_words(text, language, passage) if passage else ()
            best = self._best_sentence(passage, sentences, ranking.query) if passage and sentences is not None else None
            hits.append(Hit(self.records[position], round(float(ranking.scores[n]), 4), passage, words, common, best))
        return hits

    def _best_sentence(self, passage: Passage, sentences: np.ndarray, query: np.ndarray) -> tuple[int, int] | None:
        """Start and end, in the passage's text, of the sentence that is closest in meaning."""
        spans = passage.sentences
        return spans[int((self.encoder.space.without_language(sentences) @ query).argmax())] if spans else None

    def _confidence(self, ranking: _Ranking, chosen: np.ndarray) -> str:
        if not len(chosen):
            return "none"
        return "good" if ranking.scores[chosen[0]] >= FAIR else "weak"

    def _shared(self, one: int, other: int) -> tuple[URIRef, ...]:
        common = self.concepts_of(one) & self.concepts_of(other)
        broader = {above for iri in common for above in self.concepts.ancestors(iri) - {iri}}
        return tuple(sorted(common - broader))


def listed_from(records: int) -> float:
    """How many standard deviations above what passages score in general a record must be to be listed.

    One, and in a large collection so many that by chance about a thousand records would be (of a normal distribution).
    """
    share = EXPECTED / max(records, 1)
    return max(LISTED, NormalDist().inv_cdf(1 - share)) if share < 0.5 else LISTED


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
