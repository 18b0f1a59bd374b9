"""Queries with the search of this site inside them."""

from collections.abc import Callable
from functools import cache

from kg.federation import asked
from kg.query_text import Service, answer_services
from kg.sandbox import QueryPool
from kg.store import Similarity
from search import Searcher
from search.meaning import SEARCH, ranked

from .site import Site
from .workspace import Workspace


def query_pool(site: Site) -> QueryPool:
    """The pool of public queries over the data of a site, which may call `SERVICE gw:search` and `gw:similarity`."""
    settings = site.workspace.settings

    def scores(text: str) -> dict[str, float]:
        return _scores(site.searcher, text)

    services = _services(lambda: site.searcher, settings.service_allowed)
    source = settings.store or settings.data / "graph"
    return QueryPool(source, scores=scores, services=services, workers=settings.query_workers)


def prepared(workspace: Workspace, query: str) -> tuple[str, Similarity]:
    """A query with its `SERVICE` blocks answered, and what answers `gw:similarity`; the model is loaded at need.

    Raises:
        QueryError: a block cannot be answered.

    """
    searcher = cache(workspace.searcher)
    scores = cache(lambda text: _scores(searcher(), text))
    services = _services(searcher, workspace.settings.service_allowed)
    return answer_services(query, services), lambda iri, text: scores(text).get(iri)


def _services(searcher: Callable[[], Searcher], allowed: str) -> Callable[[Service], str]:
    """What answers a `SERVICE` block: the search, or a server that the installation allows."""

    def answered(service: Service) -> str:
        return ranked(service, searcher()) if service.iri == SEARCH else asked(service, allowed.split())

    return answered


def _scores(searcher: Searcher, text: str) -> dict[str, float]:
    return {str(iri): score for iri, score in searcher.scores(text).items()}
