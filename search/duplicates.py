"""Records that may be here already: found by what they can be known by, by title, and by meaning across languages.

Nothing is decided here: what is found is shown to a person, with why. An identifier in common says that two records
speak of one project or page; whether they are one record, title and meaning tell. A practice and the handbook that came
out of it are two records *of the same project*. An acronym in common is never a reason, and what names another project
reference, or other countries and other years, has to be much more alike. The thresholds were chosen by
`python -m tests.benchmarks.duplicates`.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from rdflib import URIRef

from .collection import Collection
from .known_records import Known, KnownRecords, known_from, texts_of
from .searcher import Searcher, clean
from .title_likeness import likeness

Kind = Literal["reference", "doi", "isbn", "address", "title", "meaning"]
Drafts = Callable[[], Iterable[tuple[str, Mapping[str, Any]]]]
"""Gives the key and the fields of drafts that are to be looked through as well."""

ALIKE_TITLE, ALIKE_MEANING = 0.82, 0.84
"""From here on a title, or title and summary, is a reason on its own."""
NEAR_TITLE, NEAR_MEANING = 0.65, 0.8
"""From here on title and meaning are a reason together."""
OTHER_TITLE, OTHER_MEANING = 0.6, 0.72
"""Below both, two records that share a project or a page tell of different things."""
TITLE_ALONE = 0.85
"""The meaning of a title without a summary says little: from here on it counts."""
AGAINST = 0.1
"""How much more alike they must be if they are of other years; twice that for another project, or also other places."""
OWN_LANGUAGE = 0.09
"""How much closer texts of one language are than a text and its translation, be they of one project or not."""
NEAREST = 40  # passages whose records are looked at for their meaning
_A_SUMMARY = 8  # words
_NEAREST_ROWS = 3
_DRAFTS_KEPT = 2000
MOST_WORDS = 110  # of title and summary, that are encoded: what costs time, and tells no more
_WEIGHT: dict[str, float] = {"doi": 0.97, "isbn": 0.97, "reference": 0.93, "address": 0.9}
_KINDS: dict[str, Kind] = {"ref": "reference", "doi": "doi", "isbn": "isbn", "url": "address"}
_SAID: dict[str, str] = {
    "reference": "It names the same project: {}.",
    "doi": "It has the same DOI: {}.",
    "isbn": "It has the same ISBN: {}.",
    "address": "It was read from the same page: {}.",
    "title": "Its title is much the same.",
    "meaning": "It says much the same, perhaps in another language.",
}


@dataclass(frozen=True)
class Reason:
    """Why a record may be the same."""

    kind: Kind
    said: str
    """In a sentence, in English."""
    value: str
    """What they have in common: a reference, DOI, ISBN or address, the other title; for meaning how close, 0 to 1."""


@dataclass(frozen=True)
class Likeness:
    """A record, or a draft, that may be the same."""

    record_iri: URIRef | None
    """None for what is not published."""
    id: str
    """The record's id, the key of a draft, or `row N` of the same file."""
    title: str
    """In English where there is one."""
    language: str
    """Of the title."""
    score: float
    """How surely it is the same, 0 to 1; not a probability."""
    same: bool
    """False where it is only of the same project or from the same page."""
    reasons: list[Reason] = field(default_factory=list)

    @property
    def said(self) -> str:
        """What it is to the other, in a sentence."""
        if self.same:
            return "This may be the same."
        reference = any(reason.kind == "reference" for reason in self.reasons)
        return "This is from the same project." if reference else "This is from the same page or publication."


@dataclass(frozen=True)
class _Said:
    """What is encoded of a record."""

    text: str
    language: str
    whole: bool
    """Whether there is a summary beside the title."""


