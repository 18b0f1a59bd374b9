"""Definitions and concepts as their pages show them."""

from typing import Any
from urllib.parse import urlsplit

import numpy as np
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, FOAF

from kg import NotFoundError
from kg.terms import by_language, iris, word, words
from kg.terms import code as code_of
from kg.terms import iri as thing
from ontology import GW, ID
from search.labels import Concept

from .cards import card
from .format import day
from .mapping_view import concept_link, mappings, neighbours
from .record_view import definition_title, downloads
from .site import Site, Text, best, path_of, text

KIND_LABELS = {
    "barrier": "Barrier",
    "target-group": "Group of people",
    "measure": "Measure",
    "mobility-type": "Kind of stay",
    "programme": "Programme",
    "sector": "Field",
    "material-type": "Kind of material",
    "phase": "Phase of a stay",
    "criterion": "What one has to show",
    "format": "Format",
    "accessibility-feature": "Accessibility",
    "role": "Role",
    "instrument": "Instrument",
    "action-code": "Action code",
}
CERTAINTY = {
    "verified": "By our research notes, read at the sites named here; not looked at again since.",
    "partly-verified": "By our research notes, only a part of this was read at the sites named here.",
    "unverified": "Not verified yet: from general knowledge, and not read in the text itself.",
}
GROUPS = ("EU law and programmes", "Countries and agencies", "Other")


def definition_graph(site: Site, code: str) -> tuple[URIRef, Graph]:
    """The triples of a definition.

    Raises:
        NotFoundError: there is none of that name.

    """
    iri = ID[f"definition/{code}"]
    graph = site.searcher.store.construct(f"CONSTRUCT {{ {iri.n3()} ?p ?o }} {{ {iri.n3()} ?p ?o }}")
    if not len(graph):
        raise NotFoundError(f"There is no definition {code} in this graph.")
    return iri, graph


def definition_view(site: Site, code: str, language: str) -> dict[str, Any]:
    """Everything that a definition's page shows."""
    iri, graph = definition_graph(site, code)
    scheme = thing(graph, iri, GW.scheme)
    members = [concept for concept in site.concepts.values() if scheme and concept.scheme == scheme]
    top = [concept for concept in members if not any(b in site.concepts for b in concept.broader)]
    newer = site.searcher.store.select(f"SELECT ?d {{ ?d <{DCTERMS.replaces}> {iri.n3()} }}")
    older = thing(graph, iri, DCTERMS.replaces)
    return {
        "id": code,
        "title": _one(graph, iri, DCTERMS.title, language),
        "abstract": _one(graph, iri, DCTERMS.abstract, language),
        "notes": [text(note, "en") for note in words(graph, iri, GW.note)],
        "covers": _one(graph, iri, GW.covers, language),
        "facts": _facts(site, iri, graph, language),
        "barriers": [_node(site, c, language) for c in _sorted(top, language) if c.kind == "barrier"],
        "criteria": [_node(site, c, language) for c in _sorted(top, language) if c.kind == "criterion"],
        "neighbours": neighbours(site, code, {concept.iri for concept in members}, language),
        "sources": _sources(graph, iri),
        "certainty_text": CERTAINTY.get(code_of(graph, iri, GW.certainty)),
        "replaced_by": _link(site, URIRef(newer[0]["d"]), language) if newer else None,
        "replaces": _link(site, older, language) if older else None,
        "downloads": downloads(f"/data/definition/{code}"),
    }


def definitions_view(site: Site, language: str) -> dict[str, Any]:
    """All definitions in groups, and their time line."""
    rows = site.searcher.store.select(f"SELECT ?d {{ ?d a <{GW.Definition}> }}")
    items = [_item(site, str(row["d"]).rpartition("/")[2], language) for row in rows]
    items.sort(key=lambda item: (item["from"] or "9999", item["title"]["text"]))
    groups = [{"label": name, "items": [i for i in items if i["group"] == name]} for name in GROUPS]
    timeline = [
        {
            "title": item["title"],
            "url": item["url"],
            "start": int(item["from"][:4]),
            "end": int(item["to"][:4]) if item["to"] else None,
            "status": item["status"],
            "status_label": item["status_label"],
        }
        for item in items
        if item["from"]
    ]
    return {"definitions": items, "groups": groups, "timeline": timeline}


def concept_view(site: Site, kind: str, code: str, language: str, facet: str) -> dict[str, Any]:
    """Everything that a concept's page shows.

    Raises:
        NotFoundError: there is no such concept.

    """
    concept = site.concept(kind, code)
    explanation = concept.explanation(language)
    results = site.searcher.search("", {facet: [code]}, limit=10) if facet else None
    hits = results.hits if results and not results.unknown else []
    summaries = site.summaries(hit.iri for hit in hits)
    definition = ID["definition/" + code.partition(".")[0]] if "." in code else None
    return {
        "kind_label": KIND_LABELS.get(kind, kind),
        "label": text(*concept.label(language)),
        "also": [text(value, lang) for lang, value in concept.other if lang == language],
        "explanation": text(*explanation) if explanation else None,
        "scheme": {"label": _scheme_title(site, concept, language), "url": None},
        "definition": _link(site, definition, language) if definition else None,
        "broader": [concept_link(site, iri, language) for iri in concept.broader if iri in site.concepts],
        "narrower": [concept_link(site, iri, language) for iri in concept.narrower],
        "mapped": [
            {
                "relation_label": mapping["relation_label"],
                "label": mapping["to"]["label"],
                "url": mapping["to"]["url"],
                "definition_label": mapping["to"]["definition_label"],
            }
            for mapping in mappings(site, {concept.iri}, language)
        ],
        "hits": [card(site, summaries[hit.iri], language) for hit in hits],
        "total": results.total if hits and results else 0,
        "more_url": f"/search?{facet}={code}" if facet else None,
        "downloads": downloads(f"/data/{kind}/{code}"),
    }


