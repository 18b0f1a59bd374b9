"""The administrators' page: who has an account, who asks for one, who may what."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from kg import InputError

from ..forms import Form
from ..templates import page
from .access import accounts_of, log, need, person_of, posted
from .roles import GIVEN, Role
from .signing import MOST_FORM

router = APIRouter(include_in_schema=False)


@router.get("/accounts")
def people(request: Request) -> Response:
    """Everybody, and everybody who asks."""
    return _page(request)


@router.post("/accounts/requests")
async def decide(request: Request) -> Response:
    """Accept somebody who asked for an account, or turn them down."""
    form, accounts = await _form(request), accounts_of(request)
    try:
        if form.one("do") == "accept":
            made = accounts.accept(form.one("request"), Role.of(form.one("role")))
            log(request, "account made", made.id, made.role.label)
        else:
            accounts.turn_down(form.one("request"))
            log(request, "request turned down", form.one("request")[:12])
    except InputError as error:
        return _page(request, str(error))
    return RedirectResponse("/accounts", 303)


@router.post("/accounts/role")
async def change_role(request: Request) -> Response:
    """Give somebody another role."""
    form = await _form(request)
    try:
        role, person_id = Role.of(form.one("role")), form.one("person")
        before = accounts_of(request).set_role(person_id, role)
    except InputError as error:
        return _page(request, str(error))
    log(request, "role changed", person_id, f"{before.label} to {role.label}")
    return RedirectResponse("/accounts", 303)


@router.post("/accounts/sessions")
async def sign_out_everywhere(request: Request) -> Response:
    """End every session of somebody."""
    form = await _form(request)
    accounts_of(request).end_sessions(form.one("person"))
    log(request, "sessions ended", form.one("person")[:12])
    return RedirectResponse("/accounts", 303)


@router.post("/accounts/close")
async def close(request: Request) -> Response:
    """Close somebody's account."""
    form = await _form(request)
    try:
        accounts_of(request).close(form.one("person"))
    except InputError as error:
        return _page(request, str(error))
    log(request, "account closed", form.one("person"))
    return RedirectResponse("/accounts", 303)


async def _form(request: Request) -> Form:
    need(request, Role.ADMINISTRATOR)
    return await posted(request, MOST_FORM)


def _page(request: Request, error: str = "") -> Response:
    need(request, Role.ADMINISTRATOR)
    accounts, sought = accounts_of(request), request.query_params.get("q", "")[:80]
    return page(
        request,
        "account_people.html",
        422 if error else 200,
        people=accounts.accounts(sought),
        requests=accounts.requests(),
        roles=GIVEN,
        own=person_of(request).id,
        sought=sought,
        error=error,
    )
