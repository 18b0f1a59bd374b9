"""What can be chosen in a field that takes concepts: names in the reader's language, in their order and hierarchy."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from rdflib import URIRef

from ingest.fields import plain
from ontology.context import context
from search.labels import Concept

from ..per_state import PerState
from ..site import Site, Text, best, text
from .form_fields import FormField, Widget

TYPED_FROM = 300
"""From so many concepts on, names or codes are typed in place of ticking boxes."""
_FLAT_FROM = 60
"""From so many on, those that records name already come first."""
_IN_BRACKETS = re.compile(r"\(([A-Za-z0-9._-]+)\)\s*$")


@dataclass(frozen=True)
class Option:
    """One concept to choose."""

    code: str
    label: Text
    children: tuple["Option", ...] = ()


@dataclass(frozen=True)
class OptionGroup:
    """Concepts that belong together."""

    label: Text | None
    options: tuple[Option, ...]

    def holds(self, chosen: set[str]) -> bool:
        """Whether one of them is chosen."""
        return any(_holds(option, chosen) for option in self.options)


def is_typed(site: Site, field: FormField, *, in_part: bool = False) -> bool:
    """Whether names or codes are typed into a field: where there are very many, and in a part of a record."""
    return field.widget == Widget.CHOICES and (in_part or len(_members(site)(field)) >= TYPED_FROM)


def options(site: Site, field: FormField, language: str) -> list[OptionGroup]:
    """All that can be chosen in a field."""
    members = _members(site)(field)
    sizes = Counter(members.values())
    schemes = sorted(sizes, key=lambda scheme: (-sizes[scheme], scheme))
    if len(schemes) > 1 and field.widget == Widget.CHOICES:
        of = {scheme: [iri for iri in members if members[iri] == scheme] for scheme in schemes}
        return [OptionGroup(_scheme(site, one, language), _tree(site, field, of[one], language)) for one in schemes]
    if len(members) > _FLAT_FROM and field.widget == Widget.CHOICES:
        used = [iri for iri in members if iri in _used(site)]
        rest = [iri for iri in members if iri not in _used(site)]
        return [
            OptionGroup(None, _tree(site, field, used, language)),
            OptionGroup(text("All others", "en"), _tree(site, field, rest, language)),
        ]
    return [OptionGroup(None, _tree(site, field, list(members), language))]


def usual(field: str, code: str) -> str:
    """The code that stands for a concept here, of several that mean it (`EL` and `GR` are both Greece)."""
    return code_of(field, iri_of_code(field, code))


def names_of(site: Site, field: FormField, codes: list[str], language: str) -> str:
    """Chosen concepts as they are typed: names, with the code where a name alone would not do."""
    by_iri = {iri: code_of(field.name, iri) for iri in _members(site)(field)}
    shown = []
    for code in codes:
        iri = URIRef(iri_of_code(field.name, code))
        if iri not in by_iri:
            shown.append(code)
            continue
        label = site.label(iri, language)["text"]
        clear = named(site, field, label) == by_iri[iri]
        shown.append(label if clear else f"{label} ({by_iri[iri]})")
    return "; ".join(shown)


def typed_codes(site: Site, field: FormField, typed: str) -> list[str]:
    """The codes of what was typed; what is no name and no code stays as it is."""
    found: list[str] = []
    for item in filter(None, (part.strip() for part in re.split(r"[;\n]", typed))):
        code = named(site, field, item)
        pieces = [item] if code else [piece.strip() for piece in item.split(",")]
        found += [code] if code else [named(site, field, piece) or piece for piece in pieces if piece]
    return list(dict.fromkeys(found))


def named(site: Site, field: FormField, words: str) -> str:
    """The code of a concept by its name in any language, or by the code itself; empty where there is none."""
    known = _known(site)(field)
    if found := _IN_BRACKETS.search(words):
        return known.get(found[1].casefold(), "")
    return known.get(words.casefold(), "") or known.get(plain(words), "")


def code_of(field: str, iri: str) -> str:
    """The code of a concept in a field."""
    start = _terms(field).get("@vocab", "")
    plain_code = iri[len(start) :] if start and iri.startswith(start) else iri
    return _codes(field).get(str(iri), plain_code)


def iri_of_code(field: str, code: str) -> str:
    """The IRI of a concept by its code in a field."""
    terms = _terms(field)
    return str(terms.get(code) or f"{terms.get('@vocab', '')}{code}")


def _terms(field: str) -> dict[str, str]:
    term = context().get(field)
    return term.get("@context", {}) if isinstance(term, dict) else {}


@cache
def _codes(field: str) -> dict[str, str]:
    """IRI -> code, where the context spells the codes out."""
    return {iri: code for code, iri in reversed(_terms(field).items()) if not code.startswith("@")}


def _holds(option: Option, chosen: set[str]) -> bool:
    return option.code in chosen or any(_holds(child, chosen) for child in option.children)


def _tree(site: Site, field: FormField, members: list[URIRef], language: str) -> tuple[Option, ...]:
    within = set(members)

    def option(iri: URIRef, above: frozenset[URIRef]) -> Option:
        concept = site.concepts.get(iri) or Concept(iri)
        below = [child for child in concept.narrower if child in within and child not in above]
        children = _ordered([option(one, above | {iri}) for one in below])
        return Option(code_of(field.name, iri), text(*concept.label(language)), children)

    tops = [iri for iri in members if not within & set((site.concepts.get(iri) or Concept(iri)).broader)]
    return _ordered([option(iri, frozenset()) for iri in tops])


def _ordered(found: list[Option]) -> tuple[Option, ...]:
    return tuple(sorted(found, key=lambda option: plain(option.label["text"])))


def _scheme(site: Site, scheme: URIRef, language: str) -> Text:
    query = f"""PREFIX gw: <https://w3id.org/goodways/ontology#> PREFIX dcterms: <http://purl.org/dc/terms/>
    PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
    SELECT ?t {{ {{ ?d gw:scheme {scheme.n3()} ; dcterms:title ?t }} UNION
                 {{ {scheme.n3()} dcterms:title|skos:prefLabel ?t }} }}"""
    titles = {getattr(row["t"], "language", None) or "": str(row["t"]) for row in site.searcher.store.select(query)}
    return best(titles, language) if titles else text(scheme.rpartition("/")[2], "")


class _Members:
    """The concepts of each class, with their schemes."""

    def __init__(self, site: Site) -> None:
        self._store = site.searcher.store
        self._kept: dict[URIRef | None, dict[URIRef, URIRef]] = {}

    def __call__(self, field: FormField) -> dict[URIRef, URIRef]:
        if field.of_class is None:
            return {}
        if field.of_class not in self._kept:
            query = f"""SELECT ?c ?s {{ ?c a {field.of_class.n3()} ;
                <http://www.w3.org/2004/02/skos/core#inScheme> ?s }} ORDER BY ?c ?s"""
            rows = self._store.select(query)
            self._kept[field.of_class] = {URIRef(row["c"]): URIRef(row["s"]) for row in rows}
        found = self._kept[field.of_class]
        codes = _codes(field.name)
        return {iri: scheme for iri, scheme in found.items() if not codes or str(iri) in codes}


class _Known:
    """What each concept of a field is called, for reading what people type."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: dict[str, dict[str, str]] = {}

    def __call__(self, field: FormField) -> dict[str, str]:
        if field.name not in self._kept:
            self._kept[field.name] = self._names(field)
        return self._kept[field.name]

    def _names(self, field: FormField) -> dict[str, str]:
        codes = {iri: code_of(field.name, iri) for iri in _members(self._site)(field)}
        found: dict[str, str] = {}
        for iri, code in sorted(codes.items(), key=lambda item: (len(item[1]), item[1])):
            concept = self._site.concepts.get(iri) or Concept(iri)
            for name in [*concept.labels.values(), *(name for _, name in concept.other)]:
                found.setdefault(plain(name), code)
        return found | {code.casefold(): code for code in codes.values()} | _aliases(field.name)


def _aliases(field: str) -> dict[str, str]:
    """Every code that the context knows (`EL` beside `GR`)."""
    return {code.casefold(): code for code in _terms(field) if not code.startswith("@")}


def _named_by_records(site: Site) -> frozenset[URIRef]:
    query = """PREFIX gw: <https://w3id.org/goodways/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
    SELECT DISTINCT ?c { ?r a gw:Record ; ?p ?c . ?c skos:inScheme ?s }"""
    return frozenset(URIRef(row["c"]) for row in site.searcher.store.select(query))


_members: PerState[_Members] = PerState(_Members)
_known: PerState[_Known] = PerState(_Known)
_used: PerState[frozenset[URIRef]] = PerState(_named_by_records)
