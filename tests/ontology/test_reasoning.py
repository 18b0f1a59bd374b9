"""The ontology bears a reasoner and its own shapes: OWL 2 RL finds no contradiction, pySHACL no violation."""

import re
from pathlib import Path

import owlrl
import pyshacl
import pytest
from rdflib import RDF, Graph, Namespace, URIRef

from ontology import DEFINITION_SHAPES_FILE, GW, ID, vocabulary_files

BROKEN = Path(__file__).with_name("broken.ttl")
SH = Namespace("http://www.w3.org/ns/shacl#")
NO_RULE_BEARS_ON = {"nuts", "nuts-2021", "isced-f", "eqf"}
ERROR = URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")  # as owlrl notes a contradiction


def model() -> Graph:
    """Everything but the names in other languages and the EU's lists of regions and fields."""
    graph = Graph()
    for path in vocabulary_files():
        if path.parent.name != "labels" and path.stem not in NO_RULE_BEARS_ON:
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


def test_the_definitions_pass_their_shapes() -> None:
    conforms, _, report = pyshacl.validate(model(), shacl_graph=str(DEFINITION_SHAPES_FILE))
    assert conforms, report


@pytest.fixture(scope="module")
def refused() -> set[tuple[str, str]]:
    """(address, message) of all that the shapes find in `broken.ttl`, read beside the ontology."""
    graph = model().parse(BROKEN)
    _, results, _ = pyshacl.validate(graph, shacl_graph=str(DEFINITION_SHAPES_FILE))
    return {
        (str(results.value(result, SH.focusNode)), str(message))
        for result in results.subjects(RDF.type, SH.ValidationResult)
        for message in results.objects(result, SH.resultMessage)
    }


EXPECTED = re.findall(r"^# (\w+):([\w.-]+): (.+)$", BROKEN.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize(("prefix", "name", "sentence"), EXPECTED, ids=lambda part: part)
def test_bad_input_is_refused_with_a_sentence(
    refused: set[tuple[str, str]], prefix: str, name: str, sentence: str
) -> None:
    base = str(dict(Graph().parse(BROKEN).namespaces())[prefix])
    assert [message for focus, message in refused if focus == base + name and sentence in message], (
        f"{name} is refused with {sorted(message for focus, message in refused if focus == base + name)}"
    )


def test_every_message_of_the_shapes_speaks_in_whole_sentences(refused: set[tuple[str, str]]) -> None:
    assert not [message for _, message in refused if not re.fullmatch(r"[A-Z].*\.", message)]
