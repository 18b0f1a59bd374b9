"""Which concepts have a name, other names and an explanation in which official language, and which still lack one."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from rdflib import URIRef
from rdflib.namespace import SKOS

from ontology import COUNTRY, EU_LANGUAGES, ID, LANGUAGE

from .store import Store

WHAT = {SKOS.prefLabel: "name", SKOS.altLabel: "other names", SKOS.definition: "explanation"}


@dataclass
class Naming:
    """How far the concepts of one list are named in the 24 official languages."""

    scheme: URIRef
    concepts: list[str] = field(default_factory=list)
    missing: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    """`name`, `other names` or `explanation` -> language -> codes of the concepts that have none."""

    def named(self, language: str, what: str = "name") -> int:
        """How many concepts of the list have a name (or what else) in a language."""
        return len(self.concepts) - len(self.missing[what].get(language, ()))

    @property
    def complete(self) -> list[str]:
        """The languages in which every concept has a name."""
        return [language for language in EU_LANGUAGES if language not in self.missing["name"]]


def naming(store: Store) -> list[Naming]:
    """The lists that pages, filters and chips show names from, by their IRIs.

    Regions are left out: they are called by their own names. Of countries and languages only the name is looked for.
    """
    schemes = _members(store)
    held: dict[str, set[tuple[str, str]]] = {}
    for prop, what in WHAT.items():
        rows = store.select(f"SELECT DISTINCT ?c (LANG(?l) AS ?lang) {{ ?c {prop.n3()} ?l }}")
        held[what] = {(str(row["c"]), str(row["lang"])) for row in rows}
    found = []
    for scheme, concepts in sorted(schemes.items()):
        own = scheme.startswith(str(ID))
        one = Naming(URIRef(scheme), sorted(concepts))
        for what in WHAT.values() if own else ("name",):
            gaps = {
                language: lacking
                for language in EU_LANGUAGES
                if (lacking := [c.rpartition("/")[2] for c in one.concepts if (c, language) not in held[what]])
            }
            one.missing[what] = gaps
        found.append(one)
    return found


def _members(store: Store) -> dict[str, list[str]]:
    schemes: dict[str, list[str]] = defaultdict(list)
    for row in store.select(f"SELECT ?c ?s {{ ?c {SKOS.inScheme.n3()} ?s }}"):
        concept = str(row["c"])
        if concept.startswith((str(ID), str(COUNTRY), str(LANGUAGE))):
            schemes[str(row["s"])].append(concept)
    return schemes


def as_text(lists: list[Naming]) -> str:
    """A table of lists and languages, then what is missing, one line a list and language."""
    widths = max(len(_title(one)) for one in lists)
    lines = ["Names by list and language (of how many concepts)", ""]
    lines.append(f"{'':{widths}}  of " + " ".join(f"{language:>3}" for language in EU_LANGUAGES))
    for one in lists:
        counts = " ".join(f"{one.named(language):>3}" for language in EU_LANGUAGES)
        lines.append(f"{_title(one):{widths}} {len(one.concepts):>3} {counts}")
    for what in WHAT.values():
        gaps = [line for one in lists for line in _gaps(one, what)]
        lines += ["", f"Concepts that lack {what} in some language: {len(gaps)}", *gaps]
    return "\n".join(lines)


def _gaps(one: Naming, what: str) -> Iterator[str]:
    by_language = one.missing.get(what, {})
    for code in sorted({code for codes in by_language.values() for code in codes}):
        lacking = [language for language, codes in by_language.items() if code in codes]
        where = "all but English" if len(lacking) == len(EU_LANGUAGES) - 1 else ", ".join(lacking)
        yield f"  {_title(one)}/{code.partition('.')[2] or code}: {where}"


def _title(one: Naming) -> str:
    return one.scheme.rpartition("/")[2]
