"""The text of a SPARQL query in pieces, so that a `SERVICE` block can be answered here and put back as `VALUES`.

Lexical rules: SPARQL 1.1 Query Language, section 19.8. The engine's own parser still judges what comes out.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urljoin

from ontology import PREFIXES

from .errors import QueryError

_TOKEN = re.compile(
    r"""(?P<space>\s+|\#[^\r\n]*)
    |(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    |(?P<text>\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*(?:\"\"\")?|\'\'\'(?:[^'\\]|\\.|'(?!''))*(?:\'\'\')?|"(?:[^"\\\r\n]|\\.)*"?|'(?:[^'\\\r\n]|\\.)*'?)
    |(?P<variable>[?$]\w+)
    |(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<number>\d+)
    |(?P<name>(?:[^\W\d](?:[\w.-]{0,200}[\w-])?)?:(?:[\w.%:-]|\\.)*(?<!\.)|[^\W\d][\w-]*)
    |(?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
MOST_BLOCKS = 10  # in a query; each is answered before it runs
_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """A piece of a query: what it is, as it stands there, and where."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Service:
    """A `SERVICE` block."""

    iri: str
    """Of the service; empty where it is a variable."""
    silent: bool
    body: list[Token]
    """What stands between its braces."""
    inside: str
    """The same, as it stands there."""
    prologue: str
    """The query's own `BASE` and `PREFIX` lines."""
    names: Callable[[Token], str]
    """The IRI that a token stands for; empty where it is none."""


def tokens(query: str) -> list[Token]:
    """The pieces of a query, without spaces and comments."""
    found = []
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, match[0], match.start(), match.end()))
    return found


def depth(query: str) -> int:
    """How many brackets stand within brackets, at the most."""
    now = most = 0
    for piece in tokens(query):
        now += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(piece.text, 0)
        most = max(most, now)
    return most


def literal(token: Token) -> str:
    """The text that a token in quotes stands for."""
    quotes = 3 if token.text[:3] in ('"""', "'''") else 1
    return _ESCAPED.sub(_unescaped, token.text[quotes:-quotes])


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if not code:
        return _ESCAPES.get(found[3], found[3])
    return chr(int(code, 16)) if int(code, 16) < 0x110000 else "\ufffd"


def answer_services(query: str, answer: Callable[[Service], str]) -> str:
    """The query with each `SERVICE` block replaced by what `answer` gives for it; line numbers stay.

    Raises:
        QueryError: a block has no end, there are too many, or `answer` refuses it.

    """
    if "service" not in query.lower():
        return query
    pieces = tokens(query)
    named, prologue = _prologue(pieces, query)
    made: list[str] = []
    at = n = 0
    while n < len(pieces):
        if pieces[n].kind == "name" and pieces[n].text.upper() == "SERVICE":
            first = n
            silent = n + 1 < len(pieces) and pieces[n + 1].text.upper() == "SILENT"
            n += 1 + silent
            opening = n + 1
            closing = _closing(pieces, opening)
            body = pieces[opening + 1 : closing]
            start, end = pieces[first].start, pieces[closing].end
            inside = query[pieces[opening].end : pieces[closing].start]
            block = Service(named(pieces[n]), silent, body, inside, prologue, named)
            if len(made) >= 3 * MOST_BLOCKS:
                raise QueryError(f"A query may have {MOST_BLOCKS} SERVICE blocks; this one has more.")
            made += [query[at:start], answer(block), "\n" * query.count("\n", start, end)]
            at, n = end, closing
        n += 1
    return "".join([*made, query[at:]])


def resolved(query: str) -> list[tuple[Token, str]]:
    """The pieces of a query, each with the IRI that it stands for; empty where it stands for none."""
    pieces = tokens(query)
    named, _ = _prologue(pieces, query)
    return [(piece, named(piece) if piece.kind in ("iri", "name") else "") for piece in pieces]


def _closing(pieces: list[Token], opening: int) -> int:
    depth = 0
    if opening < len(pieces) and pieces[opening].text == "{":
        for n in range(opening, len(pieces)):
            depth += {"{": 1, "}": -1}.get(pieces[n].text, 0)
            if not depth:
                return n
    raise QueryError("A SERVICE block has to be written as SERVICE <address> { … }; a brace is missing here.")


def _prologue(pieces: list[Token], query: str) -> tuple[Callable[[Token], str], str]:
    """How names are resolved, by the query's own prefixes and the project's, and the lines that say so."""
    prefixes, base, lines, n = dict(PREFIXES), "", [], 0
    while n + 1 < len(pieces):
        word = pieces[n].text.upper()
        if word == "BASE" and pieces[n + 1].kind == "iri":
            base, end = _resolved(base, pieces[n + 1].text[1:-1]), n + 1
        elif word == "PREFIX" and n + 2 < len(pieces) and pieces[n + 2].kind == "iri":
            prefixes[pieces[n + 1].text.removesuffix(":")] = _resolved(base, pieces[n + 2].text[1:-1])
            end = n + 2
        else:
            break
        lines.append(query[pieces[n].start : pieces[end].end])
        n = end + 1

    def named(token: Token) -> str:
        if token.kind == "iri":
            return _resolved(base, token.text[1:-1])
        prefix, colon, rest = token.text.partition(":")
        return prefixes[prefix] + rest.replace("\\", "") if colon and prefix in prefixes else ""

    return named, "\n".join(lines)


def _resolved(base: str, reference: str) -> str:
    """The address that a reference stands for; `urljoin` would lose an empty fragment."""
    return reference if _ABSOLUTE.match(reference) else urljoin(base, reference)
