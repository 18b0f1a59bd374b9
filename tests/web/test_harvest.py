"""Harvesters get every record in the form they ask for, and later only what has changed."""

import base64
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from oaipmh_scythe import Scythe
from starlette.testclient import TestClient

from kg.records import Act, withdraw
from ontology import ID
from search import Encoder
from web import harvest
from web.harvest_formats import DC, LOM, OAI_DC, clean

from .small_site import add, listening, site_of, small_site

OAI = "{http://www.openarchives.org/OAI/2.0/}"
SCHEMAS = Path(os.environ.get("GOODWAYS_OAI_SCHEMAS", ""))
ONE, TWO, THREE = (str(ID[path]) for path in ("practice/one", "practice/two", "material/three"))
NEW = {
    "id": "new", "type": "TrainingMaterial", "language": "lt", "source": "https://example.org/new?a=1&b=2",
    "title": {"lt": "Vadovas & <b>kelias</b>", "en": "A guide for “all”"}, "materialType": ["guide"],
    "summary": "First.\nSecond line. Third.", "sector": ["vet", "he"], "format": ["pdf"],
    "organisation": [{"name": "Vilnius, University; A\\B", "country": "LT", "role": "publisher"}],
    "audience": ["teachers-and-trainers"], "duration": "PT2H", "country": ["LT"],
    "addresses": ["eplus-2021.disability-sensory"], "measure": ["mentoring"],
    "furtherSource": [{"url": "https://example.org/more", "language": "en", "checked": "2026-11-22"}],
}  # fmt: skip


@pytest.fixture
def client(tmp_path: Path, small_folder: Path, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path, encoder) as made:
        yield made


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory, small_folder: Path, encoder: Encoder) -> Iterator[TestClient]:
    """A site whose data nobody changes."""
    with small_site(small_folder, tmp_path_factory.mktemp("steady"), encoder) as made:
        yield made


def ask(client: TestClient, **arguments: str) -> Element:
    answer = client.get("/oai", params={name.rstrip("_"): value for name, value in arguments.items()})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    root = fromstring(answer.content)  # noqa: S314 (our own)
    assert root.tag == f"{OAI}OAI-PMH"
    assert [child.tag for child in root][:2] == [f"{OAI}responseDate", f"{OAI}request"]
    return root


def error(root: Element) -> str:
    found = [e.get("code") or "" for e in root.iter(f"{OAI}error")]
    assert len(found) == 1
    return found[0]


def identifiers(root: Element) -> list[str]:
    return [e.text or "" for e in root.iter(f"{OAI}identifier")]


def texts(root: Element, tag: str) -> list[str]:
    return [e.text or "" for e in root.iter(tag)]


def take_back(client: TestClient, *ids: str) -> None:
    workspace = site_of(client).workspace
    with workspace.writing() as store:
        withdraw(store, [ID[one] for one in ids], Act("import", "t"), source="t")
        workspace.sync(store)
    site_of(client).take_up_changes()


def test_a_kept_harvester_reads_all_of_it(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvest, "PAGE", 2)
    add(client, tmp_path, NEW)
    take_back(client, "practice/two")
    with listening(client) as address, Scythe(f"{address}/oai") as scythe:
        said = scythe.identify()
        assert (said.baseURL, said.protocolVersion, said.deletedRecord) == (f"{address}/oai", "2.0", "transient")
        assert {one.metadataPrefix for one in scythe.list_metadata_formats()} == {"oai_dc", "oai_lom"}
        assert [one.setSpec for one in scythe.list_sets()] == list(harvest.SETS)
        headers = {one.identifier: one for one in scythe.list_identifiers(metadata_prefix="oai_dc")}
        assert set(headers) == {ONE, TWO, THREE, str(ID["material/new"])}
        assert [iri for iri, header in headers.items() if header.deleted] == [TWO]
        for form in ("oai_dc", "oai_lom"):
            records = list(scythe.list_records(metadata_prefix=form, ignore_deleted=True))
            assert {record.header.identifier for record in records} == set(headers) - {TWO}
        one = scythe.get_record(identifier=ONE, metadata_prefix="oai_dc")
        assert "Deaf learners train as joiners in Granada" in one.metadata["title"]


