"""From a link or a document to a draft: what is certain as fields, all else as suggestions that a person decides on.

Nothing that was found in the text is put into the draft by itself; each suggestion comes with its sentence, and goes
with the draft until somebody takes or leaves it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from ingest.documents import Document, read_document
from ingest.fetching import Allowed, fetch
from ingest.suggesting import Finding, Quote, numbered_sentences, suggest
from kg import InputError
from search.tagging import Tag, Tagger

from ..site import Site

FIELDS = {
    "barrier": "addresses",
    "target-group": "targetGroup",
    "mobility-type": "mobilityType",
    "measure": "measure",
    "sector": "sector",
    "programme": "programme",
    "material-type": "materialType",
    "country": "destination",
    "region": "nuts",
}
"""Kind of a concept -> the field that it is suggested for. A place that is named is more often where people went than
where they came from; whoever decides sees the sentence."""
MOST_PAGES, READING = 40, 20.0  # pages of a document that a draft looks at, and seconds for them
_MOST = 6  # suggestions for a field
_LEAST = 0.15  # score
_HOME = {"uk": "GB", "gr": "GR", "el": "GR"}  # ends of addresses that are no country codes


@dataclass(frozen=True)
class Suggested:
    """A value that the record may hold."""

    field: str
    value: Any
    label: str
    sentence: str
    """What led to it, as the source has it."""
    page: int | None
    why: str


@dataclass(frozen=True)
class DraftSuggestion:
    """A draft to correct."""

    fields: dict[str, Any]
    """In the record format: what the source states of itself."""
    suggested: list[Suggested]
    quotes: list[Quote]
    """Central sentences, to be told in one's own words for the summary."""
    notes: list[str]
    """What a person should know: pages without text, a page of hardly any text."""

    def suggestions(self) -> list[dict[str, Any]]:
        """The suggestions as the desk keeps them."""
        return [asdict(one) for one in self.suggested]


def draft_from_link(site: Site, address: str, allowed: Allowed | None = None) -> DraftSuggestion:
    """A draft from a public page or document.

    Raises:
        InputError: the address is not a public page's, it does not answer with one, or it cannot be read.

    """
    got = fetch(address, allowed=allowed, site_url=site.workspace.settings.site_url)
    if got.status != 200:
        raise InputError(f"The page answers with status {got.status} instead of its text; check the address.")
    document = read_document(
        got.content, got.final, got.headers.get("content-type", ""), most_pages=MOST_PAGES, seconds=READING
    )
    return draft_from(site, document, got.final)


def draft_from(site: Site, document: Document, address: str = "", language: str = "en") -> DraftSuggestion:
    """A draft from a document.

    Args:
        site: what is known already.
        document: as read.
        address: where it came from, if that is known.
        language: in which the suggestions are named for people.

    """
    said = suggest(document, address)
    source = str(said.fields.get("source", ""))
    suggested = [
        *(_of_finding(found) for found in said.found),
        *_home(site, source, language),
        *_of_tags(site, document, language),
    ]
    return DraftSuggestion(said.fields, suggested, list(said.quotes), list(said.notes))


def _of_finding(found: Finding) -> Suggested:
    return Suggested(found.field, found.value, found.value, found.sentence, found.page, "The text says it.")


def _home(site: Site, source: str, language: str) -> Iterator[Suggested]:
    """The country under whose name the page is published."""
    host = (urlsplit(source).hostname or "") if source else ""
    end = host.rpartition(".")[2]
    code = _HOME.get(end, end.upper())
    for concept in site.concepts.of_kind("country"):
        if concept.code == code:
            label = site.label(concept.iri, language)["text"]
            yield Suggested("country", code, label, host, None, f"The address ends with .{end}.")


def _of_tags(site: Site, document: Document, language: str) -> Iterator[Suggested]:
    """What the text names, likeliest first, a few for each field."""
    sentences = [(None, document.title), (None, document.description), *numbered_sentences(document)]
    count: Counter[str] = Counter()
    for tag in Tagger(site.searcher).tags(sentences, document.language or "en"):
        field = FIELDS[tag.kind]
        if tag.score >= _LEAST and count[field] < _MOST:
            count[field] += 1
            code, label = site.concepts[tag.iri].code, site.label(tag.iri, language)["text"]
            yield Suggested(field, code, label, tag.sentence, tag.page, _why(tag))


def _why(tag: Tag) -> str:
    share = f"{tag.held:.0%} of the records nearest in meaning have it"
    if not tag.times:
        return f"{share}; this sentence comes closest to it."
    often = "once" if tag.times == 1 else f"in {tag.times} sentences"
    return f"The text names it {often}: “{tag.words}”." + (f" {share}, too." if tag.held else "")
