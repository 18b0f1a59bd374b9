"""How long, how old and which years a question says."""

import pytest

from ontology import EU_LANGUAGES
from search.quantities import Quantities, read_quantities

TWO_WEEKS = {
    "bg": "две седмици", "cs": "dva týdny", "da": "to uger", "de": "zwei Wochen", "el": "δύο εβδομάδες",
    "en": "two weeks", "es": "dos semanas", "et": "kaks nädalat", "fi": "kaksi viikkoa", "fr": "deux semaines",
    "ga": "dhá sheachtain", "hr": "dva tjedna", "hu": "két hét", "it": "due settimane", "lt": "dvi savaitės",
    "lv": "divas nedēļas", "mt": "ġimagħtejn", "nl": "twee weken", "pl": "dwa tygodnie", "pt": "duas semanas",
    "ro": "două săptămâni", "sk": "dva týždne", "sl": "dva tedna", "sv": "två veckor",
}  # fmt: skip
THREE_MONTHS = {
    "bg": "за три месеца", "cs": "na tři měsíce", "da": "i tre måneder", "de": "für drei Monate",
    "el": "για τρεις μήνες", "en": "for three months", "es": "durante 3 meses", "et": "kolmeks kuuks",
    "fi": "kolmen kuukauden ajaksi", "fr": "pendant trois mois", "ga": "trí mhí", "hr": "na tri mjeseca",
    "hu": "három hónapra", "it": "per tre mesi", "lt": "tris mėnesius", "lv": "uz trim mēnešiem",
    "mt": "għal tliet xhur", "nl": "drie maanden", "pl": "na 3 miesiące", "pt": "por três meses", "ro": "trei luni",
    "sk": "na tri mesiace", "sl": "za tri mesece", "sv": "i tre månader",
}  # fmt: skip
OVER_60 = {
    "bg": "хора над 60 години", "cs": "lidé starší 60 let", "da": "mennesker over 60 år", "de": "Menschen über 60",
    "el": "άτομα άνω των 60 ετών", "en": "people over 60", "es": "mayores de 60 años", "et": "üle 60-aastased",
    "fi": "yli 60-vuotiaat", "fr": "les plus de 60 ans", "ga": "daoine os cionn 60 bliain",
    "hr": "stariji od 60 godina", "hu": "60 év felettiek", "it": "persone di più di 60 anni",
    "lt": "vyresni nei 60 metų", "lv": "vecāki par 60 gadiem",
    "mt": "nies ta' aktar minn 60 sena", "nl": "mensen ouder dan 60", "pl": "starsze niż 60 lat",
    "pt": "pessoas com mais de 60 anos", "ro": "persoane de peste 60 de ani", "sk": "ľudia nad 60 rokov",
    "sl": "ljudje, starejši od 60 let", "sv": "personer över 60 år",
}  # fmt: skip
FROM_18_TO_29 = {
    "bg": "на възраст 18-29 години", "cs": "ve věku 18-29 let", "da": "unge mellem 18 og 29 år",
    "de": "im Alter von 18 bis 29 Jahren", "el": "νέοι 18-29 ετών", "en": "aged 18-29", "es": "de 18 a 29 años",
    "et": "18–29-aastased", "fi": "18–29-vuotiaat", "fr": "de 18 à 29 ans", "ga": "18-29 bliain d'aois",
    "hr": "od 18 do 29 godina", "hu": "18-29 évesek", "it": "tra i 18 e i 29 anni", "lt": "18–29 metų",
    "lv": "18–29 gadus veci", "mt": "bejn 18 u 29 sena", "nl": "van 18 tot 29 jaar", "pl": "w wieku 18-29 lat",
    "pt": "dos 18 aos 29 anos", "ro": "între 18 și 29 de ani", "sk": "vo veku 18 až 29 rokov",
    "sl": "stari od 18 do 29 let", "sv": "mellan 18 och 29 år",
}  # fmt: skip


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_durations_are_read_in_every_language(language: str) -> None:
    assert read_quantities(TWO_WEEKS[language], language) == Quantities(days=(14, 14))
    assert read_quantities(THREE_MONTHS[language], language) == Quantities(days=(90, 90))


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_ages_are_read_in_every_language(language: str) -> None:
    assert read_quantities(OVER_60[language], language) == Quantities(age=(60, None))
    assert read_quantities(FROM_18_TO_29[language], language) == Quantities(age=(18, 29))


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_years_are_read_in_every_language(language: str) -> None:
    assert read_quantities("Erasmus+ 2021-2027, 2023", language).years == (2021, 2027, 2023)
    assert read_quantities("1989 2036 20211 n2021x", language).years == ()


