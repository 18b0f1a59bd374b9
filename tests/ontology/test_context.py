"""With the context, a record file is RDF for anybody's JSON-LD reader."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from rdflib import RDF, SKOS, Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS

ROOT = Path(__file__).parents[2]
GW = Namespace("https://w3id.org/goodways/ontology#")
BARRIER = Namespace("https://w3id.org/goodways/id/barrier/")
EU = "http://publications.europa.eu/resource/authority/"
FILES = sorted((ROOT / "corpus").glob("*/*.yaml"))[::6]


@cache
def iri_of(table: str, code: str) -> URIRef:
    graph = Graph().parse(ROOT / "ontology" / "authority" / f"{table}.ttl")
    found = graph.value(predicate=SKOS.notation, object=Literal("GR" if code == "EL" else code), any=False)
    assert isinstance(found, URIRef)
    return found


def as_rdf(path: Path) -> tuple[dict[str, Any], Graph, Any]:
    fields = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  (text only)
    context = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))
    graph = Graph().parse(data=json.dumps(fields | context), format="json-ld")
    return fields, graph, graph.value(predicate=DCTERMS.identifier, object=Literal(fields["id"]))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_record_file_is_the_rdf_that_it_says(path: Path) -> None:
    fields, graph, record = as_rdf(path)
    assert graph.value(record, RDF.type) == GW[fields["type"]]
    assert set(graph.objects(record, GW.addresses)) == {BARRIER[code] for code in fields.get("addresses", [])}
    assert set(graph.objects(record, GW.country)) == {iri_of("countries", c) for c in fields.get("country", [])}
    assert graph.value(record, DCTERMS.language) == iri_of("languages", fields["language"])
    assert graph.value(record, DCTERMS.source) == URIRef(fields["source"])
    titles = {Literal(" ".join(text.split()), lang=lang) for lang, text in fields["title"].items()}
    assert {Literal(" ".join(str(t).split()), lang=t.language) for t in graph.objects(record, DCTERMS.title)} == titles


def test_both_codes_for_greece_mean_greece() -> None:
    context = json.loads((ROOT / "ontology" / "context.jsonld").read_text(encoding="utf-8"))
    graph = Graph().parse(data=json.dumps({"country": ["EL", "GR", "DE"]} | context), format="json-ld")
    assert set(graph.objects(None, GW.country)) == {URIRef(EU + "country/GRC"), URIRef(EU + "country/DEU")}