def test_dublin_core_says_what_the_record_says(client: TestClient, tmp_path: Path) -> None:
    add(client, tmp_path, NEW)
    root = ask(client, verb="GetRecord", identifier=str(ID["material/new"]), metadataPrefix="oai_dc")
    dc = root.find(f".//{{{OAI_DC}}}dc")
    assert dc is not None
    found = {name: texts(dc, f"{{{DC}}}{name}") for name in ("title", "creator", "source", "language", "relation",
             "identifier", "subject", "coverage", "format", "description", "publisher")}  # fmt: skip
    assert found["title"] == ["A guide for “all”", "Vadovas & <b>kelias</b>"]
    languages = [e.get("{http://www.w3.org/XML/1998/namespace}lang") for e in dc.iter(f"{{{DC}}}title")]
    assert languages == ["en", "lt"]
    assert found["creator"] == ["Vilnius, University; A\\B"]
    assert found["source"] == [NEW["source"]]
    assert (found["language"], found["relation"]) == (["lt"], ["https://example.org/more"])
    assert (found["coverage"], found["format"]) == (["Lithuania"], ["application/pdf"])
    assert "Mentoring" in " ".join(found["subject"])
    assert "http" not in " ".join(found["subject"])


def test_lom_says_what_the_record_says(client: TestClient, tmp_path: Path) -> None:
    add(client, tmp_path, NEW)
    root = ask(client, verb="GetRecord", identifier=str(ID["material/new"]), metadataPrefix="oai_lom")
    lom = root.find(f".//{{{LOM}}}lom")
    assert lom is not None
    order = ["general", "lifeCycle", "metaMetadata", "technical", "educational", "rights", "relation"]
    tags = [child.tag.removeprefix(f"{{{LOM}}}") for child in lom]
    assert tags[:7] == order
    assert set(tags[7:]) == {"classification"}

    def at(path: str) -> list[str]:
        return [e.text or "" for e in lom.findall("/".join(f"{{{LOM}}}{step}" for step in path.split("/")))]

    assert at("general/identifier/entry") == [str(ID["material/new"])]
    assert at("technical/location") == [NEW["source"]]
    assert at("educational/context/value") == ["higher education", "training"]
    assert at("educational/typicalLearningTime/duration") == ["PT2H"]
    assert "ORG:Vilnius\\, University\\; A\\\\B" in at("lifeCycle/contribute/entity")[0]
    assert str(ID["measure/mentoring"]) in at("classification/taxonPath/taxon/id")


def test_answers_are_valid_by_the_protocols_own_schemas(client: TestClient, tmp_path: Path) -> None:
    if not (SCHEMAS / "OAI-PMH.xsd").is_file():
        pytest.skip("needs OAI-PMH.xsd and oai_dc.xsd in a folder that GOODWAYS_OAI_SCHEMAS names")
    add(client, tmp_path, NEW)
    take_back(client, "practice/two")
    both = {OAI.strip("{}"): "OAI-PMH.xsd", OAI_DC: "oai_dc.xsd"}
    files = {name: (SCHEMAS / file).as_uri() for name, file in both.items()}
    imports = "".join(f'<import namespace="{name}" schemaLocation="{file}"/>' for name, file in files.items())
    schema = etree.XMLSchema(etree.XML(f'<schema xmlns="http://www.w3.org/2001/XMLSchema">{imports}</schema>'))
    form = {"metadataPrefix": "oai_dc"}
    for arguments in (
        {"verb": "Identify"}, {"verb": "ListSets"}, {"verb": "ListMetadataFormats"}, {"verb": "Nothing"}, {},
        {"verb": "ListIdentifiers"} | form, {"verb": "ListRecords"} | form, {"verb": "ListRecords"},
        {"verb": "GetRecord", "identifier": TWO} | form,
    ):  # fmt: skip
        schema.assertValid(etree.fromstring(client.get("/oai", params=arguments).content))


def test_what_xml_cannot_write_is_left_out() -> None:
    assert clean("a\x00b\x0bc\td\ud800e\ufffef😀") == "abc\tdef😀"


