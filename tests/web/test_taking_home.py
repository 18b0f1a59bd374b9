"""Everything can be taken home: files that are those of now, described as data, found by search engines."""

import csv
import gzip
import hashlib
import io
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.robotparser import RobotFileParser
from xml.etree.ElementTree import fromstring

import pyoxigraph as ox
import pytest
from rdflib import DCAT, RDF, Graph
from starlette.testclient import TestClient

from kg.dumps import FILES
from kg.export import published
from search import Encoder
from web import taking_home
from web.dump_maker import manifest_of
from web.taking_home import void_of

from .small_site import add, site_of, small_site, until_ready

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
FORMS = {"text/turtle": "turtle", "application/ld+json": "json-ld", "application/rdf+xml": "xml",
         "application/n-triples": "nt"}  # fmt: skip


@pytest.fixture
def client(tmp_path: Path, small_folder: Path, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path, encoder) as made:
        yield made


def test_every_file_is_there_soon_and_holds_what_is_published(client: TestClient) -> None:
    first = client.get("/downloads/goodways.nq.gz")
    assert first.status_code in (200, 503), "nobody waits while files are made"
    packed = until_ready(client, "/downloads/goodways.nq.gz").content
    assert set(ox.parse(gzip.decompress(packed), ox.RdfFormat.N_QUADS)) == set(
        published(site_of(client).searcher.store)
    )
    page = client.get("/downloads").text
    for name in FILES:
        answer = client.get(f"/downloads/{name}")
        assert answer.status_code == 200
        assert f'href="/downloads/{name}"' in page
        assert hashlib.sha256(answer.content).hexdigest() in page
        assert 'rel="license"' in answer.headers["link"]


def test_files_follow_the_data_and_are_not_made_again_without_a_change(client: TestClient, tmp_path: Path) -> None:
    until_ready(client, "/downloads/goodways.csv")
    before = manifest_of(site_of(client))
    client.get("/downloads")
    assert manifest_of(site_of(client)) == before
    record = {"id": "new", "type": "GoodPractice", "title": "Blind learners cook in Porto", "language": "en",
              "summary": "Four blind learners cooked. They liked it.", "source": "https://example.org/new"}  # fmt: skip
    add(client, tmp_path, record)
    client.get("/downloads")
    deadline = time.monotonic() + 180
    while manifest_of(site_of(client)).stamp != site_of(client).workspace.stamp():
        assert client.get("/downloads/goodways.csv").status_code == 200, "those of before are there meanwhile"
        assert time.monotonic() < deadline
        time.sleep(0.1)
    table = list(csv.DictReader(io.StringIO(client.get("/downloads/goodways.csv").content.decode("utf-8-sig"))))
    assert [row["id"] for row in table] == ["new", "one", "three", "two"]


def test_a_part_of_a_file_can_be_fetched_and_an_unchanged_one_is_not_sent_again(client: TestClient) -> None:
    whole = until_ready(client, "/downloads/goodways.trig.gz")
    tag = whole.headers["etag"]
    part = client.get("/downloads/goodways.trig.gz", headers={"Range": "bytes=10-19", "If-Range": tag})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    other = client.get("/downloads/goodways.trig.gz", headers={"Range": "bytes=10-19", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content), "no mixture of two states"
    assert client.get("/downloads/goodways.trig.gz", headers={"Range": "bytes=99999999999-"}).status_code == 416
    known = client.get("/downloads/goodways.trig.gz", headers={"If-None-Match": tag})
    assert (known.status_code, known.content) == (304, b"")
    since = client.get("/downloads/goodways.trig.gz", headers={"If-Modified-Since": whole.headers["last-modified"]})
    assert since.status_code == 304


@pytest.mark.parametrize("name", ["other.csv", "..%2Fmanifest.json", "manifest.json", "goodways.csv%00"])
def test_nothing_else_can_be_fetched(client: TestClient, name: str) -> None:
    assert client.get(f"/downloads/{name}").status_code == 404


def test_the_table_has_what_a_spreadsheet_user_wants(client: TestClient) -> None:
    content = until_ready(client, "/downloads/goodways.csv").content
    assert content.startswith(b"\xef\xbb\xbf")
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))}
    one, three = rows["one"], rows["three"]
    assert (one["country"], one["destination"], one["address"]) == (
        "Lithuania", "Spain", "https://w3id.org/goodways/id/practice/one",
    )  # fmt: skip
    assert one["barriers"]
    assert not one["barriers"].startswith("http")
    assert (three["kinds_of_material"], three["version"]) == ("Checklist", "1")
    labels = ("country", "destination", "regions", "barriers", "target_groups", "mobility_types", "measures", "fields")
    assert not [row[name] for row in rows.values() for name in labels if "http" in row[name]]


