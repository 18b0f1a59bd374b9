"""What each part of the search is worth, on the judged needs: writes the tables of `docs/ranking.md`.

    python -m search.ablation UDHR_FOLDER [--data DATA] [--out docs/ranking.md]

Every row ranks the same records for the same questions in all 24 languages (`corpus/judgements`). The rows with vectors
alone rank a record by its best passage; the last rows are the search itself, with parts switched on one by one.
"""

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kg import EmbeddedStore, Settings

from .evaluation import QRELS, QUERIES, Qrels, Query, judgements_of, read_qrels, read_queries, scores
from .index import Indexes
from .languages import LanguageSpace, language_space
from .model import Encoder
from .parallel import HELD_OUT_ARTICLES, declaration
from .searcher import Searcher
from .wheel import rebuild

MARK = "<!-- from here on written by `python -m search.ablation` -->"
ROUNDS = 20  # random draws of a language for each article
Change = Callable[[np.ndarray, list[str]], np.ndarray]
"""Vectors (n, dimensions) and the language of each to vectors."""


def centred(vectors: np.ndarray, languages: list[str]) -> np.ndarray:
    """Vectors less the mean of their language, at unit length."""
    free = vectors.copy()
    spoken = np.array(languages)
    for language in set(languages):
        free[spoken == language] -= vectors[spoken == language].mean(0)
    normed: np.ndarray = free / np.maximum(np.linalg.norm(free, axis=1, keepdims=True), 1e-9)
    return normed


def as_they_come(vectors: np.ndarray, _: list[str]) -> np.ndarray:
    """Nothing changed."""
    return vectors


class Ablation:
    """The judged questions, the records' passages, and both models' vectors of them."""

    def __init__(self, searcher: Searcher, plain: Encoder, queries: list[Query], qrels: Qrels) -> None:
        self.searcher, self.qrels = searcher, qrels
        self.queries = [query for query in queries if judgements_of(query.id, qrels)]
        collection, file = searcher.collection, searcher.indexes.passages
        passages = [file.passages([int(number)])[int(number)][0] for number in collection.numbers]
        self._owners = [passage.record for passage in passages]
        self._spoken = [passage.language for passage in passages]
        self._asked = [query.language for query in self.queries]
        texts, contexts = [query.text for query in self.queries], [passage.context for passage in passages]
        self._vectors = {
            "plain": (plain.queries(texts), plain.passages(contexts)),
            "adapted": (searcher.encoder.queries(texts), searcher.encoder.passages(contexts)),
        }

    def by_vectors(self, model: str, change: Change) -> dict[str, float]:
        """nDCG@10 over all questions and by language, of vectors alone."""
        asked, passages = self._vectors[model]
        cosines = change(asked, self._asked) @ change(passages, self._spoken).T
        return self._measured(lambda n: self._best_records(cosines[n]))

    def by_rank_fusion(self) -> dict[str, float]:
        """The textbook: reciprocal rank fusion (k = 60) of words and of vectors as they come."""
        asked, passages = self._vectors["plain"]
        cosines = asked @ passages.T

        def ranked(n: int) -> list[str]:
            both: dict[str, float] = defaultdict(float)
            words = [record for record, _ in self.searcher.rank(self.queries[n].text, "words")]
            for ranking in (words, self._best_records(cosines[n])):
                for place, record in enumerate(ranking, 1):
                    both[record] += 1 / (60 + place)
            return sorted(both, key=lambda record: -both[record])

        return self._measured(ranked)

    def by_search(self, method: str) -> dict[str, float]:
        """nDCG@10 of one of the search's methods."""
        return self._measured(lambda n: [record for record, _ in self.searcher.rank(self.queries[n].text, method)])

    def _best_records(self, cosines: np.ndarray) -> list[str]:
        return list(dict.fromkeys(self._owners[row] for row in np.argsort(-cosines, kind="stable")))

    def _measured(self, ranked: Callable[[int], list[str]]) -> dict[str, float]:
        found: dict[str, list[float]] = defaultdict(list)
        for n, query in enumerate(self.queries):
            value = scores(ranked(n), judgements_of(query.id, self.qrels))["ndcg@10"]
            found["all"].append(value)
            found[query.language].append(value)
        return {name: float(np.mean(values)) for name, values in found.items()}


