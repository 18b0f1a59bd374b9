"""A data folder has one writer and any number of readers, and says in a sentence what is wrong with it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rdflib import Literal, Namespace

from kg import DataFolderError, EmbeddedStore

EX = Namespace("https://example.org/")
WRITER = """
import sys
from pathlib import Path
from rdflib import Literal, Namespace
from kg import EmbeddedStore
EX, store = Namespace("https://example.org/"), EmbeddedStore(Path(sys.argv[1]))
for turn in range(1, 1_000_000):
    now = Literal(turn)
    store.change({EX.g: [(EX[f"s{n}"], EX.p, now) for n in range(50)]}, add={EX.log: [(EX.a, EX.p, now)]})
    print(turn, flush=True)
"""


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def scramble(path: Path) -> None:
    path.write_bytes(b"\xa5" * path.stat().st_size)


def refusal(folder: Path, *, read_only: bool = False) -> str:
    with pytest.raises(DataFolderError) as caught:
        EmbeddedStore(folder, read_only=read_only)
    text = str(caught.value)
    assert "\n" not in text
    assert str(folder) in text
    assert text.endswith(".")
    return text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A graph on disk; the word `lock` in its path must not mislead anybody."""
    made = tmp_path / "lock-block" / "graph"
    store = EmbeddedStore(made)
    store.change({EX.g: [(EX[f"s{n}"], EX.p, Literal("x" * 200)) for n in range(300)]})
    store.close()
    return made


def test_a_second_writer_is_told_that_another_process_is_writing(folder: Path) -> None:
    script = WRITER.replace("1_000_000", "2") + "input()"
    first = subprocess.Popen([sys.executable, "-c", script, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert first.stdout
    assert first.stdout.readline() == b"1\n"
    assert "Another Goodways process is writing" in refusal(folder)
    first.communicate(b"\n")
    EmbeddedStore(folder).close()


def test_a_second_writer_can_wait_for_the_first(folder: Path) -> None:
    first = EmbeddedStore(folder)
    threading.Timer(0.5, first.close).start()
    del first
    started = time.monotonic()
    EmbeddedStore(folder, wait=10).close()
    assert 0.3 < time.monotonic() - started < 5


def test_a_reader_sees_the_state_of_the_moment_it_came(folder: Path) -> None:
    writer = EmbeddedStore(folder)
    writer.change({EX.g: [(EX.a, EX.p, Literal("early"))]})
    early = EmbeddedStore(folder, read_only=True)
    writer.change({EX.g: [(EX.a, EX.p, Literal("late"))]})
    late = EmbeddedStore(folder, read_only=True)
    assert [list(store.graph(EX.g).objects()) for store in (early, late)] == [[Literal("early")], [Literal("late")]]
    writer.close()
    assert early.ask('ASK { ?s ?p "early" }')


def test_readers_can_come_at_any_moment_while_a_writer_works(folder: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    for _ in range(20):
        reader = EmbeddedStore(folder, read_only=True)
        assert len(reader.graph(EX.g)) == 50
        reader.close()
    process.kill()
    process.wait()


def test_a_reader_cannot_change_anything(folder: Path) -> None:
    reader = EmbeddedStore(folder, read_only=True)
    with pytest.raises(DataFolderError):
        reader.change({EX.g: []})
    with pytest.raises(DataFolderError):
        reader.load(list(reader.quads()))
    assert len(reader.graph(EX.g)) == 300


def test_a_missing_folder_is_made_for_a_writer_and_named_to_a_reader(tmp_path: Path) -> None:
    missing = tmp_path / "locks" / "none"
    assert "There is no graph in" in refusal(missing, read_only=True)
    assert not missing.exists()
    missing.mkdir(parents=True)
    assert "goodways build" in refusal(missing, read_only=True)
    EmbeddedStore(missing).close()
    EmbeddedStore(missing, read_only=True).close()


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    file = tmp_path / "block"
    file.write_text("not a folder")
    for place in (file, file / "below"):
        refusal(place)
        refusal(place, read_only=True)
    assert file.read_text() == "not a folder"


def test_a_folder_that_cannot_be_written_to_is_named() -> None:
    refusal(Path("/proc/goodways"))


@pytest.mark.parametrize(
    ("files", "damage"),
    [
        ("*.sst", cut),
        ("*.sst", scramble),
        ("*.sst", Path.unlink),
        ("MANIFEST-*", scramble),
        ("MANIFEST-*", Path.unlink),
    ],
)
def test_a_damaged_graph_is_named_and_the_way_out_told(
    folder: Path, files: str, damage: Callable[[Path], None]
) -> None:
    for file in folder.glob(files):
        damage(file)
    for read_only in (True, False):
        text = refusal(folder, read_only=read_only)
        assert "cannot be used" in text
        assert "restore a backup" in text


@pytest.mark.parametrize("damage", [cut, scramble], ids=["cut", "scrambled"])
def test_a_damaged_name_of_the_current_state_is_told(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder / "CURRENT")
    assert "restore a backup" in refusal(folder)


def test_a_half_written_log_costs_at_most_the_last_change(folder: Path) -> None:
    for file in folder.glob("*.log"):
        with file.open("ab") as log:
            log.write(b"\x00\x17half a rec")
    store = EmbeddedStore(folder)
    assert len(store.graph(EX.g)) == 300
    store.close()


def test_a_killed_writer_leaves_whole_changes_and_loses_none(tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    for turns in (1, 10, 25):
        process = subprocess.Popen([sys.executable, "-c", WRITER, folder], stdout=subprocess.PIPE)
        assert process.stdout
        told = [int(process.stdout.readline()) for _ in range(turns)][-1]
        process.kill()
        process.wait()
        store = EmbeddedStore(folder)
        values = {int(str(value)) for value in store.graph(EX.g).objects()}
        assert len(store.graph(EX.g)) == 50
        assert len(values) == 1
        assert values.pop() >= told
        assert len(store.graph(EX.log)) >= told
        store.close()
