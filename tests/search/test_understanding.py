"""What a question names."""

import timeit
from pathlib import Path

import pytest

from ontology import EU_LANGUAGES
from search import Searcher
from search.labels import Concepts
from search.understanding import KINDS, Understanding, Understood

from . import understanding_table
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
    kinds = set(KINDS) - {"country", "region", "programme"}  # names of these are much the same in all languages
    names = [c.labels["en"] for c in searcher.concepts.values() if c.kind in kinds]
    names = [name for name in names if " " in name][::3]
    wrong = [name for name in names if understood(searcher, name).language != "en"]
    assert len(names) > 40
    assert len(wrong) <= 0.1 * len(names), wrong


# From here on the language is given, so that no model is needed.

INFLECTED = {
    "bg": ("в Испания", "ES"), "cs": ("do Španělska a ve Španělsku", "ES"), "da": ("til Spaniens kyst", "ES"),
    "de": ("nach Irland", "IE"), "el": ("στην Ισπανία", "ES"), "en": ("Spain's companies", "ES"),
    "es": ("empresas irlandesas", "IE"), "et": ("Hispaaniasse", "ES"), "fi": ("Espanjassa ja Irlannista", "IE"),
    "fr": ("les entreprises irlandaises", "IE"), "ga": ("sa Spáinn", "ES"), "hr": ("u Irskoj", "IE"),
    "hu": ("Spanyolországba", "ES"), "it": ("aziende irlandesi", "IE"), "lt": ("į Ispaniją", "ES"),
    "lv": ("uz Spāniju", "ES"), "mt": ("għal Spanja", "ES"), "nl": ("Spanjes scholen", "ES"),
    "pl": ("do Irlandii", "IE"), "pt": ("empresas irlandesas", "IE"), "ro": ("regiunile Spaniei", "ES"),
    "sk": ("v Španielsku", "ES"), "sl": ("v Španijo", "ES"), "sv": ("Irlands skolor", "IE"),
}  # fmt: skip
CAPITALS = {
    "bg": "в Прага", "cs": "v Praze nebo Paříži", "da": "i Paris", "de": "in Paris", "el": "στο Παρίσι",
    "en": "in Paris", "es": "en París", "et": "Pariisis", "fi": "Pariisissa", "fr": "à Paris", "ga": "i bPáras",
    "hr": "u Parizu", "hu": "Párizsban", "it": "a Parigi", "lt": "Paryžiuje", "lv": "Parīzē", "mt": "f'Pariġi",
    "nl": "in Parijs", "pl": "w Paryżu", "pt": "em Paris", "ro": "la Paris", "sk": "v Paríži", "sl": "v Parizu",
    "sv": "i Paris",
}  # fmt: skip


@pytest.fixture(scope="session")
def concepts() -> Concepts:
    return understanding_table.all_concepts()


@pytest.fixture(scope="session")
def understanding(concepts: Concepts) -> Understanding:
    return understanding_table.understanding_of(concepts)


@pytest.fixture(scope="session")
def scores(understanding: Understanding, concepts: Concepts) -> dict[str, understanding_table.Score]:
    return understanding_table.scores(understanding, concepts)


def named(understanding: Understanding, concepts: Concepts, text: str, language: str) -> list[str]:
    read = understanding.read(text, language=language)
    return [f"{concepts[iri].kind}/{concepts[iri].code}" for iri in read.concepts]


def hows(understanding: Understanding, text: str, language: str) -> set[tuple[str, str]]:
    return {(text[m.start : m.end], m.how) for m in understanding.read(text, language=language).mentions}


def test_there_are_ten_cases_in_every_language_with_mistakes_and_with_nothing_to_find() -> None:
    cases = understanding_table.cases()
    for language in EU_LANGUAGES:
        own = [case for case in cases if case.language == language]
        assert len(own) >= 10, language
        assert sum("typo" in case.note or "no " in case.note or " for " in case.note for case in own) >= 2, language
        assert sum(not case.allowed for case in own) >= 2, language


def test_every_expected_code_is_a_concept(concepts: Concepts) -> None:
    known = {f"{concept.kind}/{concept.code}" for concept in concepts.values()}
    assert not [(case.question, case.allowed - known) for case in understanding_table.cases() if case.allowed - known]


def test_what_is_read_is_right_and_little_is_missed(scores: dict[str, understanding_table.Score]) -> None:
    assert scores["all"].precision >= 0.95, understanding_table.table(scores)
    assert scores["all"].recall >= 0.92, understanding_table.table(scores)


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_no_language_is_left_behind(scores: dict[str, understanding_table.Score], language: str) -> None:
    assert scores[language].recall >= 0.85, scores[language].faults
    assert scores[language].precision >= 0.9, scores[language].faults


