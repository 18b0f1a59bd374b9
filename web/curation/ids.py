"""Ids of records that are written on the site: made from the title, and free."""

from typing import Any

from ingest.ids import slug
from kg.records import remembered

from .publishing import Office

_LONGEST = 60  # characters
_MOST_TRIES = 1000


def made_from(fields: dict[str, Any]) -> str:
    """The id that a title leads to; of several languages the English one, for it is in Latin letters."""
    title = fields.get("title")
    if isinstance(title, dict):
        title = next((title[code] for code in ("en", str(fields.get("language")), *title) if title.get(code)), "")
    words = slug(str(title or "")).replace(".", "-").replace("_", "-")
    if len(words) > _LONGEST:
        words = words[:_LONGEST].rpartition("-")[0] or words[:_LONGEST]
    words = words.strip("-")
    return words or ("record" if title else "")


def free_id(office: Office, start: str, key: str = "") -> str:
    """An id that no record and no other open draft has.

    Args:
        office: where records and drafts are.
        start: what it is to be, or to begin with.
        key: of the draft, whose own id is free for it.

    """
    published = {version.id for version in remembered(office.site.searcher.store)}
    for number in range(1, _MOST_TRIES):
        name = start if number == 1 else f"{start}-{number}"
        other = office.desk.open_for(name)
        if name not in published and (other is None or other.key == key):
            return name
    return f"{start}-{key.removeprefix('d-')}"
