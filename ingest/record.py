"""A raw record to RDF: nodes get their IRIs, values their types, and the JSON-LD context does the rest."""

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyoxigraph as ox
from rdflib import Graph, URIRef

from kg import Finding
from kg.records import ID_PATTERN
from ontology import BASE, CONTEXT_IRI, ID, RECORD_TYPES
from ontology.context import context

from .readers import RawRecord

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_IRI = re.compile(r"https?://(?![/?#])[^\s<>\"{}|\\^`\x00-\x20]+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")

REQUIRED = ("id", "type", "title", "summary", "language", "source")
NESTED = ("organisation", "figure", "furtherSource")
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_TOO_LARGE = 1e15
DATES = ("published", "start", "end")
_DATATYPES = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}


@dataclass
class Record:
    """One record, ready for the graph."""

    id: str
    iri: URIRef
    digest: str
    """SHA-256 over the normalised record and the context: the same digest means the same triples."""
    document: dict[str, Any]
    """JSON-LD without its context."""
    file: str
    row: int | None

    def graph(self) -> Graph:
        """The record's triples; no blank nodes."""
        graph = Graph(bind_namespaces="none")
        graph.parse(data=json.dumps(self.document | {"@context": context()}), format="json-ld", base=BASE)
        return graph


def normalise(raw: RawRecord) -> tuple[Record | None, list[Finding]]:
    """A raw record as JSON-LD, or what is wrong with it.

    Checks the form of ids, dates, addresses and languages here, where field and value are still at hand;
    SHACL checks the meaning afterwards.
    """
    findings: list[Finding] = []
    data = dict(raw.data)
    name = data.get("id")
    record_id = str(name) if isinstance(name, str | int) and not isinstance(name, bool) else ""

    def wrong(field: str, message: str) -> None:
        findings.append(Finding(message, file=raw.file, row=raw.row, record=_clean(record_id), field=_clean(field)))

    if data.pop("@context", CONTEXT_IRI) != CONTEXT_IRI:
        wrong("@context", f"Only {CONTEXT_IRI} is read here; use it or leave the line out.")
    for field in REQUIRED:
        if data.get(field) in _EMPTY:
            wrong(field, f"The field {field} is missing; every record needs {', '.join(REQUIRED)}.")
    if name not in _EMPTY and not ID_PATTERN.fullmatch(record_id):
        wrong("id", f"{_short(name)} cannot be an id; use letters, digits, '-', '_' and '.', at most 120.")
    kind = RECORD_TYPES.get(data["type"]) if isinstance(data.get("type"), str) else None
    if data.get("type") not in _EMPTY and not kind:
        wrong("type", f"{_short(data['type'])} is not a type of record; use {', '.join(RECORD_TYPES)}.")
    if findings or kind is None:
        return None, findings

    data["id"] = record_id
    iri = ID[f"{kind}/{record_id}"]
    language = data["language"] if isinstance(data["language"], str) else "?"
    if language not in _language_codes():
        wrong("language", f"{_short(language)} is not a language code; use two letters, such as en, pl or el.")
        return None, findings
    document = _fields(data, language, str(iri), wrong)
    if findings:
        return None, findings
    document |= {"@id": str(iri), "type": [data["type"], "Record"]}
    return Record(record_id, iri, _digest(document), document, raw.file, raw.row), []


def _fields(data: dict[str, Any], language: str, base: str, wrong: Any, path: str = "") -> dict[str, Any]:
    """The fields of a record or of a part of it, in the shape that the context reads."""
    known = _known_fields()
    out: dict[str, Any] = {}
    for field, value in data.items():
        where = f"{path}{field}"
        if field not in known:
            wrong(where, f"There is no field {_short(field)}{_nearest(field, known)}; see docs/record-format.md.")
        elif value in _EMPTY:
            continue
        elif field in NESTED:
            out[field] = _parts(value, field, language, base, wrong)
        elif field in by_language():
            out[field] = _by_language(value, language, where, wrong)
        else:
            read = _address if field in _addresses() else _READERS.get(field, _plain)
            out[field] = read(value, field, where, wrong)
    return out


def _parts(value: Any, field: str, language: str, base: str, wrong: Any) -> list[dict[str, Any]]:
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, dict) for part in parts):
        wrong(field, f"Each entry of {field} must be a set of fields, as in docs/record-format.md.")
        return []
    nodes = [
        {"@id": f"{base}#{field}-{n}", "@type": _NODE_TYPES[field]}
        | _fields(part, language, base, wrong, f"{field}[{n}].")
        for n, part in enumerate(parts, 1)
    ]
    if field == "organisation":
        for node in nodes:
            if name := node.get("name"):
                node["body"] = {"@id": organisation_iri(str(name)), "@type": "Organisation", "name": name}
    return nodes


