"""Facets on the results page: trees that unfold as one chooses."""

from urllib.parse import parse_qsl, urlsplit

from starlette.testclient import TestClient

from .markup import Markup


def regions(client: TestClient, address: str) -> dict[str, int]:
    """Codes of the regions that a page offers to choose, with how many records have them."""
    page = Markup(client.get(address, headers={"Accept": "text/html"}).text)
    found = {}
    for link in page.all("a"):
        params = parse_qsl(urlsplit(link["href"]).query)
        codes = [value for name, value in params if name == "region"]
        if "section" in link.inside and "li" in link.inside and codes and not link["aria-current"]:
            number = link.text.rsplit(maxsplit=1)[-1]
            if number.isdigit():
                found["+".join(codes)] = int(number)
    return found


def test_many_regions_show_their_narrower_ones_only_under_what_was_chosen(client: TestClient) -> None:
    everywhere = regions(client, "/search?q=")
    assert "IT" in everywhere
    assert all(len(code) == 2 for code in everywhere)
    in_italy = regions(client, "/search?q=&region=IT")
    assert {"ITC", "ITH"} <= in_italy.keys()


def test_a_narrower_region_takes_the_place_of_the_one_around_it(client: TestClient) -> None:
    in_italy = regions(client, "/search?q=&region=IT")
    assert not any(code.startswith("IT+IT") for code in in_italy)
    total = client.get("/api/v1/search", params={"q": "", "region": "ITH"}).json()["total"]
    assert total == in_italy["ITH"]


def test_a_step_that_holds_the_same_records_is_passed_over(client: TestClient) -> None:
    in_lithuania = regions(client, "/search?q=&region=LT")
    assert "LT0" not in in_lithuania
    assert {"LT01", "LT02"} & in_lithuania.keys()
