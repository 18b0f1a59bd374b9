"""Other repositories come over page by page, a stopped harvest goes on where it was, and nothing hostile gets in."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ingest.fetching import Allowed
from ingest.harvest_mapping import language_code, made_id
from ingest.harvesting import HarvestState, Page, harvest, pages
from ingest.readers import RawRecord
from ingest.record import normalise
from kg import InputError
from tests.conftest import ROOT
from tests.servers import goodways
from web.workspace import Workspace

RECORDS = len(list((ROOT / "corpus").rglob("*.yaml")))
DC = (
    '<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/">{}</oai_dc:dc>'
)


class Host:
    """A server that answers what a test says, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.says: Callable[[str, dict[str, str]], tuple[int, dict[str, str], str]] = lambda *_: (404, {}, "")


@contextmanager
def host() -> Iterator[tuple[Host, str, Allowed]]:
    made = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            arguments = {name: values[0] for name, values in parse_qs(parts.query).items()}
            made.asked.append(arguments | {"path": parts.path})
            status, headers, text = made.says(parts.path, arguments)
            self.send_response(status)
            for name, value in (
                {"Content-Type": "text/xml", "Content-Length": str(len(text.encode()))} | headers
            ).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        place = f"127.0.0.1:{server.server_address[1]}"
        yield made, f"http://{place}", Allowed.named(place)
    finally:
        server.shutdown()
        server.server_close()


class Repository:
    """OAI-PMH over a few items, `size` a page; a token says how many were given."""

    def __init__(self, items: dict[str, str], size: int = 2, granularity: str = "YYYY-MM-DDThh:mm:ssZ") -> None:
        self.items, self.size, self.granularity, self.busy, self.lost = items, size, granularity, 0, False

    def __call__(self, _: str, asked: dict[str, str]) -> tuple[int, dict[str, str], str]:
        verb = asked["verb"]
        if verb == "Identify":
            return self.answer(f"<Identify><granularity>{self.granularity}</granularity></Identify>")
        if verb == "ListMetadataFormats":
            form = "<metadataFormat><metadataPrefix>oai_dc</metadataPrefix></metadataFormat>"
            return self.answer(f"<ListMetadataFormats>{form}</ListMetadataFormats>")
        if self.busy:
            self.busy -= 1
            return 503, {"Retry-After": "3"}, ""
        if "resumptionToken" in asked and self.lost:
            self.lost = False
            return self.answer('<error code="badResumptionToken">too old</error>')
        if asked.get("from", "") > "2026-11-30T12":
            return self.answer('<error code="noRecordsMatch">nothing</error>')
        at = int(asked.get("resumptionToken", "0"))
        listed = "".join(list(self.items.values())[at : at + self.size])
        more = at + self.size if at + self.size < len(self.items) else ""
        return self.answer(f"<ListRecords>{listed}<resumptionToken>{more}</resumptionToken></ListRecords>")

    @staticmethod
    def answer(inside: str) -> tuple[int, dict[str, str], str]:
        start = (
            '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-30T10:00:00Z</responseDate>'
        )
        return 200, {}, f"{start}{inside}</OAI-PMH>"


def item(identifier: str, inside: str = "", status: str = "") -> str:
    header = f"<identifier>{identifier}</identifier><datestamp>2026-11-30</datestamp>"
    attribute = f' status="{status}"' if status else ""
    body = "" if status else f"<metadata>{DC.format(inside)}</metadata>"
    return f"<record><header{attribute}>{header}</header>{body}</record>"


def items(count: int) -> dict[str, str]:
    return {
        f"oai:x:{n}": item(
            f"oai:x:{n}",
            f"<dc:title>Guide {n}</dc:title><dc:description>First. Second.</dc:description>"
            f"<dc:language>eng</dc:language><dc:identifier>https://example.org/{n}</dc:identifier>",
        )
        for n in range(count)
    }


