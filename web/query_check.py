"""What a query names that the graph does not have, with the names that were probably meant.

Looked at are the properties, the classes and whatever stands in a namespace of the project or of a vocabulary that
the graph uses; not looked at are variables, literals, comments, datatypes, functions, `SERVICE` blocks and the template
of a CONSTRUCT.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from kg.query_text import Token, resolved
from ontology import BASE, COUNTRY, ID, LANGUAGE, NUTS, PREFIXES

from .query_names import CLASS, KNOWN_PREFIXES, PROPERTY, Name, QueryNames, words

MOST = 50  # names that are looked up
OURS = (BASE, str(COUNTRY), str(LANGUAGE), str(NUTS))
"""Namespaces in which every name is looked up, wherever it stands."""
_RDF_TYPE = PREFIXES["rdf"] + "type"
_STARTS = {".", "{", "}", ")", ";"}
_TERMS = {"variable", "iri", "text", "number"}
Piece = tuple[Token, str]


@dataclass
class Unknown:
    """A name that the graph does not have."""

    token: Token
    iri: str
    kind: str
    """`class`, `property`, or empty where the query does not tell."""
    line: int
    column: int
    nearest: list[Name]

    def as_dict(self, query: str) -> dict[str, Any]:
        """For programs and templates; each of the nearest with the query that has it in its place."""
        near = [name.as_dict() for name in self.nearest]
        for name in near:
            name["query"] = with_prefixes(query[: self.token.start] + name["written"] + query[self.token.end :])
        place = {"line": self.line, "column": self.column}
        return {"name": self.token.text, "iri": self.iri, "kind": self.kind, **place, "nearest": near}


def unknown_names(query: str, names: QueryNames) -> list[Unknown]:
    """Names in a query that the graph has nowhere, each once, in their order."""
    found: dict[str, Unknown] = {}
    looked: set[str] = set()
    for token, iri, kind in _named(resolved(query), names):
        if iri in looked or len(looked) >= MOST:
            continue
        looked.add(iri)
        if not names.has(iri):
            line = query.count("\n", 0, token.start) + 1
            column = token.start - (query.rfind("\n", 0, token.start) + 1) + 1
            found[iri] = Unknown(token, iri, kind, line, column, _nearest(iri, kind, names))
    return list(found.values())


def with_prefixes(query: str) -> str:
    """The query with a PREFIX line for each prefix of the project that it uses and does not declare."""
    pieces = [token for token, _ in resolved(query)]
    declared = {after.text.partition(":")[0] for before, after in pairwise(pieces) if _is(before, "PREFIX")}
    used = dict.fromkeys(token.text.partition(":")[0] for token in pieces if token.kind == "name" and ":" in token.text)
    missing = [prefix for prefix in used if prefix in KNOWN_PREFIXES and prefix not in declared]
    return "".join(f"PREFIX {prefix}: <{KNOWN_PREFIXES[prefix]}>\n" for prefix in missing) + query


def _nearest(iri: str, kind: str, names: QueryNames) -> list[Name]:
    local = iri.rstrip("/#").replace("#", "/").rpartition("/")[2]
    namespace = iri[: len(iri) - len(local)]
    if iri.startswith(ID):
        of_kind = iri[len(str(ID)) :].partition("/")[0]
        return names.nearest(local, of_kind) or names.nearest(words(local), of_kind) or names.nearest(local)
    return names.nearest(local, [kind] if kind else (CLASS, PROPERTY), namespace=namespace)


def _named(pieces: list[Piece], names: QueryNames) -> Iterator[tuple[Token, str, str]]:
    """The names that are to be known, each with what it stands as."""
    n = 0
    while n < len(pieces):
        token, iri = pieces[n]
        if _is(token, "PREFIX"):
            n += 3
            continue
        if _is(token, "BASE"):
            n += 2
            continue
        if _is(token, "SERVICE") or (_is(token, "CONSTRUCT") and _text(pieces, n + 1) == "{"):
            n = _after_block(pieces, n)
            continue
        if _is(token, "VALUES"):
            end = _after_block(pieces, n)
            yield from ((t, i, "") for t, i in pieces[n:end] if i.startswith(OURS))
            n = end
            continue
        if iri and not _is_other(pieces, n):
            kind = _stands_as(pieces, n)
            if kind or iri.startswith((*OURS, *names.namespaces)):
                yield token, iri, kind
        n += 1


def _is_other(pieces: list[Piece], n: int) -> bool:
    """Whether a name is a datatype, a function or the name of a graph to query."""
    before = _text(pieces, n - 1)
    return (
        (before == "^" and _text(pieces, n - 2) == "^")
        or _text(pieces, n + 1) == "("
        or before.upper() in ("FROM", "NAMED")
    )


def _stands_as(pieces: list[Piece], n: int) -> str:
    before, behind = _text(pieces, n - 1), _text(pieces, n + 1)
    if before == "a" or (n and pieces[n - 1][1] == _RDF_TYPE):
        return CLASS
    if before in (";", "[", "/", "|", "^", "!") or behind in ("/", "|", "*", "+"):
        return PROPERTY
    subject = n > 0 and (_is_term(pieces[n - 1]) or before == "]")
    if subject and _text(pieces, n - 2) in _STARTS and behind and _begins_object(pieces[n + 1]):
        return PROPERTY
    return ""


def _is_term(piece: Piece) -> bool:
    token, iri = piece
    return token.kind in _TERMS or bool(iri) or (token.kind == "name" and token.text.startswith("_:"))


def _begins_object(piece: Piece) -> bool:
    return _is_term(piece) or piece[0].text in ("[", "(", "?", "-", "+") or piece[0].text in ("true", "false")


def _after_block(pieces: list[Piece], n: int) -> int:
    """Where the next block in braces ends."""
    depth = 0
    for at in range(n, len(pieces)):
        text = pieces[at][0].text
        depth += {"{": 1, "}": -1}.get(text, 0)
        if text == "}" and depth <= 0:
            return at + 1
    return len(pieces)


def _text(pieces: list[Piece], n: int) -> str:
    return pieces[n][0].text if 0 <= n < len(pieces) else ""


def _is(token: Token, keyword: str) -> bool:
    return token.kind == "name" and token.text.upper() == keyword
