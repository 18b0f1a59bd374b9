"""The API against its own description: schemathesis makes requests, right and wrong ones, as visitor and as editor.

`GOODWAYS_EXAMPLES` says how many for each operation; the fast run makes few.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from starlette.testclient import TestClient

from search import Encoder
from web.accounts import Role
from web.accounts.roles import scopes_for

from .people import token_of
from .small_site import listening, small_site

NOT_ASKED = [
    ignored_auth,  # most is open to all; who may do what is told apart in test_accounts_roles
    positive_data_acceptance,  # a schema cannot say which languages, records and queries there are
]
EXAMPLES = int(os.environ.get("GOODWAYS_EXAMPLES", "5"))


@pytest.fixture(scope="module")
def site(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("schema"), encoder) as made:
        yield made


@pytest.fixture(scope="module")
def described(site: TestClient) -> Iterator[schemathesis.BaseSchema]:
    with listening(site) as address:
        yield schemathesis.openapi.from_url(f"{address}/openapi.json")


@pytest.fixture(scope="module")
def editor(site: TestClient) -> dict[str, str]:
    token = token_of(site, Role.EDITOR, *scopes_for(Role.EDITOR))
    return {"Authorization": f"Bearer {token}"}


def failures(described: schemathesis.BaseSchema, headers: dict[str, str]) -> list[str]:
    """What schemathesis finds wrong, operation by operation."""
    found: list[str] = []
    for one in described.get_all_operations():
        operation = one.ok()

        @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def asked(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, timeout=120, excluded_checks=NOT_ASKED)

        try:
            asked()
        except FailureGroup as wrong:
            found.append(f"\n{operation.label}: {'; '.join(map(str, wrong.exceptions))}")
    return found


def test_what_a_visitor_gets_is_what_the_description_promises(described: schemathesis.BaseSchema) -> None:
    assert failures(described, {}) == []


def test_what_an_editor_gets_is_what_the_description_promises(
    described: schemathesis.BaseSchema, editor: dict[str, str]
) -> None:
    assert failures(described, editor) == []
