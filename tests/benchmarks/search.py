"""Search at size, over HTTP: makes a collection, serves it, asks it, and prints what it took.

    python -m tests.benchmarks.search --records 10000 [--folder FOLDER] [--queries 300]

The graph is real: each record has a named graph with texts, facets and digest, made by mixing those of the corpus. Its
vectors are those of the corpus' passages, each turned a little at random, so that a million records cost no million
encodings; questions are the judged needs, in all languages, and are encoded as always.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import numpy as np
import pyoxigraph as ox
from rdflib.namespace import DCTERMS, PROV

import ingest
from kg import Settings
from kg.records import version_iri
from ontology import GW, HISTORY_GRAPH, ID, RECORD_TYPES, record_graph
from search.evaluation import QUERIES, read_queries
from search.facets import FACETS, Value
from search.passage_file import Entry
from search.passages import Passage
from tests.conftest import ROOT
from web.workspace import Workspace

STEP = 5000
SPREAD = 0.6  # of the corpus' own spread between passages, as noise


def main() -> None:
    """Make, serve, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=Path("data/benchmark"))
    parser.add_argument("--queries", type=int, default=400)
    given = parser.parse_args()
    folder = given.folder / str(given.records)
    workspace = Workspace(Settings(data=folder))
    if not (folder / "generation").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        start = time.perf_counter()
        make(workspace, given.records)
        print(f"{given.records:,} records made in {time.perf_counter() - start:.0f} s")
    questions = [query.text for query in read_queries(Settings().corpus / QUERIES)]
    random.Random(3).shuffle(questions)  # noqa: S311
    serve_and_ask(folder, questions[: given.queries])
    recall(workspace)


