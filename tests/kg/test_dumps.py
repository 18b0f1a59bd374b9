"""The files for downloading hold all of it, are the same bytes for the same content, and change in one step."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from rdflib import DCAT, RDF, VOID, Graph, Namespace, URIRef

import ingest
from ingest.readers import RawRecord
from kg import DataFolderError, EmbeddedStore
from kg.catalogue import DATASET, catalogue_graph, void_graph
from kg.dumps import FILES, Manifest, make_dumps, read_manifest
from kg.dumps import RDF as GRAPHS
from kg.export import export, published
from kg.records import Act
from ontology import HISTORY_GRAPH
from tests.conftest import ROOT

SH = Namespace("http://www.w3.org/ns/shacl#")
SHAPES = {
    "3.0.0": ["3.0.0/shacl/dcat-ap-SHACL.ttl"],
    "3.0.1": ["3.0.1/shacl/dcat-ap-SHACL.ttl", "3.0.1/shacl/ranges.ttl"],
}


@pytest.fixture
def full(store: EmbeddedStore, vocabulary: list[ox.Quad], record: Callable[..., dict[str, Any]]) -> EmbeddedStore:
    """The vocabulary less its regions, and two records."""
    store.load(quad for quad in vocabulary if not str(quad.graph_name).endswith("/nuts>"))
    raws = [RawRecord("t", data=record(country=["EL"])), RawRecord("t", data=record(id="bare", title='"q" ё\n€'))]
    report = ingest.pipeline.add(store, raws, act=Act("import", "t"))
    assert not report.rejected, report.rejected
    return store


def files(folder: Path) -> dict[str, bytes]:
    place = folder / read_manifest(folder).place
    return {name: (place / name).read_bytes() for name in FILES}


def test_each_graph_file_holds_what_is_published_and_nothing_else(full: EmbeddedStore, tmp_path: Path) -> None:
    manifest = make_dumps(full, tmp_path, "a")
    want = set(published(full))
    for name, form in GRAPHS.items():
        back = set(ox.parse(gzip.decompress(files(tmp_path)[name]), form))
        assert back == want
        assert not any(quad.graph_name == ox.NamedNode(HISTORY_GRAPH) for quad in back)
        dump = manifest.dump(name)
        assert dump is not None
        assert dump.count == len(want)


def test_a_file_unpacked_is_what_the_command_exports(full: EmbeddedStore, tmp_path: Path) -> None:
    make_dumps(full, tmp_path / "dumps", "a")
    for name, content in files(tmp_path / "dumps").items():
        plain = tmp_path / name.removesuffix(".gz")
        export(full, plain)
        assert (gzip.decompress(content) if name.endswith(".gz") else content) == plain.read_bytes(), name


def test_the_manifest_tells_size_and_checksum_of_what_lies_there(full: EmbeddedStore, tmp_path: Path) -> None:
    manifest = make_dumps(full, tmp_path, "a")
    assert read_manifest(tmp_path) == manifest
    assert manifest.licence == "https://creativecommons.org/licenses/by/4.0/"
    for name, content in files(tmp_path).items():
        dump = manifest.dump(name)
        assert dump is not None
        assert (dump.bytes, dump.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_the_same_content_in_another_order_and_process_is_the_same_bytes(full: EmbeddedStore, tmp_path: Path) -> None:
    first = make_dumps(full, tmp_path / "one", "a")
    other = EmbeddedStore(tmp_path / "graph")
    other.load(reversed(published(full)))
    other.close()
    time.sleep(1.1)  # a time in a file would differ now
    command = [sys.executable, "-m", "kg.dumps", str(tmp_path / "graph"), str(tmp_path / "two"), "b"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "7"}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert [d.sha256 for d in first.files] == [d.sha256 for d in read_manifest(tmp_path / "two").files]


def test_a_file_whose_content_stays_keeps_its_date(full: EmbeddedStore, tmp_path: Path) -> None:
    first = make_dumps(full, tmp_path, "a")
    time.sleep(1.1)
    again = make_dumps(full, tmp_path, "b")
    assert (again.stamp, again.files) == ("b", first.files)
    full.load([ox.Quad(ox.NamedNode("x:s"), ox.NamedNode("x:p"), ox.Literal("new"), ox.NamedNode("x:g"))])
    later = make_dumps(full, tmp_path, "c")
    changed = {name for name in FILES if later.dump(name) != first.dump(name)}
    assert changed == set(GRAPHS), "the table has no row for it"


def test_older_states_are_tidied_away_except_the_one_that_may_be_under_way(full: EmbeddedStore, tmp_path: Path) -> None:
    killed = tmp_path / ".making-killed"
    killed.mkdir(parents=True)
    os.utime(killed, (0, 0))
    for stamp in "abc":
        make_dumps(full, tmp_path, stamp)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "state-b", "state-c"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"stamp": "a"}', '{"stamp": "a", "licence": "", "files": [{}]}'])
def test_a_damaged_manifest_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    assert read_manifest(tmp_path) == Manifest()


def test_a_folder_that_cannot_be_written_to_is_said_in_a_sentence(full: EmbeddedStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderError, match="cannot be written to"):
        make_dumps(full, tmp_path / "file", "a")


@pytest.mark.parametrize("release", SHAPES)
@pytest.mark.parametrize("made", [True, False])
def test_the_catalogue_is_valid_dcat_ap(
    full: EmbeddedStore, tmp_path: Path, shared: Path, release: str, *, made: bool
) -> None:
    from pyshacl import validate

    folder = shared / "dcat-ap" / "releases"
    if not folder.is_dir():
        pytest.skip(f"needs the SHACL shapes of DCAT-AP 3; they are not at {folder} (set GOODWAYS_SHARED)")
    shapes = Graph()
    for path in SHAPES[release]:
        shapes.parse(folder / path)
    for shape in set(shapes.objects(None, SH.property)):  # release 3.0.1 names five property shapes that it lacks
        if (shape, None, None) not in shapes:
            shapes.remove((None, SH.property, shape))
    graph = catalogue_graph("https://example.org", make_dumps(full, tmp_path, "a") if made else Manifest(), "a@b.org")
    conforms, _, report = validate(graph, shacl_graph=shapes, advanced=True)
    assert conforms, report
    broken = Graph() + graph
    broken.remove((None, DCAT.accessURL, None))
    assert not validate(broken, shacl_graph=shapes, advanced=True)[0], "the shapes do judge this graph"


def test_the_catalogue_offers_every_file_and_every_service(full: EmbeddedStore, tmp_path: Path) -> None:
    graph = catalogue_graph("https://example.org", make_dumps(full, tmp_path, "a"))
    assert {str(url).rpartition("/")[2] for url in graph.objects(None, DCAT.downloadURL)} == set(FILES)
    services = set(graph.subjects(RDF.type, DCAT.DataService))
    assert len(services) == 3
    assert all((service, DCAT.servesDataset, DATASET) in graph for service in services)
    sizes = {str(graph.value(node, DCAT.downloadURL)): node for node in graph.subjects(DCAT.byteSize)}
    assert len(sizes) == len(FILES)


def test_void_counts_are_those_of_the_graph(full: EmbeddedStore) -> None:
    graph = void_graph(full, "https://example.org", Manifest())
    triples = {quad.triple for quad in full.quads()}
    assert int(graph.value(DATASET, VOID.triples)) == len(triples)
    assert int(graph.value(DATASET, VOID.distinctSubjects)) == len({t.subject for t in triples})
    assert int(graph.value(DATASET, VOID.distinctObjects)) == len({t.object for t in triples})
    assert int(graph.value(DATASET, VOID.properties)) == len({t.predicate for t in triples})
    a = ox.NamedNode(str(RDF.type))
    classes = {t.object for t in triples if t.predicate == a}
    assert int(graph.value(DATASET, VOID.classes)) == len(classes)
    for part in graph.objects(DATASET, VOID.classPartition):
        iri = ox.NamedNode(str(graph.value(part, VOID["class"])))
        want = len({t.subject for t in triples if t.predicate == a and t.object == iri})
        assert int(graph.value(part, VOID.entities)) == want, iri
    sums = sum(int(graph.value(part, VOID.triples)) for part in graph.objects(DATASET, VOID.propertyPartition))
    assert sums == len(triples)


def test_void_linksets_count_links_to_the_data_of_others(full: EmbeddedStore) -> None:
    graph = void_graph(full, "https://example.org", Manifest())
    country = URIRef("https://w3id.org/goodways/ontology#country")
    found = [
        int(graph.value(node, VOID.triples))
        for node in graph.subjects(VOID.linkPredicate, country)
        if "country" in str(graph.value(node, VOID.objectsTarget))
    ]
    query = "SELECT (COUNT(*) AS ?n) { ?s gw:country ?o FILTER(STRSTARTS(STR(?s), STR(gwid:))) }"
    rows = full.raw(query)
    assert isinstance(rows, ox.QuerySolutions)
    assert found == [int(next(iter(rows))["n"].value)]


def test_the_manifest_is_plain_json(full: EmbeddedStore, tmp_path: Path) -> None:
    make_dumps(full, tmp_path, "a")
    found = json.loads((tmp_path / "manifest.json").read_text())
    assert set(found) == {"stamp", "licence", "files"}
    assert set(found["files"][0]) == {"file", "bytes", "sha256", "count", "changed"}


def test_what_stands_in_no_named_graph_is_taken_home_too(store: EmbeddedStore, tmp_path: Path) -> None:
    store.update("INSERT DATA { <urn:a> <urn:b> 1 . GRAPH <urn:g> { <urn:a> <urn:b> 2 } }")
    make_dumps(store, tmp_path, "one")
    packed = tmp_path / "state-one" / "goodways.nq.gz"
    assert len(gzip.decompress(packed.read_bytes()).splitlines()) == 2
