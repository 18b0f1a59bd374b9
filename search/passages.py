"""Records cut into passages, and passages into sentences."""

import re
from dataclasses import dataclass

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from kg.paged_text import split_pages
from ontology import GW

MAX_WORDS = 200
_SENTENCE_END = re.compile(r"(?<=[.!?;…])\s+(?=\S)")
_DETAILS = (GW.outcome, GW.challenges, GW.transfer, GW.evidence, GW.resources, GW.priorities, GW.keyMessage)


@dataclass(frozen=True)
class Passage:
    """A piece of a record's text in one language."""

    record: str
    field: str
    """`record` (summary and details) or `text` (the full text)."""
    language: str
    title: str
    """The record's title in this language (or any): read along with the text, not shown as part of it."""
    text: str
    page: int | None = None
    """The page of the full text on which it stands, where that has pages."""

    @property
    def context(self) -> str:
        """What is encoded: title and text."""
        return f"{self.title}. {self.text}" if self.title else self.text

    @property
    def sentences(self) -> list[tuple[int, int]]:
        """Start and end of each sentence of the text."""
        spans, at = [], 0
        for sentence in sentences(self.text):
            start = self.text.index(sentence, at)
            at = start + len(sentence)
            spans.append((start, at))
        return spans


def passages_of(record: URIRef, graph: Graph) -> list[Passage]:
    """The passages of a record: its summary with its details, and its full text, by language and page."""
    record_id = str(record).rpartition("/")[2]
    titles = _by_language(graph, record, DCTERMS.title)
    any_title = next(iter(titles.values()), "")
    found: list[Passage] = []
    for field, properties in (("record", (DCTERMS.abstract, *_DETAILS)), ("text", (GW.text,))):
        texts: dict[str, list[str]] = {}
        for prop in properties:
            for language, text in _by_language(graph, record, prop).items():
                texts.setdefault(language, []).append(text)
        for language in sorted(texts):
            title = titles.get(language, any_title)
            whole = "\n".join(texts[language])
            for page, text in split_pages(whole) if field == "text" else [(None, whole)]:
                found.extend(Passage(record_id, field, language, title, piece, page) for piece in cut(text))
    return found


def cut(text: str, most: int = MAX_WORDS) -> list[str]:
    """Pieces of at most about `most` words that end at a sentence's end where they can."""
    pieces: list[list[str]] = [[]]
    for sentence in sentences(text):
        words = sentence.split()
        if pieces[-1] and len(pieces[-1]) + len(words) > most:
            pieces.append([])
        while len(words) > most:
            pieces[-1].extend(words[:most])
            pieces.append([])
            words = words[most:]
        pieces[-1].extend(words)
    return [" ".join(piece) for piece in pieces if piece]


def sentences(text: str) -> list[str]:
    """A text at its sentence ends and line breaks."""
    return [part for line in text.splitlines() for part in _SENTENCE_END.split(line.strip()) if part]


def _by_language(graph: Graph, record: URIRef, prop: URIRef) -> dict[str, str]:
    return {
        value.language: str(value)
        for value in sorted(graph.objects(record, prop), key=str)
        if isinstance(value, Literal) and value.language
    }
