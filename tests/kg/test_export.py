"""An export is whole, readable by others, the same bytes for the same content, and safe to open."""

import csv
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from rdflib import Dataset

import ingest
from ingest.readers import RawRecord
from kg import EmbeddedStore, InputError
from kg.export import ENDINGS, export, harmless, published
from kg.records import Act
from ontology import HISTORY_GRAPH

RDF_ENDINGS = [ending for ending in ENDINGS if ending != ".csv"]
MERGED = (".ttl", ".nt")
EXPORT_AGAIN = """
import sys
from pathlib import Path
import pyoxigraph as ox
from kg import EmbeddedStore
from kg.export import ENDINGS, export
store, folder = EmbeddedStore(None), Path(sys.argv[1])
quads = list(ox.parse(path=str(folder / "all.nq")))
store.load(reversed(quads))
for ending in ENDINGS:
    export(store, folder / f"again{ending}")
"""


@pytest.fixture
def full(store: EmbeddedStore, vocabulary: list[ox.Quad], record: Callable[..., dict[str, Any]]) -> EmbeddedStore:
    """The vocabulary less its regions, and five records."""
    store.load(quad for quad in vocabulary if not str(quad.graph_name).endswith("/nuts>"))
    raws = [
        record(country=["EL", "DE", "AT"], addresses=["eplus-2021.economic", "eplus-2021.disability-sensory"]),
        record(id="bare", country=None),
        record(id="sum", title="=SUM(A1)", summary='@x, "quoted"\nline. Two. Three.', source="https://example.org/sum"),
        record(id="hindi", language="pl", title={"fr": "Un titre", "de": "Ein Titel"}, summary={"en": "A. B. C."}),
        record(id="leaflet", type="TrainingMaterial", materialType=["guide"], checked="2026-11-22"),
    ]
    report = ingest.pipeline.add(store, [RawRecord("t", data=r) for r in raws], act=Act("import", "t"))
    assert not report.rejected, report.rejected
    return store


def rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("ending", RDF_ENDINGS)
def test_every_form_reads_back_to_what_is_published(full: EmbeddedStore, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"all{ending}"
    count = export(full, path)
    back = set(ox.parse(path=str(path)))
    want = set(published(full))
    if ending in MERGED:
        assert {quad.triple for quad in back} == {quad.triple for quad in want}
        assert count == len({quad.triple for quad in want})
    else:
        assert back == want
        assert count == len(want)


@pytest.mark.parametrize("ending", [".trig", ".jsonld"])
def test_another_library_reads_the_same_number_of_statements(tmp_path: Path, ending: str) -> None:
    store = EmbeddedStore(None)
    store.load(ox.parse('<a:a> <a:p> "ё \\"q\\"\\n"@de, 1.5, "x" . <a:b> <a:p> <a:a> .', ox.RdfFormat.TURTLE))
    store.load(ox.parse('<a:g> { <a:a> <a:p> true, "2021"^^<a:year> }', ox.RdfFormat.TRIG))
    store.load(ox.parse('<a:h> { <a:a> <a:p> "x", "y"@en }', ox.RdfFormat.TRIG))
    count = export(store, tmp_path / f"x{ending}")
    assert count == 8
    assert len(list(Dataset().parse(tmp_path / f"x{ending}").quads())) == count


def test_the_same_content_is_the_same_bytes_in_any_process(full: EmbeddedStore, tmp_path: Path) -> None:
    for ending in ENDINGS:
        export(full, tmp_path / f"all{ending}")
    subprocess.run([sys.executable, "-c", EXPORT_AGAIN, tmp_path], check=True)
    different = [e for e in ENDINGS if (tmp_path / f"all{e}").read_bytes() != (tmp_path / f"again{e}").read_bytes()]
    assert different == []


def test_the_history_is_left_out_unless_asked_for(full: EmbeddedStore, tmp_path: Path) -> None:
    plain, whole = tmp_path / "plain.nq", tmp_path / "whole.nq"
    assert export(full, plain) < export(full, whole, history=True)
    assert f"<{HISTORY_GRAPH}>" not in plain.read_text(encoding="utf-8")
    assert f"<{HISTORY_GRAPH}>" in whole.read_text(encoding="utf-8")


def test_the_table_has_one_row_a_record_with_names_in_english(full: EmbeddedStore, tmp_path: Path) -> None:
    assert export(full, tmp_path / "all.csv") == 5
    found = rows(tmp_path / "all.csv")
    assert set(found) == {"deaf-joiners-granada", "bare", "sum", "hindi", "leaflet"}
    assert found["deaf-joiners-granada"]["country"] == "Austria; Germany; Greece"
    assert len(found["deaf-joiners-granada"]["barriers"].split("; ")) == 2
    assert found["bare"]["country"] == ""
    assert (found["leaflet"]["type"], found["leaflet"]["checked"]) == ("TrainingMaterial", "2026-11-22")


def test_the_table_falls_back_to_a_language_that_there_is(full: EmbeddedStore, tmp_path: Path) -> None:
    export(full, tmp_path / "all.csv")
    row = rows(tmp_path / "all.csv")["hindi"]
    assert (row["title"], row["title_language"]) in {("Ein Titel", "de"), ("Un titre", "fr")}
    assert (row["summary"], row["language"]) == ("A. B. C.", "pl")


def test_no_cell_of_the_table_is_a_formula(full: EmbeddedStore, tmp_path: Path) -> None:
    export(full, tmp_path / "all.csv")
    assert rows(tmp_path / "all.csv")["sum"]["title"] == "'=SUM(A1)"
    assert rows(tmp_path / "all.csv")["sum"]["summary"].startswith("'@x")
    for dangerous in ("=cmd|'/C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"):
        assert harmless(dangerous) == "'" + dangerous
    assert harmless("a=1") == "a=1"


@pytest.mark.parametrize("name", ["all.xml", "all", "all.nq.gz", ".nq"])
def test_an_unknown_ending_is_refused_with_the_known_ones(store: EmbeddedStore, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"No format ends in .*\.trig.*\.csv"):
        export(store, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named_and_nothing_is_left_behind(
    store: EmbeddedStore, tmp_path: Path
) -> None:
    (tmp_path / "taken.nq").mkdir()
    (tmp_path / "file").write_text("")
    for place in ("none/all.nq", "taken.nq", "file/all.nq"):
        with pytest.raises(InputError, match="cannot be written"):
            export(store, tmp_path / place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "taken.nq"]


def test_an_export_replaces_the_file_and_others_may_read_it(store: EmbeddedStore, tmp_path: Path) -> None:
    path = tmp_path / "all.nt"
    path.write_text("old")
    mask = os.umask(0o022)
    try:
        assert export(store, path) == 0
    finally:
        os.umask(mask)
    assert path.read_bytes() == b""
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
