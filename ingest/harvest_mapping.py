"""What a repository tells of a resource, as the fields of a record: Dublin Core, IEEE LOM and DCAT.

Only what these formats say for sure is taken over; who made it is kept where it is an organisation, and left out where
it may be a person. What comes out is a draft for somebody to read, not a record.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

from ontology import ID, RECORD_TYPES
from ontology.context import context

Fields = dict[str, Any]
DC, LOM = "{http://purl.org/dc/elements/1.1/}", "{http://ltsc.ieee.org/xsd/LOM}"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ADDRESS = re.compile(r"https?://[^\s<>\"{}|\\^`]+", re.IGNORECASE)
_DATE = re.compile(r"(\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?)(?:T.*)?")
_DURATION = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
_ABOUT_METADATA = re.compile(r"\bthis (description|metadata)\b.*", re.IGNORECASE | re.DOTALL)
_ORGANISATION = re.compile(r"^ORG(?:;[^:\r\n]*)?:(.*)$", re.IGNORECASE | re.MULTILINE)
_FORMATS = {
    "application/pdf": "pdf", "text/html": "web", "application/xhtml+xml": "web", "application/msword": "docx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
}  # fmt: skip
_MATERIALS = {"self assessment": "self-assessment", "lecture": "course"}
_ROLES = {"publisher": "publisher", "author": "coordinator"}
_CODES = {
    "barrier": "addresses", "target-group": "targetGroup", "measure": "measure", "mobility-type": "mobilityType",
    "sector": "sector",
}  # fmt: skip
_PLACE_LONGEST, _TITLE_LONGEST, _SUMMARY_LONGEST = 300, 1000, 6000  # characters, as in shapes.ttl
# ISO 639-2 knows two codes for some languages; the EU table has those for terminology.
_BIBLIOGRAPHIC = {
    "alb": "sq", "arm": "hy", "baq": "eu", "cze": "cs", "dut": "nl", "fre": "fr", "ger": "de", "gre": "el",
    "ice": "is", "mac": "mk", "rum": "ro", "slo": "sk", "wel": "cy",
}  # fmt: skip


def from_dublin_core(metadata: Element, identifier: str) -> Fields:
    """The fields that simple Dublin Core (`oai_dc`) tells.

    Args:
        metadata: the element whose children are those of Dublin Core 1.1.
        identifier: of the item in its repository.

    """
    said: dict[str, list[Element]] = defaultdict(list)
    for child in metadata.iter():
        if isinstance(child.tag, str) and child.tag.startswith(DC) and (child.text or "").strip():
            said[child.tag[len(DC) :]].append(child)
    words = {name: [_line(child.text) for child in children] for name, children in said.items()}
    language = first_language(words.get("language", ()))
    own = identifier.startswith(str(ID))
    addresses = [*_addresses(words.get("source", ())), *_addresses(words.get("identifier", ()))]
    if not own:
        addresses.reverse()  # elsewhere the identifier is the page, and the source what it was made from
    fields: Fields = {
        "title": texts(((c.get(_XML_LANG, ""), c.text) for c in said["title"]), language, _TITLE_LONGEST),
        "summary": texts(((c.get(_XML_LANG, ""), c.text) for c in said["description"]), language, _SUMMARY_LONGEST),
        "language": language,
        "source": next(iter(addresses), ""),
        "furtherSource": [{"url": address} for address in _addresses(words.get("relation", ()))],
        "published": first_date(words.get("date", ())),
        "place": _place(words.get("coverage", ())),
        "licence": first_licence(words.get("rights", ())),
        "format": formats(words.get("format", ())),
    }
    publishers = [] if own else words.get("publisher", [])  # Goodways publishes descriptions, not what they describe
    fields["organisation"] = [{"name": name, "role": "publisher"} for name in publishers]
    return finished(fields, identifier)


def from_lom(metadata: Element, identifier: str) -> Fields:
    """The fields that IEEE Learning Object Metadata (1484.12.1, binding of 1484.12.3) tells.

    Args:
        metadata: an element with a `lom` in it.
        identifier: of the item in its repository.

    """
    lom = metadata if metadata.tag == f"{LOM}lom" else metadata.find(f".//{LOM}lom")
    if lom is None:
        return finished({}, identifier)
    language = first_language(_all(lom, "general/language"))
    languages = {language_code(word) for word in _all(lom, "general/language")} - {"", language}
    fields: Fields = {
        "title": texts(_strings(lom, "general/title"), language, _TITLE_LONGEST),
        "summary": texts(_strings(lom, "general/description"), language, _SUMMARY_LONGEST),
        "language": language,
        "inLanguage": sorted(languages | {language} if languages else languages),
        "source": next(
            iter(_addresses([*_all(lom, "technical/location"), *_all(lom, "general/identifier/entry")])), ""
        ),
        "furtherSource": [{"url": one} for one in _addresses(_all(lom, "relation/resource/identifier/entry"))],
        "published": first_date(_all(lom, "lifeCycle/contribute/date/dateTime")),
        "place": _place(_all(lom, "general/coverage/string")),
        "licence": first_licence(_all(lom, "rights/description/string")),
        "format": formats(_all(lom, "technical/format")),
        "materialType": _known(_MATERIALS, _all(lom, "educational/learningResourceType/value")),
        "duration": next(filter(_DURATION.fullmatch, _all(lom, "educational/typicalLearningTime/duration")), ""),
        "organisation": list(_organisations(lom)),
    }
    for concept in _all(lom, "classification/taxonPath/taxon/id"):
        kind, _, code = concept[len(str(ID)) :].partition("/")
        if concept.startswith(str(ID)) and kind in _CODES and code not in fields.setdefault(_CODES[kind], []):
            fields[_CODES[kind]].append(code)
    return finished(fields, identifier)


def finished(fields: Fields, identifier: str) -> Fields:
    """The fields with id and type, less what is empty, in the order of a record.

    An item of another Goodways keeps its id and type; any other gets an id of its own and counts as a material.
    """
    kind, _, name = identifier[len(str(ID)) :].partition("/") if identifier.startswith(str(ID)) else ("", "", "")
    types = {kind: name for name, kind in RECORD_TYPES.items()}
    known = kind in types and bool(name)
    made = {"id": name if known else made_id(identifier), "type": types.get(kind, "TrainingMaterial")}
    return made | {field: value for field, value in fields.items() if value not in ("", [], {}, None)}


def made_id(identifier: str) -> str:
    """An id for what another repository calls so: readable, and always the same."""
    plain = re.sub(r"^(oai:|https?://(www\.)?|doi:)", "", identifier, flags=re.IGNORECASE)
    slug = "-".join(re.findall(r"[a-z0-9]+", plain.casefold()))[:80].strip("-")
    return f"{slug or 'harvested'}-{hashlib.sha256(identifier.encode()).hexdigest()[:8]}"


def texts(said: Iterable[tuple[str, str | None]], language: str, longest: int) -> str | dict[str, str]:
    """Texts by language; one alone that does not say its language is a plain text in that of the record.

    Args:
        said: languages and texts; a second text in a language is put after the first.
        language: of the record.
        longest: characters of a text; what is longer is cut at a word.

    """
    found: dict[str, str] = {}
    for tag, text in said:
        code, line = language_code(tag) or language, _line(text)
        if line and line not in found.get(code, ""):
            found[code] = _cut(f"{found[code]} {line}" if code in found else line, longest)
    return found.pop("") if list(found) == [""] else {code: text for code, text in found.items() if code}


def language_code(word: str) -> str:
    """The two letters of a language named as en, en-GB, eng or ger; nothing where it is not one that Goodways knows."""
    tag = word.strip().casefold().replace("_", "-").partition("-")[0]
    return tag if tag in _languages().values() else _languages().get(tag, _BIBLIOGRAPHIC.get(tag, ""))


def first_language(words: Iterable[str]) -> str:
    """The first language that Goodways knows."""
    return next(filter(None, map(language_code, words)), "")


def first_date(words: Iterable[str]) -> str:
    """The first year, month or day."""
    return next((found[1] for word in words if (found := _DATE.fullmatch(word.strip()))), "")


def first_licence(words: Iterable[str]) -> str:
    """The address of a licence of the resource; what is said of the description itself does not count."""
    return next(iter(_addresses(_ABOUT_METADATA.sub("", word) for word in words)), "")


def formats(words: Iterable[str]) -> list[str]:
    """Formats by their media types."""
    known = [_FORMATS.get(word.partition(";")[0].strip().casefold(), "") for word in words]
    films = ["video" for word in words if word.strip().casefold().startswith("video/")]
    return list(dict.fromkeys(filter(None, [*known, *films])))


@cache
def _languages() -> dict[str, str]:
    """Two letters by three, as the record format knows them."""
    terms = context()["language"]["@context"]
    return {iri.rpartition("/")[2].casefold(): code for code, iri in terms.items() if not code.startswith("@")}


def _known(codes: dict[str, str], words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(codes[word.casefold()] for word in words if word.casefold() in codes))


def _addresses(words: Iterable[str]) -> list[str]:
    found = [match[0].rstrip(".,;)") for word in words if (match := _ADDRESS.search(word))]
    return list(dict.fromkeys(found))


def _place(words: Iterable[str]) -> str:
    return _cut("; ".join(dict.fromkeys(words)), _PLACE_LONGEST)


def _organisations(lom: Element) -> Iterator[Fields]:
    """Organisations that took part, from their vCards; a card without an organisation may be a person's."""
    for contribute in lom.findall(_path("lifeCycle/contribute")):
        role = _ROLES.get(next(iter(_all(contribute, "role/value")), ""), "")
        for card in contribute.findall(f"{LOM}entity"):
            found = _ORGANISATION.search((card.text or "").replace("\r\n", "\n"))
            name = _line(re.sub(r"\\(.)", r"\1", found[1])) if found else ""
            if name:
                yield {"name": name, **({"role": role} if role else {})}


def _strings(lom: Element, path: str) -> list[tuple[str, str | None]]:
    return [(node.get("language", ""), node.text) for node in lom.findall(_path(f"{path}/string"))]


def _all(element: Element, path: str) -> list[str]:
    return [line for node in element.findall(_path(path)) if (line := _line(node.text))]


def _path(path: str) -> str:
    return "/".join(LOM + step for step in path.split("/"))


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rsplit(" ", 1)[0] + "…"
