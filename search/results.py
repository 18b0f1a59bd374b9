"""What a search gives back: records, each with why it was found."""

from dataclasses import dataclass, field

from rdflib import URIRef

from .facets import FacetCount
from .passages import Passage
from .understanding import Understood

FAIR, STRONG = 0.31, 0.55  # closeness (0: unrelated, 1: a translation) and what lifts it; see docs/ranking.md


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
    sentence: tuple[int, int] | None = None
    """Start and end, in the passage's text, of the sentence that is closest in meaning."""

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
