"""What a run adds, changes and takes away, that a second run has nothing to do, and that a killed one loses nothing."""

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyoxigraph import Quad

import ingest
from ingest import Report
from kg import EmbeddedStore, InputError
from kg.export import export, published
from kg.records import current
from ontology import GRAPH, GW, HISTORY_GRAPH, ID, record_graph, vocabulary_files, vocabulary_graph

ROOT = Path(__file__).parents[2]
Make = Callable[..., dict[str, Any]]
BUILD = """
import sys
from pathlib import Path
import ingest.pipeline
from kg import EmbeddedStore
ingest.pipeline.BATCH = 3
store = EmbeddedStore(Path(sys.argv[2]), wait=10)
ingest.build(store, Path(sys.argv[1]), progress=lambda *step: print(*step, flush=True))
store.close()
"""


def outcome(report: Report) -> dict[str, object]:
    return {name: value for name, value in report.as_dict().items() if value}


@pytest.fixture
def corpus(tmp_path: Path, record: Make) -> Path:
    """Three small records: two YAML practices and a material in a JSON Lines file."""
    made = tmp_path / "corpus"
    for name in ("practices", "materials"):
        (made / name).mkdir(parents=True)
    put(made, record(id="one"))
    put(made, record(id="two"))
    (made / "materials" / "all.jsonl").write_text(json.dumps(record(id="leaflet", type="TrainingMaterial")))
    return made


def put(corpus: Path, fields: dict[str, Any]) -> Path:
    path = corpus / "practices" / f"{fields['id']}.yaml"
    path.write_text(yaml.safe_dump(fields, allow_unicode=True), encoding="utf-8")
    return path


def part_of_the_corpus(folder: Path, count: int) -> Path:
    for path in sorted((ROOT / "corpus").glob("*/*.yaml"))[::3][:count]:
        (folder / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder / path.parent.name)
    return folder


def test_a_build_adds_updates_keeps_and_withdraws(vocabulary_store: EmbeddedStore, corpus: Path, record: Make) -> None:
    assert outcome(ingest.build(vocabulary_store, corpus)) == {"added": 3}
    put(corpus, record(id="one", title="Another title"))
    (corpus / "practices" / "two.yaml").unlink()
    put(corpus, record(id="three"))
    report = ingest.build(vocabulary_store, corpus)
    assert (report.added, report.updated, report.unchanged) == (["three"], ["one"], ["leaflet"])
    assert report.withdrawn == ["two"]
    assert {name: version.number for name, version in current(vocabulary_store).items()} == {
        "leaflet": 1,
        "one": 2,
        "three": 1,
    }
    assert record_graph("two") not in vocabulary_store.names()


def test_a_build_without_changes_writes_nothing(vocabulary_store: EmbeddedStore, corpus: Path) -> None:
    ingest.build(vocabulary_store, corpus)
    before = set(vocabulary_store.quads())
    assert outcome(ingest.build(vocabulary_store, corpus)) == {"unchanged": 3}
    assert set(vocabulary_store.quads()) == before


def test_what_was_imported_is_not_withdrawn_by_a_build(
    vocabulary_store: EmbeddedStore, corpus: Path, write_records: Any, record: Make
) -> None:
    ingest.import_files(vocabulary_store, [write_records(record(id="guest"))])
    assert outcome(ingest.build(vocabulary_store, corpus)) == {"added": 3}
    assert "guest" in current(vocabulary_store)
    assert current(vocabulary_store)["guest"].origin == "import"


@pytest.mark.parametrize("broken", ["id: [", "id: one\ntype: GoodPractice\n", "id: other\n", ""])
def test_a_file_that_breaks_keeps_what_was_stored_of_it(
    vocabulary_store: EmbeddedStore, corpus: Path, broken: str
) -> None:
    ingest.build(vocabulary_store, corpus)
    (corpus / "practices" / "one.yaml").write_text(broken)
    report = ingest.build(vocabulary_store, corpus)
    assert report.rejected
    assert report.withdrawn == []
    assert set(current(vocabulary_store)) == {"leaflet", "one", "two"}


def test_a_line_that_breaks_keeps_what_was_stored_of_it(vocabulary_store: EmbeddedStore, corpus: Path) -> None:
    ingest.build(vocabulary_store, corpus)
    (corpus / "materials" / "all.jsonl").write_text('{"id": "leaflet", \n')
    report = ingest.build(vocabulary_store, corpus)
    assert [(finding.row, report.withdrawn) for finding in report.rejected] == [(1, [])]
    assert "leaflet" in current(vocabulary_store)


def test_a_record_that_gets_a_new_id_takes_the_place_of_the_old_one(
    vocabulary_store: EmbeddedStore, corpus: Path, record: Make
) -> None:
    ingest.build(vocabulary_store, corpus)
    (corpus / "practices" / "one.yaml").write_text(yaml.safe_dump(record(id="renamed")))
    report = ingest.build(vocabulary_store, corpus)
    assert (report.added, report.withdrawn) == (["renamed"], ["one"])


def test_an_id_keeps_its_type(vocabulary_store: EmbeddedStore, corpus: Path, record: Make) -> None:
    ingest.build(vocabulary_store, corpus)
    put(corpus, record(id="one", type="TrainingMaterial"))
    report = ingest.build(vocabulary_store, corpus)
    assert [(f.record, f.field, "another type" in f.message) for f in report.rejected] == [("one", "id", True)]
    assert current(vocabulary_store)["one"].iri == ID["practice/one"]


