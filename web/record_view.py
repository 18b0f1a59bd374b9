"""A record as its page shows it: all that is known, nothing that is not."""

from typing import Any
from urllib.parse import urlsplit

from rdflib import Graph, Literal, URIRef
from rdflib.namespace import DCTERMS, FOAF

from kg.answers import FORM_NAMES
from kg.terms import by_language, code, iris, word, words
from kg.terms import iri as thing
from kg.versions import Release
from ontology import EU_LANGUAGES, GW, ID, SCHEMA

from .accept import FORMS
from .cards import card
from .citations import citation_links
from .format import day, number
from .headings import heading
from .site import Site, Text, best, path_of, text

SECTIONS = (
    (GW.priorities, "Priorities"),
    (GW.keyMessage, "Key message"),
    (GW.outcome, "What came of it"),
    (GW.challenges, "What was hard"),
    (GW.transfer, "What you could take over"),
    (GW.evidence, "How one knows that it worked"),
    (GW.resources, "What it took"),
    (GW.whyItMatters, "Why it matters"),
)
QUALIFIERS = {"about": "about ", "at-least": "at least ", "at-most": "at most ", "more-than": "more than "}
CERTAINTY = {"read": "read in full", "partial": "only a part of it was read"}
_WHO = {"organisation": "Who it is", "promoter": "Who it is", "policy": "Whose it is", "event": "Who holds it"}
_DURATION = {"Y": "years", "M": "months", "D": "days", "H": "hours"}


def record_view(site: Site, iri: URIRef, graph: Graph, version: Release, language: str, reader: str) -> dict[str, Any]:
    """Everything that the record's page shows.

    Args:
        site: where it is.
        iri: the record.
        graph: its triples.
        version: the current one.
        language: of the interface: of dates, numbers and what stands in a sentence of ours.
        reader: the language that the reader likes best: of texts and names, where they exist in it.

    """
    kind, record_id = iri[len(str(ID)) :].split("/")
    original = site.language_code(thing(graph, iri, DCTERMS.language))
    titles, summaries = by_language(graph, iri, DCTERMS.title), by_language(graph, iri, DCTERMS.abstract)
    title, summary = best(titles, reader, original), best(summaries, reader, original)
    name = site.language_name(original, language)
    ours = {site.language_code(used) for used in iris(graph, iri, GW.ourTranslation)}
    checked = word(graph, iri, GW.checked)
    return {
        "kind": kind,
        "kind_label": heading(f"kind.{kind}", language),
        "id": record_id,
        "title": title,
        "original": _original(titles, title, original, name),
        "our_translation": f"Title and summary are our translation; the source is in {name}."
        if title["lang"] in ours
        else None,
        "summary": summary,
        "summary_original": _original(summaries, summary, original, name),
        "facts": _facts(site, iri, graph, language, reader),
        "figures": _figures(iri, graph, language, reader),
        "sections": [
            {"label": label, "text": best(found, reader, original)}
            for prop, label in SECTIONS
            if (found := by_language(graph, iri, prop))
        ],
        "body": _body(graph, iri, reader, original),
        "barriers": _barriers(site, iri, graph, reader),
        "sources": _sources(site, iri, graph, language),
        "related": _related(site, record_id, language),
        "downloads": downloads(f"/data/{kind}/{record_id}"),
        "citations": citation_links(kind, record_id),
        "cite": f"Goodways. {best(titles, language, original)['text']}. Version {version.number}"
        + (f", source checked on {day(checked, language)}" if checked else "")
        + f". {iri} (CC BY 4.0).",
        "can_translate": _can_translate(site, original, language),
        "version": version.number,
        "version_url": path_of(version.node),
        "modified": day(version.when.date().isoformat(), language),
    }


def downloads(path: str) -> list[dict[str, str]]:
    """The forms in which something can be taken home."""
    return [{"label": FORM_NAMES[ending], "url": f"{path}.{ending}"} for ending in FORMS]


def journey(site: Site, iri: URIRef, graph: Graph, language: str) -> dict[str, list[Text]] | None:
    """What was done before, during and after the stay, as far as the measures say it."""
    steps: dict[str, list[Text]] = {"before": [], "during": [], "after": []}
    for measure in iris(graph, iri, GW.measure):
        step = _STEPS.get(measure.rpartition("/")[2])
        if step:
            steps[step].append(site.label(measure, language))
    return steps if sum(map(bool, steps.values())) > 1 else None


