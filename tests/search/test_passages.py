"""Cutting records into passages, and passages into sentences."""

from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, Literal
from rdflib.namespace import DCTERMS

from kg.paged_text import join_pages, split_pages
from ontology import GW, ID
from search.passages import MAX_WORDS, Passage, cut, passages_of, sentences

texts = st.lists(st.sampled_from([*"abc ", "word", "end.", "Why?", "\n", "…", "é", "\t", "; "]), max_size=400).map(
    " ".join
)
RECORD = ID["practice/one"]


@given(texts, st.integers(1, 20))
def test_cutting_loses_no_word_and_keeps_their_order(text: str, most: int) -> None:
    assert " ".join(cut(text, most)).split() == text.split()


@given(st.text(max_size=500), st.integers(1, 20))
def test_no_piece_is_longer_than_the_bound(text: str, most: int) -> None:
    assert all(0 < len(piece.split()) <= most for piece in cut(text, most))


@given(st.text(max_size=300))
def test_cutting_any_text_keeps_every_word(text: str) -> None:
    assert " ".join(cut(text)).split() == text.split()


def test_pieces_end_where_sentences_end() -> None:
    text = " ".join(f"Sentence {n} has exactly six words." for n in range(40))
    pieces = cut(text)
    assert len(pieces) > 1
    assert all(piece.endswith(".") for piece in pieces)
    assert all(len(piece.split()) > MAX_WORDS - 6 for piece in pieces[:-1])


def test_sentences_end_at_marks_and_lines() -> None:
    assert sentences("One. Two? Three!\nFour … five; six") == ["One.", "Two?", "Three!", "Four …", "five;", "six"]
    assert sentences("Version 2.0 of www.example.org is out.") == ["Version 2.0 of www.example.org is out."]
    assert sentences(" \n\t ") == []


def graph(**texts: str) -> Graph:
    made = Graph()
    for name, text in texts.items():
        field, _, language = name.rpartition("_")
        prop = {"title": DCTERMS.title, "summary": DCTERMS.abstract}.get(field, GW[field])
        made.add((RECORD, prop, Literal(text, lang=language)))
    return made


def test_a_record_has_passages_by_field_and_language() -> None:
    made = passages_of(
        RECORD,
        graph(title_de="Titel", title_en="Title", summary_de="Kurz.", summary_en="Short.", outcome_en="All finished.",
              transfer_en="Do it too.", text_de="Lang."),
    )  # fmt: skip
    assert [(p.record, p.field, p.language, p.title, p.text) for p in made] == [
        ("one", "record", "de", "Titel", "Kurz."),
        ("one", "record", "en", "Title", "Short. All finished. Do it too."),
        ("one", "text", "de", "Titel", "Lang."),
    ]


def test_a_passage_is_read_along_with_its_title() -> None:
    (passage,) = passages_of(RECORD, graph(title_en="Title", summary_fr="Court."))
    assert passage.context == "Title. Court."
    (bare,) = passages_of(RECORD, graph(summary_fr="Court."))
    assert bare.context == "Court."


def test_a_long_body_becomes_several_passages() -> None:
    body = "\n".join(f"Paragraph {n} tells of one more day in the joinery." for n in range(150))
    made = passages_of(RECORD, graph(title_en="T", text_en=body))
    assert len(made) > 5
    assert " ".join(p.text for p in made).split() == body.split()


def test_a_text_with_pages_has_passages_that_name_them() -> None:
    long = " ".join(f"Sentence {n} has exactly six words." for n in range(50))
    body = join_pages([(1, "The cover.\nOf a book."), (2, " "), (12, long)])
    made = passages_of(RECORD, graph(title_en="T", text_en=f"Before.\n{body}", summary_en="Short."))
    assert [(p.field, p.page) for p in made] == [
        ("record", None), ("text", None), ("text", 1), ("text", 12), ("text", 12),
    ]  # fmt: skip
    assert made[2].text == "The cover. Of a book."
    assert " ".join(p.text for p in made[3:]) == long


@given(st.lists(st.tuples(st.integers(1, 999), texts), max_size=6))
def test_what_is_joined_by_pages_comes_apart_again(pages: list[tuple[int, str]]) -> None:
    split = split_pages(join_pages(pages))
    assert [(number, text.split()) for number, text in split] == [
        (number, text.split()) for number, text in pages if text.strip()
    ]


def test_a_mark_within_a_line_is_text() -> None:
    assert split_pages("See [page 3] there.") == [(None, "See [page 3] there.")]


@given(st.text(max_size=300))
def test_the_sentences_of_a_passage_stand_where_it_says(text: str) -> None:
    passage = Passage("a", "record", "en", "", " ".join(text.split()))
    assert [passage.text[start:end] for start, end in passage.sentences] == sentences(passage.text)
