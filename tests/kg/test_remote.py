"""What a SPARQL server needs that the embedded graph does not: addresses, a login, and none of its limits unseen."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyoxigraph as ox
import pytest
from rdflib import Literal, Namespace
from rdflib.namespace import XSD

from kg import StoreError
from kg.remote import RemoteStore
from tests import servers
from tests.servers import Server

EX = Namespace("https://example.org/")


@pytest.fixture(scope="module")
def virtuoso(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with servers.virtuoso(tmp_path_factory.mktemp("virtuoso"), "ResultSetMaxRows = 2000") as started:
        yield started


def test_addresses_are_a_root_or_two() -> None:
    one, two = RemoteStore("http://localhost:1/root/"), RemoteStore("http://localhost:1/a  http://localhost:1/b")
    for store, asked, told in ((one, "root/query", "root/update"), (two, "a", "b")):
        with pytest.raises(StoreError, match=f"http://localhost:1/{asked} does not answer"):
            store.names()
        with pytest.raises(StoreError, match=f"http://localhost:1/{told} does not answer"):
            store.change({EX.g: ()})
        store.close()


def test_whoever_may_not_write_is_told_what_to_set(virtuoso: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for login in ({}, virtuoso.login | {"PASSWORD": "wrong"}):
        Server("", virtuoso.address, login).let_in(monkeypatch)
        store = RemoteStore(virtuoso.address)
        with pytest.raises(StoreError, match="GOODWAYS_STORE_USER and GOODWAYS_STORE_PASSWORD"):
            store.change({}, add={EX.g: [(EX.a, EX.p, EX.b)]})
        assert store.names() == []
        store.close()


def test_an_answer_that_was_cut_is_an_error(virtuoso: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    virtuoso.let_in(monkeypatch)
    store = RemoteStore(virtuoso.address)
    store.change({EX.g: [(EX.a, EX.p, Literal(n)) for n in range(2100)]})
    assert store.select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == [{"n": Literal(2100)}]
    with pytest.raises(StoreError, match="did not give its whole answer; raise its limits"):
        store.select("SELECT ?o { ?s ?p ?o }")
    virtuoso.empty()
    store.close()


def test_more_than_a_server_takes_at_once_arrives_whole(virtuoso: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    virtuoso.let_in(monkeypatch)
    store = RemoteStore(virtuoso.address)
    subject, prop, graph, long = ox.NamedNode(EX.a), ox.NamedNode(EX.p), ox.NamedNode(EX.g), "ä" * 3000
    store.load(ox.Quad(subject, prop, ox.Literal(f"{n} {long}"), graph) for n in range(2000))  # 12 MB
    found = store.select("SELECT (COUNT(*) AS ?n) (SUM(STRLEN(?o)) AS ?length) { ?s ?p ?o }")
    assert found == [{"n": Literal(2000), "length": Literal(sum(len(f"{n} {long}") for n in range(2000)))}]
    virtuoso.empty()
    store.close()


def test_durations_keep_their_type_and_can_be_taken_out_again(
    virtuoso: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    virtuoso.let_in(monkeypatch)
    store = RemoteStore(virtuoso.address)
    fact = (EX.a, EX.p, Literal("PT10M", datatype=XSD.duration))
    store.change({EX.g: [fact]})
    assert store.select("SELECT ?o { ?s ?p ?o }") == [{"o": fact[2]}]
    assert set(store.graph(EX.g)) == {fact}
    store.change({}, remove={EX.g: [fact]})
    assert store.names() == []
    store.close()


class _Asked(BaseHTTPRequestHandler):
    """A door that asks for a password the plain way (RFC 7617) and answers every ASK with yes."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        known = self.headers.get("Authorization") == f"Basic {base64.b64encode(b'who:secret').decode()}"
        self.send_response(200 if known else 401)
        if not known:
            self.send_header("WWW-Authenticate", 'Basic realm="store"')
        self.end_headers()
        self.wfile.write(b'{"head":{},"boolean":true}' if known else b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_server_may_ask_for_the_password_the_plain_way(monkeypatch: pytest.MonkeyPatch) -> None:
    door = ThreadingHTTPServer(("127.0.0.1", 0), _Asked)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{door.server_address[1]}"
    for password, may in (("secret", True), ("wrong", False)):
        Server("", address, {"USER": "who", "PASSWORD": password}).let_in(monkeypatch)
        store = RemoteStore(address)
        if may:
            assert store.ask("ASK {}")
        else:
            with pytest.raises(StoreError, match="does not let Goodways in"):
                store.ask("ASK {}")
        store.close()
    door.shutdown()
    door.server_close()
