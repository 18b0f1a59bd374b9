"""What to do when nothing good was found: which filter is in the way, what is broader, what there is on the subject."""

from rdflib import URIRef

from search import Results

from .headings import heading
from .narrowing import Links
from .site import Site

Way = dict[str, str]
Chosen = dict[str, list[str]]
MOST = 6


def ways_to_loosen(site: Site, results: Results, q: str, chosen: Chosen, language: str) -> list[Way]:
    """Links that lead to something, each with how many records it finds; the most promising ones first."""
    if results.confidence == "good":
        return []
    ways = [*_without_a_filter(site, q, chosen, language), *_with_a_broader_value(site, q, chosen, language)]
    ways += _on_the_subject(site, results, language)
    least = results.total if results.confidence == "weak" and chosen else 0
    found = [way for number, way in sorted(ways, key=lambda way: -way[0]) if number > least]
    return [*found[:MOST], {"label": "Look around instead", "url": "/browse"}]


def _without_a_filter(site: Site, q: str, chosen: Chosen, language: str) -> list[tuple[int, Way]]:
    ways = []
    for name in chosen:
        rest = {other: values for other, values in chosen.items() if other != name}
        title = heading(f"facet.{name}", language)["text"]
        ways.append(_way(site, q, rest, f"Without the filter “{title}”"))
    return ways


def _with_a_broader_value(site: Site, q: str, chosen: Chosen, language: str) -> list[tuple[int, Way]]:
    ways = []
    facets = site.searcher.facets
    for name, values in chosen.items():
        for value in values:
            code = facets.value(name, value)
            concept = site.concepts.get(facets.iris[name][code]) if code else None
            for broader in concept.broader if concept else ():
                if broader in site.concepts:
                    wider = chosen | {name: [site.concepts[broader].code]}
                    ways.append(_way(site, q, wider, f"Wider: {site.label(broader, language)['text']}"))
    return ways


def _on_the_subject(site: Site, results: Results, language: str) -> list[tuple[int, Way]]:
    """Everything about a concept that the question names."""
    ways = []
    for iri in results.understood.concepts if results.understood else ():
        name = _facet_of(site, iri)
        if name:
            label = site.label(iri, language)["text"]
            ways.append(_way(site, "", {name: [site.concepts[iri].code]}, f"Everything about “{label}”"))
    return ways


def _facet_of(site: Site, iri: URIRef) -> str | None:
    known = site.searcher.facets.iris.items()
    return next((name for name, values in known if values.get(site.concepts[iri].code) == iri), None)


def _way(site: Site, q: str, chosen: Chosen, label: str) -> tuple[int, Way]:
    found = site.searcher.search(q, chosen, limit=0)
    number = found.total if found.confidence != "none" else 0
    params = [("q", q), *((name, value) for name, values in chosen.items() for value in values)]
    return number, {"label": f"{label} ({number})", "url": Links(params).url}
