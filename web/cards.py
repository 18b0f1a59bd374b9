"""Search results as a person sees them: cards with their reasons."""

from typing import Any

from search import Hit, Results
from search.words import form, forms

from .format import marked, period
from .headings import heading
from .site import Site, Summary, path_of, text

FIELD_LABELS = {"record": "from the record", "text": "from the full text"}


def card(
    site: Site, summary: Summary, language: str, hit: Hit | None = None, results: Results | None = None
) -> dict[str, Any]:
    """A record as a card; with its reason where it is a hit."""
    title = summary.title(language)
    original = summary.titles.get(summary.language)
    made: dict[str, Any] = {
        "id": summary.id,
        "kind": summary.kind,
        "kind_label": heading(f"kind.{summary.kind}", language),
        "url": path_of(summary.iri),
        "title": title,
        "original": None,
        "summary": summary.summary(language),
        "countries": [site.label(country, language) for country in summary.countries],
        "years": period(summary.start, summary.end) or None,
        "source_language": text(site.language_name(summary.language, language), language),
        "barriers": [{"label": site.label(b, language), "url": path_of(b)} for b in summary.barriers],
        "passage": None,
    }
    if original and original != title["text"]:
        name = text(site.language_name(summary.language, language), language)
        made["original"] = {"text": original, "lang": summary.language, "lang_label": name}
    if hit and results and results.understood:
        made |= _reason(site, hit, language)
    return made


def _reason(site: Site, hit: Hit, language: str) -> dict[str, Any]:
    concepts = [site.label(concept, language) for concept in hit.concepts]
    words = other_words(site, hit)
    made: dict[str, Any] = {
        "strength": hit.strength,
        "strength_label": heading(f"strength.{hit.strength}", language),
        "why": {"words": words[:6], "concepts": concepts, "sentence": ""},
    }
    if hit.passage:
        shown = marked(hit.passage, hit.sentence, hit.words)
        made["passage"] = {
            "html": shown,
            "lang": hit.passage.language,
            "lang_label": text(site.language_name(hit.passage.language, language), language),
            "field_label": FIELD_LABELS[hit.passage.field],
            "page": hit.passage.page,
        }
        if hit.passage.language == language and not shown.startswith("… "):
            made["summary"] = text("", language)  # the passage begins as the summary does
        if not hit.words and not concepts:
            made["why"]["sentence"] = "Close in meaning, with other words"
    return made


def other_words(site: Site, hit: Hit) -> list[str]:
    """The words in common that are not already said by a concept in common."""
    spoken = hit.passage.language if hit.passage else ""
    said = {word for iri in hit.concepts for word in forms(site.concepts[iri].label(spoken)[0], spoken)}
    return [word for word in hit.words if form(word, spoken) not in said]


def why_sentence(site: Site, hit: Hit, language: str) -> str:
    """The reason for a hit in one line, for the API and the command line."""
    parts = []
    if hit.concepts:
        parts.append("about " + ", ".join(site.label(c, language)["text"] for c in hit.concepts))
    if words := other_words(site, hit):
        parts.append("words in common: " + ", ".join(words[:6]))
    if not parts:
        parts.append("close in meaning")
    sentence = heading(f"strength.{hit.strength}", language)["text"] + "; " + "; ".join(parts)
    if hit.passage:
        shown = hit.passage.text if len(hit.passage.text) <= 200 else hit.passage.text[:197].rsplit(" ", 1)[0] + " …"
        place = f", page {hit.passage.page}" if hit.passage.page else ""
        sentence += f" – “{shown}” ({hit.passage.language}{place})"
    return sentence
