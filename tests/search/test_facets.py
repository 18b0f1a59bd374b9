"""Facets over the real corpus, against counting by hand."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import URIRef

from ontology import GW, RECORD_TYPES
from search import Searcher
from search.facets import FACETS, Facets
from search.labels import YEARS

CODES = {
    "type": ["GoodPractice", "TrainingMaterial"],
    "barrier": ["eplus-2021.economic", "eplus-2021.disability", "eplus-2021.disability-sensory"],
    "group": ["deaf-people", "vet-learners", "apprentices", "teachers-and-trainers"],
    "mobility": ["vet-short-term", "job-shadowing", "youth-exchange"],
    "country": ["DE", "ES", "LT", "GR"],
    "region": ["FR", "FRJ", "LT", "LT011"],
    "lang": ["de", "fr", "lt", "el"],
    "measure": ["group-stay", "mentoring"],
    "sector": ["vet", "adult"],
    "phase": ["before", "after"],
    "material": ["guide", "online-course"],
}
filters = st.lists(st.sampled_from(list(CODES)), unique=True, max_size=4).flatmap(
    lambda names: st.fixed_dictionaries({name: st.lists(st.sampled_from(CODES[name]), max_size=3) for name in names})
)
slow_fixture = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def facets(searcher: Searcher) -> Facets:
    return searcher.facets


@pytest.fixture(scope="module")
def by_hand(searcher: Searcher) -> dict[URIRef, dict[str, set[str]]]:
    """Record -> facet -> values with all broader ones, straight from the graph."""
    found: dict[URIRef, dict[str, set[str]]] = {record: defaultdict(set) for record in searcher.records}
    for row in searcher.store.select(
        f"SELECT ?r (MIN(?y) AS ?first) (MAX(?y) AS ?last) {{ VALUES ?p {{ <{GW.start}> <{GW.end}> }} ?r ?p ?t "
        "BIND (SUBSTR(STR(?t), 1, 4) AS ?y) } GROUP BY ?r"
    ):
        found[URIRef(row["r"])]["year"] = {str(n) for n in range(int(row["first"]), int(row["last"]) + 1) if n in YEARS}
    for name, properties in FACETS.items():
        for prop in properties if name != "year" else ():
            for row in searcher.store.select(
                f"""PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
                SELECT ?r ?v ?n {{ ?r <{GW.version}> ?number ; <{prop}>/skos:broader* ?v
                OPTIONAL {{ ?v skos:notation ?n }} }}"""
            ):
                value = URIRef(row["v"])
                code = (
                    str(row["n"])
                    if name in ("country", "lang", "region")
                    else value.rpartition("/")[2].rpartition("#")[2]
                )
                if URIRef(row["r"]) in found and (name != "type" or code in RECORD_TYPES):
                    found[URIRef(row["r"])][name].add(code)
    return found


def passes(values: dict[str, set[str]], chosen: dict[str, list[str]], without: str = "") -> bool:
    return all(set(codes) & values[name] for name, codes in chosen.items() if codes and name != without)


@slow_fixture
@given(chosen=filters)
def test_counts_equal_counting_by_hand_under_any_filters(
    searcher: Searcher, by_hand: dict[URIRef, dict[str, set[str]]], chosen: dict[str, list[str]]
) -> None:
    counts = searcher.facets.counts(np.ones(len(searcher.records), bool), chosen)
    for name in FACETS:
        expected: dict[str, int] = defaultdict(int)
        for values in by_hand.values():
            if passes(values, chosen, without=name):
                for code in values[name]:
                    expected[code] += 1
        got = {count.value: count.count for count in counts[name] if count.count}
        assert got == dict(expected)


@slow_fixture
@given(chosen=filters)
def test_what_passes_equals_filtering_by_hand(
    searcher: Searcher, by_hand: dict[URIRef, dict[str, set[str]]], chosen: dict[str, list[str]]
) -> None:
    mask = searcher.facets.mask(chosen)
    assert [r for r, is_in in zip(searcher.records, mask, strict=True) if is_in] == [
        record for record in searcher.records if passes(by_hand[record], chosen)
    ]


def test_every_facet_has_values(facets: Facets) -> None:
    assert {name for name, known in facets.iris.items() if known} == set(FACETS)


def test_a_facets_own_filter_is_not_applied_to_its_own_counts(facets: Facets) -> None:
    everything = np.ones(facets.size, bool)
    free = facets.counts(everything, {})
    chosen = facets.counts(everything, {"country": ["LT"]})
    assert [(c.value, c.count) for c in chosen["country"]] == [(c.value, c.count) for c in free["country"]]
    assert [(c.value, c.count) for c in chosen["lang"]] != [(c.value, c.count) for c in free["lang"]]
    assert [c.value for c in chosen["country"] if c.active] == ["LT"]


def test_a_chosen_value_stays_visible_with_count_nought(facets: Facets) -> None:
    counts = facets.counts(np.zeros(facets.size, bool), {"country": ["LT"]})
    assert [(c.value, c.count) for c in counts["country"]] == [("LT", 0)]


def test_a_wider_barrier_includes_the_narrower_ones(facets: Facets) -> None:
    wide = facets.mask({"barrier": ["eplus-2021.disability"]})
    narrow = facets.mask({"barrier": ["eplus-2021.disability-sensory"]})
    assert narrow.any()
    assert (wide | narrow == wide).all()
    assert wide.sum() > narrow.sum()


def test_values_of_one_facet_are_alternatives_and_facets_come_on_top(facets: Facets) -> None:
    lt, es = facets.mask({"country": ["LT"]}), facets.mask({"country": ["ES"]})
    assert (facets.mask({"country": ["LT", "ES"]}) == lt | es).all()
    deaf = facets.mask({"group": ["deaf-people"]})
    assert (facets.mask({"country": ["LT"], "group": ["deaf-people"]}) == lt & deaf).all()


@pytest.mark.parametrize(
    ("name", "written", "meant"),
    [
        ("type", "GoodPractice", "GoodPractice"),
        ("type", "practice", "GoodPractice"),
        ("type", "Material", "TrainingMaterial"),
        ("country", "lt", "LT"),
        ("country", "EL", "GR"),
        ("country", "el", "GR"),
        ("lang", "EL", "el"),
        ("barrier", "economic", "eplus-2021.economic"),
        ("barrier", "EPLUS-2021.Economic", "eplus-2021.economic"),
        ("group", "Deaf-People", "deaf-people"),
        ("country", "XX", None),
        ("country", "", None),
        ("barrier", "", None),
        ("barrier", "<script>", None),
        ("type", "record", None),
    ],
)
def test_a_value_is_understood_as_people_write_it(facets: Facets, name: str, written: str, meant: str | None) -> None:
    assert facets.value(name, written) == meant


def test_an_unknown_value_passes_nothing(facets: Facets) -> None:
    assert not facets.mask({"country": ["XX"]}).any()
    assert (facets.mask({"country": ["XX", "LT"]}) == facets.mask({"country": ["LT"]})).all()
