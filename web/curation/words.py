"""How the desk writes times and people."""

from datetime import UTC, datetime

from babel.dates import format_datetime
from fastapi import Request
from rdflib import URIRef

from ..accounts import name_of
from ..format import locale

_PERSON = "person-"


def moment(at: datetime, language: str) -> str:
    """A time to the minute, in UTC."""
    return f"{format_datetime(at.astimezone(UTC), 'd MMMM y, HH:mm', locale=locale(language))} UTC"


def agent_name(request: Request, agent: URIRef | None) -> str:
    """Who an agent of the history is: a person by name, a program by what it does; empty where there is none."""
    name = str(agent or "").rpartition("/")[2]
    if name.startswith(_PERSON):
        return name_of(request, name.removeprefix(_PERSON))
    return f"the program {name}" if name else ""