def _item(site: Site, code: str, language: str) -> dict[str, Any]:
    iri, graph = definition_graph(site, code)
    scheme = thing(graph, iri, GW.scheme)
    members = [concept.iri for concept in site.concepts.values() if scheme and concept.scheme == scheme]
    facets = site.searcher.facets
    tagged = np.zeros(facets.size, bool)
    for member in members:
        tagged |= facets.holders(member)
    start, end = word(graph, iri, GW.validFrom), word(graph, iri, GW.validTo)
    status, certainty = code_of(graph, iri, GW.status), code_of(graph, iri, GW.certainty)
    territory = thing(graph, iri, GW.territory)
    eu = "corporate-body" in str(territory)
    group = GROUPS[0] if eu and status not in ("ngo-concept", "agency-term") else GROUPS[1] if not eu else GROUPS[2]
    return {
        "id": code,
        "url": path_of(iri),
        "title": _one(graph, iri, DCTERMS.title, language),
        "abstract": _one(graph, iri, DCTERMS.abstract, language),
        "issuer": _issuer(site, graph, iri),
        "territory": _territory(site, territory, language),
        "valid": _valid(start, end, language),
        "status": status,
        "status_label": site.label(ID[f"status/{status}"], language)["text"] if status else None,
        "certainty_label": site.label(ID[f"certainty/{certainty}"], language)["text"] if certainty else None,
        "barrier_count": len(members),
        "record_count": int(tagged.sum()),
        "from": start,
        "to": end,
        "group": group,
    }


def _facts(site: Site, iri: URIRef, graph: Graph, language: str) -> list[dict[str, Any]]:
    facts = []

    def add(label: str, *values: Text | str | None) -> None:
        shown = [{"text": value} for value in values if value]
        if shown:
            facts.append({"label": label, "values": shown})

    def names(prop: URIRef) -> list[Text]:
        return [site.label(value, language) for value in iris(graph, iri, prop)]

    add("Issued by", _issuer(site, graph, iri))
    add("Holds in", _territory(site, thing(graph, iri, GW.territory), language))
    add("Valid", _valid(word(graph, iri, GW.validFrom), word(graph, iri, GW.validTo), language))
    add("Kind of text", *names(GW.status))
    add("Used for", *names(GW.purpose))
    add("Programme", *names(GW.programme))
    add("Field", *names(GW.sector))
    add("Text", word(graph, iri, GW.legalReference))
    eli = thing(graph, iri, GW.eli)
    if eli:
        facts.append({"label": "Legal identifier (ELI)", "values": [{"text": str(eli), "url": str(eli)}]})
    is_open = {"true": "open: other reasons can count too", "false": "closed: only what is named counts"}
    add("List", is_open.get(word(graph, iri, GW.openList)))
    add("How it adds up", _one(graph, iri, GW.combination, language))
    return facts


def _node(site: Site, concept: Concept, language: str) -> dict[str, Any]:
    explanation = concept.explanation(language)
    children = [site.concepts[iri] for iri in concept.narrower]
    return {
        "label": text(*concept.label(language)),
        "explanation": text(*explanation) if explanation else None,
        "url": path_of(concept.iri),
        "count": int(site.searcher.facets.holders(concept.iri).sum()) or None,
        "children": [_node(site, child, language) for child in _sorted(children, language)],
    }


def _sorted(concepts: list[Concept], language: str) -> list[Concept]:
    return sorted(concepts, key=lambda concept: concept.label(language)[0].casefold())


def _link(site: Site, iri: URIRef, language: str) -> dict[str, Any]:
    return {"title": definition_title(site, iri, language), "url": path_of(iri)}


def _scheme_title(site: Site, concept: Concept, language: str) -> Text:
    if concept.scheme is None:
        return text("", language)
    return definition_title(site, concept.scheme, language)


def _issuer(site: Site, graph: Graph, iri: URIRef) -> str | None:
    issuer = thing(graph, iri, GW.issuedBy)
    if issuer is None:
        return None
    rows = site.searcher.store.select(f"SELECT ?n {{ {issuer.n3()} <{FOAF.name}> ?n }}")
    return str(rows[0]["n"]) if rows else str(issuer)


def _territory(site: Site, value: URIRef | None, language: str) -> Text | None:
    if value is None:
        return None
    if "corporate-body" in value:
        return text("European Union", "en")
    return site.label(value, language)


def _valid(start: str, end: str, language: str) -> str | None:
    if start and end:
        return f"{day(start, language)} to {day(end, language)}"
    return f"from {day(start, language)}" if start else f"until {day(end, language)}" if end else None


def _one(graph: Graph, iri: URIRef, prop: URIRef, language: str) -> Text | None:
    values = by_language(graph, iri, prop)
    return best(values, language) if values else None


def _sources(graph: Graph, iri: URIRef) -> list[dict[str, Any]]:
    found = []
    for value in iris(graph, iri, DCTERMS.source):
        host = (urlsplit(str(value)).hostname or str(value)).removeprefix("www.")
        found.append({"url": str(value), "host": host, "checked": None, "language_label": None, "certainty_text": None})
    return found
