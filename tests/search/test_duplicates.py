"""Duplicates are found by identifiers, titles and meaning, across languages; what is another project stays one."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from kg.records import Act, withdraw
from ontology import ID
from search import Encoder, Searcher
from search.duplicates import Duplicates, Likeness
from search.known_records import KnownRecords, known_from
from search.title_likeness import likeness, read_titles
from tests.benchmarks.duplicates import corpus, only, typed
from tests.conftest import ROOT, THREE, workspace_at
from web.workspace import Workspace

TRAIL: dict[str, Any] = {
    "id": "trail-handbook",
    "type": "TrainingMaterial",
    "language": "de",
    "title": {
        "de": "TRAIL – Wege für Lehrlinge mit Lernschwierigkeiten",
        "en": "TRAIL – paths for apprentices who learn slowly",
    },
    "summary": {
        "de": "Das Handbuch zeigt Betrieben, wie sie Lehrlinge mit Lernschwierigkeiten im Ausland begleiten. Es "
        "enthält Checklisten für die Vorbereitung, ein Muster für den Lernvertrag und Fragen für das Gespräch danach.",
    },
    "source": "https://www.example.org/trail/handbuch.html?utm_source=x",
    "projectReference": ["2018-1-DE02-KA202-005220"],
    "country": ["DE"],
    "start": "2018",
    "end": "2020",
}  # fmt: skip
PRACTICE = TRAIL | {
    "id": "trail-placements",
    "type": "GoodPractice",
    "title": {"en": "Six apprentices from Dresden build boats in Gdynia"},
    "summary": {
        "en": "Six apprentices spent four weeks at two boatyards on the Baltic coast. A trainer from their workshop "
        "lived with them, and each evening they wrote down what they had done."
    },
    "language": "en",
    "source": "https://example.org/trail/gdynia",
}
NAMESAKE = {
    "type": "GoodPractice",
    "language": "en",
    "title": "TRAIL: walking routes for older volunteers in Madeira",
    "summary": "Retired people mark walking routes on the island and lead visitors through the laurel forest.",
    "source": "https://example.org/madeira",
    "country": ["PT"],
    "start": "2011",
}


NORWEGIAN = next(record for record in corpus(ROOT / "corpus") if record["id"] == "aasane-cracking-codes-2019")


@pytest.fixture(scope="module")
def duplicates(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Duplicates:
    """Over the three small records, two of one project, and one that is there in English only; to be read only."""
    return Duplicates(stocked(small_folder, tmp_path_factory.mktemp("duplicates"), encoder).searcher())


def stocked(small_folder: Path, folder: Path, encoder: Encoder) -> Workspace:
    made = workspace_at(Path(shutil.copytree(small_folder, folder / "data")), encoder)
    put(made, folder, TRAIL, PRACTICE, typed(only(NORWEGIAN, "en")))
    return made


def put(workspace: Workspace, folder: Path, *records: dict[str, Any]) -> None:
    file = folder / "more.jsonl"
    file.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    report = workspace.import_files([file], dry_run=False, strict=False)
    assert not report.rejected, report.rejected


def found(likenesses: list[Likeness]) -> dict[str, tuple[bool, list[str]]]:
    return {one.id: (one.same, [reason.kind for reason in one.reasons]) for one in likenesses}


def test_a_pasted_address_is_enough_however_it_is_written(duplicates: Duplicates) -> None:
    for source in (
        "http://example.org/trail/handbuch.html",
        "https://web.archive.org/web/2022/https://www.example.org/trail/handbuch.html#top",
    ):
        (one,) = duplicates.like({"source": source})
        assert (one.id, one.same, [reason.kind for reason in one.reasons]) == ("trail-handbook", True, ["address"])
        assert one.reasons[0].value == "example.org/trail/handbuch.html"
        assert str(one.record_iri).endswith("/material/trail-handbook")


def test_one_reference_in_several_records_is_a_relation_and_not_a_duplicate(duplicates: Duplicates) -> None:
    new = PRACTICE | {"id": "x", "source": "https://example.org/other", "projectReference": "2018 1 de02 ka202 005220"}
    seen = found(duplicates.like(new))
    assert seen["trail-placements"][0] is True
    assert seen["trail-handbook"] == (False, ["reference"])
    other = duplicates.like(new, but="trail-placements")
    assert [(one.id, one.same, one.said) for one in other] == [
        ("trail-handbook", False, "This is from the same project.")
    ]


def test_the_same_text_in_another_language_is_found_without_any_identifier(duplicates: Duplicates) -> None:
    abroad = only(NORWEGIAN, "no") | {"source": "https://example.org/elsewhere"}
    assert "en" not in abroad["title"]
    assert "en" not in abroad["summary"]
    first = duplicates.like(abroad)[0]
    assert (first.id, first.same) == (NORWEGIAN["id"], True)
    assert [reason.kind for reason in first.reasons] == ["meaning"]


def test_a_title_is_found_with_slips_without_accents_and_in_another_order(duplicates: Duplicates) -> None:
    for title in ("Wege fur Lehrlinge mit Lernschwierigkeitn", "LEHRLINGE MIT LERNSCHWIERIGKEITEN: WEGE"):
        seen = found(duplicates.like({"title": title, "language": "de"}))
        assert "title" in seen["trail-handbook"][1], title


def test_two_projects_with_the_same_acronym_stay_two(duplicates: Duplicates) -> None:
    assert duplicates.like(NAMESAKE) == []
    assert duplicates.like({"title": "TRAIL", "language": "en"}) == []
    alone = likeness(read_titles({"en": "TRAIL"}), read_titles({"de": "TRAIL – Wege für Lehrlinge"}))
    assert alone == (0.0, None)


def test_another_reference_or_other_countries_and_years_count_against(duplicates: Duplicates) -> None:
    title = {"title": "Paths for apprentices who may learn slowly", "language": "en"}
    assert found(duplicates.like(title))["trail-handbook"][0] is True
    assert duplicates.like(title | {"projectReference": ["2018-1-FR01-KA202-047001"]}) == []
    assert duplicates.like(title | {"country": ["FR"], "start": "2011", "end": "2012"}) == []
    assert found(duplicates.like(title | {"country": ["FR"], "start": "2019"}))["trail-handbook"][0] is True


def test_the_second_round_is_not_the_first() -> None:
    first, second = (read_titles({"en": f"Summer school for deaf joiners {year}"}) for year in (2019, 2020))
    assert likeness(first, second)[0] < 0.82 < likeness(first, first)[0]


def test_nothing_is_found_for_nothing_and_for_what_is_new(duplicates: Duplicates) -> None:
    assert duplicates.like({}) == []
    assert duplicates.like({"title": "", "summary": "", "source": "", "projectReference": [], "language": ""}) == []
    assert duplicates.like({"title": 3, "source": ["x"], "summary": {"en": None}, "country": {"a": 1}}) == []
    assert duplicates.like({"title": "Beekeeping with refugees in the Tyrol", "language": "en"}) == []


def test_a_record_is_not_its_own_duplicate(duplicates: Duplicates) -> None:
    for record in (*THREE, TRAIL):
        assert [one.id for one in duplicates.like(record) if one.same] == [record["id"]]
        assert [one.id for one in duplicates.like(record, but=record["id"]) if one.same] == []


def test_drafts_are_looked_through_if_the_person_may_see_them(duplicates: Duplicates) -> None:
    draft = {"title": {"lt": "Bitininkystė su pabėgėliais Tirolyje"}, "source": "https://example.org/bees"}
    given = {"source": "http://www.example.org/bees/", "language": "lt"}
    assert duplicates.like(given) == []
    (one,) = duplicates.like(given, drafts=lambda: [("d-0123456789", draft)])
    assert (one.record_iri, one.id, one.title, one.same) == (None, "d-0123456789", draft["title"]["lt"], True)
    assert duplicates.like(given, but="d-0123456789", drafts=lambda: [("d-0123456789", draft)]) == []
    changed = draft | {"source": "https://example.org/wasps"}
    assert duplicates.like(given, drafts=lambda: [("d-0123456789", changed)]) == []


def test_the_rows_of_a_file_are_compared_with_the_records_and_with_each_other(duplicates: Duplicates) -> None:
    again = NAMESAKE | {"id": "again", "title": "Walking routes for volunteers who are older, in Madeira (TRAIL)"}
    rows = [NAMESAKE | {"id": "new"}, TRAIL | {"id": "copy"}, TRAIL, again, {"title": "Beekeeping", "language": "en"}]
    verdicts = [found(one) for one in duplicates.verdicts(rows)]
    assert verdicts[0] == {}
    assert verdicts[1]["trail-handbook"][0] is True
    assert "trail-handbook" not in verdicts[2], "a row with the id of a record updates it"
    assert verdicts[2]["row 2"][0] is True
    assert verdicts[3]["row 1"][0] is True
    assert verdicts[4] == {}
    assert duplicates.verdicts([]) == []
    assert duplicates.verdicts([{}, {"title": None}]) == [[], []]


def test_what_is_published_is_found_after_a_refresh_and_what_is_withdrawn_no_more(
    small_folder: Path, tmp_path: Path, encoder: Encoder
) -> None:
    workspace = stocked(small_folder, tmp_path, encoder)
    searcher = workspace.searcher()
    looking = Duplicates(searcher)
    kept = looking._known.records["trail-handbook"]
    put(workspace, tmp_path, NAMESAKE | {"id": "madeira"})
    given = {"source": "https://example.org/madeira/"}
    assert looking.like(given) == []
    looking.refresh(workspace.refreshed(searcher))
    assert [one.id for one in looking.like(given)] == ["madeira"]
    assert looking._known.records["trail-handbook"] is kept, "what has not changed is not read again"
    with workspace.writing() as store:
        withdraw(store, [ID["practice/madeira"]], Act("desk", "person-ada"), source="x")
        workspace.sync(store)
    looking.refresh(workspace.refreshed(searcher))
    assert looking.like(given) == []
    assert looking.like(NAMESAKE) == []


def test_without_the_model_ten_thousand_records_are_looked_through_in_milliseconds() -> None:
    """What encoding a text adds is measured by `tests.benchmarks.duplicates`."""
    words = (
        "boat",
        "bread",
        "stone",
        "glass",
        "paper",
        "music",
        "garden",
        "river",
        "bridge",
        "school",
        "cook",
        "paint",
    )
    records = {}
    for n in range(10_000):
        title = " ".join(words[(n * k + k) % 12] + str(n // 12 % 37 + k) for k in (1, 3, 5, 7)) + f" in town{n % 997}"
        known = known_from({"title": title, "language": "en", "source": f"https://example.org/{n}"}, name=f"r{n}")
        records[known.id] = known
    held = KnownRecords(records)
    assert len(held.records) == 10_000
    took = []
    for n in range(0, 10_000, 500):
        new = known_from({"title": records[f"r{n}"].title.text, "language": "en"})
        start = time.process_time()
        names = held.with_title_like(new.titles)
        scores = {name: likeness(new.titles, records[name].titles)[0] for name in names}
        took.append(time.process_time() - start)
        assert scores[f"r{n}"] == 1.0
    assert sorted(took)[len(took) // 2] < 0.03


def test_the_corpus_holds_no_duplicates_that_are_taken_for_such(searcher: Searcher) -> None:
    looking = Duplicates(searcher)
    records = corpus(ROOT / "corpus")
    seen = {record["id"]: found(looking.like(record, but=record["id"])) for record in records}
    said = {frozenset((one, other)) for one, others in seen.items() for other, (same, _) in others.items() if same}
    assert len(records) > 400
    assert len(said) <= len(records) * 0.03, sorted(map(sorted, said))
    project = {record["id"] for record in records if "2018-3-DE04-KA205-017203" in record.get("projectReference", [])}
    one, other = sorted(project)
    assert "reference" in seen[one][other][1]