_STEPS = {
    "language-preparation": "before", "cultural-preparation": "before", "preparatory-visit-support": "before",
    "outreach": "before", "family-involvement": "before", "host-matching": "before", "advance-payment": "before",
    "mentoring": "during", "accompanying-person": "during", "personal-assistance": "during", "group-stay": "during",
    "sign-language-interpreting": "during", "accessible-transport": "during", "accessible-housing": "during",
    "childcare": "during", "psychological-support": "during", "peer-support": "during", "adapted-programme": "during",
    "short-stay": "during", "follow-up": "after", "recognition": "after", "role-models": "after",
}  # fmt: skip


def _facts(site: Site, iri: URIRef, graph: Graph, language: str, reader: str) -> list[dict[str, Any]]:
    facts = []

    def add(label: str, values: list[dict[str, Any]]) -> None:
        if values:
            facts.append({"label": label, "values": values})

    def concepts(prop: URIRef, facet: str = "") -> list[dict[str, Any]]:
        return [
            {"text": site.label(value, reader), "url": _concept_url(site, value, facet)}
            for value in iris(graph, iri, prop)
        ]

    def plain(prop: URIRef) -> list[dict[str, Any]]:
        return [{"text": value} for value in words(graph, iri, prop)]

    add("For whom", concepts(GW.targetGroup))
    add("For use by", concepts(GW.audience))
    add("Kind of stay", concepts(GW.mobilityType))
    add("Kind of material", concepts(GW.materialType))
    add("Helps", concepts(GW.phase))
    add("Where", concepts(GW.country, "country") + concepts(GW.region) + plain(GW.place))
    add("Went to", concepts(GW.destination, "country"))
    ends = [day(word(graph, iri, prop), language) for prop in (GW.start, GW.end)]
    when = " – ".join(dict.fromkeys(filter(None, ends)))
    add("When", [{"text": when}] if when else [])
    add(_WHO.get(iri[len(str(ID)) :].partition("/")[0], "Who did it"), _organisations(site, iri, graph, language))
    add("Nominated by", plain(GW.nominatedBy))
    add("Validated by", plain(GW.validatedBy))
    add("Paid by", concepts(GW.programme))
    add("Project number", plain(GW.projectReference))
    add("What was done", concepts(GW.measure))
    add("Field", concepts(GW.sector))
    add("Language versions", concepts(SCHEMA.inLanguage))
    add("Format", concepts(GW["format"]))
    add("Accessibility", concepts(GW.accessibilityFeature))
    add("Time needed", [{"text": _duration(value)} for value in words(graph, iri, SCHEMA.timeRequired)])
    add("Licence", [{"text": str(v), "url": str(v)} for v in iris(graph, iri, DCTERMS.license)])
    return facts


def _concept_url(site: Site, iri: URIRef, facet: str) -> str | None:
    if facet:
        return f"/search?{facet}={site.concepts[iri].code}" if iri in site.concepts else None
    return path_of(iri) if iri.startswith(ID) else None


def _organisations(site: Site, iri: URIRef, graph: Graph, language: str) -> list[dict[str, Any]]:
    found = []
    for part in sorted(iris(graph, iri, GW.participation), key=_position):
        notes = [site.label(v, language)["text"] for p in (GW.role, GW.country) for v in iris(graph, part, p)]
        body = thing(graph, part, GW.organisation)
        url = path_of(body) if body else None
        found.append({"text": word(graph, part, FOAF.name), "url": url, "note": ", ".join(notes) or None})
    return found


def _figures(iri: URIRef, graph: Graph, language: str, reader: str) -> list[dict[str, Any]]:
    figures = []
    for node in sorted(iris(graph, iri, GW.figure), key=_position):
        source = str(thing(graph, node, DCTERMS.source) or thing(graph, iri, DCTERMS.source) or "")
        qualifier = QUALIFIERS.get(word(graph, node, GW.qualifier), "")
        figures.append(
            {
                "value": qualifier + number(word(graph, node, GW.value), language),
                "what": best(by_language(graph, node, DCTERMS.description), reader),
                "year": word(graph, node, GW.year) or None,
                "source_url": source,
                "source_host": urlsplit(source).hostname or source,
                "definition": None,
            }
        )
    return figures


