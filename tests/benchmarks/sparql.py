"""The SPARQL endpoint beside the bare engine and beside rdflib-endpoint, on one graph, in one run, over HTTP.

    python -m tests.benchmarks.sparql [--data data] [--rounds 5] [--without-rdflib]

Each of the 50 queries of `mixed.rq` goes to each server in turn, round by round; what counts is the median. Afterwards
eight queries without an end run into their limit while the search page is asked: what it takes then and before.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from kg import EmbeddedStore
from ontology import PREFIXES
from search.evaluation import QUERIES, read_queries
from tests.conftest import ROOT
from tests.servers import goodways

QUERY_FILE = Path(__file__).with_name("mixed.rq")
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?p ?b . ?c ?q ?d . ?e ?r ?f FILTER(?b != ?d && ?d != ?f) }"
SETTLES = 15.0  # seconds after the start, in which the site prepares what comes later
LIMIT = 29.0  # seconds; the endpoint stops a query a moment later
PATIENCE = 60.0  # seconds for one query to one server
TYPES = {"Accept": "application/sparql-results+json, application/n-triples;q=0.9"}
LIGHT = 3  # the first queries of the file are the lightest


def main() -> None:
    """Start, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without-rdflib", action="store_true", help="for graphs that it cannot hold in time")
    given = parser.parse_args()
    prefixes = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    queries = {name: prefixes + text for name, text in _queries()}
    with ExitStack() as running:
        _, site = running.enter_context(goodways(given.data))
        servers = {"goodways": site + "/sparql", "oxigraph": running.enter_context(_oxigraph(given.data)) + "/query"}
        if not given.without_rdflib:
            servers["rdflib-endpoint"] = running.enter_context(_rdflib(given.data)) + "/"
        time.sleep(SETTLES)
        _compare(servers, queries, given.rounds)
        _interfere(site)


def _queries() -> Iterator[tuple[str, str]]:
    for part in QUERY_FILE.read_text("utf-8").split("### ")[1:]:
        name, _, text = part.partition("\n")
        yield name, text


def _compare(servers: dict[str, str], queries: dict[str, str], rounds: int) -> None:
    took: dict[tuple[str, str], float] = {}
    with httpx.Client(timeout=PATIENCE) as client:
        for name, query in queries.items():
            times: dict[str, list[float]] = {server: [] for server in servers}
            sizes = {}
            light = list(queries).index(name) < LIGHT
            for _ in range(rounds * (20 if light else 1)):
                if _took_too_long(times):
                    continue
                for server, address in servers.items():
                    if (
                        times[server]
                        and server == "rdflib-endpoint"
                        and (times[server][0] > 2 or len(times[server]) > 4)
                    ):
                        continue
                    seconds, sizes[server] = _ask(client, address, query)
                    times[server].append(seconds)
            took |= {(server, name): statistics.median(found) for server, found in times.items()}
            row = "  ".join(f"{server} {took[server, name] * 1000:9.1f}" for server in servers)
            factor = ""
            if "rdflib-endpoint" in servers:
                factor = f"  rdflib-endpoint takes {took['rdflib-endpoint', name] / took['goodways', name]:8.1f} times"
            rows = "" if sizes["goodways"] == sizes["oxigraph"] else f"  rows differ: {sizes}"
            print(f"{name[:44]:44}  ms: {row}{factor}{rows}", flush=True)
    stopped = {name for name in queries if max(took[s, name] for s in ("goodways", "oxigraph")) >= LIMIT}
    if stopped:
        print(f"left out of the sum, since one of the two took {LIMIT:g} s or more: {', '.join(sorted(stopped))}")
    took = {(server, name): seconds for (server, name), seconds in took.items() if name not in stopped}
    total = {server: sum(seconds for (who, _), seconds in took.items() if who == server) for server in servers}
    print(f"all together, s: {', '.join(f'{server} {seconds:.2f}' for server, seconds in total.items())}")
    print(f"goodways / bare engine: {total['goodways'] / total['oxigraph']:.3f}")
    for name in list(queries)[:LIGHT]:
        gain = (took["goodways", name] - took["oxigraph", name]) * 1000
        print(f"{name}: {gain:+.2f} ms at p50")