@pytest.fixture(scope="module")
def neighbour(corpus_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another Goodways with the whole corpus, in a process of its own."""
    data = Path(shutil.copytree(corpus_workspace.folder, tmp_path_factory.mktemp("neighbour") / "data"))
    with goodways(data) as (_, address):
        yield address


def allowed_at(address: str) -> Allowed:
    return Allowed.named(urlsplit(address).netloc)


def all_of(state: HarvestState, allowed: Allowed) -> tuple[list[RawRecord], list[Page]]:
    steps = list(pages(state, allowed=allowed, pause=0))
    return [raw for step in steps for raw in step.records], steps


@pytest.mark.parametrize("form", ["oai_lom", "oai_dc"])
def test_every_record_of_another_goodways_comes_over_and_is_valid(neighbour: str, form: str) -> None:
    records, steps = all_of(HarvestState(f"{neighbour}/oai", form=form), allowed_at(neighbour))
    assert len(records) == RECORDS
    assert len({raw.data["id"] for raw in records}) == RECORDS
    assert len(steps) > 2
    assert [str(finding) for raw in records for finding in normalise(raw)[1]] == []
    assert steps[-1].state.done
    vodnik = next(raw.data for raw in records if raw.data["id"] == "able2travel-vodnik")
    assert (vodnik["type"], vodnik["language"]) == ("TrainingMaterial", "sl")
    assert set(vodnik["title"]) == {"sl", "en"}
    assert vodnik["source"] == "https://rtvslo.si/dostopno/digitalni-vodnik-za-mlade-z-invalidnostjo/701689"
    if form == "oai_lom":
        assert vodnik["addresses"] == ["eplus-2021.disability"]
        assert {"name": "MOVEO", "role": "coordinator"} in vodnik["organisation"]


def test_a_harvest_that_was_stopped_after_a_page_goes_on_there_and_gives_the_same(neighbour: str) -> None:
    kept: list[str] = []
    first: list[RawRecord] = []
    start = HarvestState(f"{neighbour}/oai", form="oai_dc")
    for raw in harvest(
        start, save=lambda s: kept.append(json.dumps(s.as_dict())), allowed=allowed_at(neighbour), pause=0
    ):
        if kept:
            break  # in the middle of the second page
        first.append(raw)
    assert len(kept) == 1
    state = HarvestState.read(json.loads(kept[0]))
    assert (state.pages, state.records, state.done) == (1, len(first), False)
    rest, _ = all_of(state, allowed_at(neighbour))
    whole, _ = all_of(start, allowed_at(neighbour))
    assert [(raw.row, raw.data) for raw in [*first, *rest]] == [(raw.row, raw.data) for raw in whole]
    assert len(whole) == RECORDS


def test_the_next_harvest_asks_only_for_what_has_changed(neighbour: str) -> None:
    _, steps = all_of(HarvestState(f"{neighbour}/oai"), allowed_at(neighbour))
    again = steps[-1].state.again()
    assert again.since
    records, steps = all_of(again, allowed_at(neighbour))
    assert (records, steps[-1].state.done) == ([], True)


@pytest.mark.parametrize("ending", ["ttl", "jsonld", "rdf", "nt"])
def test_a_catalogue_in_dcat_comes_over_in_every_form(neighbour: str, ending: str) -> None:
    records, _ = all_of(HarvestState(f"{neighbour}/catalogue.{ending}", "dcat"), allowed_at(neighbour))
    (data,) = [raw.data for raw in records]
    assert data["title"] == {"en": "Goodways: inclusive learning mobility in Europe"}
    assert data["licence"] == "https://creativecommons.org/licenses/by/4.0/"
    assert data["organisation"] == [{"name": "Goodways", "role": "publisher"}]
    assert len(data["inLanguage"]) == 24
    assert normalise(records[0])[1] == []


def test_what_a_repository_has_taken_back_is_told_and_is_no_draft() -> None:
    with host() as (made, address, allowed):
        made.says = Repository({"a": item("oai:x:a", status="deleted"), **items(2)})
        records, steps = all_of(HarvestState(f"{address}/oai"), allowed)
    assert [page.deleted for page in steps] == [["oai:x:a"], []]
    assert (len(records), steps[-1].state.deleted) == (2, 1)


def test_a_repository_that_has_no_time_is_asked_again_when_it_said_and_not_for_ever() -> None:
    with host() as (made, address, allowed):
        repository = made.says = Repository(items(3))
        repository.busy, waited = 2, []
        steps = list(pages(HarvestState(f"{address}/oai"), allowed=allowed, pause=0, wait=waited.append))
        assert sum(len(step.records) for step in steps) == 3
        assert waited[:2] == [3.0, 3.0]
        repository.busy = 99
        with pytest.raises(InputError, match="has no time now"):
            list(pages(HarvestState(f"{address}/oai"), allowed=allowed, pause=0, wait=waited.append))


def test_a_token_that_has_grown_too_old_begins_the_list_anew() -> None:
    with host() as (made, address, allowed):
        repository = made.says = Repository(items(4))
        (first, *_) = pages(HarvestState(f"{address}/oai"), allowed=allowed, pause=0)
        repository.lost = True
        records, _ = all_of(first.state, allowed)
    assert {raw.data["source"] for raw in records} == {f"https://example.org/{n}" for n in range(4)}


def test_days_are_asked_for_where_a_repository_knows_only_days() -> None:
    with host() as (made, address, allowed):
        made.says = Repository(items(1), granularity="YYYY-MM-DD")
        _, steps = all_of(HarvestState(f"{address}/oai", since="2026-11-01T10:00:00Z"), allowed)
    assert made.asked[-1]["from"] == "2026-11-01"
    assert steps[-1].state.again().since == "2026-11-30"


def test_a_list_that_leads_in_a_circle_ends() -> None:
    def circle(_: str, asked: dict[str, str]) -> tuple[int, dict[str, str], str]:
        answer = Repository(items(4))("", asked | {"resumptionToken": "0"} if asked["verb"] == "ListRecords" else asked)
        return answer

    with host() as (made, address, allowed):
        made.says = circle
        with pytest.raises(InputError, match="circle"):
            all_of(HarvestState(f"{address}/oai"), allowed)


@pytest.mark.parametrize(
    "text",
    [
        "", "no xml", "<html/>", "<OAI-PMH>", "\x00",
        '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><OAI-PMH>&c;</OAI-PMH>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><OAI-PMH>&x;</OAI-PMH>',
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><error code="badVerb">no</error></OAI-PMH>',
    ],
)  # fmt: skip
def test_what_is_no_oai_pmh_is_said_in_one_sentence(text: str) -> None:
    with host() as (made, address, allowed):
        made.says = lambda *_: (200, {}, text)
        with pytest.raises(InputError) as told:
            all_of(HarvestState(f"{address}/oai"), allowed)
    assert "\n" not in str(told.value)
    assert str(told.value).endswith(".")


@pytest.mark.parametrize(
    ("media_type", "text"),
    [
        ("text/html", "<p>"), ("text/turtle", "no turtle"), ("text/turtle", "<http://x/a> <http://x/b> 1 ."),
        ("application/ld+json", '{"@context": "http://127.0.0.1:9/context", "@id": "http://x/a", "name": "n"}'),
        ("application/rdf+xml", '<!DOCTYPE r [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><r>&b;</r>'),
        ("application/rdf+xml", "<"),
    ],
)  # fmt: skip
def test_what_is_no_catalogue_is_said_in_one_sentence(media_type: str, text: str) -> None:
    with host() as (made, address, allowed):
        made.says = lambda *_: (200, {"Content-Type": media_type}, text)
        with pytest.raises(InputError) as told:
            all_of(HarvestState(f"{address}/c", "dcat"), allowed)
    assert "\n" not in str(told.value)
    assert str(told.value).endswith(".")


def test_a_catalogue_is_followed_from_page_to_page_and_what_has_not_changed_is_left_out() -> None:
    prefixes = (
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> . "
        "@prefix hydra: <http://www.w3.org/ns/hydra/core#> . @prefix foaf: <http://xmlns.com/foaf/0.1/> . "
        "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> . "
    )

    def says(path: str, asked: dict[str, str]) -> tuple[int, dict[str, str], str]:
        number = int(asked.get("page", "1"))
        entry = f"""<https://example.org/d{number}> a dcat:Dataset ; dcterms:title "Kurs {number}"@de ;
            dcterms:description "Ein Kurs." ; dcterms:language "de" ; dcat:landingPage <https://example.org/p{number}> ;
            dcterms:modified "2026-0{number}-01"^^xsd:date ; dcterms:publisher [ foaf:name "Haus {number}" ],
            [ a foaf:Person ; foaf:name "Ada" ] . """
        links = {1: "<> hydra:next <?page=2> .", 2: ""}.get(number, "")
        headers = {"Link": '<?page=3>; rel="next"'} if number == 2 else {}
        return 200, {"Content-Type": "text/turtle"} | headers, prefixes + entry + links

    with host() as (made, address, allowed):
        made.says = says
        records, steps = all_of(HarvestState(f"{address}/c", "dcat"), allowed)
        later, _ = all_of(HarvestState(f"{address}/c", "dcat", since="2026-02-01T00:00:00Z"), allowed)
    assert [raw.data["source"] for raw in records] == [f"https://example.org/p{n}" for n in (1, 2, 3)]
    assert records[0].data["title"] == {"de": "Kurs 1"}
    assert [raw.data["organisation"] for raw in records[:1]] == [[{"name": "Haus 1", "role": "publisher"}]], "no people"
    assert [raw.data["source"][-1] for raw in later] == ["2", "3"]
    assert [step.state.done for step in steps] == [False, False, True]


def test_inner_addresses_are_not_harvested_and_no_page_leads_there() -> None:
    with host() as (made, address, allowed):
        with pytest.raises(InputError):
            list(pages(HarvestState(f"{address}/oai"), pause=0, wait=lambda _: None))
        assert made.asked == []
        made.says = lambda *_: (200, {"Content-Type": "text/turtle"}, "<x:a> a <http://www.w3.org/ns/dcat#Catalog> ; "
                                "<http://www.w3.org/ns/hydra/core#next> <http://127.0.0.1:9/inner> .")  # fmt: skip
        with pytest.raises(InputError, match="port 9"):
            all_of(HarvestState(f"{address}/c", "dcat"), allowed)


def test_languages_are_read_in_two_and_three_letters_and_ids_are_readable_and_steady() -> None:
    said = {
        "de": "de",
        "ger": "de",
        "deu": "de",
        "DE-at": "de",
        "gre": "el",
        "fre": "fr",
        "xx": "",
        "German": "",
        "": "",
    }
    assert {word: language_code(word) for word in said} == said
    assert made_id("oai:repo.example:12/34") == made_id("oai:repo.example:12/34")
    assert made_id("oai:repo.example:12/34").startswith("repo-example-12-34-")
    assert made_id("a/b") != made_id("a-b")
    assert made_id("ключ").startswith("harvested-")
