"""Who may change the graph in SPARQL: nobody, unless the installation knows the token that comes with the request."""

import hashlib
import hmac

from fastapi import Request

from .problems import ProblemError


def must_be_allowed_to_write(request: Request) -> None:
    """Let a request pass that may write.

    Raises:
        ProblemError: 403 where nobody may, 401 where this one may not.

    """
    known = request.app.state.site.workspace.settings.update_tokens.split()
    if not known:
        raise ProblemError(403, "Updates are not allowed here; this endpoint answers queries.")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    digest = hashlib.sha256(token.strip().encode()).hexdigest()
    if scheme.lower() != "bearer" or not any(hmac.compare_digest(digest, one.lower()) for one in known):
        raise ProblemError(401, "To change the graph, send a token that may: Authorization: Bearer ….")
