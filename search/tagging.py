"""Concepts that a long text may be about, each with a sentence of it: suggestions for a person, never tags.

Labels are found as in a question (`search.mentions`), in the forms of the text's language, but without guesses at
typing mistakes. The records of like meaning are asked beside it (nearest neighbours vote, Yang & Chute 1994): a concept
that is named and that they have is a better suggestion than one that is named only; and of a few kinds, what many of
them have is suggested though the text does not name it. Figures: `python -m tests.benchmarks.suggestions`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rdflib import URIRef

from .labels import Concepts
from .mentions import TYPING_MISTAKE
from .passages import sentences
from .searcher import Searcher

KINDS = (
    "barrier", "target-group", "mobility-type", "measure", "sector", "material-type", "programme", "country", "region",
)  # fmt: skip
_BY_NEIGHBOURS = ("target-group", "mobility-type", "sector")
"""Kinds in which what neighbours have was right more often than not; of barriers and measures it was not."""
_MANY = 0.4  # share of the neighbours that must have what the text does not name
_FIRST_SCHEME = "eplus-2021."
_NEIGHBOURS = 20  # records that are asked
_READ = 2000  # characters from which they are found
_EARLY = 3  # sentences of the beginning, in which what is named counts more
_CLOSEST_OF = 24  # sentences among which that is looked for which comes closest to what is not named
_LONGEST = 600  # characters of a sentence; what is longer is a list without stops
_MOST_SENTENCES = 3000
_Sentence = tuple[int | None, str]


@dataclass(frozen=True)
class Tag:
    """A concept that a text may be about."""

    iri: URIRef
    kind: str
    """`barrier`, `target-group`, …"""
    sentence: str
    """The first sentence that names it; the one that comes closest in meaning where none does."""
    page: int | None
    words: str
    """What names it there; nothing where it is not named."""
    times: int
    """In how many sentences it is named."""
    held: float
    """The share of the nearest records that have it."""
    score: float
    """From 0 to 1: grows with that share, and where the text names it often and early."""


@dataclass(frozen=True)
class _Place:
    """Where a text names a concept."""

    at: int
    """Number of the sentence."""
    page: int | None
    sentence: str
    words: str


class Tagger:
    """Suggests concepts for texts."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher

    @property
    def concepts(self) -> Concepts:
        """All concepts."""
        return self._searcher.concepts

    def tags(
        self, pages: Iterable[tuple[int | None, str]], language: str, *, leave_out: URIRef | None = None
    ) -> list[Tag]:
        """What a text may be about, likeliest first.

        Args:
            pages: (page number, text) in their order.
            language: of the text; two letters.
            leave_out: a record that is not to be asked, as the text is its own.

        """
        read = list(_sentences(pages))
        if not read:
            return []
        named = self._narrowest(self._named(read, language))
        held = self._held(" ".join(text for _, text in read)[:_READ], leave_out)
        tags = [self._tag(iri, places, held[iri]) for iri, places in named.items()]
        return sorted([*tags, *self._not_named(read, named, held, language)], key=lambda tag: -tag.score)

    def _tag(self, iri: URIRef, places: list[_Place], held: float) -> Tag:
        first, times = places[0], len(places)
        score = 0.5 * held**0.5 + 0.25 * (first.at < _EARLY) + 0.25 * (1 - 1 / times)
        kind = self.concepts[iri].kind
        return Tag(iri, kind, first.sentence, first.page, first.words, times, held, round(score, 3))

    def _named(self, read: list[_Sentence], language: str) -> dict[URIRef, list[_Place]]:
        """Concept -> the sentences that name it."""
        found: dict[URIRef, list[_Place]] = defaultdict(list)
        for at, (page, sentence) in enumerate(read):
            seen = set()
            for mention in self._searcher.understanding.read(sentence, language=language).mentions:
                concept = self.concepts[mention.iri]
                foreign = concept.kind == "barrier" and not concept.code.startswith(_FIRST_SCHEME)
                if mention.how != TYPING_MISTAKE and concept.kind in KINDS and not foreign and mention.iri not in seen:
                    seen.add(mention.iri)
                    found[mention.iri].append(_Place(at, page, sentence, sentence[mention.start : mention.end]))
        return found

    def _narrowest(self, found: dict[URIRef, list[_Place]]) -> dict[URIRef, list[_Place]]:
        """Without concepts of which a narrower one is named as well."""
        above = {wider for iri in found for wider in self.concepts.ancestors(iri) - {iri}}
        return {iri: places for iri, places in found.items() if iri not in above}

    def _held(self, text: str, leave_out: URIRef | None) -> dict[URIRef, float]:
        """Concept -> the share of the nearest records that have it; as if nobody had any where there are few."""
        own = leave_out.rpartition("/")[2] if leave_out else ""
        near = self._searcher.rank(text, "vectors", _NEIGHBOURS + 1)
        asked = [record for record, _ in near if record != own][:_NEIGHBOURS]
        if len(asked) < _NEIGHBOURS:
            return defaultdict(float)
        held = Counter(
            concept
            for record in asked
            if (position := self._searcher.positions.get(record)) is not None
            for concept in self._searcher.concepts_of(position)
        )
        return defaultdict(float, {concept: count / len(asked) for concept, count in held.items()})

    def _not_named(
        self, read: list[_Sentence], named: Iterable[URIRef], held: dict[URIRef, float], language: str
    ) -> Iterator[Tag]:
        """What many of the nearest records have, with the sentence that comes closest to it in meaning."""
        said = {wider for iri in named for wider in self.concepts.ancestors(iri)}
        wanted = [
            iri
            for iri, share in held.items()
            if share >= _MANY and iri not in said and iri in self.concepts
            and self.concepts[iri].kind in _BY_NEIGHBOURS
        ]  # fmt: skip
        if not wanted:
            return
        encoder, begin = self._searcher.encoder, read[:_CLOSEST_OF]
        vectors = encoder.space.without_language(encoder.passages([text for _, text in begin]))
        labels = encoder.queries([self.concepts[iri].label(language)[0] for iri in wanted])
        closest = (encoder.space.without_language(labels) @ vectors.T).argmax(axis=1)
        for iri, n in zip(wanted, closest.tolist(), strict=True):
            page, sentence = begin[n]
            score = round(0.5 * held[iri] ** 0.5, 3)
            yield Tag(iri, self.concepts[iri].kind, sentence, page, "", 0, held[iri], score)


def _sentences(pages: Iterable[tuple[int | None, str]]) -> Iterator[_Sentence]:
    count = 0
    for page, text in pages:
        for sentence in sentences(text):
            if count == _MOST_SENTENCES:
                return
            count += 1
            yield page, sentence[:_LONGEST]