def make(workspace: Workspace, count: int) -> None:
    """Graph and indexes of `count` records, mixed from those of the corpus."""
    source = Workspace(Settings(data=workspace.folder.parent / "corpus"))
    source.build(Settings().corpus)
    file = source.indexes().passages
    stored = file.records()
    ends = np.cumsum(stored.lengths)
    values = [[stored.known[int(key)] for key in part] for part in np.split(stored.values, ends[:-1])]
    numbers, _, _, vectors = file.vectors()
    passages = [file.passages([int(number)])[int(number)] for number in numbers]
    rng = np.random.default_rng(5)
    noise = SPREAD * vectors.astype(np.float32).std(0)
    with workspace.writing() as store:
        ingest.load_vocabulary(store)
        indexes = workspace.indexes()
        indexes.start_again_if_needed(workspace.encoder)
        for start in range(0, count, STEP):
            entries = []
            for n in range(start, min(count, start + STEP)):
                at = int(rng.integers(len(passages)))
                vector = vectors[at] + noise * rng.standard_normal(len(noise))
                own = values[int(rng.integers(len(values)))]
                entries.append(_entry(n, own, passages[at][0], vector / np.linalg.norm(vector)))
            store.load(quad for entry in entries for quad in _quads(entry))
            indexes.write([], entries)
            print(f"\r{start + len(entries):,}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        indexes.close()
    workspace.note_agreement()


def _entry(number: int, values: Sequence[Value], like: Passage, vector: np.ndarray) -> Entry:
    """A record with the values of one and the title and first two sentences of another."""
    kind = next(RECORD_TYPES[code] for _, v in values if (code := v.rpartition("#")[2]) in RECORD_TYPES)
    end = like.sentences[:2][-1][1]
    passage = Passage(f"made-{number}", "record", like.language, f"{like.title} {number}", like.text[:end])
    sentences = np.tile(vector, (len(passage.sentences), 1))
    return Entry(ID[f"{kind}/made-{number}"], "made", values, [passage], vector[None, :], [sentences])


def _quads(entry: Entry) -> Iterator[ox.Quad]:
    record, graph = ox.NamedNode(str(entry.iri)), ox.NamedNode(str(record_graph(entry.id)))
    (passage,) = entry.passages
    yield ox.Quad(record, ox.NamedNode(str(DCTERMS.title)), ox.Literal(passage.title, language=passage.language), graph)
    yield ox.Quad(
        record, ox.NamedNode(str(DCTERMS.abstract)), ox.Literal(passage.text, language=passage.language), graph
    )
    yield ox.Quad(record, ox.NamedNode(str(GW.version)), ox.Literal(1), graph)
    yield ox.Quad(record, ox.NamedNode(str(GW.digest)), ox.Literal(entry.digest), graph)
    yield from _history(entry)
    for name, value in entry.values:
        if name == "year":
            continue
        yield ox.Quad(record, ox.NamedNode(str(FACETS[name][0])), ox.NamedNode(str(value)), graph)


def _history(entry: Entry) -> Iterator[ox.Quad]:
    version = ox.NamedNode(str(version_iri(entry.iri, 1)))
    activity, graph = ox.NamedNode(f"{version.value}/activity"), ox.NamedNode(str(HISTORY_GRAPH))
    said = {
        PROV.specializationOf: ox.NamedNode(str(entry.iri)), GW.version: ox.Literal(1), GW.origin: ox.Literal("import"),
        GW.digest: ox.Literal(entry.digest), GW.current: ox.Literal(True), PROV.wasGeneratedBy: activity,
    }  # fmt: skip
    for prop, value in said.items():
        yield ox.Quad(version, ox.NamedNode(str(prop)), value, graph)
    yield ox.Quad(activity, ox.NamedNode(str(DCTERMS.source)), ox.Literal("made"), graph)


def serve_and_ask(folder: Path, questions: list[str]) -> None:
    """Start the server as a process of its own and ask it one question after the other."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", "from web.cli import main; main()", "serve", "--port", "0", "--data", str(folder)],
        stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found
        with httpx.Client(base_url=found.group(), timeout=60) as client:
            client.get("/api/v1/search", params={"q": "first"}).raise_for_status()
            print(f"start to first answer {time.perf_counter() - start:.1f} s")
            client.get("/api/v1/suggest", params={"q": "a"}).raise_for_status()  # what is read after the start is read
            list(_ask(client, "/api/v1/search", [f"{word} {n}" for n, word in enumerate(questions[:24])]))
            half = len(questions) // 2
            for path, asked in (("/api/v1/search", questions[:half]), ("/search", questions[half:])):
                times = sorted(_ask(client, path, asked))
                print(
                    f"{path}: {len(times)} questions, p50 {times[len(times) // 2]:.1f} ms, "
                    f"p95 {times[int(len(times) * 0.95)]:.1f} ms"
                )
            add_one(folder, client)
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        peak = re.search(r"VmHWM:\s+(\d+)", status)
        print(f"peak memory of the server {int(peak.group(1)) / 1024:.0f} MB" if peak else "")
    finally:
        process.terminate()
        process.wait()


def add_one(folder: Path, client: httpx.Client) -> None:
    """Import one record beside the server, and wait until the server finds it."""
    title = f"Zymurgists of Ankh {time.time_ns()}"
    record = {"id": "added-last", "type": "GoodPractice", "title": title, "summary": f"{title} went to brew abroad.",
              "language": "en", "source": "https://example.org/added"}  # fmt: skip
    file = folder / "added.jsonl"
    file.write_text(json.dumps(record) + "\n", encoding="utf-8")
    command = [sys.executable, "-c", "from web.cli import main; main()", "import", str(file), "--data", str(folder)]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    written = time.perf_counter()
    while not any(hit["title"] == title for hit in client.get("/api/v1/search", params={"q": title}).json()["results"]):
        assert time.perf_counter() < written + 60, "the server did not take it up"
        time.sleep(0.02)
    found = time.perf_counter()
    print(f"one record: imported in {written - start:.1f} s, found by the server {found - written:.2f} s later")


def _ask(client: httpx.Client, path: str, questions: list[str]) -> Iterator[float]:
    for question in questions:
        start = time.perf_counter()
        client.get(path, params={"q": question}).raise_for_status()
        yield (time.perf_counter() - start) * 1000


def recall(workspace: Workspace, asked: int = 100) -> None:
    """How many of the ten nearest passages by exact search the index finds."""
    searcher = workspace.searcher()
    questions = [query.text for query in read_queries(Settings().corpus / QUERIES)][:: 2880 // asked]
    space, vectors = searcher.encoder.space, searcher.collection.vectors
    found = []
    for query in space.without_language(searcher.encoder.queries(questions)):
        rows, _ = vectors.nearest(query, 10)
        exact = np.concatenate(
            [
                vectors.scores(query, np.arange(s, min(s + 100_000, len(vectors))))
                for s in range(0, len(vectors), 100_000)
            ]
        )
        found.append(len(set(rows.tolist()) & set(np.argsort(-exact)[:10].tolist())) / 10)
    print(f"recall@10 of the index against exact search over {len(vectors):,} passages: {np.mean(found):.4f}")


if __name__ == "__main__":
    main()
