"""The suites that need a running site: SPARQL 1.1 Protocol, service description, graph store protocol."""

import atexit
import re
import tempfile
import time
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import httpx
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic
from rdflib.namespace import RDFS
from rdflib.term import Node

import ingest
from kg import Settings
from tests.servers import goodways
from web.accounts import FILE, Accounts, Role
from web.workspace import Workspace

from .manifests import MF, UT, Entry, file

HT = Namespace("http://www.w3.org/2011/http#")
CNT = Namespace("http://www.w3.org/2011/content#")
SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
_STATUS = {"OK": "200", "Created": "201", "NoContent": "204", "NotFound": "404"}
_TYPES = {
    "boolean": ("application/sparql-results+json", "application/sparql-results+xml"),
    "tabular": ("application/sparql-results+json", "application/sparql-results+xml", "text/csv",
                "text/tab-separated-values"),
    "RDF": ("text/turtle", "application/rdf+xml", "application/n-triples", "application/ld+json"),
}  # fmt: skip


@cache
def site() -> httpx.Client:
    """A site in a process of its own, over the vocabulary alone, that whoever knows the token may write to."""
    folder = Path(tempfile.mkdtemp(prefix="goodways-suite-")) / "data"
    workspace = Workspace(Settings(data=folder))
    with workspace.writing() as store:
        ingest.load_vocabulary(store)
        workspace.sync(store)
    accounts = Accounts(folder / FILE)
    suite = accounts.add("the-suite", "The suite", Role.ADMINISTRATOR)
    token = accounts.make_token(suite, "writes", ["update"], time.time() + 86_400)
    running = ExitStack()
    atexit.register(running.close)
    _, address = running.enter_context(goodways(folder, GOODWAYS_QUERY_WORKERS="2"))
    return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=60)


def exchange(entry: Entry) -> None:
    """Send the requests of a protocol test, one after the other, and look at each answer."""
    if "graph-store-protocol" in entry.group:
        assert site().post("/sparql", data={"update": "DROP ALL"}).status_code == 204
    for given in entry.manifest.objects(entry.node, UT.graphData):
        name = str(entry.manifest.value(given, RDFS.label))
        data = file(entry.manifest.value(given, UT.graph)).read_bytes()  # type: ignore[arg-type]
        stored = site().put("/graph-store", params={"graph": name}, content=data,
                            headers={"Content-Type": "application/n-triples"})  # fmt: skip
        assert stored.status_code in (201, 204), stored.text
    known: dict[str, str] = {}
    for request in Collection(entry.manifest, entry.one(MF.action, HT.requests)):
        _sent(entry.manifest, request, known)


def _sent(manifest: Graph, request: Node, known: dict[str, str]) -> None:
    path = _path(str(manifest.value(request, HT.absolutePath)), known)
    method = str(manifest.value(request, HT.methodName))
    body = _body(manifest, manifest.value(request, HT.body), known)
    headers = _headers(manifest, request)
    answer = site().request(method, path, content=body, headers=headers)
    expected = manifest.value(request, HT.resp)
    assert expected is not None
    statuses = [str(status).rpartition("#")[2] for status in manifest.objects(expected, MF.expectedStatus)]
    assert any(_is(answer.status_code, status) for status in statuses), (answer.status_code, statuses, answer.text)
    for name in manifest.objects(expected, MF.expectedLocation):
        known[str(name)] = answer.headers["location"]
    if kind := manifest.value(expected, MF.expectedFormat):
        assert answer.headers["content-type"].partition(";")[0] in _TYPES[str(kind)], answer.headers
    truth = manifest.value(expected, MF.expectedBoolean)
    if isinstance(truth, Literal):
        assert answer.json()["boolean"] is truth.toPython()
    if graph := _body(manifest, manifest.value(expected, HT.body), known):
        base = str(answer.request.url)
        there, wanted = Graph().parse(data=answer.text, format="turtle", publicID=base), Graph()
        wanted.parse(data=graph.decode(), format="turtle", publicID=base)
        assert isomorphic(there, wanted), answer.text


def _path(path: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        path = path.replace(name, value)
    return re.sub(r"^/gsp\b", "/graph-store", re.sub(r"^/sparql/", "/sparql", path))


def _body(manifest: Graph, node: Node | None, known: dict[str, str]) -> bytes | None:
    if node is None:
        return None
    text, encoding = manifest.value(node, CNT.chars), manifest.value(node, CNT.characterEncoding)
    content = str(text)
    for name, value in known.items():
        content = content.replace(name, value)
    return content.encode(str(encoding or "UTF-8"))


def _headers(manifest: Graph, request: Node) -> dict[str, str]:
    head = manifest.value(request, HT.headers)
    pairs = [] if head is None else Collection(manifest, head)
    return {str(manifest.value(pair, HT.fieldName)): str(manifest.value(pair, HT.fieldValue)) for pair in pairs}


def _is(status: int, expected: str) -> bool:
    if expected.startswith("StatusCode"):
        return str(status)[0] == expected[-3]
    return str(status) == _STATUS.get(expected, expected)


def describes(entry: Entry) -> None:
    """What the endpoint says of itself (SPARQL 1.1 Service Description, section 3)."""
    answer = site().get("/sparql", headers={"Accept": "text/turtle"})
    assert answer.status_code == 200
    found = Graph().parse(data=answer.text, format="turtle")
    endpoint = URIRef(f"{str(site().base_url).rstrip('/')}/sparql")
    match entry.node.rpartition("#")[2]:  # type: ignore[attr-defined]
        case "returns-rdf":
            assert len(found)
        case "has-endpoint-triple":
            assert list(found.subjects(SD.endpoint, endpoint))
        case "conforms-to-schema":
            _conforms(found)


def _conforms(found: Graph) -> None:
    """One service, its terms of the vocabulary's classes, its datasets and graphs where the schema has them."""
    (service,) = found.subjects(RDF.type, SD.Service)
    assert isinstance(found.value(service, SD.endpoint), URIRef)
    languages = set(found.objects(service, SD.supportedLanguage))
    assert languages <= {SD.SPARQL10Query, SD.SPARQL11Query, SD.SPARQL11Update}
    assert SD.SPARQL11Query in languages
    assert set(found.objects(service, SD.feature)) <= {
        SD.DereferencesURIs, SD.UnionDefaultGraph, SD.RequiresDataset, SD.EmptyGraphs, SD.BasicFederatedQuery,
    }  # fmt: skip
    for form in found.objects(service, SD.resultFormat):
        assert str(form).startswith("http://www.w3.org/ns/formats/")
    for dataset in found.objects(service, SD.defaultDataset):
        assert (dataset, RDF.type, SD.Dataset) in found
        for graph in found.objects(dataset, SD.defaultGraph):
            assert (graph, RDF.type, SD.Graph) in found
    for function in found.objects(service, SD.extensionFunction):
        assert (function, RDF.type, SD.Function) in found


RUNNERS = {"ProtocolTest": exchange, "GraphStoreProtocolTest": exchange, "ServiceDescriptionTest": describes}
