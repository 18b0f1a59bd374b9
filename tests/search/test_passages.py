"""Cutting records into passages, and the file that keeps them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import Graph, Literal
from rdflib.namespace import DCTERMS

from kg import DataFolderError
from ontology import GW, ID
from search.passages import MAX_WORDS, Passage, PassageFile, cut, passages_of, sentences

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


def two(file: PassageFile) -> None:
    passages = [Passage("a", "summary", "en", "A", "one"), Passage("b", "summary", "de", "B", "zwei")]
    file.replace([], [("a", "d1"), ("b", "d2")], passages, np.eye(2, 4, dtype=np.float32))


def test_the_file_gives_back_passages_and_vectors(tmp_path: Path) -> None:
    file = PassageFile(tmp_path / "p.sqlite")
    two(file)
    file.remember("made by", "x")
    file.close()
    again = PassageFile(tmp_path / "p.sqlite")
    rows = list(again.vectors())
    assert [(record, language) for _, record, language, _ in rows] == [("a", "en"), ("b", "de")]
    assert np.frombuffer(rows[1][3], "<f4").tolist() == [0, 1, 0, 0]
    assert again.passages([rows[0][0]])[rows[0][0]].text == "one"
    assert again.digests() == {"a": "d1", "b": "d2"}
    assert again.meta("made by") == "x"


def test_replacing_a_record_replaces_its_passages_only() -> None:
    file = PassageFile(None)
    two(file)
    file.replace(["a"], [("a", "d3")], [Passage("a", "text", "en", "A", "new")], np.ones((1, 4), np.float32))
    assert file.digests() == {"a": "d3", "b": "d2"}
    assert sorted(p.text for p in file.passages(n for n, *_ in file.vectors()).values()) == ["new", "zwei"]


def test_a_replacement_that_fails_changes_nothing() -> None:
    file = PassageFile(None)
    two(file)
    with pytest.raises(ValueError, match="zip"):
        file.replace(["a"], [("a", "d3")], [Passage("a", "text", "en", "A", "new")], np.ones((2, 4), np.float32))
    assert file.digests() == {"a": "d1", "b": "d2"}
    assert len(list(file.vectors())) == 2


def test_a_folder_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataFolderError, match="run `goodways build`"):
        PassageFile(tmp_path)
