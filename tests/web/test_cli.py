"""The command line keeps its contract: shapes, exit statuses, one sentence in place of a traceback."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rdflib import Dataset, Graph

from tests.conftest import ROOT, THREE
from web.workspace import Workspace

from .conftest import CODE, one_sentence

COMMANDS = [
    "build",
    "serve",
    "search",
    "import",
    "validate",
    "sparql",
    "export",
    "backup",
    "restore",
    "check",
    "evaluate",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(here: Any, command: str) -> None:
    ran = here(command, "--help")
    assert ran.status == 0
    assert f"Example: goodways {command}" in ran.out
    assert "--data" in ran.out


def test_the_help_names_every_command(here: Any) -> None:
    ran = here("--help")
    assert ran.status == 0
    assert [command for command in COMMANDS if f" {command} " not in ran.out] == []


@pytest.mark.parametrize(
    "arguments",
    [("nonsense",), ("search",), ("search", "x", "--limit", "0"), ("search", "x", "--limit", "many"), ("import",),
     ("search", "x", "--no-such-option"), ("serve", "--port", "99999"), ("export",), ("evaluate", "--queries", "x"),
     ("evaluate", "--queries", "q", "--qrels", "r", "--method", "magic"), ("search", "x", "y")],
)  # fmt: skip
def test_wrong_arguments_end_with_status_2(here: Any, arguments: tuple[str, ...]) -> None:
    ran = here(*arguments)
    assert ran.status == 2
    assert ran.err


@pytest.mark.parametrize(
    "arguments",
    [("search", "deaf"), ("sparql", "ASK {}"), ("export", "x.ttl"), ("backup", "x.tar.gz"), ("check",),
     ("serve", "--port", "0")],
)  # fmt: skip
def test_without_a_data_folder_the_way_out_is_said(here: Any, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    one_sentence(here(*arguments, "--data", tmp_path / "none"), tmp_path / "none", "run `goodways build` first")
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.parametrize("arguments", [("build",), ("import", "r.jsonl"), ("search", "x"), ("check",)])
def test_a_file_in_place_of_the_data_folder_is_said(
    here: Any, tmp_path: Path, write_records: Any, arguments: tuple[str, ...]
) -> None:
    write_records(THREE[0], name="r.jsonl")
    (tmp_path / "data").write_text("no folder")
    one_sentence(here(*arguments, "--data", tmp_path / "data"), tmp_path / "data")
    assert (tmp_path / "data").read_text() == "no folder"


def test_the_data_folder_comes_from_the_environment_or_the_option(
    here: Any, small: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GOODWAYS_DATA", str(small.folder))
    assert here("check").status == 0
    one_sentence(here("check", "--data", tmp_path / "none"), "none")


def test_search_has_the_shape_of_the_api(here: Any, small: Workspace) -> None:
    found = here("search", "deaf people learn a trade", "--limit", 2, "--json", "--data", small.folder).json
    assert {"query", "understood", "total", "took_ms", "results", "facets"} <= found.keys()
    assert found["results"][0]["id"] == "one"
    assert {"id", "iri", "url", "type", "title", "summary", "language", "score", "why"} <= found["results"][0].keys()


def test_search_tells_a_person_what_was_found_and_why(here: Any, small: Workspace) -> None:
    ran = here("search", "Küche für arbeitslose Jugendliche", "--country", "IE", "--data", small.folder)
    assert ran.status == 0
    assert "Young cooks go to Cork  [GoodPractice, IE" in ran.out
    assert "joiners" not in ran.out
    assert "/id/practice/two" in ran.out


def test_search_filters_are_those_of_the_contract(here: Any, small: Workspace) -> None:
    def ids(*options: str) -> list[str]:
        ran = here("search", "", *options, "--json", "--data", small.folder)
        return sorted(hit["id"] for hit in ran.json["results"])

    assert ids() == ["one", "three", "two"]
    assert ids("--type", "TrainingMaterial") == ["three"]
    assert ids("--barrier", "eplus-2021.disability") == ["one"]
    assert ids("--country", "ie", "--country", "LT") == ["one", "two"]
    assert ids("--lang", "en", "--type", "practice") == ["one", "two"]


def test_a_filter_that_no_record_has_is_said(here: Any, small: Workspace) -> None:
    ran = here("search", "deaf", "--country", "XX", "--data", small.folder)
    assert ran.status == 1
    assert "No record has country 'XX'" in ran.err


@pytest.mark.parametrize("text", ["", "\x00\x1b[31m", "\udcff", "x" * 100_000])
def test_any_question_is_answered(here: Any, small: Workspace, text: str) -> None:
    assert here("search", text, "--json", "--data", small.folder).status == 0


def test_sparql_answers_in_the_form_that_is_asked_for(here: Any, small: Workspace, tmp_path: Path) -> None:
    query = "SELECT ?t { ?r a gw:TrainingMaterial ; dcterms:title ?t }"
    assert here("sparql", query, "--data", small.folder).out.startswith("?t\n")
    as_json = here("sparql", query, "--format", "json", "--data", small.folder).json
    assert as_json["results"]["bindings"][0]["t"]["value"] == THREE[2]["title"]
    (tmp_path / "q.rq").write_text("\ufeff" + query, encoding="utf-8")
    as_csv = here("sparql", "-f", tmp_path / "q.rq", "--format", "csv", "--data", small.folder)
    assert THREE[2]["title"] in as_csv.out
    graph = here("sparql", "CONSTRUCT { ?r a ?t } { ?r a ?t }", "--format", "nt", "--data", small.folder).out
    assert len(Graph().parse(data=graph, format="nt")) > 100


@pytest.mark.parametrize(
    "arguments",
    [("SELECT",), ("DROP ALL",), ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",), ("-f", "missing.rq"), (),
     ("ASK {}", "-f", "q.rq"), ("ASK {}", "--format", "docx"), ("ASK {}", "--format", "ttl")],
)  # fmt: skip
def test_a_query_that_cannot_be_run_is_said(here: Any, small: Workspace, arguments: tuple[str, ...]) -> None:
    ran = here("sparql", *arguments, "--data", small.folder)
    assert ran.status in (1, 2)
    assert ran.out == ""
    assert ran.err.strip().endswith(".")


@pytest.mark.parametrize("ending", ["trig", "nq", "ttl", "jsonld", "csv"])
def test_every_form_of_an_export_can_be_read_again(here: Any, small: Workspace, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    assert here("export", path, "--data", small.folder).status == 0
    if ending == "csv":
        assert len(path.read_text(encoding="utf-8-sig").splitlines()) == 4
        return
    data = Dataset() if ending in ("trig", "nq", "jsonld") else Graph()
    data.parse(path, format={"nq": "nquads", "ttl": "turtle", "jsonld": "json-ld"}.get(ending, ending))
    assert len(data) > 1000


@pytest.mark.parametrize("path", ["out.docx", "out", "nowhere/out.ttl"])
def test_an_export_that_cannot_be_written_is_said(here: Any, small: Workspace, path: str) -> None:
    one_sentence(here("export", path, "--data", small.folder), path)


def test_check_lists_what_does_not_agree(here: Any, small: Workspace) -> None:
    ran = here("check", "--data", small.folder)
    assert (ran.status, ran.out) == (0, "Graph, versions and indexes agree.\n")
    assert here("check", "--json", "--data", small.folder).json == {"findings": []}
    (small.folder / "search" / "passages.sqlite").unlink()
    ran = here("check", "--data", small.folder)
    assert ran.status == 1
    assert "one is in the graph and not in the search index." in ran.out
    assert "Run `goodways build`" in ran.out
    assert len(here("check", "--json", "--data", small.folder).json["findings"]) >= 3


@pytest.fixture
def judged(tmp_path: Path) -> tuple[object, ...]:
    (tmp_path / "q.tsv").write_text("1\tgehörlose Tischler\tde\n2\tcooks\ten\n3\tno answer\ten\n", encoding="utf-8")
    (tmp_path / "r.txt").write_text("1 0 one 2\n2 0 two 1\n")
    return ("--queries", tmp_path / "q.tsv", "--qrels", tmp_path / "r.txt")


def test_evaluate_prints_the_measures_of_the_contract(
    here: Any, small: Workspace, judged: tuple[object, ...], tmp_path: Path
) -> None:
    ran = here("evaluate", *judged, "--run", tmp_path / "run.txt", "--json", "--data", small.folder)
    assert ran.status == 0
    measures = {"ndcg@10", "recall@100", "mrr@10"}
    assert measures | {"queries", "by_language"} == ran.json.keys()
    assert ran.json["queries"] == 2
    assert ran.json["recall@100"] == ran.json["ndcg@10"] == 1.0
    assert set(ran.json["by_language"]) == {"de", "en"}
    assert measures <= ran.json["by_language"]["de"].keys()
    first = (tmp_path / "run.txt").read_text().splitlines()[0].split()
    assert first[:4] == ["1", "Q0", "one", "1"]
    table = here("evaluate", *judged, "--method", "vectors", "--data", small.folder)
    assert "nDCG@10" in table.out


def test_evaluation_files_that_are_wrong_are_said(
    here: Any, small: Workspace, judged: tuple[object, ...], tmp_path: Path
) -> None:
    (tmp_path / "r.txt").write_text("1 0 one 2\n2 0 two\n")
    one_sentence(here("evaluate", *judged, "--data", small.folder), "r.txt, row 2")
    (tmp_path / "r.txt").unlink()
    one_sentence(here("evaluate", *judged, "--data", small.folder), "r.txt")


def test_a_search_in_a_process_of_its_own_says_all_on_a_poor_terminal(goodways: Any, small: Workspace) -> None:
    done = goodways("search", "καλφάδες στην Ισπανία", "--data", small.folder, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0
    assert "found in" in done.stdout


def test_a_reader_who_leaves_early_is_no_error(small: Workspace) -> None:
    command = [sys.executable, "-c", CODE, "sparql", "SELECT * { ?s ?p ?o }", "--data", str(small.folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) in (0, 1)


def test_workers_do_not_read_the_whole_site_before_their_first_query(tmp_path: Path) -> None:
    script = tmp_path / "goodways"
    script.write_text(
        "import sys\nfrom multiprocessing.spawn import get_preparation_data\nfrom web.cli import main\n"
        'sys.argv = ["goodways", "--help"]\n'
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        'print(sorted(get_preparation_data("worker")))\n'
    )
    known = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, script], env=known, capture_output=True, text=True, timeout=120, check=True)
    assert "sys_path" in done.stdout
    assert "init_main_from_path" not in done.stdout
