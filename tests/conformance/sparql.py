"""Tests of query and update: each function runs one entry of a manifest and raises where it is not met."""

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from shutil import rmtree
from urllib.parse import urljoin

import pyoxigraph as ox
from rdflib import RDFS, Namespace, URIRef
from rdflib.term import Node

from kg import EmbeddedStore, QueryError
from kg.protocol import run_query

from .manifests import MF, QT, UT, Entry, file, quads
from .results import Answer, by_value, expected, isomorphic, same, table

_FORMS = {".srx": "xml", ".srj": "json", ".csv": "csv", ".tsv": "tsv"}
_FROM = re.compile(r"\bFROM\s+(?:NAMED\s+)?<([^>]*)>", re.IGNORECASE)
_ORDERED = re.compile(r"\bORDER\s+BY\b[^{}]*\Z", re.IGNORECASE)
# The project's own default graph is the union of all; that of a test is this one, which is asked for by its name.
_DEFAULT = ox.NamedNode("urn:x-conformance:default")

Name = ox.NamedNode | ox.BlankNode | ox.DefaultGraph
Named = tuple[Name, list[ox.Quad]]


class OtherSpellingError(AssertionError):
    """An answer with the expected values, and with numbers in another lexical form."""


def query_is_read(entry: Entry) -> None:
    """Positive syntax: the query runs, or fails only while it runs (at a function that nobody defines)."""
    try:
        run_query(_store(), _query(file(entry.action)))
    except QueryError as error:
        if not isinstance(error.__cause__, RuntimeError):
            raise


def query_is_not_read(entry: Entry) -> None:
    """Negative syntax: the query is refused because it cannot be read."""
    try:
        run_query(_store(), _query(file(entry.action)))
    except QueryError as error:
        if not isinstance(error.__cause__, SyntaxError):
            raise
    else:
        raise AssertionError("The query was read.")


def update_is_read(entry: Entry) -> None:
    """Positive syntax of an update: it comes as far as a store that cannot be written to, so nothing of it is done."""
    try:
        _update(_read_only(), file(entry.action))
    except RuntimeError as error:
        if "read-write" not in str(error):
            raise
    else:
        raise AssertionError("A store was written to that must not be.")


def update_is_not_read(entry: Entry) -> None:
    """Negative syntax of an update."""
    try:
        update_is_read(entry)
    except SyntaxError:
        return
    raise AssertionError("The update was read.")


def query_answers(entry: Entry) -> None:
    """Query evaluation: the answer, serialised and read back, is the expected one.

    It goes out in the form of the file with the expected answer, where that is a form of SPARQL results. The order of
    solutions counts where the query as a whole has ORDER BY.
    """
    path, result = file(entry.one(MF.action, QT.query)), file(entry.result)
    query, store, wanted = _query(path), _store(), expected(result)
    sources = {urljoin(path.as_uri(), name) for name in _FROM.findall(query)}
    names = _fill(store, [*_data(entry, entry.action, QT), *_loaded(sources)], _DEFAULT)
    suffix = result.suffix if isinstance(wanted, list) or result.suffix in _FORMS else ".srj"
    default, named = (None, None) if sources else ([_DEFAULT.value], names)
    body = run_query(store, query, _FORMS.get(suffix, "ttl"), default=default, named=named).body
    ours: Answer = table(body, suffix) if suffix in _FORMS else list(ox.parse(body, ox.RdfFormat.TURTLE))
    in_order = bool(_ORDERED.search(query))
    lax = entry.manifest.value(entry.node, MF.resultCardinality) == MF.LaxCardinality
    if not same(ours, wanted, in_order=in_order, lax=lax):
        alike = same(by_value(ours), by_value(wanted), in_order=in_order, lax=lax)
        raise (OtherSpellingError if alike else AssertionError)(f"{ours}\n\ninstead of\n\n{wanted}")


def update_changes(entry: Entry) -> None:
    """Update evaluation: afterwards each graph holds what is expected."""
    store = _store()
    _fill(store, _data(entry, entry.action, UT), ox.DefaultGraph())
    _update(store, file(entry.one(MF.action, UT.request)))
    wanted = [_placed(quad, name) for name, found in _data(entry, entry.result, UT) for quad in found]
    ours, theirs = _by_graph(store.quads()), _by_graph(wanted)
    assert ours.keys() == theirs.keys()
    for name, found in ours.items():
        assert isomorphic(found, theirs[name]), f"{name} holds {found}\n\ninstead of\n\n{theirs[name]}"


def _store() -> EmbeddedStore:
    return EmbeddedStore(None, with_private=False)


@cache
def _read_only() -> EmbeddedStore:
    folder = Path(tempfile.mkdtemp())
    try:
        EmbeddedStore(folder, with_private=False).close()
        return EmbeddedStore(folder, read_only=True, with_private=False)
    finally:
        rmtree(folder)


def _query(path: Path) -> str:
    return f"BASE <{path.as_uri()}>\n{path.read_text(encoding='utf-8')}"


def _update(store: EmbeddedStore, path: Path) -> None:
    store._store.update(path.read_text(encoding="utf-8"), base_iri=path.as_uri())


def _data(entry: Entry, node: Node, vocabulary: Namespace) -> Iterator[Named]:
    """The graphs that the manifest gives at a node; queries name theirs after their files, updates by a label."""
    for given in entry.manifest.objects(node, vocabulary.data):
        yield ox.DefaultGraph(), quads(file(given))
    for given in entry.manifest.objects(node, vocabulary.graphData):
        path, name = entry.manifest.value(given, vocabulary.graph), entry.manifest.value(given, RDFS.label)
        yield ox.NamedNode(str(name or given)), quads(file(path or given))


def _loaded(sources: Iterable[str]) -> Iterator[Named]:
    """The graphs of FROM and FROM NAMED."""
    return ((ox.NamedNode(name), quads(file(URIRef(name)))) for name in sources)


def _fill(store: EmbeddedStore, data: Iterable[Named], home: Name) -> list[str]:
    """Put graphs into the store, the default graph into `home`; the names of the others come back."""
    names = {home}
    for name, found in data:
        base = home if isinstance(name, ox.DefaultGraph) else name
        placed = [_placed(quad, base) for quad in found]
        store.load(placed)
        names |= {base, *(quad.graph_name for quad in placed)}
    others = [name for name in names - {home} if isinstance(name, ox.NamedNode)]
    for name in others:
        store._store.add_graph(name)  # also where it is empty
    return [name.value for name in others]


def _placed(quad: ox.Quad, graph: Name) -> ox.Quad:
    """The quad in this graph, unless its file names another."""
    place = graph if isinstance(quad.graph_name, ox.DefaultGraph) else quad.graph_name
    return ox.Quad(quad.subject, quad.predicate, quad.object, place)


def _by_graph(found: Iterable[ox.Quad]) -> dict[str, list[ox.Quad]]:
    graphs = defaultdict(list)
    for quad in found:
        graphs[str(quad.graph_name)].append(ox.Quad(quad.subject, quad.predicate, quad.object))
    return graphs
