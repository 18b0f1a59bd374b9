"""What signing in by a password and through a provider have in common."""

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from kg import InputError, Settings

from ..forms import Form
from . import passwords
from .access import accounts_of, cookie_name, is_secure, log, person_of, session_of
from .browsers import in_words
from .people import Account

MOST_FORM = 20_000
"""Bytes of a form on the pages of accounts."""


def settings_of(request: Request) -> Settings:
    """The settings of this site."""
    settings: Settings = request.app.state.site.workspace.settings
    return settings


def signed_in(request: Request, account: Account, back: str) -> Response:
    """Start a session with a new key, end the one that the browser had, and go on."""
    accounts, old = accounts_of(request), session_of(request)
    if old:
        accounts.end_session(person_of(request).id, old.id)
    key = accounts.start_session(account.id, in_words(request.headers.get("user-agent", "")))
    log(request, "signed in", account.id, by=account.id)
    made = RedirectResponse(back, 303)
    set_session(request, made, key)
    return made


def set_session(request: Request, response: Response, key: str) -> None:
    """Give the browser the key of its session; it forgets it when it is closed."""
    response.set_cookie(cookie_name(request), key, secure=is_secure(request), httponly=True, samesite="lax")


def check_new_password(settings: Settings, form: Form, *about: str) -> None:
    """Refuse a new password that is typed differently twice, or that others would guess.

    Raises:
        InputError: with the sentence.

    """
    if form.one("password") != form.one("again"):
        raise InputError("The two passwords are not the same; type the same one twice.")
    passwords.check(form.one("password"), settings.password_least, *about)
