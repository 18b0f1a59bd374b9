"""What a document says for a draft: what it states is a field, what its text says is a finding with its sentence."""

import pytest

from ingest.documents import Document, Page
from ingest.spoken_dates import days_in
from ingest.suggesting import MOST_QUOTES, REFERENCE, central, numbered_sentences, suggest
from ontology import EU_LANGUAGES

TEXT = (
    "Twelve deaf learners from Vilnius worked in joineries in Granada from 1 September to 22 September 2022. "
    "An interpreter went with the learners, and the joineries got a course in sign language. "
    "The project 2021-1-LT01-KA122-VET-000012345 was funded by Erasmus+. "
    "All of the learners finished, and two of them came back to the joineries for a longer stay."
)


def document(*pages: str, **given: object) -> Document:
    kept = tuple(Page(number, text) for number, text in enumerate(pages, 1))
    base = {"kind": "html", "title": "Joiners in Granada", "language": "en", "pages": kept}
    return Document(**(base | given))  # type: ignore[arg-type]


def test_what_a_document_states_is_a_field() -> None:
    got = suggest(document(TEXT, published="2023-05-14"), "https://example.org/a").fields
    assert got == {
        "title": {"en": "Joiners in Granada"},
        "language": "en",
        "source": "https://example.org/a",
        "published": "2023-05-14",
        "projectReference": ["2021-1-LT01-KA122-VET-000012345"],
    }


def test_what_is_not_known_is_left_out() -> None:
    assert suggest(document("Short.", title="", language="")).fields == {}


def test_an_address_that_a_page_states_counts_only_on_its_own_site() -> None:
    for stated, source in (
        ("https://www.example.org/clean", "https://www.example.org/clean"),
        ("https://evil.example.com/", "https://example.org/a?b"),
        ("", "https://example.org/a?b"),
    ):
        assert suggest(document(TEXT, address=stated), "https://example.org/a?b").fields["source"] == source


def test_a_period_is_found_with_its_sentence_and_page() -> None:
    found = suggest(document("A cover.", TEXT, kind="pdf")).found
    assert [(one.field, one.value, one.page) for one in found] == [("start", "2022-09-01", 2), ("end", "2022-09-22", 2)]
    assert all(one.sentence == TEXT.partition("2022.")[0] + "2022." for one in found)


def test_the_day_on_which_a_file_was_saved_is_no_more_than_a_suggestion() -> None:
    got = suggest(document(TEXT, kind="pdf", made="2025-12-19"))
    assert "published" not in got.fields
    assert ("published", "2025-12-19") in [(one.field, one.value) for one in got.found]


def test_two_projects_in_one_text_are_left_to_a_person() -> None:
    got = suggest(document(TEXT + " It went on as 2023-1-LT01-KA122-VET-000099999."))
    assert "projectReference" not in got.fields
    numbers = [one for one in got.found if one.field == "projectReference"]
    assert [one.value[:4] for one in numbers] == ["2021", "2023"]
    assert all(one.value in one.sentence for one in numbers)


@pytest.mark.parametrize("number", [
    "2018-1-DE02-KA202-005220", "2021-2-PL01-KA122-ADU-000050123", "2014-3-TR01-KA105-011961",
    "580345-EPP-1-2016-1-EL-EPPKA3-IPI-SOC-IN", "2020-1-UK01-KA229-079147",
])  # fmt: skip
def test_numbers_of_projects_are_recognised(number: str) -> None:
    assert REFERENCE.findall(f"see ({number}), and 2021-05-14 or +49-40-12345") == [number]


def test_quotes_are_whole_sentences_of_the_text_in_its_order() -> None:
    sentences = list(numbered_sentences(document(TEXT, TEXT, "1 2 3", "Home | Shop | Contact us and more of the like")))
    quotes = central(sentences)
    assert 1 < len(quotes) <= MOST_QUOTES
    assert [quote.sentence for quote in quotes] == [
        text for _, text in sentences[:4] if text in {q.sentence for q in quotes}
    ]
    assert len({quote.sentence for quote in quotes}) == len(quotes)


def test_a_sentence_does_not_end_at_the_number_of_a_day() -> None:
    text = "Sie waren vom 1. September bis 22. September 2022 in Cork. Zwei kamen wieder."
    assert [sentence for _, sentence in numbered_sentences(document(text))] == [
        "Sie waren vom 1. September bis 22. September 2022 in Cork.", "Zwei kamen wieder.",
    ]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "days"), [
    ("en", "from 1 September to 22 September 2022", ["2022-09-01", "2022-09-22"]),
    ("en", "between May 2021 and June 2023", ["2021-05", "2023-06"]),
    ("en", "on September 5, 2022", ["2022-09-05"]),
    ("de", "01.09.2021 bis 31.08.2023", ["2021-09-01", "2023-08-31"]),
    ("de", "vom 1. bis 22. März 2022", ["2022-03-22"]),
    ("fr", "du 1er mai 2021 au 3 juin 2021", ["2021-05-01", "2021-06-03"]),
    ("es", "del 4 de mayo de 2021 al 3 de junio de 2021", ["2021-05-04", "2021-06-03"]),
    ("pl", "od 4 maja 2021 do 3 czerwca 2021 r.", ["2021-05-04", "2021-06-03"]),
    ("lt", "2021 m. gegužės 4 d.", ["2021-05-04"]), ("hu", "2021. május 4-én", ["2021-05-04"]),
    ("sl", "2021-05-04 in 4/5/2021", ["2021-05-04", "2021-05-04"]),
    ("it", "nel 2019-2021, il progetto 2018-1-IT02-KA202-005220", ["2019", "2021"]),
    ("en", "the 31.02.2021, 32 May 2021, room 2150, 1 of 12, version 3.2021", ["2021"]),
    ("en", "we may go in March", []), ("en", "", []),
])  # fmt: skip
def test_days_are_read_as_the_language_writes_them(language: str, text: str, days: list[str]) -> None:
    assert [day.value for day in days_in(text, language)] == days


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_every_month_is_read_in_every_language(language: str) -> None:
    from datetime import date

    from babel.dates import format_date

    for month in range(1, 13):
        text = format_date(date(2021, month, 14), format="long", locale=language)
        assert [day.value for day in days_in(text, language)] == [f"2021-{month:02}-14"], text
