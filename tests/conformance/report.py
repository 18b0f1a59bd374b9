"""The page about a run of all suites."""

from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from .manifests import RDF_TESTS, SHACL_TESTS, SUITES, Entry, entries
from .run import EXCEPTIONS, OUT_OF_SCOPE, OVER_HTTP, REASONS, RUNNERS, run, runs
from .sparql import OtherSpellingError

NAMES = {"sparql10": "SPARQL 1.0", "sparql11": "SPARQL 1.1", "sparql12": "SPARQL 1.2", "shacl": "SHACL"}
STATES = ("passed", "other spelling", "not passed", "not run")
_KINDS = {
    "sparql11/entailment": "entailment regimes",
    "sparql11/csv-tsv-res": "result formats",
    "sparql11/json-res": "result formats",
    "sparql11/service": "federated query",
    "sparql11/syntax-fed": "federated query",
    "ProtocolTest": "protocol",
    "ServiceDescriptionTest": "service description",
    "GraphStoreProtocolTest": "graph store protocol",
    "Validate": "validation",
}

Outcomes = list[tuple[Entry, str]]


def outcomes() -> Outcomes:
    """Every entry of every suite, and which of `STATES` it is in."""
    return [(entry, _state(entry)) for suite in SUITES for entry in entries(suite)]


def surprises(found: Outcomes) -> list[str]:
    """The entries that do otherwise than the list of exceptions says."""
    return [entry.id for entry, state in found if state not in ("not run", _foreseen(entry))]


def page(found: Outcomes) -> str:
    """The page, in Markdown."""
    http = [(entry, state) for entry, state in found if entry.type in OVER_HTTP]
    rest = [(entry, state) for entry, state in found if entry.type not in OVER_HTTP]
    parts = [_INTRODUCTION, _materials(), "## In short", _table((_kind(entry), state) for entry, state in found)]
    for suite in dict.fromkeys(entry.suite for entry, _ in rest):
        rows = [(entry.group.partition("/")[2], state) for entry, state in rest if entry.suite == suite]
        parts += [f"## {NAMES[suite]}", _table(rows)]
    parts += ["## Protocol, service description and graph store protocol, over HTTP"]
    parts += [_table((entry.group.partition("/")[2], state) for entry, state in http)]
    if not RUNNERS.keys() & set(OVER_HTTP):
        parts += ["These need a running site, and this command does not run them yet."]
    return "\n\n".join([*parts, exceptions()]) + "\n"


def exceptions() -> str:
    """The section about what does not pass."""
    parts = ["## What does not pass, and why"]
    for reason in REASONS:
        parts += [f"**{reason.reason}** ({len(reason.tests)})", ", ".join(f"`{test}`" for test in reason.tests)]
    parts += [f"Not run: {', '.join(f'`{group}`' for group in OUT_OF_SCOPE)}. {' '.join(OUT_OF_SCOPE.values())}"]
    return "\n\n".join(parts)


def _state(entry: Entry) -> str:
    if not runs(entry):
        return "not run"
    try:
        run(entry)
    except OtherSpellingError:
        return "other spelling"
    except Exception:
        return "not passed"
    return "passed"


def _foreseen(entry: Entry) -> str:
    reason = EXCEPTIONS.get(entry.id)
    if reason is None:
        return "passed"
    return "other spelling" if reason.spelling else "not passed"


def _kind(entry: Entry) -> str:
    kind = _KINDS.get(entry.group) or _KINDS.get(entry.type)
    if kind is None:
        kind = (
            f"{'update' if 'Update' in entry.type else 'query'} {'syntax' if 'Syntax' in entry.type else 'evaluation'}"
        )
    return f"{NAMES[entry.suite]}: {kind}"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    """How many are in which state, by a name, and altogether."""
    counted = Counter(rows)
    names = list(dict.fromkeys(name for name, _ in counted))
    head = [_line("", *STATES, "of"), "|---|" + "--:|" * (len(STATES) + 1)]
    lines = [_line(name, *_figures(counted, [name])) for name in names]
    return "\n".join([*head, *lines, _line("**all**", *_figures(counted, names))])


def _figures(counted: Counter[tuple[str, str]], names: list[str]) -> Iterator[int | str]:
    figures = [sum(counted[name, state] for name in names) for state in STATES]
    return iter([*(figure or "" for figure in figures), sum(figures)])


def _line(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _materials() -> str:
    sources = (Path(folder, "SOURCE.txt") for folder in (RDF_TESTS, SHACL_TESTS))
    suites = [path.read_text("utf-8").splitlines()[0].removeprefix("repo: ") for path in sources if path.is_file()]
    parts = [f"{name} {version(name)}" for name in ("pyoxigraph", "pyshacl", "rdflib")]
    return f"Suites: {'; '.join(suites)}. Run with {', '.join(parts)}."


_INTRODUCTION = """\
# Conformance

Made by `python -m tests.conformance`, which runs the W3C test suites; `make test` runs the same tests, one by one.

A query goes the way of every query from outside: through `kg.protocol.run_query` to an embedded store. Its answer is
serialised, in the form of the file with the expected answer where that is one of SPARQL's, and read back. The default
graph of a test is asked for by its name, since the default graph of Goodways is the union of all. An update runs on the
same store. Shapes are run as those of records are.

Answers are compared as the suites ask: graphs by isomorphism, solutions as bags with blank nodes mapped, literals
letter for letter; and where a query ends in `ORDER BY`, solutions in their order. *Other spelling* counts answers that
have every expected value, and a number in another form (`1` for `1.0`); they are not counted as passed."""