@pytest.mark.parametrize(
    ("language", "text", "days"),
    [
        ("en", "2-3 weeks", (14, 21)),
        ("en", "one or two weeks", (7, 14)),
        ("de", "zwei bis drei Wochen", (14, 21)),
        ("en", "up to 10 days", (1, 10)),
        ("en", "at least two weeks", (14, 365)),
        ("fr", "15 jours au maximum", (15, 15)),
        ("ro", "20 de zile", (20, 20)),
        ("en", "two whole weeks", (14, 14)),
        ("en", "a month abroad", (30, 30)),
        ("en", "once a week for three months", (90, 90)),
        ("en", "1.5 months", (45, 45)),
    ],
)
def test_spans_and_bounds_of_a_stay(language: str, text: str, days: tuple[int, int]) -> None:
    assert read_quantities(text, language).days == days


@pytest.mark.parametrize(
    ("language", "text", "days"),
    [
        ("de", "dreiwöchiges Praktikum", 21),
        ("de", "14-tägiger Aufenthalt", 14),
        ("hu", "kéthetes gyakorlat", 14),
        ("cs", "dvoutýdenní stáž", 14),
        ("pl", "dwutygodniowy staż", 14),
        ("fi", "kaksiviikkoinen jakso", 14),
        ("et", "kahenädalane praktika", 14),
        ("el", "δεκαήμερη επίσκεψη", 10),
        ("mt", "xahrejn barra", 60),
    ],
)
def test_number_and_unit_in_one_word(language: str, text: str, days: int) -> None:
    assert read_quantities(text, language).days == (days, days)


@pytest.mark.parametrize(
    ("language", "text", "age"),
    [
        ("en", "our 17-year-old trainee", (17, 17)),
        ("de", "eine 17-Jährige", (17, 17)),
        ("hu", "17 éves lány", (17, 17)),
        ("en", "under 30", (None, 30)),
        ("en", "seniors 55 and over", (55, None)),
        ("en", "60+", (60, None)),
        ("en", "children aged 8", (8, 8)),
        ("sv", "åtta år gammal", (8, 8)),
        ("en", "18-29", (18, 29)),
    ],
)
def test_ages_in_other_words(language: str, text: str, age: tuple[int | None, int | None]) -> None:
    found = read_quantities(text, language)
    assert found.age == age
    assert found.days is None


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "over 60 participants from 5 schools"),
        ("en", "30-60 pupils"),
        ("en", "one of us, or two"),
        ("da", "mere end 50.000 bøger"),
        ("sv", "vi två är olika"),
        ("en", "more than 40 % of them"),
        ("fr", "un jour peut-être"),
        ("hu", "hat ember"),
        ("en", ""),
        ("en", "½ ² 1.2.3 ①"),
        ("xx", "two weeks"),
    ],
)
def test_other_numbers_are_no_quantities(language: str, text: str) -> None:
    assert read_quantities(text, language) == Quantities()


def test_all_kinds_stand_side_by_side() -> None:
    found = read_quantities("In 2025 we send 18 to 25 year olds abroad for 3 weeks", "en")
    assert found == Quantities(days=(21, 21), age=(18, 25), years=(2025,))
