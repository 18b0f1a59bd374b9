"""The model is documented from its own files, and every name that it uses leads somewhere."""

import pytest
from rdflib import OWL, RDF, Graph, URIRef
from rdflib.compare import to_isomorphic
from rdflib.namespace import SKOS
from starlette.testclient import TestClient

from ontology import GW, ID
from search import Searcher
from web.accept import FORMS
from web.model_picture import PLACES, picture
from web.model_view import SH, links, model, shapes

from .markup import Markup
from .test_linked_data import read, triples

HTML = {"Accept": "text/html"}


def test_every_class_and_property_stands_at_its_address(client: TestClient) -> None:
    anchors = {element["id"] for element in Markup(client.get("/ontology", headers=HTML).text).elements}
    for kind in (OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty):
        terms = {str(term)[len(str(GW)) :] for term in model().subjects(RDF.type, kind)}
        assert terms
        assert terms <= anchors


def test_every_link_within_the_pages_of_the_model_arrives(client: TestClient) -> None:
    anchors: dict[str, set[str]] = {}
    for path in ("/ontology", "/ontology/shapes", "/ontology/lists", "/page/scheme/eplus-2021"):
        for link in Markup(client.get(path, headers=HTML).text).all("a"):
            target, _, anchor = link["href"].partition("#")
            if not target.startswith("/") or target in ("/about", "/docs", "/ontology.ttl"):
                continue
            if target not in anchors:
                answer = client.get(target, headers=HTML, follow_redirects=True)
                assert answer.status_code == 200, target
                anchors[target] = (
                    {element["id"] for element in Markup(answer.text).elements}
                    if "html" in answer.headers["content-type"]
                    else set()
                )
            assert not anchor or anchor in anchors[target], link["href"]


def test_the_page_counts_what_the_graph_holds(client: TestClient, searcher: Searcher) -> None:
    count = searcher.store.select(f"SELECT (COUNT(*) AS ?n) {{ ?x a {GW.Barrier.n3()} }}")[0]["n"]
    assert f"{count} in this graph" in client.get("/ontology", headers=HTML).text


def test_every_sentence_of_the_shapes_is_on_their_page(client: TestClient) -> None:
    shown = " ".join(Markup(client.get("/ontology/shapes", headers=HTML).text).one("main").text.split())
    used = {
        rule for shape in shapes().subjects(RDF.type, SH.NodeShape) for rule in shapes().objects(shape, SH.property)
    }
    messages = [str(message) for rule in used for message in shapes().objects(rule, SH.message)]
    assert len(messages) > 100
    assert not [message for message in messages if message not in shown]


def test_the_picture_shows_what_the_model_says() -> None:
    terms = set(model().subjects(RDF.type, OWL.Class))
    assert set(PLACES) <= terms
    drawn = {name for arrow in picture()["arrows"] for name in arrow.label.split(", ")}
    said = {prop.rpartition("#")[2] for start, prop, end in links() if start in PLACES}
    assert {"addresses", "recognises", "criterionOf", "opensFor", "bearsOn", "participation"} <= drawn <= said


@pytest.mark.parametrize("path", ["/ontology", "/ontology/shapes", "/graph/ontology/authority/eqf"])
def test_the_files_answer_in_every_form_that_a_program_asks_for(client: TestClient, path: str) -> None:
    graphs = []
    for ending, media_type in FORMS.items():
        answer = client.get(path, headers={"Accept": media_type})
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == media_type
        assert "Accept" in answer.headers["vary"]
        graphs.append(to_isomorphic(triples(read(answer.content, ending))))
    assert len(graphs[0]) > 10
    assert all(graph == graphs[0] for graph in graphs)


def test_a_shape_sends_on_to_its_description_or_to_shacl(client: TestClient) -> None:
    for accept, where in (("text/html", "/ontology/shapes#Record"), ("text/turtle", "/ontology/shapes.ttl")):
        answer = client.get("/shape/Record", headers={"Accept": accept})
        assert (answer.status_code, answer.headers["location"]) == (303, where)


def test_a_list_comes_with_all_its_concepts(client: TestClient, searcher: Searcher) -> None:
    scheme = ID["scheme/eplus-2021"]
    members = {concept.iri for concept in searcher.concepts.values() if concept.scheme == scheme}
    graph = Graph().parse(data=client.get("/data/scheme/eplus-2021.nt").content, format="nt")
    assert set(graph.subjects(SKOS.inScheme, scheme)) == members
    languages = {getattr(label, "language", "") for label in graph.objects(None, SKOS.prefLabel)}
    assert len(languages) == 24
    shown = {link["href"] for link in Markup(client.get("/page/scheme/eplus-2021").text).all("a")}
    assert {"/id/" + iri[len(str(ID)) :] for iri in members} <= shown


@pytest.mark.parametrize(
    "path", ["/page/scheme/none", "/ontology.exe", "/ontology/shapes.exe", "/graph/none", "/graph/"]
)
def test_what_is_not_there_is_said_in_a_sentence(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HTML)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_every_scheme_of_the_ontology_is_in_the_list_of_lists(client: TestClient, searcher: Searcher) -> None:
    shown = {link["href"] for link in Markup(client.get("/ontology/lists", headers=HTML).text).all("a")}
    for row in searcher.store.select(f"SELECT ?s {{ ?s a {SKOS.ConceptScheme.n3()} }}"):
        scheme = URIRef(row["s"])
        assert (f"/id/{scheme[len(str(ID)) :]}" if scheme.startswith(str(ID)) else str(scheme)) in shown
