"""The page of one's own account: name, password, where one is signed in, tokens."""

from datetime import UTC, datetime, time

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from kg import InputError

from ..forms import Form
from ..problems import ProblemError
from ..templates import page
from . import passwords
from .access import accounts_of, address_of, cookie_name, is_secure, log, need, posted, session_of
from .browsers import in_words
from .openid_pages import way_to_link
from .people import Account, clean_text
from .roles import SCOPES, Role, scopes_for
from .signing import MOST_FORM, check_new_password, set_session, settings_of
from .store import NOT_RIGHT, LockedError

router = APIRouter(include_in_schema=False)
_DAY = "%Y-%m-%d"


@router.get("/account")
def account_page(request: Request) -> Response:
    """What belongs to somebody's account."""
    return _page(request)


@router.post("/account/name")
async def rename(request: Request) -> Response:
    """Be called something else."""
    account, form = await _own(request)
    try:
        accounts_of(request).rename(account.id, form.one("name"))
    except InputError as error:
        return _page(request, "name", str(error))
    return _done("name")


@router.post("/account/password")
async def new_password(request: Request) -> Response:
    """Take another password: it ends every session, and this one goes on with a new key."""
    account, form = await _own(request)
    try:
        await _must_know_password(request, account, form.one("current"))
        check_new_password(settings_of(request), form, account.login, account.name)
    except (InputError, LockedError) as error:
        return _page(request, "password", str(error), error)
    stored = await run_in_threadpool(passwords.hashed, form.one("password"))
    accounts = accounts_of(request)
    accounts.set_password(account.id, stored)
    log(request, "password changed", account.id)
    made = _done("password")
    set_session(
        request, made, accounts.start_session(account.id, in_words(request.headers.get("user-agent", "")))
    )  # fmt: skip
    return made


@router.post("/account/sessions")
async def end_sessions(request: Request) -> Response:
    """Sign out elsewhere: in one browser, or in all but this one."""
    account, form = await _own(request)
    accounts, own = accounts_of(request), session_of(request)
    if form.one("end") == "others":
        accounts.end_sessions(account.id, own.id if own else "")
    else:
        accounts.end_session(account.id, form.one("end"))
    log(request, "session ended", account.id)
    return _done("sessions")


@router.post("/account/tokens")
async def make_token(request: Request) -> Response:
    """Make a token, and show it this once."""
    account, form = await _own(request)
    try:
        await _must_know_password(request, account, form.one("current"))
        token = accounts_of(request).make_token(
            account, form.one("name"), form.all("scope"), _end_of(form.one("ends"))
        )  # fmt: skip
    except (InputError, LockedError) as error:
        return _page(request, "tokens", str(error), error, form=form)
    log(request, "token made", account.id, ", ".join(form.all("scope")))
    return _page(request, token=token)


@router.post("/account/openid")
async def prove_before_link(request: Request) -> Response:
    """Ask for the password before somebody can sign in through the provider too."""
    account, form = await _own(request)
    try:
        await _must_know_password(request, account, form.one("current"))
    except (InputError, LockedError) as error:
        return _page(request, "openid", str(error), error)
    return _page(request, "openid", way=way_to_link(request))


@router.post("/account/tokens/end")
async def end_token(request: Request) -> Response:
    """End a token."""
    account, form = await _own(request)
    accounts_of(request).end_token(account.id, form.one("token"))
    log(request, "token ended", account.id)
    return _done("tokens")


@router.post("/account/close")
async def close(request: Request) -> Response:
    """Close one's own account."""
    account, form = await _own(request)
    try:
        await _must_know_password(request, account, form.one("current"))
        accounts_of(request).close(account.id)
    except (InputError, LockedError) as error:
        return _page(request, "close", str(error), error)
    log(request, "account closed", account.id, "by its owner")
    made = RedirectResponse("/", 303)
    made.delete_cookie(cookie_name(request), secure=is_secure(request), httponly=True, samesite="lax")
    return made


async def _own(request: Request) -> tuple[Account, Form]:
    person = need(request, Role.CONTRIBUTOR)
    form = await posted(request, MOST_FORM)
    account = accounts_of(request).account(person.id)
    if not account:
        raise ProblemError(401, "This account has been closed.")
    return account, form


async def _must_know_password(request: Request, account: Account, password: str) -> None:
    """Somebody at an open browser is not yet its owner; guesses count as those at the sign-in do."""
    if not account.password:
        return
    try:
        await run_in_threadpool(accounts_of(request).sign_in, account.login, password, address_of(request))
    except InputError as error:
        raise InputError("Your password now is not this one." if str(error) == NOT_RIGHT else str(error)) from error


def _end_of(day: str) -> float:
    try:
        return datetime.combine(datetime.strptime(day, _DAY).date(), time.max, UTC).timestamp()
    except ValueError as error:
        raise InputError("Choose the day on which the token ends.") from error


def _done(section: str) -> RedirectResponse:
    return RedirectResponse(f"/account?done={section}#{section}", 303)


def _page(
    request: Request,
    section: str = "",
    error: str = "",
    kind: Exception | None = None,
    *,
    token: str = "",
    way: str = "",
    form: Form | None = None,
) -> Response:
    person = need(request, Role.CONTRIBUTOR)
    accounts, own, settings = accounts_of(request), session_of(request), settings_of(request)
    account = accounts.account(person.id)
    if not account or not own:
        raise ProblemError(403, "This page is for somebody who signed in with a browser.")
    now = accounts.clock()
    status = 429 if isinstance(kind, LockedError) else 422 if error else 200
    made = page(
        request,
        "account.html",
        status,
        account=account,
        has_password=bool(account.password),
        sessions=[(s, _when(s.made), _when(s.used), s.id == own.id) for s in accounts.sessions(person.id)],
        tokens=[
            (t, _day(t.ends), _when(t.used) if t.used else "", sorted(t.scopes)) for t in accounts.tokens(person.id)
        ],
        scopes=[(scope, SCOPES[scope][1]) for scope in scopes_for(account.role)],
        chosen=form.all("scope") if form else [],
        token_name=clean_text(form.one("name"), 60) if form else "",
        first_day=_day(now + 86_400),
        last_day=_day(now + 365 * 86_400),
        usual_day=_day(now + 90 * 86_400),
        settings=settings,
        linked=settings.oidc_issuer in accounts.identities(person.id),
        done=request.query_params.get("done", "") if not error else "",
        section=section,
        error=error,
        token=token,
        way=way,
    )
    if isinstance(kind, LockedError):
        made.headers["Retry-After"] = str(kind.retry_after)
    return made


def _when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(_DAY)
