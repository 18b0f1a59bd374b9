"""Who counts: what the lists and the mappings say of some circumstances, and nothing more."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from ontology import QUESTIONS
from web.workspace import Workspace

from .markup import Markup

API, PAGE = "/api/v1/who-counts", "/definitions/who-counts"


def ask(client: TestClient, *circumstances: str, **rest: str) -> dict[str, dict[str, Any]]:
    """Definition id -> what it says."""
    answer = client.get(API, params={"circumstance": list(circumstances), "date": "2026-03-01"} | rest)
    assert answer.status_code == 200, answer.text
    return {d["iri"].rpartition("/")[2]: d for d in answer.json()["definitions"]}


def test_what_falls_under_a_broader_reason_falls_under_what_that_means(client: TestClient) -> None:
    found = ask(client, "eplus-2021.disability-physical", sector="he", country="DE")
    assert found["eplus-2021"]["outcome"] == "counts"
    (ground,) = found["reg-2021-817"]["grounds"]
    assert ground["entry"].endswith("/reg-2021-817.disability")
    assert ground["sure"]


def test_a_part_of_a_reason_is_not_enough_to_be_sure(client: TestClient) -> None:
    german = ask(client, "eplus-2021.disability-physical", sector="he", country="DE")["de-he-topup"]
    assert german["outcome"] == "unsure"
    assert not german["grounds"][0]["sure"]


def test_a_closed_list_that_does_not_name_it_says_no(client: TestClient) -> None:
    assert (
        ask(client, "eplus-2021.geographical-island", sector="he", country="AT")["at-he-topup"]["outcome"]
        == "not-named"
    )


def test_field_country_and_day_decide_which_definitions_are_asked(client: TestClient) -> None:
    assert "de-he-topup" not in ask(client, "eplus-2021.disability", sector="vet", country="DE")
    assert "de-he-topup" not in ask(client, "eplus-2021.disability", sector="he", country="AT")
    earlier = ask(client, "eplus-2021.disability", date="2010-01-01")
    assert "yia-2007" in earlier
    assert "eplus-2021" not in earlier


def test_where_reasons_must_overlap_one_is_not_enough(client: TestClient) -> None:
    said = ask(client, "eplus-2021.disability")["highly-vulnerable-2022"]
    assert said["outcome"] != "counts"


def test_support_is_that_of_the_field_and_has_a_source(client: TestClient) -> None:
    found = ask(client, "eplus-2021.disability", sector="he")["eplus-2021"]
    assert any("higher education" in support["title"] for support in found["support"])
    assert not any("vocational" in support["title"] for support in found["support"])
    assert all(support["sources"] for support in found["support"])


def test_support_of_an_action_in_another_field_is_not_offered(client: TestClient) -> None:
    def titles(**rest: str) -> str:
        return " ".join(
            support["title"] for support in ask(client, "eplus-2021.disability", **rest)["eplus-2021"]["support"]
        )

    assert "sport staff" not in titles(sector="vet")
    assert "vocational training" in titles(sector="vet")
    assert "sport staff" in titles()


def test_the_api_and_the_query_agree(client: TestClient, corpus_workspace: Workspace) -> None:
    text = next(QUESTIONS.glob("59-*.rq")).read_text(encoding="utf-8")
    with corpus_workspace.reading() as store:
        by_query = {str(row["definition"]).rpartition("/")[2] for row in store.select(text)}
    found = ask(client, "eplus-2021.disability-physical", sector="he", country="DE")
    assert by_query == {name for name, said in found.items() if said["outcome"] == "counts"}


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"circumstance": "eplus-2021.nothing"}, "There is no circumstance"),
        ({"circumstance": "eplus-2021.disability", "sector": "space"}, "There is no field"),
        ({"circumstance": "eplus-2021.disability", "country": "XX"}, "There is no country"),
        ({"circumstance": "eplus-2021.disability", "date": "yesterday"}, "is not a day"),
    ],
)
def test_what_there_is_not_is_said_in_a_sentence(client: TestClient, params: dict[str, str], said: str) -> None:
    assert said in client.get(API, params=params).json()["detail"]
    page = client.get(PAGE, params=params, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert said in Markup(page.text).one("main").text


def test_the_page_keeps_what_was_chosen_and_says_why(client: TestClient) -> None:
    params = {"circumstance": ["eplus-2021.economic-debt", "eplus-2021.geographical-island"], "country": "AT"}
    page = Markup(client.get(PAGE, params=params, headers={"Accept": "text/html"}).text)
    chosen = {box["value"] for box in page.all("input") if "checked" in box.attributes}
    assert chosen == set(params["circumstance"])
    assert "nothing about you is kept" in page.one("main").text
    assert re.search(r"Counts\s+\d", page.one("main").text)
