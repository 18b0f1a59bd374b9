"""A query from outside gets its answer in the form it asks for, and never makes us call another server."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pyoxigraph as ox
import pytest
from rdflib import Literal, Namespace

from kg import EmbeddedStore, InputError, QueryError
from kg.answers import FORMS, MEDIA_TYPES
from kg.protocol import MAX_QUERY_BYTES, check_query, check_size, query_text, run_query

EX = Namespace("https://example.org/")
SELECT, ASK, CONSTRUCT = "SELECT ?o { ?s ?p ?o }", "ASK { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"
CALLS = [
    "SELECT * { SERVICE <U> {} }",
    "SELECT*{service<U>{}}",
    "SELECT * { SeRvIcE SILENT <U> { ?s ?p ?o } }",
    "SELECT * { SERVICESILENT<U>{} }",
    "SELECT * { SERVICE ?where {} VALUES ?where { <U> } }",
    "SELECT * { SERVICE?where{} VALUES ?where { <U> } }",
    "PREFIX : <U> SELECT * { SERVICE: {} }",
    "PREFIX e: <U> SELECT * { SERVICEe: {} }",
    "PREFIX SERVICEe: <https://example.org/> PREFIX e: <U> SELECT * { SERVICEe: {} }",
    "SELECT * { OPTIONAL { ?s ?p 1SERVICE <U> {} } }",
    "SELECT * { OPTIONAL { ?s ?p trueSERVICE <U> {} } }",
    "SELECT * { OPTIONAL { ?s ?p -1e1SERVICE <U> {} } }",
    "SELECT * { {}SERVICE <U> {} }",
    "SELECT * { # a comment\nSERVICE <U> {} }",
    "SELECT * { # a comment\rSERVICE <U> {} }",
    "PREFIX e: <https://example.org/> SELECT * { OPTIONAL { e:a\\#b ?p ?o } SERVICE <U> {} }",
    "PREFIX e: <https://example.org/> SELECT * { OPTIONAL { e:a\\'b ?p 'x' } SERVICE <U> {} }",
    "SELECT * { OPTIONAL { FILTER(?a<'>#') } SERVICE <U> {} }",
    "SELECT * { OPTIONAL { FILTER('''a'b''' != \"\"\"c\"d\"\"\") } SERVICE <U> {} }",
    "SELECT * { FILTER EXISTS { SERVICE <U> {} } }",
    "SELECT (EXISTS { SERVICE <U> {} } AS ?x) {}",
    "SELECT * { { SELECT * { SERVICE <U> {} } } }",
    "ASK { SERVICE <U> {} }",
    "DESCRIBE ?x { SERVICE <U> { ?x ?y ?z } }",
    "CONSTRUCT { ?s ?p ?o } { SERVICE <U> { ?s ?p ?o } }",
    "SELECT * { \\u0053ERVICE <U> {} }",
]
HARMLESS = [
    "PREFIX service: <https://example.org/> SELECT * { ?s service:p ?o }",
    "PREFIX e: <https://example.org/> SELECT * { ?s e:service e:Service2 }",
    "PREFIX : <https://example.org/> SELECT * { ?s :service ?o }",
    "SELECT ?service { ?service ?p $Service2 }",
    "SELECT * { ?s ?p 'SERVICE <https://example.org/> {}'@en }",
    'SELECT * { ?s ?p """a " service""" }',
    "SELECT * { ?s ?p ?o } # no SERVICE here",
    "SELECT * { ?s <https://example.org/service> <urn:service:x> }",
    "SELECT * { _:service ?p ?o }",
    'SELECT * { ?s ?p ?o FILTER(CONTAINS(STR(?o), "service") && 1 < 2) }',
]


@pytest.fixture
def full(store: EmbeddedStore) -> EmbeddedStore:
    store.change({EX.g: [(EX.a, EX.p, Literal('ё, "q"\n', lang="en"))]})
    return store


@pytest.fixture(scope="module")
def called() -> Iterator[tuple[str, list[str]]]:
    """The address of a server on this machine, and the calls that it got."""
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.append(self.path)
            self.send_error(500)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/sparql", calls
    server.shutdown()


@pytest.mark.parametrize("query", CALLS)
def test_no_spelling_of_service_calls_another_server(
    full: EmbeddedStore, called: tuple[str, list[str]], query: str
) -> None:
    address, calls = called
    with pytest.raises(QueryError, match="SERVICE is not allowed"):
        run_query(full, query.replace("<U>", f"<{address}>"))
    assert calls == []


