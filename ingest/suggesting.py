"""What a document says for a draft of a record: title, language, dates, project numbers, and its central sentences.

What the document states of itself is a field; what was only found in its text is a finding, with its sentence, for a
person to accept. Sentences are given to be reworded: facts carry over, sentences do not.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .documents import Document
from .spoken_dates import Day, days_in

REFERENCE = re.compile(
    r"\b(?:20[0-3]\d-\d-[A-Z]{2}\d{2}-[A-Z]{2,5}\d{2,3}(?:-[A-Z]{2,5})?-\d{5,9}"
    r"|\d{6}-[A-Z]{2,4}-\d-20[0-3]\d-\d-[A-Z]{2}-[A-Z0-9]+(?:-[A-Z0-9]+)*)\b"
)
"""Numbers of projects: `2018-1-DE02-KA202-005220`, `580345-EPP-1-2016-1-EL-EPPKA3-IPI-SOC-IN`."""
MOST_QUOTES, MOST_FOUND = 5, 3  # sentences, and findings of one kind
_SHORTEST, _LONGEST = 6, 60  # words of a sentence that says something
_LOOKED_AT = 400  # sentences from the beginning that may be central
_BEGINNING, _FIRST_WEIGHT = 8, 1.6  # sentences of the beginning, and how much more they count
_TELLING = 5  # letters of a word that tells something
_BETWEEN = 25  # characters between the first and the last day of a period
_SENTENCE = re.compile(r"(?<=[.!?…])(?<!\b\d\.)(?<!\b\d\d\.)[\"”»’)]*\s+(?=[\"“„«(]?[^\W\d_a-zà-öø-ÿ])")
_WORD = re.compile(rf"[^\W\d_]{{{_TELLING},}}")


@dataclass(frozen=True)
class Finding:
    """A value that a sentence of the document suggests for a field."""

    field: str
    value: str
    sentence: str
    page: int | None


@dataclass(frozen=True)
class Quote:
    """A central sentence, as it stands there: to be told in one's own words."""

    sentence: str
    page: int | None


@dataclass(frozen=True)
class Suggestion:
    """A draft to correct."""

    fields: dict[str, Any]
    """In the record format: what the document states of itself."""
    found: tuple[Finding, ...]
    """What its text suggests: `start`, `end`, `published`."""
    quotes: tuple[Quote, ...]
    """At most five central sentences, in the order of the text."""
    notes: tuple[str, ...] = ()


def suggest(document: Document, address: str = "") -> Suggestion:
    """What a document says for a draft.

    Args:
        document: as read.
        address: where it was fetched from, if it was.

    """
    sentences = list(numbered_sentences(document))
    language = document.language or "en"
    references = dict.fromkeys(number for _, text in sentences for number in REFERENCE.findall(text))
    fields: dict[str, Any] = {"title": {language: document.title}} if document.title else {}
    if document.language:
        fields["language"] = document.language
    if source := document.address if _same_site(document.address, address) else address:
        fields["source"] = source
    if document.published:
        fields["published"] = document.published
    if document.licence:
        fields["licence"] = document.licence
    if len(references) == 1:
        fields["projectReference"] = list(references)
    found = [*_periods(sentences, language)]
    if len(references) > 1:
        found += [_first_with("projectReference", number, sentences) for number in list(references)[:MOST_FOUND]]
    if document.made and not document.published:
        found.append(Finding("published", document.made, f"The file was last saved on {document.made}.", None))
    return Suggestion(fields, tuple(found), tuple(central(sentences)), document.notes)


def numbered_sentences(document: Document) -> Iterator[tuple[int | None, str]]:
    """The sentences of a document with the pages on which they stand, if it has pages."""
    for page in document.pages:
        for line in page.text.splitlines():
            for sentence in _SENTENCE.split(line.strip()):
                if sentence.strip():
                    yield page.number if document.paged else None, sentence.strip()


def central(sentences: Sequence[tuple[int | None, str]], most: int = MOST_QUOTES) -> list[Quote]:
    """The sentences that say most of what the text is about, in its order.

    A sentence counts what its words do on average: as often as they are in the text; and more at the beginning. Words
    of a chosen sentence then count less, so that the next says something else (SumBasic, Nenkova & Vanderwende 2005).
    """
    candidates = [
        (at, page, text, [word.casefold() for word in _WORD.findall(text)])
        for at, (page, text) in enumerate(_distinct(sentences[:_LOOKED_AT]))
        if _SHORTEST <= len(text.split()) <= _LONGEST and text.rstrip('"”»’)').endswith((".", "!", "?", "…"))
    ]
    count = Counter(word for *_, words in candidates for word in words)
    total = sum(count.values())
    weight = {word: times / total for word, times in count.items()}
    chosen: list[tuple[int, Quote]] = []
    left = [candidate for candidate in candidates if len(candidate[3]) >= 3]
    while left and len(chosen) < most:
        best = max(left, key=lambda one: _worth(one[3], weight) * (_FIRST_WEIGHT if one[0] < _BEGINNING else 1.0))
        left.remove(best)
        chosen.append((best[0], Quote(best[2], best[1])))
        weight |= {word: weight[word] ** 2 for word in set(best[3])}
    return [quote for _, quote in sorted(chosen, key=lambda entry: entry[0])]


def _worth(words: list[str], weight: dict[str, float]) -> float:
    return sum(weight[word] for word in words) / len(words)


def _distinct(sentences: Iterable[tuple[int | None, str]]) -> Iterator[tuple[int | None, str]]:
    seen: set[str] = set()
    for page, text in sentences:
        if text not in seen:
            seen.add(text)
            yield page, text


def _periods(sentences: Sequence[tuple[int | None, str]], language: str) -> list[Finding]:
    """The first sentences that name two days, months or years with little between them."""
    found: list[Finding] = []
    for page, text in sentences:
        if len(found) >= 2 * MOST_FOUND:
            break
        days = days_in(text, language)
        for first, last in pairwise(days):
            if 0 <= last.start - first.end <= _BETWEEN and _is_period(first, last, text):
                found += [Finding("start", first.value, text, page), Finding("end", last.value, text, page)]
                break
    return list({(one.field, one.value): one for one in reversed(found)}.values())[::-1]


def _is_period(first: Day, last: Day, text: str) -> bool:
    between = text[first.end : last.start]
    return first.value < last.value and not re.search(r"[.;!?()]\s|,|\d", between)


def _first_with(field: str, value: str, sentences: Sequence[tuple[int | None, str]]) -> Finding:
    page, text = next((page, text) for page, text in sentences if value in text)
    return Finding(field, value, text, page)


def _same_site(stated: str, address: str) -> bool:
    """Whether the address that a page states is one of the site that it came from: another could be anybody's."""
    host = re.compile(r"https?://(?:www\.)?([^/:?#]+)", re.IGNORECASE)
    one, other = host.match(stated), host.match(address)
    return bool(one and other and one.group(1).casefold() == other.group(1).casefold())
