"""Word forms and the word index."""

import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kg import DataFolderError
from ontology import EU_LANGUAGES
from search.words import WordIndex, fold, form, forms, telling_forms, tokens

CORPUS = Path(__file__).parents[2] / "corpus"

# Two forms of one word, as the field uses it.
INFLECTED = {
    "bg": "училище училището", "cs": "studenty studentů", "da": "lærlinge lærlingene", "de": "Lehrlinge Lehrlingen",
    "el": "μαθητές μαθητών", "en": "apprentices apprentice", "es": "profesores profesoras", "et": "õpilased õpilaste",
    "fi": "opettaja opettajat", "fr": "apprentis apprenti", "ga": "múinteoir mhúinteoir",
    "hr": "učenik učenika", "hu": "tanulók tanulóknak", "it": "studente studenti", "lt": "mokiniai mokinių",
    "lv": "skolēni skolēniem", "mt": "studenti studenta", "nl": "leerlingen leerling",
    "pl": "niesłyszący niesłyszących", "pt": "aprendizes aprendiz", "ro": "elevii elevilor",
    "sk": "študenti študentov", "sl": "študenti študentov", "sv": "elever eleverna",
}  # fmt: skip


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_two_forms_of_a_word_are_comparable_in_every_language(language: str) -> None:
    one, other = forms(INFLECTED[language], language)
    assert one == other


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_words_of_every_language_are_found_by_another_form(language: str) -> None:
    index = WordIndex(None)
    one, other = INFLECTED[language].split()
    index.replace([], [("a", language, f"{one} 2021"), ("b", language, "Erasmus 2022")])
    assert list(index.scores(other, language)) == ["a"]


def test_different_words_stay_different() -> None:
    assert form("mobile", "en") != form("mobster", "en")
    assert form("Schule", "de") != form("Schuld", "de")
    assert form("πολιτική", "el") != form("πόλη", "el")


@pytest.mark.parametrize(
    ("typed", "written", "language"),
    [
        ("etrangers", "étrangers", "fr"),
        ("lodz", "Łódź", "pl"),
        ("szkola", "szkoła", "pl"),
        ("dak", "đak", "hr"),
        ("laerlinge", "lærlinge", "da"),
        ("haddiema", "ħaddiema", "mt"),
        ("ecoles", "ÉCOLES", "fr"),
        ("μαθητες", "μαθητές", "el"),
        ("opilased", "õpilased", "et"),
        ("studenti", "študenti", "sk"),
        ("Konnen", "Können", "de"),
    ],
)
def test_a_word_typed_without_accents_is_the_word(typed: str, written: str, language: str) -> None:
    assert form(typed, language) == form(written, language)


def test_most_accented_words_of_the_corpus_can_be_typed_without_accents() -> None:
    same = total = 0
    for path in CORPUS.glob("*/*.yaml"):
        for language, text in yaml.safe_load(path.read_text(encoding="utf-8"))["summary"].items():
            for start, end in tokens(text):
                word = text[start:end]
                if fold(word) != word.casefold():
                    total += 1
                    same += form(word, language) == form(fold(word), language)
    assert total > 1000
    assert same / total > 0.8


def test_letters_with_an_accent_of_their_own_are_one_word() -> None:
    apart = unicodedata.normalize("NFD", "étranger élèves")
    assert forms(apart, "fr") == forms("étranger élèves", "fr")
    assert len(forms(apart, "fr")) == 2


@pytest.mark.parametrize("mark", ["'", "’"])
def test_an_article_before_an_apostrophe_is_no_part_of_the_word(mark: str) -> None:
    assert forms(f"l{mark}étranger d{mark}élèves", "fr") == forms("étranger élèves", "fr")
    assert forms(f"all{mark}estero", "it") == forms("estero", "it")
    assert forms(f"learner{mark}s", "en") == forms("learner", "en")


def test_english_apostrophes_do_not_cut_words() -> None:
    assert forms("don’t", "en") == forms("don't", "en")
    assert len(forms("don’t", "en")) == 1


@given(st.text(max_size=200), st.sampled_from([*EU_LANGUAGES, "no", "xx"]))
def test_any_text_has_forms_without_space_or_capitals(text: str, language: str) -> None:
    for word in forms(text, language):
        assert word == "".join(word.split()).casefold()


@given(st.text(max_size=200))
def test_tokens_are_parts_of_the_text_in_order(text: str) -> None:
    spans = tokens(text)
    assert all(start < end for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_words_that_say_nothing_are_not_asked_for_unless_there_are_no_others() -> None:
    assert telling_forms("how can the deaf", "en") == ["deaf"]
    assert telling_forms("how can the", "en") == forms("how can the", "en")


def test_words_count_in_the_language_of_the_question_only() -> None:
    index = WordIndex(None)
    index.replace([], [("de", "de", "Mobilität in Rom"), ("en", "en", "Rom and Rome"), ("xx", "no", "Rom")])
    assert list(index.scores("Rom", "de")) == ["de"]
    assert list(index.scores("Rom", "en")) == ["en"]
    assert index.scores("Rom", "fr") == {}


def test_a_rare_word_counts_more_than_a_frequent_one() -> None:
    index = WordIndex(None)
    texts = [(f"r{n}", "en", "mobility project") for n in range(9)]
    index.replace([], [*texts, ("rare", "en", "carpentry project")])
    scores = index.scores("carpentry mobility", "en")
    assert max(scores, key=lambda record: scores[record]) == "rare"


def test_replacing_a_record_removes_its_old_words() -> None:
    index = WordIndex(None)
    index.replace([], [("a", "en", "carpentry"), ("b", "en", "joinery")])
    index.replace(["a"], [("a", "en", "nursing")])
    assert index.scores("carpentry", "en") == {}
    assert list(index.scores("nursing", "en")) == ["a"]
    assert index.count() == 2
    index.clear()
    assert index.count() == 0


def test_the_index_outlives_its_process(tmp_path: Path) -> None:
    WordIndex(tmp_path / "words").replace([], [("a", "en", "carpentry")])
    assert list(WordIndex(tmp_path / "words").scores("carpentry", "en")) == ["a"]


def test_a_question_without_words_finds_nothing_by_words() -> None:
    index = WordIndex(None)
    index.replace([], [("a", "en", "carpentry")])
    for text in ("", " ", "!?", "\x00", "😀", "— …"):
        assert index.scores(text, "en") == {}


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("no folder")
    with pytest.raises(DataFolderError, match="delete that folder and run `goodways build`"):
        WordIndex(tmp_path / "words")
