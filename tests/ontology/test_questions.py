"""Competency questions: each file of `ontology/questions` has its question, what it expects, and its SPARQL.

`# Expects:` is `yes`, `no`, `N rows` or `at least N rows`, then perhaps `first "…"` (in the first row) and `has "…"`
(somewhere in the answer).
"""

import re
from pathlib import Path

import pytest

from kg import EmbeddedStore
from ontology import QUESTIONS
from web.workspace import Workspace

FILES = sorted(QUESTIONS.glob("*.rq"))
_WORDS = re.compile(r"; (first|has) ((?:\"[^\"]*\"(?:, )?)+)")


def problems(store: EmbeddedStore, file: Path) -> list[str]:
    """Where the answer is not what the file expects."""
    text = file.read_text(encoding="utf-8")
    expects = text.splitlines()[1].removeprefix("# Expects: ")
    if expects in ("yes", "no"):
        return [] if store.ask(text) == (expects == "yes") else [f"not {expects}"]
    rows = store.select(text)
    counted = re.match(r"(at least )?(\d+) rows?", expects)
    assert counted, f"{file.name} does not say how many rows it expects"
    enough = len(rows) >= int(counted[2]) if counted[1] else len(rows) == int(counted[2])
    found = [] if enough else [f"{len(rows)} rows"]
    for kind, listed in _WORDS.findall(expects):
        cells = [str(cell) for row in (rows[:1] if kind == "first" else rows) for cell in row.values()]
        words = re.findall(r'"([^"]*)"', listed)
        found += [f"{kind} lacks {word}" for word in words if not any(word in cell for cell in cells)]
    return found


def test_there_are_at_least_forty_questions_in_plain_words() -> None:
    assert len(FILES) >= 40
    assert all(file.read_text(encoding="utf-8").splitlines()[0].rstrip().endswith("?") for file in FILES)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_competency_question_is_answered(file: Path, corpus_workspace: Workspace) -> None:
    with corpus_workspace.reading() as store:
        assert isinstance(store, EmbeddedStore)
        assert problems(store, file) == []
