"""Tests of SHACL: each is one entry of a manifest, run by pySHACL in the way of `kg.validation`."""

from collections import Counter

from pyshacl import validate
from rdflib import RDF, Graph, Namespace
from rdflib.collection import Collection
from rdflib.term import BNode, Literal, Node

from kg.store import to_graph
from kg.validation import SH

from .manifests import MF, Entry, file, quads

SHT = Namespace("http://www.w3.org/ns/shacl-test#")
_COMPARED = (
    SH.focusNode,
    SH.resultPath,
    SH.value,
    SH.resultSeverity,
    SH.sourceShape,
    SH.sourceConstraint,
    SH.sourceConstraintComponent,
)

Result = frozenset[tuple[Node, object]]


def validates(entry: Entry) -> None:
    """The report has the results that are expected, or the shapes are refused where that is expected."""
    data, shapes = (_graph(entry, entry.one(MF.action, part)) for part in (SHT.dataGraph, SHT.shapesGraph))
    conforms, report, text = validate(Graph() + data, shacl_graph=shapes, inplace=True)
    if entry.result == SHT.Failure:
        assert not isinstance(report, Graph), f"The shapes were not refused. {text}"
        return
    assert isinstance(report, Graph), text
    assert Literal(conforms) == entry.one(MF.result, SH.conforms), text
    messages = any(entry.manifest.objects(entry.result, SH.result / SH.resultMessage))
    compared = (*_COMPARED, SH.resultMessage) if messages else _COMPARED
    one_file = data is shapes
    ours = _results(report, next(report.subjects(RDF.type, SH.ValidationReport)), compared, one_file)
    theirs = _results(entry.manifest, entry.result, compared, one_file)
    assert ours == theirs, f"{ours - theirs}\n\ninstead of\n\n{theirs - ours}"


def _graph(entry: Entry, name: Node) -> Graph:
    """What a file says; of the manifest's own file with the blank nodes that its expected results speak of."""
    return entry.manifest if file(name) == entry.path else to_graph(quad.triple for quad in quads(file(name)))


def _results(report: Graph, node: Node, compared: tuple[Node, ...], one_file: bool) -> Counter[Result]:
    """The results of a report; a blank node has a name that can be compared where test and shapes are one file."""

    def value(name: Node, found: Node) -> object:
        if name == SH.resultPath:
            return _path(report, found)
        return found if one_file or not isinstance(found, BNode) else BNode("some")

    return Counter(
        frozenset((name, value(name, found)) for name in compared for found in report.objects(result, name))
        for result in report.objects(node, SH.result)
    )


def _path(graph: Graph, path: Node) -> object:
    """A property path by its structure (SHACL, section 2.3.1)."""
    if not isinstance(path, BNode):
        return path
    if graph.value(path, RDF.first) is not None:
        return tuple(_path(graph, step) for step in Collection(graph, path))
    return frozenset((name, _path(graph, step)) for name, step in graph.predicate_objects(path))
