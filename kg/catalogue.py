"""What the data are and where they can be had, as data: DCAT-AP 3 for catalogues, VoID for those who query.

DCAT-AP 3.0.1 (SEMIC, 2025) over DCAT 3 (W3C Recommendation 2024); VoID (W3C Interest Group Note 2011).
"""

import re

from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, VOID, XSD, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from ontology import BASE, GW, ID, LANGUAGE, LICENCE

from .dumps import Manifest
from .store import Row, Store

DATASET = URIRef(BASE)
CATALOGUE = URIRef(BASE + "catalogue")
_AUTHORITY = Namespace("http://publications.europa.eu/resource/authority/")
_IANA = Namespace("https://www.iana.org/assignments/media-types/")
_SPDX = Namespace("http://spdx.org/rdf/terms#")
_DCATAP = Namespace("http://data.europa.eu/r5r/")
_VCARD = Namespace("http://www.w3.org/2006/vcard/ns#")
_FORMATS = Namespace("http://www.w3.org/ns/formats/")
_PUBLISHER, _CONTACT = CATALOGUE + "#publisher", CATALOGUE + "#contact"

_DUMPS = {
    "goodways.trig.gz": ("The whole graph in TriG", "application/trig", "RDF_TRIG", "application/gzip"),
    "goodways.nq.gz": ("The whole graph in N-Quads", "application/n-quads", "RDF_N_QUADS", "application/gzip"),
    "goodways.csv": ("All records as a table with names in English", "text/csv", "CSV", ""),
}
_SERVICES = {
    "sparql": (
        "Goodways by SPARQL", "/sparql", "/sparql", "https://www.w3.org/TR/sparql11-protocol/",
        "SPARQL 1.1 queries over everything that is published.",
    ),
    "oai": (
        "Goodways by OAI-PMH", "/oai", "/oai?verb=Identify", "https://www.openarchives.org/OAI/2.0/openarchivesprotocol.htm",
        "Records in Dublin Core and IEEE LOM for harvesters.",
    ),
    "api": (
        "Goodways by JSON", "/api/v1/search", "/openapi.json", "https://spec.openapis.org/oas/latest.html",
        "Search in any EU language, and the records found.",
    ),
}  # fmt: skip
_TITLE = "Goodways: inclusive learning mobility in Europe"
_OF_ALL = "Goodways: what there is to take home"
_DESCRIPTION = (
    "Good practices, training material and dated, sourced definitions of “fewer opportunities” in learning mobility, "
    "with barriers, measures and target groups named in the 24 official EU languages, as a knowledge graph."
)
_KEYWORDS = (
    *("learning mobility", "inclusion", "fewer opportunities", "Erasmus+", "European Solidarity Corps"),
    *("disability", "vocational education and training", "adult education", "linked data"),
)
# Whole data sets that others keep and that ours points to: the beginning of their IRIs, and what they are called.
_TARGETS = {
    str(_AUTHORITY.country) + "/": "EU authority table of countries",
    str(_AUTHORITY.language) + "/": "EU authority table of languages",
    "http://data.europa.eu/nuts/": "NUTS regions",
    "http://data.europa.eu/esco/": "ESCO",
    "http://eurovoc.europa.eu/": "EuroVoc",
    "http://data.europa.eu/snb/": "Europass authority tables",
    "http://www.wikidata.org/entity/": "Wikidata",
}


def catalogue_graph(site: str, manifest: Manifest, contact: str = "") -> Graph:
    """The data set, its files and its services, as DCAT-AP 3.

    Args:
        site: address of the site, without a slash at its end.
        manifest: the files for downloading as they are.
        contact: an e-mail address, if there is one.

    """
    graph = _with_prefixes()
    for subject, kind, title in ((CATALOGUE, DCAT.Catalog, _OF_ALL), (DATASET, DCAT.Dataset, _TITLE)):
        _say(graph, subject, kind, {
            DCTERMS.title: Literal(title, lang="en"),
            DCTERMS.description: Literal(_DESCRIPTION, lang="en"),
            DCTERMS.publisher: _PUBLISHER,
            DCTERMS.spatial: _AUTHORITY["continent/EUROPE"],
            DCTERMS.modified: _modified(manifest),
        })  # fmt: skip
        for code in _LANGUAGES:
            graph.add((subject, DCTERMS.language, LANGUAGE[code]))
    _say(graph, CATALOGUE, DCAT.Catalog, {
        DCTERMS.license: URIRef(LICENCE), FOAF.homepage: URIRef(site + "/"), DCAT.dataset: DATASET,
        DCAT.themeTaxonomy: _AUTHORITY["data-theme"],
    })  # fmt: skip
    _say(graph, DATASET, DCAT.Dataset, {
        DCAT.landingPage: URIRef(site + "/downloads"),
        DCAT.contactPoint: _CONTACT,
        DCTERMS.accessRights: _AUTHORITY["access-right/PUBLIC"],
        DCTERMS.accrualPeriodicity: _AUTHORITY["frequency/IRREG"],
        DCTERMS.conformsTo: URIRef(str(GW).rstrip("#")),
        DCTERMS.identifier: Literal(str(DATASET), datatype=XSD.anyURI),
        FOAF.page: URIRef(site + "/about"),
    })  # fmt: skip
    for theme in ("EDUC", "SOCI"):
        graph.add((DATASET, DCAT.theme, _AUTHORITY[f"data-theme/{theme}"]))
    for keyword in _KEYWORDS:
        graph.add((DATASET, DCAT.keyword, Literal(keyword, lang="en")))
    _add_people(graph, site, contact)
    for file in _DUMPS:
        _add_file(graph, site, file, manifest)
    for name in _SERVICES:
        _add_service(graph, site, name)
    _add_types(graph)
    return graph


