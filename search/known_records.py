"""What is known of every published record for telling whether another is the same: identifiers, titles, where and when.

Read from the graph once and then by what has changed: a record whose digest is the same is not read again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from rdflib import RDF, Literal, URIRef
from rdflib.namespace import DCTERMS

from ingest.identifiers import addresses, identifiers, of_address
from kg import Store
from ontology import GW, RECORD_TYPES
from ontology.context import context

from .title_likeness import Title, read_title, read_titles

CANDIDATES = 150
"""Titles that are compared letter by letter, of those that share a word; the rarer the words, the sooner."""
_FEW = 200
_COMMON = 2000  # a word that more titles have finds none of them on its own
_NAMES = {
    RDF.type: "type",
    DCTERMS.title: "title",
    DCTERMS.abstract: "summary",
    DCTERMS.source: "source",
    GW.projectReference: "projectReference",
    GW.country: "country",
    GW.start: "start",
    GW.end: "end",
}
_NO_TITLE = read_title("", "")
_TYPES = {GW[name]: name for name in RECORD_TYPES}


@dataclass(frozen=True)
class Known:
    """What one record, published or not, can be told by."""

    iri: URIRef | None
    """None where it is not published."""
    id: str
    type: str
    titles: tuple[Title, ...]
    identifiers: frozenset[str]
    main: frozenset[str]
    """Those of its main source."""
    countries: frozenset[str]
    years: frozenset[int]
    digest: str = ""

    @property
    def title(self) -> Title:
        """Its title, the English one where there is one."""
        return next((title for title in self.titles if title.language == "en"), next(iter(self.titles), _NO_TITLE))

    @cached_property
    def references(self) -> frozenset[str]:
        """Its project references."""
        return frozenset(found for found in self.identifiers if found.startswith("ref:"))


def known_from(fields: Mapping[str, Any], iri: URIRef | None = None, name: str = "", digest: str = "") -> Known:
    """What a record can be told by, from its fields in the record format; what is no such field is passed over."""
    given = dict(fields)
    language = given["language"] if isinstance(given.get("language"), str) else ""
    titles = texts_of(given.get("title"), language)
    source = next(iter(addresses({"source": given.get("source")})), "")
    countries = given.get("country")
    return Known(
        iri,
        name or str(given.get("id") or ""),
        str(given.get("type") or ""),
        read_titles(titles),
        identifiers(given),
        frozenset(of_address(source) if source else ()),
        frozenset(_country(code) for code in (countries if isinstance(countries, list) else [countries]) if code),
        frozenset(year for field in ("start", "end") if (year := _year(given.get(field)))),
        digest,
    )


def texts_of(value: Any, language: str) -> dict[str, str]:
    """Texts by language, as the record format has them: an object, or one text in the record's language."""
    texts = value if isinstance(value, dict) else {language: value}
    return {str(code): text for code, text in texts.items() if isinstance(text, str) and text.strip()}


class KnownRecords:
    """All published records, for one state of the graph."""

    def __init__(self, records: Mapping[str, Known] | None = None) -> None:
        self.records = dict(records or {})
        """By id."""
        self.by_identifier: dict[str, list[str]] = defaultdict(list)
        for record in self.records.values():
            for found in record.identifiers:
                self.by_identifier[found].append(record.id)
        self._owners: list[str] = []
        postings: dict[str, list[int]] = defaultdict(list)
        for record in self.records.values():
            for title in record.titles:
                for word in set(title.words):
                    postings[word].append(len(self._owners))
                self._owners.append(record.id)
        self._postings = {word: np.array(held, np.int64) for word, held in postings.items()}

    def renewed(self, store: Store) -> "KnownRecords":
        """The same for the graph as it is now; only what has changed is read."""
        digests = {
            URIRef(row["r"]): str(row["d"]) for row in store.select(f"SELECT ?r ?d {{ ?r {GW.digest.n3()} ?d }}")
        }
        kept = {
            known.id: known for known in self.records.values() if known.iri and digests.get(known.iri) == known.digest
        }
        fresh = [iri for iri in digests if iri.rpartition("/")[2] not in kept]
        if not fresh and len(kept) == len(self.records):
            return self
        read = _read(store, fresh, whole=len(fresh) > _FEW)
        return KnownRecords(kept | {known.id: known for known in (_known(iri, read, digests[iri]) for iri in fresh)})

    def with_title_like(self, titles: Iterable[Title]) -> list[str]:
        """Ids of the records whose titles share words with these, the rarer the more, at most `CANDIDATES`."""
        weights = np.zeros(len(self._owners))
        for word in {word for title in titles for word in title.words}:
            held = self._postings.get(word)
            if held is not None and len(held) <= max(_COMMON, len(self._owners) // 10):
                weights[held] += np.log(1 + len(self._owners) / len(held))
        some = np.flatnonzero(weights)
        best = some[np.argsort(-weights[some], kind="stable")[:CANDIDATES]]
        return list(dict.fromkeys(self._owners[n] for n in best))


def _read(store: Store, records: list[URIRef], *, whole: bool) -> dict[URIRef, dict[str, Any]]:
    """The fields of some records that tell them apart."""
    found: dict[URIRef, dict[str, Any]] = defaultdict(dict)
    if not records:
        return found
    values = "" if whole else f"VALUES ?r {{ {' '.join(iri.n3() for iri in records)} }} "
    names = ", ".join(prop.n3() for prop in _NAMES)
    own = f"?r {GW.digest.n3()} ?d ; ?p ?o FILTER (?p IN ({names}))"
    further = f"?r {GW.furtherSource.n3()}/<https://schema.org/url> ?o"
    for row in store.select(f"SELECT ?r ?p ?o {{ {values}{own} }}"):
        _put(found[URIRef(row["r"])], URIRef(row["p"]), row["o"])
    for row in store.select(f"SELECT ?r ?o {{ {values}{further} }}"):
        found[URIRef(row["r"])].setdefault("furtherSource", []).append({"url": str(row["o"])})
    return found


def _put(fields: dict[str, Any], prop: URIRef, value: Any) -> None:
    name = _NAMES[prop]
    if name == "type":
        fields.update({"type": _TYPES[value]} if value in _TYPES else {})
    elif isinstance(value, Literal) and value.language:
        fields.setdefault(name, {})[value.language] = str(value)
    elif name in ("projectReference", "country"):
        fields.setdefault(name, []).append(str(value))
    else:
        fields[name] = str(value)


def _known(iri: URIRef, read: Mapping[URIRef, dict[str, Any]], digest: str) -> Known:
    return known_from(read.get(iri, {}), iri, iri.rpartition("/")[2], digest)


def _country(code: Any) -> str:
    """The last part of a country's IRI, from the IRI or from the two letters of the record format."""
    return str(context()["country"]["@context"].get(str(code), code)).rpartition("/")[2]


def _year(value: Any) -> int:
    text = str(value or "")[:4]
    return int(text) if text.isdecimal() and len(text) == 4 else 0