def test_a_folder_without_records_is_refused(vocabulary_store: EmbeddedStore, tmp_path: Path) -> None:
    for folder, said in [(tmp_path / "none", "no such folder"), (tmp_path, "holds no records")]:
        with pytest.raises(InputError, match=said):
            ingest.build(vocabulary_store, folder)


def test_a_dry_run_tells_what_would_happen_and_stores_nothing(
    vocabulary_store: EmbeddedStore, write_records: Any, record: Make
) -> None:
    ingest.import_files(vocabulary_store, [write_records(record(id="a"), record(id="b"))])
    before = set(vocabulary_store.quads())
    path = write_records(record(id="a"), record(id="b", title="New"), record(id="c"), record(id="d", country=["QQ"]))
    report = ingest.import_files(vocabulary_store, [path], dry_run=True)
    assert (report.unchanged, report.updated, report.added) == (["a"], ["b"], ["c"])
    assert [(finding.row, finding.record) for finding in report.rejected] == [(4, "d")]
    assert set(vocabulary_store.quads()) == before


def test_strict_stores_all_or_nothing(vocabulary_store: EmbeddedStore, write_records: Any, record: Make) -> None:
    good = [record(id=f"r{n}") for n in range(120)]
    before = set(vocabulary_store.quads())
    report = ingest.import_files(
        vocabulary_store, [write_records(*good, record(id="bad", country=["QQ"]))], strict=True
    )
    assert (report.added, report.updated, [finding.row for finding in report.rejected]) == ([], [], [121])
    assert set(vocabulary_store.quads()) == before
    assert outcome(ingest.import_files(vocabulary_store, [write_records(*good)], strict=True)) == {"added": 120}


def test_without_strict_the_good_ones_go_in(vocabulary_store: EmbeddedStore, write_records: Any, record: Make) -> None:
    report = ingest.import_files(
        vocabulary_store, [write_records(record(id="good"), record(id="bad", sector=["space"]))]
    )
    assert (report.added, [finding.record for finding in report.rejected]) == (["good"], ["bad"])
    assert set(current(vocabulary_store)) == {"good"}


def test_an_import_into_an_empty_graph_brings_the_vocabulary(
    store: EmbeddedStore, write_records: Any, record: Make
) -> None:
    report = ingest.import_files(store, [write_records(record(addresses=["eplus-2021.economic"]))])
    assert outcome(report) == {"added": 1}
    assert GRAPH["ontology/goodways"] in store.names()


def test_the_vocabulary_is_loaded_once_and_again_where_it_differs(
    vocabulary_store: EmbeddedStore, vocabulary: list[Quad]
) -> None:
    assert ingest.load_vocabulary(vocabulary_store) == 0
    name = vocabulary_graph(ROOT / "ontology" / "schemes" / "sectors.ttl")
    marks = [
        triple for triple in vocabulary_store.private.graph(HISTORY_GRAPH) if triple[:2] == (name, GW.vocabularyDigest)
    ]
    assert len(marks) == 1
    vocabulary_store.change({name: []})
    vocabulary_store.private.change({}, remove={HISTORY_GRAPH: marks})
    assert ingest.load_vocabulary(vocabulary_store) == 1
    assert {*vocabulary_store.quads(), *vocabulary_store.private.quads()} == set(vocabulary)


def test_progress_is_told_up_to_the_end(vocabulary_store: EmbeddedStore, corpus: Path) -> None:
    told: list[tuple[str, int, int]] = []
    ingest.build(vocabulary_store, corpus, progress=lambda *step: told.append(step))
    assert told[-1] == ("Records", 3, 3)
    assert {step for step, _, _ in told} == {"Vocabulary", "Records"}


def test_two_builds_export_the_same_bytes(vocabulary: list[Quad], tmp_path: Path) -> None:
    corpus = part_of_the_corpus(tmp_path / "corpus", 30)
    for name in ("one.nq", "two.nq"):
        store = EmbeddedStore(None)
        store.load(vocabulary)
        ingest.build(store, corpus)
        export(store, tmp_path / name)
    assert (tmp_path / "one.nq").read_bytes() == (tmp_path / "two.nq").read_bytes()


def test_a_build_that_is_killed_again_and_again_ends_as_one_that_was_not(
    vocabulary: list[Quad], tmp_path: Path
) -> None:
    corpus = part_of_the_corpus(tmp_path / "corpus", 30)
    head_start = EmbeddedStore(tmp_path / "graph")
    head_start.load(quad for quad in vocabulary if "/ontology/schemes/" not in f"{quad.subject} {quad.graph_name}")
    head_start.close()
    command = [sys.executable, "-c", BUILD, str(corpus), str(tmp_path / "graph")]
    steps = len(vocabulary_files()) + 10
    moments = random.Random(2026)  # noqa: S311  (any moment will do)
    for step in sorted(moments.sample(range(steps - 25, steps), 5)):
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout
        for _ in range(step):
            process.stdout.readline()
        time.sleep(moments.uniform(0, 0.1))
        process.kill()
        process.wait()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    undisturbed, killed = EmbeddedStore(None), EmbeddedStore(tmp_path / "graph", read_only=True)
    undisturbed.load(vocabulary)
    ingest.build(undisturbed, corpus)
    assert published(killed) == published(undisturbed)
    assert {(v.id, v.number, v.digest) for v in current(killed).values()} == {
        (v.id, v.number, v.digest) for v in current(undisturbed).values()
    }
