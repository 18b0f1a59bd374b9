"""What a record can be known by, whatever the spelling: project references, DOIs, ISBNs and web addresses.

Each identifier has one normal form with its kind before a colon: `ref:2018-1-DE02-KA202-005220`,
`doi:10.5281/zenodo.123`, `isbn:9783161484100`, `url:example.org/page`. Two records that have one in common speak of the
same project, publication or page; whether they are the same record, `search.duplicates` weighs.
"""

import posixpath
import re
import unicodedata
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

MOST_READ = 20_000
"""Characters of a text in which identifiers are looked for."""

_GAP = r"[\s_\-‐-―−/.]*"
_ERASMUS = re.compile(
    rf"(?<![A-Z0-9])(20[0-3]\d){_GAP}([1-3]){_GAP}([A-Z]{{2}}){_GAP}(\d{{1,2}}){_GAP}(KA){_GAP}(\d{{3}}){_GAP}"
    rf"(?:(VET|ADU|HED|SCH|YOU|SPO){_GAP})?(\d{{4,9}})(?!\d)",
    re.IGNORECASE,
)
_LIFELONG = re.compile(
    rf"(?<![A-Z0-9])(20[01]\d){_GAP}([1-3]){_GAP}([A-Z]{{2}}){_GAP}(\d){_GAP}(LEO|GRU|COM|ERA){_GAP}(\d{{2}}){_GAP}"
    r"(\d{4,5})(?!\d)",
    re.IGNORECASE,
)
_SHORT = re.compile(rf"(?<![A-Z0-9-])KA{_GAP}(\d{{3}}){_GAP}(20[0-3]\d){_GAP}(\d{{3}})(?!\d)", re.IGNORECASE)
_ACTION = re.compile(r"(ERASMUS-)?KA-?\d{1,3}(-[A-Z]{3})?")
"""A kind of project, and none."""
_CENTRAL = re.compile(rf"(?<!\d)([1-7]\d{{5}}){_GAP}(EPP|LLP|TEMPUS|EM|CREA)(?![A-Z])", re.IGNORECASE)
_LLP = re.compile(
    r"(?<![A-Z0-9])((?:[A-Z]{2}[/-]\d{2}[/-])?LLP[/_-]?(?:LdV|GRU|COM|ERA)[/_-](?:[A-Z0-9]+[/_-])*\d{2,})",
    re.IGNORECASE,
)
_GRANT = re.compile(r"(?<![\d.,])101\d{6}(?![\d.,]*\d)")
_GRANT_NAMED = re.compile(
    r"(?:project|grant|agreement|reference|proje[ck]t\w*|n[°ºor]\.?|number|id)[\s:#.(]*(101\d{6})(?!\d)", re.IGNORECASE
)
_DOI = re.compile(r"(?<![\d.])10\.\d{4,9}/[^\s\"<>|\\^`{}]+")
_DOI_TAIL = re.compile(r"(?:/(?:full|pdf|epdf|abstract|html|fulltext)|\.pdf|[.,;:!?'\"»”\]>])+$")
_ISBN = re.compile(
    r"ISBN(?:[-\s]?1[03])?[\s:\-]*((?:97[89][-\s–]?)?\d(?:[-\s–]?\d){8}[-\s–]?[\dX])(?!\d)", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_ARCHIVED = re.compile(
    r"^https?://(?:"
    r"(?:web|wayback)\.archive\.org/(?:web/)?[\d*]+[a-z_]*/"
    r"|archive\.(?:ph|is|today|li|vn|fo|md)/(?:o/\w+/|newest/|\d{4,14}/)"
    r"|arquivo\.pt/(?:noFrame/replay|wayback)/\d+[a-z_]*/"
    r"|webarchive\.nationalarchives\.gov\.uk/(?:ukgwa/)?[\d+*]+/"
    r"|wayback\.archive-it\.org/\w+/[\d*]+[a-z_]*/"
    r"|webcache\.googleusercontent\.com/search\?q=cache:(?:[\w-]+:)?)(?=\S)",
    re.IGNORECASE,
)
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_ga|_gl|ref_src|ref_url|pk_\w+|mtm_\w+|piwik_\w+|"
    r"phpsessid|jsessionid|sessionid|sid|cmpid|wt\.mc_id|__hs\w+|_hs\w+|hsctatracking",
    re.IGNORECASE,
)
_INDEX = re.compile(r"(?<=/)(?:index\.(?:html?|php\d?|aspx?|jsp|cgi)|default\.(?:aspx?|html?))$", re.IGNORECASE)
_ZENODO = re.compile(r"zenodo\.org/records?/(\d+)")
_OPEN = "-._~!$&'()*+,;=:@/"  # characters of a path that stand for themselves (RFC 3986, section 3.3)


