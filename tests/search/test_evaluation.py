"""The scorer, on cases counted by hand."""

import math
from pathlib import Path
from typing import Any

import pytest

from kg import InputError
from search.evaluation import Query, evaluate, read_qrels, read_queries, scores


class FixedSearcher:
    """Answers with rankings that the test knows."""

    def __init__(self, rankings: dict[str, list[str]]) -> None:
        self.rankings = rankings

    def rank(self, text: str, method: str) -> list[tuple[str, float]]:  # noqa: ARG002
        return [(record, 1.0 / n) for n, record in enumerate(self.rankings[text], 1)]


def test_ndcg_takes_the_grade_as_gain_and_the_logarithm_of_the_rank() -> None:
    judged = {"a": 3, "b": 2, "c": 1, "z": 0}
    ideal = 3 / math.log2(2) + 2 / math.log2(3) + 1 / math.log2(4)
    assert scores(["a", "b", "c"], judged)["ndcg@10"] == pytest.approx(1)
    got = scores(["c", "x", "a"], judged)["ndcg@10"]
    assert got == pytest.approx((1 / math.log2(2) + 3 / math.log2(4)) / ideal)
    assert got == pytest.approx(2.5 / 4.761859507142915)


def test_ndcg_looks_at_ten_hits() -> None:
    others = [f"x{n}" for n in range(9)]
    assert scores([*others, "a"], {"a": 1})["ndcg@10"] == pytest.approx(1 / math.log2(11))
    assert scores([*others, "x9", "a"], {"a": 1})["ndcg@10"] == 0


def test_the_ideal_ranking_has_ten_places_too() -> None:
    judged = {f"r{n}": 1 for n in range(20)}
    assert scores([f"r{n}" for n in range(10)], judged)["ndcg@10"] == pytest.approx(1)


def test_recall_counts_the_relevant_among_the_first_hundred() -> None:
    others = [f"x{n}" for n in range(99)]
    assert scores([*others, "a", "b"], {"a": 1, "b": 2, "c": 0})["recall@100"] == pytest.approx(0.5)


def test_mrr_is_one_by_the_first_relevant_rank_up_to_ten() -> None:
    assert scores(["x", "y", "a", "b"], {"a": 1, "b": 3})["mrr@10"] == pytest.approx(1 / 3)
    assert scores([f"x{n}" for n in range(10)] + ["a"], {"a": 1})["mrr@10"] == 0


def test_grades_of_nought_and_below_count_as_nothing() -> None:
    assert scores(["z", "a"], {"a": 1, "z": -2}) == scores(["x", "a"], {"a": 1})
    assert scores(["z"], {"z": 0}) == {"ndcg@10": 0, "recall@100": 0, "mrr@10": 0}


QUERIES = [Query("1", "one", "de"), Query("2", "two", "de"), Query("3", "three", "pl"), Query("4", "four"),
           Query("5", "five", "pl")]  # fmt: skip
QRELS = {"1": {"a": 1}, "2": {"b": 2}, "3": {"c": 1}, "4": {"d": 1}, "5": {"e": 0}, "6": {"f": 1}}


def run(**options: Any) -> dict[str, Any]:
    searcher = FixedSearcher({"one": ["a"], "two": ["x", "b"], "three": ["y"], "four": ["d"]})
    return evaluate(searcher, QUERIES, QRELS, **options)  # type: ignore[arg-type]


def test_measures_are_means_over_all_queries_and_by_language() -> None:
    result = run()
    assert result["queries"] == 4
    assert result["mrr@10"] == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    assert result["recall@100"] == pytest.approx(0.75)
    assert result["by_language"]["de"] == {
        "ndcg@10": round((1 + 1 / math.log2(3)) / 2, 4), "recall@100": 1.0, "mrr@10": 0.75, "queries": 2
    }  # fmt: skip
    assert result["by_language"]["pl"]["recall@100"] == 0


def test_queries_without_a_relevant_judgement_are_left_out() -> None:
    assert run()["by_language"]["pl"]["queries"] == 1


def test_the_run_is_written_in_trec_form(tmp_path: Path) -> None:
    path = tmp_path / "run.txt"
    run(run=path)
    lines = [line.split() for line in path.read_text().splitlines()]
    assert lines[0] == ["1", "Q0", "a", "1", "1.000000", "goodways"]
    assert [line[:4] for line in lines if line[0] == "2"] == [["2", "Q0", "x", "1"], ["2", "Q0", "b", "2"]]
    assert all(len(line) == 6 for line in lines)


def test_a_run_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        run(run=tmp_path / "nowhere" / "run.txt")


def test_files_that_have_no_query_in_common_are_said() -> None:
    with pytest.raises(InputError, match="check the ids"):
        evaluate(FixedSearcher({}), QUERIES, {"9": {"a": 1}})  # type: ignore[arg-type]


def test_queries_are_read_with_and_without_language(tmp_path: Path) -> None:
    path = tmp_path / "q.tsv"
    path.write_text("\ufeff1\tStaż za granicą\tpl\n\n2\twork abroad\n", encoding="utf-8")
    assert read_queries(path) == [Query("1", "Staż za granicą", "pl"), Query("2", "work abroad")]


def test_judgements_are_read(tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text("1 0 rec-a 2\n1\t0\trec-b\t0\n2 0 rec.c 1\n")
    assert read_qrels(path) == {"1": {"rec-a": 2, "rec-b": 0}, "2": {"rec.c": 1}}


@pytest.mark.parametrize("line", ["only one", "1 0 rec", "1 0 rec x", "1 0 rec 1 2", "1 0 rec inf", "1 0 rec nan"])
def test_a_malformed_judgement_is_named_by_its_row(tmp_path: Path, line: str) -> None:
    path = tmp_path / "r.txt"
    path.write_text(f"1 0 rec-a 2\n\n{line}\n")
    with pytest.raises(InputError, match=r"r\.txt, row 3: A line must be: query 0 record grade"):
        read_qrels(path)


@pytest.mark.parametrize("line", ["no tab here", "\ttext", "1\t", "1\ttext\ten\tmore"])
def test_a_malformed_query_is_named_by_its_row(tmp_path: Path, line: str) -> None:
    path = tmp_path / "q.tsv"
    path.write_text(f"1\tfine\ten\n{line}\n")
    with pytest.raises(InputError, match=r"q\.tsv, row 2: A line must be id, text"):
        read_queries(path)


@pytest.mark.parametrize("content", [None, b"", b"\n \n", b"1\t\xff\xfe text"])
def test_a_file_that_holds_no_queries_is_said(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "q.tsv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"q\.tsv"):
        read_queries(path)
