"""A record's past: who did what, when, why and from what, also after it was withdrawn."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS

from ingest.readers import RawRecord
from ingest.record import normalise
from kg import EmbeddedStore
from kg.history import RESTORED_FROM, What, history, version_graph
from kg.records import Act, Change, agent_iri, apply, withdraw
from kg.versions import releases
from ontology import ID

Publish = Callable[..., URIRef]
ONE = ID["practice/one"]


@pytest.fixture
def publish(store: EmbeddedStore, record: Callable[..., dict[str, Any]]) -> Publish:
    """Publishes the next version of a record, with a title."""

    def do(title: str, act: Act, source: str = "written on the site") -> URIRef:
        made, findings = normalise(RawRecord("", None, record(id="one", title=title)))
        assert made, findings
        apply(store, [Change(made.iri, made.digest, made.graph(), source)], act)
        return made.iri

    return do


def _title(graph: Graph | None) -> str:
    assert graph is not None
    return str(graph.value(ONE, DCTERMS.title))


def test_every_version_says_who_why_from_what_and_who_read_it(store: EmbeddedStore, publish: Publish) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    publish("First", Act("import", "goodways-import"), "records.xlsx")
    publish("Second", Act("desk", "person-ada", "a new figure", "person-cora"))
    first, second = history(store, ONE)
    assert (first.what, first.number, first.agent, first.source) == (
        What.PUBLISHED, 1, agent_iri("goodways-import"), "records.xlsx",
    )  # fmt: skip
    assert (first.why, first.reviewer, first.current, first.kept) == ("", None, False, True)
    assert (second.number, second.agent, second.reviewer, second.why) == (
        2, agent_iri("person-ada"), agent_iri("person-cora"), "a new figure",
    )  # fmt: skip
    assert (second.current, second.kept, second.restored) == (True, True, None)
    assert before <= first.when <= second.when <= datetime.now(UTC)


def test_a_withdrawal_says_by_whom_and_why_and_every_text_stays_readable(
    store: EmbeddedStore, publish: Publish
) -> None:
    publish("First", Act("desk", "person-ada"))
    publish("Second", Act("desk", "person-ada"))
    withdraw(store, [ONE], Act("desk", "person-edi", "The school asked for it."), source="written on the site")
    events = history(store, ONE)
    assert [(event.what, event.number, event.current) for event in events] == [
        (What.PUBLISHED, 1, False), (What.PUBLISHED, 2, False), (What.WITHDRAWN, 2, False),
    ]  # fmt: skip
    assert (events[2].agent, events[2].why) == (agent_iri("person-edi"), "The school asked for it.")
    assert [_title(version_graph(store, ONE, number)) for number in (1, 2)] == ["First", "Second"]


def test_a_restored_version_says_which_one_it_is_again(store: EmbeddedStore, publish: Publish) -> None:
    publish("First", Act("desk", "person-ada"))
    publish("Second", Act("desk", "person-ada"))
    withdraw(store, [ONE], Act("desk", "person-edi", "wrong"), source="written on the site")
    publish("First", Act("desk", "person-edi", "it was right"), f"{RESTORED_FROM} 1")
    *_, last = history(store, ONE)
    assert (last.what, last.number, last.restored, last.current) == (What.RESTORED, 3, 1, True)
    assert (last.source, last.why) == ("", "it was right")
    assert [_title(version_graph(store, ONE, number)) for number in (1, 2, 3)] == ["First", "Second", "First"]


def test_the_text_of_the_published_version_is_the_graph_and_others_are_as_they_were(
    store: EmbeddedStore, publish: Publish
) -> None:
    for title in ("First", "Second", "Third"):
        publish(title, Act("desk", "person-ada"))
    assert [_title(version_graph(store, ONE, number)) for number in (1, 2, 3)] == ["First", "Second", "Third"]
    assert version_graph(store, ONE, 4) is None
    assert version_graph(store, ID["practice/two"], 1) is None


def test_what_never_was_has_no_history_and_one_record_not_that_of_another(
    store: EmbeddedStore, publish: Publish
) -> None:
    publish("First", Act("desk", "person-ada"))
    assert history(store, ID["practice/two"]) == []
    assert history(store, ID["material/one"]) == []
    assert len(history(store, ONE)) == 1


def test_the_public_history_names_no_person_and_gives_no_reason(store: EmbeddedStore, publish: Publish) -> None:
    publish("First", Act("desk", "person-ada", "because of Grace", "person-cora"))
    (public,) = releases(store, ONE)
    assert public.agent is None
    assert "person-" not in repr(public)
    assert "Grace" not in repr(public)
