"""A record as harvesters read it: simple Dublin Core, and IEEE Learning Object Metadata.

Dublin Core 1.1 as OAI-PMH wants it (`oai_dc`), LOM in the XML binding of IEEE 1484.12.3-2020 with the vocabularies of
IEEE 1484.12.1 (`LOMv1.0`); what these have no word for is said in Goodways' own words beside them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, register_namespace

from rdflib import Graph, URIRef
from rdflib.namespace import DCTERMS, FOAF

from kg.changes import LastChange
from kg.terms import by_language, code, iri, iris, word, words
from ontology import GW, LICENCE, SCHEMA, record_graph

from .headings import heading
from .site import Site

XSI = "http://www.w3.org/2001/XMLSchema-instance"
DC, OAI_DC, LOM = (
    "http://purl.org/dc/elements/1.1/",
    "http://www.openarchives.org/OAI/2.0/oai_dc/",
    "http://ltsc.ieee.org/xsd/LOM",
)
for _prefix, _name in {"xsi": XSI, "dc": DC, "oai_dc": OAI_DC, "lom": LOM}.items():
    register_namespace(_prefix, _name)


@dataclass(frozen=True)
class Format:
    """A form of metadata that can be harvested."""

    prefix: str
    schema: str
    namespace: str


FORMATS = {
    "oai_dc": Format("oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", OAI_DC),
    "oai_lom": Format("oai_lom", "http://ltsc.ieee.org/xsd/lomv1.0/lom.xsd", LOM),
}
_SUBJECTS = (GW.addresses, GW.targetGroup, GW.measure, GW.mobilityType, GW.sector)
_DCMI_TYPES = {"event": "Event"}
_AUTHORS = ("coordinator", "publisher")  # roles in which an organisation answers for what is described
_RESOURCE_TYPES = {"course": "lecture", "online-course": "lecture", "self-assessment": "self assessment",
                   "factsheet": "narrative text", "guide": "narrative text", "report": "narrative text"}  # fmt: skip
_CONTEXTS = {"school": "school", "he": "higher education", "vet": "training"}
_MEDIA_TYPES = {
    "pdf": "application/pdf",
    "web": "text/html",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_PURPOSES = {GW.addresses: "idea", GW.targetGroup: "idea", GW.measure: "idea", GW.sector: "educational level"}
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def clean(value: str) -> str:
    """A text without the characters that XML has no way to write."""
    return _NOT_XML.sub("", value)


def metadata(site: Site, change: LastChange, form: str) -> Element:
    """A published record in one of `FORMATS`."""
    graph = site.searcher.store.graph(record_graph(change.iri.rpartition("/")[2]))
    return {"oai_dc": _dublin_core, "oai_lom": _lom}[form](site, change, graph)


def _dublin_core(site: Site, change: LastChange, graph: Graph) -> Element:
    root = _root(f"{{{OAI_DC}}}dc", "oai_dc")
    for name, value, language in _elements(site, change, graph):
        if value:
            child = SubElement(root, f"{{{DC}}}{name}")
            child.text = clean(value)
            if language:
                child.set("{http://www.w3.org/XML/1998/namespace}lang", language)
    return root


def _elements(site: Site, change: LastChange, graph: Graph) -> Iterator[tuple[str, str, str]]:
    """Name, value and language of every element of the description in Dublin Core."""
    record = change.iri
    yield from (("title", title, language) for language, title in by_language(graph, record, DCTERMS.title).items())
    for name, role in _organisations(graph, record):
        yield "creator" if role in _AUTHORS else "contributor", name, ""
    yield from (("subject", subject, "en") for subject in _subjects(site, graph, record))
    yield from (
        ("description", text, language) for language, text in by_language(graph, record, DCTERMS.abstract).items()
    )
    yield "publisher", "Goodways", ""
    yield "date", _date(graph, record), ""
    yield "type", heading(f"kind.{change.kind}", "en")["text"], "en"
    yield "type", _DCMI_TYPES.get(change.kind, ""), ""
    yield from (("format", media_type, "") for media_type in _media_types(graph, record))
    yield "identifier", str(record), ""
    yield from (("source", str(source), "") for source in iris(graph, record, DCTERMS.source))
    yield from (("relation", str(other), "") for other in _further(graph, record))
    yield "language", site.language_code(iri(graph, record, DCTERMS.language)), ""
    yield from (("coverage", place, "en") for place in _places(site, graph, record))
    yield from (("rights", str(licence), "") for licence in iris(graph, record, DCTERMS.license))
    yield "rights", f"This description: Creative Commons Attribution 4.0, {LICENCE}", "en"


def _lom(site: Site, change: LastChange, graph: Graph) -> Element:
    record, root = change.iri, _root(f"{{{LOM}}}lom", "oai_lom")
    original = site.language_code(iri(graph, record, DCTERMS.language))
    general = _part(root, "general")
    _identifier(general, str(record))
    _strings(_part(general, "title"), by_language(graph, record, DCTERMS.title))
    for language in filter(None, [original, *_translations(site, graph, record, original)]):
        _part(general, "language", language)
    _strings(_part(general, "description"), by_language(graph, record, DCTERMS.abstract))
    for subject in _subjects(site, graph, record):
        _strings(_part(general, "keyword"), {"en": subject})
    for place in _places(site, graph, record):
        _strings(_part(general, "coverage"), {"en": place})
    _life_cycle(root, graph, record)
    about = _part(root, "metaMetadata")
    _identifier(about, str(record))
    _contribute(about, "creator", "Goodways", change.when[:10])
    _part(about, "metadataSchema", "LOMv1.0")
    _part(about, "language", "en")
    technical = _part(root, "technical")
    for media_type in {_MEDIA_TYPES.get(form.rpartition("/")[2], "") for form in iris(graph, record, GW["format"])} - {
        ""
    }:
        _part(technical, "format", media_type)
    _part(
        technical, "location", word(graph, record, DCTERMS.source) or str(iri(graph, record, DCTERMS.source) or record)
    )
    _educational(site, root, graph, record)
    rights = _part(root, "rights")
    _vocabulary(rights, "copyrightAndOtherRestrictions", "yes")
    licence = iri(graph, record, DCTERMS.license)
    said = f"The resource: {licence}. " if licence else ""
    _strings(_part(rights, "description"), {"en": f"{said}This description: CC BY 4.0, {LICENCE}"})
    for other in _further(graph, record):
        relation = _part(root, "relation")
        _vocabulary(relation, "kind", "references")
        _identifier(_part(relation, "resource"), str(other))
    _classifications(site, root, graph, record)
    return root


def _life_cycle(root: Element, graph: Graph, record: URIRef) -> None:
    cycle = _part(root, "lifeCycle")
    _strings(_part(cycle, "version"), {"en": word(graph, record, GW.version)})
    for name, role in _organisations(graph, record):
        known = {"publisher": "publisher", "coordinator": "author"}.get(role, "unknown")
        _contribute(cycle, known, name, _date(graph, record) if role in _AUTHORS else "")


def _educational(site: Site, root: Element, graph: Graph, record: URIRef) -> None:
    part = _part(root, "educational")
    known = {_RESOURCE_TYPES.get(value.rpartition("/")[2], "") for value in iris(graph, record, GW.materialType)} - {""}
    for name in sorted(known):
        _vocabulary(part, "learningResourceType", name)
    if iris(graph, record, GW.audience):
        _vocabulary(part, "intendedEndUserRole", "teacher")
    contexts = {_CONTEXTS.get(value.rpartition("/")[2], "other") for value in iris(graph, record, GW.sector)}
    for name in sorted(contexts):
        _vocabulary(part, "context", name)
    if time := word(graph, record, SCHEMA.timeRequired):
        _part(_part(part, "typicalLearningTime"), "duration", time)
    audience = ", ".join(site.label(value, "en")["text"] for value in iris(graph, record, GW.audience))
    if audience:
        _strings(_part(part, "description"), {"en": f"For use by: {audience}"})
    if not len(part):
        root.remove(part)


def _classifications(site: Site, root: Element, graph: Graph, record: URIRef) -> None:
    """What it works on, whom it is for and what was done, each concept with its IRI and its name."""
    for prop, purpose in _PURPOSES.items():
        for value in iris(graph, record, prop):
            part = _part(root, "classification")
            _vocabulary(part, "purpose", purpose)
            path = _part(part, "taxonPath")
            _strings(_part(path, "source"), {"en": "Goodways"})
            taxon = _part(path, "taxon")
            _part(taxon, "id", str(value))
            _strings(_part(taxon, "entry"), {"en": site.label(value, "en")["text"]})


def _root(tag: str, form: str) -> Element:
    known = FORMATS[form]
    return Element(tag, {f"{{{XSI}}}schemaLocation": f"{known.namespace} {known.schema}"})


def _part(parent: Element, name: str, value: str | None = None) -> Element:
    child = SubElement(parent, f"{{{LOM}}}{name}")
    child.text = None if value is None else clean(value)
    return child


def _strings(parent: Element, texts: dict[str, str]) -> None:
    for language, value in texts.items():
        _part(parent, "string", value).set("language", language)


def _identifier(parent: Element, value: str) -> None:
    node = _part(parent, "identifier")
    _part(node, "catalog", "URI")
    _part(node, "entry", value)


def _vocabulary(parent: Element, name: str, value: str) -> None:
    node = _part(parent, name)
    _part(node, "source", "LOMv1.0")
    _part(node, "value", value)


def _contribute(parent: Element, role: str, name: str, date: str = "") -> None:
    node = _part(parent, "contribute")
    _vocabulary(node, "role", role)
    _part(node, "entity", vcard(name))
    if date:
        _part(_part(node, "date"), "dateTime", date)


def vcard(name: str) -> str:
    """An organisation as a vCard 3.0 (RFC 2426)."""
    safe = re.sub(r"([\\,;])", r"\\\1", " ".join(name.split()))
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:{safe}\r\nFN:{safe}\r\nORG:{safe}\r\nEND:VCARD\r\n"


def _organisations(graph: Graph, record: URIRef) -> list[tuple[str, str]]:
    """Names and roles of who took part, those that answer for it first."""
    found = [
        (word(graph, part, FOAF.name), code(graph, part, GW.role)) for part in iris(graph, record, GW.participation)
    ]
    return sorted(((name, role) for name, role in found if name), key=lambda one: (one[1] not in _AUTHORS, one))


def _subjects(site: Site, graph: Graph, record: URIRef) -> list[str]:
    values = [value for prop in _SUBJECTS for value in iris(graph, record, prop)]
    return list(dict.fromkeys(site.label(value, "en")["text"] for value in values))


def _places(site: Site, graph: Graph, record: URIRef) -> list[str]:
    values = [value for prop in (GW.country, GW.destination, GW.region) for value in iris(graph, record, prop)]
    names = [site.label(value, "en")["text"] for value in values] + words(graph, record, GW.place)
    return list(dict.fromkeys(filter(None, names)))


def _translations(site: Site, graph: Graph, record: URIRef, original: str) -> list[str]:
    return sorted({site.language_code(value) for value in iris(graph, record, SCHEMA.inLanguage)} - {original, ""})


def _media_types(graph: Graph, record: URIRef) -> list[str]:
    found = {_MEDIA_TYPES.get(value.rpartition("/")[2], "") for value in iris(graph, record, GW["format"])}
    return sorted(found - {""})


def _further(graph: Graph, record: URIRef) -> Iterator[URIRef]:
    for part in iris(graph, record, GW.furtherSource):
        yield from iris(graph, part, SCHEMA.url)


def _date(graph: Graph, record: URIRef) -> str:
    """When it was published, or else when it began: a year, month or day."""
    return word(graph, record, DCTERMS.issued) or word(graph, record, GW.start)
