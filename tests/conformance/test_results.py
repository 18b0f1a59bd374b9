"""Two answers count as the same when they differ in the names of blank nodes and in nothing else."""

import pyoxigraph as ox
import pytest

from .results import Answer, by_value, same, table

A, B, P = (ox.NamedNode(f"https://example.org/{name}") for name in "abp")


def tsv(text: str) -> Answer:
    return table(text.replace(" ", "\t").encode(), ".tsv")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("?x ?y\n_:a _:b\n_:b _:a\n", "?y ?x\n_:c _:d\n_:d _:c\n"),
        ("?x\n1\n2\n1\n", "?x\n1\n1\n2\n"),
        ("?x\n_:a\n1\n_:a\n", "?x\n_:b\n_:b\n1\n"),
        ("?x\n", "?x\n"),
    ],
)
def test_bags_of_solutions_are_the_same_up_to_blank_nodes(ours: str, theirs: str) -> None:
    assert same(tsv(ours), tsv(theirs))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("?x ?y\n_:a _:b\n_:b _:a\n", "?x ?y\n_:a _:b\n_:c _:d\n"),
        ("?x\n1\n1\n2\n", "?x\n1\n2\n2\n"),
        ("?x\n_:a\n_:a\n", "?x\n_:a\n_:b\n"),
        ("?x\n1\n", "?x ?y\n1 \n"),
        ("?x\n1.0\n", "?x\n1.00\n"),
        ('?x\n"a"\n', '?x\n"a"@en\n'),
        ("?x\n", "?x\n1\n"),
    ],
)
def test_other_solutions_are_not_the_same(ours: str, theirs: str) -> None:
    assert not same(tsv(ours), tsv(theirs))


def test_order_counts_where_it_is_asked_for() -> None:
    there, back = tsv("?x\n_:a\n1\n_:b\n"), tsv("?x\n1\n_:a\n_:b\n")
    assert same(there, back)
    assert not same(there, back, in_order=True)
    assert same(there, tsv("?x\n_:c\n1\n_:d\n"), in_order=True)
    assert not same(there, tsv("?x\n_:c\n1\n_:c\n"), in_order=True)


def test_reduced_may_give_fewer_of_a_solution_and_not_none() -> None:
    assert same(tsv("?x\n1\n2\n"), tsv("?x\n1\n1\n2\n"), lax=True)
    assert not same(tsv("?x\n1\n"), tsv("?x\n1\n1\n2\n"), lax=True)
    assert not same(tsv("?x\n1\n1\n1\n2\n"), tsv("?x\n1\n1\n2\n"), lax=True)


def test_values_are_the_same_in_any_spelling_and_others_are_not() -> None:
    assert same(by_value(tsv("?x\n1.0\n")), by_value(tsv("?x\n01.00\n")))
    assert same(by_value(tsv("?x\n1e6\n")), by_value(tsv("?x\n1.0E6\n")))
    assert not same(by_value(tsv("?x\n1.0\n")), by_value(tsv("?x\n1\n")))
    assert not same(by_value(tsv("?x\n1\n")), by_value(tsv("?x\n2\n")))
    assert not same(by_value(tsv('?x\n"1"\n')), by_value(tsv('?x\n"01"\n')))


def test_graphs_are_the_same_up_to_blank_nodes() -> None:
    one, two, three = (ox.BlankNode() for _ in range(3))
    chain = [ox.Quad(one, P, two), ox.Quad(two, P, A)]
    assert same(chain, [ox.Quad(three, P, A), ox.Quad(one, P, three)])
    assert not same(chain, [ox.Quad(one, P, two), ox.Quad(three, P, A)])
    assert not same(chain, [ox.Quad(one, P, two), ox.Quad(two, P, B)])


def test_csv_gives_text_and_blank_nodes() -> None:
    ours = table(b'x,y\r\n_:a,"1,\n2"\r\n_:a,\r\n', ".csv")
    assert same(ours, table(b'x,y\r\n_:q,\r\n_:q,"1,\n2"\r\n', ".csv"))
    assert not same(ours, table(b'x,y\r\n_:q,\r\n_:r,"1,\n2"\r\n', ".csv"))


def test_truth_is_no_table() -> None:
    yes, no = (table(b'{"head":{},"boolean":%s}' % word, ".srj") for word in (b"true", b"false"))
    assert same(yes, True)
    assert not same(yes, no)
    assert not same(no, tsv("?x\n"))
