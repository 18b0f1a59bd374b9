"""Targets with how far they are reached, and amounts of support: each with who said so, when, and where it was read."""

from typing import Any

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, FOAF, RDF

from kg.terms import by_language, iris, word
from kg.terms import iri as thing
from ontology import GW

from .format import day
from .site import Site, best, path_of


def targets_view(site: Site, language: str) -> dict[str, Any]:
    """Everything that the page of targets and money shows."""
    graph = _about(site, GW.Target, GW.Progress, GW.SupportAmount)
    targets = [_target(site, graph, iri, language) for iri in _of(graph, GW.Target)]
    amounts = [_amount(site, graph, iri, language) for iri in _of(graph, GW.SupportAmount)]
    targets.sort(key=lambda target: (target["deadline"], target["title"]["text"]))
    amounts.sort(key=lambda amount: amount["title"]["text"])
    used = {line["title"]["text"] for target in targets for line in target["progress"]}
    others = [
        line
        for iri in _of(graph, GW.Progress)
        if (line := _line(site, graph, iri, language))["title"]["text"] not in used
    ]
    return {"targets": targets, "other_progress": others, "amounts": amounts}


def _about(site: Site, *classes: URIRef) -> Graph:
    """All that is said of the things of some classes, with the names of those who issued them."""
    graph = Graph()
    for kind in classes:
        graph += site.searcher.store.construct(f"CONSTRUCT {{ ?s ?p ?o }} {{ ?s a {kind.n3()} ; ?p ?o }}")
    names = f"?s {GW.issuedBy.n3()} ?body . ?body {FOAF.name.n3()} ?name"
    graph += site.searcher.store.construct(f"CONSTRUCT {{ ?body {FOAF.name.n3()} ?name }} {{ {names} }}")
    return graph


def _of(graph: Graph, kind: URIRef) -> list[URIRef]:
    return sorted(URIRef(str(subject)) for subject in graph.subjects(RDF.type, kind))


def _line(site: Site, graph: Graph, iri: URIRef, language: str) -> dict[str, Any]:
    """What targets, progress and amounts have in common."""
    share = word(graph, iri, GW.share)
    return {
        "id": iri.rpartition("/")[2],
        "title": best(by_language(graph, iri, DCTERMS.title), language),
        "percent": round(float(share) * 100, 1) if share else None,
        "denominator": best(by_language(graph, iri, GW.denominator), language),
        "note": best(by_language(graph, iri, GW.note), language),
        "certainty": " ".join(site.label(value, language)["text"] for value in iris(graph, iri, GW.certainty)),
        "sources": [str(source) for source in iris(graph, iri, DCTERMS.source)],
        "sectors": [site.label(value, language) for value in iris(graph, iri, GW.sector)],
        "url": f"/data/{path_of(iri).removeprefix('/page/').removeprefix('/id/')}.ttl",
        "contradicts": [
            best(by_language(graph, other, DCTERMS.title), language) for other in iris(graph, iri, GW.contradicts)
        ],
    }


def _target(site: Site, graph: Graph, iri: URIRef, language: str) -> dict[str, Any]:
    issuer = thing(graph, iri, GW.issuedBy)
    bearing = sorted(URIRef(str(s)) for s in graph.subjects(GW.bearsOn, iri))
    return _line(site, graph, iri, language) | {
        "issuer": word(graph, issuer, FOAF.name) if issuer else None,
        "issued": day(word(graph, iri, DCTERMS.issued), language),
        "status": " ".join(site.label(value, language)["text"] for value in iris(graph, iri, GW.status)),
        "deadline": word(graph, iri, GW.deadline),
        "progress": [_line(site, graph, one, language) for one in bearing],
    }


def _amount(site: Site, graph: Graph, iri: URIRef, language: str) -> dict[str, Any]:
    period = " – ".join(filter(None, (word(graph, iri, GW.validFrom), word(graph, iri, GW.validTo))))
    return _line(site, graph, iri, language) | {
        "unit": best(by_language(graph, iri, GW.unit), language),
        "condition": best(by_language(graph, iri, GW.condition), language),
        "year": word(graph, iri, GW.callYear) or period,
        "programme": [site.label(value, language) for value in iris(graph, iri, GW.programme)],
        "measures": [site.label(value, language) for value in iris(graph, iri, GW.measure)],
    }
