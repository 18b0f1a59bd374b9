"""Hostile strings as questions, filters and names: a normal answer or a clear error."""

import json
import random
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from search.facets import FACETS

from .markup import Markup

OURS = re.compile(r'<script src="/static/(?:goodways|suggest)\.js\?v=\w+" defer(?: data-\w+="[^"<>]*")*></script>')


@pytest.fixture(scope="module")
def naughty(shared: Path) -> list[str]:
    """All of the big list of naughty strings, and 400 payloads drawn from the injection lists."""
    strings: list[str] = json.loads((shared / "blns" / "blns.json").read_text(encoding="utf-8"))
    lines = [
        line
        for path in sorted((shared / "payloads").rglob("*.txt"))
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
        if line.strip()
    ]
    return strings + random.Random(1).sample(lines, 400)  # noqa: S311


def harmless(html: str, text: str) -> None:
    """No script but ours, nothing that runs by itself, and every element closed: nothing broke out of its place."""
    page = OURS.sub("", html)
    assert "<script" not in page.lower(), text
    for element in Markup(page).elements:
        assert not [name for name in element.attributes if name.startswith("on") or name == "style"], text
        assert element.tag not in ("iframe", "object", "embed", "base"), text
        assert not element["href"].lower().lstrip().startswith(("javascript:", "data:", "vbscript:")), text


def test_no_question_breaks_the_search_or_the_api(client: TestClient, naughty: list[str]) -> None:
    for n, text in enumerate(naughty[:540]):
        if n % 3:
            answer = client.get("/api/v1/search", params={"q": text, "limit": 1})
            assert answer.status_code == 200, text
            assert answer.json()["query"] == text
            assert answer.headers["content-type"] == "application/json"
        else:
            answer = client.get("/search", params={"q": text})
            assert answer.status_code == 200, text
            harmless(answer.text, text)


def test_no_filter_value_breaks_search_or_api(client: TestClient, naughty: list[str]) -> None:
    names = [*FACETS, "page", "not", "limit", "offset"]
    for n, text in enumerate(naughty):
        name = names[n % len(names)]
        if n % 2:
            assert client.get("/api/v1/search", params={name: text}).status_code in (200, 422), text
        else:
            answer = client.get("/search", params={name: text})
            assert answer.status_code == 200, text
            harmless(answer.text, text)


def test_no_name_breaks_a_page(client: TestClient, naughty: list[str]) -> None:
    patterns = [
        "/page/practice/{}",
        "/page/definition/{}",
        "/page/barrier/{}",
        "/id/practice/{}",
        "/data/practice/{}.ttl",
    ]
    patterns += ["/page/{}/x", "/id/{}/x", "/static/{}", "/{}"]
    for n, text in enumerate(naughty):
        path = patterns[n % len(patterns)].format(quote(text.encode("utf-8", "replace"), safe=""))
        answer = client.get(path)
        assert answer.status_code in (200, 307, 400, 404, 405), path
        if answer.headers.get("content-type", "").startswith("text/html"):
            harmless(answer.text, text)


def test_no_query_breaks_the_sparql_endpoint(client: TestClient, naughty: list[str]) -> None:
    for text in naughty[::10]:
        answer = client.post("/sparql", data={"query": text})
        assert answer.status_code in (400, 403), text
        assert answer.headers["content-type"] == "application/problem+json"


def test_no_header_can_be_smuggled_in(client: TestClient, naughty: list[str]) -> None:
    for text in [t for t in naughty if "%0d" in t.lower() or "\n" in t or "\r" in t][:40]:
        for path in (f"/search.csv?q={text}", f"/id/practice/{text}", f"/search?q={text}"):
            answer = client.get(path.replace("\n", "%0A").replace("\r", "%0D"))
            assert answer.status_code < 500
            assert "set-cookie" not in answer.headers
            assert "crlf" not in " ".join(answer.headers).lower()


@pytest.mark.parametrize("page", ["-1", "0", "1000000000", "nonsense", "1e9", "٣", ""])
def test_any_page_number_gives_a_page(client: TestClient, page: str) -> None:
    assert client.get("/search", params={"q": "placement", "page": page}).status_code == 200


def test_a_question_of_60_000_characters_is_answered_or_refused_with_a_sentence(client: TestClient) -> None:
    assert "only the first" in client.get("/search", params={"q": "ab " * 20_000}).text
    refused = client.get("/api/v1/search", params={"q": "ab " * 20_000})
    assert (refused.status_code, "at most" in refused.json()["detail"]) == (400, True)
