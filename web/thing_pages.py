"""The page of anything that has an IRI here."""

from fastapi import Request
from fastapi.responses import Response
from rdflib.namespace import RDF, SKOS

from .definition_view import concept_view, definition_view
from .headings import heading
from .model_view import scheme_view
from .organisation_view import organisation_view, takes_part_in
from .pages import FACET_OF_KIND, LANGUAGE, reader_language
from .record_view import journey, record_view
from .schema_org import as_script, record_in_schema_org, thing_in_schema_org
from .site import Site, iri_of
from .templates import page
from .thing_view import thing_view
from .things import graph_of


def thing_page(request: Request, kind: str, code: str) -> Response:
    """The page of anything that has an IRI here.

    Raises:
        NotFoundError: there is no such thing.

    """
    site: Site = request.app.state.site
    if site.has_record(kind, code):
        return _record_page(request, site, kind, code)
    iri = iri_of(kind, code)
    graph = graph_of(site, iri)
    json_ld = as_script(thing_in_schema_org(site, iri, graph, LANGUAGE))
    if kind == "organisation":
        label, view = heading("kind.organisation", LANGUAGE), organisation_view(site, iri, LANGUAGE)
        return page(request, "organisation.html", organisation=view, kind_label=label, json_ld=json_ld)
    if kind == "definition":
        return page(request, "definition.html", definition=definition_view(site, code, LANGUAGE), json_ld=json_ld)
    if (iri, RDF.type, SKOS.ConceptScheme) in graph:
        return page(request, "list.html", **scheme_view(site, code, LANGUAGE), json_ld=json_ld)
    if iri in site.concepts:
        view = concept_view(site, kind, code, reader_language(request), FACET_OF_KIND.get(kind, ""))
        return page(request, "concept.html", **view, json_ld=json_ld)
    return page(request, "thing.html", **thing_view(site, iri, graph, LANGUAGE), json_ld=json_ld)


def _record_page(request: Request, site: Site, kind: str, code: str) -> Response:
    iri, graph, version = site.record(kind, code)
    return page(
        request,
        "record.html",
        record=record_view(site, iri, graph, version, LANGUAGE, reader_language(request)),
        journey=journey(site, iri, graph, reader_language(request)),
        parts=takes_part_in(site, iri, LANGUAGE) if kind == "organisation" else [],
        json_ld=as_script(record_in_schema_org(site, iri, graph, version, LANGUAGE)),
    )
