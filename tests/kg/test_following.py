"""A reader goes on reading while a writer tidies the files of the graph away."""

import subprocess
import sys
from pathlib import Path

from rdflib import Graph, Literal, URIRef

from kg.embedded import EmbeddedStore
from tests.conftest import ROOT

PLACE = "https://example.org/"
READER = """
import resource, sys
from pathlib import Path
from kg.embedded import EmbeddedStore

resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))  # as in a large graph, not all files are held open
store = EmbeddedStore(Path(sys.argv[1]), read_only=True)
print("opened", flush=True)
sys.stdin.readline()
print(len(store.select("SELECT ?s { ?s ?p ?o }")))
"""


def thousand(name: str) -> Graph:
    graph = Graph()
    for number in range(1000):
        graph.add((URIRef(f"{PLACE}{name}/{number}"), URIRef(PLACE + "p"), Literal(f"{name} {number}" * 5)))
    return graph


def test_a_reader_whose_files_were_tidied_away_reads_the_state_of_now(tmp_path: Path) -> None:
    folder = tmp_path / "graph"
    store = EmbeddedStore(folder)
    for number in range(40):
        store.change({URIRef(f"{PLACE}{number}"): thousand(str(number))})
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(folder)], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert reader.stdout is not None
    assert reader.stdout.readline() == "opened\n"
    store.change({URIRef(f"{PLACE}40"): thousand("40")})
    store._store.optimize()
    store.close()
    said, errors = reader.communicate("read\n", timeout=60)
    assert said == "41000\n", errors
