"""From draft to record and back, as each role: who sees what, who may do what, and that nobody else sees any of it."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from ingest.unpack import fields_of
from kg.desk import Desk, State
from ontology import ID, record_graph
from search import Encoder
from web.accounts import Role

from .desk_site import desk_of
from .markup import Markup
from .people import browser_at, csrf
from .small_site import site_of, small_site
from .someone import FIELDS, Someone


@pytest.fixture(scope="module")
def site(small_folder: Any, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("review"), encoder) as made:
        yield made


@pytest.fixture(scope="module")
def ada(site: TestClient) -> Someone:
    return Someone(site, Role.CONTRIBUTOR)


@pytest.fixture(scope="module")
def bob(site: TestClient) -> Someone:
    return Someone(site, Role.CONTRIBUTOR)


@pytest.fixture(scope="module")
def cora(site: TestClient) -> Someone:
    return Someone(site, Role.CURATOR)


@pytest.fixture(scope="module")
def edi(site: TestClient) -> Someone:
    return Someone(site, Role.EDITOR)


@pytest.fixture
def desk(site: TestClient) -> Iterator[Desk]:
    made = desk_of(site)
    yield made
    for draft in made.drafts():
        if draft.is_open:
            made.move(draft.key, State.DISCARDED, "test")


def test_a_draft_goes_from_its_writer_to_a_curator_and_back_and_is_published(
    site: TestClient, desk: Desk, ada: Someone, cora: Someone
) -> None:
    draft = ada.begin()
    assert ada.do(draft, "submit", note="Look at the number, please.").status_code == 303
    assert "Young sailors learn in Split" in cora.get("/desk").text
    assert "One thing waits for you." in cora.get("/desk").text
    assert cora.do(draft, "back", note="Which island are they from?").status_code == 303
    hers = Markup(ada.get("/desk").text)
    assert [e.text.split() for e in hers.all("p", **{"class": "typed"})] == [
        ["Which", "island", "are", "they", "from?"]
    ]
    assert ada.do(draft, "comment", note="From Vis: https://example.org/vis").status_code == 303
    assert ada.do(draft, "submit").status_code == 303
    assert cora.do(draft, "publish").status_code == 303
    assert desk.draft(draft.key).state is State.PUBLISHED
    page = site.get(f"/page/practice/{draft.record}")
    assert page.status_code == 200
    assert "Young sailors learn in Split" in page.text
    assert draft.record in {hit["id"] for hit in site.get("/api/v1/search?q=young+sailors").json()["results"]}
    done = [(entry.what, entry.by) for entry in desk.audit(about=draft.record)]
    assert done[::-1] == [
        ("handed in", ada.id), ("gave back", cora.id), ("commented", ada.id), ("handed in", ada.id),
        ("published", cora.id),
    ]  # fmt: skip


def test_the_review_shows_the_record_as_readers_will_see_it(desk: Desk, ada: Someone, cora: Someone) -> None:
    draft = ada.begin()
    ada.do(draft, "submit")
    page = Markup(cora.get(f"/desk/draft/{draft.key}/review").text)
    assert page.one("h1").text == "Young sailors learn in Split"
    preview = page.one("div", **{"class": "preview k-practice"}).text
    assert "Croatia" in preview
    assert "example.org" in preview
    ids = [element["id"] for element in page.elements if element["id"]]
    assert len(ids) == len(set(ids))


def test_what_changes_of_a_published_record_is_shown_in_words(desk: Desk, site: TestClient, cora: Someone) -> None:
    draft = desk.begin(_fields_of_two(site), cora.id, based_on=1)
    changed = draft.fields | {
        "summary": {"en": draft.fields["summary"]["en"].replace("Six", "Seven")}, "country": ["PT"],
    }  # fmt: skip
    desk.save(draft.key, changed, cora.id, 1)
    page = Markup(cora.get(f"/desk/draft/{draft.key}/review").text)
    marked = {tag: [" ".join(e.text.split()) for e in page.all(tag)] for tag in ("del", "ins")}
    assert marked == {
        "del": ["taken out: Six", "taken out: Ireland"], "ins": ["put in: Seven", "put in: Portugal"],
    }  # fmt: skip


def test_a_draft_with_something_wrong_cannot_be_handed_in_and_says_what(desk: Desk, ada: Someone) -> None:
    draft = ada.begin(source="not an address", addresses=["eplus-2021.nothing"])
    answer = ada.do(draft, "submit", note="My words stay")
    assert answer.status_code == 422
    assert "is not a web address" in answer.text
    assert desk.draft(draft.key).state is State.DRAFT
    page = ada.get(f"/desk/draft/{draft.key}/review").text
    assert "To be put right" in page
    assert f"/desk/draft/{draft.key}#source" in page


def test_a_draft_without_anything_has_a_page_all_the_same(desk: Desk, ada: Someone) -> None:
    for fields in ({}, {"title": 3, "type": ["x"], "language": {}}, {"title": {"en": ""}, "type": "Nothing"}):
        draft = desk.begin(fields, ada.id)
        assert "A record without a title" in ada.get(f"/desk/draft/{draft.key}/review").text
        assert "A record without a title" in ada.get("/desk").text


def test_a_curator_needs_a_second_pair_of_eyes_and_an_editor_a_reason(
    site: TestClient, desk: Desk, cora: Someone, edi: Someone
) -> None:
    hers = cora.begin()
    assert cora.do(hers, "submit").status_code == 303
    refused = cora.do(hers, "publish", note="I am sure")
    assert refused.status_code == 403
    assert "another curator must look at it" in refused.text
    his = edi.begin()
    refused = edi.do(his, "publish")
    assert refused.status_code == 422
    assert "say why it is published without a second look" in refused.text
    assert site.get(f"/page/practice/{his.record}").status_code == 404
    assert edi.do(his, "publish", note="A number was wrong.").status_code == 303
    assert site.get(f"/page/practice/{his.record}").status_code == 200


def test_a_curator_who_has_written_in_it_is_one_of_its_writers(desk: Desk, ada: Someone, cora: Someone) -> None:
    draft = ada.begin()
    desk.save(draft.key, draft.fields | {"place": "Split"}, cora.id, draft.number)
    ada.do(draft, "submit")
    assert cora.do(draft, "publish").status_code == 403


def test_an_editor_says_who_has_validated_it_and_may_still_publish_as_the_second_reader(
    site: TestClient, desk: Desk, ada: Someone, edi: Someone, cora: Someone
) -> None:
    draft = ada.begin()
    ada.do(draft, "submit")
    assert cora.do(draft, "state", validatedBy="A body").status_code == 403
    stated = {"validatedBy": "Croatian National Agency", "whyItMatters": "It reaches islands."}
    assert edi.do(draft, "state", **stated).status_code == 303
    assert desk.draft(draft.key).fields["whyItMatters"] == {"en": "It reaches islands."}
    assert edi.do(draft, "publish").status_code == 303, "stating this does not make an editor a writer"
    assert "Croatian National Agency" in site.get(f"/data/practice/{draft.record}.ttl").text


def test_who_publishes_publishes_what_they_have_read(desk: Desk, ada: Someone, cora: Someone) -> None:
    draft = ada.begin()
    ada.do(draft, "submit")
    read = desk.draft(draft.key).number
    desk.save(draft.key, draft.fields | {"place": "Vis"}, ada.id, read)
    answer = cora.do(draft, "publish", on=read)
    assert answer.status_code == 409
    assert "read it again" in answer.text
    assert desk.draft(draft.key).state is State.IN_REVIEW


def test_of_two_curators_who_press_at_once_the_second_is_told(
    desk: Desk, ada: Someone, cora: Someone, edi: Someone
) -> None:
    draft = ada.begin()
    ada.do(draft, "submit")
    assert cora.do(draft, "publish").status_code == 303
    answer = edi.do(draft, "back", note="Not yet")
    assert answer.status_code == 409
    assert "This draft is published now" in answer.text
    assert "Not yet" not in [comment.text for comment in desk.comments(draft.key)]


@pytest.mark.parametrize("what", ["publish", "back", "state", "nonsense", ""])
def test_a_contributor_may_not_and_is_told_in_a_sentence(desk: Desk, ada: Someone, what: str) -> None:
    draft = ada.begin()
    answer = ada.do(draft, what, note="please", validatedBy="me")
    assert answer.status_code in (403, 409, 422)
    assert Markup(answer.text).one("p", id="wrong").text.endswith(".")
    assert desk.draft(draft.key).fields == draft.fields


def test_a_draft_is_thrown_away_and_taken_up_again(desk: Desk, ada: Someone, bob: Someone) -> None:
    draft = ada.begin()
    assert bob.do(draft, "discard").status_code == 404
    assert ada.do(draft, "discard", note="twice the same").status_code == 303
    assert ada.do(draft, "submit").status_code == 409
    assert "thrown away" in ada.get(f"/desk/draft/{draft.key}/review").text
    assert ada.do(draft, "reopen").status_code == 303
    assert desk.draft(draft.key).state is State.DRAFT


def test_a_published_draft_cannot_be_thrown_away(desk: Desk, edi: Someone) -> None:
    draft = edi.begin()
    edi.do(draft, "publish", note="a test")
    assert edi.do(draft, "discard").status_code == 409
    assert desk.draft(draft.key).state is State.PUBLISHED


def test_a_comment_is_plain_text_with_links_that_are_safe(desk: Desk, ada: Someone) -> None:
    draft = ada.begin()
    text = (
        'See https://example.org/a?b="><img src=x onerror=alert(1)> and javascript:alert(2)\n<script>alert(3)</script>'
    )
    assert ada.do(draft, "comment", note=text).status_code == 303
    page = Markup(ada.get(f"/desk/draft/{draft.key}/review").text)
    comment = page.one("ol", **{"class": "comments"})
    assert "<script>alert(3)</script>" in comment.text
    links = [e for e in page.all("a") if "example.org/a" in e["href"]]
    assert [e["rel"].split() for e in links] == [["nofollow", "noopener", "ugc"]]
    assert not [e for e in page.elements if e.tag == "img" or "onerror" in e.attributes]
    assert not [e for e in page.all("a") if e["href"].startswith("javascript")]
    assert ada.do(draft, "comment", note="  ").status_code == 422
    assert ada.do(draft, "comment", note="x" * 5001).status_code == 422
    assert len(desk.comments(draft.key)) == 1


def test_the_buttons_work_only_from_this_sites_pages(desk: Desk, ada: Someone) -> None:
    draft = ada.begin()
    path = f"/desk/draft/{draft.key}/review"
    assert ada.browser.post(path, data={"do": "discard"}).status_code == 403
    assert ada.browser.post(path, data={"do": "discard", "csrf": "0" * 64}).status_code == 403
    given = {"do": "discard", "csrf": csrf(ada.browser)}
    assert ada.browser.post(path, data=given, headers={"Origin": "https://evil.example"}).status_code == 403
    assert desk.draft(draft.key).state is State.DRAFT


def test_two_revisions_of_a_draft_are_compared(desk: Desk, ada: Someone) -> None:
    draft = ada.begin()
    desk.save(
        draft.key, draft.fields | {"place": "Vis", "targetGroup": ["islanders", "deaf-people"]}, ada.id, draft.number
    )
    path = f"/desk/draft/{draft.key}/difference?one={draft.number}&other={draft.number + 1}"
    page = Markup(ada.get(path).text)
    put_in = {" ".join(element.text.split()) for element in page.all("ins")}
    assert {"put in: Vis", "put in: Deaf and hard-of-hearing people"} <= put_in
    for wrong in ("one=1&other=99", "one=x&other=1", "one=-1&other=1", ""):
        assert ada.get(f"/desk/draft/{draft.key}/difference?{wrong}").status_code == 404


def test_a_draft_does_not_exist_for_other_contributors_and_asks_visitors_to_sign_in(
    site: TestClient, desk: Desk, ada: Someone, bob: Someone, cora: Someone
) -> None:
    draft = ada.begin()
    for path in (f"/desk/draft/{draft.key}/review", f"/desk/draft/{draft.key}/difference?one=1&other=2"):
        mine, theirs, nobody = ada.get(path), bob.get(path), bob.get(path.replace(draft.key, "d-0000000000"))
        assert (mine.status_code, cora.get(path).status_code) == (200, 200)
        assert (theirs.status_code, nobody.status_code) == (404, 404)
        assert _less(theirs.text, path) == _less(nobody.text, path.replace(draft.key, "d-0000000000"))
        visitor = browser_at(site).get(path)
        assert (visitor.status_code, visitor.headers["location"]) == (303, f"/sign-in?next={quote(path, safe='/')}")
    for what in ("comment", "submit", "discard", "publish"):
        assert bob.do(draft, what, note="x").status_code == 404
    assert draft.key not in bob.get("/desk").text
    assert desk.draft(draft.key).number == draft.number


def _less(text: str, path: str) -> str:
    """A page less what names its address."""
    for spelling in (path, quote(path), quote(path, safe="")):
        text = text.replace(spelling, "")
    return re.sub(r"[0-9a-f]{64}", "", text)


def test_the_desk_of_a_contributor_has_theirs_only_and_says_what_to_do_when_empty(
    site: TestClient, desk: Desk, ada: Someone, cora: Someone
) -> None:
    fresh = Someone(site, Role.CONTRIBUTOR)
    page = fresh.get("/desk").text
    assert "Add a record" in page
    assert "Nothing waits for you." in page
    assert "You are not writing anything at the moment." in page
    assert "/desk/care" not in page
    draft = ada.begin()
    assert draft.key not in fresh.get("/desk").text
    assert draft.key in cora.get("/desk").text
    assert "/desk/care" in cora.get("/desk").text
    assert browser_at(site).get("/desk").headers["location"] == "/sign-in?next=/desk"


def test_many_drafts_are_shown_ten_at_first_and_all_when_asked(site: TestClient, desk: Desk) -> None:
    many = Someone(site, Role.CONTRIBUTOR)
    for number in range(13):
        desk.begin(FIELDS | {"id": f"many-{number}"}, many.id)
    page = many.get("/desk").text
    assert page.count("/desk/draft/") == 10
    assert "Show all 13" in page
    assert many.get("/desk?all=mine").text.count("/desk/draft/") == 13


def _fields_of_two(site: TestClient) -> dict[str, Any]:
    return fields_of(site_of(site).searcher.store.graph(record_graph("two")), ID["practice/two"])