def identifiers(fields: dict[str, Any]) -> frozenset[str]:
    """Everything that a record can be known by, from its fields in the record format.

    Read are `source`, the addresses of `furtherSource`, `projectReference`, and what `title` and `summary` name: their
    references, DOIs and ISBNs, not their addresses, which are as often somebody else's.
    """
    found: set[str] = set()
    for address in addresses(fields):
        found |= of_address(address)
    for reference in _listed(fields.get("projectReference")):
        found |= of_reference(reference)
    for text in (*_texts(fields.get("title")), *_texts(fields.get("summary"))):
        found |= of_text(text)
    return frozenset(found)


def addresses(fields: dict[str, Any]) -> list[str]:
    """The addresses that a record was read from, its main source first."""
    further = fields.get("furtherSource")
    parts = [further] if isinstance(further, dict) else further if isinstance(further, list) else []
    found = [fields.get("source"), *(part.get("url") for part in parts if isinstance(part, dict))]
    return [address.strip() for address in found if isinstance(address, str) and address.strip()]


def of_address(address: str) -> set[str]:
    """The normal form of a web address, and the DOI or reference that it holds."""
    original = original_address(address)
    plain = unquote(original)
    found = set(_dois(plain)) | set(_known_references(plain)) | {f"ref:{number}" for number in _GRANT.findall(plain)}
    if zenodo := _ZENODO.search(plain):
        found.add(f"doi:10.5281/zenodo.{zenodo[1]}")
    if (key := address_key(original)) and not _is_resolver(key):
        found.add(f"url:{key}")
    return found


def of_reference(said: str) -> set[str]:
    """The normal forms of what stands in the field for project references; one of an unknown make is kept as it is."""
    text = unicodedata.normalize("NFKC", said)[:MOST_READ]
    found = set(_known_references(text)) | {f"ref:{number}" for number in _GRANT.findall(text)} | set(_dois(text))
    if not found and not _ADDRESS.match(text.strip()):
        plain = "-".join(re.findall(r"[A-Z0-9]+", text.upper()))
        if sum(map(str.isdigit, plain)) >= 3 and 5 <= len(plain) <= 80 and not _ACTION.fullmatch(plain):
            found.add(f"ref:{plain}")
    return found


def of_text(text: str) -> set[str]:
    """References, DOIs and ISBNs that a text names."""
    plain = unicodedata.normalize("NFKC", text[:MOST_READ])
    found = set(_dois(plain)) | set(_known_references(plain)) | set(_isbns(plain))
    return found | {f"ref:{number}" for number in _GRANT_NAMED.findall(plain)}


def original_address(address: str) -> str:
    """The address whose copy in a web archive this is; any other as it stands."""
    text = address.strip()
    for _ in range(3):
        wrapper = _ARCHIVED.match(text)
        if not wrapper:
            break
        inner = text[wrapper.end() :]
        if re.match(r"https?%3a", inner, re.IGNORECASE):
            inner = unquote(inner)
        inner = re.sub(r"^(https?):/{1,2}(?=[^/])", r"\1://", inner, flags=re.IGNORECASE)
        text = inner if re.match(r"https?://", inner, re.IGNORECASE) else f"http://{inner}"
    return text


