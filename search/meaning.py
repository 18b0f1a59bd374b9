"""Meaning inside SPARQL: a `SERVICE` block that yields the records which the site would find, best first.

`SERVICE gw:search { ?record gw:query "plain language" ; gw:score ?score }` becomes a `VALUES` block before the query
runs, so that it can stand wherever SPARQL 1.1 allows a block, on any engine.
"""

from collections.abc import Iterator

import pyoxigraph as ox

from kg import QueryError
from kg.query_text import Service, Token, literal
from ontology import GW

from .results import Hit
from .searcher import Searcher

SEARCH = str(GW.search)
USUAL, MOST = 100, 1000  # records that a block yields
_EXAMPLE = 'SERVICE gw:search { ?record gw:query "plain language" ; gw:score ?score }'
_GIVEN = {str(GW.query): "query", str(GW.limit): "limit"}
_FOUND = {
    str(GW.score): "score",
    str(GW.rank): "rank",
    str(GW.passage): "passage",
    str(GW.sentence): "sentence",
}


def ranked(service: Service, searcher: Searcher) -> str:
    """The `VALUES` block that a `SERVICE gw:search` block stands for.

    Raises:
        QueryError: the block does not say what to look for, or says something else.

    """
    record, question, limit, wanted = _read(service)
    hits = searcher.search(question, limit=limit).hits
    names = [record, *wanted.values()]
    rows = (" ".join(_terms(rank, hit, wanted)) for rank, hit in enumerate(hits, 1))
    return f"VALUES ({' '.join(names)}) {{ {' '.join(f'({row})' for row in rows)} }}"


def _read(service: Service) -> tuple[str, str, int, dict[str, str]]:
    """The record's variable, the question, how many records, and the variable of each thing that is wanted."""
    record, question, limit = "", "", USUAL
    wanted: dict[str, str] = {}
    for subject, predicate, value in _triples(service):
        record = record or subject.text
        name = service.names(predicate)
        if subject.kind != "variable" or subject.text != record:
            raise QueryError(f"A SERVICE gw:search block is about one variable, as in {_EXAMPLE}.")
        if _GIVEN.get(name) == "query" and value.kind == "text":
            question = literal(value)
        elif (
            _GIVEN.get(name) == "limit"
            and value.kind == "number"
            and len(value.text) < 9
            and 0 < int(value.text) <= MOST
        ):
            limit = int(value.text)
        elif name in _FOUND and value.kind == "variable" and value.text not in (record, *wanted.values()):
            wanted[_FOUND[name]] = value.text
        else:
            raise QueryError(
                f"'{predicate.text} {value.text[:60]}' cannot stand in a SERVICE gw:search block. It takes gw:query "
                f"with a text in quotes, gw:limit with a number up to {MOST}, and gw:score, gw:rank, gw:passage and "
                "gw:sentence with a variable of its own."
            )
    if not question.strip():
        raise QueryError(f"A SERVICE gw:search block needs a text to look for, as in {_EXAMPLE}.")
    return record, question, limit, wanted


def _triples(service: Service) -> Iterator[tuple[Token, Token, Token]]:
    """Subject, predicate and object of each pattern in the block; a language tag tells nothing and is left out."""
    pieces = [piece for piece in service.body if piece.kind != "language"]
    n = 0
    while n < len(pieces):
        subject, n = pieces[n], n + 1
        while True:
            if n + 1 >= len(pieces):
                raise QueryError(f"A SERVICE gw:search block ends too early; write it as {_EXAMPLE}.")
            yield subject, pieces[n], pieces[n + 1]
            n += 2
            if n < len(pieces) and pieces[n].text == ";":
                n += 1
                if n < len(pieces) and pieces[n].text != ".":
                    continue
            if n < len(pieces) and pieces[n].text != ".":
                raise QueryError(f"'{pieces[n].text[:60]}' cannot stand in a SERVICE gw:search block; try {_EXAMPLE}.")
            n += 1
            break


def _terms(rank: int, hit: Hit, wanted: dict[str, str]) -> Iterator[str]:
    yield hit.iri.n3()
    for name in wanted:
        match name:
            case "score":
                yield f'"{hit.score:.4f}"^^<http://www.w3.org/2001/XMLSchema#decimal>'
            case "rank":
                yield str(rank)
            case "passage":
                yield _text(hit, None)
            case "sentence":
                yield _text(hit, hit.sentence)


def _text(hit: Hit, span: tuple[int, int] | None) -> str:
    if hit.passage is None:
        return "UNDEF"
    text = hit.passage.text[slice(*span)] if span else hit.passage.text
    return str(ox.Literal(text, language=hit.passage.language or None))
