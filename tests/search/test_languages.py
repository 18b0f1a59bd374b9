"""Language in vectors, and the language of a question."""

import numpy as np
import pytest

from kg.detection import detect
from ontology import EU_LANGUAGES
from search import Encoder, Searcher
from search.languages import language_space, no_language_space

QUESTIONS = {
    "bg": ["Стаж в чужбина за глухи ученици", "Как да подкрепим млади хора без работа?"],
    "cs": ["Stáž v zahraničí pro žáky s postižením", "Jak získat peníze na cestu do ciziny?"],
    "da": ["Praktik i udlandet for unge uden job", "Hvordan støtter vi lærlinge med handicap?"],
    "de": ["Auslandspraktikum für gehörlose Lehrlinge", "Wer bezahlt die Reise der Begleitperson?"],
    "el": ["Πρακτική στο εξωτερικό για κωφούς μαθητές", "Πώς στηρίζουμε νέους χωρίς δουλειά;"],
    "en": ["placement abroad for deaf apprentices", "Who pays for the accompanying person?"],
    "es": ["Prácticas en el extranjero para alumnos sordos", "¿Cómo apoyar a jóvenes sin empleo?"],
    "et": ["Välispraktika kurtidele õpilastele", "Kuidas toetada töötuid noori?"],
    "fi": ["Työharjoittelu ulkomailla kuuroille opiskelijoille", "Miten tuemme nuoria ilman työtä?"],
    "fr": ["Stage à l'étranger pour des apprentis sourds", "Comment aider les jeunes sans emploi ?"],
    "ga": ["Taithí oibre thar lear do dhaoine bodhra", "Conas is féidir tacú le daoine óga gan phost?"],
    "hr": ["Praksa u inozemstvu za gluhe učenike", "Kako podržati mlade koji nemaju posao?"],
    "hu": ["Külföldi gyakorlat siket tanulóknak", "Hogyan segítsük a munkanélküli fiatalokat?"],
    "it": ["Tirocinio all'estero per studenti sordi", "Come aiutare i giovani senza lavoro?"],
    "lt": ["Praktika užsienyje kurtiems mokiniams", "Kaip padėti jaunimui be darbo?"],
    "lv": ["Prakse ārzemēs nedzirdīgiem skolēniem", "Kā palīdzēt jauniešiem bez darba?"],
    "mt": ["Taħriġ barra minn Malta għal żgħażagħ torox", "Kif ngħinu liż-żgħażagħ bla xogħol?"],
    "nl": ["Stage in het buitenland voor dove leerlingen", "Hoe helpen we jongeren zonder werk?"],
    "pl": ["Staż za granicą dla niesłyszących uczniów", "Jak wspierać młodych ludzi bez pracy?"],
    "pt": ["Estágio no estrangeiro para alunos surdos", "Como apoiar jovens sem emprego?"],
    "ro": ["Stagiu în străinătate pentru elevi surzi", "Cum îi ajutăm pe tinerii fără loc de muncă?"],
    "sk": ["Stáž v zahraničí pre nepočujúcich žiakov", "Ako podporiť mladých ľudí bez práce?"],
    "sl": ["Praksa v tujini za gluhe dijake", "Kako podpreti mlade brez zaposlitve?"],
    "sv": ["Praktik utomlands för döva elever", "Hur stödjer vi unga utan arbete?"],
}
FIELD_ENGLISH = [
    "job shadowing", "adult learners mobility", "people with disabilities", "sheltered workshop staff abroad",
    "inclusion", "vocational training placement", "prison education", "apprentices",
]  # fmt: skip


def test_the_questions_cover_all_languages() -> None:
    assert set(QUESTIONS) == set(EU_LANGUAGES)


def test_projected_vectors_have_unit_length_and_nothing_along_the_directions() -> None:
    space = language_space()
    raw = np.random.default_rng(0).normal(size=(50, space.directions.shape[1])).astype(np.float32)
    plain = space.without_language(raw)
    assert np.allclose(np.linalg.norm(plain, axis=1), 1, atol=1e-5)
    assert np.abs(plain @ space.directions.T).max() < 1e-5


def test_the_directions_are_orthonormal() -> None:
    directions = language_space().directions
    assert np.allclose(directions @ directions.T, np.eye(len(directions)), atol=1e-4)


def test_a_vector_that_is_all_language_gives_numbers_still() -> None:
    space = language_space()
    assert np.isfinite(space.without_language(np.vstack([space.directions[:1], 0 * space.directions[:1]]))).all()


def test_translations_come_nearer_than_neighbours_in_the_language(encoder: Encoder) -> None:
    texts = [question for both in QUESTIONS.values() for question in both]
    raw = encoder.queries(texts)
    plain = encoder.space.without_language(raw)

    def share(vectors: np.ndarray) -> float:
        """How often the nearest text of another language is nearer than the other question in the own one."""
        near = vectors @ vectors.T
        best_abroad = [max(near[n][m] for m in range(len(texts)) if m // 2 != n // 2) for n in range(len(texts))]
        return float(np.mean([best_abroad[n] > near[n][n ^ 1] for n in range(len(texts))]))

    assert share(plain) > 0.98
    assert share(plain) >= share(raw)


def test_another_model_gets_a_space_that_changes_nothing() -> None:
    raw = np.eye(3, dtype=np.float32)
    assert (no_language_space(3).without_language(raw) == raw).all()


def test_the_language_of_short_questions_is_right_in_nineteen_of_twenty() -> None:
    wrong = []
    for language, questions in QUESTIONS.items():
        for question in questions:
            guessed, sure = detect(question)
            assert 0 < sure <= 1
            if guessed != language:
                wrong.append((language, guessed, question))
    assert len(wrong) <= 0.05 * 2 * len(QUESTIONS), wrong


@pytest.mark.parametrize("text", FIELD_ENGLISH)
def test_the_fields_english_words_are_english(searcher: Searcher, text: str) -> None:
    understood = searcher.search(text).understood
    assert understood
    assert understood.language == "en"


@pytest.mark.parametrize("text", ["", "2021-1-DE02", "???", "😀", "x" * 5000])
def test_text_of_no_language_still_gets_one(text: str) -> None:
    language, sure = detect(text)
    assert language in EU_LANGUAGES
    assert 0 < sure <= 1
