"""Content negotiation by the Accept and Accept-Language headers (RFC 9110, sections 12.5.1 and 12.5.4)."""

from collections.abc import Sequence

from fastapi import Request

FORMS = {
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "trig": "application/trig",
    "nq": "application/n-quads",
}
"""Media types of data by the ending of a file."""
_ALIASES = {"application/json": "jsonld", "text/n3": "ttl"}
_ENDINGS = {media_type: ending for ending, media_type in FORMS.items()} | _ALIASES
_OFFERED = ("text/html", "application/xhtml+xml", *_ENDINGS)


def form_of(request: Request, default: str = "") -> str:
    """The ending of the form of data that a client likes best; `default` where it likes a page, or nothing we have."""
    offered = tuple(_ENDINGS) if default else _OFFERED
    return _ENDINGS.get(negotiate(request.headers.get("accept", ""), offered) or "", default)


def negotiate(header: str, offered: Sequence[str]) -> str | None:
    """The offered media type that the client likes best; the first offered wins a tie. None where none suits."""
    if not header.strip():
        return offered[0]
    ranges = [_range(part) for part in header.split(",") if part.strip()]
    best, best_quality = None, 0.0
    for media_type in offered:
        fitting = [(specificity, quality) for kind, quality in ranges if (specificity := _fits(kind, media_type))]
        quality = max(fitting)[1] if fitting else 0.0
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best


def negotiate_language(header: str, offered: Sequence[str], default: str) -> str:
    """The offered two-letter language that a reader likes best; `default` where none is asked for."""
    wanted = [_range(part) for part in header[:1000].split(",") if part.strip()]
    best, best_quality = default, 0.0
    for tag, quality in wanted:
        language = tag.partition("-")[0]
        if language in offered and quality > best_quality:
            best, best_quality = language, quality
    return best


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return kind.lower(), min(max(float(value), 0.0), 1.0)
            except ValueError:
                return kind.lower(), 0.0
    return kind.lower(), 1.0


def _fits(kind: str, media_type: str) -> int:
    """How specifically a range covers a media type: 3 exactly, 2 by its main type, 1 as anything, 0 not."""
    if kind == media_type:
        return 3
    if kind == media_type.partition("/")[0] + "/*":
        return 2
    return 1 if kind == "*/*" else 0
