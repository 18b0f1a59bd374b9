"""Two records become one: the other gives way in one go, what it said is kept, and choices stay a person's."""

from typing import Any

import pytest
from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from kg import EmbeddedStore, InputError, NotFoundError
from kg.merging import MERGED_INTO, merge, merged_fields, merged_into
from kg.records import Act, Change, apply, current, version_iri, withdraw
from kg.three_way import Clash
from kg.versions import Tombstone, tombstone
from ontology import HISTORY_GRAPH, ID

ACT = Act("desk", "person-ada", why="the same project")
ONE, TWO, THREE = (ID[f"practice/{name}"] for name in ("one", "two", "three"))


def change(record: URIRef, title: str) -> Change:
    graph = Graph()
    graph.add((record, DCTERMS.title, Literal(title, lang="en")))
    return Change(record, title, graph, "x.yaml")


def left_of(store: EmbeddedStore, record: URIRef) -> Tombstone:
    left = tombstone(store, record)
    assert left is not None
    return left


@pytest.fixture
def three(store: EmbeddedStore) -> EmbeddedStore:
    apply(store, [change(record, record.rpartition("/")[2]) for record in (ONE, TWO, THREE)], ACT)
    return store


def test_the_other_record_is_withdrawn_and_leads_to_the_kept_one(three: EmbeddedStore) -> None:
    merge(three, ONE, TWO, ACT, source="written on the site")
    assert set(current(three)) == {"one", "three"}
    left = left_of(three, TWO)
    assert left.replaced_by == (ONE,)
    assert left.titles == {"en": "two"}
    assert merged_into(three, left) == ONE


def test_the_new_version_of_the_kept_record_comes_with_the_same_change(three: EmbeddedStore) -> None:
    seen: list[set[str]] = []
    before = three.change

    def watched(*given: Any, **more: Any) -> None:
        before(*given, **more)
        seen.append({f"{version.id} {version.number}" for version in current(three).values()} | {"written"})

    three.change = watched  # type: ignore[method-assign]
    merge(three, ONE, TWO, ACT, source="x", kept=change(ONE, "one and two"))
    assert len(seen) == 1
    kept = current(three)["one"]
    assert (kept.number, kept.digest) == (2, "one and two")
    assert set(current(three)) == {"one", "three"}


def test_what_is_only_withdrawn_is_not_merged(three: EmbeddedStore) -> None:
    withdraw(three, [TWO], ACT, source="x", replaced_by={TWO: ONE})
    withdraw(three, [THREE], ACT, source="x")
    assert left_of(three, TWO).replaced_by == (ONE,)
    assert merged_into(three, left_of(three, TWO)) is None
    assert merged_into(three, left_of(three, THREE)) is None


def test_a_mark_that_a_kill_has_left_means_nothing(three: EmbeddedStore) -> None:
    three.private.change({}, add={HISTORY_GRAPH: [(version_iri(TWO, 1), MERGED_INTO, ONE)]})
    assert set(current(three)) == {"one", "two", "three"}
    withdraw(three, [TWO], ACT, source="x")
    assert merged_into(three, left_of(three, TWO)) is None


def test_a_record_that_was_merged_twice_leads_to_what_is_there(three: EmbeddedStore) -> None:
    merge(three, TWO, THREE, ACT, source="x")
    merge(three, ONE, TWO, ACT, source="x")
    assert merged_into(three, left_of(three, THREE)) == ONE
    withdraw(three, [ONE], ACT, source="x")
    assert merged_into(three, left_of(three, THREE)) is None


def test_a_record_that_was_taken_back_can_be_merged_the_other_way_round(three: EmbeddedStore) -> None:
    merge(three, ONE, TWO, ACT, source="x")
    apply(three, [change(TWO, "two again")], ACT)
    merge(three, TWO, ONE, ACT, source="x")
    assert merged_into(three, left_of(three, ONE)) == TWO
    assert tombstone(three, TWO) is None


