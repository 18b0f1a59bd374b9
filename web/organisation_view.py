"""A body that has no record of its own: what it took part in, and which definitions it issued."""

from typing import Any

from rdflib import URIRef
from rdflib.namespace import FOAF

from kg import NotFoundError
from ontology import GW

from .cards import card
from .record_view import definition_title, downloads
from .site import Site, path_of

MOST = 50  # records shown
_PARTS = """PREFIX gw: <https://w3id.org/goodways/ontology#>
SELECT ?record ?role ?country {{
  ?part gw:organisation {iri} . ?record gw:participation ?part
  OPTIONAL {{ ?part gw:role ?role }} OPTIONAL {{ ?part gw:country ?country }} }} ORDER BY ?record"""


def organisation_view(site: Site, iri: URIRef, language: str) -> dict[str, Any]:
    """Everything that the page of a body without a record of its own shows.

    Raises:
        NotFoundError: nothing names it.

    """
    names = site.searcher.store.select(f"SELECT ?name {{ {iri.n3()} {FOAF.name.n3()} ?name }} ORDER BY ?name")
    code = iri.rpartition("/")[2]
    if not names:
        raise NotFoundError(f"There is no organisation {code[:120]} here.")
    parts = site.searcher.store.select(_PARTS.format(iri=iri.n3()))
    issued = site.searcher.store.select(
        f"SELECT ?d {{ ?d a {GW.Definition.n3()} ; {GW.issuedBy.n3()} {iri.n3()} }} ORDER BY ?d"
    )
    countries = {URIRef(row["country"]) for row in parts if "country" in row}
    return {
        "name": str(names[0]["name"]),
        "countries": [site.label(country, language) for country in sorted(countries)],
        "issued": [
            {"label": definition_title(site, URIRef(row["d"]), language), "url": path_of(URIRef(row["d"]))}
            for row in issued
        ],
        "records": takes_part_in(site, iri, language),
        "total": len({row["record"] for row in parts}),
        "downloads": downloads(f"/data/organisation/{code}"),
    }


def takes_part_in(site: Site, iri: URIRef, language: str) -> list[dict[str, Any]]:
    """Cards of the records in which a body has a part, each with the part that it has."""
    roles: dict[URIRef, set[URIRef]] = {}
    for row in site.searcher.store.select(_PARTS.format(iri=iri.n3())):
        if row["record"] != iri:
            own = roles.setdefault(URIRef(row["record"]), set())
            own |= {URIRef(row["role"])} if "role" in row else set()
    shown = list(roles)[:MOST]
    summaries = site.summaries(shown)
    cards = []
    for record in shown:
        names = ", ".join(sorted(site.label(role, language)["text"] for role in roles[record]))
        cards.append(card(site, summaries[record], language) | ({"why_related": names} if names else {}))
    return cards
