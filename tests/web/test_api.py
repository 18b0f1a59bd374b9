"""The JSON API keeps its contract."""

import re
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from search import Searcher
from search.facets import FACETS

QUESTION = "How can apprentices with disabilities do a placement abroad?"


def ask(client: TestClient, **parameters: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/search", params=parameters)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def test_the_answer_has_the_shape_of_the_contract(client: TestClient) -> None:
    found = ask(client, q=QUESTION, limit=3)
    assert {"query", "understood", "total", "took_ms", "results", "facets"} <= found.keys()
    assert found["query"] == QUESTION
    assert found["understood"]["language"] == "en"
    assert {"apprentices", "eplus-2021.disability"} <= {
        c["iri"].rpartition("/")[2] for c in found["understood"]["concepts"]
    }
    assert isinstance(found["total"], int)
    assert found["took_ms"] > 0
    assert len(found["results"]) == 3
    for hit in found["results"]:
        for name in ("id", "iri", "url", "type", "title", "summary", "language", "why"):
            assert isinstance(hit[name], str)
            assert hit[name]
        assert isinstance(hit["score"], float)
        assert hit["type"] in ("GoodPractice", "TrainingMaterial")
        assert hit["iri"] == f"https://w3id.org/goodways/id/{hit['iri'].split('/')[-2]}/{hit['id']}"
        assert hit["url"].endswith(hit["iri"].removeprefix("https://w3id.org/goodways"))
    assert set(found["facets"]) == set(FACETS)
    for values in found["facets"].values():
        assert all(set(value) == {"value", "label", "count"} and value["count"] > 0 for value in values)


def test_the_api_finds_what_the_search_finds(client: TestClient, searcher: Searcher) -> None:
    found = ask(client, q=QUESTION, limit=20, country="DE")
    same = searcher.search(QUESTION, {"country": ["DE"]}, limit=20)
    assert [hit["id"] for hit in found["results"]] == [hit.id for hit in same.hits]
    assert [hit["score"] for hit in found["results"]] == [hit.score for hit in same.hits]
    assert found["total"] == same.total


def test_without_a_question_everything_is_listed(client: TestClient, searcher: Searcher) -> None:
    found = ask(client, limit=1)
    assert found["total"] == len(searcher.records)
    assert found["understood"] == {"language": None, "concepts": []}
    assert ask(client, limit=0)["results"] == []


@pytest.mark.parametrize(
    "filters",
    [{"type": "TrainingMaterial"}, {"lang": "fr"}, {"barrier": "eplus-2021.economic"}, {"country": "ES"},
     {"country": ["ES", "LT"]}, {"group": "deaf-people", "country": "LT"}, {"sector": "adult", "type": "GoodPractice"}],
)  # fmt: skip
def test_filters_are_those_of_the_contract(client: TestClient, searcher: Searcher, filters: dict[str, Any]) -> None:
    given = {name: [values] if isinstance(values, str) else values for name, values in filters.items()}
    expected = int(searcher.facets.mask(given).sum())
    assert 0 < expected < len(searcher.records)
    assert ask(client, **filters)["total"] == expected


def test_an_empty_filter_is_no_filter(client: TestClient, searcher: Searcher) -> None:
    assert ask(client, country="", barrier="")["total"] == len(searcher.records)


def test_values_that_no_record_has_are_named(client: TestClient) -> None:
    found = ask(client, q="deaf", country=["XX", "LT"], barrier="nonsense")
    assert sorted(found["unknown_filters"]) == [["barrier", "nonsense"], ["country", "XX"]]
    assert found["total"] == 0


def test_pages_follow_each_other(client: TestClient) -> None:
    whole = [hit["id"] for hit in ask(client, q=QUESTION, limit=12)["results"]]
    parts = [hit["id"] for n in (0, 5, 10) for hit in ask(client, q=QUESTION, limit=5, offset=n)["results"]]
    assert parts[:12] == whole


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"limit": "101"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"offset": "1" * 40}, "offset"),
        ({"q": "deaf " * 1000}, "2000"),
        ({"country": ["DE"] * 60}, "country"),
    ],
)
def test_a_wrong_parameter_is_a_problem_that_says_what_to_change(
    client: TestClient, parameters: dict[str, Any], named: str
) -> None:
    answer = client.get("/api/v1/search", params=parameters)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert problem["status"] == answer.status_code
    assert named in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/api/v1/nothing", 404), ("POST", "/api/v1/search", 405)]
)
def test_errors_of_the_api_are_problems(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].endswith(".")


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for part in value.values() for found in references(part)]
    return [found for part in value for found in references(part)] if isinstance(value, list) else []


def test_the_api_describes_itself(client: TestClient) -> None:
    description = client.get("/openapi.json").json()
    assert description["openapi"].startswith("3.")
    assert {"title", "version"} <= description["info"].keys()
    operations = [o for methods in description["paths"].values() for o in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    assert all(operation["responses"] and operation["summary"] for operation in operations)
    for reference in references(description):
        at: Any = description
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]
    for path, methods in description["paths"].items():
        in_path = set(re.findall(r"\{(\w+)\}", path))
        for operation in methods.values():
            assert {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"} == in_path


def test_every_path_of_the_contract_for_programs_is_described(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/api/v1/search", "/sparql", "/healthz", "/readyz", "/metrics"} <= paths.keys()
    assert set(paths["/sparql"]) == {"get", "post"}
    assert any(path.startswith("/id/{") for path in paths)
    assert any(path.startswith("/data/{") for path in paths)
    named = {p["name"] for p in paths["/api/v1/search"]["get"]["parameters"]}
    assert {"q", "limit", "offset", "lang", "type", "barrier", "country"} <= named


def test_the_description_tells_the_truth_about_the_answer(client: TestClient) -> None:
    description = client.get("/openapi.json").json()
    schema = description["paths"]["/api/v1/search"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    model = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    assert set(ask(client, q="deaf")) == set(model["properties"])


def test_the_process_tells_how_it_is(client: TestClient) -> None:
    assert client.get("/healthz").text == "alive\n"
    assert client.get("/readyz").text == "ready\n"


def test_metrics_count_requests_by_route(client: TestClient) -> None:
    def asked() -> float:
        answer = client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain")
        return sum(
            sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
            if sample.name == "goodways_requests_total" and sample.labels["route"] == "/api/v1/search"
        )

    before = asked()
    ask(client, q="deaf")
    assert asked() == before + 1


def test_metrics_do_not_grow_with_what_people_ask_for(client: TestClient) -> None:
    for n in range(5):
        client.get(f"/page/practice/no-{n}")
        client.get(f"/no-such-{n}")
    assert "no-3" not in client.get("/metrics").text


def test_head_answers_as_get_does(client: TestClient) -> None:
    for path in ("/", "/api/v1/search?q=deaf", "/data/practice/pdic-granada-2012.ttl"):
        assert client.head(path).status_code == 200
        assert client.head(path).headers["content-type"] == client.get(path).headers["content-type"]
    assert client.head("/no/such/page").status_code == 404
