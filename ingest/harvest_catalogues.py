"""A DCAT catalogue, or one page of it, as drafts: Turtle, JSON-LD, RDF/XML and what else is RDF.

DCAT 3 (W3C Recommendation 2024). A page says where the next one is by Hydra (`hydra:next`, once `hydra:nextPage`), or
in a `Link` header (RFC 8288). Contexts of JSON-LD on other servers are not fetched.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

import pyoxigraph as ox
from rdflib import DCAT, DCTERMS, FOAF, RDF, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from kg import InputError
from kg.store import to_graph

from .fetching import Fetched
from .harvest_mapping import (
    Fields,
    finished,
    first_date,
    first_language,
    first_licence,
    formats,
    texts,
)

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
_NEXT = (HYDRA.next, HYDRA.nextPage)
_LINK_NEXT = re.compile(r"<([^>]*)>[^,]*;\s*rel=\"?(?:[^\",]*\s)?next[\s\",;]?", re.IGNORECASE)
_NESTED_ENTITY = re.compile(rb"<!ENTITY\s+[^>]*&", re.IGNORECASE)
_LONGEST = {"title": 1000, "summary": 6000}  # characters, as in shapes.ttl


@dataclass(frozen=True)
class Dataset:
    """One entry of a catalogue."""

    iri: str
    fields: Fields
    modified: str
    """The day or year of its last change; empty where it is not told."""


@dataclass(frozen=True)
class CataloguePage:
    """What a page of a catalogue holds."""

    datasets: list[Dataset] = field(default_factory=list)
    next: str = ""
    """The address of the next page."""


def read_catalogue(answer: Fetched) -> CataloguePage:
    """What a page of a catalogue holds.

    Raises:
        InputError: it is no RDF, or no catalogue.

    """
    graph = _parsed(answer)
    datasets = sorted(
        (subject for subject in set(graph.subjects(RDF.type, DCAT.Dataset)) if isinstance(subject, URIRef)), key=str
    )
    if not datasets and (None, RDF.type, DCAT.Catalog) not in graph:
        raise InputError("There is no DCAT catalogue at this address; look for one that ends in .ttl, .jsonld or .rdf.")
    return CataloguePage([_dataset(graph, one) for one in datasets], _next(graph, answer))


def _parsed(answer: Fetched) -> Graph:
    form = ox.RdfFormat.from_media_type(answer.media_type) or ox.RdfFormat.from_extension(
        answer.final.partition("?")[0].rpartition(".")[2].casefold()
    )
    if form is None:
        raise InputError("This address does not answer in RDF; look for one that ends in .ttl, .jsonld or .rdf.")
    if form == ox.RdfFormat.RDF_XML and _NESTED_ENTITY.search(answer.content):
        raise InputError("This RDF/XML builds entities from entities, which is not read; ask for Turtle.")
    try:
        quads = list(ox.parse(answer.content, form, base_iri=answer.final))
    except (SyntaxError, ValueError, OSError) as error:
        said = " ".join(str(error.args[0] if error.args else error).split())[:200]
        raise InputError(f"The catalogue cannot be read: {said.rstrip('.')}.") from error
    return to_graph(quad.triple for quad in quads)


def _dataset(graph: Graph, dataset: URIRef) -> Dataset:
    files = list(graph.objects(dataset, DCAT.distribution))
    languages = [_last(value) for value in sorted(graph.objects(dataset, DCTERMS.language), key=str)]
    titles = _literals(graph, dataset, DCTERMS.title)
    language = first_language(languages if len(languages) == 1 else [*(tag for tag, _ in titles), *languages])
    pages = [*graph.objects(dataset, DCAT.landingPage), *graph.objects(dataset, FOAF.page), dataset]
    licences = [value for node in (dataset, *files) for value in graph.objects(node, DCTERMS.license)]
    types = [
        value for file in files for prop in (DCAT.mediaType, DCTERMS["format"]) for value in graph.objects(file, prop)
    ]
    fields: Fields = {
        "title": texts(titles, language, _LONGEST["title"]),
        "summary": texts(_literals(graph, dataset, DCTERMS.description), language, _LONGEST["summary"]),
        "language": language,
        "source": next((str(page) for page in pages if str(page).startswith(("http://", "https://"))), ""),
        "published": first_date(map(str, graph.objects(dataset, DCTERMS.issued))),
        "licence": first_licence(sorted(map(str, licences))),
        "format": formats(sorted("/".join(str(value).rsplit("/", 2)[-2:]) for value in types)),
        "organisation": _publishers(graph, dataset),
    }
    if len(codes := sorted({first_language([word]) for word in languages} - {""})) > 1:
        fields["inLanguage"] = codes
    modified = first_date(sorted(map(str, graph.objects(dataset, DCTERMS.modified)), reverse=True))
    return Dataset(str(dataset), finished(fields, str(dataset)), modified)


def _publishers(graph: Graph, dataset: URIRef) -> list[Fields]:
    """Names of publishers, less those that are said to be people."""
    agents = [one for one in graph.objects(dataset, DCTERMS.publisher) if (one, RDF.type, FOAF.Person) not in graph]
    names = sorted({str(name) for agent in agents for name in graph.objects(agent, FOAF.name)})
    return [{"name": name, "role": "publisher"} for name in names]


def _literals(graph: Graph, subject: Node, prop: URIRef) -> list[tuple[str, str | None]]:
    values = [value for value in graph.objects(subject, prop) if isinstance(value, Literal)]
    return sorted((value.language or "", str(value)) for value in values)


def _next(graph: Graph, answer: Fetched) -> str:
    told = next((str(page) for prop in _NEXT for page in sorted(graph.objects(None, prop), key=str)), "")
    linked = _LINK_NEXT.search(answer.headers.get("link", ""))
    found = told or (linked[1] if linked else "")
    return urljoin(answer.final, found) if found else ""


def _last(value: Node) -> str:
    return str(value).rstrip("/").rpartition("/")[2]
