"""Targets and money: every one with who said so and where it was read, and contradictions kept."""

from starlette.testclient import TestClient

from ontology import GW
from search import Searcher

from .markup import Markup


def page(client: TestClient) -> Markup:
    answer = client.get("/definitions/targets", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return Markup(answer.text)


def test_every_target_and_amount_is_on_the_page(client: TestClient, searcher: Searcher) -> None:
    shown = {heading.text.strip() for heading in page(client).all("h3")}
    for kind in (GW.Target, GW.SupportAmount):
        rows = searcher.store.select(f"SELECT ?t {{ ?s a {kind.n3()} ; <http://purl.org/dc/terms/title> ?t }}")
        assert rows
        assert {str(row["t"]) for row in rows} <= shown


def test_the_partnership_and_the_council_have_targets_of_their_own(client: TestClient) -> None:
    text = page(client).one("main").text
    assert "12 %" in text
    assert "Regional Skills Partnership" in text
    assert "Council of the European Union" in text


def test_where_sources_disagree_both_stand(client: TestClient, searcher: Searcher) -> None:
    kinds = f"FILTER(?kind IN ({GW.Target.n3()}, {GW.SupportAmount.n3()}))"
    rows = searcher.store.select(f"SELECT ?a ?b {{ ?a {GW.contradicts.n3()} ?b ; a ?kind {kinds} }}")
    assert rows
    assert page(client).one("main").text.count("Another source says otherwise") == len(rows)
