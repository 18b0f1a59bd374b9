"""Hostile strings as questions, filters and names: a normal answer or a clear error."""

import json
import random
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from search.facets import FACETS


def naughty(shared: Path) -> list[str]:
    """All of the big list of naughty strings, and 200 payloads drawn from the injection lists."""
    strings: list[str] = json.loads((shared / "blns" / "blns.json").read_text(encoding="utf-8"))
    lines = [
        line
        for path in sorted((shared / "payloads").rglob("*"))
        if path.is_file() and path.suffix in (".txt", ".md", "")
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]
    return strings + random.Random(1).sample(lines, min(200, len(lines)))  # noqa: S311


def test_no_question_breaks_the_search(client: TestClient, shared: Path) -> None:
    for text in naughty(shared):
        answer = client.get("/search", params={"q": text})
        assert answer.status_code == 200, text
        assert "<script>" not in answer.text.replace("<script src", ""), text


def test_no_filter_value_breaks_search_or_api(client: TestClient, shared: Path) -> None:
    names = [*FACETS, "page", "not", "limit", "offset"]
    for n, text in enumerate(naughty(shared)):
        name = names[n % len(names)]
        assert client.get("/search", params={name: text}).status_code == 200, text
        assert client.get("/api/v1/search", params={name: text}).status_code in (200, 422), text


@pytest.mark.parametrize("page", ["-1", "0", "1000000000", "nonsense", "1e9", "٣", ""])
def test_any_page_number_gives_a_page(client: TestClient, page: str) -> None:
    assert client.get("/search", params={"q": "placement", "page": page}).status_code == 200


def test_a_question_of_100_000_characters_is_answered_or_refused_with_a_sentence(client: TestClient) -> None:
    assert "only the first" in client.get("/search", params={"q": "ab " * 33_000}).text
    refused = client.get("/api/v1/search", params={"q": "ab " * 33_000})
    assert (refused.status_code, "at most" in refused.json()["detail"]) == (400, True)