def test_a_withdrawn_record_is_said_to_be_deleted_and_comes_back(client: TestClient, tmp_path: Path) -> None:
    take_back(client, "practice/two")
    root = ask(client, verb="GetRecord", identifier=TWO, metadataPrefix="oai_dc")
    header = root.find(f".//{OAI}header")
    assert header is not None
    assert header.get("status") == "deleted"
    assert root.find(f".//{OAI}metadata") is None
    assert TWO in identifiers(ask(client, verb="ListIdentifiers", metadataPrefix="oai_dc", set="practice"))
    again = {"id": "two", "type": "GoodPractice", "title": "Young cooks go to Cork again", "language": "en",
             "summary": "Six worked in kitchens. They liked it.", "source": "https://example.org/two"}  # fmt: skip
    add(client, tmp_path, again)
    root = ask(client, verb="GetRecord", identifier=TWO, metadataPrefix="oai_dc")
    assert texts(root, f"{{{DC}}}title") == ["Young cooks go to Cork again"]
    assert [h.get("status") for h in root.iter(f"{OAI}header")] == [None]


def test_from_and_until_take_both_ends_by_day_and_by_second(steady: TestClient) -> None:
    root = ask(steady, verb="ListIdentifiers", metadataPrefix="oai_dc")
    stamps = dict(zip(identifiers(root), texts(root, f"{OAI}datestamp"), strict=True))
    when = stamps[ONE]
    for unit in (10, 20):
        same = ask(steady, verb="ListIdentifiers", metadataPrefix="oai_dc", from_=when[:unit], until=when[:unit])
        assert set(identifiers(same)) == {iri for iri, other in stamps.items() if other[:unit] == when[:unit]}
    for late in ({"from_": "2999-01-01"}, {"until": "1999-12-31T23:59:59Z"}):
        assert error(ask(steady, verb="ListIdentifiers", metadataPrefix="oai_dc", **late)) == "noRecordsMatch"


def test_a_set_is_a_kind_of_record(steady: TestClient) -> None:
    for kind, want in {"practice": {ONE, TWO}, "material": {THREE}}.items():
        root = ask(steady, verb="ListRecords", metadataPrefix="oai_dc", set=kind)
        assert set(identifiers(root)) == want
        assert set(texts(root, f"{OAI}setSpec")) == {kind}
    for kind in ("event", "nothing"):
        assert error(ask(steady, verb="ListRecords", metadataPrefix="oai_dc", set=kind)) == "noRecordsMatch"


def test_a_list_goes_on_after_a_restart(
    client: TestClient, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harvest, "PAGE", 2)
    first = ask(client, verb="ListIdentifiers", metadataPrefix="oai_lom")
    token = first.find(f".//{OAI}resumptionToken")
    assert token is not None
    assert token.text
    assert (token.get("completeListSize"), token.get("cursor")) == ("3", "0")
    copy = tmp_path / "again"
    copy.mkdir()
    with small_site(site_of(client).workspace.folder, copy, encoder) as restarted:
        rest = ask(restarted, verb="ListIdentifiers", resumptionToken=token.text)
    end = rest.find(f".//{OAI}resumptionToken")
    assert end is not None
    assert (end.text, end.get("completeListSize"), end.get("cursor")) == (None, "3", "2"), "the last part says so"
    assert sorted(identifiers(first) + identifiers(rest)) == sorted([ONE, TWO, THREE])


def test_what_changes_during_a_harvest_is_not_lost(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harvest, "PAGE", 1)
    seen, token = [], ""
    for step in range(20):
        asked = {"resumptionToken": token} if token else {"metadataPrefix": "oai_dc"}
        root = ask(client, verb="ListIdentifiers", **asked)
        seen += identifiers(root)
        if step == 0:
            add(client, tmp_path, NEW)
            take_back(client, "practice/two")
        token = root.findtext(f".//{OAI}resumptionToken") or ""
        if not token:
            break
    assert set(seen) == {ONE, TWO, THREE, str(ID["material/new"])}