@pytest.mark.parametrize("language", INFLECTED)
def test_a_country_is_found_in_its_inflected_forms(
    understanding: Understanding, concepts: Concepts, language: str
) -> None:
    text, code = INFLECTED[language]
    assert f"country/{code}" in named(understanding, concepts, text, language)


@pytest.mark.parametrize("language", CAPITALS)
def test_a_capital_stands_for_its_country(understanding: Understanding, concepts: Concepts, language: str) -> None:
    assert {"country/FR", "country/CZ"} & set(named(understanding, concepts, CAPITALS[language], language))


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "German lessons"), ("en", "we speak Italian"), ("fr", "un cours d'espagnol"), ("pl", "kurs włoski")],
)
def test_a_language_is_no_country(understanding: Understanding, concepts: Concepts, language: str, text: str) -> None:
    assert not [code for code in named(understanding, concepts, text, language) if code.startswith("country/")]


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("en", "practices from Andalucía", "region/ES61"),
        ("de", "Azubis aus Bayern", "region/DE2"),
        ("fr", "en Bretagne", "region/FRH"),
        ("it", "scuole della Sicilia", "region/ITG1"),
        ("en", "andalucía", "region/ES61"),
    ],
)
def test_a_region_is_found_by_its_name(
    understanding: Understanding, concepts: Concepts, language: str, text: str, code: str
) -> None:
    assert code in named(understanding, concepts, text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "un centro en el norte"),
        ("fr", "Nord ou sud"),
        ("nl", "Regen in de stad"),
        ("fr", "celle qui part"),
        ("et", "päris palju"),
        ("it", "Fermò la macchina"),
    ],
)
def test_an_ordinary_word_is_no_region(
    understanding: Understanding, concepts: Concepts, language: str, text: str
) -> None:
    assert not [code for code in named(understanding, concepts, text, language) if code.startswith("region/")]


@pytest.mark.parametrize(
    ("language", "text", "word", "code"),
    [
        ("en", "weelchair users", "weelchair users", "target-group/wheelchair-users"),
        ("en", "apprentcies abroad", "apprentcies", "target-group/apprentices"),
        ("en", "going to Protugal", "Protugal", "country/PT"),
        ("de", "Lehrlnge und Flüchtlige", "Lehrlnge", "target-group/apprentices"),
        ("fi", "kuuroja Irlanissa", "Irlanissa", "country/IE"),
        ("sv", "lärlignar", "lärlignar", "target-group/apprentices"),
    ],
)
def test_a_slip_of_the_finger_is_seen_through(
    understanding: Understanding, concepts: Concepts, language: str, text: str, word: str, code: str
) -> None:
    assert code in named(understanding, concepts, text, language)
    assert (word, "typing mistake") in hows(understanding, text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "fragen"), ("fr", "mètres"), ("en", "hungry singing"), ("nl", "schoenen"), ("es", "artistas gracias")],
)
def test_an_ordinary_word_is_no_slip_of_the_finger(understanding: Understanding, language: str, text: str) -> None:
    assert hows(understanding, text, language) == set()


def test_of_everyday_sentences_hardly_any_is_taken_for_a_slip_or_a_compound(
    understanding: Understanding, shared: Path
) -> None:
    three = {"bul": "bg", "ces": "cs", "dan": "da", "deu": "de", "ell": "el", "est": "et", "fin": "fi", "fra": "fr",
             "gle": "ga", "hrv": "hr", "hun": "hu", "ita": "it", "lit": "lt", "nld": "nl", "pol": "pl", "por": "pt",
             "ron": "ro", "slk": "sk", "slv": "sl", "spa": "es", "swe": "sv"}  # fmt: skip
    read = guessed = 0
    for code, language in three.items():
        path = shared / "tatoeba" / f"tatoeba.{code}-eng.{code}"
        for sentence in path.read_text(encoding="utf-8").splitlines()[:300]:
            read += 1
            guessed += any(how != "label" for _, how in hows(understanding, sentence, language))
    assert read > 6000
    assert guessed <= 0.006 * read


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("de", "Rollstuhlbasketball", "target-group/wheelchair-users"),
        ("de", "Flüchtlingsunterkunft", "target-group/refugees"),
        ("nl", "vluchtelingenkinderen", "target-group/refugees"),
        ("fi", "pyörätuolinkäyttäjille", "target-group/wheelchair-users"),
        ("sv", "rullstolstennis", "target-group/wheelchair-users"),
        ("hu", "kerekesszékhasználóknak", "target-group/wheelchair-users"),
        ("et", "ratastoolitennis", "target-group/wheelchair-users"),
    ],
)
def test_a_compound_is_read_by_its_first_part(
    understanding: Understanding, concepts: Concepts, language: str, text: str, code: str
) -> None:
    assert code in named(understanding, concepts, text, language)
    assert hows(understanding, text, language) == {(text, "compound")}


