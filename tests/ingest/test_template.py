"""The template is understood by people and by us: what is chosen in any language comes back as its code."""

import io
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from ingest.fields import plain
from ingest.mapping.sheets import field_of
from ingest.mapping.words import words
from ingest.readers import read
from ingest.record import normalise
from ingest.template import COLUMNS, REQUIRED, choices, explanation, heading, template, template_csv
from ontology import EU_LANGUAGES


def filled(language: str, turn: int) -> dict[str, str]:
    """A name from each list, another one each turn, and what must be written by hand."""
    chosen = {
        name: list(offered.values())[turn % len(offered)] for name in COLUMNS if (offered := choices(name, language))
    }
    return chosen | {"title": f"T{turn}", "summary": "S. B.", "source": f"https://example.org/{turn}"}


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_every_heading_and_every_name_of_a_list_is_read_back(language: str) -> None:
    for name in COLUMNS:
        assert field_of(heading(name, language)) == (name, "")
        if name != "type":
            offered = choices(name, language)
            assert len(set(offered.values())) == len(offered), name
            assert {words(name).code(text) for text in offered.values()} == offered.keys()


@pytest.mark.parametrize("language", ["de", "el", "bg", "mt"])
def test_a_filled_template_comes_back_as_records(tmp_path: Path, language: str) -> None:
    path = tmp_path / "filled.xlsx"
    path.write_bytes(template(language))
    book = load_workbook(path)
    for turn in range(12):
        values = filled(language, turn)
        book["Records"].append([values.get(name, "") for name in COLUMNS])
    book.save(path)
    found = list(read(path))
    assert len(found) == 12, "the two examples are not imported"
    for turn, raw in enumerate(found):
        assert raw.finding is None, raw.finding
        for name in COLUMNS:
            if offered := choices(name, language):
                value: Any = raw.data[name]
                assert (value[0] if isinstance(value, list) else value) == list(offered)[turn % len(offered)]
        record, findings = normalise(raw)
        assert record, findings


def test_the_workbook_explains_itself() -> None:
    book = load_workbook(io.BytesIO(template("fr")))
    assert book.sheetnames == ["Records", "Lists", "Explanations"]
    assert book["Lists"].sheet_state == "hidden"
    sheet = book["Records"]
    for cell, name in zip(sheet[1], COLUMNS, strict=True):
        assert cell.comment.text
        assert ("obligatoire" in cell.comment.text) == (name in REQUIRED) == str(cell.value).endswith(" *")
    ranges = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert len(ranges) == sum(bool(choices(name, "fr")) for name in COLUMNS)
    assert all(formula.startswith("Lists!$") for formula in ranges.values())
    assert [row[0].value[0] for row in sheet.iter_rows(min_row=2)] == ["#", "#"]
    said = {row[3].value for row in book["Explanations"].iter_rows()}
    assert set(COLUMNS) <= said
    assert all(explanation(name) for name in REQUIRED)


def test_the_lists_are_in_the_language_of_the_reader() -> None:
    assert choices("country", "pl")["DE"] == "Niemcy"
    assert choices("type", "de")["GoodPractice"] == "Gute Praxis"
    assert plain(choices("addresses", "de")["eplus-2021.cultural"]) == "kulturelle unterschiede"


def test_the_template_as_csv_has_the_same_columns(tmp_path: Path) -> None:
    path = tmp_path / "template.csv"
    path.write_bytes(template_csv("el"))
    row = filled("el", 0)
    with path.open("a", encoding="utf-8", newline="") as stream:
        stream.write(",".join(f'"{row.get(name, "")}"' for name in COLUMNS) + "\r\n")
    (raw,) = read(path)
    assert raw.finding is None
    assert raw.data["title"] == "T0"


def test_a_language_that_is_unknown_gets_english() -> None:
    assert heading("title", "xx") == "Title *"
    assert choices("type", "xx")["Event"] == "Event"
