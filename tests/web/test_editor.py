"""The page that asks in SPARQL: its form without JavaScript, its examples, its help with names."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from ontology import QUESTIONS
from search import Searcher
from web.editor_assets import PACKAGE
from web.query_check import unknown_names, with_prefixes
from web.query_examples import FOLDER, Example, examples, files, themes
from web.query_names import QueryNames
from web.query_result import SHOWN

from .markup import Markup

ALL = list(examples().values())
STRICT = "default-src 'none'"


def ask(client: TestClient, query: str, **more: str) -> Markup:
    answer = client.get("/query", params={"query": query, "run": "1", **more})
    assert answer.status_code == 200, answer.text
    return Markup(answer.text)


def words(markup: Markup, tag: str = "main") -> str:
    return " ".join(markup.one(tag).text.split())


@pytest.fixture(scope="session")
def names(searcher: Searcher) -> QueryNames:
    return QueryNames(searcher)


# ---- examples ----


def test_there_are_at_least_forty_examples_each_in_a_theme_and_with_a_title_of_its_own() -> None:
    assert len(ALL) >= 40
    assert {file.stem for file in files()} == set(examples())
    assert len({example.title for example in ALL}) == len(ALL)
    assert all(re.fullmatch(r"[A-Z].{20,160}", example.title) for example in ALL)
    assert sum("gw:search" in e.query or "gw:similarity" in e.query for e in ALL) >= 6
    assert len(themes()) >= 6


@pytest.mark.parametrize("example", ALL, ids=lambda example: example.name)
def test_an_example_runs_and_shows_what_it_promises(example: Example, client: TestClient) -> None:
    answer = client.get("/query", params={"example": example.name})
    assert answer.status_code == 200
    page = Markup(answer.text)
    assert "names that this graph does not have" not in words(page).lower()
    assert page.one("textarea").text.strip() == example.query.strip()
    if example.expects in ("yes", "no"):
        assert f"The answer is {example.expects}" in words(page)
        return
    counted = re.match(r"(at least )?(\d+) (row|triple)s?", example.expects)
    assert counted, example.expects
    shown = re.search(r"([\d,]+) (?:row|triple)s?", page.one("h2", id="answer").text if int(counted[2]) else "0 rows")
    rows = int(shown[1].replace(",", "")) if shown else 0
    assert rows >= min(int(counted[2]), SHOWN) if counted[1] else rows == int(counted[2])
    shows = [link.text for link in page.all("a") if link["aria-current"] == "true" and "show=" in link["href"]]
    assert shows in ([], ["Table"]) if example.show == "table" else shows == [example.show.capitalize()]


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.rq")), ids=lambda file: file.stem)
def test_an_example_of_the_page_holds_what_its_file_expects(file: Path, client: TestClient) -> None:
    expects = examples()[file.stem].expects
    body = client.get(
        "/sparql", params={"query": examples()[file.stem].query}, headers={"Accept": "text/csv, text/turtle"}
    )
    assert body.status_code == 200
    lines = body.text.splitlines()
    assert all(word.lower() in lines[1].lower() for word in re.findall(r'first "([^"]*)"', expects))
    assert all(word in body.text for word in re.findall(r'has "([^"]*)"', expects))


def test_an_example_that_is_not_there_is_said_in_a_sentence(client: TestClient) -> None:
    answer = client.get("/query", params={"example": "none"}, headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "There is no example none" in answer.text


# ---- the form ----


def test_the_form_works_without_javascript_and_its_address_can_be_shared(client: TestClient) -> None:
    page = Markup(client.get("/query").text)
    form = page.one("form", id="ask")
    assert (form["method"], form["action"]) == ("get", "/query#result")
    assert page.one("textarea", name="query")
    assert page.one("label", **{"for": "query"}).text == "Query"
    assert {option["value"] for option in page.all("option")} >= {
        "table",
        "chart",
        "map",
        "csv",
        "json",
        "ttl",
        "jsonld",
    }


def test_a_query_stays_unasked_until_it_is_run(client: TestClient) -> None:
    page = Markup(client.get("/query", params={"query": "ASK {}"}).text)
    assert page.one("textarea").text.strip() == "ASK {}"
    assert "The answer is" not in words(page)
    assert "The answer is yes" in words(ask(client, "ASK {}"))


def test_a_long_query_is_run_by_post(client: TestClient) -> None:
    query = "# " + "x" * 20_000 + "\nSELECT (1 AS ?one) {}"
    answer = client.post("/query", data={"query": query, "run": "1"})
    assert answer.status_code == 200
    page = Markup(answer.text)
    assert "1 row" in words(page)
    assert not [link for link in page.all("a") if len(link["href"]) > 8000]
    sent = client.post("/query", data={"query": query, "run": "1", "show": "csv"})
    assert (sent.status_code, sent.text.split()) == (200, ["one", "1"])


@pytest.mark.parametrize(("form", "kind"), [("csv", "text/csv"), ("jsonld", "application/ld+json")])
def test_a_file_comes_from_the_endpoint(client: TestClient, form: str, kind: str) -> None:
    query = "CONSTRUCT { ?s a gw:Sector } { ?s a gw:Sector }" if form == "jsonld" else "SELECT ?s { ?s a gw:Sector }"
    answer = client.get("/query", params={"query": query, "run": "1", "show": form})
    assert answer.status_code == 303
    file = client.get(answer.headers["location"])
    assert file.status_code == 200
    assert file.headers["content-type"].partition(";")[0] == kind


def test_things_are_shown_by_their_names_and_lead_to_their_pages(client: TestClient) -> None:
    things = "VALUES (?c ?x) { (gw:Barrier <https://w3id.org/goodways/id/sector/he>) }"
    page = ask(client, f"SELECT ?c ?x ?t {{ {things} ?x skos:prefLabel ?t FILTER(LANG(?t) = 'de') }}")
    links = {link["href"]: link.text for link in page.all("a")}
    assert links["/id/sector/he"] == "Higher education"
    assert links["/ontology#Barrier"] == "barrier"
    assert "sector:he" in words(page)
    assert any(element["lang"] == "de" for element in page.elements if element.tag == "span")


def test_more_rows_than_a_page_holds_are_said_and_offered_as_a_file(client: TestClient) -> None:
    page = ask(client, "SELECT ?s ?p ?o { ?s ?p ?o }")
    assert "The first 1,000 rows" in words(page)
    assert "There are more rows than a page can hold" in words(page)
    assert len(page.all("tr")) == SHOWN + 1
    csv = next(link["href"] for link in page.all("a") if link.text == "CSV")
    assert parse_qs(urlsplit(csv).query)["format"] == ["csv"]


def test_a_result_that_cannot_be_drawn_says_why_and_comes_as_a_table(client: TestClient) -> None:
    page = ask(client, "SELECT ?s { ?s a gw:Sector }", show="map")
    assert "No map can be drawn" in words(page)
    assert len(page.all("tr")) > 3


def test_a_chart_has_its_numbers_in_a_table_and_bars_in_proportion(client: TestClient) -> None:
    page = ask(client, "SELECT ?name ?n { VALUES (?name ?n) { ('a' 4) ('b' 1) ('c' -2) } }", show="chart")
    bars = [(bar["x"], bar["width"]) for bar in page.all("rect") if bar["class"] == "bar-n"]
    assert bars == [("33.33%", "66.67%"), ("33.33%", "16.67%"), ("0.0%", "33.33%")]
    assert [cell.text for cell in page.all("td") if cell["class"] == "num"] == ["4", "1", "-2"]


def test_a_map_takes_countries_and_regions_and_names_what_is_not_on_it(client: TestClient) -> None:
    query = "SELECT ?where ?n { VALUES (?where ?n) { (country:MLT 3) (nuts:EL30 2) (country:JPN 1) } }"
    page = ask(client, query, show="map")
    assert {"Malta", "Greece", "Japan"} <= {cell.text for cell in page.all("th")}
    assert "Not on the map: Japan (1)" in words(page)
    tiles = [element["class"] for element in page.all("g") if re.search(r"t\d", element["class"])]
    assert sorted(tiles) == ["tile t3", "tile t4"]


# ---- errors and names ----


def test_an_error_is_a_sentence_with_the_line_shown_and_marked(client: TestClient) -> None:
    answer = client.get("/query", params={"query": "SELECT * {\n  ?s ?p ?o\n  FILTER(?o >\n}", "run": "1"})
    assert answer.status_code == 400
    page = Markup(answer.text)
    assert page.one("textarea")["aria-invalid"] == "true"
    assert re.search(r"Line [34], column \d+", page.one("p", id="mistake").text)
    assert page.one("mark").text.strip() in ("}", "FILTER(?o >")
    assert "Traceback" not in answer.text


def test_a_prefix_that_nobody_knows_is_named(client: TestClient) -> None:
    answer = client.get("/query", params={"query": "SELECT * { ?s dbo:country ?o }", "run": "1"})
    assert "the prefix “dbo:” is not declared" in answer.text


def test_the_prefixes_of_the_site_are_added(client: TestClient) -> None:
    own = "PREFIX gw: <http://own/>\nSELECT * { ?s a gw:X ; skos:inScheme scheme:iky ; ex:p 'dcterms:x' } # org:y"
    added = with_prefixes(own)
    skos, scheme = "http://www.w3.org/2004/02/skos/core#", "https://w3id.org/goodways/id/scheme/"
    assert added == f"PREFIX skos: <{skos}>\nPREFIX scheme: <{scheme}>\n{own}"
    assert with_prefixes(added) == added
    shown = ask(client, "SELECT * { ?s skos:inScheme scheme:sectors }").one("textarea").text
    assert "PREFIX scheme: <https://w3id.org/goodways/id/scheme/>" in shown


@pytest.mark.parametrize(
    ("query", "wrong", "right"),
    [
        ("SELECT * { ?x a gw:Barier }", "gw:Barier", "gw:Barrier"),
        ("SELECT * { ?x gw:adresses ?y }", "gw:adresses", "gw:addresses"),
        ("SELECT * { ?x a gw:GoodPractice ; gw:goesTo ?y ; dcterms:titel ?t }", "dcterms:titel", "dcterms:title"),
        ("SELECT * { ?x skos:preflabel/skos:x ?y }", "skos:preflabel", "skos:prefLabel"),
        ("SELECT * { ?x <http://xmlns.com/foaf/0.1/nam> ?y }", "<http://xmlns.com/foaf/0.1/nam>", "foaf:name"),
        ("SELECT * { VALUES ?b { sector:hee } ?x ?p ?b }", "sector:hee", "sector:he"),
        ("SELECT * { ?x ?p status:nationallist }", "status:nationallist", "status:national-list"),
        ("SELECT * { ?x ?p ?b FILTER(?b = country:DEX) }", "country:DEX", ""),
        ("SELECT * { ?x gw:beneficiary ?y }", "gw:beneficiary", ""),
    ],
)  # fmt: skip
def test_a_name_that_the_graph_lacks_is_said_with_the_nearest(
    client: TestClient, query: str, wrong: str, right: str
) -> None:
    page = ask(client, query)
    assert wrong in [code.text for code in page.all("code")]
    said = client.get("/query/check", params={"query": with_prefixes(query)}).json()["unknown"]
    found = next(name for name in said if name["name"] == wrong)
    assert found["line"] == with_prefixes(query).count("\n") + 1
    if right:
        assert found["nearest"][0]["written"] == right
        better = client.get(found["nearest"][0]["url"])
        assert wrong not in Markup(better.text).one("textarea").text


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?gwBarier { ?x a gw:Barrier } # gw:Barier",
        "SELECT * { ?x ?p 'gw:Barier' FILTER(?p != \"skos:preflabel\") }",
        "CONSTRUCT { ?x schema:foo ?y ; a schema:Bar } WHERE { ?x a gw:Barrier }",
        "SELECT * { SERVICE gw:search { ?r gw:query 'x' ; gw:score ?s } FILTER(gw:similarity(?r, 'y') > 0.1) }",
        "SELECT (xsd:integer(?n) AS ?m) { VALUES ?n { '1'^^xsd:string '2'^^xsd:dayTimeDuration } }",
        "SELECT * FROM <http://example.org/graph> { ?x ?p <http://example.org/thing> }",
        'PREFIX ex: <http://example.org/> SELECT * { ?x ?p ex:thing ; ?q "a"@de }',
    ],
)
def test_what_is_no_class_or_property_of_this_graph_is_not_blamed(names: QueryNames, query: str) -> None:
    assert unknown_names(query, names) == []


def test_no_competency_question_is_blamed(names: QueryNames) -> None:
    texts = [file.read_text(encoding="utf-8") for file in QUESTIONS.glob("*.rq")]
    assert texts
    assert [name.iri for text in texts for name in unknown_names(text, names)] == []


@pytest.mark.parametrize(
    ("typed", "kind", "wanted"),
    [
        ("gw:Bar", "class", "gw:Barrier"),
        ("addr", "", "gw:addresses"),
        ("skos:pref", "", "skos:prefLabel"),
        ("Deutschl", "", "country:DEU"),
        ("rollstuhl", "target-group", "target-group:wheelchair-users"),
        ("barrier:eplus-2021.disab", "", "barrier:eplus-2021.disability"),
        ("gw:adresses", "property", "gw:addresses"),
    ],
)
def test_names_are_completed_by_what_is_typed(client: TestClient, typed: str, kind: str, wanted: str) -> None:
    answer = client.get("/query/names", params={"q": typed, "kind": kind})
    found = {name["written"]: name for name in answer.json()["names"]}
    assert wanted in found
    assert found[wanted]["label"]
    prefix = wanted.partition(":")[0]
    assert (found[wanted]["prefix"], found[wanted]["iri"].startswith(found[wanted]["namespace"])) == (prefix, True)


# ---- hostile and heavy ----


HOSTILE = [
    "</textarea><script>alert(1)</script>",
    'SELECT * { ?s ?p "<img src=x onerror=alert(1)>" }',
    "SELECT ('</td><script>alert(1)</script>' AS ?x) (<javascript:alert(1)> AS ?y) {}",
    "\x00",
    "{" * 5000,
    "é" * 100_000,
    "a:b" * 60_000,
    "SELECT * { ?x <not an iri> ?y ; <http://a b> ?z ; <\\u0000> 1 }",
]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_bad_input_gives_a_page_with_a_sentence(client: TestClient, query: str) -> None:
    answer = client.post("/query", data={"query": query, "run": "1"})
    assert answer.status_code in (200, 400)
    page = Markup(answer.text)
    assert page.one("textarea", name="query")
    assert not [s for s in page.all("script") if not s["src"].startswith("/static/")]
    assert not [link for link in page.all("a") if link["href"].startswith("javascript:")]
    assert "Traceback" not in answer.text


def test_a_body_of_a_megabyte_is_refused_with_a_sentence(client: TestClient) -> None:
    answer = client.post("/query", data={"query": "x" * 1_000_000, "run": "1"}, headers={"Accept": "text/html"})
    assert answer.status_code == 413
    assert "A request may have" in answer.text


def test_the_policy_is_no_looser_than_that_of_other_pages(client: TestClient) -> None:
    policy = client.get("/query").headers["content-security-policy"]
    assert policy == client.get("/about").headers["content-security-policy"]
    assert policy.startswith(STRICT)
    assert "unsafe" not in policy
    page = Markup(client.get("/query").text)
    assert not [e for e in page.elements if e.tag == "style" or "style" in e.attributes]


def test_the_editor_is_locked_and_names_no_registry_but_the_public_one() -> None:
    lock = json.loads((PACKAGE / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    for name, version in wanted.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    for path, package in lock["packages"].items():
        assert not path or package["integrity"].startswith("sha512-")
        assert package.get("resolved", "https://registry.npmjs.org/").startswith("https://registry.npmjs.org/")
