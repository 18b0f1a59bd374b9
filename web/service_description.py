"""What the endpoint can do, as RDF (SPARQL 1.1 Service Description)."""

from fastapi import Request
from fastapi.responses import Response
from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDF, RDFS

from kg.answers import FORMS, MEDIA_TYPES
from ontology import GW, LICENCE, PREFIXES

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
_FORMATS = Namespace("http://www.w3.org/ns/formats/")
_NAMES = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "ttl": "Turtle",
    "nt": "N-Triples",
    "rdf": "RDF_XML",
    "jsonld": "JSON-LD",
    "trig": "TriG",
    "nq": "N-Quads",
}
_PARSED = {"ttl": "turtle", "nt": "nt", "rdf": "xml", "jsonld": "json-ld", "trig": "trig", "nq": "nquads"}


def description(request: Request, form: str) -> Response:
    """The description in one of the forms of a graph."""
    from kg.sandbox import TIME_LIMIT

    settings = request.app.state.site.workspace.settings
    address = settings.site_url.rstrip("/")
    service, dataset, default = URIRef(f"{address}/sparql#service"), BNode(), BNode()
    graph = Graph()
    for prefix, name in (PREFIXES | {"sd": str(SD)}).items():
        graph.bind(prefix, name, replace=True)
    languages = [SD.SPARQL11Query] + ([SD.SPARQL11Update] if request.app.state.accounts.somebody_may("update") else [])
    if not settings.store:
        graph.add((service, SD.extensionFunction, GW.similarity))
        graph.add((GW.similarity, RDF.type, SD.Function))
    statements: list[tuple[URIRef | BNode, URIRef, URIRef | BNode | Literal]] = [
        (service, RDF.type, SD.Service),
        (service, RDFS.label, Literal("The SPARQL endpoint of Goodways", lang="en")),
        (service, SD.endpoint, URIRef(f"{address}/sparql")),
        (service, SD.defaultDataset, dataset),
        (service, SD.feature, SD.UnionDefaultGraph),
        (service, DCTERMS.license, URIRef(LICENCE)),
        (service, RDFS.comment, Literal(f"A query may take {TIME_LIMIT:g} seconds.", lang="en")),
        (dataset, RDF.type, SD.Dataset),
        (dataset, SD.defaultGraph, default),
        (default, RDF.type, SD.Graph),
        (default, RDFS.seeAlso, URIRef(f"{address}/.well-known/void")),
    ]
    statements += [(service, SD.supportedLanguage, language) for language in languages]
    statements += [(service, SD.resultFormat, _FORMATS[_NAMES[name]]) for name in FORMS]
    for statement in statements:
        graph.add(statement)
    body = graph.serialize(format=_PARSED[form], encoding="utf-8")
    headers = {"Vary": "Accept", "Access-Control-Allow-Origin": "*"}
    return Response(body, media_type=MEDIA_TYPES[form], headers=headers)
