"""Things in the words of schema.org, as JSON-LD inside their pages: for search engines and harvesters of datasets."""

import json
from typing import Any

from markupsafe import Markup
from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, FOAF, SKOS

from kg.terms import by_language, iri, iris, word
from kg.versions import Release
from ontology import BASE, GW, ID, LICENCE, SCHEMA
from search.labels import Concept

from .site import Site, Text, best, path_of

TYPES = {
    "practice": "CreativeWork",
    "policy": "CreativeWork",
    "material": "LearningResource",
    "organisation": "Organization",
    "promoter": "Organization",
    "event": "Event",
    "definition": "DefinedTerm",
    "scheme": "DefinedTermSet",
}
"""The type of schema.org for each kind that is no concept; concepts are a `DefinedTerm`."""
_ABOUT = (GW.addresses, GW.targetGroup, GW.mobilityType, GW.sector)
_PUBLISHER = {"@type": "Organization", "name": "Goodways", "url": BASE}
Document = dict[str, Any]


def as_script(document: Document) -> Markup:
    """JSON-LD that can stand inside a `script` element (HTML, section 4.12.1.3): nothing in it can end the element."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)  # noqa: S704


def record_in_schema_org(site: Site, record: URIRef, graph: Graph, version: Release, language: str) -> Document:
    """A record: what it is about, where and when, who took part, what it is based on."""
    kind = record[len(str(ID)) :].partition("/")[0]
    original = site.language_code(iri(graph, record, DCTERMS.language))
    made = _thing(site, record, TYPES.get(kind, "CreativeWork"))
    made |= {
        "name": _value(best(by_language(graph, record, DCTERMS.title), language, original)),
        "description": _value(best(by_language(graph, record, DCTERMS.abstract), language, original)),
        "sameAs" if made["@type"] == "Organization" else "isBasedOn": str(iri(graph, record, DCTERMS.source) or ""),
        "sdDatePublished": version.when.date().isoformat(),
    }
    if kind in ("organisation", "promoter"):
        return made
    people = {iri(graph, part, GW.organisation): word(graph, part, FOAF.name) for part in _parts(graph, record)}
    organisations = [
        {"@type": "Organization", "@id": str(body), "name": name} if body else {"@type": "Organization", "name": name}
        for body, name in sorted(people.items(), key=str)
    ]
    places = [_place(site, place, language) for p in (GW.country, GW.destination) for place in iris(graph, record, p)]
    about = [_term(site, value, language) for prop in _ABOUT for value in iris(graph, record, prop)]
    start, end = word(graph, record, GW.start), word(graph, record, GW.end)
    if kind == "event":
        more: Document = {"startDate": start, "endDate": end, "location": places, "organizer": organisations}
    else:
        spoken = {site.language_code(code) for code in iris(graph, record, SCHEMA.inLanguage)} or {original}
        more = {
            "inLanguage": sorted(spoken),
            "contributor": organisations,
            "spatialCoverage": places,
            "temporalCoverage": f"{start}/{end}" if start and end else start,
            "datePublished": word(graph, record, DCTERMS.issued),
            "version": str(version.number),
            "isPartOf": {"@type": "Dataset", "@id": BASE, "name": "Goodways"},
        }
    if kind == "material":
        more |= {
            "learningResourceType": [_name(site, v, language) for v in iris(graph, record, GW.materialType)],
            "accessibilityFeature": [str(v).rpartition("/")[2] for v in iris(graph, record, GW.accessibilityFeature)],
            "timeRequired": word(graph, record, SCHEMA.timeRequired),
            "license": str(iri(graph, record, DCTERMS.license) or ""),
        }
    return _filled(made | more | {"about": about})


def thing_in_schema_org(site: Site, thing: URIRef, graph: Graph, language: str) -> Document:
    """A definition, a list, a concept, a body, or whatever else has an IRI, from its own triples."""
    kind = thing[len(str(ID)) :].partition("/")[0]
    concept = site.concepts.get(thing)
    if concept:
        return _concept(site, concept, language)
    made = _thing(site, thing, TYPES.get(kind, "Thing"))
    titles = by_language(graph, thing, DCTERMS.title) or by_language(graph, thing, SKOS.prefLabel)
    name: Any = _value(best(titles, language)) if titles else word(graph, thing, FOAF.name)
    abstract = by_language(graph, thing, DCTERMS.abstract) or by_language(graph, thing, DCTERMS.description)
    made |= {"name": name, "description": _value(best(abstract, language)) if abstract else ""}
    if kind == "definition":
        scheme = iri(graph, thing, GW.scheme)
        made["inDefinedTermSet"] = {"@type": "DefinedTermSet", "@id": str(scheme)} if scheme else ""
        made["subjectOf"] = [{"@type": "WebPage", "url": str(source)} for source in iris(graph, thing, DCTERMS.source)]
    return _filled(made)


def _concept(site: Site, concept: Concept, language: str) -> Document:
    text, code = concept.label(language)
    explanation = concept.explanation(language)
    return _filled(
        _thing(site, concept.iri, "DefinedTerm")
        | {
            "name": {"@value": text, "@language": code} if code else text,
            "alternateName": [_value({"text": text, "lang": lang}) for lang, text in concept.other if lang == language],
            "description": {"@value": explanation[0], "@language": explanation[1]} if explanation else "",
            "termCode": concept.code,
            "inDefinedTermSet": {"@type": "DefinedTermSet", "@id": str(concept.scheme)} if concept.scheme else "",
        }
    )


def _thing(site: Site, thing: URIRef, kind: str) -> Document:
    return {
        "@context": "https://schema.org",
        "@type": kind,
        "@id": str(thing),
        "identifier": str(thing),
        "url": site.workspace.settings.site_url.rstrip("/") + path_of(thing).replace("/id/", "/page/", 1),
        "sdLicense": LICENCE,
        "sdPublisher": _PUBLISHER,
    }


def _filled(document: Document) -> Document:
    return {name: value for name, value in document.items() if value not in ("", [], {}, None)}


def _value(text: Text) -> Any:
    if not text["text"]:
        return ""
    return {"@value": text["text"], "@language": text["lang"]} if text["lang"] else text["text"]


def _name(site: Site, concept: URIRef, language: str) -> Any:
    return _value(site.label(concept, language))


def _term(site: Site, concept: URIRef, language: str) -> Document:
    return {"@type": "DefinedTerm", "@id": str(concept), "name": _name(site, concept, language)}


def _place(site: Site, place: URIRef, language: str) -> Document:
    return {"@type": "Country", "@id": str(place), "name": _name(site, place, language)}


def _parts(graph: Graph, record: URIRef) -> list[URIRef]:
    return iris(graph, record, GW.participation)
