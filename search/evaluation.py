"""Ranking quality by judged queries, with the measures of TREC.

nDCG@10 with gains 2^grade - 1 would reward grades exponentially; as in trec_eval, the gain is the grade itself
(Järvelin & Kekäläinen 2002). recall@100 and MRR@10 count a grade of 1 or more as relevant.
"""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kg import InputError

from .searcher import Searcher

Qrels = dict[str, dict[str, int]]
QUERIES, QRELS = "judgements/queries.tsv", "judgements/qrels.txt"
"""The project's own, below its corpus."""
MEASURES = ("ndcg@10", "recall@100", "mrr@10")


@dataclass(frozen=True)
class Query:
    """A judged question."""

    id: str
    text: str
    language: str = ""


def read_queries(path: Path) -> list[Query]:
    """`id<TAB>text[<TAB>language]` a line.

    Raises:
        InputError: the file is missing or a line has another form.

    """
    queries = []
    for row, line in _lines(path):
        parts = [part.strip() for part in line.split("\t")]
        if len(parts) not in (2, 3) or not parts[0] or not parts[1]:
            raise InputError("A line must be id, text and perhaps language, parted by tabs.", file=str(path), row=row)
        queries.append(Query(*parts))
    if not queries:
        raise InputError("There is no query in this file.", file=str(path))
    return queries


def read_qrels(path: Path) -> Qrels:
    """TREC judgements: `query 0 record grade` a line.

    Raises:
        InputError: the file is missing or a line has another form.

    """
    qrels: Qrels = defaultdict(dict)
    for row, line in _lines(path):
        parts = line.split()
        try:
            query, _, record, grade = parts
            qrels[query][record] = int(float(grade))
        except (ValueError, OverflowError) as error:
            message = "A line must be: query 0 record grade."
            raise InputError(message, file=str(path), row=row) from error
    return dict(qrels)


def judgements_of(query: str, qrels: Qrels) -> dict[str, int]:
    """The grades of a query by its id; those of `need` hold for `need.de` too, unless that has its own."""
    return qrels.get(query) or qrels.get(query.rpartition(".")[0], {})


def scores(ranked: list[str], judged: dict[str, int]) -> dict[str, float]:
    """The measures of one ranking of record ids."""
    relevant = {record for record, grade in judged.items() if grade > 0}
    gains = [max(0, judged.get(record, 0)) for record in ranked[:10]]
    ideal = sorted((grade for grade in judged.values() if grade > 0), reverse=True)[:10]
    first = next((n for n, record in enumerate(ranked[:10], 1) if record in relevant), None)
    return {
        "ndcg@10": _dcg(gains) / _dcg(ideal) if ideal else 0.0,
        "recall@100": len(relevant & set(ranked[:100])) / len(relevant) if relevant else 0.0,
        "mrr@10": 1 / first if first else 0.0,
    }


def evaluate(
    searcher: Searcher,
    queries: list[Query],
    qrels: Qrels,
    *,
    method: str = "hybrid",
    run: Path | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> dict[str, object]:
    """Rank every judged query and average the measures, over all and by query language.

    Queries without a relevant judgement are left out, as trec_eval does.

    Args:
        searcher: what is measured.
        queries: the questions.
        qrels: the judgements.
        method: one of `search.searcher.METHODS`.
        run: a TREC run file to write.
        progress: told of each query.

    Raises:
        InputError: no query has a judgement.

    """
    judged = [query for query in queries if any(grade > 0 for grade in judgements_of(query.id, qrels).values())]
    if not judged:
        raise InputError("No query of the one file has a relevant judgement in the other; check the ids.")
    results: dict[str, list[dict[str, float]]] = defaultdict(list)
    lines = []
    for done, query in enumerate(judged, 1):
        ranked = searcher.rank(query.text, method)
        measured = scores([record for record, _ in ranked], judgements_of(query.id, qrels))
        results["all"].append(measured)
        if query.language:
            results[query.language].append(measured)
        lines += [f"{query.id} Q0 {record} {n} {score:.6f} goodways" for n, (record, score) in enumerate(ranked, 1)]
        progress("Queries", done, len(judged))
    if run:
        try:
            run.write_text("\n".join(lines) + "\n", encoding="utf-8")
        except OSError as error:
            message = f"The file cannot be written ({error.strerror}); check folder and permissions."
            raise InputError(message, file=str(run)) from error
    total = results.pop("all")
    return _mean(total) | {
        "queries": len(total),
        "by_language": {code: _mean(part) | {"queries": len(part)} for code, part in sorted(results.items())},
    }


def _mean(rows: list[dict[str, float]]) -> dict[str, object]:
    return {name: round(sum(row[name] for row in rows) / len(rows), 4) for name in MEASURES}


def _dcg(gains: list[int]) -> float:
    return sum(gain / math.log2(n + 1) for n, gain in enumerate(gains, 1))


def _lines(path: Path) -> list[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "The file cannot be read as UTF-8 text; check its name and encoding.", file=str(path)
        ) from error
    return [(row, line) for row, line in enumerate(text.splitlines(), 1) if line.strip()]
