"""Who sends a request, what they may, and whether they meant to send it."""

import hmac

from fastapi import FastAPI, Request

from ..forms import Form, Upload, check_origin, read_form, read_form_with_files, surely_own
from ..problems import ProblemError, SendAgainError
from .keys import PREFIX, Session
from .roles import VISITOR, Person, Role
from .store import Accounts

LEFT = "somebody who has left"
_SAFE = ("GET", "HEAD", "OPTIONS")


def accounts_of(request: Request) -> Accounts:
    """The accounts of this site."""
    made: Accounts = request.app.state.accounts
    return made


def person_of(request: Request) -> Person:
    """Who sends a request: by a token, if one comes with it, else by the cookie of a session; else a visitor."""
    return _known(request)[0]


def session_of(request: Request) -> Session | None:
    """The session that a request belongs to."""
    return _known(request)[1]


def need(request: Request, role: Role, scope: str = "") -> Person:
    """The person behind a request, who must have a role; with a token, one that is for this scope.

    Raises:
        ProblemError: 401 for a visitor (a page then leads to the sign-in), 403 for who may not.

    """
    person = person_of(request)
    if not person.id:
        raise ProblemError(401, "Sign in to do this; a program sends a token: Authorization: Bearer gw_….")
    if person.scopes is None and request.method not in _SAFE:
        check_origin(request)
    if person.scopes is not None and scope not in person.scopes:
        wanted = f"one that is for “{scope}” can" if scope else "sign in with a browser instead"
        raise ProblemError(403, f"This token cannot do this; {wanted}.")
    if person.role < role:
        raise ProblemError(403, f"This needs the role of {_article(role)}; yours is {person.role.label}.")
    return person


async def posted(request: Request, most: int = 1_000_000) -> Form:
    """The form that a page of this site sent, no larger than `most` bytes.

    Raises:
        ProblemError: another site sent it, the session's token is missing or wrong, or it cannot be read.

    """
    check_origin(request)
    form = await read_form(request, most)
    _check_csrf(request, form)
    return form


async def posted_files(request: Request, most: int) -> tuple[Form, list[Upload]]:
    """The form that a page of this site sent, with its files, which together have at most `most` bytes.

    The files are on disk until the request has been answered; move those that are needed longer.

    Raises:
        ProblemError: as `posted` does.

    """
    check_origin(request)
    form, files = await read_form_with_files(request, most)
    _check_csrf(request, form)
    return form, files


def csrf_field(request: Request) -> str:
    """What the hidden field `csrf` of a form holds: it belongs to the session, and is empty for a visitor."""
    session = session_of(request)
    return accounts_of(request).mac("csrf", session.digest) if session else ""


def name_of(where: FastAPI | Request, person_id: str) -> str:
    """What a person is called; for those who have left, that they have."""
    app: FastAPI = where.app if isinstance(where, Request) else where
    found = app.state.accounts.account(person_id) if person_id else None
    return found.name if found else LEFT


def log(request: Request, what: str, about: str = "", detail: str = "", by: str = "") -> None:
    """Write into the audit log what somebody did; by default who sends the request."""
    request.app.state.desk.log(by or person_of(request).id, what, about, detail)


def is_secure(request: Request) -> bool:
    """Whether visitors reach the site over https."""
    site_url: str = request.app.state.site.workspace.settings.site_url
    return request.url.scheme == "https" or site_url.startswith("https://")


def cookie_name(request: Request, suffix: str = "") -> str:
    """The name of a cookie; over https one that no other host can set (RFC 6265bis, section 4.1.3.2)."""
    return f"{'__Host-' if is_secure(request) else ''}goodways{suffix}"


def address_of(request: Request) -> str:
    """Where a request comes from, of IPv6 the network that one household has."""
    host = request.client.host if request.client else ""
    return ":".join(host.split(":")[:4]) if ":" in host else host


def _known(request: Request) -> tuple[Person, Session | None]:
    known: tuple[Person, Session | None] | None = getattr(request.state, "known", None)
    if known is None:
        request.state.known = VISITOR, None  # also for the page that says it, where the accounts cannot be read
        known = request.state.known = _found(request)
    return known


def _found(request: Request) -> tuple[Person, Session | None]:
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        token = accounts_of(request).token(text.strip()) if text.strip().startswith(PREFIX) else None
        return (token[1].as_person(token[0].scopes), None) if token else (VISITOR, None)
    key = request.cookies.get(cookie_name(request), "")
    found = accounts_of(request).session(key) if key else None
    account = accounts_of(request).account(found[1]) if found else None
    return (account.as_person(), found[0]) if found and account else (VISITOR, None)


def _check_csrf(request: Request, form: Form) -> None:
    """A visitor has nothing that another site could use; a token is not sent by a browser on its own."""
    if session_of(request) is None:
        return
    if not hmac.compare_digest(form.one("csrf").encode(), csrf_field(request).encode()):
        detail = "Your session has changed since this page was opened, so nothing was done yet."
        raise SendAgainError(403, detail, form.items if surely_own(request) else [])


def _article(role: Role) -> str:
    return f"{'an' if role.label[0] in 'aeiou' else 'a'} {role.label}"
