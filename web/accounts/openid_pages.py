"""To an OpenID provider and back. What must come back stands in a signed cookie that lives for the way only."""

import base64
import hmac
import json
from dataclasses import asdict

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from kg import InputError

from ..forms import check_origin, local_path
from ..problems import ProblemError
from ..templates import page
from .access import accounts_of, cookie_name, is_secure, log, need, person_of, session_of
from .openid import Flow, Known, Provider, ProviderError
from .people import Account
from .roles import GIVEN, Role
from .signing import settings_of, signed_in

router = APIRouter(include_in_schema=False)
_PATH = "/sign-in/openid"
_LONGEST = 600  # seconds of the way there and back
_COOKIE = "-openid"


@router.get(_PATH)
async def away(request: Request) -> Response:
    """Send somebody to the provider."""
    return await _away(request, local_path(request.query_params.get("next", "/")), "")


@router.get("/account/openid")
async def away_to_link(request: Request) -> Response:
    """Send somebody who has just given their password to the provider, to sign in there too from now on."""
    person = need(request, Role.CONTRIBUTOR)
    until, _, seal = request.query_params.get("proof", "").partition(".")
    if not hmac.compare_digest(seal.encode(), _link_seal(request, until).encode()):
        raise ProblemError(403, "Start from the page of your account, which asks for your password first.")
    if float(until) < accounts_of(request).clock():
        raise ProblemError(403, "That took too long; start again from the page of your account.")
    return await _away(request, "/account#openid", person.id)


def way_to_link(request: Request) -> str:
    """The address that sends this browser, and no other, on to the provider; it works for ten minutes.

    A link and no redirect, since what a form leads to has to stay on this site (CSP `form-action`).
    """
    until = f"{accounts_of(request).clock() + _LONGEST:.0f}"
    return f"/account/openid?proof={until}.{_link_seal(request, until)}"


def _link_seal(request: Request, until: str) -> str:
    session = session_of(request)
    return accounts_of(request).mac("link", f"{session.digest if session else ''} {until}")


@router.get(f"{_PATH}/back")
async def back(request: Request) -> Response:
    """Take somebody up who comes back from the provider."""
    given = request.query_params
    try:
        flow, to, link = _read(request)
        if not hmac.compare_digest(given.get("state", "").encode(), flow.state.encode()):
            raise ProviderError("This answer belongs to another sign-in; start again.")
        if "code" not in given:
            raise ProviderError("You were not signed in there.")
        known = await run_in_threadpool(
            _provider(request).known, flow, _redirect_uri(request), given["code"], given.get("iss", "")
        )
        made = await run_in_threadpool(_taken_up, request, known, to, link)
    except (ProviderError, InputError) as error:
        log(request, "sign-in through a provider refused", detail=str(error))
        made = page(
            request, "sign_in.html", 403, next="/", login="", error=str(error), settings=settings_of(request)
        )  # fmt: skip
    made.delete_cookie(cookie_name(request, _COOKIE), secure=is_secure(request), httponly=True, samesite="lax")
    return made


async def _away(request: Request, to: str, link: str) -> Response:
    check_origin(request, "Start from the page to sign in.")
    flow = Flow.new()
    try:
        address = await run_in_threadpool(_provider(request).address, flow, _redirect_uri(request))
    except ProviderError as error:
        raise ProblemError(503, str(error)) from error
    made = RedirectResponse(address, 303)
    made.set_cookie(
        cookie_name(request, _COOKIE), _sealed(request, flow, to, link), _LONGEST,
        secure=is_secure(request), httponly=True, samesite="lax",
    )  # fmt: skip
    return made


def _taken_up(request: Request, known: Known, to: str, link: str) -> Response:
    accounts, settings = accounts_of(request), settings_of(request)
    if link:
        if person_of(request).id != link:
            raise ProviderError("You are not signed in as whom you started; start again.")
        accounts.link(link, known.issuer, known.subject)
        log(request, "provider linked", link)
        return RedirectResponse(to, 303)
    account, role = accounts.account_of_identity(known.issuer, known.subject), _role(known)
    if account:
        return signed_in(request, _with_role(request, account, role), to)
    if role or settings.sign_up == "open":
        account = accounts.add_known(
            known.login, known.name, role or Role.CONTRIBUTOR, known.issuer, known.subject
        )  # fmt: skip
        log(request, "account made", account.id, account.role.label, by=account.id)
        return signed_in(request, account, to)
    if settings.sign_up == "closed":
        raise ProviderError("You have no account here yet; ask whoever runs this site for one.")
    if not accounts.ask(known.login, known.name, "", "", known.issuer, known.subject):
        raise ProviderError("Many people wait for an account at the moment; ask again in a few days.")
    return page(request, "account_asked.html", approval=True)


def _with_role(request: Request, account: Account, role: Role | None) -> Account:
    """The account with the role that the provider says; without that claim, as it is."""
    accounts = accounts_of(request)
    if not role or role == account.role:
        return account
    before = accounts.set_role(account.id, role)
    log(request, "role changed", account.id, f"{before.label} to {role.label}, by the provider", by=account.id)
    return accounts.account(account.id) or account


def _role(known: Known) -> Role | None:
    """The highest of the roles that the provider names and this site has."""
    return max((role for role in GIVEN if role.label in known.role.lower().split()), default=None)


def _provider(request: Request) -> Provider:
    """The provider, kept with what it said of itself.

    Raises:
        ProblemError: 404, there is none.

    """
    settings, state = settings_of(request), request.app.state
    if not settings.oidc_issuer:
        raise ProblemError(404, "There is no other way to sign in here than name and password.")
    found: Provider | None = getattr(state, "openid", None)
    if found is None or found.issuer != settings.oidc_issuer:
        found = state.openid = Provider(settings)
    return found


def _redirect_uri(request: Request) -> str:
    return f"{settings_of(request).site_url.rstrip('/')}{_PATH}/back"


def _sealed(request: Request, flow: Flow, to: str, link: str) -> str:
    accounts = accounts_of(request)
    held = asdict(flow) | {"to": to, "link": link, "until": accounts.clock() + _LONGEST}
    text = base64.urlsafe_b64encode(json.dumps(held).encode()).decode()
    return f"{text}.{accounts.mac('openid', text)}"


def _read(request: Request) -> tuple[Flow, str, str]:
    accounts = accounts_of(request)
    text, _, seal = request.cookies.get(cookie_name(request, _COOKIE), "").partition(".")
    if not hmac.compare_digest(seal.encode(), accounts.mac("openid", text).encode()):
        raise ProviderError("This browser was not sent to the provider from here; start again.")
    held = json.loads(base64.urlsafe_b64decode(text))
    if held["until"] < accounts.clock():
        raise ProviderError("The way there and back took too long; start again.")
    return Flow(held["state"], held["nonce"], held["verifier"]), str(held["to"]), str(held["link"])
