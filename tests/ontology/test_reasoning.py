"""The ontology bears a reasoner and its own shapes: OWL 2 RL finds no contradiction, pySHACL no violation."""

import owlrl
import pyshacl
import pytest
from rdflib import RDF, Graph, Literal, URIRef

from ontology import DEFINITION_SHAPES_FILE, GW, ID, vocabulary_files

ERROR = URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")  # as owlrl notes a contradiction


def model() -> Graph:
    """Everything but the names in other languages and the regions, on which no rule bears."""
    graph = Graph()
    for path in vocabulary_files():
        if path.parent.name != "labels" and path.stem != "nuts":
            graph.parse(path)
    return graph


def contradictions(graph: Graph) -> list[str]:
    """What OWL 2 RL (W3C Recommendation, section 4.3) finds to be impossible, after all that follows is drawn."""
    closure = owlrl.DeductiveClosure(
        owlrl.OWLRL_Semantics, rdfs_closure=False, axiomatic_triples=False, datatype_axioms=False
    )
    closure.expand(graph)
    return [str(message) for message in graph.objects(None, ERROR)]


def test_nothing_that_follows_from_the_ontology_contradicts_it() -> None:
    assert contradictions(model()) == []


def test_a_barrier_that_is_also_a_group_of_people_is_a_contradiction() -> None:
    graph = model()
    graph.add((ID["barrier/eplus-2021.disability"], RDF.type, GW.TargetGroup))
    assert any("eplus-2021.disability" in message for message in contradictions(graph))


@pytest.fixture(scope="module")
def whole() -> Graph:
    graph = Graph()
    for path in vocabulary_files():
        graph.parse(path)
    return graph


def test_the_definitions_pass_their_shapes(whole: Graph) -> None:
    conforms, _, report = pyshacl.validate(whole, shacl_graph=str(DEFINITION_SHAPES_FILE))
    assert conforms, report


def test_a_definition_without_a_source_is_refused(whole: Graph) -> None:
    bad = Graph() + whole
    definition = ID["definition/made-up"]
    bad.add((definition, RDF.type, GW.Definition))
    bad.add((definition, GW.validFrom, Literal("2026")))
    conforms, _, report = pyshacl.validate(bad, shacl_graph=str(DEFINITION_SHAPES_FILE))
    assert not conforms
    assert "source" in report
