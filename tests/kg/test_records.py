"""Versions of a record: numbered, told from what and by whom, never lost."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from rdflib import PROV, RDF, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from kg import EmbeddedStore, QueryError
from kg.records import Act, Change, apply, current, version_iri, withdraw
from ontology import GW, HISTORY_GRAPH, ID, record_graph

RECORD = ID["practice/granada"]
OTHER = ID["practice/lodz"]
SOURCE = URIRef("https://example.org/granada")


def change(digest: str, record: URIRef = RECORD, source: URIRef = SOURCE) -> Change:
    graph = Graph()
    graph.add((record, DCTERMS.title, Literal(digest, lang="en")))
    graph.add((record, DCTERMS.source, source))
    return Change(record, digest, graph, "granada.yaml")


ADA = Act("corpus", "ada")


def keep(store: EmbeddedStore, *changes: Change) -> None:
    apply(store, list(changes), ADA)


def take_out(store: EmbeddedStore, record: URIRef = RECORD) -> None:
    withdraw(store, [record], ADA, source="corpus")


def test_the_current_version_says_number_digest_origin_and_file(store: EmbeddedStore) -> None:
    keep(store, change("one"), change("other", OTHER))
    apply(store, [change("two")], Act("import", "ada"))
    found = current(store)
    assert set(found) == {"granada", "lodz"}
    granada = found["granada"]
    assert (granada.iri, granada.number, granada.digest) == (RECORD, 2, "two")
    assert (granada.origin, granada.file) == ("import", "granada.yaml")
    assert granada.node == version_iri(RECORD, 2)
    assert (found["lodz"].number, found["lodz"].origin) == (1, "corpus")


def test_a_new_version_replaces_what_is_published_and_carries_its_number(store: EmbeddedStore) -> None:
    keep(store, change("one"))
    keep(store, change("two"))
    published = store.graph(record_graph("granada"))
    assert list(published.objects(RECORD, DCTERMS.title)) == [Literal("two", lang="en")]
    assert list(published.objects(RECORD, GW.version)) == [Literal(2)]


def test_the_history_says_who_when_and_from_what(store: EmbeddedStore) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    keep(store, change("one"))
    keep(store, change("two"))
    history, version = store.private.graph(HISTORY_GRAPH), version_iri(RECORD, 2)
    activity = history.value(version, PROV.wasGeneratedBy)
    assert (version, RDF.type, PROV.Entity) in history
    assert (version, PROV.specializationOf, RECORD) in history
    assert (version, PROV.wasRevisionOf, version_iri(RECORD, 1)) in history
    assert (version, PROV.hadPrimarySource, SOURCE) in history
    assert history.value(activity, PROV.wasAssociatedWith) == ID["agent/ada"]
    assert history.value(activity, DCTERMS.source) == Literal("granada.yaml")
    moment = history.value(version, PROV.generatedAtTime)
    assert isinstance(moment, Literal)
    assert before <= moment.toPython() <= datetime.now(UTC)


def test_exactly_one_version_of_a_record_is_current(store: EmbeddedStore) -> None:
    for digest in ("one", "two", "three"):
        keep(store, change(digest), change(digest, OTHER))
    marked = set(store.private.graph(HISTORY_GRAPH).subjects(GW.current, Literal(True)))
    assert marked == {version_iri(RECORD, 3), version_iri(OTHER, 3)}


def test_what_is_withdrawn_is_no_longer_published_but_keeps_its_history(store: EmbeddedStore) -> None:
    keep(store, change("one"), change("other", OTHER))
    take_out(store)
    assert set(current(store)) == {"lodz"}
    assert store.names() == [name for name in store.names() if name != record_graph("granada")]
    history = store.private.graph(HISTORY_GRAPH)
    assert history.value(version_iri(RECORD, 1), GW.digest) == Literal("one")
    assert history.value(version_iri(RECORD, 1), PROV.invalidatedAtTime)
    assert not history.value(version_iri(OTHER, 1), PROV.invalidatedAtTime)


def test_what_comes_back_goes_on_counting(store: EmbeddedStore) -> None:
    keep(store, change("one"))
    keep(store, change("two"))
    take_out(store)
    keep(store, change("two"))
    assert current(store)["granada"].number == 3
    assert len(set(store.private.graph(HISTORY_GRAPH).subjects(PROV.specializationOf, RECORD))) == 3


def test_more_than_two_hundred_changes_at_once_count_the_same_way(store: EmbeddedStore) -> None:
    records = [ID[f"practice/r{n}"] for n in range(201)]
    keep(store, *(change("one", record) for record in records[:5]))
    keep(store, *(change("two", record) for record in records))
    numbers = {version.id: version.number for version in current(store).values()}
    assert len(numbers) == 201
    assert {numbers[f"r{n}"] for n in range(5)} == {2}
    assert {numbers[f"r{n}"] for n in range(5, 201)} == {1}


def test_record_and_history_change_together_or_not_at_all(store: EmbeddedStore) -> None:
    keep(store, change("one"))
    before = set(store.quads())
    with pytest.raises(QueryError, match=re.escape("cannot be read")):
        keep(store, change("two"), change("two", OTHER, URIRef("https://[broken")))
    assert set(store.quads()) == before


def test_withdrawing_what_never_was_leaves_no_trace(store: EmbeddedStore) -> None:
    take_out(store)
    withdraw(store, [], ADA, source="corpus")
    assert list(store.quads()) == []
