"""The form in which a record is written: drawn by the shapes, and nobody loses a word."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from search import Encoder
from tests.web.desk_site import begin, desk_of, draft_of, opened, send_form
from tests.web.people import csrf, send, signed_in
from tests.web.small_site import small_site
from web.accounts import Role


@pytest.fixture(scope="module")
def site(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("form"), encoder) as made:
        from web.curation import form, languages, starting

        if not any(getattr(route, "path", "") == "/desk/new" for route in made.app.routes):  # type: ignore[attr-defined]
            for room in (form, languages, starting):
                made.app.include_router(room.router)  # type: ignore[attr-defined]
        yield made


@pytest.fixture
def ann(site: TestClient) -> TestClient:
    return signed_in(site, Role.CONTRIBUTOR)


WHOLE = {
    "type": "GoodPractice",
    "title:": "Blind learners bake in Lyon",
    "summary:": "Four blind learners worked in a bakery.\r\nA guide went with them.",
    "language": "en",
    "source": "https://example.org/lyon",
}


def test_a_record_begun_with_an_empty_form_is_kept_as_it_was_typed(site: TestClient, ann: TestClient) -> None:
    key = begin(ann)
    answer = send_form(ann, key, **WHOLE)
    assert answer.status_code == 303
    fields = draft_of(site, key).fields
    assert fields["title"] == {"en": "Blind learners bake in Lyon"}
    assert fields["id"] == "blind-learners-bake-in-lyon"
    assert fields["source"] == "https://example.org/lyon"
    page = ann.get(f"/desk/draft/{key}")
    print(len(page.text))
    Path("/tmp/form_page.html").write_text(page.text)
