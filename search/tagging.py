"""Concepts that a long text names, each with the sentence that names it: suggestions for a person, never tags.

Labels are found as in a question (`search.mentions`), in the forms of the text's language, but without guesses at
typing mistakes. What the nearest records have is asked beside it: a concept that is named and that records of like
meaning have is a better suggestion than one that is named only (nearest neighbours vote, Yang & Chute 1994).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rdflib import URIRef

from .labels import Concepts
from .mentions import TYPING_MISTAKE
from .passages import sentences
from .searcher import Searcher

NAMED, NEAR = "named", "near"
KINDS = (
    "barrier",
    "target-group",
    "mobility-type",
    "measure",
    "sector",
    "material-type",
    "programme",
    "country",
    "region",
)
_FIRST_SCHEME = "eplus-2021."
_NEIGHBOURS = 20  # records that are asked
_READ = 2000  # characters from which they are found
_LONGEST = 600  # characters of a sentence; what is longer is a list without stops
_MOST_SENTENCES = 3000


@dataclass(frozen=True)
class Tag:
    """A concept that a text may be about."""

    iri: URIRef
    kind: str
    """`barrier`, `target-group`, …"""
    sentence: str
    """The first sentence that names it."""
    page: int | None
    words: str
    """What names it there."""
    times: int
    """In how many sentences it is named."""
    held: float
    """The share of the nearest records that have it."""
    score: float
    """From 0 to 1: the share of near records that have it, more where the text names it often and early."""


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
        """The concepts that a text names, likeliest first.

        Args:
            pages: (page number, text) in their order.
            language: of the text; two letters.
            leave_out: a record that is not to be asked, as the text is its own.

        """
        read = list(pages)
        found = self._named(read, language)
        votes = self._votes(" ".join(text for _, text in read)[:_READ], leave_out)
        tags = []
        for iri, places in self._narrowest(found).items():
            at, (page, sentence, words) = places[0]
            early = 1.0 if at < 3 else 0.0
            often = 1 - 1 / len(places)
            score = 0.5 * votes[iri] ** 0.5 + 0.25 * early + 0.25 * often
            kind, held = self.concepts[iri].kind, votes[iri]
            tags.append(Tag(iri, kind, sentence, page, words, len(places), held, round(score, 3)))
        return sorted(tags, key=lambda tag: -tag.score)

    def _named(
        self, pages: list[tuple[int | None, str]], language: str
    ) -> dict[URIRef, list[tuple[int, tuple[int | None, str, str]]]]:
        """Concept -> where it is named: number of the sentence, and page, sentence and words."""
        found: dict[URIRef, list[tuple[int, tuple[int | None, str, str]]]] = defaultdict(list)
        for at, (page, sentence) in enumerate(_sentences(pages)):
            seen = set()
            for mention in self._searcher.understanding.read(sentence, language=language).mentions:
                concept = self.concepts[mention.iri]
                foreign = concept.kind == "barrier" and not concept.code.startswith(_FIRST_SCHEME)
                if mention.how != TYPING_MISTAKE and concept.kind in KINDS and not foreign and mention.iri not in seen:
                    seen.add(mention.iri)
                    found[mention.iri].append((at, (page, sentence, sentence[mention.start : mention.end])))
        return found

    def _narrowest(
        self, found: dict[URIRef, list[tuple[int, tuple[int | None, str, str]]]]
    ) -> dict[URIRef, list[tuple[int, tuple[int | None, str, str]]]]:
        """Without concepts of which a narrower one is named as well."""
        above = {wider for iri in found for wider in self.concepts.ancestors(iri) - {iri}}
        return {iri: places for iri, places in found.items() if iri not in above}

    def _votes(self, text: str, leave_out: URIRef | None) -> dict[URIRef, float]:
        """Concept -> the share of the nearest records that have it."""
        own = leave_out.rpartition("/")[2] if leave_out else ""
        near = self._searcher.rank(text, "vectors", _NEIGHBOURS + 1)
        asked = [record for record, _ in near if record != own][:_NEIGHBOURS]
        held = Counter(
            concept
            for record in asked
            if (position := self._searcher.positions.get(record)) is not None
            for concept in self._searcher.concepts_of(position)
        )
        return defaultdict(float, {concept: count / len(asked) for concept, count in held.items()})


def _sentences(pages: list[tuple[int | None, str]]) -> Iterator[tuple[int | None, str]]:
    count = 0
    for page, text in pages:
        for sentence in sentences(text):
            if count == _MOST_SENTENCES:
                return
            count += 1
            yield page, sentence[:_LONGEST]
