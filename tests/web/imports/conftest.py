"""A site of three records, with an editor and a curator."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from search import Encoder
from tests.web.people import signed_in
from tests.web.small_site import small_site
from web.accounts import Role


@pytest.fixture(scope="module")
def site(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("imports"), encoder) as made:
        yield made


@pytest.fixture(scope="module")
def editor(site: TestClient) -> TestClient:
    return signed_in(site, Role.EDITOR)


@pytest.fixture(scope="module")
def curator(site: TestClient) -> TestClient:
    return signed_in(site, Role.CURATOR)
