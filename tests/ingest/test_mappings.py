"""Each mapping turns the real files of its database into records that pass, and says what it leaves out and refuses."""

import csv
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

import ingest
from ingest.mapping import Row, Table, mappings, recognise, records
from ingest.mapping.mapping import FOLDER, Mapping
from ingest.mapping.transforms import TRANSFORMS
from ingest.readers import RawRecord, read
from ingest.record import normalise
from kg.validation import Types, vocabulary_types_from_files


@pytest.fixture(scope="module")
def types() -> Types:
    return vocabulary_types_from_files()


@pytest.fixture(scope="module")
def exports(shared: Path) -> list[Path]:
    found = sorted((shared / "erasmus-projects-export").glob("*.json"))
    assert len(found) == 12
    return found


@pytest.fixture(scope="module")
def dalia(shared: Path) -> Path:
    return shared / "dalia-oer"


def of(name: str) -> Mapping:
    return next(mapping for mapping in mappings() if mapping.name.startswith(name))


def one(cells: dict[str, Any], today: date = date(2026, 1, 1)) -> RawRecord:
    mapping = recognise(cells)
    assert mapping
    (raw,) = records(Table("f", lambda: iter([Row(1, cells)])), mapping, today)
    return raw


def digests(paths: list[Path]) -> dict[str, str]:
    found = {}
    for path in paths:
        for raw in read(path):
            if raw.finding is None:
                record, findings = normalise(raw)
                assert record, findings
                found[record.id] = record.digest
    return found


def test_every_mapping_is_data_that_says_what_it_does() -> None:
    assert len(mappings()) == len(list(FOLDER.glob("*.yaml")))
    for mapping in mappings():
        assert len(mapping.about) > 200
        assert mapping.recognise
        assert {source.transform for found in mapping.sources.values() for source in found} <= TRANSFORMS.keys()


def test_the_real_project_results_are_imported(exports: list[Path], types: Types) -> None:
    count, findings = ingest.check_files(exports, types)
    assert (count, findings) == (12, [])
    by_id = {raw.data["id"]: raw.data for path in exports for raw in read(path)}
    assert len(by_id) == 12
    english = by_id["eplus-2015-1-li01-ka101-000034"]
    assert english["title"] == "English for effective communication"
    assert english["type"] == "GoodPractice"
    assert (english["country"], english["sector"], english["programme"]) == (["LI"], ["school"], ["erasmus-2014"])
    assert english["evidence"] == "The results platform of the programme marks this project as a good practice."
    dance = by_id["eplus-fi-cult-2008-motn-01"]
    assert (dance["start"], dance["end"]) == ("2006-05-01", "2009-04-30"), "the end settles which comes first"
    korea = by_id["eplus-eacea-168191"]
    assert korea["source"].endswith("ERA%20MUNDUS-ICI")
    assert korea["projectReference"] == ["168191-EM-1-2009-1-PL-ERA MUNDUS-ICI", "EACEA-168191"]
    assert Counter(body["role"] for body in korea["organisation"]) == {"coordinator": 1, "partner": 6}
    german = by_id["eplus-2014-1-de03-ka101-000001"]
    assert list(german["title"]) == ["de"], "a title keeps its own language"
    assert german["language"] == "en"


def test_columns_without_a_field_are_told(exports: list[Path]) -> None:
    (raw,) = read(exports[0])
    told = " ".join(note.message for note in raw.notes)
    assert "EU Grant award in euros" in told
    assert "Participating countries" in told
    assert "Project Title" not in told


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_project_results_are_the_same_as_tables(exports: list[Path], tmp_path: Path, form: str) -> None:
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in exports]
    headings = [name for name in dict.fromkeys(name for row in rows for name in row) if name[:10] != "Partner 10"]
    cells = [[row.get(heading, "") for heading in headings] for row in rows]
    path = tmp_path / f"export.{form}"
    if form == "csv":
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            csv.writer(stream, delimiter=";").writerows([headings, *cells])
    else:
        book = Workbook()
        for row in [headings, *cells]:
            book.worksheets[0].append(row)
        book.save(path)
    found = {raw.data["id"]: raw for raw in read(path)}
    assert found.keys() == digests(exports).keys()
    assert not [finding for raw in found.values() for finding in raw.findings]


