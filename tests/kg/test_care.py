"""Curators are shown what is old, what lacks much and what cannot be right, and everybody what is missing."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from rdflib import URIRef

from ingest.readers import RawRecord
from ingest.record import normalise
from kg import EmbeddedStore
from kg.care import contradictory, incomplete, stale
from kg.completeness import completeness
from kg.gaps import gaps
from ontology import COUNTRY, ID, record_graph

TODAY = date(2026, 11, 30)
BARRIER, STAY = ID["barrier/"], ID["mobility-type/"]
SHADOWING, GROUP, PRO = URIRef(STAY + "job-shadowing"), URIRef(STAY + "vet-group"), URIRef(STAY + "erasmus-pro")
ECONOMIC, HEALTH = URIRef(BARRIER + "eplus-2021.economic"), URIRef(BARRIER + "eplus-2021.health")
DEBT = URIRef(BARRIER + "eplus-2021.economic-debt")
MALTA, SPAIN = COUNTRY["MLT"], COUNTRY["ESP"]

FULL: dict[str, Any] = {
    "title": {"de": "Titel", "en": "Title"}, "summary": {"de": "Eins.", "en": "One."}, "language": "de",
    "checked": "2026-11-01", "verified": "2026-10-01", "published": "2021-05",
    "addresses": ["eplus-2021.economic-debt"], "targetGroup": ["apprentices"], "country": ["DE"],
    "destination": ["ES"], "sector": ["vet"],
    "organisation": [{"name": "House", "country": "DE", "role": "coordinator"}],
    "mobilityType": ["vet-group"],
    "measure": ["mentoring"], "outcome": {"en": "All passed."}, "transfer": {"en": "The plan."}, "start": "2020",
    "end": "2020-12-01", "challenges": {"en": "Time."}, "resources": {"en": "Money."}, "programme": ["esf"],
    "nuts": ["DEF0"], "ourTranslation": ["en"],
    "figure": [
        {"value": 12, "what": {"en": "learners abroad"}, "year": "2020", "source": "https://example.org/a"},
        {"value": 14, "what": {"en": "learners abroad"}, "year": "2020", "source": "https://example.org/b"},
    ],
}  # fmt: skip


@pytest.fixture
def published(vocabulary_store: EmbeddedStore, record: Callable[..., dict[str, Any]]) -> Callable[..., EmbeddedStore]:
    """A graph with the vocabulary and these records."""

    def make(*records: dict[str, Any]) -> EmbeddedStore:
        for number, fields in enumerate(records):
            made, findings = normalise(RawRecord("f", 1, record(id=f"r{number}") | fields))
            assert made, findings
            vocabulary_store.change({record_graph(made.id): list(made.graph())})
        return vocabulary_store

    return make


def test_records_not_checked_for_a_year_are_found_and_those_never_checked_come_first(published: Any) -> None:
    store = published({"checked": "2025-11-29"}, {"checked": "2025-11-30"}, {}, {"checked": "2020-01-01"})
    found = stale(store, TODAY)
    assert [(one.record.rpartition("/")[2], one.days) for one in found] == [("r2", None), ("r3", 2525), ("r0", 366)]


def test_a_record_that_tells_everything_is_complete_and_agrees_with_itself(published: Any) -> None:
    assert completeness({"type": "GoodPractice", "source": "https://example.org"} | FULL).share == 1
    store = published(FULL)
    assert incomplete(store, below=1.0) == []
    assert contradictory(store, TODAY) == []


def test_what_a_reader_would_miss_is_told_the_weightiest_first() -> None:
    nothing = completeness({"type": "GoodPractice"})
    assert nothing.share == 0
    assert nothing.missing[0][0] == "summary"
    required = {"type": "GoodPractice", "title": "T", "summary": "S", "language": "en", "source": "https://example.org"}
    short = completeness(required)
    assert 0.2 < short.share < 0.4
    names = [name for name, _ in short.missing]
    assert names.index("measure") < names.index("resources")
    assert all(why.endswith(".") for _, why in short.missing)
    for name in names:
        fuller = completeness(required | {name: "x"})
        assert fuller.share > short.share, name
        assert name not in [missing for missing, _ in fuller.missing]


def test_each_type_of_record_is_measured_by_what_its_readers_look_for() -> None:
    def names(**fields: Any) -> set[str]:
        return {name for name, _ in completeness(fields).missing}

    assert {"licence", "audience", "materialType"} <= names(type="TrainingMaterial")
    assert not {"licence", "materialType"} & names(type="GoodPractice")
    assert {"keyMessage", "priorities"} <= names(type="MobilityPromoter")
    assert "start" in names(type="Event")
    assert "mobilityType" not in names(type="Policy")
    assert "figure" not in names(type="GoodPractice", evidence={"en": "x"}), (
        "one of outcome, figure, evidence is enough"
    )
    assert "outcome" not in names(type="GoodPractice", evidence={"en": "x"})


def test_a_record_in_another_language_lacks_english_until_title_and_summary_have_it() -> None:
    def lacks(**fields: Any) -> bool:
        return ("summary", no_english) in completeness({"language": "de"} | fields).missing

    no_english = "Readers who do not know the language of the source have no title and summary in English."
    assert lacks(title="T", summary="S")
    assert lacks(title={"de": "T", "en": "T"}, summary={"de": "S"})
    assert not lacks(title={"de": "T", "en": "T"}, summary={"de": "S", "en": "S"})
    assert not lacks(language="en", title="T", summary="S")


def test_the_least_complete_record_comes_first(published: Any) -> None:
    found = incomplete(published({}, FULL, {"country": ["DE"], "sector": ["vet"]}), below=0.75)
    assert [one.record.rpartition("/")[2] for one in found] == ["r0", "r2"]
    assert found[0].completeness.share < found[1].completeness.share


@pytest.mark.parametrize(
    ("fields", "field", "part"),
    [
        ({"start": "2021-05", "end": "2020"}, "end", "ends (2020) before it starts (2021-05)"),
        ({"start": "2021-05-02", "end": "2021-05-01"}, "end", "before it starts"),
        ({"start": "2023", "end": None, "published": "2022-06"}, "published", "only began in 2023"),
        ({"checked": "2026-12-01"}, "checked", "has not come yet"),
        ({"verified": "2027-01-01"}, "verified", "has not come yet"),
        ({"published": "2026-11-20"}, "checked", "before it was published"),
        ({"mobilityType": ["virtual-exchange"]}, "destination", "Nobody travels"),
        ({"nuts": ["MT00"]}, "nuts", "MT00 lies in Malta"),
        ({"ourTranslation": ["de"]}, "ourTranslation", "our translation"),
        ({"ourTranslation": ["fr"]}, "ourTranslation", "there is none"),
        ({"type": "TrainingMaterial"}, "materialType", "not said of what kind"),
        (
            {"figure": [{"value": n, "what": {"en": "Learners"}, "source": "https://example.org/a"} for n in (12, 14)]},
            "figure",
            "(12 and 14)",
        ),
        ({"figure": [{"value": n, "what": {"en": "learners"}, "year": "2020"} for n in (1, 2)]}, "figure", "not two"),
    ],
)
def test_what_cannot_both_be_right_is_told_with_its_field(
    published: Any, fields: dict[str, Any], field: str, part: str
) -> None:
    (found,) = contradictory(published(FULL | fields), TODAY)
    assert found.field == field
    assert part in found.sentence
    assert found.sentence.endswith(".")


@pytest.mark.parametrize(
    "fields",
    [
        {"start": "2021-05", "end": "2021"},
        {"start": "2021", "end": "2021-01"},
        {"outcome": None, "start": "2023", "published": "2022", "end": None},
        {"figure": [{"value": n, "what": {"en": "learners"}, "year": y} for n, y in ((1, "2020"), (2, "2021"))]},
        {"figure": [{"value": 1, "what": {"en": "a"}}, {"value": 2, "what": {"en": "b"}}]},
        {"nuts": ["ES11"]},
        {"country": None, "destination": None},
        {"verified": "2026-01-01", "checked": "2026-11-01"},
    ],
)
def test_what_may_well_be_right_is_not_called_a_contradiction(published: Any, fields: dict[str, Any]) -> None:
    assert contradictory(published(FULL | fields), TODAY) == []


def test_a_record_counts_once_a_cell_for_its_heading_and_for_countries_on_both_sides(published: Any) -> None:
    store = published(
        {"addresses": ["eplus-2021.economic-debt", "eplus-2021.economic"], "mobilityType": ["job-shadowing"],
         "country": ["MT"], "destination": ["MT", "ES"]},
        {"addresses": ["eplus-2021.economic"], "mobilityType": ["job-shadowing", "vet-group"], "country": ["ES"]},
        {"addresses": ["eplus-2021.economic"]},
        {"mobilityType": ["vet-group"], "country": ["MT"]},
    )  # fmt: skip
    found = gaps(store)
    assert found.by_stay == {(ECONOMIC, SHADOWING): 2, (ECONOMIC, GROUP): 1}
    assert found.by_country == {(ECONOMIC, MALTA): 1, (ECONOMIC, SPAIN): 2}
    assert len(found.barriers) == 8
    assert len(found.countries) == 27
    assert PRO in found.nothing_on(ECONOMIC)
    assert SHADOWING not in found.nothing_on(ECONOMIC)
    assert found.nothing_on(HEALTH) == found.stays
    assert found.nothing_in(SPAIN) == [barrier for barrier in found.barriers if barrier != ECONOMIC]


def test_the_map_can_be_drawn_for_one_country_one_kind_of_stay_and_what_is_narrower(published: Any) -> None:
    store = published(
        {"addresses": ["eplus-2021.economic-debt"], "mobilityType": ["job-shadowing"], "country": ["MT"]},
        {"addresses": ["eplus-2021.economic"], "mobilityType": ["vet-group"], "country": ["ES"]},
    )
    assert gaps(store, country=MALTA).by_stay == {(ECONOMIC, SHADOWING): 1}
    assert gaps(store, stay=GROUP).by_country == {(ECONOMIC, SPAIN): 1}
    narrow = gaps(store, under=ECONOMIC)
    assert narrow.by_stay == {(DEBT, SHADOWING): 1}
    assert ECONOMIC not in narrow.barriers
