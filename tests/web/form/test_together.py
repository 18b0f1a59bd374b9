"""Two people at one record, drafts from links, documents and records, and who may see and send what."""

import re

import pytest
from starlette.testclient import TestClient

from ingest.unpack import fields_of
from ontology import ID, record_graph
from tests.web.desk_site import begin, desk_of, draft_of, key_in, opened, send_form
from tests.web.people import csrf, send, signed_in
from tests.web.small_site import site_of
from web.accounts import Role

from .drafts import PAGE, of_whole

# ---- two people at one record ----


def test_two_people_in_different_fields_both_find_their_words(
    site: TestClient, ann: TestClient, ben: TestClient
) -> None:
    key = of_whole(site, ann)
    hers, his = opened(ann, f"/desk/draft/{key}"), opened(ben, f"/desk/draft/{key}")
    assert "Ann has this record open too" in ben.get(f"/desk/draft/{key}").text
    ben.post(f"/desk/draft/{key}", data=his | {"title:": "Four bakers", "country": ["FR"], "do": "save"})
    answer = ann.post(f"/desk/draft/{key}", data=hers | {"source": "https://example.org/new", "country": ["PL"]})
    fields = draft_of(site, key).fields
    assert fields["title"] == {"en": "Four bakers"}
    assert fields["source"] == "https://example.org/new"
    assert set(fields["country"]) == {"FR", "PL"}
    assert "Meanwhile somebody else has changed: Title" in ann.get(answer.headers["location"]).text


@pytest.mark.parametrize("choice", ["theirs", "mine", "together"])
def test_two_people_in_the_same_field_see_both_texts_and_choose(
    site: TestClient, ann: TestClient, ben: TestClient, choice: str
) -> None:
    key = of_whole(site, ann)
    hers, his = opened(ann, f"/desk/draft/{key}"), opened(ben, f"/desk/draft/{key}")
    ben.post(f"/desk/draft/{key}", data=his | {"summary:": "Ben wrote this.", "do": "save"})
    answer = ann.post(f"/desk/draft/{key}", data=hers | {"summary:": "Ann wrote that.", "place": "Lyon"})
    assert draft_of(site, key).fields["summary"] == {"en": "Ben wrote this."}
    assert draft_of(site, key).fields["place"] == "Lyon", "what nobody else touched is saved"
    page = ann.get(answer.headers["location"]).text
    assert "Ben wrote this." in page
    assert "Ann wrote that." in page
    sent = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("</header>")[2]))
    sent |= {"choose-summary.en": choice, "text-summary.en": "Both wrote this.", "do": "settle"}
    assert ann.post(f"/desk/draft/{key}", data=sent).status_code == 303
    wanted = {"theirs": "Ben wrote this.", "mine": "Ann wrote that.", "together": "Both wrote this."}
    assert draft_of(site, key).fields["summary"] == {"en": wanted[choice]}
    kept = [revision.fields.get("summary") for revision in desk_of(site).revisions(key)]
    assert {"en": "Ben wrote this."} in kept
    assert {"en": "Ann wrote that."} in kept


def test_saving_by_itself_gives_the_page_what_others_have_changed(
    site: TestClient, ann: TestClient, ben: TestClient
) -> None:
    key = of_whole(site, ann)
    hers, his = opened(ann, f"/desk/draft/{key}"), opened(ben, f"/desk/draft/{key}")
    ben.post(f"/desk/draft/{key}", data=his | {"place": "Lyon"})
    told = ann.post(f"/desk/draft/{key}/autosave", data=hers | {"title:": "Typed by Ann"}).json()
    assert (told["merged"], told["by"], told["clashes"], told["others"]) == (["Place"], "Ben", [], ["Ben"])
    assert 'value="Lyon"' in told["fields"]["place"]
    assert set(told["fields"]) == {"place"}
    again = hers | {"title:": "Typed by Ann again", "place": "Lyon", "on": str(told["number"])}
    told = ann.post(f"/desk/draft/{key}/autosave", data=again).json()
    assert (told["clashes"], told["merged"]) == ([], [])
    assert draft_of(site, key).fields["title"] == {"en": "Typed by Ann again"}
    assert draft_of(site, key).fields["place"] == "Lyon"


def test_a_clash_while_saving_by_itself_leads_to_both_texts_with_the_last_words_typed(
    site: TestClient, ann: TestClient, ben: TestClient
) -> None:
    key = of_whole(site, ann)
    hers, his = opened(ann, f"/desk/draft/{key}"), opened(ben, f"/desk/draft/{key}")
    ben.post(f"/desk/draft/{key}", data=his | {"title:": "By Ben"})
    told = ann.post(f"/desk/draft/{key}/autosave", data=hers | {"title:": "By Ann", "place": "Lyon"}).json()
    assert told["clashes"] == ["title.en"]
    last = hers | {"title:": "By Ann, longer", "place": "Lyon", "on": str(told["number"])}
    last |= {"clash": str(told["clash"]), "clash-on": str(told["on"]), "do": "save"}
    answer = ann.post(f"/desk/draft/{key}", data=last)
    page = ann.get(answer.headers["location"]).text
    assert "By Ben" in page
    assert "By Ann, longer" in page
    assert page.count('class="clash"') == 1


