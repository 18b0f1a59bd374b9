"""What is in memory follows what is written, without being built again."""

from typing import Any

import numpy as np
from rdflib import Literal

from kg.records import Act, current, withdraw
from ontology import GRAPH, GW, HISTORY_GRAPH
from search import Searcher
from tests.conftest import THREE
from web.workspace import Workspace


def imported(workspace: Workspace, path: Any) -> None:
    assert not workspace.import_files([path], dry_run=False, strict=False).rejected


def refreshed(workspace: Workspace, searcher: Searcher) -> Searcher:
    again = workspace.refreshed(searcher)
    assert again is searcher, "nothing is built again"
    return again


def test_a_new_record_is_found_after_a_refresh(small: Workspace, write_records: Any, record: Any) -> None:
    searcher = small.searcher()
    imported(small, write_records(record(id="boats", title="Boat builders in Galway", country=["IE"])))
    refreshed(small, searcher)
    results = searcher.search("building boats in Galway")
    assert results.hits[0].id == "boats"
    assert {c.value: c.count for c in searcher.search("").facets["country"]}["IE"] == 2


def test_a_changed_record_is_found_by_its_new_text_only(small: Workspace, write_records: Any) -> None:
    searcher = small.searcher()
    changed = THREE[0] | {"title": {"en": "Choirs"}, "summary": "Singers went on tour.", "country": ["PT"]}
    imported(small, write_records(changed))
    refreshed(small, searcher)
    assert searcher.search("singers in a choir").hits[0].id == "one"
    assert searcher.search("", {"country": ["LT"]}).total == 0
    assert [hit.id for hit in searcher.search("", {"country": ["PT"]}).hits] == ["one"]
    assert searcher.search("").total == 3


def test_a_withdrawn_record_is_gone_after_a_refresh(small: Workspace) -> None:
    searcher = small.searcher()
    with small.writing() as store:
        withdraw(store, [current(store)["one"].iri], Act("import", "test"), source="test")
        small.sync(store)
    refreshed(small, searcher)
    assert "one" not in [hit.id for hit in searcher.search("deaf joiners in Granada").hits]
    assert searcher.search("").total == 2


def test_after_many_changes_everything_is_as_if_it_had_been_read_anew(
    small: Workspace, write_records: Any, record: Any
) -> None:
    searcher = small.searcher()
    for n in range(6):
        imported(small, write_records(record(id=f"r{n % 4}", summary=f"Version {n} tells of {'wood' * (n % 3)}.")))
        refreshed(small, searcher)
    fresh = small.searcher()
    for question in ("deaf learners", "wood", "checklist for teachers"):
        ours, theirs = searcher.search(question), fresh.search(question)
        assert [hit.id for hit in ours.hits] == [hit.id for hit in theirs.hits]
        assert np.allclose([h.score for h in ours.hits], [h.score for h in theirs.hits], atol=0.05)
        counts = [{name: {c.value: c.count for c in found} for name, found in r.facets.items()} for r in (ours, theirs)]
        assert counts[0] == counts[1]


def test_a_changed_vocabulary_makes_a_new_searcher(small: Workspace) -> None:
    searcher = small.searcher()
    with small.writing() as store:
        mark = (GRAPH["ontology/more"], GW.vocabularyDigest, Literal("new"))
        store.private.change({}, add={HISTORY_GRAPH: [mark]})
    assert small.refreshed(searcher) is not searcher


def test_a_record_that_is_written_again_meanwhile_breaks_no_list_of_similar_ones(
    small: Workspace, write_records: Any
) -> None:
    searcher = small.searcher()
    imported(small, write_records(THREE[1] | {"summary": "Six young people worked in hotel kitchens in Cork."}))
    assert "two" not in [hit.id for hit, _ in searcher.similar("one")], "not taken up yet, and not shown"
    refreshed(small, searcher)
    assert "two" in [hit.id for hit, _ in searcher.similar("one")]


def test_who_reads_while_a_change_is_taken_up_sees_the_state_of_before(small: Workspace, write_records: Any) -> None:
    searcher = small.searcher()
    facets, size = searcher.facets, searcher.facets.size
    imported(small, write_records(THREE[0] | {"country": ["PT"]}))
    refreshed(small, searcher)
    assert facets.size == size
    assert "PT" not in facets.iris["country"]
    assert facets.mask({"country": ["LT"]}).sum() == 1


def test_the_only_record_of_a_collection_is_found(workspace: Workspace, write_records: Any, record: Any) -> None:
    imported(workspace, write_records(record()))
    results = workspace.searcher().search("deaf learners in a joinery")
    assert (results.total, results.confidence) == (1, "good")
