"""The JSON API: search, and what it says."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from kg import InputError
from ontology import RECORD_TYPES
from search import Results
from search.facets import FACETS
from search.searcher import MAX_QUERY

from .cards import why_sentence
from .narrowing import facet_label
from .site import Site, path_of
from .who_view import as_json, case_of

router = APIRouter(prefix="/api/v1", tags=["search"])
MAX_LIMIT, MAX_OFFSET = 100, 10_000
KIND_TYPES = {kind: name for name, kind in RECORD_TYPES.items()}
ManyValues = Annotated[list[str] | None, Query(max_length=50)]


class Named(BaseModel):
    """A concept by its IRI and name."""

    iri: str
    label: str
    kind: str


class UnderstoodModel(BaseModel):
    """What was read out of the question."""

    language: str | None = Field(description="two letters, or null without a question")
    concepts: list[Named]


class HitModel(BaseModel):
    """A record that was found."""

    id: str
    iri: str
    url: str
    type: str
    title: str
    title_language: str
    summary: str
    language: str = Field(description="language of the source, two letters")
    countries: list[str]
    score: float = Field(description="closeness: about 0 for unrelated texts, 1 for a translation of the question")
    strength: str = Field(description="strong, fair or weak")
    why: str
    page: int | None = Field(description="page of the full text where the passage that matched stands, if it has pages")


class FacetValueModel(BaseModel):
    """One value of a facet."""

    value: str
    label: str
    count: int


class SearchModel(BaseModel):
    """The answer to a search."""

    query: str
    understood: UnderstoodModel
    total: int
    took_ms: float
    confidence: str = Field(description="good, weak (the best hit is not convincing) or none")
    results: list[HitModel]
    facets: dict[str, list[FacetValueModel]]
    unknown_filters: list[tuple[str, str]] = Field(description="filters that no record has")


@router.get("/search", summary="Search in plain language, in any language", response_model=SearchModel)
def search(
    request: Request,
    q: Annotated[str, Query(description=f"The question; at most {MAX_QUERY} characters are read.")] = "",
    limit: Annotated[int, Query(ge=0, le=MAX_LIMIT)] = 10,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    lang: ManyValues = None,
    type: ManyValues = None,  # noqa: A002  (the contract's name)
    barrier: ManyValues = None,
    country: ManyValues = None,
    region: ManyValues = None,
    group: ManyValues = None,
    mobility: ManyValues = None,
    measure: ManyValues = None,
    sector: ManyValues = None,
    phase: ManyValues = None,
    material: ManyValues = None,
    programme: ManyValues = None,
    year: ManyValues = None,
) -> dict[str, Any]:
    """Records that answer a question, best first, with the reason for each and counts by facet."""
    if len(q) > MAX_QUERY:
        raise InputError(f"The question has {len(q)} characters; ask in at most {MAX_QUERY}.", field="q")
    given = {
        "lang": lang, "type": type, "barrier": barrier, "country": country, "region": region, "group": group,
        "mobility": mobility, "measure": measure, "sector": sector, "phase": phase, "material": material,
        "programme": programme, "year": year,
    }  # fmt: skip
    site: Site = request.app.state.site
    filters = {name: [value for value in values if value] for name, values in given.items() if values}
    return search_document(site, site.searcher.search(q, filters, limit=limit, offset=offset), "en")


class WhoCountsAnswer(BaseModel):
    """What each definition that holds for field, country and day says of some circumstances."""

    circumstances: list[str]
    sector: str | None
    country: str | None
    date: str
    definitions: list[dict[str, Any]]


@router.get("/who-counts", tags=["definitions"], summary="Which definitions count some circumstances, and why")
def who_counts(
    request: Request,
    circumstance: Annotated[list[str], Query(max_length=50, description="A barrier, such as eplus-2021.disability.")],
    sector: Annotated[str, Query(max_length=60, description="vet, adult, he, school, youth or employment.")] = "",
    country: Annotated[
        str, Query(max_length=60, description="Two letters, such as DE; EU rules alone without it.")
    ] = "",
    date: Annotated[str, Query(max_length=60, description="A day; today without it.")] = "",
) -> WhoCountsAnswer:
    """Outcome (`counts`, `unsure`, `not-named`), grounds, the support that it opens, and sources; nothing is kept."""
    site: Site = request.app.state.site
    return WhoCountsAnswer(**as_json(site, case_of(site, circumstance, sector, country, date), "en"))


def search_document(site: Site, results: Results, language: str) -> dict[str, Any]:
    """A result as the API gives it."""
    summaries = site.summaries(hit.iri for hit in results.hits)
    understood = results.understood
    hits = []
    for hit in results.hits:
        summary = summaries[hit.iri]
        title = summary.title(language)
        hits.append(
            {
                "id": hit.id,
                "iri": str(hit.iri),
                "url": site.workspace.settings.site_url.rstrip("/") + path_of(hit.iri),
                "type": KIND_TYPES[summary.kind],
                "title": title["text"],
                "title_language": title["lang"],
                "summary": summary.summary(language)["text"],
                "language": summary.language,
                "countries": [site.concepts[c].notation for c in summary.countries if c in site.concepts],
                "score": hit.score,
                "strength": hit.strength,
                "why": why_sentence(site, hit, language) if understood else "",
                "page": hit.passage.page if hit.passage else None,
            }
        )
    return {
        "query": results.query,
        "understood": {
            "language": understood.language if understood else None,
            "concepts": [
                {"iri": str(c), "label": site.label(c, language)["text"], "kind": site.concepts[c].kind}
                for c in (understood.concepts if understood else ())
            ],
        },
        "total": results.total,
        "took_ms": round(results.took_ms, 1),
        "confidence": results.confidence,
        "results": hits,
        "facets": {
            name: [
                {
                    "value": count.value,
                    "label": facet_label(site, name, count.iri, count.value, language)["text"],
                    "count": count.count,
                }
                for count in results.facets.get(name, ())
            ]
            for name in FACETS
        },
        "unknown_filters": results.unknown,
    }
