"""A site over three records, for what is taken home."""

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.testclient import TestClient

from search import Encoder
from tests.conftest import workspace_at
from web.server import create_app
from web.site import Site


@contextmanager
def small_site(small_folder: Path, folder: Path, encoder: Encoder) -> Iterator[TestClient]:
    """The application over a copy of the small data folder."""
    workspace = workspace_at(Path(shutil.copytree(small_folder, folder / "small")), encoder)
    with TestClient(create_app(workspace), follow_redirects=False, raise_server_exceptions=False) as made:
        yield made


def site_of(client: TestClient) -> Site:
    return client.app.state.site  # type: ignore[attr-defined]


def add(client: TestClient, folder: Path, *records: dict[str, Any]) -> None:
    """Import records and let the site take them up."""
    path = folder / "more.jsonl"
    path.write_text("\n".join(json.dumps(record) for record in records), encoding="utf-8")
    report = site_of(client).workspace.import_files([path], dry_run=False, strict=False)
    assert not report.rejected, report.rejected
    site_of(client).take_up_changes()


def until_ready(client: TestClient, path: str, status: int = 200) -> Any:
    """The answer once it is there; what is made in the background takes seconds."""
    deadline = time.monotonic() + 180
    while (answer := client.get(path)).status_code != status:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)
    return answer


@contextmanager
def listening(client: TestClient) -> Iterator[str]:
    """The same application behind a real port; yields its address."""
    server = uvicorn.Server(uvicorn.Config(client.app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    settings = site_of(client).workspace.settings
    before, settings.site_url = settings.site_url, f"http://127.0.0.1:{port}"
    try:
        yield settings.site_url
    finally:
        settings.site_url = before
        server.should_exit = True
        thread.join()
