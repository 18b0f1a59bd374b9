"""What a question names: its language, concepts by their labels in every language, and quantities."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rdflib import URIRef

from kg.detection import likelihoods
from ontology import ID

from .labels import Concept, Concepts, year_iri
from .mentions import Mention, Name, Names, words_of
from .places import Regions, country_names, labels_in
from .quantities import Quantities, read_quantities

KINDS = (
    "barrier", "target-group", "mobility-type", "measure", "country", "region", "sector", "material-type", "programme",
)  # fmt: skip
_FIRST_SCHEME = "eplus-2021."  # the barriers that a question means unless only another definition has the word
_NO_NAME = ".other"  # "any other reason" is nothing that a question names
SHORT_STAY, LONG_STAY = 30, 90  # days: shorter than a usual placement, and what ErasmusPro begins with
YOUNG, OLDER = 30, 55  # years
_SURE = 0.5
_SHORT = 3  # words too few to tell their language by letters alone
_NAMED = 30.0
_LIKELY = 6  # languages that a few words may be in


@dataclass(frozen=True)
class Understood:
    """What was read out of a question."""

    language: str
    certainty: float
    concepts: tuple[URIRef, ...]
    """In the order in which the question names them."""
    mentions: tuple[Mention, ...] = ()
    """Which words of the question name them."""
    quantities: Quantities = field(default_factory=Quantities)


class Understanding:
    """Recognises labels in the forms of their language; a language is prepared when it is first used."""

    def __init__(self, concepts: Concepts) -> None:
        self._concepts = concepts
        self._names: dict[str, Names] = {}
        self._regions: Regions | None = None

    def read(
        self,
        text: str,
        not_meant: frozenset[URIRef] = frozenset(),
        *,
        language: str | None = None,
    ) -> Understood:
        """Language, concepts and quantities of a question.

        Args:
            text: a question in any language.
            not_meant: concepts that are not to be read out of it.
            language: its language, if that is known.

        """
        language, certainty = (language, 1.0) if language else self._language(text)
        mentions = self._mentions(text, language)
        if certainty < _SURE and language != "en":
            mentions += [other for other in self._mentions(text, "en") if not _meets(other, mentions)]
        meant = tuple(mention for mention in mentions if mention.iri not in not_meant)
        quantities = read_quantities(text, language)
        named = [mention.iri for mention in meant]
        implied = [iri for iri in implied_by(quantities) if iri in self._concepts and iri not in not_meant]
        return Understood(language, certainty, tuple(dict.fromkeys([*named, *implied])), meant, quantities)

    def _language(self, text: str) -> tuple[str, float]:
        shares = likelihoods(text)
        if len(words_of(text)) <= _SHORT:
            likely = sorted(shares, key=lambda code: -shares[code])[:_LIKELY]
            shares = {code: shares[code] * self._known(text, code) for code in likely}
            total = sum(shares.values())
            shares = {code: share / total for code, share in shares.items()}
        best = max(shares, key=lambda code: shares[code])
        return best, shares[best]

    def _known(self, text: str, language: str) -> float:
        """How much likelier a few words are in a language that names something with them; English a little more."""
        named = self._names_in(language).find(text, guess=False)
        return (_NAMED if named else 1.0) * (2.0 if language == "en" else 1.0)

    def _mentions(self, text: str, language: str) -> list[Mention]:
        names = self._names_in(language)
        found = list(self._preferred(names.find(text)))
        regions = self._all_regions().find(text, names.ordinary)
        found += [region for region in regions if not _within(region, found)]
        return sorted(dict.fromkeys(found), key=lambda mention: (mention.start, mention.end))

    def _preferred(self, found: list[Mention]) -> Iterator[Mention]:
        """Mentions without the barriers of other definitions where the same words name one of the first."""
        first = {(one.start, one.end) for one in found if _code(one.iri).startswith(_FIRST_SCHEME)}
        for mention in found:
            other = "/barrier/" in mention.iri and not _code(mention.iri).startswith(_FIRST_SCHEME)
            if not (other and (mention.start, mention.end) in first):
                yield mention

    def _names_in(self, language: str) -> Names:
        if language not in self._names:
            self._names[language] = Names(language, self._labels(language))
        return self._names[language]

    def _labels(self, language: str) -> Iterator[Name]:
        yield from country_names(self._concepts, language)
        for concept in self._concepts.values():
            if _is_named(concept):
                second = concept.kind == "barrier" and not concept.code.startswith(_FIRST_SCHEME)
                for text in labels_in(concept, language):
                    yield Name(concept.iri, text, second=second)

    def _all_regions(self) -> Regions:
        if self._regions is None:
            self._regions = Regions(self._concepts)
        return self._regions


def implied_by(quantities: Quantities) -> list[URIRef]:
    """The years, and what a length of stay or an age says about the kind of stay or the people."""
    found = [year_iri(year) for year in quantities.years]
    if quantities.days and quantities.days[1] <= SHORT_STAY:
        found.append(ID["measure/short-stay"])
    if quantities.days and quantities.days[0] >= LONG_STAY:
        found.append(ID["mobility-type/erasmus-pro"])
    youngest, oldest = quantities.age or (None, None)
    if youngest is not None and youngest >= OLDER:
        found.append(ID["target-group/older-people"])
    if oldest is not None and oldest <= YOUNG:
        found.append(ID["target-group/young-people"])
    return found


def _is_named(concept: Concept) -> bool:
    return concept.kind in KINDS and concept.kind not in ("country", "region") and not concept.code.endswith(_NO_NAME)


def _code(iri: URIRef) -> str:
    return str(iri).rpartition("/")[2]


def _meets(one: Mention, others: list[Mention]) -> bool:
    return any(one.start < other.end and other.start < one.end for other in others)


def _within(one: Mention, others: list[Mention]) -> bool:
    """Whether a longer mention covers one."""
    return any(
        other.start <= one.start and one.end <= other.end and other.end - other.start > one.end - one.start
        for other in others
    )