# ---- from a link or a document ----


def test_a_link_gives_a_draft_to_correct_and_only_what_is_ticked_goes_in(
    site: TestClient, ann: TestClient, web_page: str
) -> None:
    answer = ann.post("/desk/new", data={"csrf": csrf(ann), "way": "link", "link": web_page})
    assert answer.status_code == 303, answer.text
    key = key_in(answer)
    fields = draft_of(site, key).fields
    assert (fields["source"], fields["language"]) == (web_page, "en")
    assert "Blind learners bake in Lyon" in str(fields["title"])
    assert "targetGroup" not in fields
    found = desk_of(site).suggestions(key)
    blind = next(one for one in found if one.value == "blind-people")
    page = ann.get(f"/desk/draft/{key}").text
    assert "Add: Blind" in page
    assert "because it says" in page
    send_form(ann, key)
    assert "targetGroup" not in draft_of(site, key).fields, "nothing goes in unseen"
    ticked = opened(ann, f"/desk/draft/{key}") | {"take": str(blind.number)}
    told = ann.post(f"/desk/draft/{key}/autosave", data=ticked).json()
    assert draft_of(site, key).fields["targetGroup"] == ["blind-people"]
    assert 'value="blind-people" checked' in told["fields"]["targetGroup"]
    left = desk_of(site).suggestions(key)
    assert blind.number not in [one.number for one in left]
    gone = next(one for one in left if one.field)
    send_form(ann, key, f"dismiss:{gone.number}")
    assert gone.number not in [one.number for one in desk_of(site).suggestions(key)]
    assert gone.value not in (draft_of(site, key).fields.get(gone.field) or [])


def test_a_document_gives_a_draft_too(site: TestClient, ann: TestClient) -> None:
    sent = {"csrf": csrf(ann), "way": "file"}
    answer = ann.post("/desk/new", data=sent, files={"document": ("lyon.html", PAGE.encode(), "text/html")})
    assert answer.status_code == 303, answer.text
    assert "Blind learners bake in Lyon" in str(draft_of(site, key_in(answer)).fields["title"])
    assert draft_of(site, key_in(answer)).source == "lyon.html"


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:1/secret",
        "http://localhost/",
        "file:///etc/passwd",
        "http://[::1]/",
        "javascript:alert()",
        "",
    ],
)
def test_a_link_that_cannot_be_read_says_why_and_stays_in_its_box(ann: TestClient, link: str) -> None:
    answer = ann.post("/desk/new", data={"csrf": csrf(ann), "way": "link", "link": link})
    assert answer.status_code == 422
    assert 'id="link-wrong"' in answer.text
    assert f'value="{link}"' in answer.text
    assert "Traceback" not in answer.text


def test_something_that_is_no_document_is_refused_in_a_sentence(ann: TestClient) -> None:
    sent = {"csrf": csrf(ann), "way": "file"}
    answer = ann.post("/desk/new", data=sent, files={"document": ("x.pdf", b"\x7fELF\x00\x00", "application/pdf")})
    assert answer.status_code == 422
    assert 'id="document-wrong"' in answer.text


def test_what_the_address_has_chosen_is_in_the_draft(site: TestClient, ann: TestClient) -> None:
    page = ann.get("/desk/new?type=GoodPractice&addresses=eplus-2021.economic-debt&country=PL&title=no").text
    given = dict(re.findall(r'<input type="hidden" name="(type|addresses|country|title)" value="([^"]*)"', page))
    assert given == {"type": "GoodPractice", "addresses": "eplus-2021.economic-debt", "country": "PL"}
    key = begin(ann, **given)
    assert draft_of(site, key).fields == {
        "type": "GoodPractice", "addresses": ["eplus-2021.economic-debt"], "country": ["PL"]
    }  # fmt: skip


# ---- from what is published ----


def test_a_published_record_is_edited_in_a_draft_that_keeps_its_address(site: TestClient, ben: TestClient) -> None:
    key = key_in(send(ben, "/desk/edit/practice/two"))
    assert key_in(send(ben, "/desk/edit/practice/two")) == key, "there is one draft of a record"
    send_form(ben, key, type="Policy", id="other", **{"title:": "Young cooks travel to Cork"})
    fields = draft_of(site, key).fields
    assert (fields["id"], fields["type"]) == ("two", "GoodPractice")
    iri = ID["practice/two"]
    published = fields_of(site_of(site).searcher.store.graph(record_graph("two")), iri)
    assert published["title"] == {"en": "Young cooks go to Cork"}, "a draft is not published"


