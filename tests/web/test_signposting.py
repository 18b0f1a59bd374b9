"""FAIR Signposting and schema.org: a program that comes upon a page finds its IRI, its data, its licence."""

import json
import re
from typing import Any

import pytest
from rdflib import Graph, Literal, URIRef
from starlette.testclient import TestClient

from ontology import BASE, GW, ID, SCHEMA
from web.accept import FORMS
from web.schema_org import as_script
from web.signposting import LICENCE

from .markup import Markup

THINGS = [
    "practice/pdic-granada-2012", "material/mob4all-guidelines", "definition/eplus-2021", "measure/group-stay",
    "scheme/measures", "organisation/european-commission", "target/vet-eu-8-2025",
    "practice/pdic-granada-2012/version/1",
]  # fmt: skip
SITE = "http://127.0.0.1:8000"
_LINK = re.compile(r'<([^<>]+)>; rel="([^"]+)"(?:; type="([^"]+)")?(?:, |$)')


def links(answer: Any) -> dict[str, list[tuple[str, str]]]:
    """(target, media type) by relation, of a `Link` header (RFC 8288)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for target, relations, media_type in _LINK.findall(answer.headers["link"]):
        for relation in relations.split():
            found.setdefault(relation, []).append((target, media_type))
    return found


@pytest.mark.parametrize("thing", THINGS)
def test_a_page_points_to_its_iri_its_data_its_type_and_its_licence(client: TestClient, thing: str) -> None:
    found = links(client.get(f"/page/{thing}"))
    assert found["cite-as"] == [(str(ID[thing]), "")]
    assert (str(SCHEMA.AboutPage), "") in found["type"]
    assert found["license"] == [(LICENCE, "")]
    assert found["collection"] == [(BASE, "")]
    assert len(found["describedby"]) == len(FORMS)
    assert found["item"] == found["describedby"]
    for url, media_type in found["describedby"]:
        answer = client.get(url.removeprefix(SITE))
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == media_type
        assert (f"{SITE}/page/{thing}", "text/html") in links(answer)["collection"]


@pytest.mark.parametrize("thing", THINGS)
def test_data_point_back_to_what_they_describe(client: TestClient, thing: str) -> None:
    answer = client.get(f"/data/{thing}.ttl")
    found = links(answer)
    assert found["cite-as"] == [(str(ID[thing]), "")]
    assert found["describes"] == [(str(ID[thing]), ""), (f"{SITE}/page/{thing}", "text/html")]
    assert "Link" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("thing", THINGS)
def test_one_document_holds_the_links_of_page_and_data(client: TestClient, thing: str) -> None:
    """RFC 9264: what the headers say, and nothing else."""
    page = links(client.get(f"/page/{thing}"))
    ((url, media_type),) = page["linkset"]
    answer = client.get(url.removeprefix(SITE))
    assert answer.headers["content-type"] == media_type == "application/linkset+json"
    contexts = {context.pop("anchor"): context for context in answer.json()["linkset"]}
    assert set(contexts) == {f"{SITE}/page/{thing}"} | {f"{SITE}/data/{thing}.{ending}" for ending in FORMS}
    for anchor, context in contexts.items():
        said = {name: [(t["href"], t.get("type", "")) for t in targets] for name, targets in context.items()}
        header = links(client.get(anchor.removeprefix(SITE)))
        versions = ("linkset", "latest-version", "predecessor-version", "successor-version")
        assert said == {name: targets for name, targets in header.items() if name not in versions}


def test_the_body_that_brought_a_material_out_is_its_author(client: TestClient) -> None:
    data = Graph().parse(
        data=client.get("/data/material/agence-fr-mobilites-apprenants-adultes.nt").content, format="nt"
    )
    parts = data.subjects(GW.role, ID["role/publisher"])
    publishers = {str(data.value(part, GW.organisation)) for part in parts}
    assert publishers
    assert {
        target for target, _ in links(client.get("/page/material/agence-fr-mobilites-apprenants-adultes"))["author"]
    } == publishers
    assert "author" not in links(client.get("/page/practice/pdic-granada-2012"))


def test_a_page_fits_the_headers_that_proxies_take(client: TestClient) -> None:
    """4 kB is what nginx reads by default."""
    for thing in THINGS:
        headers = client.get(f"/page/{thing}").headers
        assert sum(len(name) + len(value) + 4 for name, value in headers.items()) < 4000


def embedded(client: TestClient, thing: str) -> dict[str, Any]:
    page = Markup(client.get(f"/page/{thing}").text)
    found: dict[str, Any] = json.loads(page.one("script", type="application/ld+json").text)
    return found


@pytest.mark.parametrize(
    ("thing", "kind"),
    [
        ("practice/pdic-granada-2012", "CreativeWork"),
        ("material/mob4all-guidelines", "LearningResource"),
        ("definition/eplus-2021", "DefinedTerm"),
        ("measure/group-stay", "DefinedTerm"),
        ("barrier/eplus-2021.economic", "DefinedTerm"),
        ("scheme/measures", "DefinedTermSet"),
        ("organisation/european-commission", "Organization"),
        ("event/salto-id-forum-bucharest-2023", "Event"),
        ("policy/tka-eselyegyenlosegi-kiegeszito-tamogatas", "CreativeWork"),
        ("promoter/boras-working-life-department", "Organization"),
        ("target/vet-eu-8-2025", "Thing"),
    ],
)
def test_a_page_tells_search_engines_what_it_is_about(client: TestClient, thing: str, kind: str) -> None:
    document = embedded(client, thing)
    assert (document["@context"], document["@type"], document["@id"]) == ("https://schema.org", kind, str(ID[thing]))
    assert document["sdLicense"] == LICENCE
    assert document["url"] == f"{SITE}/page/{thing}"
    assert not [name for name, value in document.items() if value in ("", [], {}, None)]
    vocabulary = document | {"@context": {"@vocab": str(SCHEMA)}}  # what schema.org's own context comes to, offline
    graph = Graph().parse(data=json.dumps(vocabulary), format="json-ld")
    assert (URIRef(ID[thing]), SCHEMA.identifier, Literal(str(ID[thing]))) in graph


def test_what_is_embedded_is_what_the_record_says(client: TestClient) -> None:
    document = embedded(client, "practice/pdic-granada-2012")
    data = Graph().parse(data=client.get("/data/practice/pdic-granada-2012.nt").content, format="nt")
    record = ID["practice/pdic-granada-2012"]
    about = {term["@id"] for term in document["about"]}
    assert {str(barrier) for barrier in data.objects(record, GW.addresses)} <= about
    assert {c["@id"] for c in document["spatialCoverage"]} == {
        str(c) for prop in (GW.country, GW.destination) for c in data.objects(record, prop)
    }
    term = embedded(client, "measure/group-stay")
    assert term["inDefinedTermSet"]["@id"] == str(ID["scheme/measures"])
    assert term["name"] == {
        "@value": Markup(client.get("/page/measure/group-stay").text).one("h1").text,
        "@language": "en",
    }


def test_no_text_ends_the_element_that_it_stands_in() -> None:
    evil = {"name": "</script><script>alert(1)</script><!--", "and": "a & b \u2028 ]]>"}
    written = as_script(evil)
    assert not re.search(r"[<>&\u2028]", written)
    assert json.loads(written) == evil


def test_a_page_stays_light(client: TestClient) -> None:
    for thing in THINGS:
        assert len(client.get(f"/page/{thing}").content) < 100_000
