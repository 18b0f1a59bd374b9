"""A site of three records, with two people at its form and a page of another server."""

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from search import Encoder
from tests.web.people import signed_in
from tests.web.small_site import site_of, small_site
from web.accounts import Role

from .drafts import PAGE


@pytest.fixture(scope="module")
def site(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("form"), encoder) as made:
        yield made


@pytest.fixture(scope="module")
def ann(site: TestClient) -> TestClient:
    return signed_in(site, Role.CONTRIBUTOR, "ann")


@pytest.fixture(scope="module")
def ben(site: TestClient) -> TestClient:
    return signed_in(site, Role.CURATOR, "ben")


@pytest.fixture(scope="module")
def web_page(site: TestClient, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page on a server of its own."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "lyon.html").write_text(PAGE, encoding="utf-8")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    site_of(site).workspace.settings.fetch_allowed = f"127.0.0.1:{port}"
    yield f"http://127.0.0.1:{port}/lyon.html"
    server.shutdown()