def _add_file(graph: Graph, site: str, file: str, manifest: Manifest) -> None:
    title, media_type, file_type, packed = _DUMPS[file]
    node = CATALOGUE + "#" + file
    graph.add((DATASET, DCAT.distribution, node))
    _say(graph, node, DCAT.Distribution, {
        DCTERMS.title: Literal(title, lang="en"),
        DCAT.accessURL: URIRef(site + "/downloads"),
        DCAT.downloadURL: URIRef(f"{site}/downloads/{file}"),
        DCAT.mediaType: _IANA[media_type],
        DCTERMS["format"]: _AUTHORITY[f"file-type/{file_type}"],
        DCTERMS.license: URIRef(LICENCE),
        _DCATAP.availability: _AUTHORITY["planned-availability/STABLE"],
        DCAT.compressFormat: _IANA[packed] if packed else None,
    })  # fmt: skip
    dump = manifest.dump(file)
    if dump is None:
        return
    graph.add((node, DCAT.byteSize, Literal(dump.bytes, datatype=XSD.nonNegativeInteger)))
    graph.add((node, DCTERMS.modified, Literal(dump.changed, datatype=XSD.dateTime)))
    checksum = node + "-checksum"
    graph.add((node, _SPDX.checksum, checksum))
    _say(graph, checksum, _SPDX.Checksum, {
        _SPDX.algorithm: _SPDX.checksumAlgorithm_sha256,
        _SPDX.checksumValue: Literal(dump.sha256, datatype=XSD.hexBinary),
    })  # fmt: skip


def _add_service(graph: Graph, site: str, name: str) -> None:
    title, endpoint, description, standard, words = _SERVICES[name]
    node, access = CATALOGUE + f"#{name}", CATALOGUE + f"#{name}-access"
    graph.add((CATALOGUE, DCAT.service, node))
    graph.add((DATASET, DCAT.distribution, access))
    _say(graph, node, DCAT.DataService, {
        DCTERMS.title: Literal(title, lang="en"),
        DCTERMS.description: Literal(words, lang="en"),
        DCAT.endpointURL: URIRef(site + endpoint),
        DCAT.endpointDescription: URIRef(site + description),
        DCTERMS.conformsTo: URIRef(standard),
        DCTERMS.license: URIRef(LICENCE),
        DCTERMS.accessRights: _AUTHORITY["access-right/PUBLIC"],
        DCAT.contactPoint: _CONTACT,
        DCAT.servesDataset: DATASET,
    })  # fmt: skip
    _say(graph, access, DCAT.Distribution, {
        DCTERMS.title: Literal(title, lang="en"), DCAT.accessURL: URIRef(site + endpoint), DCAT.accessService: node,
        DCTERMS.license: URIRef(LICENCE), _DCATAP.availability: _AUTHORITY["planned-availability/STABLE"],
    })  # fmt: skip


def _add_people(graph: Graph, site: str, contact: str) -> None:
    _say(graph, _PUBLISHER, FOAF.Agent, {
        FOAF.name: Literal("Goodways"), DCTERMS.type: URIRef("http://purl.org/adms/publishertype/NonProfitOrganisation"),
    })  # fmt: skip
    _say(graph, _CONTACT, _VCARD.Kind, {
        _VCARD.fn: Literal("Goodways"), _VCARD.hasURL: URIRef(site + "/about"),
        _VCARD.hasEmail: URIRef(f"mailto:{contact}") if contact else None,
    })  # fmt: skip


