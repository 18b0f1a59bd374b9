"""The command line where it changes data: import, build, backup and restore."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import THREE
from web.feedback import FILE, FeedbackFile, Judgement
from web.workspace import Workspace

from .conftest import one_sentence


def test_an_import_reports_what_it_did(here: Any, small: Workspace, write_records: Any) -> None:
    changed = THREE[1] | {"summary": "Seven unemployed young people worked in Cork."}
    fresh = THREE[2] | {"id": "four", "source": "https://example.org/four"}
    path = write_records(
        THREE[0], changed, fresh, {"id": "bad"}, "{no json", fresh | {"addresses": ["moon"], "id": "5"}
    )
    ran = here("import", path, "--json", "--data", small.folder)
    assert ran.status == 1
    report = ran.json
    assert (report["added"], report["updated"], report["unchanged"]) == (1, 1, 1)
    rows = {finding["row"] for finding in report["rejected"]}
    assert rows == {4, 5, 6}
    for finding in report["rejected"]:
        assert finding["file"] == str(path)
        assert finding["message"].endswith((".", ";"))
    assert {"bad", "5"} <= {finding.get("record") for finding in report["rejected"]}
    assert here("check", "--data", small.folder).status == 0
    again = here("import", path, "--data", small.folder)
    assert "0 added, 0 updated, 3 unchanged" in again.out
    assert "3 rejected" in again.out
    assert f"{path}, row 5" in again.err


def test_what_was_imported_is_found(here: Any, small: Workspace, write_records: Any) -> None:
    four = THREE[2] | {"id": "four", "title": "Beekeeping in Slovenia", "source": "https://example.org/four"}
    assert here("import", write_records(four), "--data", small.folder).status == 0
    found = here("search", "Bienen und Imker", "--json", "--data", small.folder).json
    assert found["results"][0]["id"] == "four"


@pytest.mark.parametrize("option", ["--dry-run", "--strict"])
def test_a_dry_run_and_a_strict_import_with_a_mistake_store_nothing(
    here: Any, small: Workspace, write_records: Any, option: str
) -> None:
    fresh = THREE[2] | {"id": "four", "source": "https://example.org/four"}
    ran = here("import", write_records(fresh, {"id": "bad"}), option, "--json", "--data", small.folder)
    assert ran.status == 1
    assert ran.json["added"] == (1 if option == "--dry-run" else 0)
    assert ran.json["rejected"][0]["row"] == 2
    assert sorted(small.searcher().positions) == ["one", "three", "two"]


def test_a_strict_import_without_a_mistake_stores_all(here: Any, small: Workspace, write_records: Any) -> None:
    fresh = THREE[2] | {"id": "four", "source": "https://example.org/four"}
    assert here("import", write_records(fresh), "--strict", "--data", small.folder).status == 0
    assert "four" in small.searcher().positions


@pytest.mark.parametrize("name", ["missing.jsonl", "table.docx", "folder.yaml"])
def test_a_file_that_cannot_be_read_is_said(here: Any, small: Workspace, tmp_path: Path, name: str) -> None:
    (tmp_path / "table.docx").write_bytes(b"PK")
    (tmp_path / "folder.yaml").mkdir()
    one_sentence(here("import", tmp_path / name, "--data", small.folder), name)


def test_validate_checks_and_stores_nothing(here: Any, write_records: Any, tmp_path: Path) -> None:
    good, bad = write_records(THREE[0]), write_records(THREE[1], THREE[1] | {"language": "xx"}, name="bad.jsonl")
    assert here("validate", good).status == 0
    ran = here("validate", good, bad, "--json")
    assert ran.status == 1
    assert ran.json["records"] == 3
    assert {finding["row"] for finding in ran.json["rejected"]} == {2}
    assert not (tmp_path / "data").exists()


def test_a_backup_comes_back_whole(here: Any, small: Workspace, tmp_path: Path) -> None:
    said = Judgement("2026-11-25", "query", "learners abroad", "en", "one", "useful")
    FeedbackFile(small.folder / FILE).add(said)
    assert here("backup", tmp_path / "b.tar.gz", "--data", small.folder).status == 0
    assert here("restore", tmp_path / "b.tar.gz", "--data", tmp_path / "fresh").status == 0
    assert FeedbackFile(tmp_path / "fresh" / FILE).totals() == FeedbackFile(small.folder / FILE).totals() != []
    assert here("check", "--data", tmp_path / "fresh").status == 0
    for folder in (small.folder, tmp_path / "fresh"):
        here("export", tmp_path / f"{folder.name}.nq", "--history", "--data", folder)
    assert (tmp_path / "fresh.nq").read_bytes() == (tmp_path / "small.nq").read_bytes()
    assert here("search", "joiners", "--json", "--data", tmp_path / "fresh").json["results"][0]["id"] == "one"


def test_a_backup_is_not_restored_over_data(here: Any, small: Workspace, tmp_path: Path) -> None:
    here("backup", tmp_path / "b.tar.gz", "--data", small.folder)
    one_sentence(here("restore", tmp_path / "b.tar.gz", "--data", small.folder), "empty folder")


def damages() -> dict[str, Callable[[bytes], bytes]]:
    return {
        "no archive": lambda _: b"not an archive",
        "empty": lambda _: b"",
        "cut off": lambda whole: whole[: len(whole) // 2],
        "cut off early": lambda whole: whole[:30],
        "overwritten": lambda whole: whole[: len(whole) // 2] + b"\xff" * 5000 + whole[len(whole) // 2 + 5000 :],
    }


@pytest.mark.parametrize("damage", damages())
def test_a_damaged_backup_is_said_and_leaves_nothing(here: Any, small: Workspace, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "b.tar.gz"
    here("backup", path, "--data", small.folder)
    path.write_bytes(damages()[damage](path.read_bytes()))
    one_sentence(here("restore", path, "--data", tmp_path / "fresh"), "b.tar.gz", "not a backup of Goodways")
    assert not (tmp_path / "fresh" / "graph").exists()


def test_a_backup_that_cannot_be_written_or_found_is_said(here: Any, small: Workspace) -> None:
    one_sentence(here("backup", "nowhere/b.tar.gz", "--data", small.folder), "nowhere")
    one_sentence(here("restore", "missing.tar.gz", "--data", "fresh"), "missing.tar.gz")


def test_build_is_incremental_and_withdraws_what_is_gone(here: Any, small: Workspace, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for record in THREE[:2]:
        named = record | {"id": f"c-{record['id']}", "source": record["source"] + "/c"}
        (corpus / f"c-{record['id']}.yaml").write_text(json.dumps(named), encoding="utf-8")
    build = ("build", "--corpus", corpus, "--json", "--data", small.folder)
    assert here(*build).json == {"added": 2, "updated": 0, "unchanged": 0, "withdrawn": 0, "rejected": []}
    (corpus / "c-two.yaml").unlink()
    assert here(*build).json == {"added": 0, "updated": 0, "unchanged": 1, "withdrawn": 1, "rejected": []}
    assert sorted(small.searcher().positions) == ["c-one", "one", "three", "two"]


@pytest.mark.parametrize("corpus", ["missing", "empty"])
def test_a_corpus_without_records_is_said_and_nothing_is_lost(
    here: Any, small: Workspace, tmp_path: Path, corpus: str
) -> None:
    (tmp_path / "empty").mkdir()
    one_sentence(here("build", "--corpus", tmp_path / corpus, "--data", small.folder), corpus)
    assert len(small.searcher().records) == 3
