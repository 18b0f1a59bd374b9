"""A person at the desk of a site of a test."""

import re
from typing import Any

from starlette.testclient import TestClient

from kg.desk import Draft
from web.accounts import Role

from .desk_site import desk_of
from .people import accounts_at, csrf, signed_in

FIELDS: dict[str, Any] = {
    "id": "sailing",
    "type": "GoodPractice",
    "title": {"en": "Young sailors learn in Split"},
    "summary": {"en": "Ten young people from islands sailed for three weeks. All of them got a certificate."},
    "language": "en",
    "source": "https://example.org/sailing",
    "country": ["HR"],
    "targetGroup": ["islanders"],
}
"""A record that passes every check."""


class Someone:
    """A person with a role and a browser."""

    def __init__(self, site: TestClient, role: Role) -> None:
        self.browser = signed_in(site, role)
        found = re.search(r'<a href="/account"[^>]*>([^<]+)</a>', self.browser.get("/about").text)
        assert found
        self.name = found[1]
        self.id = next(one.id for one in accounts_at(site).accounts() if one.name == self.name)
        self.desk = desk_of(site)

    def get(self, path: str) -> Any:
        return self.browser.get(path)

    def post(self, path: str, **fields: Any) -> Any:
        return self.browser.post(path, data={"csrf": csrf(self.browser), **fields})

    def do(self, draft: Draft, what: str, **fields: Any) -> Any:
        """Press a button of the page on which the draft is reviewed, as it is now."""
        now = self.desk.draft(draft.key).number
        return self.post(f"/desk/draft/{draft.key}/review", **{"do": what, "on": now} | fields)

    def begin(self, **fields: Any) -> Draft:
        """A draft with an id of its own."""
        draft = self.desk.begin(FIELDS | {"id": ""} | fields, self.id)
        if draft.record:
            return draft
        named = draft.fields | {"id": f"sailing-{draft.key.removeprefix('d-')}"}
        return self.desk.save(draft.key, named, self.id, 1).draft
