"""Meaning inside SPARQL: the search of the site as a block and as a function, with everything else that SPARQL has."""

import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from kg import EmbeddedStore, QueryError
from kg.query_text import Service, answer_services, literal, tokens
from search import Searcher
from search.meaning import ranked
from web.cli import main  # noqa: F401  (the command line uses the same)

QUESTION = "deaf apprentices in Ireland"
BLOCK = f'SERVICE gw:search {{ ?r gw:query "{QUESTION}" ; gw:score ?score ; gw:rank ?rank ; gw:passage ?passage }}'


def rows(client: TestClient, query: str) -> list[dict[str, Any]]:
    answer = client.post("/sparql", data={"query": query})
    assert answer.status_code == 200, answer.text
    bindings: list[dict[str, Any]] = answer.json()["results"]["bindings"]
    return [{name: cell["value"] for name, cell in row.items()} for row in bindings]


def refused(client: TestClient, query: str) -> str:
    answer = client.post("/sparql", data={"query": query})
    assert answer.status_code == 400, answer.text
    detail: str = answer.json()["detail"]
    return detail


def test_the_block_ranks_as_the_site_does(client: TestClient, searcher: Searcher) -> None:
    found = rows(client, f"SELECT ?r ?score ?passage {{ {BLOCK} }} ORDER BY ?rank LIMIT 20")
    hits = searcher.search(QUESTION, limit=20).hits
    assert [row["r"] for row in found] == [str(hit.iri) for hit in hits]
    assert [float(row["score"]) for row in found] == [hit.score for hit in hits]
    assert [row["passage"] for row in found] == [hit.passage.text for hit in hits if hit.passage]


def test_the_function_ranks_as_the_site_does(client: TestClient, searcher: Searcher) -> None:
    query = f'SELECT ?r {{ ?r a gw:Record BIND(gw:similarity(?r, "{QUESTION}") AS ?s) }} ORDER BY DESC(?s) LIMIT 20'
    assert [row["r"] for row in rows(client, query)] == [
        str(hit.iri) for hit in searcher.search(QUESTION, limit=20).hits
    ]


def test_the_block_stands_beside_patterns_optionals_and_aggregates(client: TestClient) -> None:
    joined = rows(
        client,
        f"""SELECT ?r ?score ?label {{ {BLOCK} ?r gw:destination country:IRL .
        OPTIONAL {{ ?r gw:addresses/skos:prefLabel ?label FILTER(LANG(?label) = "en") }} }} ORDER BY DESC(?score)""",
    )
    assert joined
    counted = rows(
        client, f"SELECT ?c (COUNT(*) AS ?n) (MAX(?score) AS ?best) {{ {BLOCK} ?r gw:country ?c }} GROUP BY ?c"
    )
    assert sum(int(row["n"]) for row in counted) >= 50
    best = f"SELECT ?r {{ {BLOCK} }} ORDER BY DESC(?score) LIMIT 3"
    within = f"SELECT ?t {{ {{ {best} }} ?r dcterms:title ?t FILTER(LANG(?t) = 'en') }}"
    assert len(rows(client, within)) == 3


def test_two_questions_can_be_asked_in_one_query(client: TestClient) -> None:
    query = """SELECT ?r { SERVICE gw:search { ?r gw:query "deaf learners" ; gw:limit 50 }
        SERVICE gw:search { ?r gw:query "carpentry" ; gw:limit 50 } }"""
    both = {row["r"] for row in rows(client, query)}
    assert both
    assert both < {
        row["r"]
        for row in rows(client, 'SELECT ?r { SERVICE gw:search { ?r gw:query "deaf learners" ; gw:limit 50 } }')
    }


def test_a_limit_is_kept_and_another_prefix_is_understood(client: TestClient) -> None:
    query = """PREFIX g: <https://w3id.org/goodways/ontology#>
        SELECT ?x { SERVICE SILENT g:search {
            ?x g:query '''prison'''@en ; <https://w3id.org/goodways/ontology#limit> 7 . } }"""
    assert len(rows(client, query)) == 7


def test_the_function_takes_a_text_of_the_graph_and_knows_no_other_things(client: TestClient) -> None:
    of_a_label = """SELECT ?s { ?r dcterms:identifier "pdic-granada-2012" ; dcterms:title ?t FILTER(LANG(?t) = "en")
        BIND(gw:similarity(?r, ?t) AS ?s) }"""
    assert float(rows(client, of_a_label)[0]["s"]) > 0.6
    assert rows(client, 'SELECT ?s { BIND(gw:similarity(gw:Record, "x") AS ?s) }') == [{}]
    assert rows(client, "SELECT ?s { BIND(gw:similarity(1, 2, 3) AS ?s) }") == [{}]


