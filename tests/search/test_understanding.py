"""What a question names."""

import pytest

from search import Searcher
from search.detection import Detector
from search.understanding import KINDS, Understood

from .test_languages import QUESTIONS

COUNTRIES = {
    "bg": ("България", "BG"), "cs": ("Česko", "CZ"), "da": ("Danmark", "DK"), "de": ("Österreich", "AT"),
    "el": ("Ελλάδα", "GR"), "en": ("Ireland", "IE"), "es": ("España", "ES"), "et": ("Eesti", "EE"),
    "fi": ("Suomi", "FI"), "fr": ("Belgique", "BE"), "ga": ("Éire", "IE"), "hr": ("Hrvatska", "HR"),
    "hu": ("Magyarország", "HU"), "it": ("Italia", "IT"), "lt": ("Lietuva", "LT"), "lv": ("Latvija", "LV"),
    "mt": ("Malta", "MT"), "nl": ("Nederland", "NL"), "pl": ("Polska", "PL"), "pt": ("Portugal", "PT"),
    "ro": ("România", "RO"), "sk": ("Slovensko", "SK"), "sl": ("Slovenija", "SI"), "sv": ("Sverige", "SE"),
}  # fmt: skip


def understood(searcher: Searcher, text: str) -> Understood:
    found = searcher.search(text, limit=0).understood
    assert found is not None
    return found


def codes(searcher: Searcher, text: str) -> list[str]:
    return [searcher.concepts[iri].code for iri in understood(searcher, text).concepts]


@pytest.mark.parametrize("language", COUNTRIES)
def test_a_country_is_understood_in_its_own_language(searcher: Searcher, language: str) -> None:
    name, code = COUNTRIES[language]
    question = f"{name}: {QUESTIONS[language][0]}"
    assert understood(searcher, question).language == language
    assert code in codes(searcher, question)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("deaf people and apprentices in Ireland", ["deaf-people", "apprentices", "IE"]),
        ("gehörlose Lehrlinge nach Irland", ["deaf-people", "apprentices", "IE"]),
        ("Wer fährt mit Auszubildenden im Rollstuhl nach Irland?", ["apprentices", "IE"]),
        ("un stage en Irlande pour des apprentis sourds", ["apprentices", "deaf-people", "IE"]),
        ("hospitácie učiteľov", ["job-shadowing"]),
        ("Sinti und Roma", ["roma"]),
        ("alleinerziehende Mütter mit Kindern", ["single-parents"]),
        ("kobiety w więzieniu", ["women"]),
        ("πρακτική άσκηση στην Ιρλανδία", ["IE"]),
        ("WOMEN, wheelchair users; job shadowing", ["women", "wheelchair-users", "job-shadowing"]),
    ],
)
def test_names_are_found_in_their_inflected_forms(searcher: Searcher, text: str, expected: list[str]) -> None:
    found = codes(searcher, text)
    assert [code for code in expected if code not in found] == []


def test_each_concept_is_named_once(searcher: Searcher) -> None:
    found = codes(searcher, "Irland, Irland und nochmals Irland für Lehrlinge und für Lehrlinge")
    assert len(found) == len(set(found))
    assert "IE" in found


def test_the_longest_name_wins(searcher: Searcher) -> None:
    assert "people-with-intellectual-disabilities" in codes(searcher, "people with intellectual disabilities")
    assert "people-with-disabilities" not in codes(searcher, "people with intellectual disabilities")
    assert "people-with-disabilities" in codes(searcher, "people with disabilities")


@pytest.mark.parametrize(
    "text", ["promotion of staff", "aroma therapy", "the city of Rome", "chromosomes", "romantic trips", "prom night"]
)
def test_a_name_is_not_found_inside_another_word(searcher: Searcher, text: str) -> None:
    assert "roma" not in codes(searcher, text)


@pytest.mark.parametrize("text", ["us", "it", "in", "no", "we are at it", "se", "de", "is", "be"])
def test_a_small_word_is_no_country(searcher: Searcher, text: str) -> None:
    kinds = [searcher.concepts[iri].kind for iri in understood(searcher, text).concepts]
    assert "country" not in kinds


def test_a_barrier_is_that_of_the_programme_guide(searcher: Searcher) -> None:
    found = codes(searcher, "young people who face economic barriers and economic obstacles")
    assert [code for code in found if "economic" in code] == ["eplus-2021.economic"]


@pytest.mark.parametrize("text", ["how do I do it?", "12345", "?!", "Xylophon Quark"])
def test_nothing_is_read_into_a_question_that_names_nothing(searcher: Searcher, text: str) -> None:
    assert codes(searcher, text) == []


def test_nine_of_ten_english_names_of_the_field_are_taken_for_english(searcher: Searcher) -> None:
    names = [c.labels["en"] for c in searcher.concepts.values() if c.kind in KINDS and c.kind != "country"]
    names = [name for name in names if " " in name][::3]
    detector = Detector(searcher.encoder.space)
    vectors = searcher.encoder.queries(names)
    wrong = [n for n, vector in zip(names, vectors, strict=True) if detector.detect(n, vector)[0] != "en"]
    assert len(names) > 40
    assert len(wrong) <= 0.1 * len(names), wrong