class Duplicates:
    """Looks for records that may be the same; `refresh` takes up what has been published since."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._known = KnownRecords()
        self._refreshing = threading.Lock()
        self._vector = lru_cache(maxsize=512)(self._encode)
        self._drafts_read: dict[str, tuple[Mapping[str, Any], Known]] = {}
        self.refresh(searcher)

    def refresh(self, searcher: Searcher) -> None:
        """Look through what this searcher has from now on; only records that have changed are read."""
        with self._refreshing:
            self._known, self._searcher = self._known.renewed(searcher.store), searcher

    def like(
        self, fields: Mapping[str, Any], *, but: str | Set[str] = "", limit: int = 5, drafts: Drafts | None = None
    ) -> list[Likeness]:
        """What may be the same as a record that is being written, surest first.

        Args:
            fields: what there is of it so far, in the record format.
            but: the id of the record, or the key of the draft, that it is itself; or several.
            limit: how many, at most.
            drafts: gives the drafts that the person may see; they are compared by identifiers and titles.

        """
        new, said = known_from(fields), _said(fields)
        vector = self._vector(said.text) if said.text else None
        found = [*self._published(new, said, vector), *self._drafts(new, said, drafts)]
        itself = {but} if isinstance(but, str) else but
        return _best((one for one in found if one.id not in itself), limit)

    def verdicts(
        self, raws: list[dict[str, Any]], *, limit: int = 5, drafts: Drafts | None = None
    ) -> list[list[Likeness]]:
        """For each record of a file what may be the same: published, being written, or in another row before it.

        A record that is published under the same id is what the row updates, and no finding.
        """
        said = [_said(raw) for raw in raws]
        vectors = self._encode_many([one.text for one in said])
        known = [known_from(raw) for raw in raws]
        rows = _Rows(known, vectors, said)
        given = list(drafts()) if drafts else []
        verdicts = []
        for n, new in enumerate(known):
            found = self._published(new, said[n], vectors[n] if said[n].text else None)
            found += self._drafts(new, said[n], lambda: given)
            within = rows.before(n, self._closeness)
            verdicts.append(_best([*(one for one in found if not new.id or one.id != new.id), *within], limit))
        return verdicts

    def _published(self, new: Known, said: _Said, vector: np.ndarray | None) -> list[Likeness]:
        known, collection = self._known, self._searcher.collection
        ids = {record for found in new.identifiers for record in known.by_identifier.get(found, ())}
        ids.update(known.with_title_like(new.titles))
        if vector is not None:
            rows, _ = collection.vectors.nearest(vector, NEAREST)
            ids |= {collection.records[n].rpartition("/")[2] for n in collection.vectors.owners[rows].tolist()}
        meanings = self._meanings(collection, vector, said.language, ids) if vector is not None else {}
        candidates = (known.records[record] for record in sorted(ids) if record in known.records)
        return [one for old in candidates if (one := weigh(new, old, meanings.get(old.id), whole=said.whole))]

    def _drafts(self, new: Known, said: _Said, drafts: Drafts | None) -> list[Likeness]:
        read = (self._read_draft(key, fields) for key, fields in (drafts() if drafts else ()))
        return [one for old in read if (one := weigh(new, old, None, whole=said.whole))]

    def _read_draft(self, key: str, fields: Mapping[str, Any]) -> Known:
        """What a draft can be told by; read again only when it has changed."""
        before = self._drafts_read.get(key)
        if before is None or before[0] != fields:
            if len(self._drafts_read) >= _DRAFTS_KEPT:
                self._drafts_read.clear()
            before = self._drafts_read[key] = (fields, known_from(fields, name=key))
        return before[1]

    def _meanings(
        self, collection: Collection, vector: np.ndarray, language: str, ids: Iterable[str]
    ) -> dict[str, float]:
        """Closeness of each record's nearest passage; less where the record has text in the same language."""
        held = sorted(collection.positions[name] for name in ids if name in collection.positions)
        if not held:
            return {}
        positions = np.array(held, np.int64)
        rows = collection.vectors.rows_of(positions)
        best = np.full(len(collection.records), -np.inf)
        np.maximum.at(best, collection.vectors.owners[rows], collection.vectors.scores(vector, rows))
        scores = self._closeness(best[positions]) - OWN_LANGUAGE * collection.speaking(language, positions)
        return {collection.records[n].rpartition("/")[2]: float(s) for n, s in zip(positions, scores, strict=True)}

    def _closeness(self, cosines: np.ndarray) -> np.ndarray:
        return self._searcher.encoder.space.closeness(cosines)

    def _encode(self, text: str) -> np.ndarray:
        vector: np.ndarray = self._encode_many([text])[0]
        return vector

    def _encode_many(self, texts: list[str]) -> np.ndarray:
        """(texts, dimensions) free of language."""
        encoder = self._searcher.encoder
        return encoder.space.without_language(encoder.passages(texts))


class _Rows:
    """The rows of one file, which may repeat each other."""

    def __init__(self, known: list[Known], vectors: np.ndarray, said: list[_Said]) -> None:
        self.known = [replace(record, id=f"row {n}") for n, record in enumerate(known, 1)]
        self._vectors, self._said = vectors, said
        self._numbers = {record.id: n for n, record in enumerate(self.known)}
        self._index = KnownRecords({record.id: record for record in self.known})

    def before(self, n: int, closeness: Callable[[np.ndarray], np.ndarray]) -> list[Likeness]:
        """What may be the same in the rows before the one with this number (from 0)."""
        new, index = self.known[n], self._index
        names = {row for found in new.identifiers for row in index.by_identifier.get(found, ())}
        names.update(index.with_title_like(new.titles))
        close = closeness(self._vectors[:n] @ self._vectors[n])
        near = np.argsort(-close)[:_NEAREST_ROWS].tolist() if self._said[n].text else []
        numbers = {self._numbers[name] for name in names} | set(near)
        return [one for m in sorted(numbers) if m < n and (one := self._weighed(n, m, float(close[m])))]

    def _weighed(self, n: int, m: int, close: float) -> Likeness | None:
        one, other = self._said[n], self._said[m]
        meaning = close - OWN_LANGUAGE * (one.language == other.language) if one.text and other.text else None
        return weigh(self.known[n], self.known[m], meaning, whole=one.whole and other.whole)


