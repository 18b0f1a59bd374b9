"""Which keywords a SPARQL query uses, decided by the engine's own parser."""

import re
import secrets
from collections.abc import Callable

import pyoxigraph as ox

from ontology import PREFIXES

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U(000[0-9A-Fa-f]{5})")


def uses_keyword(query: str, word: str) -> bool:
    """Whether `word` stands in the query as a keyword, also written with escapes.

    With the word replaced by one that nobody can foresee, a query that uses the keyword can no longer be read. Word
    boundaries would not do: Oxigraph also takes `1SERVICE<x>` and `SERVICEex:a`.
    """
    return any(
        _breaks_without(text, word, lambda blind: ox.Store().query(blind, prefixes=PREFIXES))
        for text in _readings(query)
    )


def calls_others(update: str) -> bool:
    """Whether an update would fetch something: whether it can no longer be read without `LOAD` and `SERVICE`."""
    run = lambda blind: ox.Store().update(blind, prefixes=PREFIXES)  # noqa: E731
    return any(_breaks_without(text, "LOAD|SERVICE", run) for text in _readings(update))


def _readings(text: str) -> set[str]:
    return {text, _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)}


def _breaks_without(query: str, words: str, run: Callable[[str], object]) -> bool:
    unforeseen = "x" + secrets.token_hex(8)
    blind, found = re.subn(words, lambda word: unforeseen + word[0][:1].lower(), query, flags=re.IGNORECASE)
    if not found:
        return False
    try:
        run(blind)
    except SyntaxError:
        return True
    except (OSError, RuntimeError, ValueError):
        return False
    return False
