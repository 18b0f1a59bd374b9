"""Suggestions while a question is typed, and the suggester that the pages ask about spelling."""

import re
import threading
from typing import Annotated, Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from rdflib import URIRef

from kg import InputError, Store
from ontology import ID
from search import Searcher
from search.labels import Concepts
from search.suggest import PLACES, TOPICS, Suggester, Suggestion

from .site import Site, path_of

router = APIRouter(prefix="/api/v1", tags=["search"])
MOST_READ, MOST_GIVEN = 200, 20
_LANGUAGE = re.compile("[a-z]{2}")


class SuggestionModel(BaseModel):
    """Something that may be meant."""

    kind: str = Field(description="concept, place or record")
    text: str
    language: str = Field(description="of the text, two letters; empty where the source names none")
    url: str = Field(description="path of a page: a record, or the records that have the concept")
    iri: str
    start: int = Field(description="where the matched part begins in the text, in characters")
    end: int


class SuggestModel(BaseModel):
    """What may be meant by the beginning of a question."""

    query: str
    suggestions: list[SuggestionModel]


@router.get("/suggest", summary="Suggest while a question is typed", response_model=SuggestModel)
def suggest(
    request: Request,
    response: Response,
    q: Annotated[str, Query(description=f"What is typed so far; at most {MOST_READ} characters are read.")] = "",
    lang: Annotated[str, Query(description="The visitor's language, two letters; its names come first.")] = "en",
    limit: Annotated[int, Query(ge=1, le=MOST_GIVEN)] = 8,
) -> dict[str, Any]:
    """Concepts, places and records that have a word which begins so; slips of the keyboard are forgiven."""
    language = lang.lower()
    if not _LANGUAGE.fullmatch(language):
        raise InputError("The language must be two letters, such as de.", field="lang")
    site: Site = request.app.state.site
    query = q[:MOST_READ]
    found = suggester_of(site).suggest(query, language, limit)
    response.headers["Cache-Control"] = "public, max-age=60"
    return {"query": query, "suggestions": [_document(site, suggestion) for suggestion in found]}


def suggester_of(site: Site) -> Suggester:
    """The suggester; read from the graph when it is first asked for."""
    with _LOCK:
        return _HELD.get(site) or _HELD.setdefault(site, Suggester.read(*_known(site.searcher)))


def renew_suggester(site: Site) -> None:
    """Bring the suggester to the newest state; meanwhile the one of before answers."""
    newer = suggester_of(site).updated(*_known(site.searcher))
    with _LOCK:
        _HELD[site] = newer


def suggester_if_ready(site: Site) -> Suggester | None:
    """The suggester, if it has been read yet: nobody who asks a question waits for it."""
    return _HELD.get(site)


_HELD: WeakKeyDictionary[Site, Suggester] = WeakKeyDictionary()
_LOCK = threading.Lock()


def _known(searcher: Searcher) -> tuple[Store, Concepts, dict[URIRef, int]]:
    return searcher.store, searcher.concepts, _weights(searcher)


def _weights(searcher: Searcher) -> dict[URIRef, int]:
    """How many records have each concept."""
    kinds = {*TOPICS, *PLACES}
    wanted = (iri for iri, concept in searcher.concepts.items() if concept.kind in kinds)
    return {iri: n for iri in wanted if (n := int(searcher.facets.holders(iri).sum()))}


def _document(site: Site, suggestion: Suggestion) -> dict[str, Any]:
    return {
        "kind": suggestion.kind,
        "text": suggestion.text,
        "language": suggestion.language,
        "url": _url(site, suggestion),
        "iri": str(suggestion.iri),
        "start": suggestion.start,
        "end": suggestion.end,
    }


def _url(site: Site, suggestion: Suggestion) -> str:
    """A record's page; the records that have a concept; where none has it, its own page, or a search for its name."""
    concept = site.concepts.get(suggestion.iri)
    if suggestion.kind != "record" and concept:
        facets = site.searcher.facets
        named = [name for name, known in facets.iris.items() if known.get(concept.code) == concept.iri]
        if named and facets.holders(concept.iri).any():
            return f"/search?{urlencode({named[0]: concept.code})}"
        if not suggestion.iri.startswith(ID):
            return f"/search?{urlencode({'q': suggestion.text})}"
    return path_of(suggestion.iri)
