"""The audit log as administrators read it. It has no form: nothing of it can be changed here."""

import csv
import io
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from kg.audit import Entry
from kg.export import harmless

from ..accounts import Role, name_of, need
from ..pages import LANGUAGE
from ..templates import page
from .office import office_of
from .words import moment

PAGE = 100
"""Lines a page."""
router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/desk/audit")
def audit(request: Request) -> Response:
    """Who did what and when, the newest first, by person or by thing."""
    need(request, Role.ADMINISTRATOR)
    desk, chosen, before = office_of(request).desk, _chosen(request), _before(request)
    entries = desk.audit(by=chosen["by"], about=chosen["about"], limit=PAGE + 1, before=before)
    people = {account.id: account.name for account in request.app.state.accounts.accounts()}
    older = entries[PAGE - 1].number if len(entries) > PAGE else None
    return page(
        request,
        "desk_audit.html",
        entries=[_row(request, entry) for entry in entries[:PAGE]],
        chosen=chosen,
        person=name_of(request, chosen["by"]) if chosen["by"] else "",
        people=sorted(people.items(), key=lambda found: found[1].casefold()),
        older=_link("/desk/audit", **chosen, before=older) if older else "",
        newest=_link("/desk/audit", **chosen) if before else "",
        download=_link("/desk/audit.csv", **chosen),
        broken=desk.broken_audit(),
        is_filtered=any(chosen.values()),
    )


@router.get("/desk/audit.csv")
def audit_as_table(request: Request) -> Response:
    """The same lines as a table; formulas are made harmless for spreadsheets."""
    need(request, Role.ADMINISTRATOR)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("number", "time", "person", "name", "what", "about", "detail"))
    chosen = _chosen(request)
    for entry in office_of(request).desk.audit(by=chosen["by"], about=chosen["about"], limit=1_000_000):
        row = (entry.at.isoformat(), entry.by, _who(request, entry), entry.what, entry.about, entry.detail)
        writer.writerow([entry.number, *map(harmless, row)])
    headers = {"Content-Disposition": 'attachment; filename="goodways-audit.csv"'}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _row(request: Request, entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": moment(entry.at, LANGUAGE),
        "by": entry.by,
        "who": _who(request, entry),
        "what": entry.what,
        "about": entry.about,
        "detail": entry.detail,
    }


def _who(request: Request, entry: Entry) -> str:
    return name_of(request, entry.by) if entry.by else "nobody who was signed in"


def _chosen(request: Request) -> dict[str, str]:
    return {name: request.query_params.get(name, "").strip()[:200] for name in ("by", "about")}


def _before(request: Request) -> int | None:
    given = request.query_params.get("before", "")
    return int(given) if given.isascii() and given.isdecimal() and 0 < len(given) < 18 else None


def _link(path: str, **parameters: str | int | None) -> str:
    given = {name: value for name, value in parameters.items() if value}
    return f"{path}?{urlencode(given)}" if given else path