def parallel_articles(folder: Path, encoder: Encoder, space: LanguageSpace | None) -> dict[str, float]:
    """How well the beginning of an article finds it among all, each in a language drawn at random (MRR), by language.

    The articles are the last of the Declaration of Human Rights, which nothing was fitted on.
    """
    articles = declaration(folder)[-HELD_OUT_ARTICLES:]
    languages = sorted(set.intersection(*(set(article) for article in articles)))
    free = space.without_language if space else (lambda vectors: vectors)
    passages = {code: free(encoder.passages([article[code] for article in articles])) for code in languages}
    asked = {code: free(encoder.queries([" ".join(a[code].split()[:15]) for a in articles])) for code in languages}
    rng = random.Random(4)  # noqa: S311
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        pool = np.array([passages[rng.choice(languages)][n] for n in range(len(articles))])
        for code in languages:
            cosines = asked[code] @ pool.T
            places = (cosines > np.diag(cosines)[:, None]).sum(1) + 1
            found[code] += (1 / places).tolist()
            found["all"] += (1 / places).tolist()
    return {name: float(np.mean(values)) for name, values in found.items()}


def said_nothing_good(searcher: Searcher, queries: list[Query], qrels: Qrels) -> tuple[float, float]:
    """How often "nothing good found" is said of questions without an answer, and of those with a grade of 3."""
    without = [query for query in queries if not judgements_of(query.id, qrels)]
    having = [query for query in queries if max(judgements_of(query.id, qrels).values(), default=0) == 3][::7]
    shares = [
        np.mean([searcher.search(q.text, limit=1).confidence != "good" for q in part]) for part in (without, having)
    ]
    return float(shares[0]), float(shares[1])


def tables(ablation: Ablation, folder: Path, plain: Encoder) -> str:
    """The tables in Markdown."""
    space = language_space()
    free: Change = lambda vectors, _: space.without_language(vectors)  # noqa: E731
    rows = {
        "words (BM25) in the question's language": ablation.by_search("words"),
        "vectors as they come": ablation.by_vectors("plain", as_they_come),
        "words and these vectors, reciprocal rank fusion": ablation.by_rank_fusion(),
        "vectors, centred by language": ablation.by_vectors("plain", centred),
        "vectors, 20 language directions projected out": ablation.by_vectors("plain", free),
        "adapter": ablation.by_vectors("adapted", as_they_come),
        "adapter, centred by language": ablation.by_vectors("adapted", centred),
        "adapter and projection: vectors of the search": ablation.by_search("vectors"),
        "+ words within the question's language": ablation.by_search("fused"),
        "+ concepts: the search": ablation.by_search("hybrid"),
    }
    site = rows["+ concepts: the search"]
    codes = sorted(code for code in site if code != "all")
    lines = ["| method | all | en | worst language |", "|---|---|---|---|"]
    for name, row in rows.items():
        worst = min(codes, key=lambda code: row[code])
        lines.append(f"| {name} | {row['all']:.3f} | {row['en']:.3f} | {row[worst]:.3f} ({worst}) |")
    before, after = rows["vectors as they come"], rows["adapter and projection: vectors of the search"]
    articles = [
        parallel_articles(folder, plain, None),
        parallel_articles(folder, plain, space),
        parallel_articles(folder, ablation.searcher.encoder, space),
    ]
    heads = ("language", "as they come", "adapter and projection", "the search", "of English",
             "articles: as they come", "projection", "adapter and projection")  # fmt: skip
    lines += ["", "| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for code in ["all", *codes]:
        needs = f"{before[code]:.3f} | {after[code]:.3f} | {site[code]:.3f} | {site[code] / site['en']:.0%}"
        lines.append(f"| {code} | {needs} | " + " | ".join(f"{found[code]:.3f}" for found in articles) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and write below the mark in the file what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("udhr", type=Path)
    parser.add_argument("--data", type=Path, default=Settings().data)
    parser.add_argument("--out", type=Path, default=Path("docs/ranking.md"))
    given = parser.parse_args()
    settings = Settings(data=given.data)
    queries, qrels = read_queries(settings.corpus / QUERIES), read_qrels(settings.corpus / QRELS)
    store = EmbeddedStore(given.data / "graph", read_only=True)
    searcher = Searcher(store, Indexes(given.data / "search"), Encoder(settings))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "multilingual-e5-small"
        rebuild(folder, adapter=None)
        plain = Encoder(Settings(model=str(folder)))
        text = tables(Ablation(searcher, plain, queries, qrels), given.udhr, plain)
    rightly, wrongly = said_nothing_good(searcher, queries, qrels)
    text += (
        f'\n\n"Nothing good found" is said of {rightly:.0%} of the questions that no record answers, '
        f"and of {wrongly:.0%} "
        "of those that one answers exactly.\n"
    )
    head = given.out.read_text(encoding="utf-8").partition(MARK)[0] if given.out.is_file() else ""
    given.out.write_text(f"{head}{MARK}\n\n{text}", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
