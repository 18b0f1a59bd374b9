"""What the pages and the API share: the searcher of now, and texts from the graph."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import ref

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from kg import NotFoundError
from kg.versions import Release, releases
from ontology import GW, ID, record_graph
from search import Searcher
from search.labels import Concept, Concepts

from .workspace import Workspace

Text = dict[str, str]
Reader = Callable[["Site", "Summary", Any], None]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_log = logging.getLogger("goodways")
_CHECK_EVERY = 0.25  # seconds between looks at the stamp


def text(value: str, language: str) -> Text:
    """A piece of text with its language."""
    return {"text": value, "lang": language}


@dataclass
class Summary:
    """What a card shows of a record."""

    iri: URIRef
    kind: str
    language: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    summaries: dict[str, str] = field(default_factory=dict)
    countries: list[URIRef] = field(default_factory=list)
    barriers: list[URIRef] = field(default_factory=list)
    start: str = ""
    end: str = ""

    @property
    def id(self) -> str:
        """The record's id."""
        return self.iri.rpartition("/")[2]

    def title(self, language: str) -> Text:
        """The title that suits a reader of `language`."""
        return best(self.titles, language, self.language)

    def summary(self, language: str) -> Text:
        """The summary that suits a reader of `language`."""
        return best(self.summaries, language, self.language)


def best(texts: dict[str, str], language: str, original: str = "") -> Text:
    """The text in `language`, else in English, else in the original language, else in any."""
    for code in (language, "en", original, *texts):
        if code in texts:
            return text(texts[code], code)
    return text("", language)


def path_of(iri: URIRef) -> str:
    """The path of the page of something that the project names."""
    return "/" + str(iri)[len(str(ID)) - 3 :] if iri.startswith(ID) else str(iri)


def iri_of(kind: str, code: str) -> URIRef:
    """The IRI of something that the project may have named.

    Raises:
        NotFoundError: nothing has such a name.

    """
    if not _NAME.fullmatch(kind) or not _NAME.fullmatch(code):
        raise NotFoundError("There is nothing of this name here.")
    return ID[f"{kind}/{code}"]