def test_new_headings_and_those_of_others_of_the_family_are_known() -> None:
    cells = {
        "Programme": "Erasmus+", "Key Action": "Learning Mobility of Individuals", "Action Type": "VET mobility",
        "Funding Year": "2021", "Project Identifier": "2021-1-DE02-KA122-VET-000012345", "Project Title": "Weg",
        "Project Summary": "Apprentices went to Malta for three weeks, and they came back with a certificate.",
        "Coordinating organisation name": "Schule", "Coordinator's country": "DE", "Project Status": "finalized",
    }  # fmt: skip
    raw = one(cells)
    assert raw.finding is None
    assert raw.data["source"] == (
        "https://erasmus-plus.ec.europa.eu/projects/search/details/2021-1-DE02-KA122-VET-000012345"
    )
    assert (raw.data["sector"], raw.data["programme"]) == (["vet"], ["erasmus-2021"])


def test_a_project_that_still_runs_is_refused_and_one_that_must_have_ended_is_not() -> None:
    cells = {
        "Project Title": "T",
        "Project Summary": "S.",
        "Project Number": "X-1",
        "Project Status": "ongoing",
        "Call year": "2024",
    }
    refused = one(cells)
    assert refused.finding is not None
    assert "still running" in refused.finding.message
    later = one(cells, date(2030, 1, 1))
    assert later.finding is None
    assert any("look up what came of it" in note.message for note in later.notes)
    ended = one(cells | {"End date": "31/12/2025"})
    assert ended.finding is None


def test_a_project_without_a_summary_is_refused_by_name(tmp_path: Path, types: Types) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"Project Title": "T", "Project Summary": "", "Project Identifier": "X-1"}))
    _, findings = ingest.check_files([path], types)
    assert any("The field summary is missing" in finding.message for finding in findings)


def test_the_learning_resources_are_the_same_from_sheets_and_json(dalia: Path) -> None:
    sheets, lines = digests(sorted(dalia.glob("*.csv"))), digests([dalia / "dalia-dif13.jsonl"])
    assert len(sheets) == 382
    assert sheets == lines


def test_the_learning_resources_of_each_form_pass_and_the_refused_have_no_description(
    dalia: Path, types: Types
) -> None:
    for paths in (sorted(dalia.glob("*.csv")), [dalia / "dalia-dif13.jsonl"], [dalia / "dalia-dif13.ttl"]):
        count, findings = ingest.check_files(paths, types)
        assert count == 406
        assert len(findings) == 24
        assert {finding.message.partition(",")[0] for finding in findings} == {"It has no description"}


def test_the_learning_resources_of_turtle_say_the_same(dalia: Path) -> None:
    def facts(name: str) -> dict[str, dict[str, Any]]:
        loose = ("source", "furtherSource", "language", "organisation")  # Turtle has no order
        return {
            raw.data["id"]: {key: value for key, value in raw.data.items() if key not in loose}
            for raw in read(dalia / name)
            if raw.finding is None
        }

    lines, turtle = facts("dalia-dif13.jsonl"), facts("dalia-dif13.ttl")
    assert lines.keys() == turtle.keys()
    assert sum(lines[name] != turtle[name] for name in lines) <= 1


def test_persons_are_left_out_and_bodies_are_publishers(dalia: Path) -> None:
    found = {raw.data["id"]: raw.data for raw in read(dalia / "DRA_BERD_20250206.csv")}
    (data,) = found.values()
    assert data["organisation"] == [
        {"name": "Digital Research Academy", "role": "publisher"},
        {"name": "BERD academy", "role": "publisher"},
    ]
    assert "Seibold" not in json.dumps(data)
    assert data["source"] == "https://berd-nfdi.github.io/BERD-reproducible-research-course/"
    assert data["furtherSource"] == [{"url": "https://osf.io/rupt7/", "language": "en"}]
    assert data["licence"] == "https://creativecommons.org/licenses/by/4.0/"


def test_a_resource_that_its_curators_took_out_is_refused() -> None:
    raw = one({"DALIA_ID": "x", "Title": "T", "Link": "https://e.org/", "Reason for learning resource removal": "gone"})
    assert raw.finding is not None
    assert raw.finding.message == "The curators have marked it for removal: gone."


def test_a_value_that_the_mapping_does_not_know_is_left_out_and_told() -> None:
    raw = one(
        {
            "DALIA_ID": "x",
            "Title": "T",
            "Link": "https://e.org/",
            "Description": "D.",
            "TargetGroup": "astronaut * teacher (school)",
        }
    )
    assert raw.finding is None
    assert raw.data["audience"] == ["teachers-and-trainers"]
    assert any("'astronaut' was left out" in note.message for note in raw.notes)
