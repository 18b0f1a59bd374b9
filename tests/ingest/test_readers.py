"""The same record is the same whatever the form of its file, and text stays the text that was written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rdflib import RDF, BNode, Literal, URIRef
from rdflib.namespace import DCTERMS

from ingest.readers import RawRecord, read
from ingest.record import Record, normalise
from kg import InputError
from ontology import COUNTRY, GW, ID, LANGUAGE

Make = Callable[..., dict[str, Any]]
HEAD = "id: x\ntype: GoodPractice\ntitle: T\nsummary: S.\nlanguage: en\nsource: https://example.org/x\n"


def only(path: Path) -> RawRecord:
    (raw,) = read(path)
    assert raw.finding is None, raw.finding
    return raw


def accepted(fields: dict[str, Any]) -> Record:
    made, findings = normalise(RawRecord("test", data=fields))
    assert made, findings
    return made


@pytest.fixture
def from_yaml(tmp_path: Path) -> Callable[[str], dict[str, Any]]:
    def parse(lines: str) -> dict[str, Any]:
        path = tmp_path / "x.yaml"
        path.write_text(HEAD + lines, encoding="utf-8")
        return only(path).data

    return parse


def test_a_record_is_the_same_from_every_form(tmp_path: Path, record: Make) -> None:
    fields = record(title={"el": "Τίτλος", "en": "Title"}, country=["EL"], figure=[{"value": 1.5, "what": "ё"}])
    one_line = json.dumps(fields, ensure_ascii=False)
    for name, text in {
        "a.yaml": yaml.safe_dump(fields, allow_unicode=True),
        "a.YML": yaml.safe_dump(fields),
        "a.json": json.dumps(fields, indent=2),
        "a.jsonl": one_line + "\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / f"bom-{name}").write_text(text, encoding="utf-8-sig")
    made = [accepted(only(path).data) for path in tmp_path.iterdir()]
    assert len(made) == 8
    assert len({one.digest for one in made}) == 1


def test_each_line_of_a_jsonl_file_is_a_record_with_its_row(tmp_path: Path, record: Make) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b"\n".join([json.dumps(record(id="a")).encode(), b"", b"  \r", json.dumps(record(id="b")).encode()])
    )
    assert [(raw.row, raw.data["id"]) for raw in read(path)] == [(1, "a"), (4, "b")]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("start: 2022-03", "2022-03"),
        ("checked: 2026-11-22", "2026-11-22"),
        ("checked: 2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
        ("place: no", "no"),
        ("place: yes", "yes"),
        ("place: On", "On"),
        ("place: 12:30", "12:30"),
        ("place: 007", "007"),
        ("place: 0x1F", "0x1F"),
        ("place: 1_000", "1_000"),
        ("place: <<", "<<"),
        ("country: [NO]", ["NO"]),
        ("title2: {no: Tittel}", {"no": "Tittel"}),
        ("place: ~", None),
        ("figure: [{value: 12}, {value: -1.5}]", [{"value": 12}, {"value": -1.5}]),
    ],
)
def test_yaml_keeps_words_and_dates_as_text(
    from_yaml: Callable[[str], dict[str, Any]], written: str, read_as: object
) -> None:
    assert from_yaml(written)[written.partition(":")[0]] == read_as


def test_an_alias_repeats_what_it_names(from_yaml: Callable[[str], dict[str, Any]]) -> None:
    assert from_yaml("country: &c [DE]\ndestination: *c\n")["destination"] == ["DE"]


def test_a_file_of_an_unknown_kind_or_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_text("x")
    (tmp_path / "folder.yaml").mkdir()
    for name, said in [
        ("a.doc", r"ending in \.doc are not read; use \.yaml, .*\.json"),
        ("a", "ending in nothing are not read"),
        ("none.yaml", "no such file"),
        ("folder.yaml", "no such file"),
    ]:
        with pytest.raises(InputError, match=said) as caught:
            list(read(tmp_path / name))
        assert caught.value.finding.file == str(tmp_path / name)


def test_texts_are_in_the_language_of_the_record_unless_they_say_otherwise(record: Make) -> None:
    graph = accepted(record(language="pl", title="Tytuł", summary={"en": "A."}, text="Długi\n\ntekst")).graph()
    iri = ID["practice/deaf-joiners-granada"]
    assert graph.value(iri, DCTERMS.title) == Literal("Tytuł", lang="pl")
    assert graph.value(iri, DCTERMS.abstract) == Literal("A.", lang="en")
    assert graph.value(iri, GW.text) == Literal("Długi\n\ntekst", lang="pl")
    assert graph.value(iri, DCTERMS.language) == LANGUAGE.POL


def test_a_record_and_its_parts_have_iris_of_their_own(record: Make) -> None:
    parts = {
        "organisation": [{"name": "Caritas", "country": "DE"}, {"name": "Caritas"}],
        "figure": {"value": 1, "what": "x"},
    }
    graph = accepted(record(type="TrainingMaterial", **parts)).graph()
    iri, body = ID["material/deaf-joiners-granada"], ID["organisation/caritas"]
    first, second, figure = (URIRef(f"{iri}#{part}") for part in ("organisation-1", "organisation-2", "figure-1"))
    assert not [term for triple in graph for term in triple if isinstance(term, BNode)]
    assert set(graph.subjects()) == {iri, first, second, figure, body}
    assert (first, GW.country, COUNTRY.DEU) in graph
    assert {graph.value(first, GW.organisation), graph.value(second, GW.organisation)} == {body}
    assert (figure, RDF.type, GW.Figure) in graph


def test_what_is_empty_says_nothing(record: Make) -> None:
    bare, padded = record(), record(place="", country=[], figure=None, challenges={})
    assert accepted(bare).digest == accepted(padded).digest


def test_the_digest_changes_with_the_content_and_not_with_its_order(record: Make) -> None:
    fields = record(country=["DE"])
    turned = dict(reversed(fields.items()))
    assert accepted(fields).digest == accepted(turned).digest
    assert accepted(fields).digest != accepted(fields | {"country": ["AT"]}).digest
    assert accepted(fields).digest == accepted(fields | {"title": f"  {fields['title']}\n "}).digest
