"""How well questions are understood: `python -m tests.search.understanding_table`.

The cases are in `understanding_cases.tsv`: language, question, what a fair person would tag, note. What is expected
are `kind/code`s, parted by commas; of those joined by `|` one is enough, and what ends in `?` may be found or not.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import ingest
from kg import EmbeddedStore
from search.labels import Concepts, load_concepts
from search.understanding import Understanding

CASES = Path(__file__).with_name("understanding_cases.tsv")


@dataclass(frozen=True)
class Case:
    """A question and what it names."""

    language: str
    question: str
    needed: tuple[frozenset[str], ...]
    """Alternatives, of each of which one must be found."""
    allowed: frozenset[str]
    """Everything that may be found."""
    note: str


@dataclass
class Score:
    """Counts of one language."""

    right: int = 0
    wrong: int = 0
    met: int = 0
    missed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Share of what was found that is needed; what is neither needed nor wrong does not count."""
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        """Share of what is needed that was found."""
        return self.met / max(self.met + self.missed, 1)


def cases() -> list[Case]:
    """All cases of the file."""
    with CASES.open(encoding="utf-8", newline="") as file:
        return [_case(row) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]


def _case(row: dict[str, str]) -> Case:
    groups = [group for group in row["expected"].split(",") if group]
    needed = tuple(frozenset(group.split("|")) for group in groups if not group.endswith("?"))
    allowed = frozenset(code for group in groups for code in group.rstrip("?").split("|"))
    return Case(row["language"], row["question"], needed, allowed, row["note"] or "")


def all_concepts() -> Concepts:
    """The concepts of the vocabulary with their labels in all languages."""
    store = EmbeddedStore(None)
    ingest.load_vocabulary(store)
    found = load_concepts(store)
    store.close()
    return found


def understanding_of(concepts: Concepts) -> Understanding:
    """What reads questions in a language that is given; no model is needed."""
    return Understanding(concepts)


def scores(understanding: Understanding, concepts: Concepts) -> dict[str, Score]:
    """Scores by language, and `all`."""
    found: dict[str, Score] = defaultdict(Score)
    for case in cases():
        read = understanding.read(case.question, language=case.language)
        codes = [f"{concepts[iri].kind}/{concepts[iri].code}" for iri in read.concepts]
        wanted = frozenset[str]().union(*case.needed)
        wrong = [code for code in codes if code not in case.allowed]
        missed = [group for group in case.needed if group.isdisjoint(codes)]
        for score in (found[case.language], found["all"]):
            score.right += sum(code in wanted for code in codes)
            score.wrong += len(wrong)
            score.met += len(case.needed) - len(missed)
            score.missed += len(missed)
        if wrong or missed:
            names = ", ".join("|".join(sorted(group)) for group in missed)
            found[case.language].faults.append(f"{case.question}  wrong: {', '.join(wrong)}  missed: {names}")
    return found


def table(by_language: dict[str, Score]) -> str:
    """The scores as lines of text."""
    lines = ["language  precision  recall"]
    lines += [
        f"{language:8}  {score.precision:9.3f}  {score.recall:6.3f}" for language, score in sorted(by_language.items())
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the table and what went wrong."""
    concepts = all_concepts()
    by_language = scores(understanding_of(concepts), concepts)
    print(table(by_language))
    for language, score in sorted(by_language.items()):
        for fault in score.faults:
            print(f"{language}: {fault}")


if __name__ == "__main__":
    main()
