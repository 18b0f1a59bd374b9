"""The language of a text that does not say it; py3langid, a naive Bayes over byte n-grams (Lui & Baldwin 2012)."""

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from ontology import EU_LANGUAGES

LONG_ENOUGH = 40
"""Characters; the language of less is not guessed."""
_SURE = 0.95


def language_of(text: str) -> str:
    """The code of the language of a text, or nothing where it is short or doubtful."""
    if len(text) < LONG_ENOUGH:
        return ""
    code, share = _identifier().classify(text[:5000])
    return str(code) if share >= _SURE else ""


@cache
def _identifier() -> LanguageIdentifier:
    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    made.set_languages(list(EU_LANGUAGES))
    return made
