"""Whatever a file holds, the answer is a finding that names file, row and field; nothing breaks, nothing is lost."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ingest
from ingest.readers import RawRecord
from ingest.record import REQUIRED, normalise
from kg import EmbeddedStore, Finding, InputError
from kg.records import ID_PATTERN, current
from kg.validation import Types, validate, vocabulary_types
from ontology import CONTEXT_FILE

Make = Callable[..., dict[str, Any]]
HEAD = "id: x\ntype: GoodPractice\ntitle: T\nsummary: S.\nlanguage: en\nsource: https://example.org/x\n"
FIELDS = sorted(n for n in json.loads(CONTEXT_FILE.read_text(encoding="utf-8"))["@context"] if not n.startswith("@"))
DEEP = "[" * 100_000 + "]" * 100_000
BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGE_BOMB = "a: &a {k: v}\n" + "".join(
    f"{name}: &{name} {{<<: [{','.join(['*' + before] * 10)}]}}\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["en", "DE", "https://e.org/"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def types(vocabulary: list[Any]) -> Types:
    store = EmbeddedStore(None)
    store.load(vocabulary)
    return vocabulary_types(store)


def check(types: Types, path: Path, content: str | bytes) -> list[Finding]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    started = time.monotonic()
    _, findings = ingest.check_files([path], types)
    assert time.monotonic() - started < 2
    for finding in findings:
        assert finding.file == str(path)
        assert "\n" not in str(finding)
        assert len(finding.message) < 500
        assert finding.message.endswith(".")
        str(finding).encode()
    return findings


@pytest.mark.parametrize(
    ("content", "row", "said"),
    [
        ("a: [1\nb: 2", 2, "not valid YAML"),
        ("\ta: 1", 1, "not valid YAML"),
        (HEAD + "title: again", 7, "the field title stands here twice"),
        (HEAD + "organisation: [{name: A, name: B}]", 7, "the field name stands here twice"),
        (HEAD + "? [a]\n: b", 7, "a field name must be a word"),
        (HEAD + "---\n" + HEAD, 8, "already used in"),
        (HEAD + "place: !!python/object/apply:os.system [exit]", 7, "could not determine a constructor"),
        (HEAD + "place: !!bool maybe", 7, "could not determine a constructor"),
        (HEAD + "place: !!timestamp soon", 7, "could not determine a constructor"),
        (HEAD + "place: !!int ''", None, "not valid YAML"),
        (HEAD + "place: *nothing", 7, "undefined alias"),
        (HEAD + "place: \x07", None, "control characters"),
        (HEAD.encode() + b"place: M\xe1laga", None, "not UTF-8 text"),
        (HEAD.encode("utf-16"), None, "not UTF-8 text"),
        (HEAD + f"place: {DEEP}", None, "nested too deeply"),
        ("a: " + "{a: " * 50_000, None, "nested too deeply"),
        ("- " * 300_000, None, "nested too deeply"),
        (HEAD + "place: &p [*p]", None, "nested too deeply"),
        (BOMB, None, "nested too deeply"),
        ("", None, "must be a set of fields"),
        ("- a\n- b", None, "must be a set of fields"),
        ("text: " + "x" * 2_100_000, None, "2 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 and "\n" not in value else "",
)
def test_a_yaml_file_that_is_none_is_one_finding(
    types: Types, tmp_path: Path, content: str | bytes, row: int | None, said: str
) -> None:
    (finding,) = check(types, tmp_path / "bad.yaml", content)
    assert finding.row == row
    assert said in finding.message


def test_merging_cannot_multiply_a_file(types: Types, tmp_path: Path) -> None:
    assert check(types, tmp_path / "bad.yaml", MERGE_BOMB)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id":', "not valid JSON: .* at character 8"),
        ('{"id": "a", "id": "b"}', "the field id stands there twice"),
        ('{"figure": [{"value": NaN}]}', "NaN is not a number"),
        ('{"figure": [{"value": -Infinity}]}', "-Infinity is not a number"),
        ('{"value": ' + "9" * 5000 + "}", "a number in it is too long"),
        (DEEP, "nested too deeply"),
        ('["a"]', "must be a set of fields"),
        ('"a"', "must be a set of fields"),
        ("null", "must be a set of fields"),
        ('{"place":' + "[" * 30 + "]" * 30 + "}", "nested too deeply"),
        ('{"a": "' + "x" * 2_100_000 + '"}', "2 MB"),
        (b'{"id": "\xff"}', "not UTF-8 text"),
    ],
    ids=range(12),
)
def test_a_bad_line_is_one_finding_with_its_row_and_the_others_go_in(
    types: Types, tmp_path: Path, record: Make, line: str | bytes, said: str
) -> None:
    raw = line.encode() if isinstance(line, str) else line
    content = b"\n".join([json.dumps(record(id="a")).encode(), raw, json.dumps(record(id="b")).encode()])
    (finding,) = check(types, tmp_path / "bad.jsonl", content)
    assert finding.row == 2
    assert re.search(said, finding.message), finding.message
    assert ingest.check_files([tmp_path / "bad.jsonl"], types)[0] == 3


@pytest.mark.parametrize("field", REQUIRED)
def test_a_missing_field_is_named(types: Types, tmp_path: Path, record: Make, field: str) -> None:
    for empty in (None, "", [], {}):
        fields = record() | {field: empty}
        findings = check(types, tmp_path / "bad.json", json.dumps(fields))
        assert [(f.field, f"The field {field} is missing" in f.message) for f in findings] == [(field, True)]


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"addresses": ["eplus-2021.econmic"]}, "addresses", "nearest: eplus-2021.economic"),
        ({"addresses": ["eplus-2021.economic; DROP"]}, "addresses", "is not a code"),
        ({"language": "eng"}, "language", "'eng' is not a language code; use two letters"),
        ({"language": ["en"]}, "language", "is not a language code"),
        ({"title": {"en": "A", "xx": "B"}}, "title", "'xx' is not a language code"),
        ({"title": {"en": "  "}}, "title", "is empty"),
        ({"title": "bell \x07"}, "title", "control characters"),
        ({"title": "lone \ud800"}, "title", "control characters"),
        ({"place": "a\x00b"}, "place", "'a�b'"),
        ({"titel": "T"}, "titel", "did you mean title"),
        ({"x\ud800\x1b[31m": 1}, "x��[31m", "There is no field"),
        ({"@id": "https://evil.example/"}, "@id", "There is no field"),
        ({"@context": {"title": "https://evil.example/"}}, "@context", "Only https://w3id.org"),
        ({"id": "../../etc/passwd"}, "id", "cannot be an id"),
        ({"id": ["a"]}, "id", "cannot be an id"),
        ({"id": True}, "id", "cannot be an id"),
        ({"id": "x" * 121}, "id", "at most 120"),
        ({"type": "Practice"}, "type", "use GoodPractice, TrainingMaterial"),
        ({"type": False}, "type", "is not a type of record"),
        ({"type": 0}, "type", "is not a type of record"),
        ({"start": "in May"}, "start", "write 2021, 2021-05 or 2021-05-14"),
        ({"figure": [{"value": "twelve", "what": "x"}]}, "figure[1].value", "is not a number"),
        ({"figure": [{"value": 10**400, "what": "x"}]}, "figure[1].value", "is not a number"),
        ({"figure": [{"value": True, "what": "x"}]}, "figure[1].value", "is not a number"),
        ({"organisation": ["A"]}, "organisation", "must be a set of fields"),
        ({"place": "a\n" * 200}, "place", "at most 300 characters"),
        ({"place": ["a", "b"]}, "place", "takes one value; there are 2"),
        ({"country": {"DE": 1}}, "country", "takes a word or a list of words"),
    ],
    ids=lambda value: ascii(value)[:30] if isinstance(value, dict) else "",
)
def test_a_wrong_field_is_named_with_a_way_out(
    types: Types, tmp_path: Path, record: Make, fields: dict[str, Any], field: str, said: str
) -> None:
    (finding,) = check(types, tmp_path / "bad.json", json.dumps(record() | fields))
    assert finding.field == field
    assert said in finding.message


@pytest.mark.parametrize(
    "address",
    ["www.example.org", "ftp://example.org", "javascript:alert(1)", "https://", "https:///x", "https://a b", "https://[",
     "https://[::1", "http://e.org:x/", "https://e.org/%zz", "https://e.org/#a#b", "https://e.org/<x>", "https://e.org/\ud800",
     "https://e.org/\n", 7, ["https://e.org/"], {"en": "https://e.org/"}],
)  # fmt: skip
def test_a_broken_address_is_named_before_it_reaches_the_graph(
    types: Types, tmp_path: Path, record: Make, address: object
) -> None:
    for fields, field in [
        ({"source": address}, "source"),
        ({"licence": address}, "licence"),
        ({"furtherSource": [{"url": address, "language": "en"}]}, "furtherSource[1].url"),
    ]:
        (finding,) = check(types, tmp_path / "bad.json", json.dumps(record(**fields)))
        assert (finding.field, "is not a web address" in finding.message) == (field, True)


def test_an_id_used_twice_is_named_in_one_file_and_across_files(types: Types, write_records: Any, record: Make) -> None:
    first = write_records(record(id="a"), record(id="b"), record(id="a"), name="one.jsonl")
    second = write_records(record(id="b"), name="two.jsonl")
    _, findings = ingest.check_files([first, second], types)
    assert [(f.file, f.row, f.record, f.field) for f in findings] == [
        (str(first), 3, "a", "id"),
        (str(second), 1, "b", "id"),
    ]
    assert f"{first}, row 2" in findings[1].message


@settings(max_examples=300, deadline=None, database=None)
@given(field=st.sampled_from(FIELDS) | st.text(), value=anything)
def test_any_value_in_any_field_gives_a_record_or_findings(types: Types, field: str, value: object) -> None:
    fields = {
        "id": "x", "type": "GoodPractice", "title": "T", "summary": "S.", "language": "en",
        "source": "https://example.org/x",
    }  # fmt: skip
    made, findings = normalise(RawRecord("any.jsonl", 1, fields | {field: value}))
    for finding in findings:
        str(finding).encode()
    assert (made is None) == bool(findings)
    if made:
        assert ID_PATTERN.fullmatch(made.id)
        graph = made.graph()
        if not validate({made.iri: graph}, types):
            EmbeddedStore(None).change({made.iri: graph})


@settings(max_examples=150, deadline=None, database=None)
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_give_records_or_findings(types: Types, tmp_path_factory: Any, content: bytes) -> None:
    for ending in (".yaml", ".json", ".jsonl"):
        path = tmp_path_factory.getbasetemp() / f"any{ending}"
        assert check(types, path, content) or ending == ".jsonl"


def test_a_bad_new_version_leaves_the_old_one(
    vocabulary_store: EmbeddedStore, write_records: Any, record: Make
) -> None:
    ingest.import_files(vocabulary_store, [write_records(record(id="a"), record(id="b"))])
    before = {name: version.digest for name, version in current(vocabulary_store).items()}
    bad = write_records(
        record(id="a", country=["QQ"]), record(id="b", source="nowhere"), '{"id": "a"', name="bad.jsonl"
    )
    report = ingest.import_files(vocabulary_store, [bad])
    assert [(f.row, f.record) for f in report.rejected] == [(2, "b"), (3, ""), (1, "a")]
    assert {name: version.digest for name, version in current(vocabulary_store).items()} == before


def test_a_missing_file_stores_nothing_of_the_others(
    vocabulary_store: EmbeddedStore, write_records: Any, record: Make, tmp_path: Path
) -> None:
    good = write_records(record())
    for bad in (tmp_path / "none.jsonl", tmp_path / "table.doc"):
        with pytest.raises(InputError):
            ingest.import_files(vocabulary_store, [good, bad])
        assert current(vocabulary_store) == {}
