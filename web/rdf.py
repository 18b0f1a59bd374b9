"""Data as answers: the way to them, and statements in each of their forms; the same statements, the same bytes."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pyoxigraph as ox
from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from rdflib import BNode, Literal, URIRef
from rdflib.term import Node

from kg import NotFoundError
from ontology import PREFIXES

from .accept import FORMS, form_of
from .conditional import conditional
from .signposting import CORS
from .things import Quad

_SERIALISERS = {
    "ttl": ox.RdfFormat.TURTLE,
    "jsonld": ox.RdfFormat.JSON_LD,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "trig": ox.RdfFormat.TRIG,
    "nq": ox.RdfFormat.N_QUADS,
}
_PREFIXES = {prefix: namespace for prefix, namespace in PREFIXES.items() if prefix != "gwid"}  # its names hold a slash


def serialise(quads: Iterable[Quad], ending: str) -> bytes:
    """Statements in one of `accept.FORMS`; TriG and N-Quads keep the names of graphs.

    By Oxigraph, since rdflib's JSON-LD and RDF/XML come in another order in every process, and a strong entity tag
    promises the same bytes.
    """
    named = ending in ("trig", "nq")
    made = (_quad(s, p, o, name if named else None) for s, p, o, name in quads)
    lines = {f"{quad.graph_name} {quad.triple}": quad for quad in made}
    text = "\n".join(lines)
    used = {prefix: namespace for prefix, namespace in _PREFIXES.items() if namespace in text}
    found = [lines[line] for line in sorted(lines)]
    return ox.serialize(found, format=_SERIALISERS[ending], prefixes=used) or b""


def _quad(s: Node, p: Node, o: Node, name: URIRef | None) -> ox.Quad:
    return ox.Quad(_term(s), _term(p), _term(o), _term(name) if name else ox.DefaultGraph())


def _term(node: Node) -> Any:
    """An rdflib term as Oxigraph's."""
    if isinstance(node, URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, BNode):
        return ox.BlankNode(str(node))
    if isinstance(node, Literal) and node.language:
        return ox.Literal(str(node), language=node.language)
    if isinstance(node, Literal) and node.datatype:
        return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)))
    return ox.Literal(str(node))


def data_answer(
    request: Request,
    ending: str,
    quads: Callable[[], list[Quad]],
    *,
    identity: tuple[object, ...],
    modified: datetime | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Statements in the form that `ending` names, or 304 where the client has them."""

    def make() -> Response:
        return Response(serialise(quads(), ending), media_type=FORMS[ending])

    all_headers = CORS | {"Content-Disposition": "inline"} | (headers or {})
    return conditional(request, (*identity, ending), modified, make, all_headers)


def split_ending(name: str) -> tuple[str, str]:
    """A name and the form that its ending asks for.

    Raises:
        NotFoundError: there is no such form.

    """
    code, _, ending = name.rpartition(".")
    if ending not in FORMS or not code:
        raise NotFoundError(f"There is no form '.{ending[:20]}'; use .{', .'.join(FORMS)}.")
    return code, ending


def see_other(request: Request, thing: str) -> Response:
    """The way to the page or the data of a thing."""
    ending = form_of(request)
    where = f"/data/{thing}.{ending}" if ending else f"/page/{thing}"
    return RedirectResponse(where, status_code=303, headers=CORS | {"Vary": "Accept"})
