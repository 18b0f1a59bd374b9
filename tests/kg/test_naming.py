"""What still lacks a name in some language is found, and said."""

from pathlib import Path

import pytest
from rdflib import Literal, URIRef
from rdflib.namespace import SKOS

from kg.embedded import EmbeddedStore
from kg.naming import as_text, naming
from ontology import EU_LANGUAGES, ID

A, B = ID["barrier/made.a"], ID["barrier/made.b"]
SCHEME = ID["scheme/made"]


@pytest.fixture
def store(tmp_path: Path) -> EmbeddedStore:
    store = EmbeddedStore(tmp_path / "graph")
    triples = [(concept, SKOS.inScheme, SCHEME) for concept in (A, B)]
    triples += [(A, SKOS.prefLabel, Literal("a", lang=language)) for language in EU_LANGUAGES]
    triples += [(B, SKOS.prefLabel, Literal("b", lang="en")), (A, SKOS.definition, Literal("what it is", lang="ga"))]
    store.change({URIRef("https://example.org/g"): triples})
    return store


def test_a_concept_without_a_name_in_a_language_is_listed(store: EmbeddedStore) -> None:
    (made,) = naming(store)
    assert made.named("en") == 2
    assert made.named("ga") == 1
    assert made.complete == ["en"]
    assert made.missing["explanation"]["ga"] == ["made.b"]
    assert made.missing["explanation"]["en"] == ["made.a", "made.b"]


def test_the_report_names_the_concept_and_the_languages(store: EmbeddedStore) -> None:
    report = as_text(naming(store))
    assert "made/b: all but English" in report
    assert "Concepts that lack name in some language: 1" in report
