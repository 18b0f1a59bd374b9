"""Findings name the record, the field, the value and the way out."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from pyoxigraph import Quad
from rdflib import RDF, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from ingest.readers import RawRecord
from ingest.record import normalise
from kg import EmbeddedStore, Finding
from kg.validation import Types, validate, vocabulary_types
from ontology import GW, ID


@pytest.fixture(scope="module")
def types(vocabulary: list[Quad]) -> Types:
    store = EmbeddedStore(None)
    store.load(vocabulary)
    return vocabulary_types(store)


def graph_of(fields: dict[str, Any]) -> tuple[URIRef, Graph]:
    made, findings = normalise(RawRecord("test", data=fields))
    assert made, findings
    return made.iri, made.graph()


def findings_for(types: Types, *records: dict[str, Any]) -> dict[URIRef, list[Finding]]:
    return validate(dict(graph_of(fields) for fields in records), types)


def test_a_sound_record_has_no_findings(types: Types, record: Callable[..., dict[str, Any]]) -> None:
    whole = record(
        checked="2026-11-22", certainty="read", country=["EL"], destination=["NO"], nuts=["DEF0"], sector=["vet"],
        programme=["esf-plus"], mobilityType=["erasmus-pro"], targetGroup=["deaf-people"], measure=["mentoring"],
        addresses=["eplus-2021.disability-sensory"], start="2021", end="2021-05-14", published="2022-01",
        organisation=[{"name": "A", "country": "DE", "role": "host"}], place="Granada",
        figure=[{"value": 12, "what": {"en": "people"}, "year": 2021, "qualifier": "about"}],
        furtherSource=[{"url": "https://example.org/more", "language": "es", "checked": "2026-11-22"}],
    )  # fmt: skip
    assert findings_for(types, whole) == {}


@pytest.mark.parametrize(
    ("fields", "place", "said"),
    [
        (
            {"addresses": ["eplus-2021.economics"]},
            "addresses",
            "'eplus-2021.economics' .*nearest: eplus-2021.economic,",
        ),
        ({"addresses": ["mentoring"]}, "addresses", "'mentoring' is not a barrier"),
        ({"measure": ["mentorin"]}, "measure", "'mentorin' is not a measure .*nearest: mentoring"),
        ({"targetGroup": ["deaf"]}, "targetGroup", "nearest: deaf-people"),
        ({"country": ["QQ"]}, "country", "'QQ' is not a country code: use two letters"),
        ({"nuts": ["DEF9"]}, "nuts", "'DEF9' is not a NUTS 2024 region"),
        ({"checked": "2026-02-30"}, "checked", "'2026-02-30' is not a day: write it as"),
        ({"start": "2021-02-30"}, "start", "is not a date"),
        ({"duration": "ten minutes"}, "duration", "is not a duration"),
        ({"certainty": "sure"}, "certainty", "use read or partial"),
        ({"title": {"en": "x" * 1001}}, "title", "at most 1000 characters"),
        ({"place": "x" * 301}, "place", "at most 300 characters"),
        ({"value": 3}, "value", "does not belong here"),
        ({"figure": [{"value": 1}]}, "figure-1.what", "The field what is missing"),
        ({"figure": [{"value": 1, "what": "x", "year": "soon"}]}, "figure-1.year", "'soon' is not a year"),
        ({"figure": [{"value": 1, "what": "x", "qualifier": "ca"}]}, "figure-1.qualifier", "use about, at-least"),
        (
            {"organisation": [{"name": "A"}, {"name": "B", "role": "boss"}]},
            "organisation-2.role",
            "'boss' is not a role",
        ),
        ({"organisation": [{"country": "DE"}]}, "organisation-1.name", "The field name is missing"),
        ({"furtherSource": [{"language": "de"}]}, "furtherSource-1.url", "The field url is missing"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_a_finding_names_field_value_and_way_out(
    types: Types, record: Callable[..., dict[str, Any]], fields: dict[str, Any], place: str, said: str
) -> None:
    (found,) = findings_for(types, record(**fields)).values()
    assert [finding.field for finding in found] == [place]
    assert re.search(said, found[0].message), found[0].message


def test_each_record_of_a_batch_gets_its_own_findings(types: Types, record: Callable[..., dict[str, Any]]) -> None:
    found = findings_for(
        types,
        record(id="good"),
        record(id="wrong", country=["QQ"]),
        record(id="worse", measure=["nothing"], sector=["space"]),
    )
    fields = {iri.rpartition("/")[2]: [f.field for f in findings] for iri, findings in found.items()}
    assert fields == {"wrong": ["country"], "worse": ["measure", "sector"]}


def test_two_titles_in_one_language_or_two_sources_are_refused(types: Types) -> None:
    iri, graph = ID["practice/twice"], Graph()
    for triple in [
        (iri, RDF.type, GW.GoodPractice),
        (iri, DCTERMS.title, Literal("one", lang="en")),
        (iri, DCTERMS.title, Literal("two", lang="en")),
        (iri, DCTERMS.source, URIRef("https://example.org/a")),
        (iri, DCTERMS.source, URIRef("https://example.org/b")),
    ]:
        graph.add(triple)
    fields = {finding.field: finding.message for finding in validate({iri: graph}, types)[iri]}
    assert "more than one value" in fields["title"]
    assert "more than one value" in fields["source"]
    assert "missing" in fields["summary"]


def test_a_long_wrong_value_is_cut_in_the_message(types: Types, record: Callable[..., dict[str, Any]]) -> None:
    (found,) = findings_for(types, record(measure=["x" * 5000])).values()
    assert len(found[0].message) < 400
    assert json.dumps(found[0].as_dict())
