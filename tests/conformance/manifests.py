"""The W3C manifests: where they lie and what their entries say."""

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import pyoxigraph as ox
from rdflib import RDF, Graph, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.term import Node

from kg.store import to_graph

MF = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QT = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-query#")
UT = Namespace("http://www.w3.org/2009/sparql/tests/test-update#")

ROOT = Path(__file__).parents[2]
_DATA = Path(os.environ.get("GOODWAYS_SHARED", ROOT.parent / "shared")) / "data"
RDF_TESTS = Path(os.environ.get("GOODWAYS_W3C_TESTS", _DATA / "w3c-rdf-tests"))
SHACL_TESTS = Path(os.environ.get("GOODWAYS_SHACL_TESTS", _DATA / "w3c-shacl-tests"))
SUITES = {
    "sparql10": RDF_TESTS / "sparql/sparql10/manifest.ttl",
    "sparql11": RDF_TESTS / "sparql/sparql11/manifest-all.ttl",
    "sparql12": RDF_TESTS / "sparql/sparql12/manifest.ttl",
    "shacl": SHACL_TESTS / "data-shapes-test-suite/tests/manifest.ttl",
}


@dataclass(frozen=True)
class Entry:
    """One test of a manifest."""

    id: str
    """Suite, folder and name, such as `sparql11/aggregates/agg01`."""
    type: str
    """Local name of its class, such as `QueryEvaluationTest`."""
    path: Path
    """Of its manifest."""
    node: Node
    manifest: Graph

    @property
    def group(self) -> str:
        """Suite and folder."""
        return self.id.rpartition("/")[0]

    @property
    def suite(self) -> str:
        """Its name in `SUITES`."""
        return self.id.partition("/")[0]

    @property
    def action(self) -> Node:
        """What is to be done: a file, or a node that names several."""
        return self.one(MF.action)

    @property
    def result(self) -> Node:
        """What is to come out: a file, or a node that names several."""
        return self.one(MF.result)

    def one(self, *path: URIRef) -> Node:
        """The value at the end of a path of properties that starts at the entry."""
        node = self.node
        for step in path:
            found = self.manifest.value(node, step)
            assert found is not None, f"The manifest gives {self.id} no {step}."
            node = found
        return node


def entries(suite: str) -> list[Entry]:
    """All entries of a suite of `SUITES`, in the order of its manifests; none where its folder is missing."""
    start = SUITES[suite]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rdflib's, of a value that does not fit its type
        return list(_entries(start, suite, start.parent)) if start.is_file() else []


def file(node: Node) -> Path:
    """The file that a manifest names."""
    return Path(url2pathname(urlparse(str(node)).path))


def quads(path: Path) -> list[ox.Quad]:
    """What an RDF file says, with blank nodes of its own and itself as the base."""
    form = ox.RdfFormat.from_extension(path.suffix.lstrip("."))
    return list(ox.parse(path=path, format=form, base_iri=path.as_uri(), rename_blank_nodes=True))


def _entries(path: Path, suite: str, top: Path) -> Iterator[Entry]:
    manifest = to_graph(quad.triple for quad in quads(path))
    folder = "/".join((suite, *path.parent.relative_to(top).parts))
    for head in manifest.objects(None, MF.include):
        # SPARQL's manifests include a list of manifests, those of SHACL one at a time.
        for included in [head] if isinstance(head, URIRef) else Collection(manifest, head):
            yield from _entries(file(included), suite, top)
    for head in manifest.objects(None, MF.entries):
        for node in Collection(manifest, head):
            kind = str(manifest.value(node, RDF.type)).rpartition("#")[2]
            name = str(node).rpartition("#")[2].rpartition("/")[2]
            yield Entry(f"{folder}/{name}", kind, path, node, manifest)
