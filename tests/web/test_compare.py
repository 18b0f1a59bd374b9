"""Two definitions side by side."""

import pytest
from starlette.testclient import TestClient

from ontology import GW
from search import Searcher

from .test_pages import get

PAIR = "/definitions/compare?one=eplus-2021&other=iky"


def test_two_definitions_stand_side_by_side_with_what_each_says(client: TestClient) -> None:
    page = get(client, PAIR)
    heads = [e.text for e in page.all("th", scope="col")][:2]
    assert "Erasmus+ Programme Guide 2021-27" in heads[0]
    assert any(e["href"] == "/page/definition/iky" for e in page.all("a"))
    rows = [e.text for e in page.all("th", scope="row")]
    assert {"Who counts", "Issued by", "List", "Barriers it names"} <= set(rows)


def test_every_tie_between_the_two_lists_is_shown_and_no_other(client: TestClient, searcher: Searcher) -> None:
    rows = searcher.store.select(f"SELECT ?m ?f ?t {{ ?m <{GW.mappingFrom}> ?f ; <{GW.mappingTo}> ?t }}")
    codes = [{str(row[end]).rpartition("/")[2].partition(".")[0] for end in ("f", "t")} for row in rows]
    wanted = sum(pair == {"eplus-2021", "iky"} for pair in codes)
    page = get(client, PAIR)
    ties = [e for e in page.all("td") if e.text in ("means the same", "nearly the same", "is narrower than",
                                                    "is wider than", "is related to")]  # fmt: skip
    assert wanted
    assert len(ties) == wanted


def test_a_tie_reads_the_other_way_round_from_the_other_side(client: TestClient) -> None:
    there = get(client, "/definitions/compare?one=iky&other=eplus-2021")
    here = get(client, PAIR)

    def relations(page: object) -> list[str]:
        return sorted(e.text for e in page.all("td") if e.text.startswith("is "))  # type: ignore[attr-defined]

    turned = {"is wider than": "is narrower than", "is narrower than": "is wider than"}
    assert relations(here)
    assert relations(there) == sorted(turned.get(relation, relation) for relation in relations(here))


def test_any_two_can_be_chosen_and_the_choice_is_kept(client: TestClient, searcher: Searcher) -> None:
    everything = searcher.store.select(f"SELECT ?d {{ ?d a <{GW.Definition}> }}")
    page = get(client, PAIR)
    options = page.all("option")
    assert len(options) == 2 * len(everything)
    assert [e["value"] for e in options if "selected" in e.attributes] == ["eplus-2021", "iky"]


@pytest.mark.parametrize("query", ["", "?one=eplus-2021", "?one=iky&other=iky"])
def test_half_a_choice_is_a_page_and_not_an_error(client: TestClient, query: str) -> None:
    get(client, "/definitions/compare" + query)


def test_an_unknown_definition_says_so(client: TestClient) -> None:
    page = get(client, "/definitions/compare?one=eplus-2021&other=nobody", 404)
    assert "nobody" in page.one("main").text


def test_the_page_of_a_definition_leads_to_its_neighbours(client: TestClient) -> None:
    page = get(client, "/page/definition/eplus-2021")
    assert page.all("a", href="/definitions/compare?one=eplus-2021&other=iky")
