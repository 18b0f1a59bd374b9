"""Who may change the graph in SPARQL: whoever sends a token of an administrator that is for it."""

from fastapi import Request

from .accounts import Role, need, person_of
from .accounts.access import accounts_of
from .problems import ProblemError


def must_be_allowed_to_write(request: Request) -> None:
    """Let a request pass that may write. Signing in is not enough: a browser sends its cookie unasked.

    Raises:
        ProblemError: 403 for a visitor while nobody may, or with a token that is not for this; else 401 without a
            token that is known.

    """
    if "authorization" not in request.headers and not accounts_of(request).somebody_may("update"):
        raise ProblemError(403, "Updates are not allowed here; this endpoint answers queries.")
    if person_of(request).scopes is None:
        raise ProblemError(401, "To change the graph, send a token that may: Authorization: Bearer gw_….")
    need(request, Role.ADMINISTRATOR, "update")
