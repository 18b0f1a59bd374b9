"""A SERVICE block goes nowhere unless its address is allowed, and never to an inner address."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from kg import QueryError
from kg.federation import asked, outer_address, refused
from kg.query_text import answer_services

INNER = [
    "127.0.0.1", "localhost", "0.0.0.0", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "::1", "fe80::1",  # noqa: S104
    "fd00::1", "::ffff:127.0.0.1", "100.64.0.1", "2130706433", "0x7f000001", "127.1",
    "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1",
]  # fmt: skip
QUERY = "PREFIX ex: <https://example.org/> SELECT * { SERVICE <U> { ?s ex:p ?o } }"


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine that answers as a SPARQL server does, and what it was asked."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            if self.path == "/redirect":
                self.send_response(307)
                self.send_header("Location", "/sparql")
                self.end_headers()
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/sparql-results+json")
            self.end_headers()
            self.wfile.write(b'{"head":{"vars":["s","o"]},"results":{"bindings":[{"s":{"type":"uri","value":"urn:a"},'
                             b'"o":{"type":"literal","value":"x","xml:lang":"en"}},'
                             b'{"s":{"type":"bnode","value":"b"}}]}}')  # fmt: skip

        def log_message(self, *_: object) -> None:
            pass

    made = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}", heard
    made.shutdown()


@pytest.mark.parametrize("host", INNER)
def test_an_inner_address_is_refused_by_number_and_by_name(host: str) -> None:
    with pytest.raises(OSError, match=r"inner|not known|Name|service"):
        outer_address(host, 80)


def test_an_outer_address_is_taken() -> None:
    assert outer_address("93.184.215.14", 443) == "93.184.215.14"


def test_what_is_not_allowed_is_refused_with_its_name() -> None:
    with pytest.raises(QueryError, match=r"not allowed for https://example.org/sparql"):
        answer_services(QUERY.replace("<U>", "<https://example.org/sparql>"), lambda block: asked(block, []))
    with pytest.raises(QueryError, match="not allowed for a variable"):
        answer_services("SELECT * { SERVICE ?x { ?s ?p ?o } }", refused)


def test_what_is_allowed_and_leads_inside_is_refused_all_the_same(server: tuple[str, list[str]]) -> None:
    address, heard = server
    query = QUERY.replace("<U>", f"<{address}/sparql>")
    with pytest.raises(QueryError, match="leads to an inner address"):
        answer_services(query, lambda block: asked(block, [f"{address}/sparql"]))
    silent = answer_services(
        query.replace("SERVICE", "SERVICE SILENT"), lambda block: asked(block, [f"{address}/sparql"])
    )
    assert "{}" in silent
    assert heard == []


def test_what_an_allowed_server_says_stands_in_the_query(
    server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, heard = server
    monkeypatch.setattr("kg.federation.outer_address", lambda host, _: host)
    text = answer_services(
        QUERY.replace("<U>", f"<{address}/sparql>"), lambda block: asked(block, [f"{address}/sparql"])
    )
    assert 'VALUES (?s ?o) { (<urn:a> "x"@en) (UNDEF UNDEF) }' in text
    assert len(heard) == 1
    assert heard[0].endswith("PREFIX ex: <https://example.org/>\nSELECT * {  ?s ex:p ?o  }")
    assert "PREFIX gw: " in heard[0]


def test_a_redirect_is_not_followed(server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    address, heard = server
    monkeypatch.setattr("kg.federation.outer_address", lambda host, _: host)
    with pytest.raises(QueryError, match="status 307"):
        answer_services(
            QUERY.replace("<U>", f"<{address}/redirect>"), lambda block: asked(block, [f"{address}/redirect"])
        )
    assert len(heard) == 1
