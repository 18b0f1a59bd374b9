"""Looks at a page as different people have it, and keeps a picture where `GOODWAYS_PICTURES` names a folder."""

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_DESK, _PHONE = 1280, 320


def looked_at(page: Page, name: str = "", axe: bool = True) -> None:
    """axe finds nothing in light at a desk and in dark on a phone, and nothing is wider than 320 pixels."""
    for scheme, width in (("light", _DESK), ("dark", _PHONE)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        if axe:
            result = Axe().run(page)
            assert result.violations_count == 0, f"{name or page.url}: {result.generate_report()}"
        folder = os.environ.get("GOODWAYS_PICTURES")
        if folder and name:
            page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= _PHONE, name or page.url
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": _DESK, "height": 900})
