"""An answer to a query as a chart or a map."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from rdflib import URIRef

from ontology import COUNTRY, NUTS

from .query_result import Answer, Cell
from .site import Site

CHARTED = 60  # bars
SHADES = 4


@dataclass
class Bar:
    """A bar of a chart."""

    name: Cell
    value: float
    start: float = 0.0
    """Where it begins, in percent of the drawing's width."""
    width: float = 0.0

    @property
    def shown(self) -> str:
        """The value as people write it."""
        return _shown(self.value)


@dataclass
class Place:
    """A country of a map."""

    code: str
    name: str
    value: float
    shade: int
    """From 1 to `SHADES`."""

    @property
    def shown(self) -> str:
        """The value as people write it."""
        return _shown(self.value)


def drawings(answer: Answer, site: Site, of: str = "") -> dict[str, dict[str, Any]]:
    """The chart and the map of an answer, as far as it has them.

    Args:
        answer: with or without rows.
        site: for names of countries.
        of: the column of numbers to draw; the first if empty.

    """
    drawn = {"chart": chart(answer, of), "map": tile_map(answer, site, of)} if answer.rows else {}
    return {name: drawing for name, drawing in drawn.items() if drawing}


def chart(answer: Answer, of: str = "") -> dict[str, Any] | None:
    """Bars for a column of numbers, named by the first other column; None where there are no such two."""
    numeric = _numeric(answer)
    names = [n for n, _ in enumerate(answer.columns) if n not in numeric]
    if not numeric or not names:
        return None
    at = next((n for n in numeric if answer.columns[n] == of), numeric[0])
    readable = (n for n in names if not any(row[n].iri and not row[n].label for row in answer.rows))
    by = next(readable, names[0])
    bars = [Bar(row[by], row[at].number or 0.0) for row in answer.rows if row[at].number is not None][:CHARTED]
    low, high = min(0.0, *(bar.value for bar in bars)), max(0.0, *(bar.value for bar in bars))
    span = high - low or 1.0
    for bar in bars:
        bar.start = round(100 * (min(bar.value, 0.0) - low) / span, 2)
        bar.width = round(100 * abs(bar.value) / span, 2)
    columns = {"by": answer.columns[by], "of": answer.columns[at], "others": [answer.columns[n] for n in numeric]}
    return {"bars": bars, "cut": len(answer.rows) > len(bars), **columns}


# Countries as tiles, each about where it lies: no outline has to be drawn, and Malta is as easy to find as Sweden.
_TILES = """
IS .  .  .  NO SE FI .  .
IE GB .  .  DK .  EE .  .
.  .  .  NL .  .  LV .  .
.  .  BE LU DE PL LT BY .
.  FR CH LI AT CZ SK UA .
PT ES .  IT SI HR HU RO MD
.  .  .  .  BA RS BG .  .
.  .  .  .  ME XK MK TR .
.  .  .  MT AL GR .  CY .
"""
TILES = {
    code: (x, y)
    for y, line in enumerate(_TILES.strip().splitlines())
    for x, code in enumerate(line.split())
    if code != "."
}
_SAME = {"EL": "GR", "UK": "GB"}  # codes of regions and of countries


def tile_map(answer: Answer, site: Site, of: str = "") -> dict[str, Any] | None:
    """Tiles of the countries that a column names, by itself or by regions in them; None where no column does.

    The value is that of a column of numbers if each country stands in one row, else how many rows name it.
    """
    countries = {str(concept.iri): concept.notation for concept in site.concepts.of_kind("country")}
    named = ([_country(row[n].iri, countries) for row in answer.rows] for n, _ in enumerate(answer.columns))
    column, codes = next(((n, codes) for n, codes in enumerate(named) if any(codes)), (0, []))
    if not codes:
        return None
    rows, numeric = Counter(code for code in codes if code), _numeric(answer)
    counted = not numeric or max(rows.values()) > 1
    values = {code: float(n) for code, n in rows.items()}
    at = next((n for n in numeric if answer.columns[n] == of), numeric[0] if numeric else 0)
    if not counted:
        values = {code: row[at].number or 0.0 for code, row in zip(codes, answer.rows, strict=True) if code}
    most = max(values.values()) or 1.0
    iris = {code: URIRef(iri) for iri, code in countries.items()}
    places = {
        code: Place(code, site.label(iris[code], "en")["text"], value, max(1, round(SHADES * value / most)))
        for code, value in sorted(values.items(), key=lambda item: (-item[1], item[0]))
        if code in iris
    }
    return {
        "by": answer.columns[column],
        "of": "" if counted else answer.columns[at],
        "others": [] if counted else [answer.columns[n] for n in numeric],
        "places": list(places.values()),
        "tiles": [(code, x, y, places.get(code)) for code, (x, y) in TILES.items()],
        "elsewhere": [place for place in places.values() if place.code not in TILES],
    }


def _country(iri: str, countries: dict[str, str]) -> str:
    if iri.startswith(NUTS):
        code = iri[len(str(NUTS)) :][:2]
        return _SAME.get(code, code)
    return countries.get(iri, "") if iri.startswith(COUNTRY) else ""


def _numeric(answer: Answer) -> list[int]:
    """The columns that hold numbers and nothing else."""
    return [n for n, _ in enumerate(answer.columns) if _is_numeric([row[n] for row in answer.rows if row[n].text])]


def _is_numeric(cells: list[Cell]) -> bool:
    return bool(cells) and all(cell.number is not None for cell in cells)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"
