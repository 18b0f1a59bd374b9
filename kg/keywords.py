"""Which keywords a SPARQL query uses, decided by the engine's own parser."""

import re
import secrets

import pyoxigraph as ox

from ontology import PREFIXES

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U(000[0-9A-Fa-f]{5})")


def uses_keyword(query: str, word: str) -> bool:
    """Whether `word` stands in the query as a keyword, also written with escapes.

    With the word replaced by one that nobody can foresee, a query that uses the keyword can no longer be read. Word
    boundaries would not do: Oxigraph also takes `1SERVICE<x>` and `SERVICEex:a`.
    """
    plain = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), query)
    return _breaks_without(query, word) or (plain != query and _breaks_without(plain, word))


def _breaks_without(query: str, word: str) -> bool:
    blind, found = re.subn(word, "x" + secrets.token_hex(8), query, flags=re.IGNORECASE)
    if not found:
        return False
    try:
        ox.Store().query(blind, prefixes=PREFIXES)
    except SyntaxError:
        return True
    except (OSError, RuntimeError, ValueError):
        return False
    return False