def test_a_copy_says_where_it_is_from_and_has_nothing_that_is_of_one_record_alone(
    site: TestClient, ann: TestClient
) -> None:
    key = key_in(send(ann, "/desk/copy/practice/one"))
    draft = draft_of(site, key)
    assert draft.source == "copy of practice/one"
    assert draft.based_on is None
    assert not {"id", "source", "checked", "start"} & set(draft.fields)
    assert draft.fields["addresses"] == ["eplus-2021.disability-sensory"]
    assert "copy of practice/one" in ann.get(f"/desk/draft/{key}").text


def test_the_record_page_offers_its_work_to_those_who_are_signed_in_only(site: TestClient, ann: TestClient) -> None:
    for browser, there in ((ann, True), (site, False)):
        page = browser.get("/page/practice/one").text
        assert ("/desk/edit/practice/one" in page) == there
        assert ("/desk/copy/practice/one" in page) == there
        assert ("/desk/history/practice/one" in page) == there


# ---- who may, and hostile input ----


def test_a_draft_is_its_peoples_alone(site: TestClient, ann: TestClient, ben: TestClient) -> None:
    key = of_whole(site, ann)
    eve = signed_in(site, Role.CONTRIBUTOR)
    fields = opened(ann, f"/desk/draft/{key}") | {"csrf": [csrf(eve)], "title:": ["Mine now"]}
    for path in (f"/desk/draft/{key}", f"/desk/draft/{key}/translate/de"):
        assert eve.get(path).status_code == 404
        assert eve.post(path, data=fields).status_code == 404
    assert eve.post(f"/desk/draft/{key}/autosave", data=fields).status_code == 404
    assert ben.get(f"/desk/draft/{key}").status_code == 200
    assert site.get(f"/desk/draft/{key}").headers["location"].startswith("/sign-in")
    assert site.post("/desk/new", data={"way": "blank"}).status_code == 401
    assert draft_of(site, key).fields["title"] == {"en": "Blind learners bake in Lyon"}


def test_without_the_token_of_the_session_nothing_is_saved(site: TestClient, ann: TestClient) -> None:
    key = of_whole(site, ann)
    fields = opened(ann, f"/desk/draft/{key}") | {"csrf": ["0" * 64], "title:": ["Forged"]}
    for path in (f"/desk/draft/{key}", f"/desk/draft/{key}/autosave", f"/desk/draft/{key}/translate/de"):
        assert ann.post(path, data=fields).status_code == 403
    assert draft_of(site, key).fields["title"] == {"en": "Blind learners bake in Lyon"}


def test_scripts_in_every_field_are_shown_as_text(site: TestClient, ann: TestClient) -> None:
    evil = '"><script>alert(1)</script>'
    key = of_whole(site, ann)
    fields = {
        name: [evil] for name in opened(ann, f"/desk/draft/{key}") if name not in ("csrf", "on", "shown", "original")
    }
    assert ann.post(f"/desk/draft/{key}", data=opened(ann, f"/desk/draft/{key}") | fields).status_code == 303
    for path in ("", "?check=1", "?more=%22%3E%3Cscript%3E", "?merged=%22%3E%3Cscript%3E", "?clash=1&on=1"):
        page = ann.get(f"/desk/draft/{key}{path}")
        assert page.status_code in (200, 400)
        assert "<script>alert" not in page.text
        assert "Traceback" not in page.text


@pytest.mark.parametrize(
    "hostile",
    [
        {"on": "99999999999999999999"}, {"on": "-1"}, {"on": "x"}, {"on": "9999"}, {"shown": ",,,unknown,"},
        {"organisation-99999.name": "x"}, {"take": "1e9"}, {"do": "remove:"}, {"do": "add:unknown"},
        {"do": "dismiss:-1"}, {"do": "translate", "into": "../../x"}, {"clash": "1", "clash-on": "1"},
        {"title:xx": "no language"}, {"drop": "title"},
    ],
)  # fmt: skip
def test_a_form_that_was_tampered_with_breaks_nothing(
    site: TestClient, ann: TestClient, hostile: dict[str, str]
) -> None:
    key = of_whole(site, ann)
    fields = opened(ann, f"/desk/draft/{key}") | {name: [value] for name, value in hostile.items()}
    answer = ann.post(f"/desk/draft/{key}", data=fields)
    assert answer.status_code in (303, 400, 404, 422), answer.text
    assert "Traceback" not in answer.text
    if answer.status_code == 303:
        assert answer.headers["location"].startswith(f"/desk/draft/{key}")
        assert ann.get(answer.headers["location"]).status_code in (200, 400)
    assert draft_of(site, key).fields["title"]["en"] == "Blind learners bake in Lyon"
