"""Pages from Jinja2 templates."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


@cache
def environment() -> Environment:
    """The templates, with translations to dock on."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.loopcontrols"],
    )
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(site_name="Goodways", static_version=_static_version())
    return made


def page(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page in the interface's language."""
    from .accounts import csrf_field, person_of  # accounts refuse by pages

    given = {"lang": "en", "path": request.url.path, "status": status, "here": _here(request)}
    given |= {"me": person_of(request), "csrf": csrf_field(request)} | context
    html = environment().get_template(template).render(given)
    return HTMLResponse(html, status_code=status, headers={"Vary": "Accept-Language, Cookie"})


def _here(request: Request) -> str:
    """The address within the site, to come back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _static_version() -> str:
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:10]
