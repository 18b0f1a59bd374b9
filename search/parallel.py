"""Parallel public text that the language parts are fitted on: the same text in several languages.

Nothing of it is shipped. Tatoeba sentence pairs as in LASER's `data/tatoeba/v1` (CC BY 2.0 FR), the Universal
Declaration of Human Rights (public domain), and the names and explanations of this project's own concepts.
"""

from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

from rdflib import SKOS, Graph, Literal, URIRef

from ontology import EU_LANGUAGES, FOLDER

HELD_OUT = 150  # Tatoeba pairs of each language, the last ones, that nothing is fitted on
HELD_OUT_ARTICLES = 10  # of the Declaration's 30, the last ones, likewise
CODES = {
    "bul": "bg", "ces": "cs", "dan": "da", "deu": "de", "ell": "el", "est": "et", "fin": "fi", "fra": "fr",
    "gle": "ga", "hrv": "hr", "hun": "hu", "ita": "it", "lav": "lv", "lit": "lt", "lvs": "lv", "mlt": "mt",
    "nld": "nl", "pol": "pl", "por": "pt", "ron": "ro", "slk": "sk", "slv": "sl", "spa": "es", "swe": "sv",
    "eng": "en",
}  # fmt: skip
Texts = dict[str, str]
"""The same text by language."""


def tatoeba(folder: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Language -> (its sentences, the same in English)."""
    pairs = {}
    for english in sorted(folder.glob("tatoeba.*-eng.eng")):
        name = english.name.split(".")[1].split("-")[0]
        own = english.with_name(f"tatoeba.{name}-eng.{name}")
        if name in CODES:
            pairs[CODES[name]] = (own.read_text().splitlines(), english.read_text().splitlines())
    return pairs


def declaration(folder: Path) -> list[Texts]:
    """The articles of the Universal Declaration of Human Rights, in order, each by language."""
    articles: dict[int, Texts] = defaultdict(dict)
    for path in sorted(folder.glob("udhr_*.xml")):
        language = CODES.get(path.stem.split("_")[1])
        if language is None:
            continue
        for article in ElementTree.parse(path).findall(".//{*}article"):  # noqa: S314
            paragraphs = ((node.text or "").strip() for node in article.findall(".//{*}para"))
            articles[int(article.get("number", 0))][language] = " ".join(filter(None, paragraphs))
    return [articles[number] for number in sorted(articles)]


def paragraphs(folder: Path) -> dict[str, list[str]]:
    """Language -> the paragraphs of its Declaration, the preamble's too."""
    texts: dict[str, list[str]] = {}
    for path in sorted(folder.glob("udhr_*.xml")):
        language = CODES.get(path.stem.split("_")[1])
        if language is not None:
            found = ((node.text or "").strip() for node in ElementTree.parse(path).findall(".//{*}para"))  # noqa: S314
            texts[language] = [text for text in found if len(text) > 20]
    return texts


def concepts() -> list[tuple[Texts, Texts]]:
    """(name, explanation) of each concept of the project's own schemes that has an explanation, by language."""
    graph = Graph()
    for file in sorted([*(FOLDER / "schemes").glob("*.ttl"), *(FOLDER / "labels").glob("*.ttl")]):
        graph.parse(file)
    found = []
    for concept in sorted(set(graph.subjects(SKOS.definition)), key=str):
        names, explanations = (_by_language(graph, concept, prop) for prop in (SKOS.prefLabel, SKOS.definition))
        if "en" in names and "en" in explanations:
            found.append((names, explanations))
    return found


def _by_language(graph: Graph, concept: object, prop: URIRef) -> Texts:
    return {
        value.language: str(value)
        for value in graph.objects(concept, prop)  # type: ignore[arg-type]
        if isinstance(value, Literal) and value.language in EU_LANGUAGES
    }