def weigh(new: Known, old: Known, meaning: float | None, *, whole: bool) -> Likeness | None:
    """Whether two records may be the same, or are of one project; None where there is no reason to say so.

    Args:
        new: the record that is being written.
        old: one that is there.
        meaning: how close what they say is, 0 to 1 and above; None where that is not known.
        whole: whether there is a summary beside the title, so that `meaning` can be relied on.

    """
    title, closest = likeness(new.titles, old.titles)
    reasons = _shared(new, old)
    close = meaning if meaning is not None else 0.0
    more = AGAINST * _speaks_against(new, old)
    can_tell = whole and meaning is not None
    by_title = title >= ALIKE_TITLE + more and not (can_tell and close < NEAR_MEANING)
    by_meaning = close >= (ALIKE_MEANING if whole else TITLE_ALONE) + more
    if can_tell and title >= NEAR_TITLE + more and close >= NEAR_MEANING + more:
        by_title = by_meaning = True
    named = max((_WEIGHT[reason.kind] for reason in reasons), default=0.0)
    if not named and not _one_kind(new, old) and not (by_title and by_meaning):
        return None
    if by_title and closest:
        reasons.append(Reason("title", _SAID["title"], closest.text))
    if by_meaning:
        reasons.append(Reason("meaning", _SAID["meaning"], f"{min(close, 1.0):.2f}"))
    if not reasons:
        return None
    same = not named or (_one_kind(new, old) and not _differ(new, old, title, meaning, whole=whole))
    text = max(title * by_title, min(1.0, close) * by_meaning)
    score = max(named, 0.9 * text - more) - 0.3 * (not same)
    return Likeness(old.iri, old.id, old.title.text, old.title.language, round(float(score), 3), same, reasons)


def _shared(new: Known, old: Known) -> list[Reason]:
    """What both can be known by: one reason a kind."""
    shared = sorted(new.identifiers & old.identifiers, key=lambda found: (found not in new.main, found))
    by_kind: dict[Kind, str] = {}
    for found in shared:
        prefix, _, value = found.partition(":")
        by_kind.setdefault(_KINDS[prefix], value)
    return [Reason(kind, _SAID[kind].format(value), value) for kind, value in by_kind.items()]


def _one_kind(new: Known, old: Known) -> bool:
    return not new.type or not old.type or new.type == old.type


def _differ(new: Known, old: Known, title: float, meaning: float | None, *, whole: bool) -> bool:
    """Whether two records of one project, or from one page, tell of different things, as far as there is text yet."""
    if not new.titles or not old.titles or title >= OTHER_TITLE:
        return False
    if meaning is None or not whole:
        return True
    main = any(found in old.main for found in new.main)
    return meaning < (OTHER_MEANING if main else ALIKE_MEANING)


def _speaks_against(new: Known, old: Known) -> float:
    """How much they differ in where and when: 2 for another project, 1 for other years, 2 for other countries too."""
    projects = new.references and old.references and not new.references & old.references
    places = new.countries and old.countries and not new.countries & old.countries
    years = new.years and old.years and (max(new.years) < min(old.years) or max(old.years) < min(new.years))
    return float(2 * bool(projects) + bool(years) * (1 + bool(places)))


def _said(fields: Mapping[str, Any]) -> _Said:
    """Title and summary in the record's own language, else in any."""
    language = str(fields.get("language") or "")
    titles, summaries = (texts_of(fields.get(name), language) for name in ("title", "summary"))
    spoken = next((code for code in (language, *summaries, *titles) if code in summaries or code in titles), "")
    title, summary = titles.get(spoken, next(iter(titles.values()), "")), summaries.get(spoken, "")
    words = clean(f"{title}. {summary}" if title and summary else title or summary).split()
    return _Said(" ".join(words[:MOST_WORDS]), spoken, len(summary.split()) >= _A_SUMMARY)


def _best(found: Iterable[Likeness], limit: int) -> list[Likeness]:
    return sorted(found, key=lambda one: (not one.same, -one.score, one.id))[:limit]