def organisation_iri(name: str) -> str:
    """The IRI of an organisation by its name: readable where it is in Latin letters, a digest where it is not."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))[:80].rstrip("-")
    lost = sum(char.isalnum() for char in name) > sum(char.isalnum() for char in plain)
    return str(ID["organisation/"]) + (hashlib.sha256(name.encode()).hexdigest()[:12] if lost or not slug else slug)


def _address(value: Any, _: str, where: str, wrong: Any) -> Any:
    if not isinstance(value, str) or not _is_address(value):
        wrong(where, f"{_short(value)} is not a web address; write it whole, as https://example.org/page.")
    return value


def _number(value: Any, _: str, where: str, wrong: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _TOO_LARGE:
        wrong(where, f"{_short(value)} is not a number; put words such as 'about' into the field qualifier.")
    return value


_NODE_TYPES = {"organisation": "Participation", "figure": "Figure", "furtherSource": "FurtherSource"}


def _by_language(value: Any, language: str, where: str, wrong: Any) -> dict[str, str]:
    texts = {language: value} if isinstance(value, str) else value
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        wrong(where, "This must be a text, or texts by language ({en: …, pl: …}).")
        return {}
    for code in texts:
        if code not in _language_codes():
            wrong(where, f"{_short(code)} is not a language code; use two letters, such as en, pl or el.")
    for code, text in texts.items():
        if not text.strip():
            wrong(where, f"The text in {_short(code)} is empty; write it, or leave the language out.")
        if _CONTROL.search(text):
            wrong(where, "The text holds control characters; take them out (they often come from a PDF).")
    return {code: " ".join(text.split()) if where != "text" else text.strip() for code, text in texts.items()}


def _date(value: Any, _: str, where: str, wrong: Any) -> dict[str, str]:
    text = str(value)
    if not _DATE.fullmatch(text):
        wrong(where, f"{_short(text)} is not a date; write 2021, 2021-05 or 2021-05-14.")
        return {}
    return {"@value": text, "@type": _DATATYPES[len(text)]}


def _plain(value: Any, field: str, where: str, wrong: Any) -> Any:
    """Codes and words: a list of strings where the context says so, else one string."""
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str | int) and not isinstance(item, bool) for item in values):
        wrong(where, f"The field {field} takes a word or a list of words; this is something else.")
        return []
    texts = [str(item).strip() for item in values]
    for text in texts:
        if _CONTROL.search(text) or (field in _code_fields() and not re.fullmatch(r"[A-Za-z0-9._-]+", text)):
            wrong(where, f"{_short(text)} is not a code; the codes are listed in docs/record-format.md.")
    if field not in _list_fields() and len(texts) > 1:
        wrong(where, f"The field {field} takes one value; there are {len(texts)}.")
    return texts if field in _list_fields() else texts[0]


_READERS = dict.fromkeys(DATES, _date) | {"value": _number}


@cache
def _known_fields() -> frozenset[str]:
    prefixes = {"gw", "dcterms", "schema", "org", "foaf", "xsd", "version", "body"}
    return frozenset(name for name in context() if not name.startswith("@") and name not in prefixes)


@cache
def _list_fields() -> frozenset[str]:
    return frozenset(name for name, term in context().items() if isinstance(term, dict) and "@set" in str(term))


@cache
def _code_fields() -> frozenset[str]:
    return _terms_with("@type", "@vocab")


@cache
def _language_codes() -> frozenset[str]:
    return frozenset(code for code in context()["language"]["@context"] if not code.startswith("@"))


@cache
def by_language() -> frozenset[str]:
    """The fields that hold a text for each language."""
    return _terms_with("@container", "@language")


@cache
def _addresses() -> frozenset[str]:
    return _terms_with("@type", "@id") - {"body"}


def _terms_with(key: str, value: str) -> frozenset[str]:
    return frozenset(name for name, term in context().items() if isinstance(term, dict) and term.get(key) == value)


@cache
def _context_digest() -> str:
    return hashlib.sha256(json.dumps(context()).encode()).hexdigest()


def _digest(document: dict[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256((_context_digest() + text).encode()).hexdigest()


def _nearest(word: str, choices: frozenset[str]) -> str:
    from rapidfuzz import process

    found = process.extractOne(str(word), choices, score_cutoff=70)
    return f" (did you mean {found[0]}?)" if found else ""


def _is_address(text: str) -> bool:
    """Whether this is a web address that the graph takes."""
    try:
        ox.NamedNode(text)
    except ValueError:
        return False
    return _IRI.fullmatch(text) is not None


def _short(value: Any) -> str:
    return f"'{_clean(str(value))}'"


def _clean(text: str) -> str:
    """Text that every terminal can show in a line, cut to 60 characters."""
    text = " ".join(_CONTROL.sub("�", text).split())
    return text[:60] + "…" if len(text) > 60 else text
