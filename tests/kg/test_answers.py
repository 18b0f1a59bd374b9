"""A large answer ends after a whole row and says so; a small one stays in memory."""

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pyoxigraph as ox
import pytest
from rdflib import Graph, Literal, Namespace

from kg import EmbeddedStore
from kg.answers import GRAPHS, PIECE, SMALL, TABLES, Written
from kg.protocol import run_query

EX = Namespace("https://example.org/")
TRICKY = '}},{"o":{"type" </result>\n"a", \'b\'\\ ,\r\n"'
ROWS = 4000
SELECT, CONSTRUCT = "SELECT ?o ?unbound ?s { ?s ?p ?o }", "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"
LIMIT = 150_000
PARSERS = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld", "trig": "trig", "nq": "nquads"}


@pytest.fixture(scope="module")
def full() -> EmbeddedStore:
    store = EmbeddedStore(None)
    store.change({EX.g: [(EX[f"s{n}"], EX.p, Literal(f"{n} {TRICKY}", lang="en")) for n in range(ROWS)]})
    return store


def values(answer: Written) -> list[str]:
    """The values of ?o, as a strict reader of the form finds them."""
    match answer.form:
        case "json":
            return [row["o"]["value"] for row in json.loads(answer.body)["results"]["bindings"]]
        case "xml":
            cells = ElementTree.fromstring(answer.body).iter()  # noqa: S314  (our own)
            return [str(cell.text) for cell in cells if cell.tag.endswith("literal")]
        case "csv":
            return [row[0] for row in list(csv.reader(io.StringIO(answer.body.decode(), newline="")))[1:]]
        case _:
            result = ox.parse_query_results(answer.body, format=TABLES[answer.form])
            return [row["o"].value for row in result]  # type: ignore[union-attr]


@pytest.mark.parametrize("form", TABLES)
def test_a_table_that_is_too_large_ends_after_a_whole_row(full: EmbeddedStore, form: str) -> None:
    answer = run_query(full, SELECT, form, limit=LIMIT)
    found = values(answer)
    assert 100 < len(found) < ROWS
    wanted = {f"{n} {TRICKY}" for n in range(ROWS)}
    if form == "xml":  # a reader of XML makes one line's end of two characters
        wanted = {value.replace("\r\n", "\n") for value in wanted}
    assert set(found) <= wanted
    assert answer.cut == "Cut after 0.15 MB."
    assert LIMIT / 2 < len(answer.body) < LIMIT + PIECE


@pytest.mark.parametrize("form", GRAPHS)
def test_a_graph_that_is_too_large_ends_after_a_whole_triple(full: EmbeddedStore, form: str) -> None:
    answer = run_query(full, CONSTRUCT, form, limit=LIMIT)
    assert answer.cut
    assert 100 < len(Graph().parse(data=answer.body, format=PARSERS[form])) < ROWS


@pytest.mark.parametrize("form", ["json", "xml", "ttl", "nt", "trig", "nq", "rdf"])
def test_what_was_cut_says_so_at_its_end(full: EmbeddedStore, form: str) -> None:
    query = SELECT if form in TABLES else CONSTRUCT
    assert b"Cut after 0.15 MB." in run_query(full, query, form, limit=LIMIT).body[-100:]


@pytest.mark.parametrize("form", [*TABLES, *GRAPHS])
def test_what_fits_is_whole_and_does_not_say_that_it_was_cut(full: EmbeddedStore, form: str) -> None:
    answer = run_query(full, SELECT if form in TABLES else CONSTRUCT, form)
    assert not answer.cut
    assert b"Cut after" not in answer.body
    if form in TABLES:
        assert len(values(answer)) == ROWS


@pytest.mark.parametrize("form", ["json", "csv", "nt"])
def test_a_large_answer_goes_into_the_file_and_a_small_one_does_not(
    full: EmbeddedStore, form: str, tmp_path: Path
) -> None:
    query = SELECT if form in TABLES else CONSTRUCT
    whole = run_query(full, query, form)
    assert len(whole.body) > SMALL
    spilt = run_query(full, query, form, file=tmp_path / "answer")
    assert not spilt.body
    assert (tmp_path / f"answer.{form}").read_bytes() == whole.body
    small = run_query(full, query + " LIMIT 3", form, file=tmp_path / "small")
    assert small.body
    assert not list(tmp_path.glob("small*"))


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
@pytest.mark.parametrize("query", ["SELECT ?none { ?s ?p ?o }", f'SELECT ?o {{ BIND("{"x" * 100_000}" AS ?o) }}'])
def test_an_answer_that_is_cut_before_its_first_whole_row_is_still_a_document(
    full: EmbeddedStore, form: str, query: str
) -> None:
    answer = run_query(full, query, form, limit=3000)
    assert answer.cut
    if form == "json":
        assert json.loads(answer.body)["results"]["bindings"] == []
    elif form == "xml":
        assert ElementTree.fromstring(answer.body).tag.endswith("sparql")  # noqa: S314  (our own)
