"""The promises of a store, kept on disk, in memory and by a SPARQL server alike."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import Graph, Literal, Namespace, URIRef, namespace
from rdflib.compare import isomorphic

from kg import EmbeddedStore, QueryError, Store, StoreError
from kg.remote import RemoteStore
from ontology import HISTORY_GRAPH
from tests import servers
from tests.servers import Server

EX = Namespace("https://example.org/")
LITERALS = [
    Literal('says "so" and \'so\' \\ """too"""'),
    Literal("one\nline\r\nand\tanother\x0b\u2028"),
    Literal("ё ß Ω ქართული 🙂 e\u0301"),
    Literal("} ; DROP ALL ; INSERT DATA { <a:a> <a:a> <a:a>"),
    Literal(""),
    Literal("ħaddiema", lang="mt"),
    Literal("Jänner", lang="de-at"),
    Literal(42),
    Literal(1.5),
    Literal(False),
    Literal("2021", datatype=namespace.XSD.gYear),
    Literal("2021-02-30", datatype=namespace.XSD.date),
    Literal("PT10M", datatype=namespace.XSD.duration),
    Literal("x", datatype=EX.own),
]


@pytest.fixture(scope="module")
def oxigraph() -> Iterator[Server]:
    with servers.oxigraph() as started:
        yield started


@pytest.fixture(scope="module")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.virtuoso(tmp_path_factory.mktemp("virtuoso")) as started:
        yield started


@pytest.fixture(params=["disk", "memory", "oxigraph", "virtuoso"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    made: Store
    if request.param in ("oxigraph", "virtuoso"):
        server: Server = request.getfixturevalue(request.param)
        server.let_in(monkeypatch)
        server.empty()
        made = RemoteStore(server.address)
    else:
        made = EmbeddedStore(tmp_path / "graph" if request.param == "disk" else None)
    yield made
    made.close()


def test_what_is_put_in_can_be_asked_for_in_every_form(any_store: Store) -> None:
    any_store.change({EX.g: [(EX.a, EX.p, Literal("one")), (EX.a, EX.q, EX.b)]})
    assert any_store.select(f"SELECT ?o ?none {{ {EX.a.n3()} {EX.p.n3()} ?o }}") == [{"o": Literal("one")}]
    assert any_store.ask(f"ASK {{ ?s {EX.q.n3()} {EX.b.n3()} }}")
    assert not any_store.ask(f"ASK {{ {EX.b.n3()} ?p ?o }}")
    assert set(any_store.construct("CONSTRUCT { ?o ?p ?s } { ?s ?p ?o FILTER(isIRI(?o)) }")) == {(EX.b, EX.q, EX.a)}
    assert len(any_store.construct(f"DESCRIBE {EX.a.n3()}")) == 2


@pytest.mark.parametrize("value", LITERALS, ids=range(len(LITERALS)))
def test_a_literal_comes_back_as_it_went_in(any_store: Store, value: Literal) -> None:
    any_store.change({EX.g: [(EX.a, EX.p, value)]})
    (found,) = any_store.graph(EX.g).objects()
    assert isinstance(found, Literal)
    assert (str(found), found.language, found.datatype) == (str(value), value.language, value.datatype)


def test_one_change_replaces_adds_and_removes(any_store: Store) -> None:
    old, kept, new = (EX.a, EX.p, Literal("old")), (EX.a, EX.p, Literal("kept")), (EX.a, EX.p, Literal("new"))
    any_store.change({EX.one: [old], EX.two: [old, kept], EX.three: [old]})
    any_store.change({EX.one: [new], EX.three: []}, add={EX.two: [new], EX.four: [new]}, remove={EX.two: [old]})
    assert {name: set(any_store.graph(name)) for name in any_store.names()} == {
        EX.one: {new},
        EX.two: {kept, new},
        EX.four: {new},
    }


def test_removing_what_is_not_there_and_adding_twice_change_nothing(any_store: Store) -> None:
    fact = (EX.a, EX.p, EX.b)
    any_store.change({}, add={EX.g: [fact]})
    any_store.change({EX.none: []}, add={EX.g: [fact]}, remove={EX.g: [(EX.b, EX.p, EX.a)], EX.none: [fact]})
    assert any_store.names() == [EX.g]
    assert set(any_store.graph(EX.g)) == {fact}


def test_a_change_with_one_bad_statement_changes_nothing(any_store: Store) -> None:
    any_store.change({EX.g: [(EX.a, EX.p, Literal("before"))]})
    with pytest.raises(QueryError):
        any_store.change({EX.g: [(EX.a, EX.p, Literal("after"))], EX.h: [(URIRef("https://["), EX.p, EX.b)]})
    assert any_store.names() == [EX.g]
    assert set(any_store.graph(EX.g)) == {(EX.a, EX.p, Literal("before"))}


def test_the_default_graph_is_the_union_of_all_graphs(any_store: Store) -> None:
    any_store.change({EX.one: [(EX.a, EX.p, EX.b)], EX.two: [(EX.b, EX.p, EX.c)]})
    path = f"SELECT ?end {{ {EX.a.n3()} {EX.p.n3()}/{EX.p.n3()} ?end }}"
    assert any_store.select(path) == [{"end": EX.c}]
    assert any_store.select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == [{"n": Literal(2)}]
    assert any_store.select(f"SELECT ?s {{ GRAPH {EX.two.n3()} {{ ?s ?p {EX.c.n3()} }} }}") == [{"s": EX.b}]


def test_many_quads_can_be_loaded_and_read_back(any_store: Store) -> None:
    subject, prop, graphs = ox.NamedNode(EX.a), ox.NamedNode(EX.p), (ox.NamedNode(EX.g), ox.NamedNode(EX.h))
    quads = {ox.Quad(subject, prop, ox.Literal(f'"{n}"\n', language="lv"), graphs[n % 2]) for n in range(2500)}
    any_store.load(quads)
    assert set(any_store.quads()) == quads
    assert len(any_store.graph(EX.h)) == 1250


def test_the_raw_answer_knows_our_prefixes_and_can_be_serialised(any_store: Store) -> None:
    concept = URIRef("http://www.w3.org/2004/02/skos/core#Concept")
    any_store.change({EX.g: [(EX.a, EX.p, concept)]})
    rows = any_store.raw("SELECT ?s { ?s ?p skos:Concept }")
    assert isinstance(rows, ox.QuerySolutions)
    assert b"https://example.org/a" in (rows.serialize(format=ox.QueryResultsFormat.CSV) or b"")
    triples = any_store.raw("CONSTRUCT { ?s a skos:Concept } { ?s ?p skos:Concept }")
    assert isinstance(triples, ox.QueryTriples)
    assert len(list(triples)) == 1
    yes = any_store.raw("ASK { ?s ?p skos:Concept }")
    assert isinstance(yes, ox.QueryBoolean)
    assert yes


def answers(store: Store, query: str, **graphs: list[str]) -> set[str]:
    store.change({EX.one: [(EX.a, EX.p, Literal("one"))], EX.two: [(EX.b, EX.p, Literal("two"))]})
    answer = store.raw(query, **graphs)
    assert isinstance(answer, ox.QuerySolutions)
    return {row["o"].value for row in answer}


def test_a_request_can_choose_the_graphs_of_a_query(any_store: Store) -> None:
    everywhere, in_any = "SELECT ?o { ?s ?p ?o }", "SELECT ?o { GRAPH ?g { ?s ?p ?o } }"
    assert answers(any_store, everywhere) == answers(any_store, in_any) == {"one", "two"}
    assert answers(any_store, everywhere, default=[EX.two]) == {"two"}
    assert answers(any_store, in_any, named=[EX.two]) == {"two"}
    assert answers(any_store, everywhere, named=[EX.two]) == set()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT ?o # from here\n { ?s ?p ?o FILTER(?o != 'from') }", {"one", "two"}),
        ("SELECT ?o FROM <https://example.org/one> { ?s ?p ?o }", {"one"}),
        ("SELECT ?o FROM NAMED <https://example.org/one> { GRAPH ?g { ?s ?p ?o } }", {"one"}),
        ("SELECT ?o FROM NAMED <https://example.org/one> { ?s ?p ?o }", set()),
    ],
)
def test_a_query_can_choose_its_graphs(any_store: Store, query: str, found: set[str]) -> None:
    assert answers(any_store, query) == found


def test_what_is_private_is_out_of_reach_of_any_query(any_store: Store) -> None:
    secret = ox.Quad(ox.NamedNode(EX.a), ox.NamedNode(EX.p), ox.Literal("x"), ox.NamedNode(HISTORY_GRAPH))
    any_store.load([secret])
    assert list(any_store.private.quads()) == [secret]
    assert list(any_store.quads()) == any_store.names() == list(any_store.graph(HISTORY_GRAPH)) == []
    for query in ("ASK { ?s ?p ?o }", "ASK { GRAPH ?g { ?s ?p ?o } }", f"ASK FROM <{HISTORY_GRAPH}> {{ ?s ?p ?o }}"):
        assert not any_store.raw(query)


def test_a_graph_that_is_not_there_is_empty(any_store: Store) -> None:
    assert isomorphic(any_store.graph(EX.nowhere), Graph())
    assert any_store.names() == []
    assert list(any_store.quads()) == []


@pytest.mark.parametrize("query", ["SELECT nonsense", "SELECT * { ?s ?p", "", "SELECT * { ?s unknown:p ?o }"])
def test_a_broken_query_is_refused_in_a_sentence(any_store: Store, query: str) -> None:
    with pytest.raises(QueryError, match=r"\w+ \w+ .*cannot (be read|read)"):
        any_store.select(query)


def test_a_query_of_another_kind_is_refused(any_store: Store) -> None:
    any_store.change({EX.g: [(EX.a, EX.p, EX.b)]})
    for ask, query in [
        (any_store.select, "ASK {}"),
        (any_store.select, "CONSTRUCT WHERE { ?s ?p ?o }"),
        (any_store.ask, "SELECT * {}"),
        (any_store.ask, "CONSTRUCT WHERE { ?s ?p ?o }"),
        (any_store.construct, "SELECT * {}"),
        (any_store.construct, "ASK {}"),
    ]:
        with pytest.raises(QueryError):
            ask(query)


def test_a_query_cannot_change_anything(any_store: Store) -> None:
    with pytest.raises(QueryError):
        any_store.raw(f"INSERT DATA {{ GRAPH {EX.g.n3()} {{ {EX.a.n3()} {EX.p.n3()} 1 }} }}")
    assert any_store.names() == []


def test_a_server_that_is_gone_is_named_in_a_sentence() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    gone = RemoteStore(address)
    for use in (gone.names, lambda: gone.change({EX.g: []}), lambda: list(gone.quads())):
        with pytest.raises(StoreError, match=f"{address}/.* does not answer .*GOODWAYS_STORE"):
            use()
    gone.close()
