"""A site of three records, with two people at its form and a page of another server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from search import Encoder
from tests.web.people import signed_in
from tests.web.small_site import site_of, small_site
from web.accounts import Role

from .drafts import page_of_a_project


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
    """The address of a page on a server of its own, to which a link may lead."""
    with page_of_a_project(tmp_path_factory.mktemp("pages")) as address:
        site_of(site).workspace.settings.fetch_allowed = address.split("/")[2]
        yield address