def _barriers(site: Site, iri: URIRef, graph: Graph, language: str) -> list[dict[str, Any]]:
    barriers = []
    for value in iris(graph, iri, GW.addresses):
        concept = site.concepts.get(value)
        explanation = concept.explanation(language) if concept else None
        definition = ID["definition/" + value.rpartition("/")[2].partition(".")[0]]
        barriers.append(
            {
                "label": site.label(value, language),
                "explanation": text(*explanation) if explanation else None,
                "url": path_of(value),
                "definition": {"label": definition_title(site, definition, language), "url": path_of(definition)},
            }
        )
    return barriers


def definition_title(site: Site, iri: URIRef, language: str) -> Text:
    """The title of a definition."""
    rows = site.searcher.store.select(f"SELECT ?t {{ {iri.n3()} <{DCTERMS.title}> ?t }}")
    titles = {t.language or "": str(t) for row in rows if isinstance(t := row["t"], Literal)}
    return best(titles, language) if titles else text(iri.rpartition("/")[2], "")


def _sources(site: Site, iri: URIRef, graph: Graph, language: str) -> list[dict[str, Any]]:
    rows = [(iri, DCTERMS.source, CERTAINTY.get(code(graph, iri, GW.certainty), ""))]
    rows += [(node, SCHEMA.url, "") for node in sorted(iris(graph, iri, GW.furtherSource), key=_position)]
    sources = []
    for node, prop, sure in rows:
        url = str(thing(graph, node, prop))
        written = site.language_code(thing(graph, node, DCTERMS.language))
        sources.append(
            {
                "url": url,
                "host": (urlsplit(url).hostname or url).removeprefix("www.").rstrip("."),
                "language_label": site.language_name(written, language) if written else None,
                "checked": day(word(graph, node, GW.checked), language) or None,
                "certainty_text": sure or None,
                "verified": day(word(graph, node, GW.verified), language) or None,
            }
        )
    return sources


def _related(site: Site, record_id: str, language: str) -> list[dict[str, Any]]:
    found = site.searcher.similar(record_id, 4) if record_id in site.searcher.positions else []
    summaries = site.summaries(hit.iri for hit, _ in found)
    cards = []
    for hit, shared in found:
        names = [site.label(concept, language)["text"] for concept in shared][:5]
        why = "Both: " + ", ".join(names) if names else "Tells of something similar"
        cards.append(card(site, summaries[hit.iri], language) | {"why_related": why})
    return cards


def _body(graph: Graph, iri: URIRef, language: str, original: str) -> list[Text] | None:
    found = best(by_language(graph, iri, GW.text), language, original)
    return [text(part, found["lang"]) for part in found["text"].splitlines() if part.strip()] or None


def _can_translate(site: Site, original: str, language: str) -> list[dict[str, str]]:
    """The languages of the EU that it can be put into, by name."""
    found = [{"code": code, "name": site.language_name(code, language)} for code in EU_LANGUAGES if code != original]
    return sorted(found, key=lambda one: one["name"])


def _original(texts: dict[str, str], shown: Text, original: str, name: str) -> Text | None:
    if original in texts and shown["lang"] != original:
        return text(texts[original], original) | {"lang_label": name}
    return None


def _position(node: object) -> tuple[str, int]:
    name, _, digits = str(node).rpartition("-")
    return name, int(digits) if digits.isdigit() else 0


def _duration(value: str) -> str:
    """An ISO 8601 duration in words: `PT10M` is 10 minutes, `P2D` 2 days."""
    days, _, hours = value.removeprefix("P").partition("T")
    words, digits = [], ""
    for part, names in ((days, _DURATION), (hours, _DURATION | {"M": "minutes", "S": "seconds"})):
        for char in part:
            if char.isdigit() or char == ".":
                digits += char
            else:
                words.append(
                    f"{digits} {names.get(char, char)}" if digits != "1" else f"1 {names.get(char, char)[:-1]}"
                )
                digits = ""
    return " ".join(words) or value
