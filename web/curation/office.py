"""Where a request finds the desk."""

from fastapi import Request

from .publishing import Office


def office_of(request: Request) -> Office:
    """The site and its desk."""
    return Office(request.app.state.site, request.app.state.desk)
