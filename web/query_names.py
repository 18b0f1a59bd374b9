"""The names that a query can use: classes, properties and things of this graph, looked up by what a person types."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process
from rdflib import RDFS, URIRef

from ontology import ID, PREFIXES
from search import Searcher
from search.words import fold

from .model_view import model
from .per_state import PerState

CLASS, PROPERTY = "class", "property"
ENOUGH = 60.0  # of 100, from which a name is near another
_SIMPLE = re.compile(r"[A-Za-z0-9_](?:[\w.-]*[\w-])?")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|[-_.]")


@dataclass
class Name:
    """Something that a query can name."""

    iri: str
    label: str
    kind: str
    """`class`, `property`, or the kind of thing: `barrier`, `country`, `practice`, …"""
    keys: list[str] = field(default_factory=list)
    """Folded, what it is found by: local name, labels in all languages."""

    @property
    def local(self) -> str:
        """What stands behind the namespace."""
        return re.split(r"[#/]", self.iri)[-1]

    def as_dict(self) -> dict[str, str]:
        """For programs and templates: `written` goes into a query, `prefix` and `namespace` are to be declared."""
        prefix, namespace = prefix_of(self.iri)
        return {
            "iri": self.iri,
            "written": written(self.iri),
            "prefix": prefix,
            "namespace": namespace,
            "label": self.label,
            "kind": self.kind,
        }


_KINDS = """accessibility-feature action-code amount barrier certainty combination-rule criterion definition event
format instrument mapping material material-type measure mobility-type named-group organisation phase policy practice
programme promoter purpose role scheme sector status target target-group"""
KNOWN_PREFIXES = PREFIXES | {kind: str(ID[f"{kind}/"]) for kind in _KINDS.split()}
"""The project's prefixes, and one for each kind of thing, as the example queries use them."""


def prefix_of(iri: str) -> tuple[str, str]:
    """The prefix by which an IRI can be written, and its namespace; empty where it cannot be written so."""
    fitting = [(len(name), prefix, name) for prefix, name in KNOWN_PREFIXES.items() if iri.startswith(name)]
    _, prefix, name = max(fitting, default=(0, "", ""))
    return (prefix, name) if name and _SIMPLE.fullmatch(iri[len(name) :]) else ("", "")


def written(iri: str) -> str:
    """An IRI as a query writes it, such as `gw:Barrier`."""
    prefix, name = prefix_of(iri)
    return f"{prefix}:{iri[len(name) :]}" if prefix else f"<{iri}>"


def words(local: str) -> str:
    """`mobilityType` as words."""
    return _HUMP.sub(" ", local).lower()


class QueryNames:
    """All names of one state of the graph."""

    def __init__(self, searcher: Searcher) -> None:
        self._store = searcher.store
        names: dict[str, Name] = {}
        for name in (*_terms(searcher), *_concepts(searcher), *_things(searcher)):
            names.setdefault(name.iri, name)
        self.all = list(names.values())
        self._known = set(names)
        self.namespaces = {name.iri[: -len(name.local)] for name in self.all if name.kind in (CLASS, PROPERTY)}

    def has(self, iri: str) -> bool:
        """Whether the graph says anything with this IRI."""
        if iri in self._known:
            return True
        try:
            term = URIRef(iri).n3()
        except ValueError:  # no IRI at all
            return False
        return self._store.ask(
            f"ASK {{ {{ {term} ?p ?o }} UNION {{ ?s {term} ?o }} UNION {{ ?s ?p {term} }} "
            f"UNION {{ GRAPH {term} {{ ?s ?p ?o }} }} }}"
        )

    def find(self, text: str, kind: str = "", limit: int = 20) -> list[Name]:
        """Names that begin with a text, or have a word that does; classes and properties first, then the shortest."""
        prefix, colon, local = text.strip().strip("<>").partition(":")
        namespace = KNOWN_PREFIXES.get(prefix, "") if colon else ""
        typed = fold(local if namespace else text.strip("<> "))
        found = []
        for name in self.all:
            if (kind and name.kind != kind) or not name.iri.startswith(namespace):
                continue
            if (rank := _rank(typed, name.keys)) is not None:
                found.append((rank, name.kind not in (CLASS, PROPERTY), len(name.label), name.iri, name))
        if not found and len(typed) > 2:
            return [name for name in self.nearest(typed, kind, 5 * limit) if name.iri.startswith(namespace)][:limit]
        return [entry[-1] for entry in sorted(found, key=lambda entry: entry[:-1])[:limit]]

    def nearest(self, text: str, kinds: str | Iterable[str] = "", limit: int = 5, namespace: str = "") -> list[Name]:
        """Names that are written nearly so, the nearest first.

        Args:
            text: a local name or words.
            kinds: of the names; empty for all.
            limit: names, at most.
            namespace: names in it are preferred where several are equally near.

        """
        wanted = {kinds} if isinstance(kinds, str) and kinds else set(kinds)
        names = [name for name in self.all if not wanted or name.kind in wanted]
        keys = [(key, n) for n, name in enumerate(names) for key in name.keys]
        best: dict[int, float] = {}
        for asked in {fold(text), fold(words(text))}:
            hits = process.extract(asked, [key for key, _ in keys], scorer=fuzz.ratio, score_cutoff=ENOUGH, limit=100)
            for _, score, at in hits:
                n = keys[at][1]
                best[n] = max(best.get(n, 0.0), score + (5 if namespace and names[n].iri.startswith(namespace) else 0))
        return [names[n] for n in sorted(best, key=lambda n: (-best[n], names[n].iri))[:limit]]


