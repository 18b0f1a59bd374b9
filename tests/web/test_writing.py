"""Updates and graph-store writes: for the token of an administrator that is for it, for nobody else."""

from collections.abc import Iterator

import pytest
from rdflib import Graph
from starlette.testclient import TestClient

from web.accounts import Role
from web.server import create_app
from web.workspace import Workspace

from .people import token_of

GRAPH = "https://example.org/graph"
TURTLE = {"Content-Type": "text/turtle"}
NOT_MINE = {"Authorization": "Bearer gw_nobody-has-this-one"}
COUNT = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{GRAPH}> {{ ?s ?p ?o }} }}"


MINE: dict[str, str] = {}


@pytest.fixture
def writable(small: Workspace) -> Iterator[TestClient]:
    with TestClient(create_app(small), raise_server_exceptions=False) as made:
        MINE["Authorization"] = f"Bearer {token_of(made, Role.ADMINISTRATOR, 'update')}"
        yield made


def count(client: TestClient) -> int:
    return int(client.post("/sparql", data={"query": COUNT}).json()["results"]["bindings"][0]["n"]["value"])


def update(client: TestClient, text: str, headers: dict[str, str] | None = None) -> int:
    headers = MINE if headers is None else headers
    return client.post("/sparql", data={"update": text}, headers=headers).status_code


def test_nobody_may_write_where_no_token_is_known(client: TestClient) -> None:
    assert update(client, "DROP ALL", NOT_MINE) == 401
    for method in ("PUT", "POST", "DELETE"):
        answer = client.request(method, "/graph-store", params={"graph": GRAPH}, headers=NOT_MINE)
        assert answer.status_code == 401, method


def test_a_token_for_something_else_or_of_somebody_else_may_not_write(writable: TestClient) -> None:
    for role, scope in ((Role.ADMINISTRATOR, "publish"), (Role.EDITOR, "import")):
        headers = {"Authorization": f"Bearer {token_of(writable, role, scope)}"}
        assert update(writable, f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <a:a> <a:b> 1 }} }}", headers) == 403
    assert count(writable) == 0


@pytest.mark.parametrize(
    "headers", [{}, NOT_MINE, {"Authorization": "gw_nobody-has-this-one"}, {"Authorization": "Basic gw_x"}]
)
def test_who_has_no_token_may_not_write(writable: TestClient, headers: dict[str, str]) -> None:
    assert update(writable, f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <a:a> <a:b> 1 }} }}", headers) == 401
    assert count(writable) == 0


def test_who_has_a_token_writes_and_everybody_reads_at_once(writable: TestClient) -> None:
    assert update(writable, f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <a:a> <a:b> 1, 2 }} }}") == 204
    assert count(writable) == 2
    assert update(writable, f"DELETE WHERE {{ GRAPH <{GRAPH}> {{ ?s ?p 1 }} }}") == 204
    assert count(writable) == 1


def test_an_update_that_cannot_be_read_changes_nothing(writable: TestClient) -> None:
    assert update(writable, f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <a:a> <a:b> 1 }} }} ; NONSENSE") == 400
    assert count(writable) == 0


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <http://127.0.0.1:1/x.ttl>",
        "LOAD SILENT <file:///etc/passwd> INTO GRAPH <a:g>",
        "\\u004cOAD <http://127.0.0.1:1/x.ttl>",
        f"INSERT {{ GRAPH <{GRAPH}> {{ ?s ?p ?o }} }} WHERE {{ SERVICE <http://127.0.0.1:1/> {{ ?s ?p ?o }} }}",
    ],
)
def test_an_update_fetches_nothing(writable: TestClient, text: str) -> None:
    answer = writable.post("/sparql", data={"update": text}, headers=MINE)
    assert answer.status_code == 400
    assert "LOAD and SERVICE are not allowed here" in answer.json()["detail"]
    assert update(writable, f"INSERT DATA {{ GRAPH <{GRAPH}> {{ <a:load> <a:service> 'LOAD SERVICE' }} }}") == 204


def test_a_graph_is_put_added_to_read_and_removed(writable: TestClient) -> None:
    where = {"graph": GRAPH}
    put = writable.put("/graph-store", params=where, content="<a:a> <a:b> 1 .", headers=MINE | TURTLE)
    assert put.status_code == 201
    assert (
        writable.post("/graph-store", params=where, content="<a:a> <a:b> 2 .", headers=MINE | TURTLE).status_code == 204
    )
    for accept, parser in (
        ("text/turtle", "turtle"),
        ("application/ld+json", "json-ld"),
        ("application/rdf+xml", "xml"),
    ):
        answer = writable.get("/graph-store", params=where, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(accept)
        assert len(Graph().parse(data=answer.text, format=parser)) == 2
    assert writable.head("/graph-store", params=where).status_code == 200
    assert writable.delete("/graph-store", params=where, headers=MINE).status_code == 204
    assert writable.get("/graph-store", params=where).status_code == 404


def test_what_a_graph_cannot_be_is_refused_in_a_sentence(writable: TestClient) -> None:
    bad = writable.put("/graph-store", params={"graph": GRAPH}, content="<a:a> <a:b>", headers=MINE | TURTLE)
    assert (bad.status_code, "cannot be read" in bad.json()["detail"]) == (400, True)
    assert writable.put("/graph-store", params={"graph": GRAPH}, content="x", headers=MINE).status_code == 415
    assert writable.get("/graph-store").status_code == 400
    assert writable.get("/graph-store", params={"graph": "no iri"}).status_code == 400
    assert writable.get("/graph-store", params={"graph": GRAPH, "default": ""}).status_code == 400
    assert writable.get("/graph-store", params={"graph": "a:b"}, headers={"Accept": "image/png"}).status_code == 406
    assert count(writable) == 0


def test_pages_of_other_sites_may_ask(client: TestClient) -> None:
    answer = client.options(
        "/sparql", headers={"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    )
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert client.get("/sparql", params={"query": "nonsense"}).headers["access-control-allow-origin"] == "*"
