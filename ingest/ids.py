"""Ids for records whose file gives none: readable, and the same again when the same source is read again."""

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from .identifiers import of_address, of_reference
from .readers.raw import RawRecord

_MARK = re.compile(r"-([0-9a-f]{10})$")
LONGEST = 120


class MadeIds:
    """Ids of the rows of one file; no two are the same."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def of(self, data: dict[str, Any]) -> str:
        """An id from title, year and source, such as `deaf-joiners-in-granada-2021-3f9a2b1c7d`.

        Its last part is a digest of the source's address, else of the project reference, in their normal forms, so that
        it stays when the title is corrected; rows with the same source are told apart by their titles.
        """
        title = _title(data)
        mark = _digest(_origin(data) or title)
        if mark in self._seen:
            mark = _digest(f"{_origin(data)}\n{title}\n{_year(data)}")
        number = 2
        while mark in self._seen:
            mark, number = _digest(f"{mark}\n{number}"), number + 1
        self._seen.add(mark)
        parts = [slug(title)[:60].strip("-.") or "record", _year(data), mark]
        return "-".join(part for part in parts if part)


def mark_of(record_id: str) -> str:
    """The digest at the end of an id that was made here; nothing where it has none."""
    found = _MARK.search(record_id)
    return found[1] if found else ""


def marks(record_ids: Iterable[str]) -> dict[str, str]:
    """Digest -> the id that ends with it: the record that a row with this digest was stored as."""
    return {mark: record_id for record_id in record_ids if (mark := mark_of(record_id))}


def known_again(raw: RawRecord, known: dict[str, str]) -> RawRecord:
    """The raw record under the id that it is stored by, where its own was made here and its title has changed since.

    Args:
        raw: as a reader gives it.
        known: what `marks` makes of the ids that are stored.

    """
    if raw.made_id and (stored := known.get(mark_of(str(raw.data.get("id", ""))))):
        raw.data["id"] = stored
    return raw


def slug(text: str) -> str:
    """A text as a part of an id: Latin letters, digits, `.`, `_` and `-`."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._]+", "-", plain).strip("-._")[:LONGEST].rstrip("-._")


def _title(data: dict[str, Any]) -> str:
    title = data.get("title", "")
    if isinstance(title, dict):
        title = title.get("en") or next(iter(title.values()), "")
    return " ".join(str(title).split())


def _year(data: dict[str, Any]) -> str:
    for field in ("start", "published", "end"):
        if found := re.match(r"\d{4}", str(data.get(field, ""))):
            return found[0]
    return ""


def _origin(data: dict[str, Any]) -> str:
    source = str(data.get("source", ""))
    known = sorted(of_address(source)) if source else []
    references = data.get("projectReference") or []
    for reference in references if isinstance(references, list) else [references]:
        known = known or sorted(of_reference(str(reference)))
    return known[0] if known else source


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:10]
