"""A sheet that people made is read whatever program saved it; what is not understood is said for its row and column."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from ingest.ids import known_again, marks
from ingest.mapping.dates import AmbiguousDateError, misread_year, order_of, read_date
from ingest.readers import RawRecord, read
from ingest.record import normalise
from kg.export import harmless

HEADINGS = ["Title", "Summary", "Type", "Language", "Source", "Country", "From"]
ROWS = [
    ["Głusi stolarze w Granadzie", "Dwunastu uczniów, trzy tygodnie; wszyscy skończyli.", "GoodPractice", "pl",
     "https://example.org/1", "Polska; Spanien", "14.05.2021"],
    ['Ein "Café" für alle', "Sechs Lernende\narbeiteten mit.", "GoodPractice", "de",
     "https://example.org/2", "DE", "2021"],
]  # fmt: skip


def table(path: Path, rows: list[list[str]], *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def sheet(path: Path, *rows: list[Any]) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(path)
    return path


def made(path: Path) -> list[RawRecord]:
    found = list(read(path))
    assert found
    for raw in found:
        assert raw.finding is None, raw.finding
        record, findings = normalise(raw)
        assert record, findings
    return found


def said(path: Path) -> list[str]:
    return [finding.message for raw in read(path) for finding in raw.findings]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_table_is_the_same_with_every_delimiter_and_encoding(tmp_path: Path, delimiter: str, encoding: str) -> None:
    rows = [[cell.replace("; Spanien", "") for cell in row] for row in ROWS]
    first, second = made(table(tmp_path / "a.csv", [HEADINGS, *rows], encoding=encoding, delimiter=delimiter))
    assert first.data["title"] == "Głusi stolarze w Granadzie"
    assert (first.data["country"], first.data["start"], first.row) == (["PL"], "2021-05-14", 2)
    assert second.data["title"] == 'Ein "Café" für alle'
    assert second.data["summary"] == "Sechs Lernende\narbeiteten mit."


def test_a_guessed_encoding_is_told(tmp_path: Path) -> None:
    (raw,) = made(table(tmp_path / "a.csv", [HEADINGS, ROWS[1]], encoding="cp1252"))
    assert raw.data["title"] == 'Ein "Café" für alle'
    assert any("not in UTF-8" in note.message for note in raw.notes)


def test_a_letter_that_cannot_be_read_costs_its_row_only(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [HEADINGS, *ROWS])
    path.write_bytes(path.read_bytes().replace("Café".encode(), b"Caf\xff"))
    first, second = read(path)
    assert first.finding is None
    assert second.finding is not None
    assert "cannot be read" in second.finding.message
    assert second.finding.row == 3


def test_the_delimiter_that_a_spreadsheet_names_is_taken(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", [HEADINGS, ROWS[0]], delimiter=";")
    path.write_bytes(b"sep=;\r\n" + path.read_bytes())
    (raw,) = made(path)
    assert raw.row == 3


def test_a_workbook_gives_the_same_records_as_its_csv(tmp_path: Path) -> None:
    from_csv = made(table(tmp_path / "a.csv", [HEADINGS, *ROWS]))
    from_sheet = made(sheet(tmp_path / "a.xlsx", HEADINGS, *ROWS))
    assert [raw.data for raw in from_csv] == [raw.data for raw in from_sheet]


def test_days_and_numbers_of_a_workbook_are_dates(tmp_path: Path) -> None:
    from datetime import datetime

    row = [*ROWS[1][:6], datetime(2021, 5, 14)]
    (raw,) = made(sheet(tmp_path / "a.xlsx", HEADINGS, row))
    assert raw.data["start"] == "2021-05-14"
    (raw,) = made(sheet(tmp_path / "b.xlsx", HEADINGS, [*ROWS[1][:6], 44330]))
    assert raw.data["start"] == "2021-05-14"


def test_languages_stand_in_headings(tmp_path: Path) -> None:
    headings = ["Titel", "title@en", "summary", "Summary (Polish)", "Art des Eintrags", "Sprache der Quelle", "Quelle"]
    row = ["Für alle", "For all", "Kurz.", "Krótko.", "Gute Praxis", "Deutsch", "https://example.org/x"]
    (raw,) = made(table(tmp_path / "a.csv", [headings, row]))
    assert raw.data["title"] == {"de": "Für alle", "en": "For all"}
    assert raw.data["summary"] == {"de": "Kurz.", "pl": "Krótko."}
    assert (raw.data["type"], raw.data["language"]) == ("GoodPractice", "de")


def test_names_of_concepts_in_any_language_become_codes(tmp_path: Path) -> None:
    headings = ["Title", "Summary", "Type", "Language", "Source", "For whom", "Barriers", "NUTS", "Country"]
    head = ["T", "S.", "good practice", "en", "https://example.org/x"]
    row = [*head, "apprentices | Lehrlinge", "körperliche Behinderung", "DEG0F", "Griechenland; UK"]
    (raw,) = made(table(tmp_path / "a.csv", [headings, row]))
    assert raw.data["addresses"] == ["eplus-2021.disability-physical"]
    assert raw.data["targetGroup"] == ["apprentices"]
    assert raw.data["nuts"] == ["DEG0T"], "the Ilm-Kreis has another code since 2024"
    assert raw.data["country"] == ["GB", "GR"]


def test_a_value_that_no_list_has_is_a_finding_with_a_suggestion(tmp_path: Path) -> None:
    rows = [HEADINGS, [*ROWS[0][:5], "Polnad", "2021"], ROWS[1]]
    first, second = read(table(tmp_path / "a.csv", rows))
    assert second.finding is None
    assert first.finding is not None
    assert first.finding.field == "Country"
    assert "did you mean PL" in first.finding.message


def test_every_mistake_of_a_row_is_said(tmp_path: Path) -> None:
    (raw,) = read(table(tmp_path / "a.csv", [HEADINGS, [*ROWS[0][:5], "Atlantis", "soon"]]))
    assert [finding.field for finding in raw.findings] == ["Country", "From"]
    assert raw.data["title"] == ROWS[0][0], "what could be read is there, to be put right"


@pytest.mark.parametrize(
    ("written", "order", "meant"),
    [
        ("2021", "", "2021"),
        ("2021-05", "", "2021-05"),
        ("2021-05-14", "", "2021-05-14"),
        ("2021-05-14T10:00:00Z", "", "2021-05-14"),
        ("14.05.2021", "", "2021-05-14"),
        ("14/05/2021", "", "2021-05-14"),
        ("5/14/21", "", "2021-05-14"),
        ("03/04/2021", "day", "2021-04-03"),
        ("03/04/2021", "month", "2021-03-04"),
        ("04/04/2021", "", "2021-04-04"),
        ("14 May 2021", "", "2021-05-14"),
        ("May 14, 2021", "", "2021-05-14"),
        ("14. Mai 2021", "", "2021-05-14"),
        ("14 мая 2021", "", None),
        ("14 maja 2021", "", "2021-05-14"),
        ("14 Μαΐου 2021", "", "2021-05-14"),
        ("mai 2021", "", "2021-05"),
        ("05/2021", "", "2021-05"),
        ("44330", "", "2021-05-14"),
        ("31.02.2021", "", None),
        ("soon", "", None),
        ("99999", "", None),
    ],
)
def test_dates_are_read_as_people_and_programs_write_them(written: str, order: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(ValueError, match="is not a date"):
            read_date(written, order)
    else:
        assert read_date(written, order) == meant


def test_a_date_of_two_meanings_is_settled_by_its_column_or_asked_about(tmp_path: Path) -> None:
    with pytest.raises(AmbiguousDateError, match="2021-04-03 or 2021-03-04"):
        read_date("03/04/2021")
    assert order_of(["03/04/2021", "25/12/2020"]) == "day"
    assert order_of(["13/01/2020", "01/13/2020"]) == ""
    rows = [[*row[:6], day] for row, day in zip(ROWS, ["03/04/2021", "25/12/2020"], strict=True)]
    first, _ = made(table(tmp_path / "a.csv", [HEADINGS, *rows]))
    assert first.data["start"] == "2021-04-03"
    (message,) = said(table(tmp_path / "b.csv", [HEADINGS, rows[0]]))
    assert "can be 2021-04-03 or 2021-03-04" in message


def test_a_year_that_a_spreadsheet_shows_as_a_day_of_1905_is_that_year() -> None:
    assert misread_year("1905-07-11") == "2019"
    assert misread_year("2019-07-11") == ""


def test_a_row_without_an_id_gets_the_same_one_again(tmp_path: Path) -> None:
    first = [raw.data["id"] for raw in made(table(tmp_path / "a.csv", [HEADINGS, *ROWS]))]
    again = [raw.data["id"] for raw in made(table(tmp_path / "b.csv", [HEADINGS, *reversed(ROWS)]))]
    assert first == again[::-1]
    assert len(set(first)) == 2
    assert first[0].startswith("gusi-stolarze-w-granadzie-2021-")
    corrected = [["Głusi stolarze i stolarki", *ROWS[0][1:]]]
    (other,) = [raw.data["id"] for raw in made(table(tmp_path / "c.csv", [HEADINGS, *corrected]))]
    assert other != first[0]
    (raw,) = read(tmp_path / "c.csv")
    assert known_again(raw, marks(first)).data["id"] == first[0], "the source tells that it is the same record"


def test_rows_with_one_source_get_ids_of_their_own(tmp_path: Path) -> None:
    rows = [[f"T{n % 2}", "S.", "GoodPractice", "en", "https://example.org/x", "DE", "2021"] for n in range(4)]
    ids = [raw.data["id"] for raw in made(table(tmp_path / "a.csv", [HEADINGS, *rows]))]
    assert len(set(ids)) == 4


def test_columns_that_nothing_takes_are_told_once(tmp_path: Path) -> None:
    rows = [[*HEADINGS, "Colour"], *([*row, "red"] for row in ROWS)]
    first, second = made(table(tmp_path / "a.csv", rows))
    assert [note.message for note in first.notes] == ["Columns that were left out (names of columns): Colour."]
    assert second.notes == []


def test_remarks_and_empty_rows_are_not_records(tmp_path: Path) -> None:
    rows = [HEADINGS, ["# an example", *ROWS[0][1:]], [""] * 7, ROWS[1]]
    (raw,) = made(table(tmp_path / "a.csv", rows))
    assert raw.data["language"] == "de"


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_what_looks_like_a_formula_is_text_there_and_back(tmp_path: Path, start: str) -> None:
    title = f"{start}1+1 ways"
    for name, written in (("a.csv", title), ("b.csv", harmless(title))):
        (raw,) = made(table(tmp_path / name, [HEADINGS, [written, *ROWS[1][1:]]]))
        assert raw.data["title"] == title


def test_a_formula_is_never_executed(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.xlsx", HEADINGS, ["=1+1", *ROWS[0][1:]], ROWS[1])
    first, second = read(path)
    assert second.finding is None
    assert first.finding is not None
    assert "In the column 'Title' stands a formula without its result" in first.finding.message


def test_the_sheet_called_records_is_read_and_others_are_named(tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.xlsx", HEADINGS, ROWS[0])
    book = load_workbook(path)
    book.create_sheet("Notes").append(["nothing"])
    book.save(path)
    (raw,) = made(path)
    assert any("not read: Notes" in note.message for note in raw.notes)
    book.create_sheet("Records").append(HEADINGS)
    book["Records"].append(ROWS[1])
    book.save(path)
    (raw,) = made(path)
    assert raw.data["language"] == "de"


def test_the_language_of_a_text_is_told_where_no_column_says_it(tmp_path: Path) -> None:
    text = "Zwölf Lernende arbeiteten drei Wochen lang in einer Tischlerei, und alle haben es geschafft."
    row = ["Tischlern", text, "GoodPractice", "", "https://example.org/x", "DE", "2021"]
    (raw,) = made(table(tmp_path / "a.csv", [HEADINGS, row]))
    assert raw.data["language"] == "de"
    assert any("told from the text" in note.message for note in raw.notes)


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_table_without_a_title_says_what_to_do(tmp_path: Path, ending: str) -> None:
    make: Callable[..., Path] = sheet
    path = make(tmp_path / "a.xlsx", ["Colour", "Size"], ["red", "1"]) if ending == ".xlsx" else None
    path = path or table(tmp_path / "a.csv", [["Colour", "Size"], ["red", "1"]])
    (message,) = said(path)
    assert "No column of this table is a title (there are 'Colour', 'Size')" in message
