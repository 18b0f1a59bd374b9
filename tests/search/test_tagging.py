"""Concepts that a text names come with the sentence that names them."""

from search import Searcher
from search.tagging import Tagger

PAGES = [
    (3, "Twelve deaf apprentices from Vilnius worked in Granada. The weather was fine; nobody was homesick."),
    (4, "A sign language interpreter went with them. It was a group mobility in vocational training."),
]


def test_each_tag_has_its_sentence_and_page(searcher: Searcher) -> None:
    tags = {str(tag.iri).rpartition("/id/")[2]: tag for tag in Tagger(searcher).tags(PAGES, "en")}
    deaf, interpreter = tags["target-group/deaf-people"], tags["measure/sign-language-interpreting"]
    assert (deaf.page, deaf.sentence) == (3, "Twelve deaf apprentices from Vilnius worked in Granada.")
    assert "deaf" in deaf.words
    assert (interpreter.page, interpreter.sentence) == (4, "A sign language interpreter went with them.")
    assert all(tag.words in tag.sentence and tag.sentence for tag in tags.values())
    assert all(bool(tag.words) == bool(tag.times) for tag in tags.values())
    assert all(0 <= tag.score <= 1 for tag in tags.values())


def test_only_barriers_of_the_first_definition_are_suggested(searcher: Searcher) -> None:
    tags = Tagger(searcher).tags([(None, "They have debts, a disability, and live on an island.")], "en")
    barriers = [tag.iri.rpartition("/")[2] for tag in tags if tag.kind == "barrier"]
    assert barriers
    assert all(code.startswith("eplus-2021.") for code in barriers)


def test_what_many_near_records_have_is_suggested_with_the_closest_sentence(searcher: Searcher) -> None:
    text = (
        "Ten apprentices spent three weeks in companies in Spain. The lunch was good. "
        "Teachers of the vocational school prepared the trainees, and each of them got a Europass."
    )
    near = [tag for tag in Tagger(searcher).tags([(None, text)], "en") if not tag.times]
    assert near
    assert all(tag.held >= 0.4 and tag.kind in ("target-group", "mobility-type", "sector") for tag in near)
    assert all(tag.sentence in text and tag.sentence != "The lunch was good." for tag in near)


def test_a_text_that_names_nothing_has_no_tags(searcher: Searcher) -> None:
    assert not any(tag.times for tag in Tagger(searcher).tags([(None, "The weather was fine."), (None, "")], "en"))
    assert Tagger(searcher).tags([(None, "")], "en") == []
