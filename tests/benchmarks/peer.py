"""Goodways beside txtai (hybrid, same model, same precision) and beside the bare encoder, in one run.

    python tests/collections/cisi.py CISI_FOLDER out
    python -m tests.benchmarks.peer out

Needs `pip install -e '.[peer]'`. Both index the same passages of the same records, with the same prompts; a record of
txtai's is ranked by its best passage. Questions are asked one after the other within the process, without HTTP.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from kg import Settings
from kg.records import current
from ontology import record_graph
from search.evaluation import QRELS, QUERIES, Qrels, Query, judgements_of, read_qrels, read_queries, scores
from search.index import Indexes
from search.model import Encoder, built_in_model
from search.passages import Passage, passages_of
from web.workspace import Workspace

Rank = Callable[[str], list[str]]
DEEP = 400  # passages that txtai gives back, so that ten records are among them


def main() -> None:
    """Index, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("collection", type=Path, help="records.jsonl, queries.tsv, qrels.txt")
    given = parser.parse_args()
    corpus = Settings().corpus
    with tempfile.TemporaryDirectory() as made:
        needs = Workspace(Settings(data=Path(made) / "needs"))
        needs.build(corpus)
        other = Workspace(Settings(data=Path(made) / "other"))
        other.import_files([given.collection / "records.jsonl"], dry_run=False, strict=False)
        compare("judged needs, 24 languages", needs, corpus / QUERIES, corpus / QRELS)
        compare("the collection", other, given.collection / "queries.tsv", given.collection / "qrels.txt")


def compare(title: str, workspace: Workspace, queries: Path, judgements: Path) -> None:
    """One table: quality, questions a second, passages indexed a second."""
    asked, qrels = read_queries(queries), read_qrels(judgements)
    searcher = workspace.searcher()
    passages = _passages(workspace)
    bare = _seconds(lambda: _encode_only(workspace.encoder, passages))
    own = _seconds(lambda: _index_again(workspace))
    started = time.perf_counter()
    peer = _txtai(passages, workspace.encoder)
    theirs = time.perf_counter() - started
    print(f"\n{title}: {len({p.record for p in passages})} records, {len(passages)} passages, {len(asked)} questions")
    print("                    nDCG@10  questions/s  passages indexed/s  of the bare encoder's")
    print(f"bare encoder        {'':7}  {'':11}  {len(passages) / bare:18.1f}  {1:21.0%}")
    ours: Rank = lambda text: [record for record, _ in searcher.rank(text, depth=100)]  # noqa: E731
    for name, rank, seconds in (("Goodways", ours, own), ("txtai hybrid", peer, theirs)):
        quality, speed = _ask(rank, asked, qrels)
        print(f"{name:18}  {quality:7.3f}  {speed:11.1f}  {len(passages) / seconds:18.1f}  {bare / seconds:21.0%}")


def _passages(workspace: Workspace) -> list[Passage]:
    with workspace.reading() as store:
        versions = current(store).values()
        return [p for v in versions for p in passages_of(v.iri, store.graph(record_graph(v.id)))]


def _encode_only(encoder: Encoder, passages: list[Passage]) -> None:
    encoder.passages([passage.context for passage in passages])


def _index_again(workspace: Workspace) -> None:
    """From the graph to a finished index in an empty folder."""
    with tempfile.TemporaryDirectory() as folder, workspace.reading() as store:
        indexes = Indexes(Path(folder))
        indexes.sync(store, workspace.encoder)
        indexes.close()


def _txtai(passages: list[Passage], encoder: Encoder) -> Rank:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from txtai import Embeddings

    embeddings = Embeddings(
        path=str(built_in_model(encoder.settings.model_folder)), method="sentence-transformers", hybrid=True,
        instructions={"query": "query: ", "data": "passage: "}, encodebatch=32,
        vectors={"model_kwargs": {"dtype": next(encoder.model.parameters()).dtype}}, gpu=False,
    )  # fmt: skip
    embeddings.index((n, passage.context, None) for n, passage in enumerate(passages))

    def rank(text: str) -> list[str]:
        return list(dict.fromkeys(passages[n].record for n, _ in embeddings.search(text, DEEP)))

    return rank


def _ask(rank: Rank, asked: list[Query], qrels: Qrels) -> tuple[float, float]:
    """nDCG@10 of the judged questions, and questions a second."""
    judged = [query for query in asked if judgements_of(query.id, qrels)]
    rank("warm")
    start = time.perf_counter()
    found = [rank(query.text) for query in judged]
    seconds = time.perf_counter() - start
    values = [scores(ids, judgements_of(query.id, qrels))["ndcg@10"] for ids, query in zip(found, judged, strict=True)]
    return float(np.mean(values)), len(judged) / seconds


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    torch.set_num_threads(os.cpu_count() or 1)
    main()