@pytest.mark.parametrize(("media_type", "form"), FORMS.items())
def test_the_catalogue_comes_in_the_form_that_is_asked_for(client: TestClient, media_type: str, form: str) -> None:
    until_ready(client, "/downloads/goodways.csv")
    answer = client.get("/catalogue", headers={"Accept": media_type})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media_type)
    assert "accept" in answer.headers["vary"].lower()
    graph = Graph().parse(data=answer.content, format=form)
    assert len(set(graph.subjects(RDF.type, DCAT.Distribution))) == 6
    assert len(set(graph.subjects(DCAT.byteSize))) == 3
    ending = {"turtle": "ttl", "json-ld": "jsonld", "xml": "rdf", "nt": "nt"}[form]
    same = Graph().parse(data=client.get(f"/catalogue.{ending}").content, format=form)
    assert set(same) == set(graph)


def test_a_browser_gets_the_page_and_another_form_a_sentence(client: TestClient) -> None:
    answer = client.get("/catalogue", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/downloads")
    assert client.get("/catalogue.xlsx").status_code == 404


def test_void_is_counted_once_a_state(client: TestClient, tmp_path: Path) -> None:
    first = void_of(site_of(client))
    assert void_of(site_of(client)) is first
    record = {"id": "new", "type": "GoodPractice", "title": "Blind learners cook in Porto", "language": "en",
              "summary": "Four blind learners cooked. They liked it.", "source": "https://example.org/new"}  # fmt: skip
    add(client, tmp_path, record)
    assert void_of(site_of(client)) is not first


def locations(content: bytes, tag: str = "url") -> dict[str, str | None]:
    root = fromstring(content)  # noqa: S314 (our own)
    return {e.findtext(f"{SITEMAP}loc") or "": e.findtext(f"{SITEMAP}lastmod") for e in root.iter(f"{SITEMAP}{tag}")}


def test_the_sitemap_names_pages_that_answer_and_when_records_changed(client: TestClient) -> None:
    base = site_of(client).workspace.settings.site_url
    found = locations(client.get("/sitemap.xml").content)
    assert {f"{base}/page/practice/one", f"{base}/page/material/three", f"{base}/definitions"} <= set(found)
    when = site_of(client).record("practice", "one")[2].when
    assert found[f"{base}/page/practice/one"] == when.strftime("%Y-%m-%dT%H:%M:%SZ")
    bad = [url for url in found if client.get(url.removeprefix(base)).status_code != 200]
    assert bad == []


def test_a_large_sitemap_is_an_index_of_parts(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = locations(client.get("/sitemap.xml").content)
    monkeypatch.setattr(taking_home, "URLS_A_SITEMAP", 4)
    base = site_of(client).workspace.settings.site_url
    parts = list(locations(client.get("/sitemap.xml").content, "sitemap"))
    assert len(parts) == -(-len(whole) // 4)
    found: dict[str, str | None] = {}
    for part in parts:
        entries = locations(client.get(part.removeprefix(base)).content)
        assert len(entries) <= 4
        found |= entries
    assert found == whole
    assert client.get("/sitemap-0.xml").status_code == client.get("/sitemap-999.xml").status_code == 404


def test_crawlers_are_told_the_sitemap_and_kept_from_endless_searches(client: TestClient) -> None:
    base = site_of(client).workspace.settings.site_url
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").text.splitlines())
    assert robots.site_maps() == [f"{base}/sitemap.xml"]
    assert robots.can_fetch("x", f"{base}/page/practice/one")
    assert robots.can_fetch("x", f"{base}/downloads/goodways.csv")
    assert not robots.can_fetch("x", f"{base}/search?q=a")
