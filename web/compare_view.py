"""Two definitions side by side."""

from typing import Any

from rdflib import URIRef
from rdflib.namespace import DCTERMS

from kg import NotFoundError
from ontology import GW, ID

from .definition_view import definition_view
from .mapping_view import mappings
from .site import Site, best, path_of


def compare_view(site: Site, one: str, other: str, language: str) -> dict[str, Any]:
    """What the page shows: all definitions to choose from, and the two that were chosen, if they were.

    Raises:
        NotFoundError: a definition of that name does not exist.

    """
    choices = _choices(site, language)
    context: dict[str, Any] = {"choices": choices, "one": one, "other": other, "pair": None}
    for code in filter(None, (one, other)):
        if code not in {choice["code"] for choice in choices}:
            raise NotFoundError(f"There is no definition {code} in this graph; choose one from the list.")
    if one and other and one != other:
        both = [definition_view(site, code, language) | {"url": f"/page/definition/{code}"} for code in (one, other)]
        context["pair"] = both
        context["rows"] = _rows(both)
        context["mappings"] = mappings(site, _members(site, one), language, other=ID[f"definition/{other}"])
    return context


def _choices(site: Site, language: str) -> list[dict[str, Any]]:
    titles: dict[str, dict[str, str]] = {}
    for row in site.searcher.store.select(f"SELECT ?d ?t {{ ?d a <{GW.Definition}> ; <{DCTERMS.title}> ?t }}"):
        titles.setdefault(str(row["d"]), {})[getattr(row["t"], "language", "") or ""] = str(row["t"])
    found = [
        {"code": iri.rpartition("/")[2], "title": best(texts, language), "url": path_of(URIRef(iri))}
        for iri, texts in titles.items()
    ]
    return sorted(found, key=lambda choice: choice["title"]["text"].casefold())


def _rows(both: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The facts of both under one label each, in the order of the first that has them."""
    labels = dict.fromkeys(fact["label"] for view in both for fact in view["facts"])
    values = [{fact["label"]: fact["values"] for fact in view["facts"]} for view in both]
    return [{"label": label, "values": [known.get(label) for known in values]} for label in labels]


def _members(site: Site, code: str) -> set[URIRef]:
    prefix = f"{code}."
    return {concept.iri for concept in site.concepts.values() if concept.code.startswith(prefix)}
