"""What is done to a cell before it becomes the value of a field; mappings call these by their names."""

import re
from collections.abc import Callable
from urllib.parse import quote

from .dates import misread_year, read_date
from .words import region_today, words

Transform = Callable[[str, str, str], str | int | float]
"""The text of a cell, the field that it is for, and the order of days and months of its column."""

_YES = frozenset(
    re.findall(
        r"\S+", "yes y true 1 x ja oui sí si sim sì da tak ano áno igen taip jā jah kyllä joo ναι да iva tá wahr vrai"
    )
)
_NO = frozenset(re.findall(r"\S+", "no n false 0 nein non não nie ne nem nej nee ei nē nu όχι не le níl falsch faux"))
_WEB = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"(www\.)?[\w-]+(\.[\w-]+)*\.[a-z]{2,}([/?#]\S*)?", re.IGNORECASE)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_text(said: str, _field: str, _order: str) -> str:
    """The text with what exports put before it, so that no spreadsheet takes it for a formula, taken away."""
    return said[1:] if said[:1] == "'" and said[1:2] in _FORMULA else said


def as_title(said: str, field: str, order: str) -> str:
    """A title in which no space stands before a colon."""
    return re.sub(r"\s+:\s+", ": ", as_text(said, field, order))


def as_code(said: str, field: str, _order: str) -> str:
    """A code, or a name in any of the 24 languages."""
    return words(field).code(said)


def as_region(said: str, _field: str, _order: str) -> str:
    """A NUTS code of today, for one of today or of 2021, or for a name that only one region has."""
    return region_today(said)


def as_date(said: str, _field: str, order: str) -> str:
    """A date in the form of the record format; a year that a spreadsheet has shown as a day of 1905 is that year."""
    found = read_date(said, order)
    return misread_year(found) or found


def as_address(said: str, _field: str, _order: str) -> str:
    """A web address, whole; spaces in it are written as web addresses do."""
    text = said.strip().strip("<>")
    if not _WEB.match(text) and _HOST.fullmatch(text):
        text = f"https://{text}"
    return re.sub(r"\s+", lambda found: quote(found[0]), text)


def as_doi_or_address(said: str, field: str, order: str) -> str:
    """A web address, also for a DOI without one."""
    doi = re.fullmatch(r"(?:doi:\s*)?(10\.\d{4,9}/\S+)", said.strip(), re.IGNORECASE)
    return f"https://doi.org/{doi[1]}" if doi else as_address(said, field, order)


def as_number(said: str, _field: str, _order: str) -> int | float:
    """A number; spaces within it are left out."""
    text = re.sub(r"[\s\u00a0\u202f]", "", said)
    if not re.fullmatch(r"[-+]?\d+(\.\d+)?", text):
        raise ValueError("is not a number")
    return float(text) if "." in text else int(text)


def as_yes_or_no(said: str, _field: str, _order: str) -> str:
    """`yes` or `no`, said in any of the 24 languages."""
    text = said.strip().casefold()
    if text in _YES or text in _NO:
        return "yes" if text in _YES else "no"
    raise ValueError("is neither yes nor no")


TRANSFORMS: dict[str, Transform] = {
    "text": as_text,
    "title": as_title,
    "code": as_code,
    "region": as_region,
    "date": as_date,
    "address": as_address,
    "doi-or-address": as_doi_or_address,
    "number": as_number,
    "yes-or-no": as_yes_or_no,
}
"""By the name that mappings use."""
