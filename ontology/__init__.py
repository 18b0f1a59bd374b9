"""The model as data, and the names that everyone uses for it.

The Turtle files beside this module are the model: classes and properties (`goodways.ttl`), one file a
scheme (`schemes/`), the definitions and their mappings, the EU authority tables (`authority/`), SHACL
shapes and the JSON-LD context. This module names them and imports nothing else of the project.
"""

from pathlib import Path

from rdflib import Namespace, URIRef

FOLDER = Path(__file__).parent
CONTEXT_FILE = FOLDER / "context.jsonld"
SHAPES_FILE = FOLDER / "shapes.ttl"
DEFINITION_SHAPES_FILE = FOLDER / "shapes-definitions.ttl"
QUESTIONS = FOLDER / "questions"

BASE = "https://w3id.org/goodways/"
GW = Namespace(BASE + "ontology#")
ID = Namespace(BASE + "id/")
GRAPH = Namespace(BASE + "graph/")
SCHEMA = Namespace("https://schema.org/")
COUNTRY = Namespace("http://publications.europa.eu/resource/authority/country/")
LANGUAGE = Namespace("http://publications.europa.eu/resource/authority/language/")
NUTS = Namespace("http://data.europa.eu/nuts/code/")

LICENCE = "https://creativecommons.org/licenses/by/4.0/"
"""Of records, vocabulary and translations."""

CONTEXT_IRI = BASE + "ontology/context.jsonld"
HISTORY_GRAPH = GRAPH["history"]

PREFIXES = {
    "gw": str(GW),
    "gwid": str(ID),
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "org": "http://www.w3.org/ns/org#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "schema": str(SCHEMA),
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "country": str(COUNTRY),
    "language": str(LANGUAGE),
    "nuts": str(NUTS),
}

# The 24 official languages of the EU, in the order of their codes.
EU_LANGUAGES = (
    "bg",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "fi",
    "fr",
    "ga",
    "hr",
    "hu",
    "it",
    "lt",
    "lv",
    "mt",
    "nl",
    "pl",
    "pt",
    "ro",
    "sk",
    "sl",
    "sv",
)

# What a record can be: the kind in its IRI, and its class.
KINDS = {
    "practice": GW.GoodPractice,
    "material": GW.TrainingMaterial,
    "organisation": GW.Organisation,
    "definition": GW.Definition,
    "event": GW.Event,
    "policy": GW.Policy,
    "promoter": GW.MobilityPromoter,
}
RECORD_TYPES = {
    "GoodPractice": "practice",
    "TrainingMaterial": "material",
    "Organisation": "organisation",
    "Event": "event",
    "Policy": "policy",
    "MobilityPromoter": "promoter",
}


def record_graph(record_id: str) -> URIRef:
    """The named graph that holds one record."""
    return GRAPH[f"record/{record_id}"]


def vocabulary_files() -> list[Path]:
    """Every Turtle file that is loaded into the graph (shapes are not: they judge it)."""
    return sorted(path for path in FOLDER.rglob("*.ttl") if path not in (SHAPES_FILE, DEFINITION_SHAPES_FILE))


def vocabulary_graph(path: Path) -> URIRef:
    """The named graph that holds one vocabulary file."""
    return GRAPH["ontology/" + path.relative_to(FOLDER).with_suffix("").as_posix()]
