"""A citation says the same in every form, and every reference manager can read it."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import bibtexparser
import pytest
import rispy
from starlette.testclient import TestClient

from search import Encoder
from web.citations import Citation, bibtex, csl_json, ris

from .small_site import add, site_of, small_site

NASTY = Citation(
    id="nasty_id-1.b",
    title=r"50 % of {AT&T} #1_x ~ ^ \input{secret} $5 “žluťoučký”",
    language="cs",
    abstract="Ends with a backslash \\",
    issued=date(2026, 11, 5),
    version=3,
    address="https://w3id.org/goodways/id/practice/nasty_id-1.b",
    source="https://example.org/a_b?c=%20d&e=f#g",
)
_PLAIN = {r"\textbackslash{}": "\\", r"\^{}": "^", r"\~{}": "~"} | {rf"\{c}": c for c in "{}$&#%_"}


def as_typeset(value: str) -> str:
    """What TeX makes of an escaped text."""
    found, at = "", 0
    while at < len(value):
        known = next((tex for tex in _PLAIN if value.startswith(tex, at)), "")
        assert known or value[at] not in "\\{}$&#%_^~", f"TeX reads {value[at]!r} as a command: {value[at:]}"
        found += _PLAIN.get(known, value[at])
        at += len(known) or 1
    return found


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, small_folder: Path, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("cite"), encoder) as made:
        yield made


def test_bibtex_reads_back_with_every_sign_that_tex_takes_for_a_command() -> None:
    entry = bibtexparser.parse_string(bibtex(NASTY)).entries[0]
    assert (entry.entry_type, entry.key) == ("misc", "goodways-nasty_id-1.b")
    fields = {field.key: str(field.value) for field in entry.fields}
    assert as_typeset(fields["title"].removeprefix("{").removesuffix("}")) == NASTY.title
    assert as_typeset(fields["abstract"]) == NASTY.abstract
    assert NASTY.source in as_typeset(fields["note"])
    assert (fields["author"], fields["year"], fields["month"], fields["url"], fields["version"]) == (
        "{Goodways}", "2026", "11", NASTY.address, "3",
    )  # fmt: skip


def test_ris_reads_back() -> None:
    entries = rispy.loads(ris(NASTY))
    assert len(entries) == 1
    entry = entries[0]
    assert (entry["type_of_reference"], entry["title"], entry["authors"]) == ("ELEC", NASTY.title, ["Goodways"])
    assert (entry["year"], entry["urls"], entry["abstract"]) == ("2026", [NASTY.address], NASTY.abstract)
    assert NASTY.source in entry["notes"][0]


def test_csl_json_reads_back() -> None:
    item = json.loads(csl_json(NASTY))[0]
    assert (item["type"], item["title"], item["URL"], item["version"]) == ("webpage", NASTY.title, NASTY.address, "3")
    assert item["issued"] == {"date-parts": [[2026, 11, 5]]}


def test_a_title_of_several_lines_cannot_begin_a_new_field(client: TestClient, tmp_path: Path) -> None:
    record = {
        "id": "lines", "type": "GoodPractice", "language": "en", "title": "One\nER  - \nTY  - BOOK\r\n}, url = {x}",
        "summary": "First.\n\nAU  - Somebody else", "source": "https://example.org/lines",
    }  # fmt: skip
    add(client, tmp_path, record)
    entries = rispy.loads(client.get("/cite/practice/lines.ris").text)
    assert [(e["type_of_reference"], e["authors"]) for e in entries] == [("ELEC", ["Goodways"])]
    library = bibtexparser.parse_string(client.get("/cite/practice/lines.bib").text)
    assert len(library.entries) == 1
    assert not library.failed_blocks
    assert library.entries[0]["url"].startswith("https://w3id.org/")


def test_every_form_of_a_record_says_the_same_and_its_page_leads_there(client: TestClient) -> None:
    page = client.get("/page/practice/one").text
    release = site_of(client).record("practice", "one")[2]
    for ending, media_type in {
        "bib": "application/x-bibtex", "ris": "application/x-research-info-systems",
        "json": "application/vnd.citationstyles.csl+json",
    }.items():  # fmt: skip
        path = f"/cite/practice/one.{ending}"
        assert f'href="{path}"' in page
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media_type)
        assert f'filename="one.{ending}"' in answer.headers["content-disposition"]
        for part in ("Deaf learners train as joiners in Granada", "https://w3id.org/goodways/id/practice/one",
                     str(release.when.year), f"Version {release.number}", "https://example.org/one"):  # fmt: skip
            assert part in answer.text, (ending, part)


def test_what_is_not_there_is_said_in_a_sentence(client: TestClient) -> None:
    for path in ("/cite/practice/none.bib", "/cite/practice/one.xml", "/cite/practice/one", "/cite/material/one.bib"):
        assert client.get(path).status_code == 404, path
    assert "use .bib, .ris, .json" in client.get("/cite/practice/one.xml").text


def test_an_unchanged_citation_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/cite/material/three.bib")
    again = client.get("/cite/material/three.bib", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
