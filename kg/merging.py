"""Two records that turned out to be one: what the kept one gains, and how the other gives way to it.

The other is withdrawn, with `dcterms:isReplacedBy` as always, and its last version is marked `gw:mergedInto` in the
history: what is merged sends on, what is only withdrawn says that it is gone. The mark is written first and counts only
together with the withdrawal, so a kill in between leaves two records and nothing else.
"""

from typing import Any

from rdflib import URIRef

from ontology import GW, HISTORY_GRAPH
from ontology.context import context

from .errors import InputError, NotFoundError
from .records import Act, Change, apply, current, version_iri
from .store import Store
from .three_way import Clash, Fields
from .versions import Tombstone, releases, tombstone

MERGED_INTO = GW.mergedInto
_FARTHEST = 20  # records that have been merged one into the other
_OWN = ("@context", "id", "language", "checked", "published", "verified", "certainty", "ourTranslation", "source")
"""Fields that say something of the kept record's own source, or that are brought together in a way of their own."""


def merge(store: Store, keep: URIRef, away: URIRef, act: Act, *, source: str, kept: Change | None = None) -> None:
    """Let one record give way to another, in one transaction of what is published.

    Args:
        store: where both are published.
        keep: the record that stays.
        away: the one that is withdrawn; its IRI sends on to `keep` from now on.
        act: who does it, and why.
        source: what it was done with, for the history.
        kept: the new version of `keep`, with what it gains (`merged_fields`); None leaves it as it is.

    Raises:
        InputError: a record cannot be merged into itself, or `kept` is another record.
        NotFoundError: one of them is not published.

    """
    if keep == away or (kept is not None and kept.iri != keep):
        raise InputError("A record is merged into another one; choose which of the two stays.")
    versions = {version.iri: version for version in current(store).values()}
    for record in (keep, away):
        if record not in versions:
            raise NotFoundError(
                f"The record {record.rpartition('/')[2]} is not published; reload the page and try again."
            )
    mark = {HISTORY_GRAPH: [(version_iri(away, versions[away].number), MERGED_INTO, keep)]}
    store.private.change({}, add=mark)
    changes = [Change(away, "", None, source, keep)]
    apply(store, [*([kept] if kept else []), *changes], act)


def merged_into(store: Store, left: Tombstone) -> URIRef | None:
    """The published record that a withdrawn one was merged into, through others where need be; else None."""
    seen: set[URIRef] = set()
    at: Tombstone | None = left if left.iri == left.record else None
    while at is not None and at.record not in seen and len(seen) < _FARTHEST:
        seen.add(at.record)
        heir = _heir(store, at)
        if heir is None:
            return None
        at = tombstone(store, heir)
        if at is None:
            return heir if releases(store, heir) else None
    return None


def merged_fields(keep: Fields, away: Fields) -> tuple[Fields, list[Clash]]:
    """What the kept record becomes, in the record format, and what a person has to choose.

    Lists are united, texts are taken over in the languages that the kept one lacks, and so are fields that it does not
    have. Its own source stays the source; the other's is a further one. It counts as verified only if both were, and as
    partly read if one was.

    Returns:
        The fields, and the clashes: `mine` is in the kept record (and stands in the fields), `theirs` in the other.

    """
    clashes: list[Clash] = []
    made: Fields = dict(keep)
    for name, other in away.items():
        if name in _OWN or other in (None, "", [], {}):
            continue
        own = keep.get(name)
        if _is_list(name):
            made[name] = _united(name, own, _with_source(other, away) if name == "figure" else other)
        elif _is_text(name):
            made[name] = _texts(name, _by_language(keep, name), _by_language(away, name), clashes)
        elif own in (None, ""):
            made[name] = other
        elif own != other:
            clashes.append(Clash(name, own, other))
    made |= _of_sources(keep, away, made)
    return {name: value for name, value in made.items() if value not in (None, "", [], {})}, clashes


def _heir(store: Store, left: Tombstone) -> URIRef | None:
    """What a withdrawn record was marked to be merged into when it was withdrawn last."""
    last = releases(store, left.record)[-1]
    query = f"SELECT ?heir {{ GRAPH {HISTORY_GRAPH.n3()} {{ {last.node.n3()} {MERGED_INTO.n3()} ?heir }} }}"
    marked = {URIRef(row["heir"]) for row in store.private.select(query)}
    return next(iter(sorted(marked & set(left.replaced_by))), None)


def _of_sources(keep: Fields, away: Fields, made: Fields) -> Fields:
    """The fields that say where both come from, how well they were read, and what is a translation."""
    known = {_plain(part.get("url")) for part in made.get("furtherSource", [])} | {_plain(keep.get("source"))}
    further = list(made.get("furtherSource", []))
    if away.get("source") and _plain(away["source"]) not in known:
        further.append({"url": away["source"]} | {n: away[n] for n in ("language", "checked") if away.get(n)})
    verified = [fields.get("verified") for fields in (keep, away)]
    certainty = "partial" if "partial" in (keep.get("certainty"), away.get("certainty")) else keep.get("certainty")
    spoken = {code for name in ("title", "summary") for code in _by_language(keep, name)}
    ours = list(keep.get("ourTranslation") or [])
    ours += [code for code in away.get("ourTranslation") or [] if code not in spoken]
    return {
        "furtherSource": [part for part in further if _plain(part.get("url")) != _plain(keep.get("source"))],
        "verified": min(map(str, verified)) if all(verified) else None,
        "certainty": certainty,
        "ourTranslation": ours,
    }


def _united(name: str, own: Any, other: Any) -> list[Any]:
    """Both lists, each entry once: parts are the same if they are called the same or have the same address."""
    found: list[Any] = []
    keys: list[Any] = []
    for item in [*_listed(own), *_listed(other)]:
        key = _key(name, item)
        if key not in keys:
            keys.append(key)
            found.append(item)
    return found


def _with_source(figures: Any, record: Fields) -> list[Any]:
    """Figures with the source of the record that they come from, where they name none."""
    from_record = {"source": record["source"]} if record.get("source") else {}
    return [from_record | figure if isinstance(figure, dict) else figure for figure in _listed(figures)]


def _key(name: str, item: Any) -> Any:
    if isinstance(item, dict) and name == "organisation":
        return (str(item.get("name")).casefold(), item.get("role"))
    if isinstance(item, dict) and name == "figure":
        return {field: value for field, value in item.items() if field != "source"}
    return _plain(item.get("url")) if isinstance(item, dict) and name == "furtherSource" else item


def _texts(name: str, own: dict[str, str], other: dict[str, str], clashes: list[Clash]) -> dict[str, str]:
    for language, text in other.items():
        if own.get(language, text).split() != text.split():
            clashes.append(Clash(f"{name}.{language}", own[language], text))
    return other | own


def _by_language(fields: Fields, name: str) -> dict[str, str]:
    """A text field as texts by language, however it is written."""
    value = fields.get(name)
    texts = value if isinstance(value, dict) else {str(fields.get("language") or ""): value}
    return {code: text for code, text in texts.items() if isinstance(text, str) and text.strip()}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value in (None, "") else [value]


def _is_list(name: str) -> bool:
    term = context().get(name)
    return isinstance(term, dict) and term.get("@container") == "@set"


def _is_text(name: str) -> bool:
    term = context().get(name)
    return isinstance(term, dict) and term.get("@container") == "@language"


def _plain(address: Any) -> str:
    return str(address or "").partition("://")[2].rstrip("/")
