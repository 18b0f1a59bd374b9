"""What is only a draft leaves the site in no way at all."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from search import Encoder
from web.accounts import Role
from web.dump_maker import renew_dumps

from .desk_site import desk_of
from .people import browser_at
from .small_site import site_of, small_site
from .someone import Someone

ASKED, TOLD = "zanzibarquokka", "velvetumbrella"
"""A word that is asked for, and one that stands beside it in the draft: who finds the draft is told it."""
RECORD = "sailing-privately"
FIELDS = {
    "id": RECORD,
    "title": {"en": f"{ASKED} {TOLD}", "de": f"{TOLD} auf Deutsch"},
    "summary": {"en": f"The {ASKED} learns under a {TOLD}. Ten young people from islands sailed for three weeks."},
    "source": f"https://example.org/{ASKED}/{TOLD}",
    "organisation": [{"name": f"School of {TOLD}"}],
}


def _sparql(query: str) -> str:
    return "/sparql?query=" + quote(query)


_HOLDS = f'FILTER (CONTAINS(CONCAT(STR(?s), " ", STR(?o)), "{ASKED}"))'
WAYS = {
    "search page": f"/search?q={ASKED}",
    "search": f"/api/v1/search?q={ASKED}",
    "search as a table": f"/search.csv?q={ASKED}",
    "suggestions": f"/api/v1/suggest?q={ASKED[:9]}",
    "all triples": _sparql(f"SELECT * {{ ?s ?p ?o {_HOLDS} }}"),
    "all graphs": _sparql(f"SELECT * {{ GRAPH ?g {{ ?s ?p ?o {_HOLDS} }} }}"),
    "names of graphs": _sparql("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"),
    "search inside SPARQL": _sparql(
        "PREFIX gw: <https://w3id.org/goodways/ontology#> PREFIX dcterms: <http://purl.org/dc/terms/> "
        f'SELECT ?title {{ SERVICE gw:search {{ ?r gw:query "{ASKED}" ; gw:score ?score }} ?r dcterms:title ?title }}'
    ),
    "the record": f"/id/practice/{RECORD}",
    "its page": f"/page/practice/{RECORD}",
    "its data": f"/data/practice/{RECORD}.ttl",
    "its graph": f"/graph/{RECORD}",
    "its links": f"/linkset/practice/{RECORD}",
    "its first version": f"/page/practice/{RECORD}/version/1",
    "its citation": f"/cite/practice/{RECORD}.bib",
    "its organisation": f"/page/organisation/school-of-{TOLD}",
    "home": "/",
    "browse": "/browse",
    "harvest": "/oai?verb=ListRecords&metadataPrefix=oai_dc",
    "catalogue": "/catalogue.ttl",
    "counts": "/.well-known/void",
    "sitemap": "/sitemap.xml",
    "addresses": "/sitemap-1.xml",
    "downloads": "/downloads",
}
FOUND_ONCE_PUBLISHED = {
    "search page", "search", "search as a table", "all triples", "all graphs", "search inside SPARQL", "its page",
    "its data", "its citation", "its organisation", "harvest",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("private"), encoder) as made:
        yield made


def test_a_draft_is_nowhere_until_it_is_published_and_then_everywhere(site: TestClient) -> None:
    ada, bob, cora = (Someone(site, role) for role in (Role.CONTRIBUTOR, Role.CONTRIBUTOR, Role.CURATOR))
    draft = ada.begin(**FIELDS)
    assert ada.do(draft, "submit", note=TOLD).status_code == 303
    assert ada.do(draft, "comment", note=TOLD).status_code == 303
    assert TOLD in cora.get("/desk").text
    for browser in (browser_at(site), bob.browser):
        for way, path in WAYS.items():
            told = browser.get(path).text.lower().replace(f"school-of-{TOLD}", "")  # what was asked for is repeated
            assert TOLD not in told, way
            assert draft.key not in told, way
            assert RECORD not in told or RECORD in path, way
    renew_dumps(site_of(site))
    assert not _files_with(site, TOLD)

    assert cora.do(draft, "publish").status_code == 303
    visitor = browser_at(site)
    assert {way for way, path in WAYS.items() if TOLD in visitor.get(path).text} >= FOUND_ONCE_PUBLISHED
    assert _files_with(site, TOLD)


@pytest.mark.parametrize("path", ["/desk", "/desk/audit", "/desk/audit.csv", "/desk/history/practice/one"])
def test_the_desk_asks_visitors_to_sign_in_and_is_kept_by_no_cache(site: TestClient, path: str) -> None:
    visitor = browser_at(site).get(path)
    assert (visitor.status_code, visitor.headers["location"]) == (303, f"/sign-in?next={path}")
    boss = Someone(site, Role.ADMINISTRATOR)
    answer = boss.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


def test_search_engines_are_told_nothing_of_the_desk(site: TestClient) -> None:
    assert "/desk" not in browser_at(site).get("/sitemap.xml").text
    assert "/desk" not in browser_at(site).get("/").text


def _files_with(site: TestClient, word: str) -> list[str]:
    """Files of the data folder that hold a word, less the desk's own."""
    folder = site_of(site).workspace.folder
    own = desk_of(site).path.name
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(own) and word.encode() in path.read_bytes().lower()
    ]
