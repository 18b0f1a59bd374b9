"""The language of a question, from two witnesses: its letters and its vector.

Letters (lingua's trigram statistics) are good on words that the model has no feeling for, such as the field's
English; the vector is good on short texts and knows Maltese, which lingua lacks. Their product is better than
either; the figures are in docs/language-space.md.
"""

from functools import cache

import numpy as np
from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

from ontology import EU_LANGUAGES

from .languages import LanguageSpace

_FLOOR = 1e-3  # no witness alone can rule a language out


class Detector:
    """Guesses one of the languages that the space knows."""

    def __init__(self, space: LanguageSpace) -> None:
        self._space = space

    def likelihoods(self, text: str, vector: np.ndarray) -> dict[str, float]:
        """How likely a text with this raw vector is in each language; they add up to 1."""
        by_letters = {
            found.language.iso_code_639_1.name.lower(): found.value
            for found in _lingua().compute_language_confidence_values(text)
        }
        if len(self._space.codes) < 2:
            return by_letters
        letters = np.array([by_letters.get(code, _FLOOR * 20) for code in self._space.codes]) + _FLOOR
        both = letters * np.sqrt(self._space.likelihoods(vector) + _FLOOR / 10)
        shares = both / both.sum()
        return dict(zip(self._space.codes, map(float, shares), strict=True))

    def detect(self, text: str, vector: np.ndarray) -> tuple[str, float]:
        """The language of a text with this raw vector, and how likely it is (0 to 1)."""
        shares = self.likelihoods(text, vector)
        best = max(shares, key=lambda code: shares[code])
        return best, shares[best]


@cache
def _lingua() -> LanguageDetector:
    codes = [getattr(IsoCode639_1, code.upper(), None) for code in EU_LANGUAGES]
    known = [code for code in codes if code is not None]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*known).with_low_accuracy_mode().build()