@pytest.mark.parametrize(
    ("language", "with_accents", "without"),
    [
        ("es", "jóvenes con depresión en Bélgica", "jovenes con depresion en Belgica"),
        ("cs", "žáci s postižením v Řecku", "zaci s postizenim v Recku"),
        ("de", "Schüler nach Österreich", "Schueler nach Oesterreich"),
        ("el", "κωφοί μαθητές", "κωφοι μαθητες"),
        ("pl", "więźniowie", "wiezniowie"),
    ],
)
def test_missing_accents_do_not_matter(
    understanding: Understanding, concepts: Concepts, language: str, with_accents: str, without: str
) -> None:
    found = named(understanding, concepts, with_accents, language)
    assert found
    assert named(understanding, concepts, without, language) == found


def test_mentions_say_which_words_were_read(understanding: Understanding, concepts: Concepts) -> None:
    text = "Are there grants for deaf young people, going to Ireland?"
    read = understanding.read(text, language="en")
    words = [(concepts[m.iri].code, text[m.start : m.end], m.how) for m in read.mentions]
    assert ("financial-support", "grants", "label") in words
    assert ("young-people", "young people", "label") in words
    assert ("deaf-people", "deaf young people", "label") in words
    assert words[-1] == ("IE", "Ireland", "label")
    assert [m.start for m in read.mentions] == sorted(m.start for m in read.mentions)
    assert read.concepts == tuple(dict.fromkeys(m.iri for m in read.mentions))


def test_what_is_not_meant_is_not_mentioned(understanding: Understanding) -> None:
    text = "deaf people in Ireland"
    first = understanding.read(text, language="en").concepts[0]
    again = understanding.read(text, not_meant=frozenset({first}), language="en")
    assert first not in again.concepts
    assert first not in [mention.iri for mention in again.mentions]
    assert again.concepts


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "dyslexia", "barrier/eplus-2014.disability-learning"),
        ("en", "single parents", "barrier/eplus-2021.social-single-parent"),
    ],
)
def test_other_definitions_are_read_where_the_programme_guide_has_no_word(
    understanding: Understanding, concepts: Concepts, language: str, text: str, expected: str
) -> None:
    barriers = [code for code in named(understanding, concepts, text, language) if code.startswith("barrier/")]
    assert expected in barriers
    assert len({code.partition(".")[0] == "barrier/eplus-2021" for code in barriers}) == 1


@pytest.mark.parametrize(
    ("language", "text", "code"),
    [
        ("es", "alma", "programme/alma"),
        ("en", "he", "sector/he"),
        ("en", "vet", "sector/vet"),
        ("pl", "idą", "programme"),
    ],
)
def test_an_abbreviation_is_read_only_as_it_is_written(
    understanding: Understanding, concepts: Concepts, language: str, text: str, code: str
) -> None:
    assert not [found for found in named(understanding, concepts, text, language) if found.startswith(code)]


def test_abbreviations_in_capitals_are_read(understanding: Understanding, concepts: Concepts) -> None:
    assert "sector/vet" in named(understanding, concepts, "VET in the UK", "en")
    assert "country/GB" in named(understanding, concepts, "VET in the UK", "en")


def test_languages_are_prepared_when_they_are_used_and_reading_takes_less_than_a_few_milliseconds(
    concepts: Concepts,
) -> None:
    fresh: list[Understanding] = []
    assert min(timeit.repeat(lambda: fresh.append(understanding_table.understanding_of(concepts)), number=1)) < 0.3
    question = "How can a wheelchair user from our small school do a placement of three weeks in Spain?"
    fresh[0].read(question, language="en")
    assert min(timeit.repeat(lambda: fresh[0].read(question, language="en"), number=20, repeat=5)) / 20 < 0.003


def test_a_long_text_that_repeats_a_label_is_read_quickly(understanding: Understanding) -> None:
    text = ("people with people in young people " * 60)[:2000]
    assert min(timeit.repeat(lambda: understanding.read(text, language="en"), number=1, repeat=3)) < 0.5