def test_what_cannot_be_merged_is_refused_and_nothing_is_changed(three: EmbeddedStore) -> None:
    before = set(three.quads())
    with pytest.raises(InputError, match="choose which"):
        merge(three, ONE, ONE, ACT, source="x")
    with pytest.raises(InputError, match="choose which"):
        merge(three, ONE, TWO, ACT, source="x", kept=change(THREE, "x"))
    for keep, away in ((ONE, ID["practice/four"]), (ID["practice/four"], ONE)):
        with pytest.raises(NotFoundError, match="four is not published"):
            merge(three, keep, away, ACT, source="x")
    assert set(three.quads()) == before


KEEP: dict[str, Any] = {
    "id": "one", "type": "GoodPractice", "language": "en", "title": {"en": "Deaf joiners"}, "summary": "Twelve went.",
    "source": "https://example.org/one", "checked": "2026-01-01", "verified": "2026-01-02", "certainty": "read",
    "country": ["LT"], "projectReference": ["2018-1-LT01-KA102-000001"], "start": "2018",
}  # fmt: skip
AWAY: dict[str, Any] = {
    "id": "two", "type": "GoodPractice", "language": "lt", "title": {"lt": "Kurtieji staliai", "en": "Deaf carpenters"},
    "summary": {"lt": "Išvyko dvylika."}, "source": "https://example.org/two/", "checked": "2026-02-01",
    "country": ["LT", "LV"], "destination": ["ES"], "start": "2019", "place": "Granada", "certainty": "partial",
    "ourTranslation": ["en"], "figure": [{"value": 11, "what": {"en": "learners"}}],
    "furtherSource": [{"url": "https://example.org/one/"}, {"url": "https://example.org/three"}],
}  # fmt: skip


def test_the_kept_record_gains_what_it_lacks() -> None:
    made, _ = merged_fields(KEEP, AWAY)
    assert (made["id"], made["source"], made["language"]) == ("one", "https://example.org/one", "en")
    assert made["title"] == {"lt": "Kurtieji staliai", "en": "Deaf joiners"}
    assert made["summary"] == {"lt": "Išvyko dvylika.", "en": "Twelve went."}
    assert made["country"] == ["LT", "LV"]
    assert (made["destination"], made["place"]) == (["ES"], "Granada")
    assert made["projectReference"] == ["2018-1-LT01-KA102-000001"]


def test_what_both_say_differently_is_for_a_person_to_choose() -> None:
    made, clashes = merged_fields(KEEP, AWAY)
    assert set(map(str, clashes)) == {
        str(Clash("title.en", "Deaf joiners", "Deaf carpenters")),
        str(Clash("start", "2018", "2019")),
    }
    assert (made["title"]["en"], made["start"]) == ("Deaf joiners", "2018")
    assert merged_fields(KEEP, KEEP | {"type": "TrainingMaterial"})[1] == [
        Clash("type", "GoodPractice", "TrainingMaterial")
    ]


def test_the_other_source_is_kept_as_a_further_one_and_its_numbers_name_it() -> None:
    made, _ = merged_fields(KEEP, AWAY)
    assert made["furtherSource"] == [
        {"url": "https://example.org/three"},
        {"url": "https://example.org/two/", "language": "lt", "checked": "2026-02-01"},
    ]
    assert made["figure"] == [{"source": "https://example.org/two/", "value": 11, "what": {"en": "learners"}}]


def test_a_merged_record_claims_no_more_care_than_both_have_had() -> None:
    made, _ = merged_fields(KEEP, AWAY)
    assert "verified" not in made
    assert made["certainty"] == "partial"
    assert "ourTranslation" not in made, "the English texts are those of the kept record, whose language that is"
    both, _ = merged_fields(KEEP, AWAY | {"verified": "2025-12-31", "certainty": "read"})
    assert (both["verified"], both["certainty"]) == ("2025-12-31", "read")


def test_a_record_merged_with_itself_stays_as_it_is() -> None:
    assert merged_fields(AWAY, dict(AWAY)) == (AWAY, [])
    assert merged_fields(KEEP, dict(KEEP))[1] == []


def test_what_is_given_is_not_changed() -> None:
    keep, away = dict(KEEP), dict(AWAY)
    merged_fields(keep, away)
    assert (keep, away) == (KEEP, AWAY)
