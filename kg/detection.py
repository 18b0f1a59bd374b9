"""The language of a text, by its letters: one of the 24 official languages of the EU.

py3langid is a naive Bayes over byte n-grams (Lui & Baldwin 2012, "langid.py"); restricted to these languages it was
right more often on questions and everyday sentences than what was tried before it (figures in docs/decisions.md), and
it knows Maltese. Its probabilities are far too sure of themselves, so their square roots are taken.
"""

from functools import cache

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from ontology import EU_LANGUAGES


def likelihoods(text: str) -> dict[str, float]:
    """How likely a text is in each language; they add up to 1."""
    ranked = _identifier().rank(text)
    shares = np.sqrt([share for _, share in ranked])
    return {code: float(share) for (code, _), share in zip(ranked, shares / shares.sum(), strict=True)}


def detect(text: str) -> tuple[str, float]:
    """The language of a text, and how likely it is (0 to 1)."""
    shares = likelihoods(text)
    best = max(shares, key=lambda code: shares[code])
    return best, shares[best]


@cache
def _identifier() -> LanguageIdentifier:
    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages(list(EU_LANGUAGES))
    return made
