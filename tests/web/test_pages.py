"""The pages as HTML."""

import re
from itertools import pairwise
from urllib.parse import quote, urlsplit

import pytest
from rdflib.namespace import DCTERMS
from starlette.testclient import TestClient

from ontology import GW, ID
from search import Searcher

from .markup import Markup

PAGES = {
    "home": "/",
    "empty search": "/search",
    "results": "/search?q=Praktikum+f%C3%BCr+geh%C3%B6rlose+Lehrlinge&country=LT",
    "nothing good": "/search?q=asdfgh+qwerty",
    "nothing at all": "/search?q=deaf&country=XX",
    "browse": "/browse",
    "definitions": "/definitions",
    "about": "/about",
    "docs": "/docs",
    "practice": "/page/practice/pdic-granada-2012",
    "material": "/page/material/mob4all-guidelines",
    "definition": "/page/definition/eplus-2021",
    "compare": "/definitions/compare?one=eplus-2021&other=yia-2007",
    "who counts": "/definitions/who-counts?circumstance=eplus-2021.disability&sector=he&country=DE&date=2026-03-01",
    "targets": "/definitions/targets",
    "organisation": "/page/organisation/earlall-working-group-mobility",
    "named organisation": "/page/organisation/european-commission",
    "promoter": "/page/promoter/boras-working-life-department",
    "policy": "/page/policy/council-recommendation-europe-on-the-move-2024",
    "event": "/page/event/salto-id-forum-bucharest-2023",
    "barrier": "/page/barrier/eplus-2021.disability",
    "group": "/page/target-group/deaf-people",
    "measure": "/page/measure/group-stay",
    "programme": "/page/programme/erasmus-2021",
    "not found": "/no/such/page",
}


def get(client: TestClient, path: str, status: int = 200) -> Markup:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Markup(answer.text)


@pytest.mark.parametrize("name", PAGES)
def test_every_kind_of_page_is_well_made(client: TestClient, name: str) -> None:
    page = get(client, PAGES[name], 404 if name == "not found" else 200)
    assert page.one("html")["lang"] == "en"
    assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1
    assert page.one("h1").text.strip()
    levels = [int(e.tag[1]) for e in page.elements if re.fullmatch("h[1-6]", e.tag) and "main" in e.inside]
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    ids = [e["id"] for e in page.elements if e["id"]]
    assert len(ids) == len(set(ids))
    for e in page.elements:
        for name_of_id in ("for", "aria-labelledby", "aria-describedby"):
            assert set(e[name_of_id].split()) <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_asks_another_server_or_carries_script_or_style(client: TestClient, name: str) -> None:
    page = get(client, PAGES[name], 404 if name == "not found" else 200)
    for e in page.elements:
        assert e["style"] == ""
        assert not [attribute for attribute in e.attributes if attribute.startswith("on")]
        assert e.tag not in ("style", "iframe", "object", "embed")
        address = e["src"] or e["action"] or (e["href"] if e.tag in ("link", "use", "image") else "")
        assert not urlsplit(address).netloc, e
        if e.tag == "script" and e["type"] != "application/ld+json":
            assert e["src"].startswith("/static/")
            assert not e.text.strip()
        if e.tag == "a":
            assert urlsplit(e["href"]).scheme in ("", "http", "https"), e


def test_every_answer_forbids_what_the_site_does_not_need(client: TestClient) -> None:
    for path in [*PAGES.values(), "/api/v1/search?q=x", "/static/style.css", "/healthz"]:
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in headers


def test_every_file_that_a_page_names_is_there(client: TestClient) -> None:
    page = get(client, "/")
    for e in page.elements:
        address = e["src"] or (e["href"] if e.tag == "link" else "")
        if address:
            answer = client.get(address)
            assert answer.status_code == 200
            assert "max-age" in answer.headers["cache-control"]


