"""Imports at a site of a test: bring something in, wait, look at its rows."""

import random
import time
from typing import Any

from starlette.testclient import TestClient

from kg.batch import WORK, Batch, BatchRow
from kg.batches import Batches
from tests.web.people import csrf


def batches_of(client: TestClient) -> Batches:
    return client.app.state.imports.batches  # type: ignore[attr-defined,no-any-return]


def bring_in(browser: TestClient, *files: tuple[str, bytes], **fields: str) -> Any:
    """Send files as the page does."""
    given = [("file", file) for file in files]
    return browser.post("/desk/import", data={"csrf": csrf(browser), **fields}, files=given or [("file", ("", b""))])


def read_in(client: TestClient, browser: TestClient, *files: tuple[str, bytes], **fields: str) -> Batch:
    """Send files, and wait until they have been read."""
    answer = bring_in(browser, *files, **fields)
    assert answer.status_code == 303, answer.text
    return done(client, key_in(answer))


def key_in(answer: Any) -> str:
    found: str = answer.headers["location"].partition("?")[0].rpartition("/")[2]
    return found


def done(client: TestClient, key: str) -> Batch:
    """The batch when nothing is done with it any more."""
    deadline = time.monotonic() + 300
    while (batch := batches_of(client).batch(key)).state in WORK:
        assert time.monotonic() < deadline, batch
        time.sleep(0.05)
    return batch


def do(browser: TestClient, key: str, action: str, why: str = "") -> Any:
    return browser.post(f"/desk/import/{key}/do", data={"csrf": csrf(browser), "do": action, "why": why})


def rows_of(client: TestClient, key: str) -> list[BatchRow]:
    return batches_of(client).rows(key, limit=1000)


def csv(*rows: dict[str, str], delimiter: str = ",") -> bytes:
    """A table with a column for each name in the rows."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "\r\n".join(
        delimiter.join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line) for line in lines
    ).encode()


def practice(name: str, **given: str) -> dict[str, str]:
    """A row that is right, and like no other."""
    words = random.Random(name).sample(_WORDS, 20)  # noqa: S311
    return {
        "id": name,
        "type": "GoodPractice",
        "title": " ".join(words[:5]).capitalize(),
        "summary": f"{' '.join(words[5:12])}. {' '.join(words[12:])}.",
        "language": "en",
        "source": f"https://example.org/{name}",
    } | given


_WORDS = """anvil apricot armchair asphalt balcony bamboo barley beaver beekeeper beetroot bicycle blanket bobbin
bonfire bucket button cabbage camel candle canoe canvas carpet cathedral cedar chalk cherry chimney cinema clay clock
cobbler compass copper cotton cradle crane cricket crystal curtain dentist desert diesel donkey drawer drum dune eagle
earthquake elbow engine envelope falcon farmer feather fern ferry fiddle firefly flute fog forge fossil fountain fox
garlic gasket ginger glacier glove goat granite grape hammer harbour harp hazel hedge helmet heron honey horizon hornet
igloo ink ivory jacket jasmine juggler kettle kiln kitchen ladder lagoon lantern lavender leather lemon lighthouse linen
lobster locksmith magnet mango marble meadow mill mirror monsoon mosaic mustard needle nettle notary oar oatmeal olive
onion orchard organ otter oven paddle parachute parrot peat pebble pencil pepper piano pigeon pillow planet plaster plum
poet pottery prairie pulley puppet quarry quilt raccoon railway rain raven reef ribbon river rocket saddle saffron sail
salmon sandal satellite sauna scissors shepherd silk siren sleigh snail soap spider spoon squirrel stove sugar sulphur
tailor tanner teapot tent thimble thunder tile tobacco torch tractor trumpet tulip tunnel turbine turtle umbrella valley
vanilla velvet vine violin volcano waffle walnut weaver whale willow windmill wolf yoghurt zebra zinc""".split()  # noqa: SIM905