def _add_types(graph: Graph) -> None:
    """What the things that are referred to are: DCAT-AP's shapes of ranges ask for it."""
    kinds = {
        DCTERMS.language: DCTERMS.LinguisticSystem, DCTERMS.spatial: DCTERMS.Location, DCTERMS.type: SKOS.Concept,
        DCTERMS.license: DCTERMS.LicenseDocument, DCTERMS.accessRights: DCTERMS.RightsStatement,
        DCTERMS.accrualPeriodicity: DCTERMS.Frequency, DCTERMS.conformsTo: DCTERMS.Standard,
        DCTERMS["format"]: DCTERMS.MediaTypeOrExtent, DCAT.mediaType: DCTERMS.MediaType,
        DCAT.compressFormat: DCTERMS.MediaType, FOAF.page: FOAF.Document, FOAF.homepage: FOAF.Document,
        DCAT.landingPage: FOAF.Document, DCAT.theme: SKOS.Concept, DCAT.themeTaxonomy: SKOS.ConceptScheme,
        _SPDX.algorithm: _SPDX.ChecksumAlgorithm, DCAT.accessURL: RDFS.Resource, DCAT.downloadURL: RDFS.Resource,
        DCAT.endpointURL: RDFS.Resource, DCAT.endpointDescription: RDFS.Resource, _DCATAP.availability: SKOS.Concept,
    }  # fmt: skip
    for prop, kind in kinds.items():
        for value in set(graph.objects(None, prop)):
            graph.add((value, RDF.type, kind))
    for node, name in _NAMES.items():
        if (node, RDF.type, None) in graph:
            graph.add(
                (node, DCTERMS.title if "#" not in node and node.endswith("data-theme") else SKOS.prefLabel, name)
            )


_NAMES = {
    _AUTHORITY["data-theme"]: Literal("Data theme", lang="en"),
    _AUTHORITY["data-theme/EDUC"]: Literal("Education, culture and sport", lang="en"),
    _AUTHORITY["data-theme/SOCI"]: Literal("Population and society", lang="en"),
    _AUTHORITY["planned-availability/STABLE"]: Literal("stable", lang="en"),
    URIRef("http://purl.org/adms/publishertype/NonProfitOrganisation"): Literal("Non-profit organisation", lang="en"),
}
_LANGUAGES = (
    *("BUL", "CES", "DAN", "DEU", "ELL", "ENG", "SPA", "EST", "FIN", "FRA", "GLE", "HRV"),
    *("HUN", "ITA", "LIT", "LAV", "MLT", "NLD", "POL", "POR", "RON", "SLK", "SLV", "SWE"),
)


def void_graph(store: Store, site: str, manifest: Manifest) -> Graph:
    """What is in the graph, counted: triples, things, classes, properties, and links to the data of others.

    Counts are of the union of all graphs, in which a triple that stands in two graphs counts once.

    Args:
        store: the graph.
        site: address of the site, without a slash at its end.
        manifest: the files for downloading as they are.

    """
    graph = _with_prefixes()
    properties = store.select(_BY_PROPERTY)
    counts = _counts(properties, "p")
    subjects = [str(row["s"]) for row in store.select(_SUBJECTS)]
    _say(graph, DATASET, VOID.Dataset, {
        DCTERMS.title: Literal(_TITLE, lang="en"),
        DCTERMS.description: Literal(_DESCRIPTION, lang="en"),
        DCTERMS.license: URIRef(LICENCE),
        DCTERMS.modified: _modified(manifest),
        FOAF.homepage: URIRef(site + "/"),
        VOID.sparqlEndpoint: URIRef(site + "/sparql"),
        VOID.uriSpace: Literal(str(ID)),
        VOID.uriRegexPattern: Literal("^" + re.escape(str(ID))),
        VOID.triples: Literal(sum(counts.values())),
        VOID.properties: Literal(len(counts)),
        VOID.distinctSubjects: Literal(len(subjects)),
        VOID.entities: Literal(sum(subject.startswith(ID) for subject in subjects)),
        VOID.distinctObjects: Literal(int(str(store.select(_OBJECTS)[0]["n"]))),
        VOID.vocabulary: URIRef(str(GW).rstrip("#")),
    })  # fmt: skip
    for file in manifest.files:
        graph.add((DATASET, VOID.dataDump, URIRef(f"{site}/downloads/{file.file}")))
    for form in ("RDF_XML", "Turtle", "N-Triples", "N-Quads", "TriG", "JSON-LD"):
        graph.add((DATASET, VOID.feature, _FORMATS[form]))
    for row in store.select(_EXAMPLES):
        graph.add((DATASET, VOID.exampleResource, row["example"]))
    for iri, number in counts.items():
        _add_partition(graph, VOID.propertyPartition, VOID.property, iri, VOID.triples, number)
    classes = _counts(store.select(_BY_CLASS), "class")
    graph.add((DATASET, VOID.classes, Literal(len(classes))))
    for iri, number in classes.items():
        _add_partition(graph, VOID.classPartition, VOID["class"], iri, VOID.entities, number)
    links = [URIRef(str(row["p"])) for row in properties if isinstance(row["value"], URIRef)]
    _add_linksets(graph, store, [prop for prop in links if prop != RDF.type])
    return graph