def address_key(address: str) -> str:
    """What is the same for all spellings of a web address (after RFC 3986, section 6); nothing where it is none.

    Left out: scheme, `www.`, default port, user, tracking and session parameters, names of index pages, the last slash,
    and the fragment unless it is a route such as `#!/x`. The order of parameters does not count; languages in the path
    do.
    """
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return ""
    host = _host(parts.hostname) + (f":{port}" if port and port not in (80, 443) else "")
    path = re.sub(r";jsessionid=[^/]*", "", parts.path, flags=re.IGNORECASE)
    path = posixpath.normpath("/" + path.lstrip("/")) + ("/" if path.endswith("/") else "")
    path = _INDEX.sub("", _percent(path)).rstrip("/")
    kept = sorted((n, v) for n, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(n))
    query = f"?{urlencode(kept)}" if kept else ""
    route = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return host + path + query + route


def _host(host: str) -> str:
    """A host in lower case and in its own script, whether it is written so or in Punycode (RFC 3492)."""
    labels = []
    for label in host.rstrip(".").lower().split("."):
        try:
            labels.append(label[4:].encode("ascii").decode("punycode") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    return unicodedata.normalize("NFC", ".".join(labels)).lower().removeprefix("www.")


def _percent(path: str) -> str:
    """A path in which only what must be is written with a per cent sign; `%2F` stays what it is."""
    pieces = re.split("(%2f|%25)", path, flags=re.IGNORECASE)
    plain = (
        p.upper() if n % 2 else quote(unicodedata.normalize("NFC", unquote(p)), _OPEN) for n, p in enumerate(pieces)
    )
    return "".join(plain)


def _is_resolver(key: str) -> bool:
    """Whether an address is a DOI's own, which says nothing more than the DOI."""
    return key.startswith(("doi.org/10.", "dx.doi.org/10."))


def _dois(text: str) -> Iterator[str]:
    for found in _DOI.findall(text):
        doi = _DOI_TAIL.sub("", re.split(r"[?#&]", found)[0])
        if doi.endswith(")") and doi.count(")") > doi.count("("):
            doi = _DOI_TAIL.sub("", doi[:-1])
        yield f"doi:{doi.lower()}"


def _isbns(text: str) -> Iterator[str]:
    for said in _ISBN.findall(text):
        digits = re.sub(r"[^\dX]", "", said.upper())
        if len(digits) == 10 and _checks(digits):
            digits = _thirteen(digits)
        if len(digits) == 13 and _thirteen(digits[3:], digits[:3]) == digits:
            yield f"isbn:{digits}"


def _checks(ten: str) -> bool:
    """Whether the last character of an ISBN of ten is right (ISO 2108)."""
    values = [10 if char == "X" else int(char) for char in ten]
    return sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11 == 0


def _thirteen(ten: str, prefix: str = "978") -> str:
    """The ISBN of thirteen with the nine digits of one of ten."""
    body = prefix + ten[:9]
    total = sum(int(char) * (3 if n % 2 else 1) for n, char in enumerate(body))
    return body + str(-total % 10)


def _known_references(text: str) -> Iterator[str]:
    """References of the EU's education programmes; the number of a partner behind them (`_2`) is left out."""
    for year, call, country, agency, action, key, sector, number in _ERASMUS.findall(text):
        width = 9 if int(year) >= 2021 else 6
        parts = [year, call, f"{country}{agency.zfill(2)}", action + key, sector, number.lstrip("0").zfill(width)]
        yield "ref:" + "-".join(filter(None, parts)).upper()
    for year, call, country, agency, action, key, number in _LIFELONG.findall(text):
        yield f"ref:{year}-{call}-{country.upper()}{agency}-{action.upper()}{key}-{number.zfill(5)}"
    for action, year, number in _SHORT.findall(text):
        yield f"ref:KA{action}-{year}-{number}"
    for number, programme in _CENTRAL.findall(text):
        yield f"ref:{number}-{programme.upper()}"
    for reference in _LLP.findall(text):
        yield "ref:" + "-".join(re.findall(r"[A-Z0-9]+", reference.upper()))


def _listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item) for item in values if isinstance(item, str | int) and not isinstance(item, bool)]


def _texts(value: Any) -> list[str]:
    texts = value.values() if isinstance(value, dict) else [value]
    return [text for text in texts if isinstance(text, str)]
