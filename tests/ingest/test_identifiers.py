"""One normal form for every spelling of a reference, a DOI, an ISBN and a web address; what differs stays different."""

from typing import Any

import pytest
import yaml

from ingest.identifiers import address_key, identifiers, of_address, of_reference, of_text, original_address
from tests.conftest import ROOT

PARTNERSHIP = "ref:2018-1-DE02-KA202-005220"


@pytest.mark.parametrize(
    "said",
    [
        "2018-1-DE02-KA202-005220", "2018 1 DE02 KA202 005220", "2018_1_de02_ka202_005220", "2018-1-de02-KA202-5220",
        "2018–1–DE02–KA202–005220", "20181DE02KA202005220", "2018-1-DE02-KA202-005220_3",
        "Nr. 2018-1-DE02-KA202-005220.", "2018/1/DE02/KA202/005220", "２０１８-1-DE02-KA202-005220",
    ],
)  # fmt: skip
def test_a_project_reference_is_the_same_in_every_spelling(said: str) -> None:
    assert of_reference(said) == {PARTNERSHIP}
    assert identifiers({"projectReference": [said]}) == {PARTNERSHIP}
    assert identifiers({"projectReference": said}) == {PARTNERSHIP}


@pytest.mark.parametrize(
    ("said", "normal"),
    [
        ("2022-1-AT01-KA210-YOU-82032", "ref:2022-1-AT01-KA210-YOU-000082032"),
        ("KA202-2018-012", "ref:KA202-2018-012"),
        ("ka202 2018 012", "ref:KA202-2018-012"),
        ("612345-EPP-1-2019-1-FR-EPPKA3-PI-FORWARD", "ref:612345-EPP"),
        ("612345 EPP 1 2019 1 FR", "ref:612345-EPP"),
        ("503221-LLP-1-2009-1-DE-LEONARDO-LMP", "ref:503221-LLP"),
        ("101055563", "ref:101055563"),
        ("Project 101055563 — NAME — ERASMUS-EDU-2021", "ref:101055563"),
        ("2010-1-DE2-LEO05-05147 1", "ref:2010-1-DE2-LEO05-05147"),
        ("LLP-LdV/IVT/2010/LT/0379", "ref:LLP-LDV-IVT-2010-LT-0379"),
        ("LLP-LdV-IVT-2010-LT-0379", "ref:LLP-LDV-IVT-2010-LT-0379"),
        ("DE/10/LLP-LdV/IVT/280379", "ref:DE-10-LLP-LDV-IVT-280379"),
        ("CZ.1.04/5.1.01/77.00361", "ref:CZ-1-04-5-1-01-77-00361"),
    ],
)
def test_references_of_all_programmes_have_a_normal_form(said: str, normal: str) -> None:
    assert of_reference(said) == {normal}


def test_two_references_in_one_field_are_two() -> None:
    assert of_reference("2018-1-DE02-KA202-005220; 2019-1-DE02-KA202-005221") == {
        PARTNERSHIP,
        "ref:2019-1-DE02-KA202-005221",
    }


@pytest.mark.parametrize("said", ["", "n/a", "none", "Erasmus+", "2018", "KA202", "KA220-VET", "12"])
def test_what_names_no_project_is_no_reference(said: str) -> None:
    assert of_reference(said) == set()


@pytest.mark.parametrize(
    "address",
    [
        "https://doi.org/10.5281/Zenodo.123", "http://dx.doi.org/10.5281%2Fzenodo.123", "https://www.doi.org/10.5281/zenodo.123",
        "https://doi.org/10.5281/zenodo.123?utm_source=x", "https://web.archive.org/web/2020/https://doi.org/10.5281/zenodo.123",
    ],
)  # fmt: skip
def test_a_doi_is_the_same_with_every_resolver(address: str) -> None:
    assert of_address(address) == {"doi:10.5281/zenodo.123"}
    assert of_text("See doi:10.5281/zenodo.123, and (DOI 10.5281/ZENODO.123).") == {"doi:10.5281/zenodo.123"}


def test_a_doi_is_found_in_the_address_of_its_publisher() -> None:
    assert "doi:10.1007/s11-22_33" in of_address("https://link.springer.com/content/pdf/10.1007/s11-22_33.pdf?x=1")
    assert "doi:10.5281/zenodo.77" in of_address("https://zenodo.org/records/77")
    assert of_text("10.1016/S0140-6736(05)123.") == {"doi:10.1016/s0140-6736(05)123"}


def test_an_isbn_is_the_same_with_ten_digits_and_with_thirteen_and_a_wrong_one_is_none() -> None:
    assert of_text("ISBN 3-16-148410-X") == of_text("ISBN-13: 978-3-16-148410-0") == {"isbn:9783161484100"}
    assert of_text("ISBN 978-3-16-148410-1 and ISBN 3-16-148410-1") == set()


