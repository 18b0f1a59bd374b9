"""Our own export comes back as it was, in every form of RDF; nothing is fetched to read it."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.readers import RawRecord, read
from ingest.record import Record, normalise
from kg import EmbeddedStore
from kg.export import export
from kg.records import Act, Change, apply
from ontology import CONTEXT_IRI, GW

Make = Callable[..., dict[str, Any]]
FORMS = [".ttl", ".trig", ".nt", ".nq", ".jsonld"]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def accepted(raw: RawRecord) -> Record:
    assert raw.finding is None, raw.finding
    record, findings = normalise(raw)
    assert record, findings
    return record


@pytest.fixture
def whole(record: Make) -> dict[str, Any]:
    """A record with something in every kind of field."""
    return record(
        title={"lt": "Pavadinimas", "en": 'A "title" with \\ and ё'},
        organisation=[{"name": f"Body {n}", "country": "DE", "role": "partner"} for n in range(12)],
        figure=[{"value": 12, "what": {"en": "learners"}, "year": 2012}, {"value": 1.5, "what": {"en": "x"}}],
        furtherSource=[{"url": "https://example.org/a?b=c#d", "language": "lt", "checked": "2026-11-22"}],
        country=["LT", "EL"], nuts=["DEF0"], start="2021", end="2021-05", published="2021-05-14",
        inLanguage=["lt", "no"], projectReference=["b-2", "a-1"], duration="PT10M", text={"en": "A\n\nB"},
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_record_comes_back_from_every_form(
    store: EmbeddedStore, whole: dict[str, Any], tmp_path: Path, form: str, no_network: None
) -> None:
    made = accepted(RawRecord("x", data=whole))
    apply(store, [Change(made.iri, made.digest, made.graph(), "x")], Act("import", "test"))
    export(store, tmp_path / f"x{form}")
    (raw,) = read(tmp_path / f"x{form}")
    assert set(accepted(raw).graph()) == set(made.graph())


def test_the_vocabulary_in_an_export_is_no_record(
    vocabulary_store: EmbeddedStore, tmp_path: Path, record: Make
) -> None:
    made = accepted(RawRecord("x", data=record()))
    apply(vocabulary_store, [Change(made.iri, made.digest, made.graph(), "x")], Act("import", "test"))
    export(vocabulary_store, tmp_path / "x.ttl")
    (raw,) = read(tmp_path / "x.ttl")
    assert set(accepted(raw).graph()) == set(made.graph())


def test_a_record_in_json_ld_with_our_context_is_the_record(tmp_path: Path, record: Make, no_network: None) -> None:
    fields = record()
    plain = accepted(RawRecord("x", data=fields)).digest
    for name, document in {
        "a.jsonld": {"@context": CONTEXT_IRI} | fields,
        "b.json": {"@context": CONTEXT_IRI} | fields,
        "c.json": [fields],
    }.items():
        (tmp_path / name).write_text(json.dumps(document), encoding="utf-8")
        (raw,) = read(tmp_path / name)
        assert accepted(raw).digest == plain


def test_a_record_with_an_iri_of_its_own_is_read_by_our_context(tmp_path: Path, no_network: None) -> None:
    node = {
        "@id": "https://w3id.org/goodways/id/practice/x", "type": ["GoodPractice", "Record"], "title": {"en": "T"},
        "summary": {"en": "S."}, "language": "en", "source": "https://example.org/x", "country": ["EL"], "hue": "red",
    }  # fmt: skip
    path = tmp_path / "a.jsonld"
    path.write_text(json.dumps({"@context": CONTEXT_IRI, "@graph": [node]}), encoding="utf-8")
    (raw,) = read(path)
    assert (raw.data["id"], raw.data["country"], raw.data["language"]) == ("x", ["GR"], "en")
    assert "hue" in str(raw.notes[0]), "what no field takes is told"
    accepted(raw)


@pytest.mark.parametrize(
    "document",
    [
        {"@context": "https://evil.example/context", "@id": "https://e.org/a", "title": "x"},
        {"@context": [{"a": "https://e.org/a"}, "https://evil.example/context"], "@graph": []},
        {"@context": {"@import": "https://evil.example/context"}, "@graph": []},
        {"@context": {"a": {"@id": "https://e.org/a", "@context": "https://evil.example/c"}}, "@graph": []},
    ],
)
def test_a_context_that_must_be_fetched_is_refused(tmp_path: Path, document: Any, no_network: None) -> None:
    path = tmp_path / "a.jsonld"
    path.write_text(json.dumps(document), encoding="utf-8")
    (raw,) = read(path)
    assert raw.finding is not None
    assert f"only {CONTEXT_IRI} is known here" in raw.finding.message


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.ttl", "<a> <b> .", "not valid ttl"),
        ("a.ttl", "", "no records in this file"),
        ("a.nt", '<https://e.org/a> <https://e.org/b> "c" .', "no records in this file"),
        ("a.ttl", b"\xff\xfe\x00", "not UTF-8"),
        ("a.rdf", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>', "declares entities"),
        ("a.rdf", '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>', "declares entities"),
    ],
)
def test_what_is_no_rdf_of_ours_is_one_finding(tmp_path: Path, name: str, content: str | bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (raw,) = read(path)
    assert raw.finding is not None
    assert said in raw.finding.message
    assert "root:" not in raw.finding.message


def test_rdf_xml_is_read(tmp_path: Path, no_network: None) -> None:
    path = tmp_path / "a.rdf"
    path.write_text(
        f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/terms/">
        <rdf:Description rdf:about="https://w3id.org/goodways/id/practice/x">
          <rdf:type rdf:resource="{GW.GoodPractice}"/><dc:title xml:lang="en">T</dc:title>
          <dc:abstract xml:lang="en">S.</dc:abstract><dc:source rdf:resource="https://example.org/x"/>
          <dc:language rdf:resource="http://publications.europa.eu/resource/authority/language/ENG"/>
        </rdf:Description></rdf:RDF>""",
        encoding="utf-8",
    )
    (raw,) = read(path)
    assert accepted(raw).id == "x"
