"""Signing in, signing out, and asking for an account."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from kg import InputError

from ..forms import Form, local_path
from ..problems import ProblemError, note_refusal
from ..templates import page
from . import account_page, openid_pages, passwords, people_page
from .access import accounts_of, address_of, cookie_name, is_secure, log, person_of, posted, session_of
from .people import clean_login, clean_name
from .roles import Role
from .signing import MOST_FORM, check_new_password, settings_of, signed_in
from .store import LockedError

router = APIRouter(include_in_schema=False)
router.include_router(account_page.router)
router.include_router(people_page.router)
router.include_router(openid_pages.router)


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    """The form to sign in."""
    back = local_path(request.query_params.get("next", "/"))
    if person_of(request).id:
        return RedirectResponse(back, 303)
    return _sign_in(request, back)


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Sign somebody in by name and password."""
    form = await posted(request, MOST_FORM)
    back, accounts = local_path(form.one("next")), accounts_of(request)
    try:
        account = await run_in_threadpool(
            accounts.sign_in, form.one("login"), form.one("password"), address_of(request)
        )
    except LockedError as error:
        log(request, "sign-in slowed down", detail="too many attempts")
        made = _sign_in(request, back, form.one("login"), str(error), error.status)
        made.headers["Retry-After"] = str(error.retry_after)
        return made
    except InputError as error:
        note_refusal(request, str(error))
        return _sign_in(request, back, form.one("login"), str(error), 403)
    return await run_in_threadpool(signed_in, request, account, back)


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session."""
    await posted(request, MOST_FORM)
    session, person = session_of(request), person_of(request)
    if session:
        accounts_of(request).end_session(person.id, session.id)
        log(request, "signed out", person.id, by=person.id)
    made = RedirectResponse("/", 303)
    made.delete_cookie(cookie_name(request), secure=is_secure(request), httponly=True, samesite="lax")
    made.headers["Clear-Site-Data"] = '"cache"'
    return made


@router.get("/sign-up")
def sign_up_page(request: Request) -> Response:
    """The form to ask for an account."""
    return _sign_up(request, Form([]))


@router.post("/sign-up")
async def sign_up(request: Request) -> Response:
    """Put down that somebody asks for an account. The answer is the same whether or not the name is taken."""
    form = await posted(request, MOST_FORM)
    settings = settings_of(request)
    if settings.sign_up == "closed":
        return _sign_up(request, form, "", 403)
    try:
        login, name = clean_login(form.one("login")), clean_name(form.one("name"))
        check_new_password(settings, form, login, name)
        accounts_of(request).count_attempt({"ask": address_of(request)})
    except (InputError, LockedError) as error:
        made = _sign_up(request, form, str(error), 429 if isinstance(error, LockedError) else 422)
        if isinstance(error, LockedError):
            made.headers["Retry-After"] = str(error.retry_after)
        return made
    await run_in_threadpool(_ask, request, login, name, form)
    return page(request, "account_asked.html", approval=settings.sign_up == "approval")


def _ask(request: Request, login: str, name: str, form: Form) -> None:
    accounts, stored = accounts_of(request), passwords.hashed(form.one("password"))
    if settings_of(request).sign_up == "approval":
        if not accounts.ask(login, name, form.one("about"), stored):
            raise ProblemError(503, "Many people wait for an account at the moment; ask again in a few days.")
        return
    try:
        made = accounts.add(login, name, Role.CONTRIBUTOR, stored)
    except InputError:
        return  # taken: the answer tells nobody
    log(request, "account made", made.id, Role.CONTRIBUTOR.label, by=made.id)


def _sign_in(request: Request, back: str, login: str = "", error: str = "", status: int = 200) -> Response:
    return page(
        request, "sign_in.html", status, next=back, login=login[:200], error=error, settings=settings_of(request)
    )  # fmt: skip


def _sign_up(request: Request, form: Form, error: str = "", status: int = 200) -> Response:
    return page(request, "sign_up.html", status, form=form, error=error, settings=settings_of(request))
