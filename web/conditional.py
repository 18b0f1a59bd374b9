"""Validators and conditional requests (RFC 9110, sections 8.8 and 13): what a client has already is not sent again."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response

from .accounts import person_of

_ROOM = Path(__file__).parent
_STARTED = datetime.now(UTC)


def conditional(
    request: Request,
    identity: tuple[object, ...],
    modified: datetime | None,
    make: Callable[[], Response],
    headers: dict[str, str],
) -> Response:
    """The answer that `make` gives, or 304 where the client has it.

    Args:
        request: what was asked.
        identity: all that the bytes of the answer depend on beside the program: two answers with the same identity
            are the same bytes, so the entity tag is a strong one.
        modified: when the content last changed; None where the answer also depends on the program and on things
            without a time, which counts as at the later of the last change of the data and the start of this process.
        make: makes the answer; not called where it is not needed.
        headers: those of the answer and of a 304 alike.

    """
    if person_of(request).id:  # a page names who is signed in, and is kept nowhere
        answer = make()
        answer.headers.update(headers)
        return answer
    when = modified or max(request.app.state.site.workspace.changed(), _STARTED)
    tag = '"' + hashlib.sha256(repr((*identity, _program())).encode()).hexdigest()[:32] + '"'
    answer = Response(status_code=304) if _has(request, tag, when) else make()
    if answer.status_code in (200, 304):
        answer.headers.update(
            {"ETag": tag, "Last-Modified": format_datetime(when, usegmt=True), "Cache-Control": "no-cache"}
        )
    answer.headers.update(headers)
    return answer


def _has(request: Request, tag: str, when: datetime) -> bool:
    """Whether the client has this answer; a date counts only where it names no tag (RFC 9110, section 13.2.2)."""
    if (known := request.headers.get("if-none-match")) is not None:
        return known.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in known.split(",")]
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (ValueError, OverflowError):
        return False
    return since.replace(tzinfo=since.tzinfo or UTC) >= when.replace(microsecond=0)


@cache
def _program() -> str:
    """A digest of what makes pages and data: the modules of every room, and the templates."""
    digest = hashlib.sha256()
    for path in sorted(
        [*_ROOM.glob("*.json"), *_ROOM.glob("templates/*"), *_ROOM.glob("static/*"), *_ROOM.parent.glob("*/*.py")]
    ):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