def test_links_within_the_site_lead_somewhere(client: TestClient) -> None:
    paths = {e["href"] for path in PAGES.values() for e in Markup(client.get(path).text).all("a")}
    inner = sorted({p.partition("#")[0] for p in paths if p.startswith("/")} - {""})
    assert len(inner) > 100
    for path in inner[:: max(1, len(inner) // 120)]:
        answer = client.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
        assert answer.status_code == 200, path


@pytest.mark.parametrize("number", ["-1", "0", "x", "", "1.5", "99999999999999999999"])
def test_any_page_number_is_answered(client: TestClient, number: str) -> None:
    assert len(get(client, f"/search?q=deaf&page={number}").all("article")) > 0


def test_a_page_number_beyond_the_end_shows_the_last_page(client: TestClient) -> None:
    page = get(client, f"/search?page={10**9}")
    number, pages = re.findall(r"Page (\d+) of (\d+)", page.one("nav", **{"class": "pager"}).text)[0]
    assert number == pages
    assert not page.all("a", rel="next")
    assert page.all("a", rel="prev")


@pytest.mark.parametrize(
    "path", ["/search?q={}", "/search?q={}&country=XX", "/no/such/page?q={}", "/page/practice/x?q={}"]
)
def test_what_was_typed_stays_in_the_box(client: TestClient, path: str) -> None:
    typed = 'deaf "apprentices" & <b>co</b> in Łódź'
    page = Markup(client.get(path.format(quote(typed)), headers={"Accept": "text/html"}).text)
    assert page.one("input", id="q-large")["value"] == typed


def test_a_question_that_is_too_long_is_said_and_cut(client: TestClient) -> None:
    page = get(client, "/search?q=" + "deaf+" * 1000)
    assert len(page.one("input", id="q-large")["value"]) == 2000
    assert "only the first 2,000 were read" in page.one("main").text


def test_a_value_that_no_record_has_is_said(client: TestClient) -> None:
    page = get(client, "/search?q=deaf&country=Atlantis")
    assert "No record has “Atlantis” as country" in page.one("main").text


def test_the_number_beside_a_value_is_what_its_link_gives(client: TestClient) -> None:
    page = get(client, "/search?q=young+people+without+work")
    links = [e for e in page.all("a") if "details" in e.inside and e["href"].startswith("?")]
    checked = 0
    for link in links[:40:4]:
        number = re.findall(r"\d+", link.text)[-1]
        assert f"{number} result" in get(client, "/search" + link["href"]).one("p", role="status").text
        checked += 1
    assert checked >= 5


def test_text_in_another_language_says_so(client: TestClient) -> None:
    record = get(client, "/page/practice/pdic-granada-2012")
    assert record.languages_of("Kurčiųjų moksleivių profesinė praktika Ispanijoje") == {"lt"}
    assert record.languages_of("Dvylika trečio kurso mokinių") == {"lt"}
    assert record.languages_of("Deaf learners from Vilnius train as joiners") == {"en"}
    home = get(client, "/")
    assert home.languages_of("Dorośli, którzy słabo czytają i piszą") == {"pl"}
    results = get(client, "/search?q=Auslandspraktikum+f%C3%BCr+Lehrlinge")
    passages = results.all("blockquote")
    assert {e.language for e in passages} >= {"de", "en"}


def test_a_record_shows_what_the_graph_says(client: TestClient, searcher: Searcher) -> None:
    page = get(client, "/page/practice/pdic-granada-2012")
    iri, main = ID["practice/pdic-granada-2012"], page.one("main").text
    for value in ("Lithuania", "Spain", "2012", "LLP-LdV-IVT-2012-LT-0688", "M.E.P. Europrojects Granada", "learners"):
        assert value in main
    source = str(searcher.store.select(f"SELECT ?s {{ <{iri}> <{DCTERMS.source}> ?s }}")[0]["s"])
    assert page.all("a", href=source)
    assert page.all("a", href="/id/barrier/eplus-2021.disability-sensory")
    assert page.all("a", href="/id/definition/eplus-2021")
    assert "checked on" in main
    assert "Close to this" in main
    assert str(iri) in main
    for ending in ("ttl", "jsonld", "nt", "rdf"):
        assert page.all("a", href=f"/data/practice/pdic-granada-2012.{ending}")


def test_what_is_not_known_is_not_shown(client: TestClient) -> None:
    page = get(client, "/page/practice/pdic-granada-2012")
    assert "What was hard" not in page.one("main").text
    assert [e for e in page.all("dd") if not e.text.strip()] == []
    assert "None" not in page.one("main").text


def test_a_definition_shows_every_barrier_that_the_graph_gives_it(client: TestClient, searcher: Searcher) -> None:
    page = get(client, "/page/definition/eplus-2021")
    rows = searcher.store.select(
        f"""PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?c ?l {{ <{ID["definition/eplus-2021"]}> <{GW.scheme}> ?s . ?c skos:inScheme ?s ; skos:prefLabel ?l
        FILTER(LANG(?l) = "en") }}"""
    )
    assert len(rows) > 30
    for row in rows:
        assert row["l"] in page.one("main").text
        assert page.all("a", href="/id/barrier/" + row["c"].rpartition("/")[2])


def test_the_definitions_page_lists_them_all(client: TestClient, searcher: Searcher) -> None:
    page = get(client, "/definitions")
    rows = searcher.store.select(f"SELECT ?d {{ ?d a <{GW.Definition}> }}")
    assert len(rows) >= 9
    for row in rows:
        assert page.all("a", href="/id/definition/" + row["d"].rpartition("/")[2])


def test_a_concept_shows_its_place_and_its_records(client: TestClient, searcher: Searcher) -> None:
    page = get(client, "/page/barrier/eplus-2021.disability")
    main = page.one("main").text
    assert page.one("h1").text.strip() == "Disabilities"
    assert page.all("a", href="/id/barrier/eplus-2021.disability-sensory")
    total = searcher.search("", {"barrier": ["eplus-2021.disability"]}).total
    assert str(total) in main
    assert 0 < len(page.all("article")) <= min(total, 11)


def test_browsing_leads_to_every_country_with_its_count(client: TestClient, searcher: Searcher) -> None:
    page = get(client, "/browse")
    for count in searcher.search("").facets["country"]:
        link = page.all("a", href=f"/search?country={count.value}")[0]
        assert link.text.strip()
    assert page.all("a", href="/id/barrier/eplus-2021.disability")


@pytest.mark.parametrize(
    "path",
    ["/page/practice/no-such", "/page/material/pdic-granada-2012", "/page/definition/no-such", "/page/barrier/none",
     "/page/nothing/x", "/id/practice/no-such", "/no-such-page", "/static/no-such.css", "/search/x"],
)  # fmt: skip
def test_what_is_not_there_gets_a_page_that_says_so(client: TestClient, path: str) -> None:
    page = get(client, path, 404)
    assert page.one("h1").text == "There is nothing here"
    assert page.all("a", href="/browse")


@pytest.mark.parametrize("path", ["/", "/search", "/browse", "/page/practice/pdic-granada-2012"])
def test_a_page_takes_no_other_kind_of_request(client: TestClient, path: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = client.request(method, path, headers={"Accept": "text/html"})
        assert answer.status_code == 405
        assert Markup(answer.text).one("h1").text == "This cannot be done here"


def test_results_go_home_as_a_table(client: TestClient) -> None:
    answer = client.get("/search.csv?q=&type=material&country=")
    rows = answer.content.decode("utf-8-sig").splitlines()
    assert rows[0] == "title,kind,summary,countries,language of the source,address"
    assert answer.text.count("https://w3id.org/goodways/id/material/") >= 20
    assert "https://w3id.org/goodways/id/practice/" not in answer.text


def test_a_table_leaves_out_what_was_said_not_to_be_meant_as_the_page_does(client: TestClient) -> None:
    question = "/search{}?q=apprentices+in+Spain&not=country/ES"
    page = get(client, question.format(""))
    rows = client.get(question.format(".csv")).text.splitlines()
    titles = [e.text for e in page.all("a") if "data-hit" in e.attributes]
    assert titles
    assert [row.lstrip('"').startswith(title[:20]) for row, title in zip(rows[1:], titles, strict=False)] == [
        True
    ] * len(titles)
    other = client.get("/search.csv?q=apprentices+in+Spain").text.splitlines()
    assert other != rows
