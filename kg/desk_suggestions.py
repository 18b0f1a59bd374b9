"""What was suggested for a draft: kept beside it and never in it, until a person has taken it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .audit import AuditLog

_TABLES = """
CREATE TABLE IF NOT EXISTS suggestion (key TEXT NOT NULL, number INTEGER NOT NULL, content TEXT NOT NULL,
    taken INTEGER, PRIMARY KEY (key, number));
"""


@dataclass(frozen=True)
class Suggestion:
    """A value that a record may hold, with what led to it."""

    number: int
    """Within the draft."""
    field: str
    """In the record format."""
    value: Any
    label: str
    """The value for people."""
    sentence: str
    """What the source says that led to it."""
    page: int | None
    why: str


class Suggestions(AuditLog):
    """The suggestions of drafts, and what people made of them."""

    def __init__(self, path: Path, tables: str = "") -> None:
        super().__init__(path, _TABLES + tables)

    def suggest(self, key: str, found: Iterable[Mapping[str, Any]]) -> None:
        """Keep suggestions for a draft; each has the names of `Suggestion`, less its number."""
        with self._writing() as db:
            last = db.execute("SELECT MAX(number) FROM suggestion WHERE key = ?", (key,)).fetchone()[0] or 0
            rows = [(key, last + n, json.dumps(dict(one), ensure_ascii=False)) for n, one in enumerate(found, 1)]
            db.executemany("INSERT INTO suggestion VALUES (?, ?, ?, NULL)", rows)

    def suggestions(self, key: str) -> list[Suggestion]:
        """Those of a draft that nobody has decided on."""
        query = "SELECT number, content FROM suggestion WHERE key = ? AND taken IS NULL ORDER BY number"
        with self._reading() as db:
            rows = db.execute(query, (key,)).fetchall()
        return [_suggestion(number, json.loads(content)) for number, content in rows]

    def decide(self, key: str, numbers: Iterable[int], *, taken: bool) -> None:
        """Note that somebody has taken suggestions into the draft, or does not want them."""
        with self._writing() as db:
            query = "UPDATE suggestion SET taken = ? WHERE key = ? AND number = ? AND taken IS NULL"
            db.executemany(query, [(int(taken), key, number) for number in numbers])


def _suggestion(number: int, content: Mapping[str, Any]) -> Suggestion:
    names = ("label", "sentence", "why")
    return Suggestion(
        number=number,
        field=str(content["field"]),
        value=content["value"],
        page=content.get("page"),
        **{name: str(content.get(name) or "") for name in names},
    )
