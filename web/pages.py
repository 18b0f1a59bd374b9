"""The pages: what each address shows."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from rdflib import URIRef

from kg import InputError
from kg.export import harmless
from ontology import EU_LANGUAGES, ID, RECORD_TYPES
from search import Results
from search.facets import FACETS
from search.labels import Concept
from search.searcher import MAX_QUERY

from .accept import form_of, negotiate_language
from .cards import card
from .compare_view import compare_view
from .definition_view import definitions_view
from .headings import heading, quantities_in_words
from .loosen import ways_to_loosen
from .narrowing import Links, facet_label, facet_views
from .site import Site, path_of, text
from .suggest_api import suggester_if_ready
from .targets_view import targets_view
from .templates import page
from .who_view import case_of, who_view

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
PAGE_SIZE, MAX_PAGE = 10, 1000
LANGUAGE = "en"  # of the interface


def reader_language(request: Request) -> str:
    """The EU language that the browser asks for: names, titles and summaries are shown in it where they exist."""
    return negotiate_language(request.headers.get("accept-language", ""), EU_LANGUAGES, LANGUAGE)


FACET_OF_KIND = {
    "barrier": "barrier", "target-group": "group", "mobility-type": "mobility", "measure": "measure",
    "sector": "sector", "phase": "phase", "material-type": "material",
    "programme": "programme", "year": "year",
}  # fmt: skip
EXAMPLES = (
    ("How can apprentices with disabilities do a placement abroad?", "en"),
    ("Dorośli, którzy słabo czytają i piszą, uczą się za granicą", "pl"),
    ("Stage à l'étranger pour des jeunes sans emploi", "fr"),
    ("Job-Shadowing für Lehrkräfte aus Gefängnissen", "de"),
)


@router.get("/")
def home(request: Request) -> Response:
    """The question box, three doors, and what came in lately; for a program, the description of the data set."""
    if form_of(request):
        return RedirectResponse("/catalogue", status_code=303, headers={"Vary": "Accept"})
    site: Site = request.app.state.site
    newest = site.searcher.store.select(_NEWEST)
    records = [URIRef(row["r"]) for row in newest]
    summaries = site.summaries(records)
    examples = [text(q, code) | {"lang_label": site.language_name(code, LANGUAGE)} for q, code in EXAMPLES]
    latest = [card(site, summaries[iri], reader_language(request)) for iri in records]
    answer = page(request, "home.html", examples=examples, counts=counts(site), latest=latest)
    answer.headers["Vary"] = "Accept, Accept-Language"
    return answer


@router.get("/search")
def search(request: Request) -> Response:
    """Results of a question and filters, all in the address."""
    site: Site = request.app.state.site
    language = reader_language(request)
    params = [
        (name, value) for name, value in request.query_params.multi_items() if name in (*FACETS, "q", "page", "not")
    ]
    q = request.query_params.get("q", "").strip()
    chosen, not_meant = _chosen(request), _not_meant(request, site)
    number = _page_number(request.query_params.get("page", ""))

    def found(number: int) -> Results:
        offset = (number - 1) * PAGE_SIZE
        return site.searcher.search(q[:MAX_QUERY], chosen, limit=PAGE_SIZE, offset=offset, not_meant=not_meant)

    results = found(number)
    pages = max(1, -(-results.total // PAGE_SIZE))
    if number > pages:
        number = pages
        results = found(number)
    links = Links([(name, value[:MAX_QUERY]) for name, value in params], path="")
    summaries = site.summaries(hit.iri for hit in results.hits)
    csv_query = urlencode([(name, value) for name, value in params if name != "page"])
    context: dict[str, Any] = {
        "marks": tuple(RECORD_TYPES.values()),
        "q": q[:MAX_QUERY],
        "total": results.total,
        "took_ms": results.took_ms,
        "understood": _understood(site, results, links, language),
        "active": _active(site, chosen, links, language),
        "hits": [card(site, summaries[hit.iri], language, hit, results) for hit in results.hits],
        "facets": facet_views(site, results, links, chosen, language),
        "sort": None,
        "page": {
            "number": number,
            "pages": pages,
            "prev_url": links.with_("page", str(number - 1)) if number > 1 else None,
            "next_url": links.with_("page", str(number + 1)) if number < pages else None,
        },
        "confidence": results.confidence,
        "confidence_text": CONFIDENCE[results.confidence],
        "did_you_mean": _did_you_mean(site, results, params),
        "loosen": ways_to_loosen(site, results, q[:MAX_QUERY], chosen, LANGUAGE),
        "save_csv_url": "/search.csv" + (f"?{csv_query}" if csv_query else ""),
        "feed_url": None,
        "message": _message(q, results),
    }
    return page(request, "results.html", **context)


CONFIDENCE = {
    "good": "",
    "weak": "Nothing good found for this question.",
    "none": "Nothing found for this question with these filters.",
}


@router.get("/search.csv")
def search_csv(request: Request) -> Response:
    """The same results as a table for a spreadsheet."""
    import csv
    import io

    site: Site = request.app.state.site
    q = request.query_params.get("q", "")[:MAX_QUERY]
    results = site.searcher.search(q, _chosen(request), limit=1000, not_meant=_not_meant(request, site))
    summaries = site.summaries(hit.iri for hit in results.hits)
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(("title", "kind", "summary", "countries", "language of the source", "address"))
    for hit in results.hits:
        made = card(site, summaries[hit.iri], LANGUAGE)
        summary = summaries[hit.iri].summary(LANGUAGE)["text"]
        row = (
            made["title"]["text"],
            made["kind_label"]["text"],
            summary,
            ", ".join(country["text"] for country in made["countries"]),
            made["source_language"]["text"],
        )
        writer.writerow([harmless(value) for value in row] + [str(hit.iri)])
    headers = {"Content-Disposition": 'attachment; filename="goodways-search.csv"'}
    return Response(output.getvalue().encode("utf-8-sig"), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/definitions")
def definitions(request: Request) -> Response:
    """All definitions of "fewer opportunities"."""
    return page(request, "definitions.html", **definitions_view(request.app.state.site, LANGUAGE))


@router.get("/definitions/compare")
def compare(request: Request, one: str = "", other: str = "") -> Response:
    """Any two definitions side by side."""
    return page(request, "compare.html", **compare_view(request.app.state.site, one, other, LANGUAGE))


@router.get("/definitions/who-counts")
def who_counts(request: Request, sector: str = "", country: str = "", date: str = "") -> Response:
    """Which definitions count some circumstances, and what support they open."""
    site: Site = request.app.state.site
    circumstances = request.query_params.getlist("circumstance")
    message = None
    try:
        case = case_of(site, circumstances, sector, country, date)
    except InputError as error:
        case, message = case_of(site, [], "", "", ""), str(error)
    return page(request, "who_counts.html", message=message, **who_view(site, case, LANGUAGE))


@router.get("/definitions/targets")
def targets(request: Request) -> Response:
    """Targets, how far they are, and amounts of support."""
    return page(request, "targets.html", **targets_view(request.app.state.site, LANGUAGE))


@router.get("/browse")
def browse(request: Request) -> Response:
    """Everything by barrier, country and type."""
    site: Site = request.app.state.site
    axes = [_axis(site, name) for name in ("barrier", "country", "type", "mobility", "group", "lang")]
    return page(request, "browse.html", axes=axes)


@router.get("/about")
def about(request: Request) -> Response:
    """What this is, and how to add to it."""
    return page(request, "about.html", counts=counts(request.app.state.site))


@router.get("/docs")
def api_docs(request: Request) -> Response:
    """The API in words, from its own description."""
    return page(request, "api.html", description=request.app.openapi())


def counts(site: Site) -> dict[str, int]:
    """How much there is."""
    facets = site.searcher.facets
    kinds = Counter(
        str(site.searcher.records[n])[len(str(ID)) :].partition("/")[0] for n in site.searcher.positions.values()
    )
    rows = site.searcher.store.select(
        "SELECT (COUNT(*) AS ?n) { ?d a <https://w3id.org/goodways/ontology#Definition> }"
    )
    return {
        "practices": kinds["practice"],
        "materials": kinds["material"],
        "others": sum(kinds[kind] for kind in ("organisation", "event", "policy", "promoter")),
        "definitions": int(rows[0]["n"]),
        "languages": len(facets.iris["lang"]),
        "countries": len(facets.iris["country"]),
    }


def _chosen(request: Request) -> dict[str, list[str]]:
    """The filters in the address."""
    given = {name: [value for value in request.query_params.getlist(name) if value] for name in FACETS}
    return {name: values[:50] for name, values in given.items() if values}


def _not_meant(request: Request, site: Site) -> list[URIRef]:
    """The concepts that the visitor has taken away from what was understood."""
    return [iri for value in request.query_params.getlist("not")[:50] if (iri := _concept(site, value))]


def _concept(site: Site, value: str) -> URIRef | None:
    """The concept that the address names as `kind/code`."""
    kind, _, code = value.partition("/")
    return next((concept.iri for concept in site.concepts.of_kind(kind) if concept.code == code), None)


def _page_number(value: str) -> int:
    try:
        return min(max(1, int(value)), MAX_PAGE)
    except ValueError:
        return 1


def _understood(site: Site, results: Results, links: Links, reader: str) -> dict[str, Any] | None:
    if results.understood is None:
        return None
    language = results.understood.language
    concepts = []
    for iri in results.understood.concepts:
        concept = site.concepts[iri]
        facet = FACET_OF_KIND.get(concept.kind, concept.kind)
        if facet in FACETS:
            concepts.append(
                {
                    "label": site.label(iri, reader),
                    "kind_label": heading(f"facet.{facet}", reader),
                    "filter_url": links.with_(facet, concept.code),
                    "remove_url": links.with_("not", f"{concept.kind}/{concept.code}"),
                }
            )
    return {
        "language": {"code": language, "label": site.language_name(language, LANGUAGE)},
        "concepts": concepts,
        "quantities": quantities_in_words(results.understood.quantities, reader),
    }


def _did_you_mean(site: Site, results: Results, params: list[tuple[str, str]]) -> dict[str, str] | None:
    """The question with a typing mistake mended, and the address that asks it."""
    if results.understood is None:
        return None
    language, suggester = results.understood.language, suggester_if_ready(site)
    meant = suggester.spelling(results.query, language) if suggester else None
    if meant is None:
        return None
    rest = Links([(name, value) for name, value in params if name != "q"])
    return text(meant, language) | {"url": rest.with_("q", meant)}


def _active(site: Site, chosen: dict[str, list[str]], links: Links, reader: str) -> list[dict[str, Any]]:
    active = []
    for name, values in chosen.items():
        for value in values:
            code = site.searcher.facets.value(name, value)
            label = text(value[:60], "")
            if code:
                label = facet_label(site, name, site.searcher.facets.iris[name][code], code, reader)
            active.append(
                {
                    "facet_label": heading(f"facet.{name}", reader),
                    "label": label,
                    "remove_url": links.without(name, value),
                }
            )
    return active


def _message(q: str, results: Results) -> str | None:
    if len(q) > MAX_QUERY:
        return f"Your question has {len(q):,} characters; only the first {MAX_QUERY:,} were read. Ask shorter."
    if results.unknown:
        name, value = results.unknown[0]
        title = heading(f"facet.{name}", LANGUAGE)["text"].lower()
        return f"No record has “{value[:60]}” as {title}; take this filter away."
    return None


def _axis(site: Site, name: str) -> dict[str, Any]:
    facets, everything = site.searcher.facets, site.searcher.search("", {}, limit=0).facets[name]
    number = {count.iri: count.count for count in everything}

    def value(iri: URIRef, code: str, concept: Concept | None) -> dict[str, Any]:
        children = [child for child in (concept.narrower if concept else ()) if child in number]
        own_page = iri.startswith(ID) and name != "type"
        return {
            "label": facet_label(site, name, iri, code, LANGUAGE),
            "count": number[iri],
            "url": path_of(iri) if own_page else f"/search?{urlencode({name: code})}",
            "children": _by_count([value(c, site.concepts[c].code, site.concepts[c]) for c in children]),
        }

    top = [
        value(iri, code, site.concepts.get(iri))
        for code, iri in facets.iris[name].items()
        if iri in number and not any(b in number for b in (site.concepts[iri].broader if iri in site.concepts else ()))
    ]
    return {"name": name, "label": heading(f"facet.{name}", LANGUAGE), "values": _by_count(top), "groups": None}


def _by_count(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(values, key=lambda value: (-value["count"], value["label"]["text"]))


_NEWEST = """PREFIX gw: <https://w3id.org/goodways/ontology#> PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?r { VALUES ?type { gw:GoodPractice gw:TrainingMaterial } ?r a ?type
  OPTIONAL { ?r gw:checked ?checked } OPTIONAL { ?r gw:start ?start }
} ORDER BY DESC(?checked) DESC(STR(?start)) ?r LIMIT 4"""