@pytest.mark.parametrize(
    "variant",
    [
        "https://example.org/a/b?x=1&y=2", "http://www.example.org/a/b/?y=2&x=1", "HTTPS://EXAMPLE.ORG:443/a/b?x=1&y=2",
        "http://example.org:80/a/./c/../b?x=1&y=2#part", "https://example.org/a/b/index.html?x=1&y=2",
        "https://example.org/a/%62?utm_source=n&fbclid=3&x=1&y=2&utm_campaign=z", "https://user:word@example.org/a/b?x=1&y=2",
        "https://web.archive.org/web/20200101000000/https://example.org/a/b?x=1&y=2",
        "https://web.archive.org/web/20200101000000if_/http:/www.example.org/a/b?x=1&y=2",
        "https://web.archive.org/web/2020*/example.org/a/b?x=1&y=2",
        "https://archive.ph/20200101000000/https://example.org/a/b?x=1&y=2",
        "https://arquivo.pt/wayback/20200101000000/http://example.org/a/b?x=1&y=2",
        "  https://example.org/a/b/index.php?x=1&y=2 ", "https://example.org./a/b?x=1&y=2",
    ],
)  # fmt: skip
def test_an_address_is_the_same_in_every_spelling(variant: str) -> None:
    assert of_address(variant) == {"url:example.org/a/b?x=1&y=2"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/de/page", "https://example.org/en/page"),
        ("https://de.example.org/page", "https://example.org/page"),
        ("https://example.org/page?lang=de", "https://example.org/page?lang=en"),
        ("https://example.org/?p=1", "https://example.org/?p=2"),
        ("https://example.org/Page", "https://example.org/page"),
        ("https://example.org/#!/a", "https://example.org/#!/b"),
        ("https://example.org:8080/", "https://example.org/"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://strasse.example/", "https://straße.example/"),
    ],
)
def test_addresses_of_different_pages_stay_different(one: str, other: str) -> None:
    assert address_key(one) != address_key(other)
    assert address_key(one)
    assert address_key(other)


def test_a_host_in_punycode_is_the_one_in_its_own_script() -> None:
    assert address_key("https://xn--bcher-kva.example/~u/ü") == address_key("http://Bücher.example/%7Eu/%C3%BC")


@pytest.mark.parametrize(
    "nonsense", ["", "x", "http://[broken", "https://example.org:99999/", "javascript:alert(1)", "ftp://a/b", "http://"]
)
def test_what_is_no_web_address_has_no_key(nonsense: str) -> None:
    assert address_key(nonsense) == ""
    assert original_address(nonsense) == nonsense


def test_fields_of_the_wrong_kind_are_passed_over() -> None:
    broken: dict[str, Any] = {
        "source": 3, "furtherSource": ["x", {"url": None}, 7], "projectReference": {"a": 1}, "title": ["x"],
        "summary": None,
    }  # fmt: skip
    assert identifiers(broken) == frozenset()
    assert identifiers({}) == frozenset()


def test_hostile_texts_are_read_quickly() -> None:
    for text in (
        "1" * 200_000,
        "2018-1-" * 30_000,
        "ISBN " + "9-" * 100_000,
        "LLP-LdV-" + "A-" * 100_000,
        "10.1234/" * 50_000,
    ):
        of_text(text)
        of_reference(text)
        address_key("https://example.org/" + text[:50_000])


def test_what_title_summary_and_sources_name_is_found() -> None:
    fields = {
        "source": "https://www.example.org/x/",
        "furtherSource": [
            {"url": "https://erasmus-plus.ec.europa.eu/projects/search/details/2018-1-DE02-KA202-005220"}
        ],
        "title": {"en": "A handbook (ISBN 978-3-16-148410-0)"},
        "summary": "Published as doi:10.5281/zenodo.123. Read more at https://elsewhere.example/.",
    }
    found = identifiers(fields)
    assert {"url:example.org/x", PARTNERSHIP, "isbn:9783161484100", "doi:10.5281/zenodo.123"} <= found
    assert not any("elsewhere" in one for one in found)


def test_every_reference_of_the_corpus_has_a_normal_form_of_its_own() -> None:
    said: set[str] = set()
    for path in sorted((ROOT / "corpus").glob("*/*.yaml")):
        record = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        said.update(record.get("projectReference", []))
    normal = {reference: of_reference(reference) for reference in said}
    assert len(said) > 30
    assert [reference for reference, found in normal.items() if len(found) != 1] == []
    assert len({next(iter(found)) for found in normal.values()}) == len(said)
