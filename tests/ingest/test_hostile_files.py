"""Whatever is uploaded under the name of a table, the answer is a sentence, soon, and without much memory."""

import io
import json
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from ingest.readers import ENDINGS, read

HEAD = "title,summary,type,language,source\n"
ROW = "T,S.,GoodPractice,en,https://example.org/{n}\n"
LOL = '<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


def findings(path: Path, content: str | bytes) -> list[tuple[int | None, str]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    started = time.monotonic()
    found = [(finding.row, finding.message) for raw in read(path) for finding in raw.findings]
    assert time.monotonic() - started < 20
    for _, message in found:
        assert "\n" not in message
        assert message.endswith(".")
        assert len(message) < 500
    return found


def workbook(**parts: bytes) -> bytes:
    """A small workbook, some of whose parts are others."""
    book, out = Workbook(), io.BytesIO()
    for row in (HEAD.strip().split(","), ROW.strip().split(",")):
        book.worksheets[0].append(row)
    book.save(out)
    made = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(Path(name).name.replace(".", "_"), old.read(name)))
        for name, content in parts.items():
            if name.startswith("extra"):
                new.writestr(f"xl/media/{name}", content)
    return made.getvalue()


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"%PDF-1.7 x", "a PDF document"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Office file"),
    ],
)
def test_a_file_of_another_kind_under_the_name_says_what_it_is(
    tmp_path: Path, ending: str, start: bytes, said: str
) -> None:
    ((_, message),) = findings(tmp_path / f"a{ending}", start + b"\x00" * 600)
    assert said in message


def test_a_workbook_that_is_called_csv_is_named(tmp_path: Path) -> None:
    ((_, message),) = findings(tmp_path / "a.csv", workbook())
    assert "a ZIP archive or a workbook" in message


@pytest.mark.parametrize("content", [b"", b"title,summary\n", b"PK\x03\x04 broken", b"x" * 5000])
def test_what_is_no_workbook_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    ((_, message),) = findings(tmp_path / "a.xlsx", content)
    assert "This is not a workbook" in message


def test_a_bomb_of_zips_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = workbook(extra1=b"\0" * 60_000_000)
    assert len(bomb) < 200_000
    tracemalloc.start()
    ((_, message),) = findings(tmp_path / "a.xlsx", bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "unpacks to 60 MB; at most 50 are read" in message
    assert peak < 20_000_000
    ((_, message),) = findings(tmp_path / "b.xlsx", workbook(extra1=b"\0" * 30_000_000))
    assert "unpacks to far more than it is" in message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_bomb_of_xml_is_refused(tmp_path: Path, encoding: str) -> None:
    xml = f'<?xml version="1.0"?>{LOL}<workbook>&b;</workbook>'.encode(encoding)
    ((_, message),) = findings(tmp_path / "a.xlsx", workbook(workbook_xml=xml))
    assert "XML declarations" in message


def test_an_archive_without_a_workbook_says_so(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../../etc/passwd", "x")
    ((_, message),) = findings(tmp_path / "a.xlsx", made.getvalue())
    assert "This is a ZIP archive and not a workbook" in message
    assert not (tmp_path.parent.parent / "etc").exists()


@pytest.mark.parametrize(
    ("content", "row", "said"),
    [
        (HEAD, None, "no rows below its heading"),
        ("", None, "There is no table"),
        ("\n\n\n", None, "There is no table"),
        (HEAD + "T,S.\n", 2, "The row has 2 cells and the heading 5"),
        (HEAD + "T,S.,GoodPractice,en,https://e.org/,more\n", 2, "The row has 6 cells and the heading 5"),
        ("title,title,summary\nA,B,C\n", None, "'title' stands there twice"),
        ("title,Titel,summary\nA,B,C\n", None, "are both title"),
        (HEAD + "T\0,S.,GoodPractice,en,https://e.org/\n", 2, "holds a NUL byte"),
        ("title," + ",".join(f"c{n}" for n in range(10_000)) + "\n", None, "10,001 columns; at most 2,000"),
        (HEAD + '"' + "x" * 1_100_000 + '",S.,GoodPractice,en,https://e.org/\n', 2, "more than 1,000,000 characters"),
        (HEAD + ROW + '"never closed,' + "a,b\n" * 400_000, 3, "a quotation mark is not closed"),
    ],
    ids=range(11),
)
def test_a_broken_table_is_one_finding(tmp_path: Path, content: str, row: int | None, said: str) -> None:
    ((found, message),) = findings(tmp_path / "a.csv", content)
    assert said in message
    assert found == row


def test_a_bad_row_does_not_hide_those_after_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD + ROW + "T,S.\n" + "".join(ROW.format(n=n) for n in range(3)), encoding="utf-8")
    assert [raw.row for raw in read(path) if raw.finding is None] == [2, 4, 5, 6]


def test_a_long_table_is_never_in_memory_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8") as stream:
        stream.write(HEAD)
        for n in range(1_500):
            stream.write(f"T{n},{'word ' * 1_500},GoodPractice,en,https://example.org/{n}\n")
    assert path.stat().st_size > 10_000_000
    tracemalloc.start()
    count = sum(1 for _ in read(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 1_500
    assert peak < 30_000_000


def test_a_long_file_of_json_is_never_in_memory_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with path.open("w", encoding="utf-8") as stream:
        stream.write("[")
        stream.write(",".join(json.dumps({"id": f"a{n}", "summary": "word " * 2_000}) for n in range(1_500)))
        stream.write("]")
    tracemalloc.start()
    assert sum(1 for _ in read(path)) == 1_500
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000


@pytest.mark.parametrize(
    ("content", "rows", "broken"),
    [
        ('[{"id": "a"}, {"id": "b"}]', 2, 0),
        ('{"id": "a"}{"id": "b"}{"id": "c"}', 3, 0),
        ('{"id": "a"}\n{"id": \n"b"}', 2, 0),
        ('[{"id": "a"}, {"id": "b"', 1, 1),
        ('[{"id": "a"}, {"id": "b"} {"id": "c"}]', 2, 1),
        ("[]", 0, 1),
        ("", 0, 1),
    ],
)
def test_json_in_each_of_its_habits_is_read(tmp_path: Path, content: str, rows: int, broken: int) -> None:
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    found = list(read(path))
    assert len([raw for raw in found if raw.finding is None]) == rows
    assert len([raw for raw in found if raw.finding]) == broken


def test_documents_of_a_yaml_file_are_records_and_a_broken_one_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("id: a\n---\nid: [\n---\nid: c\n", encoding="utf-8")
    first, second, third = read(path)
    assert (first.data, third.data) == ({"id": "a"}, {"id": "c"})
    assert (first.row, third.row) == (1, 5)
    assert second.finding is not None
    assert "not valid YAML" in second.finding.message


def test_scripts_in_every_field_stay_text(tmp_path: Path, shared: Path) -> None:
    naughty = [text for text in json.loads((shared / "blns" / "blns.json").read_text(encoding="utf-8")) if text.strip()]
    assert len(naughty) > 400
    path = tmp_path / "a.jsonl"
    keys = (
        "Project Title",
        "Project Summary",
        "Project Identifier",
        "Coordinator's country",
        "Start date",
        "Partner 1 name",
    )
    path.write_text("\n".join(json.dumps(dict.fromkeys(keys, text)) for text in naughty), encoding="utf-8")
    found = list(read(path))
    assert len(found) == len(naughty)
    for raw in found:
        for finding in (*raw.findings, *raw.notes):
            assert "\n" not in finding.message
