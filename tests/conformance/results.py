"""Answers as values: read from any form of the suites, and compared up to the names of blank nodes."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyoxigraph as ox

from .manifests import quads

TABLES = {
    ".srx": ox.QueryResultsFormat.XML,
    ".srj": ox.QueryResultsFormat.JSON,
    ".tsv": ox.QueryResultsFormat.TSV,
}
_RESULT_SET = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Row = frozenset[tuple[str, Term]]


@dataclass
class Rows:
    """The solutions of a SELECT."""

    variables: set[str]
    rows: list[Row]


Answer = bool | Rows | list[ox.Quad]

_XSD = "http://www.w3.org/2001/XMLSchema#"
_WHOLE = (
    "integer", "nonPositiveInteger", "negativeInteger", "nonNegativeInteger", "positiveInteger",
    "long", "int", "short", "byte", "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
)  # fmt: skip
_VALUES: dict[str, tuple[str, Callable[[str], object]]] = {
    **dict.fromkeys(_WHOLE, ("integer", int)),
    "decimal": ("decimal", lambda text: Decimal(text).normalize()),
    "double": ("double", float),
    "float": ("float", float),
    "boolean": ("boolean", lambda text: text in ("true", "1")),
}
"""Datatype -> the one whose values it shares (XML Schema 1.1 Part 2, section 3) and how they are read."""


def expected(path: Path) -> Answer:
    """The answer that a file of the suite holds: a table, a truth value or a graph (which may describe a table)."""
    if path.suffix in {".csv", *TABLES}:
        return table(path.read_bytes(), path.suffix)
    found = quads(path)
    described = any(quad.object == ox.NamedNode(f"{_RESULT_SET}ResultSet") for quad in found)
    return _described(found) if described else found


def table(body: bytes, suffix: str) -> Answer:
    """Solutions or a truth value from XML, JSON, TSV or CSV, named by the ending of such files in the suites."""
    if suffix == ".csv":
        return _csv(body.decode())
    found = ox.parse_query_results(body, TABLES[suffix])
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    names = [variable.value for variable in found.variables]
    return Rows(set(names), [frozenset((n, row[n]) for n in names if row[n] is not None) for row in found])


def same(ours: Answer, theirs: Answer, *, in_order: bool = False, lax: bool = False) -> bool:
    """Whether two answers are the same: truth values, isomorphic graphs, or bags of solutions.

    Args:
        ours: what came.
        theirs: what was expected.
        in_order: compare solutions as a sequence.
        lax: of each solution, at least one and at most as many as expected (SPARQL 1.1, section 15.3.2: REDUCED).

    """
    if isinstance(ours, Rows) and isinstance(theirs, Rows):
        return ours.variables == theirs.variables and _same_rows(ours.rows, theirs.rows, in_order, lax)
    if isinstance(ours, list) and isinstance(theirs, list):
        return isomorphic(ours, theirs)
    return ours is theirs


def by_value(answer: Answer) -> Answer:
    """The answer with each number and truth value written in one way, whatever its lexical form was."""
    if isinstance(answer, Rows):
        return Rows(answer.variables, [frozenset((name, _value(term)) for name, term in row) for row in answer.rows])
    if isinstance(answer, list):
        return [ox.Quad(q.subject, q.predicate, _value(q.object), q.graph_name) for q in answer]
    return answer


def isomorphic(ours: Iterable[ox.Quad], theirs: Iterable[ox.Quad]) -> bool:
    """Whether two datasets differ in nothing but the names of blank nodes (RDF 1.1 Concepts, section 3.6)."""
    return _canonical(ours) == _canonical(theirs)


def _canonical(found: Iterable[ox.Quad]) -> set[ox.Quad]:
    dataset = ox.Dataset(found)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return set(dataset)


def _same_rows(ours: Sequence[Row], theirs: Sequence[Row], in_order: bool, lax: bool) -> bool:
    if in_order:
        return len(ours) == len(theirs) and isomorphic(
            _as_graph(dict(enumerate(ours))), _as_graph(dict(enumerate(theirs)))
        )
    mine, wanted = Counter(ours), Counter(theirs)
    if lax:
        return mine.keys() == wanted.keys() and all(mine[row] <= wanted[row] for row in mine)
    return _ground(mine) == _ground(wanted) and isomorphic(_with_blanks(mine), _with_blanks(wanted))


def _ground(rows: Mapping[Row, int]) -> dict[Row, int]:
    return {row: times for row, times in rows.items() if not any(_is_blank(value) for _, value in row)}


def _with_blanks(rows: Mapping[Row, int]) -> list[ox.Quad]:
    """Those solutions as a graph: one node each, with how often it occurs."""
    found = []
    for row in rows.keys() - _ground(rows).keys():
        node = ox.BlankNode()
        found += _cells(node, row)
        found.append(ox.Quad(node, ox.NamedNode("urn:x-times"), ox.Literal(rows[row])))
    return found


def _as_graph(rows: Mapping[int, Row]) -> list[ox.Quad]:
    """Solutions in order as a graph: one named node each."""
    return [cell for at, row in rows.items() for cell in _cells(ox.NamedNode(f"urn:x-row:{at}"), row)]


def _cells(node: ox.NamedNode | ox.BlankNode, row: Row) -> list[ox.Quad]:
    return [ox.Quad(node, ox.NamedNode(f"urn:x-variable:{name}"), value) for name, value in row]


def _value(term: Term) -> Term:
    if isinstance(term, ox.Triple):
        return ox.Triple(term.subject, term.predicate, _value(term.object))
    if not isinstance(term, ox.Literal) or (name := term.datatype.value.removeprefix(_XSD)) not in _VALUES:
        return term
    datatype, read = _VALUES[name]
    try:
        return ox.Literal(str(read(term.value)), datatype=ox.NamedNode(_XSD + datatype))
    except (ValueError, InvalidOperation):
        return term


def _is_blank(term: Term) -> bool:
    if isinstance(term, ox.Triple):
        return _is_blank(term.subject) or _is_blank(term.object)
    return isinstance(term, ox.BlankNode)


def _csv(text: str) -> Rows:
    """CSV says only the text of each value (SPARQL 1.1 Query Results CSV and TSV, section 3.2)."""
    names, *lines = csv.reader(text.splitlines())
    return Rows(
        set(names),
        [frozenset((n, _csv_term(value)) for n, value in zip(names, line, strict=True) if value) for line in lines],
    )


def _csv_term(value: str) -> Term:
    return ox.BlankNode(value[2:]) if value.startswith("_:") else ox.Literal(value)


def _described(found: Iterable[ox.Quad]) -> Answer:
    """A table or truth value that a graph describes in the result-set vocabulary."""
    values: dict[tuple[Term, str], list[Term]] = defaultdict(list)
    for quad in found:
        values[quad.subject, quad.predicate.value.removeprefix(_RESULT_SET)].append(quad.object)

    def at(name: str, *nodes: Term) -> list[Term]:
        return [value for node in nodes for value in values[node, name]]

    def text(name: str, *nodes: Term) -> list[str]:
        return [value.value for value in at(name, *nodes) if isinstance(value, ox.Literal)]

    tables = {subject for subject, _ in values}
    if truth := text("boolean", *tables):
        return truth == ["true"]
    solutions = at("solution", *tables)
    if all(text("index", solution) for solution in solutions):
        solutions.sort(key=lambda solution: int(text("index", solution)[0]))
    return Rows(
        set(text("resultVariable", *tables)),
        [
            frozenset((text("variable", cell)[0], at("value", cell)[0]) for cell in at("binding", solution))
            for solution in solutions
        ],
    )
