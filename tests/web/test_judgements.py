"""What visitors said becomes queries and judgements that the search can be measured with."""

from pathlib import Path

import pytest

from kg import InputError
from search.evaluation import read_qrels, read_queries
from web.feedback import FILE, FeedbackFile, Judgement, export_judgements, write_judgements


def test_verdicts_become_judged_queries(tmp_path: Path) -> None:
    file = FeedbackFile(tmp_path / "data" / FILE)
    file.path.parent.mkdir()

    def say(verdict: str, times: int, *, day: str = "2026-01-01", subject: str = "deaf joiners", record: str = "one",
            language: str = "", about: str = "query") -> None:  # fmt: skip
        for _ in range(times):
            file.add(Judgement(day, about, subject, language, record, verdict))

    say("useful", 2)
    say("useful", 1, day="2026-01-02", language="en")
    say("not-useful", 2)
    say("not-useful", 1, record="two")
    say("useful", 1, record="three")
    say("not-useful", 1, record="three", day="2026-01-03")
    say("useful", 1, subject="draw")
    say("not-useful", 1, subject="draw")
    say("not-related", 1, subject="one", record="two", about="record")
    assert write_judgements(file.path.parent, tmp_path / "out" / "deep") == (2, 3)
    queries = read_queries(tmp_path / "out" / "deep" / "queries.tsv")
    qrels = read_qrels(tmp_path / "out" / "deep" / "qrels.txt")
    asked, similar = sorted(queries, key=lambda query: query.id)
    assert (asked.text, asked.language, similar.id) == ("deaf joiners", "en", "record:one")
    assert qrels == {asked.id: {"one": 2, "two": 0}, "record:one": {"two": 0}}
    assert export_judgements(file.path.parent) == export_judgements(file.path.parent), "ids stay the same"


def test_without_answers_the_export_is_empty(tmp_path: Path) -> None:
    assert export_judgements(tmp_path) == ("", "")
    assert not (tmp_path / FILE).exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        write_judgements(tmp_path, tmp_path / "file")
