"""SHACL for batches of records, with findings that name field, value and way out."""

from collections import defaultdict
from functools import cache

from rapidfuzz import process
from rdflib import RDF, SKOS, Graph, Namespace, URIRef
from rdflib.term import Node

from ontology import GW, HISTORY_GRAPH, vocabulary_files
from ontology.context import context, iri_of, shapes

from .errors import Finding
from .store import Store

SH = Namespace("http://www.w3.org/ns/shacl#")
Types = dict[URIRef, set[URIRef]]
_KNOWN_TYPES: dict[frozenset[str], Types] = {}  # by the digests of the vocabulary files


def vocabulary_types(store: Store) -> Types:
    """The classes of every concept that the graph knows; read anew where a vocabulary file has changed since."""
    rows = store.private.select(f"SELECT ?d {{ GRAPH <{HISTORY_GRAPH}> {{ ?g <{GW.vocabularyDigest}> ?d }} }}")
    state = frozenset(str(row["d"]) for row in rows)
    if not state or state not in _KNOWN_TYPES:
        _KNOWN_TYPES.clear()
        _KNOWN_TYPES[state] = _types(store)
    return _KNOWN_TYPES[state]


def _types(store: Store) -> Types:
    types: Types = defaultdict(set)
    query = "SELECT ?c ?t { ?c <http://www.w3.org/2004/02/skos/core#inScheme> ?s ; a ?t }"
    for row in store.select(query):
        types[URIRef(row["c"])].add(URIRef(row["t"]))
    return types


def vocabulary_types_from_files() -> Types:
    """The same, from the vocabulary files: for checking records where there is no graph yet."""
    types: Types = defaultdict(set)
    for path in vocabulary_files():
        graph = Graph(bind_namespaces="none").parse(path)
        for concept in graph.subjects(SKOS.inScheme):
            if isinstance(concept, URIRef):
                types[concept].update(t for t in graph.objects(concept, RDF.type) if isinstance(t, URIRef))
    return types


def validate(records: dict[URIRef, Graph], types: Types) -> dict[URIRef, list[Finding]]:
    """Check records against the shapes in one run of pySHACL.

    Args:
        records: record IRI -> its triples; parts of a record have IRIs that start with the record's and `#`.
        types: what the values may be, from `vocabulary_types`.

    Returns:
        Record IRI -> findings, for the records that have any.

    """
    from pyshacl import validate as run

    data = Graph(bind_namespaces="none")
    for graph in records.values():
        for triple in graph:
            data.add(triple)
    for value in {value for value in data.objects() if value in types}:
        for kind in types[URIRef(str(value))]:
            data.add((value, RDF.type, kind))
    conforms, report, _ = run(data, shacl_graph=shapes(), inplace=True)
    if conforms:
        return {}
    found: dict[URIRef, list[Finding]] = defaultdict(list)
    for result in report.subjects(RDF.type, SH.ValidationResult):
        focus = str(report.value(result, SH.focusNode))
        finding = _finding(report, result, types)
        record = URIRef(focus.partition("#")[0])
        if finding not in found[record]:
            found[record].append(finding)
    for findings in found.values():
        findings.sort(key=lambda finding: (finding.field, finding.message))
    return found


def _finding(report: Graph, result: Node, types: Types) -> Finding:
    path = report.value(result, SH.resultPath)
    value = report.value(result, SH.value)
    shape = report.value(result, SH.sourceShape)
    component = report.value(result, SH.sourceConstraintComponent)
    messages = [str(message) for message in report.objects(result, SH.resultMessage)]
    focus = str(report.value(result, SH.focusNode))
    field = (focus.partition("#")[2] + "." if "#" in focus else "") + _field(str(path))
    if component == SH.ClosedConstraintComponent:
        message = "This field does not belong here; see docs/record-format.md."
    elif component == SH.MinCountConstraintComponent:
        message = f"The field {_field(str(path))} is missing; see docs/record-format.md."
    elif component in (SH.MaxCountConstraintComponent, SH.UniqueLangConstraintComponent):
        message = f"The field {_field(str(path))} has more than one value; keep one."
    else:
        text = str(value)
        code = text.rpartition("/")[2] if isinstance(value, URIRef) and "w3id.org" in text else text
        code = code.rpartition("/")[2] if "/authority/" in text or "/nuts/" in text else code
        code = " ".join(code[:80].split()) + ("…" if len(code) > 80 else "")
        message = f"'{code}' {messages[0] if messages else 'is not allowed here.'}"
        wanted = shapes().value(shape, SH["class"]) if shape else None
        if wanted is not None:
            message = message.rstrip(".") + _nearest(code, URIRef(str(wanted)), types)
    return Finding(message, field=field)


def _nearest(code: str, wanted: URIRef, types: Types) -> str:
    choices = [str(concept).rpartition("/")[2] for concept, kinds in types.items() if wanted in kinds]
    found = process.extract(code, choices, limit=3, score_cutoff=60)
    return f". The nearest: {', '.join(name for name, _, _ in found)}." if found else "."


@cache
def _fields() -> dict[str, str]:
    """Property IRI -> the name of its field in a record."""
    return {str(iri_of(term, context())): name for name, term in context().items() if not name.startswith("@")}


def _field(path: str) -> str:
    return _fields().get(path, path.rpartition("/")[2].rpartition("#")[2])
