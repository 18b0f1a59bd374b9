"""A site of three records with people at the desk, for tests of writing."""

import html
import re
from typing import Any
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from kg.desk import Desk, Draft
from tests.web.people import csrf


def desk_of(client: TestClient) -> Desk:
    return client.app.state.desk  # type: ignore[attr-defined,no-any-return]


def begin(browser: TestClient, **given: Any) -> str:
    """Begin with an empty form; the key of the draft."""
    answer = browser.post("/desk/new", data={"csrf": csrf(browser), "way": "blank", **given})
    assert answer.status_code == 303, answer.text
    return key_in(answer)


def key_in(answer: Any) -> str:
    """The key of the draft that an answer sends on to."""
    found = re.match(r"/desk/draft/(d-[0-9a-f]{10})", answer.headers["location"])
    assert found, answer.headers["location"]
    return found[1]


def opened(browser: TestClient, path: str) -> dict[str, list[str]]:
    """Every field of the form on a page, as a browser would send it unchanged."""
    page = browser.get(path)
    assert page.status_code == 200, page.text
    form = page.text.partition('id="record-form"')[2].partition("</form>")[0]
    assert form, "there is no form on this page"
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input [^>]*>", form):
        parts = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if "name" not in parts or (parts["type"] in ("checkbox", "radio") and not re.search(r" checked\b", tag)):
            continue
        found.setdefault(parts["name"], []).append(html.unescape(parts.get("value", "")))
    for name, text in re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        found.setdefault(name, []).append(html.unescape(text))
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options)
        found.setdefault(name, []).append(html.unescape(chosen[0] if chosen else ""))
    return found


def send_form(browser: TestClient, key: str, do: str = "save", **changed: Any) -> Any:
    """Open the form, change some fields as a person does, and press a button."""
    fields = opened(browser, f"/desk/draft/{key}") | {"do": [do]}
    return browser.post(f"/desk/draft/{key}", data=fields | spelled(changed))


def spelled(changed: dict[str, Any]) -> dict[str, Any]:
    """Names of fields as they are in the form: `title__de` is `title:de`, `figure_1__value` is `figure-1.value`."""
    return {re.sub(r"_(\d)__", r"-\1.", name).replace("__", ":"): value for name, value in changed.items()}


def draft_of(client: TestClient, key: str) -> Draft:
    return desk_of(client).draft(key)


def path_of(answer: Any) -> str:
    return urlsplit(answer.headers["location"]).path