def _add_partition(graph: Graph, role: URIRef, of: URIRef, iri: URIRef, measure: URIRef, number: int) -> None:
    node = URIRef(f"{BASE}.well-known/void#{of.rpartition('#')[2]}-{_name(iri)}")
    graph.add((DATASET, role, node))
    graph.add((node, of, iri))
    graph.add((node, measure, Literal(number)))


def _add_linksets(graph: Graph, store: Store, properties: list[URIRef]) -> None:
    sizes: dict[tuple[str, URIRef], int] = {}
    for row in store.select(_LINKS.format(properties=" ".join(prop.n3() for prop in properties))):
        for start in _TARGETS:
            if str(row["space"]).startswith(start):
                key = start, URIRef(str(row["p"]))
                sizes[key] = sizes.get(key, 0) + int(str(row["n"]))
    for (start, prop), number in sorted(sizes.items()):
        target = URIRef(f"{BASE}.well-known/void#{_name(URIRef(start))}")
        node = URIRef(f"{target}-{_name(prop)}")
        _say(graph, target, VOID.Dataset, {
            DCTERMS.title: Literal(_TARGETS[start], lang="en"), VOID.uriSpace: Literal(start),
        })  # fmt: skip
        _say(graph, node, VOID.Linkset, {
            VOID.subjectsTarget: DATASET, VOID.objectsTarget: target, VOID.linkPredicate: prop,
            VOID.triples: Literal(number),
        })  # fmt: skip
        graph.add((DATASET, VOID.subset, node))


def _name(iri: URIRef) -> str:
    """An IRI as a part of another: scheme and `www` left out, signs as hyphens."""
    return re.sub(r"[^A-Za-z0-9]+", "-", re.sub(r"^https?://(www\.)?", "", str(iri))).strip("-")


def _counts(rows: list[Row], name: str) -> dict[URIRef, int]:
    return {URIRef(str(row[name])): int(str(row["n"])) for row in rows}


def _modified(manifest: Manifest) -> Literal | None:
    newest = max((dump.changed for dump in manifest.files), default="")
    return Literal(newest, datatype=XSD.dateTime) if newest else None


def _say(graph: Graph, subject: URIRef, kind: URIRef, values: dict[URIRef, Node | None]) -> None:
    graph.add((subject, RDF.type, kind))
    for prop, value in values.items():
        if value is not None:
            graph.add((subject, prop, value))


def _with_prefixes() -> Graph:
    graph = Graph()
    names = {
        "dcat": DCAT, "dcterms": DCTERMS, "foaf": FOAF, "void": VOID, "vcard": _VCARD, "spdx": _SPDX, "gw": GW,
        "dcatap": _DCATAP, "skos": SKOS, "rdfs": RDFS, "formats": _FORMATS,
    }  # fmt: skip
    for prefix, name in names.items():
        graph.bind(prefix, name, replace=True)
    return graph


# DISTINCT, since Oxigraph counts a triple of two graphs twice in their union.
_BY_PROPERTY = "SELECT ?p (COUNT(DISTINCT *) AS ?n) (SAMPLE(?o) AS ?value) { ?s ?p ?o } GROUP BY ?p ORDER BY ?p"
_BY_CLASS = "SELECT ?class (COUNT(DISTINCT ?s) AS ?n) { ?s a ?class } GROUP BY ?class ORDER BY ?class"
_SUBJECTS = "SELECT DISTINCT ?s { ?s ?p ?o }"
_OBJECTS = "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }"
_LINKS = f"""SELECT ?p ?space (COUNT(DISTINCT *) AS ?n) {{{{ VALUES ?p {{{{ {{properties}} }}}} ?s ?p ?o
    FILTER(isIRI(?o) && !STRSTARTS(STR(?o), "{BASE}") && STRSTARTS(STR(?s), "{ID}"))
    BIND(REPLACE(STR(?o), "[^/#]*$", "") AS ?space) }}}} GROUP BY ?p ?space"""
_EXAMPLES = (
    f"SELECT (MIN(?r) AS ?example) {{ ?r a <{GW.Record}> ; a ?type FILTER(?type != <{GW.Record}>) }} GROUP BY ?type"
)