class Site:
    """One state of the data at a time; with `watch`, a newer one takes its place when the data folder has changed."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._stamp, self._failed = workspace.stamp(), ""
        self._rest = self._stamp
        self._taking_up = threading.Lock()
        self.searcher: Searcher = workspace.searcher()
        """The searcher over the newest state."""
        self.after_change: list[Callable[[Site], object]] = []
        """What else is to be brought up to date when the data have changed."""

    @property
    def state(self) -> str:
        """What changes whenever anything that is published does."""
        return self._stamp

    def watch(self) -> None:
        """Take up changes as they come, in a thread of its own, so that no visitor waits for it."""
        threading.Thread(target=_watch, args=[ref(self)], daemon=True).start()

    def take_up_changes(self) -> None:
        """Search the newest state of the data folder; what cannot be opened leaves the state of before."""
        with self._taking_up:
            stamp = self.workspace.stamp()
            if stamp != self._stamp:
                self._trying(stamp, self._take_up)

    def bring_up_the_rest(self) -> None:
        """Bring up to date what else depends on the data; slower, and nobody waits for it."""
        if self._rest != self._stamp:
            self._trying(self._stamp, self._bring_up)

    def _take_up(self, stamp: str) -> None:
        self.searcher = self.workspace.refreshed(self.searcher)
        self._stamp = stamp

    def _bring_up(self, stamp: str) -> None:
        for bring_up in self.after_change:
            bring_up(self)
        self._rest = stamp

    def _trying(self, stamp: str, step: Callable[[str], None]) -> None:
        try:
            step(stamp)
        except Exception:  # whatever it is, what is being served goes on being served, and it is tried again
            if stamp != self._failed:
                _log.exception("The new state of the data cannot be opened.")
            self._failed = stamp

    @property
    def concepts(self) -> Concepts:
        """All concepts."""
        return self.searcher.concepts

    def label(self, iri: URIRef, language: str) -> Text:
        """The name of a concept."""
        concept = self.concepts.get(iri)
        return text(*concept.label(language)) if concept else text(iri.rpartition("/")[2], "")

    def concept(self, kind: str, code: str) -> Concept:
        """A concept by kind and code.

        Raises:
            NotFoundError: there is none.

        """
        concept = self.concepts.get(ID[f"{kind}/{code}"])
        if concept is None:
            raise NotFoundError(f"There is no {kind.replace('-', ' ')} {code} in this graph.")
        return concept

    def language_code(self, iri: URIRef | None) -> str:
        """The two-letter code of a language of the EU table."""
        concept = self.concepts.get(iri) if iri else None
        return concept.notation if concept else ""

    def language_name(self, code: str, language: str) -> str:
        """What a language is called in another."""
        for concept in self._languages:
            if concept.notation == code:
                return concept.label(language)[0]
        return code

    @cached_property
    def _languages(self) -> list[Concept]:
        return list(self.concepts.of_kind("language"))

    def summaries(self, records: Iterable[URIRef]) -> dict[URIRef, Summary]:
        """What cards show of some records, in one query."""
        wanted = list(records)
        found = {iri: Summary(iri, iri[len(str(ID)) :].partition("/")[0]) for iri in wanted}
        values = " ".join(iri.n3() for iri in wanted)
        properties = ", ".join(
            prop.n3() for prop in _CARD
        )  # as a filter: a second VALUES costs Oxigraph forty times as much
        query = f"SELECT ?r ?p ?o {{ VALUES ?r {{ {values} }} ?r ?p ?o FILTER (?p IN ({properties})) }}"
        for row in self.searcher.store.select(query) if wanted else ():
            _CARD[URIRef(row["p"])](self, found[URIRef(row["r"])], row["o"])
        for summary in found.values():
            summary.countries.sort()
            summary.barriers.sort()
        return found

    def has_record(self, kind: str, record_id: str) -> bool:
        """Whether there is a record of this kind."""
        position = self.searcher.positions.get(record_id)
        return position is not None and self.searcher.records[position] == ID[f"{kind}/{record_id}"]

    def record(self, kind: str, record_id: str) -> tuple[URIRef, Graph, Release]:
        """A record's IRI, triples and current version.

        Raises:
            NotFoundError: there is no such record.

        """
        iri = iri_of(kind, record_id)
        graph = self.searcher.store.graph(record_graph(record_id))
        version = next(reversed(releases(self.searcher.store, iri)), None)
        if version is None or (iri, None, None) not in graph:
            raise NotFoundError(f"There is no {kind} {record_id} here; it may have been withdrawn or renamed.")
        return iri, graph, version


def _watch(site: "ref[Site]") -> None:
    while (watched := site()) is not None:
        watched.take_up_changes()
        watched.bring_up_the_rest()
        del watched
        time.sleep(_CHECK_EVERY)


def _add_text(name: str) -> Reader:
    def add(_: Site, summary: Summary, value: Literal) -> None:
        getattr(summary, name)[value.language or ""] = str(value)

    return add


def _add_iri(name: str) -> Reader:
    def add(_: Site, summary: Summary, value: URIRef) -> None:
        if value not in getattr(summary, name):
            getattr(summary, name).append(URIRef(value))

    return add


def _set(name: str) -> Reader:
    def put(_: Site, summary: Summary, value: Literal) -> None:
        setattr(summary, name, str(value))

    return put


def _set_language(site: Site, summary: Summary, value: URIRef) -> None:
    summary.language = site.language_code(value)


_CARD = {
    DCTERMS.title: _add_text("titles"),
    DCTERMS.abstract: _add_text("summaries"),
    DCTERMS.language: _set_language,
    GW.country: _add_iri("countries"),
    GW.destination: _add_iri("countries"),
    GW.addresses: _add_iri("barriers"),
    GW.start: _set("start"),
    GW.end: _set("end"),
}
