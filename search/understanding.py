"""What a question names: its language, and concepts by their labels in every language."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from rdflib import URIRef

from .detection import Detector
from .labels import Concepts
from .languages import LanguageSpace
from .words import forms, surfaces

KINDS = ("barrier", "target-group", "mobility-type", "measure", "country", "sector", "material-type")
_LONGEST = 5  # words of a label
_SURE = 0.5
_SHORT = 3  # words too few to tell their language by letters alone
_NAMED = 30.0
_ENDING = 3  # letters that an ending may add or take
_Label = tuple[URIRef, list[str]]


@dataclass(frozen=True)
class Understood:
    """What was read out of a question."""

    language: str
    certainty: float
    concepts: tuple[URIRef, ...]


class Understanding:
    """Recognises labels word by word, in the comparable forms of their language."""

    def __init__(self, concepts: Concepts, space: LanguageSpace) -> None:
        self._detector = Detector(space)
        self._labels: dict[str, dict[tuple[str, ...], list[_Label]]] = defaultdict(lambda: defaultdict(list))
        for concept in concepts.values():
            if concept.kind not in KINDS:
                continue
            if concept.kind == "barrier" and not concept.code.startswith("eplus-2021."):
                continue
            for language, text in [*concept.labels.items(), *concept.other, *concept.hidden]:
                key = tuple(forms(text, language))
                if 0 < len(key) <= _LONGEST:
                    self._labels[language][key].append((concept.iri, surfaces(text)))

    def read(self, text: str, vector: np.ndarray, not_meant: frozenset[URIRef] = frozenset()) -> Understood:
        """Language (from letters and vector) and concepts (from the words, without those `not_meant`) of a question."""
        shares = self._detector.likelihoods(text, vector)
        if len(surfaces(text)) <= _SHORT:
            shares = {code: share * self._known(text, code) for code, share in shares.items()}
            total = sum(shares.values())
            shares = {code: share / total for code, share in shares.items()}
        language = max(shares, key=lambda code: shares[code])
        certainty = shares[language]
        found = self._concepts(text, language)
        if certainty < _SURE and language != "en":
            found += self._concepts(text, "en")
        return Understood(language, certainty, tuple(iri for iri in dict.fromkeys(found) if iri not in not_meant))

    def _known(self, text: str, language: str) -> float:
        """How much likelier a few words are in a language that names something with them; English a little more."""
        return (_NAMED if self._concepts(text, language) else 1.0) * (2.0 if language == "en" else 1.0)

    def _concepts(self, text: str, language: str) -> list[URIRef]:
        words, written, labels = forms(text, language), surfaces(text), self._labels[language]
        found: list[URIRef] = []
        at = 0
        while at < len(words):
            for length in range(min(_LONGEST, len(words) - at), 0, -1):
                known = labels.get(tuple(words[at : at + length]), ())
                hits = [iri for iri, label in known if _same(label, written[at : at + length])]
                if hits:
                    found.extend(hits)
                    at += length - 1
                    break
            at += 1
        return found


def _same(label: list[str], written: list[str]) -> bool:
    """Whether words of one form are one word: abbreviations as written, others about as long.

    "HE" is not "he", and "travel" is not "Travellers".
    """
    return all(
        one == other if len(label) == 1 and len(one) <= 3 else abs(len(one) - len(other)) <= _ENDING
        for one, other in zip(label, written, strict=True)
    )
