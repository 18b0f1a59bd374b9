"""The NUTS regions of 2024, those of 2021 that ended, and what became of them, from Eurostat's workbook."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rdflib import RDF, SKOS, Graph, Literal, URIRef
from rdflib.namespace import DCTERMS

from ontology import COUNTRY, GW, NUTS

NUTS_2021 = URIRef("http://data.europa.eu/nuts/scheme/2021")
NUTS_2024 = URIRef("http://data.europa.eu/nuts/scheme/2024")

# The workbook tells these in prose only: Eisenach became part of Wartburgkreis, Pierīga of Rīga.
_MERGED_INTO = {"DEG0N": ("DEG0R",), "LV007": ("LV00A",)}
_SPLIT_INTO = {"PT17": ("PT1A", "PT1B"), "PT170": ("PT1A0", "PT1B0")}


@dataclass(frozen=True)
class Change:
    """A row of the table that sets the codes of 2021 beside those of 2024."""

    country: str
    before: str | None
    after: str | None
    name: str
    kind: str
    """As Eurostat names it, such as "Boundary shift"; empty where nothing changed."""
    level: int


def read_workbook(path: Path) -> tuple[dict[str, str], list[Change]]:
    """Read Eurostat's workbook.

    Returns:
        The names of the regions of 2024 by code, and the table of changes, without its rows of countries.

    """
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True)
    regions = {row[1]: _name(row[2]) for row in _rows(book["NUTS2024"]) if row[1]}
    changes = [
        Change(row[1], row[2], row[3], _name(row[4] or row[5] or row[6]), row[7] or "", row[8])
        for row in _rows(book["NUTS2021- NUTS2024"])
        if (row[2] or row[3]) and row[8]
    ]
    return regions, changes


def _rows(sheet: object) -> Iterator[tuple]:  # type: ignore[type-arg]
    yield from sheet.iter_rows(min_row=2, values_only=True)  # type: ignore[attr-defined]


def _name(text: str) -> str:
    return " ".join(text.replace("’", "'").split())


def nuts_2024(graph: Graph, regions: Mapping[str, str], countries: Mapping[str, str]) -> Graph:
    """The regions of today with their hierarchy; level 1 hangs under the country.

    Args:
        graph: where they are added.
        regions: names by code.
        countries: two-letter code -> three-letter code of the EU authority table.

    """
    _scheme(graph, NUTS_2024, "NUTS 2024 regions")
    for code, name in regions.items():
        _region(graph, code, name, countries)
        graph.add((NUTS[code], RDF.type, GW.Region))
        graph.add((NUTS[code], SKOS.inScheme, NUTS_2024))
    return graph


def nuts_2021(graph: Graph, changes: list[Change], countries: Mapping[str, str]) -> Graph:
    """Which regions of today were in NUTS 2021, too, and those of 2021 that ended, with what replaced them."""
    _scheme(graph, NUTS_2021, "NUTS 2021 regions")
    graph.add((NUTS_2021, DCTERMS.isReplacedBy, NUTS_2024))
    for change in changes:
        if change.before is None:
            continue
        region = NUTS[change.before]
        graph.add((region, SKOS.inScheme, NUTS_2021))
        if change.before != change.after:
            _region(graph, change.before, change.name, countries)
            graph.add((region, RDF.type, GW.FormerRegion))
            for code in _successors(change, changes):
                graph.add((region, DCTERMS.isReplacedBy, NUTS[code]))
        if change.kind:
            note = f"{change.kind} between NUTS 2021 and NUTS 2024."
            graph.add((region, SKOS.changeNote, Literal(note, lang="en")))
    return graph


def _successors(change: Change, changes: list[Change]) -> tuple[str, ...]:
    """What replaced a region: the table says it, or the new region of the same name and level is it."""
    if change.after:
        return (change.after,)
    if change.before in _MERGED_INTO | _SPLIT_INTO:
        return (_MERGED_INTO | _SPLIT_INTO)[change.before]
    return tuple(
        other.after
        for other in changes
        if other.after and other.before is None
        and (other.name, other.level, other.country) == (change.name, change.level, change.country)
    )  # fmt: skip


def _scheme(graph: Graph, scheme: URIRef, title: str) -> None:
    graph.add((scheme, RDF.type, SKOS.ConceptScheme))
    graph.add((scheme, DCTERMS.title, Literal(title, lang="en")))


def _region(graph: Graph, code: str, name: str, countries: Mapping[str, str]) -> None:
    region = NUTS[code]
    graph.add((region, RDF.type, SKOS.Concept))
    graph.add((region, RDF.type, GW.Place))
    graph.add((region, SKOS.notation, Literal(code)))
    graph.add((region, SKOS.prefLabel, Literal(name)))
    broader = NUTS[code[:-1]] if len(code) > 3 else COUNTRY[countries[code[:2]]]
    graph.add((region, SKOS.broader, broader))
