"""What narrows a search down, as a person sees it: addresses with one thing changed, and the facets as trees."""

from typing import Any
from urllib.parse import urlencode

from rdflib import URIRef

from ontology import RECORD_TYPES
from search import Results
from search.facets import FACETS, FacetCount

from .headings import heading
from .site import Site

Params = list[tuple[str, str]]
MANY = 40  # values of a facet, from which what is narrower is shown only under what was chosen


class Links:
    """Addresses of the search page with one thing changed; the state lives in the address."""

    def __init__(self, params: Params, path: str = "/search") -> None:
        self._params = [(name, value) for name, value in params if name != "page" and value]
        self._path = path

    def with_(self, name: str, value: str) -> str:
        """One more value."""
        return self._url([*self._params, (name, value)])

    def without(self, name: str, value: str | None = None) -> str:
        """Without a value, or without all values of a name."""
        return self.less(name, value).url

    def less(self, name: str, value: str | None = None) -> "Links":
        """Addresses of the search without a value, or without all values of a name."""
        kept = [(n, v) for n, v in self._params if n != name or (value is not None and v != value)]
        return Links(kept, self._path)

    @property
    def url(self) -> str:
        """As it is."""
        return self._url(self._params)

    def _url(self, params: Params) -> str:
        return self._path + ("?" + urlencode(params) if params or not self._path else "")


def facet_views(
    site: Site, results: Results, links: Links, chosen: dict[str, list[str]], language: str
) -> list[dict[str, Any]]:
    """The facets with counts and links; a facet of one value that nobody chose says nothing and is left out."""
    views = []
    for name in FACETS:
        counts = results.facets.get(name, [])
        if len(counts) < 2 and not chosen.get(name):
            continue
        tree = _FacetTree(site, name, counts, links, chosen.get(name, []))
        views.append({"name": name, "label": heading(f"facet.{name}", language), "values": tree.values(language)})
    return views


class _FacetTree:
    """The values of one facet, what is narrower under each."""

    def __init__(self, site: Site, name: str, counts: list[FacetCount], links: Links, written: list[str]) -> None:
        self._site, self._name, self._links = site, name, links
        self._counts = {count.iri: count for count in counts}
        self._chosen = {site.searcher.facets.value(name, value): value for value in written}
        self._below: dict[URIRef, list[URIRef]] = {}
        self._top: list[URIRef] = []
        for iri in self._counts:
            above = [b for b in site.concepts[iri].broader if b in self._counts] if iri in site.concepts else []
            for broader in above:
                self._below.setdefault(broader, []).append(iri)
            if not above:
                self._top.append(iri)

    def values(self, language: str) -> list[dict[str, Any]]:
        """The tree; where there are many values, it unfolds as one chooses."""
        return [self._value(iri, self._links, language) for iri in self._top]

    def _value(self, iri: URIRef, links: Links, language: str) -> dict[str, Any]:
        """A value; choosing what is narrower takes its place, as else both would count and nothing narrow down."""
        count = self._counts[iri]
        written = self._chosen.get(count.value)
        within = links.less(self._name, written) if written else links
        return {
            "value": count.value,
            "label": facet_label(self._site, self._name, iri, count.value, language),
            "count": count.count,
            "url": within.url if written else links.with_(self._name, count.value),
            "active": bool(written),
            "children": [self._value(child, within, language) for child in self._children(iri)],
        }

    def _children(self, iri: URIRef) -> list[URIRef]:
        """What is narrower; a step between that has all the records of what is over it is passed over."""
        if len(self._counts) > MANY and not self._holds_chosen(iri):
            return []
        below = self._below.get(iri, [])
        while len(below) == 1 and self._is_only_a_step(iri, below[0]):
            below = self._below[below[0]]
        return below

    def _is_only_a_step(self, above: URIRef, step: URIRef) -> bool:
        count = self._counts[step]
        return step in self._below and count.count == self._counts[above].count and count.value not in self._chosen

    def _holds_chosen(self, iri: URIRef) -> bool:
        if self._counts[iri].value in self._chosen:
            return True
        return any(self._holds_chosen(child) for child in self._below.get(iri, ()))


def facet_label(site: Site, name: str, iri: URIRef, value: str, language: str) -> dict[str, str]:
    """The name of a facet's value."""
    if name == "type":
        return heading(f"kind.{RECORD_TYPES[value]}", language)
    return site.label(iri, language)
