"""The picture of the model: where each class stands is drawn up here, what leads where comes from the model."""

from collections import defaultdict
from dataclasses import dataclass
from math import dist
from typing import Any

from rdflib import RDFS, URIRef
from rdflib.namespace import SKOS

from kg.terms import word
from ontology import GW

from .model_view import links, model

WIDTH, HEIGHT = 1000, 505
_BOX = (166, 40)

# Middle of each box: what records are told with on the left, what definitions are made of on the right.
PLACES: dict[URIRef, tuple[int, int]] = {
    GW.TargetGroup: (90, 40), GW.MobilityType: (90, 125), GW.Country: (90, 210), GW.Participation: (90, 465),
    GW.Programme: (374, 40), GW.Record: (374, 210), GW.Measure: (374, 380),
    GW.Barrier: (620, 125), GW.Definition: (620, 295), GW.Organisation: (620, 465),
    GW.Mapping: (900, 40), GW.CombinationRule: (900, 125), GW.EligibilityCriterion: (900, 210),
    GW.SupportAmount: (900, 295), GW.Progress: (900, 380), GW.Target: (900, 465),
}  # fmt: skip
# Mappings join any two concepts; in the picture, the barriers stand for them.
_STANDS_FOR = {SKOS.Concept: GW.Barrier}


@dataclass(frozen=True)
class Arrow:
    """An arrow between two boxes, with the properties that it stands for."""

    start: tuple[float, float]
    end: tuple[float, float]
    label: str
    at: tuple[float, float]


def picture() -> dict[str, Any]:
    """Boxes and arrows, and the same in words for those who do not see them."""
    between: dict[tuple[URIRef, URIRef], set[str]] = defaultdict(set)
    for start, prop, target in links():
        end = _STANDS_FOR.get(target, target)
        if start in PLACES and end in PLACES and start != end:
            between[start, end].add(prop.rpartition("#")[2].rpartition("/")[2])
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "boxes": [_box(iri) for iri in PLACES],
        "arrows": [_arrow(start, end, sorted(names)) for (start, end), names in sorted(between.items())],
    }


def _box(iri: URIRef) -> dict[str, Any]:
    x, y = PLACES[iri]
    return {
        "x": x - _BOX[0] / 2,
        "y": y - _BOX[1] / 2,
        "cx": x,
        "cy": y,
        "w": _BOX[0],
        "h": _BOX[1],
        "label": word(model(), iri, RDFS.label),
    }


def _arrow(start: URIRef, end: URIRef, names: list[str]) -> Arrow:
    (x1, y1), (x2, y2) = PLACES[start], PLACES[end]
    tail, tip = _edge(x1, y1, x2, y2), _edge(x2, y2, x1, y1)
    along = 0.5 if dist(tail, tip) < 300 else 0.8  # a long arrow crosses others halfway
    at = (round(tail[0] + (tip[0] - tail[0]) * along, 1), round(tail[1] + (tip[1] - tail[1]) * along, 1))
    return Arrow(tail, tip, ", ".join(names), at)


def _edge(x: float, y: float, to_x: float, to_y: float) -> tuple[float, float]:
    """Where the line from the middle of a box to another point leaves the box."""
    dx, dy = to_x - x, to_y - y
    factor = min(_BOX[0] / 2 / abs(dx) if dx else 9, _BOX[1] / 2 / abs(dy) if dy else 9)
    return round(x + dx * factor, 1), round(y + dy * factor, 1)