def test_too_many_texts_are_refused(client: TestClient) -> None:
    query = "SELECT (SUM(gw:similarity(?r, ?t)) AS ?n) { ?r a gw:Record ; dcterms:title ?t }"
    assert "100 texts" in refused(client, query)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("?r gw:score ?s", "needs a text to look for"),
        ('?r gw:query ""', "needs a text to look for"),
        ("?r gw:query ?text", "gw:query with a text in quotes"),
        ('?r gw:query "x" ; gw:limit 1001', "up to 1000"),
        ('?r gw:query "x" ; gw:limit 0', "up to 1000"),
        ('?r gw:query "x" . ?q gw:score ?s', "about one variable"),
        ('?r gw:query "x" ; gw:nonsense ?s', "cannot stand in a SERVICE gw:search block"),
        ('?r gw:query "x" FILTER(?r = 1)', "cannot stand in a SERVICE gw:search block"),
        ("?r gw:query", "ends too early"),
        ('gw:Record gw:query "x"', "about one variable"),
    ],
)
def test_a_block_that_is_not_understood_is_refused_with_what_it_takes(
    client: TestClient, block: str, said: str
) -> None:
    assert said in refused(client, f"SELECT * {{ SERVICE gw:search {{ {block} }} }}")


def test_a_block_without_an_end_is_refused(client: TestClient) -> None:
    assert "a brace is missing" in refused(client, 'SELECT * { SERVICE gw:search { ?r gw:query "x"')
    assert "a brace is missing" in refused(client, "SELECT * { SERVICE gw:search")


def test_an_error_after_a_block_is_named_at_its_own_line(client: TestClient) -> None:
    query = 'SELECT * {\nSERVICE gw:search {\n?r gw:query "x"\n}\n?r ?p }'
    assert " 5:" in refused(client, query)


def test_a_text_with_quotes_braces_and_escapes_is_read_as_sparql_reads_it() -> None:
    query = r"""SELECT * { SERVICE <u> { ?r <q> "a } \" \u00e9 \n" } } # SERVICE <x> {"""
    seen: list[Service] = []
    answer_services(query, lambda block: (seen.append(block), "")[1])
    assert [literal(token) for token in seen[0].body if token.kind == "text"] == ['a } " é \n']


def test_what_is_no_block_is_left_as_it_is() -> None:
    for query in ("ASK { ?s ?p 'SERVICE <x> {' }", "PREFIX service: <x> ASK { service:a ?p ?o } # service {"):
        assert answer_services(query, lambda _: "gone") == query


def test_pieces_put_together_are_the_query() -> None:
    query = 'PREFIX a: <b> SELECT ?x { ?x a:b.c \'d\', """e"f"""@en-GB ; ?y 1.5 . FILTER(?x<3 && ?y>2) } # g'
    pieces = tokens(query)
    assert all(query[piece.start : piece.end] == piece.text for piece in pieces)
    assert "".join(piece.text for piece in pieces) == query.partition(" #")[0].replace(" ", "")


def test_a_block_is_the_same_on_any_engine(searcher: Searcher) -> None:
    text = answer_services(f"SELECT ?r {{ {BLOCK} }}", lambda block: ranked(block, searcher))
    assert "SERVICE" not in text
    assert len(list(EmbeddedStore(None).raw(text))) == 100  # type: ignore[arg-type]


def test_without_a_search_the_function_is_not_known() -> None:
    with pytest.raises(QueryError, match="similarity"):
        list(EmbeddedStore(None).raw('SELECT ?s { BIND(gw:similarity(gw:a, "x") AS ?s) }'))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ['"' * 30_000, '"\\' * 20_000, "'''\n" * 10_000, "a." * 20_000, "{(" * 20_000])
def test_no_text_takes_long_to_be_taken_apart(text: str) -> None:
    started = time.thread_time()
    tokens(text)
    assert time.thread_time() - started < 5


def test_a_query_has_at_most_ten_blocks(client: TestClient) -> None:
    block = 'SERVICE gw:search { ?r gw:query "x" }'
    assert "10 SERVICE blocks" in refused(client, f"SELECT * {{ {block * 11} }}")


def test_one_variable_is_not_asked_for_twice(client: TestClient) -> None:
    block = 'SERVICE gw:search { ?r gw:query "x" ; gw:score ?s ; gw:rank ?s }'
    assert "variable of its own" in refused(client, f"SELECT * {{ {block} }}")


def test_a_base_of_the_querys_own_does_not_hide_the_search(client: TestClient) -> None:
    query = """BASE <https://example.org/> PREFIX g: <https://w3id.org/goodways/ontology#>
        SELECT * { SERVICE g:search { ?r g:query "prison" ; g:limit 2 } }"""
    assert len(rows(client, query)) == 2
