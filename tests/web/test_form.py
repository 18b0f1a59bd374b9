"""The form in which a record is written: drawn by the shapes, and nobody loses a word."""

import http.server
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.unpack import fields_of
from kg.desk import State
from ontology import ID, record_graph
from ontology.context import context
from search import Encoder
from tests.conftest import ROOT
from tests.web.desk_site import begin, desk_of, draft_of, key_in, opened, send_form
from tests.web.people import accounts_at, csrf, send, signed_in
from tests.web.small_site import site_of, small_site
from web.accounts import Role
from web.curation.form_fields import Widget, all_fields

WHOLE = {
    "type": "GoodPractice",
    "title:": "Blind learners bake in Lyon",
    "summary:": "Four blind learners worked in a bakery.\r\nA guide went with them.",
    "language": "en",
    "source": "https://example.org/lyon",
}
RICH: dict[str, Any] = {
    "id": "rich",
    "type": "GoodPractice",
    "title": {"de": "Gehörlose backen in Lyon", "en": "Deaf bakers in Lyon"},
    "summary": {"de": "Vier Lernende. Drei Wochen.", "en": "Four learners. Three weeks."},
    "language": "de",
    "source": "https://example.org/rich",
    "checked": "2026-11-22",
    "certainty": "read",
    "ourTranslation": ["en"],
    "furtherSource": [{"url": "https://example.org/more", "language": "fr", "checked": "2026-11-20"}],
    "published": "2023-05",
    "organisation": [
        {"name": "Berufsschule, Bremen", "role": "sender", "country": ["DE", "GR"]},
        {"name": "Boulangerie"},
    ],
    "country": ["DE", "FR"],
    "destination": ["FR"],
    "nuts": ["DE5", "DE50"],
    "place": "Lyon; old town",
    "start": "2021",
    "end": "2021-05-14",
    "sector": ["vet"],
    "programme": ["erasmus-2021"],
    "projectReference": ["2018-1-DE02-KA202-005220", "2019-1"],
    "mobilityType": ["vet-group"],
    "targetGroup": ["deaf-people"],
    "addresses": ["eplus-2021.disability-sensory", "eplus-2014.disability"],
    "measure": ["mentoring"],
    "figure": [{"value": 4.5, "what": {"en": "weeks", "de": "Wochen"}, "year": "2021", "qualifier": "about"}],
    "outcome": {"de": "Alle blieben."},
    "text": {"de": "Eine Zeile.\nNoch eine.\n\nUnd eine."},
    "phase": ["during"],
    "inLanguage": ["de", "fr"],
    "licence": "https://creativecommons.org/licenses/by/4.0/",
    "duration": "PT3H",
}
PAGE = """<html lang="en"><head><title>Blind learners bake in Lyon</title></head><body><article>
<h1>Blind learners bake in Lyon</h1><p>Four blind learners of a vocational school in Poland worked in a bakery in Lyon,
France, for three weeks in May 2023. A mentor went with them, and sign language interpreting was there too.</p>
<p>The project was paid by Erasmus+. All four finished the placement, and two of them were offered a job at home.</p>
</article></body></html>"""


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


def of_whole(site: TestClient, browser: TestClient, **more: Any) -> str:
    """A draft with the six fields that a record needs."""
    key = begin(browser)
    assert send_form(browser, key, **(WHOLE | more)).status_code == 303
    return key


# ---- drawn by the shapes ----


def test_the_form_has_every_field_of_a_record_with_a_name_and_a_help(site: TestClient) -> None:
    prefixes = {"gw", "dcterms", "schema", "org", "foaf", "xsd"}
    ours = {name for name in context() if not name.startswith("@")} - prefixes - {"type", "version", "body"}
    in_parts = {inner.name for one in all_fields().values() for inner in one.parts}
    assert ours - in_parts <= set(all_fields())
    fields = [*all_fields().values(), *(inner for one in all_fields().values() for inner in one.parts)]
    assert not [one.name for one in fields if not one.label]
    assert not [one.name for one in all_fields().values() if not one.help]
    assert len({one.widget for one in fields}) == len(Widget)


def test_every_field_is_on_the_page_with_a_label_of_its_own(site: TestClient, ann: TestClient) -> None:
    page = ann.get(f"/desk/draft/{of_whole(site, ann, **{'type': 'TrainingMaterial'})}").text
    for name, one in all_fields().items():
        if one.group != "promotion" and name != "id":
            assert f'data-field="{name}"' in page, name
            assert one.label in page
    ids = set(re.findall(r' id="([^"]+)"', page))
    assert not [target for target in re.findall(r' for="([^"]+)"', page) if target not in ids]
    described = {one for names in re.findall(r'aria-describedby="([^"]+)"', page) for one in names.split()}
    assert described
    assert described <= ids
    assert len(re.findall(r' id="([^"]+)"', page)) == len(ids)


