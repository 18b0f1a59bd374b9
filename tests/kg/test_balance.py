"""The balance of the corpus: counts that hold, and gaps that are said."""

from kg.balance import Line, as_markdown, balance
from tests.conftest import ROOT, THREE
from web.workspace import Workspace


def lines(workspace: Workspace) -> dict[str, Line]:
    with workspace.reading() as store:
        return {line.what: line for part in balance(store).values() for line in part}


def test_what_is_narrower_counts_with_what_is_broader_and_once_a_record(small: Workspace) -> None:
    found = lines(small)
    tagged = [record for record in THREE if any("disability" in code for code in record.get("addresses", []))]
    assert tagged
    assert found["Disabilities"].count == len(tagged)
    assert found["practice"].count + found["material"].count == len(THREE)


def test_a_gap_is_as_large_as_what_is_missing(small: Workspace) -> None:
    found = lines(small)
    assert found["practice"].missing == 250 - found["practice"].count
    assert Line("enough", 9, 8).missing == 0
    assert Line("no goal", 9, None).missing == 0


def test_the_table_in_the_docs_is_that_of_the_corpus(corpus_workspace: Workspace) -> None:
    with corpus_workspace.reading() as store:
        assert (ROOT / "docs" / "corpus.md").read_text(encoding="utf-8") == as_markdown(balance(store))