query_names = PerState(lambda site: QueryNames(site.searcher))
"""The names of a site's newest state, read when they are first asked for."""


def _rank(typed: str, keys: list[str]) -> int | None:
    """0 for the whole name, 1 for its beginning, 2 for the beginning of a word of it; None where it is not in it."""
    if typed in keys:
        return 0
    if any(key.startswith(typed) for key in keys):
        return 1
    return 2 if any(f" {typed}" in key for key in keys) else None


def _terms(searcher: Searcher) -> Iterable[Name]:
    """Classes and properties: those of the model, and what else the graph uses."""
    labels = {str(term): str(label) for term, label in model().subject_objects(RDFS.label)}
    for kind, query in (
        (CLASS, f"SELECT DISTINCT ?x {{ {{ [] a ?x }} UNION {{ ?x a <{_OWL}Class> }} }}"),
        (PROPERTY, f"SELECT DISTINCT ?x {{ {{ [] ?x [] }} UNION {{ ?x a ?k FILTER(?k IN ({_PROPERTIES})) }} }}"),
    ):
        for row in searcher.store.select(query):
            name = Name(str(row["x"]), "", kind)
            name.label = labels.get(name.iri) or words(name.local)
            name.keys = list(dict.fromkeys((fold(name.local), fold(words(name.local)), fold(name.label))))
            yield name


_OWL = "http://www.w3.org/2002/07/owl#"
_PROPERTIES = f"<{_OWL}ObjectProperty>, <{_OWL}DatatypeProperty>"


def _concepts(searcher: Searcher) -> Iterable[Name]:
    for concept in searcher.concepts.values():
        if concept.kind != "year":
            texts = [*concept.labels.values(), *(text for _, text in concept.other)]
            keys = dict.fromkeys(fold(text) for text in (concept.iri.rpartition("/")[2], concept.code, *texts))
            yield Name(str(concept.iri), concept.label("en")[0], concept.kind, list(keys))


def _things(searcher: Searcher) -> Iterable[Name]:
    """What else the project names and the graph has a title or a name of: records, lists, and so on."""
    found: dict[str, Name] = {}
    for row in searcher.store.select(_TITLES):
        iri, text = str(row["x"]), str(row["title"])
        name = found.setdefault(iri, Name(iri, text, iri[len(str(ID)) :].partition("/")[0]))
        if getattr(row["title"], "language", None) == "en":
            name.label = text
        name.keys.append(fold(text))
    for name in found.values():
        name.keys.append(fold(name.local))
    return found.values()


_TITLES = f"""SELECT ?x ?title {{
  ?x ?p ?title FILTER(?p IN (<{PREFIXES["dcterms"]}title>, <{PREFIXES["foaf"]}name>))
  FILTER(STRSTARTS(STR(?x), "{ID}") && !CONTAINS(STR(?x), "#")) }}"""