def test_a_new_property_is_a_change_of_the_shapes_alone(small_folder: Path, tmp_path: Path) -> None:
    """A copy of the model with one more shape: the form shows it, reads it, keeps it, and it is published."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.web.new_property", str(small_folder), str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "changed": ["shapes.ttl"],
        "shown": True,
        "draft": {"en": "A quiet room beside the kitchen."},
        "published": "A quiet room beside the kitchen.",
        "refused": "is not a text about rooms.",
    }


# ---- what is typed is kept ----


def test_a_record_begun_with_an_empty_form_is_kept_and_gets_an_id_from_its_title(
    site: TestClient, ann: TestClient
) -> None:
    key = of_whole(site, ann)
    fields = draft_of(site, key).fields
    assert fields == {
        "type": "GoodPractice",
        "title": {"en": "Blind learners bake in Lyon"},
        "summary": {"en": "Four blind learners worked in a bakery.\nA guide went with them."},
        "language": "en",
        "source": "https://example.org/lyon",
        "id": fields["id"],
    }
    assert re.fullmatch(r"blind-learners-bake-in-lyon(-\d)?", fields["id"])
    send_form(ann, key, **{"title:": "Blind learners bake bread"})
    assert draft_of(site, key).fields["id"] == "blind-learners-bake-bread", "the title was changed"
    send_form(ann, key, id="own-name")
    send_form(ann, key, **{"title:": "Another title"})
    assert draft_of(site, key).fields["id"] == "own-name"


def test_no_two_records_get_the_same_id(site: TestClient, ann: TestClient) -> None:
    ids = [draft_of(site, of_whole(site, ann, **{"title:": "One"})).fields["id"] for _ in range(3)]
    assert ids == ["one-2", "one-3", "one-4"], "a record is called one"
    key = of_whole(site, ann, place="Lyon")
    answer = send_form(ann, key, id="one-3", place="Paris")
    assert draft_of(site, key).fields["id"] == "one-3-2"
    assert draft_of(site, key).fields["place"] == "Paris"
    assert "one-3 is taken" in ann.get(answer.headers["location"]).text


def test_what_is_sent_after_the_draft_was_published_goes_into_a_new_one(
    site: TestClient, ann: TestClient, ben: TestClient
) -> None:
    key = key_in(send(ben, "/desk/edit/material/three"))
    typed = opened(ben, f"/desk/draft/{key}") | {"title:": "Typed too late", "do": "save"}
    account = accounts_at(site).account_of_login("ben")
    assert account
    desk_of(site).move(key, State.PUBLISHED, account.id)
    assert ben.post(f"/desk/draft/{key}/autosave", data=typed).status_code == 409
    answer = ben.post(f"/desk/draft/{key}", data=typed)
    assert key_in(answer) != key
    assert draft_of(site, key_in(answer)).fields["title"] == {"en": "Typed too late"}
    thrown = of_whole(site, ann)
    typed = opened(ann, f"/desk/draft/{thrown}") | {"title:": "Typed too late", "do": "save"}
    desk_of(site).move(thrown, State.DISCARDED, account.id)
    answer = ann.post(f"/desk/draft/{thrown}", data=typed)
    assert key_in(answer) != thrown
    assert draft_of(site, key_in(answer)).fields["title"] == {"en": "Typed too late"}


def test_a_form_that_is_sent_unchanged_changes_nothing(site: TestClient, ben: TestClient) -> None:
    person = desk_of(site).draft(begin(ben)).owner
    draft = desk_of(site).begin(RICH, person)
    assert send_form(ben, draft.key).status_code == 303
    assert draft_of(site, draft.key).fields == RICH
    assert draft_of(site, draft.key).number == draft.number


def test_every_kind_of_field_is_read_as_the_record_format_has_it(site: TestClient, ann: TestClient) -> None:
    key = of_whole(site, ann)
    send_form(
        ann, key,
        country=["DE", "MT"],
        **{
            "start": "14.05.2021", "checked": "2026-11-22", "projectReference": "2018-1\r\n\r\n2019-2\r\n",
            "organisation-1.name": "Berufsschule", "organisation-1.role": "host",
            "organisation-1.country~": "Deutschland; malta, EL", "nuts~": "Bremen; DE600",
            "figure-1.value": "1 200", "figure-1.what:": "learners", "figure-1.year": "2021",
            "furtherSource-1.url": "https://example.org/2", "furtherSource-1.language": "fr",
            "addresses": ["eplus-2021.economic-debt"],
        },
    )  # fmt: skip
    fields = draft_of(site, key).fields
    assert fields["start"] == "2021-05-14"
    assert fields["projectReference"] == ["2018-1", "2019-2"]
    assert fields["country"] == ["DE", "MT"]
    assert fields["organisation"][0]["country"][:2] == ["DE", "MT"]
    assert fields["organisation"][0]["country"][2] in ("EL", "GR")
    assert fields["nuts"] == ["DE5", "DE600"]
    assert fields["figure"] == [{"value": 1200, "what": {"en": "learners"}, "year": "2021"}]
    assert fields["furtherSource"] == [{"url": "https://example.org/2", "language": "fr"}]
    assert not [one for one in site_findings(site, fields) if one]


def site_findings(site: TestClient, fields: dict[str, Any]) -> list[str]:
    from web.curation.publishing import checked

    return [str(one) for one in checked(fields, site_of(site).searcher.store)[1]]


def test_what_is_wrong_stays_in_its_box_and_the_sentence_stands_with_it(site: TestClient, ann: TestClient) -> None:
    key = of_whole(site, ann, start="some day in May", source="example", **{"figure-1.value": "many"})
    fields = draft_of(site, key).fields
    assert (fields["start"], fields["source"]) == ("some day in May", "example")
    page = ann.get(f"/desk/draft/{key}?check=1").text
    assert opened(ann, f"/desk/draft/{key}")["start"] == ["some day in May"]
    box = re.search(r'<input id="f-start"[^>]*>', page)
    assert box
    assert 'aria-invalid="true"' in box[0]
    assert "f-start-wrong" in box[0]
    summary = page.partition('id="errors"')[2].partition("</section>")[0]
    for target in ("#f-start", "#f-source", "#f-figure-1-value"):
        assert f'href="{target}"' in summary, summary
        assert f'id="{target[1:]}"' in page


def test_looking_it_over_with_something_missing_says_what_and_where(site: TestClient, ann: TestClient) -> None:
    key = begin(ann)
    answer = send_form(ann, key, "check", **{"title:": "Only a title"})
    assert answer.headers["location"].endswith("check=1#errors")
    page = ann.get(answer.headers["location"]).text
    summary = page.partition('id="errors"')[2].partition("</section>")[0]
    assert summary.count("<li>") == 4
    for name in ("f-type", "f-summary", "f-language", "f-source"):
        assert f"#{name}" in summary
        assert f'id="{name}"' in page
    assert draft_of(site, key).fields["title"] == "Only a title"
    assert "are to mend" not in ann.get(f"/desk/draft/{key}").text, "nobody is told before they ask"
    whole = send_form(ann, key, "check", **WHOLE)
    assert whole.headers["location"] == f"/desk/draft/{key}/review"


def test_another_organisation_is_one_button_and_taking_one_out_too(site: TestClient, ann: TestClient) -> None:
    key = of_whole(site, ann)
    answer = send_form(ann, key, "add:organisation", **{"organisation-1.name": "First"})
    assert answer.headers["location"].endswith("#f-organisation-2-name")
    page = ann.get(answer.headers["location"]).text
    assert 'id="f-organisation-2-name"' in page
    fields = opened(ann, answer.headers["location"])
    fields |= {"organisation-2.name": ["Second"], "do": ["save"]}
    ann.post(f"/desk/draft/{key}", data=fields)
    assert [one["name"] for one in draft_of(site, key).fields["organisation"]] == ["First", "Second"]
    send_form(ann, key, "remove:organisation-1")
    assert [one["name"] for one in draft_of(site, key).fields["organisation"]] == ["Second"]


def test_when_the_language_of_the_source_is_corrected_the_text_goes_with_it(site: TestClient, ann: TestClient) -> None:
    key = of_whole(site, ann)
    send_form(ann, key, language="fr")
    fields = draft_of(site, key).fields
    assert (fields["language"], set(fields["title"]), set(fields["summary"])) == ("fr", {"fr"}, {"fr"})


def test_the_meter_says_what_a_reader_would_miss(site: TestClient, ann: TestClient) -> None:
    key = of_whole(site, ann)
    before = ann.get(f"/desk/draft/{key}").text
    assert "The most asked question stays open" in before
    send_form(ann, key, measure=["mentoring"])
    after = ann.get(f"/desk/draft/{key}").text
    assert "The most asked question stays open" not in after
    share = [float(re.search(r'<meter [^>]*value="([\d.]+)"', page)[1]) for page in (before, after)]  # type: ignore[index]
    assert 0 < share[0] < share[1] < 1


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
