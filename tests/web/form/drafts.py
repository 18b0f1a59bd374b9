"""Records to be typed into the form, and a page to begin one from."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tests.web.desk_site import begin, send_form

WHOLE = {
    "type": "GoodPractice",
    "title:": "Blind learners bake in Lyon",
    "summary:": "Four blind learners worked in a bakery.\r\nA guide went with them.",
    "language": "en",
    "source": "https://example.org/lyon",
}
RICH: dict[str, Any] = {
    "id": "rich",
    "type": "GoodPractice",
    "title": {"de": "Gehörlose backen in Lyon", "en": "Deaf bakers in Lyon"},
    "summary": {"de": "Vier Lernende. Drei Wochen.", "en": "Four learners. Three weeks."},
    "language": "de",
    "source": "https://example.org/rich",
    "checked": "2026-11-22",
    "certainty": "read",
    "ourTranslation": ["en"],
    "furtherSource": [{"url": "https://example.org/more", "language": "fr", "checked": "2026-11-20"}],
    "published": "2023-05",
    "organisation": [
        {"name": "Berufsschule, Bremen", "role": "sender", "country": ["DE", "GR"]},
        {"name": "Boulangerie"},
    ],
    "country": ["DE", "FR"],
    "destination": ["FR"],
    "nuts": ["DE5", "DE50"],
    "place": "Lyon; old town",
    "start": "2021",
    "end": "2021-05-14",
    "sector": ["vet"],
    "programme": ["erasmus-2021"],
    "projectReference": ["2018-1-DE02-KA202-005220", "2019-1"],
    "mobilityType": ["vet-group"],
    "targetGroup": ["deaf-people"],
    "addresses": ["eplus-2021.disability-sensory", "eplus-2014.disability"],
    "measure": ["mentoring"],
    "figure": [{"value": 4.5, "what": {"en": "weeks", "de": "Wochen"}, "year": "2021", "qualifier": "about"}],
    "outcome": {"de": "Alle blieben."},
    "text": {"de": "Eine Zeile.\nNoch eine.\n\nUnd eine."},
    "phase": ["during"],
    "inLanguage": ["de", "fr"],
    "licence": "https://creativecommons.org/licenses/by/4.0/",
    "duration": "PT3H",
}
PAGE = """<html lang="en"><head><title>Blind learners bake in Lyon</title></head><body><article>
<h1>Blind learners bake in Lyon</h1><p>Four blind learners of a vocational school in Poland worked in a bakery in Lyon,
France, for three weeks in May 2023. A mentor went with them, and sign language interpreting was there too.</p>
<p>The project was paid by Erasmus+. All four finished the placement, and two of them were offered a job at home.</p>
</article></body></html>"""


def of_whole(site: TestClient, browser: TestClient, **more: Any) -> str:
    """A draft with the six fields that a record needs."""
    key = begin(browser)
    assert send_form(browser, key, **(WHOLE | more)).status_code == 303
    return key


@contextmanager
def page_of_a_project(folder: Path) -> Iterator[str]:
    """The address of a project's page on a server of its own."""
    (folder / "lyon.html").write_text(PAGE, encoding="utf-8")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/lyon.html"
    server.shutdown()
