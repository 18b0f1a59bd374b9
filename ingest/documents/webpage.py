"""HTML: the main text through trafilatura, and what the page's head says of it."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree, html
from trafilatura import extract

from kg import InputError

from .document import Raw
from .plain import decoded

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_DAY = re.compile(r"(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_TITLES = ("og:title", "dc.title", "dcterms.title", "twitter:title")
_DESCRIPTIONS = ("og:description", "description", "dc.description", "dcterms.abstract", "twitter:description")
_PUBLISHED = ("article:published_time", "dcterms.issued", "dc.date.issued", "dcterms.created", "dc.date",
              "dcterms.date", "citation_publication_date", "datepublished", "date", "pubdate")  # fmt: skip
_PUBLISHERS = ("og:site_name", "dcterms.publisher", "dc.publisher", "application-name")
_LANGUAGES = ("dc.language", "dcterms.language", "og:locale", "content-language")
_SCRIPTS = 30  # JSON-LD blocks that are looked at


def read_page(content: bytes, name: str, charset: str = "") -> Raw:
    """The main text of a web page, without menus and banners, and its metadata.

    Raises:
        InputError: there is no page in it.

    """
    declared = _CHARSET.search(content[:4096])
    text = decoded(content, name, charset or (declared.group(1).decode("ascii") if declared else ""))
    try:
        tree = html.document_fromstring(text.encode("utf-8"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise InputError("There is no page in this HTML file.", file=name) from error
    meta, stated = _meta(tree), _json_ld(tree)
    address = _address(_first(tree.xpath("//link[@rel='canonical']/@href")) or meta.get("og:url", ""), name)
    heading = _first([node.text_content() for node in tree.xpath("//h1")])
    title = _one_of(meta, _TITLES) or _first(tree.xpath("//head/title/text()"))
    main = extract(tree, output_format="txt", include_comments=False, include_tables=True, favor_recall=True) or ""
    described = _one_of(meta, _DESCRIPTIONS)
    notes = () if len(main.split()) >= 30 else ("The page has hardly any text; it may be made by a script.",)
    return Raw(
        "html",
        ((1, main or described),),
        _without_site(title, _one_of(meta, _PUBLISHERS)),
        heading,
        _language(tree, meta),
        published=_day(stated.get("datePublished", "")) or _day(_one_of(meta, _PUBLISHED)) or _day(_time(tree)),
        made=_day(meta.get("article:modified_time", "")) or _day(stated.get("dateModified", "")),
        description=described,
        publisher=_one_of(meta, _PUBLISHERS),
        licence=_address(_first(tree.xpath("//a[contains(concat(' ', @rel, ' '), ' license ')]/@href"
                                           " | //link[@rel='license']/@href")), address or name),
        address=address,
        notes=notes,
    )  # fmt: skip


def _meta(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in tree.iter("meta"):
        key = node.get("property") or node.get("name") or node.get("itemprop") or node.get("http-equiv") or ""
        value = " ".join((node.get("content") or "").split())
        if key and value:
            found.setdefault(key.strip().lower(), value)
    return found


def _json_ld(tree: Any) -> dict[str, str]:
    """What schema.org markup says, of the first thing that has it."""
    found: dict[str, str] = {}
    for text in tree.xpath("//script[@type='application/ld+json']/text()")[:_SCRIPTS]:
        try:
            for thing in _things(json.loads(text)):
                for key in ("datePublished", "dateModified"):
                    if isinstance(thing.get(key), str):
                        found.setdefault(key, thing[key])
        except (ValueError, RecursionError):
            continue
    return found


def _things(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for one in value[:100]:
            yield from _things(one)
    elif isinstance(value, dict):
        yield value
        yield from _things(value.get("@graph", []))


def _time(tree: Any) -> str:
    """The date of an element that says that it is the day of publication."""
    return _first(tree.xpath("//time[@pubdate or contains(@itemprop, 'datePublished')]/@datetime"))


def _language(tree: Any, meta: dict[str, str]) -> str:
    return _first(tree.xpath("/html/@lang")) or _first(tree.xpath("/html/@xml:lang")) or _one_of(meta, _LANGUAGES)


def _without_site(title: str, site: str) -> str:
    """A title without the site's name at its end or beginning."""
    parts = [part.strip() for part in re.split(r"\s+[|–—·»:-]\s+", title) if part.strip()]
    others = [part for part in parts if part.casefold() != site.casefold()]
    return title if not site or len(others) == len(parts) or not others else " – ".join(others)


def _address(text: str, base: str) -> str:
    if not text:
        return ""
    try:
        address = urljoin(base, text) if urlsplit(base).scheme in ("http", "https") else text
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.netloc else ""


def _day(text: str) -> str:
    found = _DAY.match(text.strip())
    return found.group() if found else ""


def _one_of(meta: dict[str, str], names: tuple[str, ...]) -> str:
    return next((meta[name] for name in names if name in meta), "")


def _first(found: Any) -> str:
    return next((" ".join(str(value).split()) for value in found if str(value).strip()), "")