LIST = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}
ERRORS: list[tuple[dict[str, Any], str]] = [
    ({}, "badVerb"),
    ({"verb": "listrecords"}, "badVerb"),
    ({"verb": ["Identify", "Identify"]}, "badVerb"),
    ({"verb": "Identify", "set": "practice"}, "badArgument"),
    ({"verb": "GetRecord", "identifier": ONE}, "badArgument"),
    ({"verb": "GetRecord", "identifier": "no uri", "metadataPrefix": "oai_dc"}, "badArgument"),
    ({"verb": "GetRecord", "identifier": "urn:x:none", "metadataPrefix": "oai_dc"}, "idDoesNotExist"),
    ({"verb": "GetRecord", "identifier": ONE, "metadataPrefix": "marc"}, "cannotDisseminateFormat"),
    ({"verb": "ListMetadataFormats", "identifier": "urn:x:none"}, "idDoesNotExist"),
    ({"verb": "ListRecords"}, "badArgument"),
    (LIST | {"metadataPrefix": ["oai_dc", "oai_dc"]}, "badArgument"),
    (LIST | {"metadataPrefix": "marc"}, "cannotDisseminateFormat"),
    (LIST | {"from": "2026-13-01"}, "badArgument"),
    (LIST | {"from": "2026-11-25T25:00:00Z"}, "badArgument"),
    (LIST | {"from": "25.11.2026"}, "badArgument"),
    (LIST | {"from": ""}, "badArgument"),
    (LIST | {"from": "2026-11-25", "until": "2026-11-26T00:00:00Z"}, "badArgument"),
    (LIST | {"from": "2026-11-26", "until": "2026-11-25"}, "badArgument"),
    (LIST | {"set": "\x01"}, "badArgument"),
    (LIST | {"resumptionToken": "x"}, "badArgument"),
    (LIST | {"other\x02": "x"}, "badArgument"),
    ({"verb": "ListRecords", "resumptionToken": "x"}, "badResumptionToken"),
    ({"verb": "ListSets", "resumptionToken": "x"}, "badResumptionToken"),
]


@pytest.mark.parametrize(("arguments", "code"), ERRORS)
def test_every_mistake_has_the_protocols_error(steady: TestClient, arguments: dict[str, Any], code: str) -> None:
    body = urlencode(arguments, doseq=True)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for answer in (steady.get(f"/oai?{body}"), steady.post("/oai", content=body, headers=form)):
        assert answer.status_code == 200
        root = fromstring(answer.content)  # noqa: S314 (our own)
        assert error(root) == code
        request = root.find(f"{OAI}request")
        assert request is not None
        assert bool(request.attrib) == (code not in ("badVerb", "badArgument"))


def tokens() -> st.SearchStrategy[str]:
    """Tokens that look like ours, and some that do not."""
    part = st.one_of(st.text(max_size=20), st.integers(), st.none(), st.lists(st.text(max_size=5), max_size=3))
    made = st.lists(part, max_size=9).map(lambda v: base64.urlsafe_b64encode(json.dumps(v).encode()).decode())
    return st.one_of(made, st.text(max_size=50), st.just("W" * 15_000), st.just(base64.b64encode(b"[" * 9000).decode()))


@given(token=tokens())
@settings(max_examples=150, deadline=None)
def test_no_made_up_token_is_taken(steady: TestClient, token: str) -> None:
    body = urlencode({"verb": "ListRecords", "resumptionToken": token})
    answer = steady.post("/oai", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 200
    assert error(fromstring(answer.content)) in ("badResumptionToken", "badArgument")  # noqa: S314 (our own)


def test_a_token_goes_on_with_its_own_list_only(steady: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvest, "PAGE", 1)
    token = ask(steady, verb="ListRecords", metadataPrefix="oai_dc").findtext(f".//{OAI}resumptionToken") or ""
    assert identifiers(ask(steady, verb="ListRecords", resumptionToken=token))
    assert error(ask(steady, verb="ListIdentifiers", resumptionToken=token)) == "badResumptionToken"
    assert error(ask(steady, verb="ListRecords", resumptionToken=token[:-3])) == "badResumptionToken"


def test_an_empty_site_still_identifies_itself(tmp_path: Path, small_folder: Path, encoder: Encoder) -> None:
    emptied = tmp_path / "emptied"
    shutil.copytree(small_folder, emptied)
    with small_site(emptied, tmp_path, encoder) as client:
        take_back(client, "practice/one", "practice/two", "material/three")
        root = ask(client, verb="Identify")
        assert len(root.findtext(f".//{OAI}earliestDatestamp") or "") == 20
        listed = ask(client, verb="ListRecords", metadataPrefix="oai_dc")
        assert [h.get("status") for h in listed.iter(f"{OAI}header")] == ["deleted"] * 3
