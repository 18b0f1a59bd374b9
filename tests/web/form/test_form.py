"""The form in which a record is written: drawn by the shapes, and nobody loses a word."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from kg.desk import State
from ontology.context import context
from tests.conftest import ROOT
from tests.web.desk_site import begin, desk_of, draft_of, key_in, opened, send_form
from tests.web.people import accounts_at, send
from tests.web.small_site import site_of
from web.curation.form_fields import Widget, all_fields
from web.curation.publishing import STATED

from .drafts import RICH, WHOLE, of_whole

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
        if name in STATED:
            assert f'data-field="{name}"' not in page, "editors state that a record was validated"
        elif one.group != "promotion" and name != "id":
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