def _took_too_long(times: dict[str, list[float]]) -> bool:
    """Whether asking again would only cost time."""
    return any(found and found[0] >= LIMIT for found in times.values())


def _ask(client: httpx.Client, address: str, query: str) -> tuple[float, int]:
    """Seconds, and the number of rows or triples; what is stopped counts as the whole time."""
    start = time.perf_counter()
    try:
        answer = client.post(address, data={"query": query}, headers=TYPES)
    except httpx.TimeoutException:
        return PATIENCE, -1
    seconds = time.perf_counter() - start
    if answer.status_code != 200:
        return seconds, -answer.status_code
    if "json" not in answer.headers["content-type"]:
        return seconds, answer.text.count("\n")
    body = json.loads(answer.content)
    return seconds, len(body["results"]["bindings"]) if "results" in body else 1


def _interfere(site: str) -> None:
    """What the search page takes alone, and while eight queries run into their limit."""
    questions = [query.text for query in read_queries(ROOT / "corpus" / QUERIES)]
    outcome: list[int] = []

    def endless() -> None:
        outcome.append(httpx.post(site + "/sparql", data={"query": ENDLESS}, timeout=90).status_code)

    with httpx.Client(base_url=site, timeout=60) as client:
        list(_pages(client, questions[::29][:40]))
        alone = sorted(_pages(client, questions[::17][:150]))
        heavy = [threading.Thread(target=endless) for _ in range(8)]
        for thread in heavy:
            thread.start()
        time.sleep(1.0)
        beside = sorted(_pages(client, questions[::19][:150]))
        still = sum(thread.is_alive() for thread in heavy)
        for thread in heavy:
            thread.join()
    p95 = [times[int(len(times) * 0.95)] for times in (alone, beside)]
    print(f"search page, p50/p95 ms: alone {alone[75]:.1f}/{p95[0]:.1f}, "
          f"beside 8 heavy queries {beside[75]:.1f}/{p95[1]:.1f} ({p95[1] / p95[0]:.2f} times); "
          f"{still} of 8 still ran at the end of the pages; their answers: {sorted(outcome)}")  # fmt: skip


def _pages(client: httpx.Client, questions: list[str]) -> Iterator[float]:
    for question in questions:
        start = time.perf_counter()
        client.get("/search", params={"q": question}).raise_for_status()
        yield (time.perf_counter() - start) * 1000


@contextmanager
def _oxigraph(data: Path) -> Iterator[str]:
    place = _free()
    program = str(Path(sys.executable).parent / "oxigraph")
    command = [program, "serve-read-only", "--location", str(data / "graph"), "--union-default-graph", "--bind", place]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        _until_it_answers(place)
        yield f"http://{place}"
        server.terminate()


@contextmanager
def _rdflib(data: Path) -> Iterator[str]:
    """rdflib-endpoint over the same triples, in memory, as its documentation shows it."""
    place = _free()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "all.nt"
        store = EmbeddedStore(data / "graph", read_only=True, with_private=False)
        with file.open("w", encoding="utf-8") as out:
            for line in {f"{quad.triple}" for quad in store.quads()}:
                out.write(f"{line} .\n")
        store.close()
        command = [sys.executable, "-m", "rdflib_endpoint", "serve", "--host", place.partition(":")[0],
                   "--port", place.partition(":")[2], str(file)]  # fmt: skip
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
            _until_it_answers(place, 600)
            yield f"http://{place}"
            server.terminate()


def _free() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def _until_it_answers(place: str, patience: float = 60) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            httpx.get(f"http://{place}/", timeout=5)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(place)


if __name__ == "__main__":
    main()
