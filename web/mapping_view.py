"""How the lists of two definitions hang together, and two definitions side by side."""

from collections import Counter
from typing import Any

from rdflib import SKOS, Literal, URIRef
from rdflib.namespace import DCTERMS

from ontology import GW, ID

from .record_view import definition_title
from .site import Site, path_of, text

RELATIONS = {
    SKOS.exactMatch: "means the same",
    SKOS.closeMatch: "nearly the same",
    SKOS.broadMatch: "is narrower than",
    SKOS.narrowMatch: "is wider than",
    SKOS.relatedMatch: "is related to",
}
_INVERSE = {SKOS.broadMatch: SKOS.narrowMatch, SKOS.narrowMatch: SKOS.broadMatch}


def definition_of(concept: URIRef) -> URIRef:
    """The definition whose list a barrier or criterion belongs to."""
    return ID["definition/" + concept.rpartition("/")[2].partition(".")[0]]


def mappings(site: Site, members: set[URIRef], language: str, other: URIRef | None = None) -> list[dict[str, Any]]:
    """The statements that tie `members` to concepts of other definitions (or of one), read from the members' side."""
    rows = site.searcher.store.select(f"""SELECT ?from ?to ?relation ?reason {{
        ?m <{GW.mappingFrom}> ?from ; <{GW.mappingTo}> ?to ; <{GW.mappingRelation}> ?relation
        OPTIONAL {{ ?m <{DCTERMS.description}> ?reason }} }}""")
    found = []
    for row in rows:
        here, there, relation = URIRef(row["from"]), URIRef(row["to"]), URIRef(row["relation"])
        if here not in members and there in members:
            here, there, relation = there, here, _INVERSE.get(relation, relation)
        definition = definition_of(there)
        if here not in members or other not in (None, definition):
            continue
        reason = row.get("reason")
        link = concept_link(site, there, language)
        link["definition"] = definition
        link["definition_label"] = definition_title(site, definition, language)
        found.append(
            {
                "from": concept_link(site, here, language),
                "relation_label": RELATIONS.get(relation, str(relation)),
                "to": link,
                "reason": text(str(reason), reason.language or "en") if isinstance(reason, Literal) else None,
            }
        )
    return sorted(found, key=lambda m: (m["from"]["label"]["text"], m["to"]["definition_label"]["text"]))


def neighbours(site: Site, code: str, members: set[URIRef], language: str) -> list[dict[str, Any]]:
    """The definitions whose lists are tied to this one, each with how many ties there are and where they are shown."""
    found = mappings(site, members, language)
    number = Counter(mapping["to"]["definition"] for mapping in found)
    titles = {mapping["to"]["definition"]: mapping["to"]["definition_label"] for mapping in found}
    return [
        {
            "title": titles[iri],
            "count": count,
            "url": f"/definitions/compare?one={code}&other={iri.rpartition('/')[2]}",
        }
        for iri, count in sorted(number.items(), key=lambda item: titles[item[0]]["text"])
    ]


def concept_link(site: Site, iri: URIRef, language: str) -> dict[str, Any]:
    """A concept's name, page, and how many records have it."""
    count = int(site.searcher.facets.holders(iri).sum())
    return {"label": site.label(iri, language), "url": path_of(iri), "count": count or None}