def test_the_server_of_these_tests_would_notice_a_call(full: EmbeddedStore, called: tuple[str, list[str]]) -> None:
    address, calls = called
    with pytest.raises((OSError, RuntimeError)):
        list(full.raw(f"SELECT * {{ SERVICE <{address}> {{}} }}"))  # type: ignore[arg-type]
    assert len(calls) == 1
    calls.clear()


@pytest.mark.parametrize("query", HARMLESS)
def test_the_word_service_may_stand_where_it_is_no_keyword(full: EmbeddedStore, query: str) -> None:
    check_query(query)
    assert json.loads(run_query(full, query).body)["head"]


@pytest.mark.parametrize("query", ["LOAD <https://example.org/>", "DROP ALL", "DELETE WHERE { ?s ?p ?o }"])
def test_an_update_is_no_query(full: EmbeddedStore, query: str) -> None:
    with pytest.raises(QueryError, match="cannot be read"):
        run_query(full, query)
    assert full.ask(ASK)


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_rows_come_in_each_form_of_rows(full: EmbeddedStore, form: str) -> None:
    answer = run_query(full, SELECT, form)
    body, media_type = answer.body, answer.media_type
    assert media_type == MEDIA_TYPES[form]
    assert "ё" in body.decode()
    if form in ("json", "xml"):
        back = ox.parse_query_results(body, format=ox.QueryResultsFormat.from_media_type(media_type))
        assert isinstance(back, ox.QuerySolutions)
        assert [row["o"].value for row in back] == ['ё, "q"\n']


@pytest.mark.parametrize("form", ["ttl", "nt", "rdf", "jsonld", "trig", "nq"])
def test_triples_come_in_each_form_of_graphs(full: EmbeddedStore, form: str) -> None:
    answer = run_query(full, CONSTRUCT, form)
    body, media_type = answer.body, answer.media_type
    assert media_type == MEDIA_TYPES[form]
    rdf = ox.RdfFormat.from_media_type(media_type)
    assert rdf
    assert [quad.object.value for quad in ox.parse(body, format=rdf)] == ['ё, "q"\n']


def test_every_form_has_a_media_type() -> None:
    assert set(MEDIA_TYPES) == set(FORMS)


def test_yes_and_no_come_in_each_form_of_rows(full: EmbeddedStore) -> None:
    assert json.loads(run_query(full, ASK).body)["boolean"] is True
    assert b"<boolean>false" in run_query(full, "ASK { <a:a> ?p ?o }", "xml").body
    assert run_query(full, ASK, "csv").body == run_query(full, ASK, "tsv").body == b"true"


def test_without_a_form_the_kind_of_query_decides(full: EmbeddedStore) -> None:
    assert run_query(full, SELECT).form == "json"
    assert run_query(full, CONSTRUCT).form == run_query(full, f"DESCRIBE {EX.a.n3()}").form == "ttl"


def test_of_several_forms_the_first_that_fits_the_kind_is_taken(full: EmbeddedStore) -> None:
    assert run_query(full, SELECT, "nt", "xml", "json").form == "xml"
    assert run_query(full, CONSTRUCT, "json", "nt").form == "nt"


@pytest.mark.parametrize(("query", "form"), [(SELECT, "ttl"), (ASK, "nq"), (CONSTRUCT, "csv"), (CONSTRUCT, "json")])
def test_a_form_that_does_not_fit_the_kind_is_refused_with_those_that_do(
    full: EmbeddedStore, query: str, form: str
) -> None:
    with pytest.raises(QueryError, match=f"cannot be answered as {form}; use "):
        run_query(full, query, form)


def test_an_unknown_form_and_a_query_too_long_are_refused(full: EmbeddedStore) -> None:
    with pytest.raises(QueryError, match="'yaml' is not a form"):
        run_query(full, SELECT, "yaml")
    with pytest.raises(QueryError, match="200 kB; make it shorter"):
        check_size(SELECT + " #" + "ё" * (MAX_QUERY_BYTES // 2))


def test_an_answer_that_its_form_cannot_hold_is_refused(full: EmbeddedStore) -> None:
    with pytest.raises(QueryError, match="cannot be written"):
        run_query(full, "CONSTRUCT { ?s ?p <<( ?s ?p 1 )>> } { ?s ?p ?o }", "jsonld")


def test_a_query_is_given_as_text_or_as_a_file(tmp_path: Path) -> None:
    file = tmp_path / "q.rq"
    file.write_bytes(b"\xef\xbb\xbf" + ASK.encode())
    assert query_text(None, file) == query_text(ASK, None) == ASK
    file.write_bytes(b"\xff\xfe")
    for query, path in [(ASK, file), (None, None), (None, tmp_path / "none.rq"), (None, file), (None, tmp_path)]:
        with pytest.raises(InputError):
            query_text(query, path)
