"""Ten thousand bad requests to the SPARQL endpoint of a running site, and what they leave behind.

    python -m tests.benchmarks.attack [--data data] [--requests 10000]

Malformed, too long, too deep, too heavy, of a wrong type; clients that hang up, and clients that read byte by byte.
Prints how each kind was answered, and processes, file handles, memory and temporary files before and after.
"""

import argparse
import random
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from tests.servers import goodways

from .sparql import ENDLESS

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DEEP = "SELECT * " + "{" * 3000 + "}" * 3000
DEEP_EXPRESSION = "ASK { FILTER(" + "(" * 4000 + "1" + ")" * 4000 + ") }"
REGEX = 'SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(REGEX(STR(?o), "^(([a-z])+.)+[A-Z]([a-z])+$")) }'
CROSS = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
PATH = "SELECT (COUNT(*) AS ?n) { ?a (!<x:y>)* ?b }"
FETCHES = [
    "SELECT * { SERVICE <http://127.0.0.1:22/> { ?s ?p ?o } }",
    "SELECT * { SERVICE <http://169.254.169.254/latest/> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <file:///etc/passwd> { ?s ?p ?o } }",
    "SELECT * FROM <http://127.0.0.1:22/> { ?s ?p ?o }",
    "SELECT * { \\u0053ERVICE <http://localhost/> { ?s ?p ?o } }",
]
Attack = Callable[[str], str]


def main() -> None:
    """Serve, attack, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--requests", type=int, default=10_000)
    given = parser.parse_args()
    with goodways(given.data) as (process, site):
        for _ in range(20):
            httpx.post(site + "/sparql", data={"query": "ASK {}"}, timeout=60)
        time.sleep(8)  # what is prepared after the start is prepared
        before = _traces(process)
        rng = random.Random(7)  # noqa: S311
        kinds = rng.choices(list(ATTACKS), weights=[weight for _, weight in ATTACKS.values()], k=given.requests)
        start = time.monotonic()
        answers: Counter[tuple[str, str]] = Counter()
        with ThreadPoolExecutor(8) as pool:
            for kind, answer in zip(kinds, pool.map(lambda kind: _tried(ATTACKS[kind][0], site), kinds), strict=True):
                answers[kind, answer] += 1
        print(f"{given.requests:,} bad requests in {time.monotonic() - start:.0f} s")
        for (kind, answer), count in sorted(answers.items()):
            print(f"{kind:28} {count:6}  {answer}")
        time.sleep(35)  # what a client that hung up has left behind ends at the time limit
        after = _traces(process)
        for name, value in before.items():
            print(f"{name}: {value} before, {after[name]} after")
        answer = httpx.post(site + "/sparql", data={"query": "ASK { ?x a gw:Record }"}, timeout=60)
        print(f"and then: {answer.status_code} {answer.text}")


def _tried(attack: Attack, site: str) -> str:
    try:
        return attack(site)
    except httpx.HTTPError as error:
        return type(error).__name__


def _post(query: str, **headers: str) -> Attack:
    def attack(site: str) -> str:
        answer = httpx.post(site + "/sparql", data={"query": query}, headers=headers, timeout=90)
        return _said(answer)

    return attack


def _send(content: bytes, media_type: str) -> Attack:
    return lambda site: _said(
        httpx.post(site + "/sparql", content=content, headers={"Content-Type": media_type}, timeout=90)
    )


def _get(path: str) -> Attack:
    return lambda site: _said(httpx.get(site + path, timeout=90))


def _said(answer: httpx.Response) -> str:
    if "json" in answer.headers.get("content-type", "") and answer.status_code >= 400:
        return f"{answer.status_code} {answer.json()['detail'][:70]}"
    assert "Traceback" not in answer.text
    return str(answer.status_code)


def _fetching(site: str) -> str:
    return _post(random.choice(FETCHES))(site)  # noqa: S311


def _hang_up(query: str, after: float) -> Attack:
    def attack(site: str) -> str:
        with _open(site) as connection:
            connection.sendall(_request(site, query))
            time.sleep(after)
        return "hung up"

    return attack


def _read_slowly(site: str) -> str:
    with _open(site) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.sendall(_request(site, "SELECT * { ?s ?p ?o }"))
        for _ in range(5):
            connection.recv(1)
            time.sleep(0.5)
    return "read five bytes and hung up"


def _half_a_request(site: str) -> str:
    with _open(site) as connection:
        connection.sendall(b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
                           b"Content-Length: 100000\r\n\r\nSELECT")  # fmt: skip
    return "hung up in the middle"


def _open(site: str) -> socket.socket:
    parts = urlsplit(site)
    return socket.create_connection((parts.hostname or "", parts.port or 80), timeout=30)


def _request(site: str, query: str) -> bytes:
    return f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: {urlsplit(site).netloc}\r\n\r\n".encode()


ATTACKS: dict[str, tuple[Attack, float]] = {
    "malformed": (_post("SELECT ?x { ?x ?y"), 200),
    "nonsense": (_send(bytes(range(256)) * 20, "application/sparql-query"), 100),
    "no query": (_get("/sparql?query="), 100),
    "unknown parameters": (_get("/sparql?query=ASK%7B%7D&format=exe&x=1&x=2"), 100),
    "wrong media type": (_send(b"ASK {}", "image/png"), 100),
    "no such form": (_post("ASK {}", Accept="image/png;q=0.1, text/turtle"), 100),
    "an update": (_send(b"DROP ALL", "application/sparql-update"), 100),
    "one megabyte": (_post("SELECT * { ?s ?p ?o } #" + "x" * 1_000_000), 10),
    "one megabyte as text": (_send(b"ASK {} #" + b"x" * 1_000_000, "application/sparql-query"), 10),
    "a thousand fields": (_send(b"&".join(b"a%d=1" % n for n in range(1000)), FORM["Content-Type"]), 50),
    "deep nesting": (_post(DEEP), 20),
    "deep expression": (_post(DEEP_EXPRESSION), 20),
    "fetching inner addresses": (_fetching, 100),
    "regular expression": (_post(REGEX), 5),
    "cross product, hung up": (_hang_up(CROSS, 0.3), 5),
    "endless, hung up": (_hang_up(ENDLESS, 1.5), 3),
    "endless": (_post(ENDLESS), 0.3),
    "endless path": (_post(PATH), 0.3),
    "cross product": (_post(CROSS), 0.3),
    "read slowly": (_read_slowly, 3),
    "half a request": (_half_a_request, 50),
    "hung up at once": (_hang_up("SELECT * { ?s ?p ?o }", 0.0), 50),
}


def _traces(process: int) -> dict[str, int]:
    """What a process holds: children, file handles, memory, files that answers were written to."""
    family = _family(process)
    memory = sum(_kilobytes(one) for one in family) // 1024
    files = sum(1 for folder in Path(tempfile.gettempdir()).glob("goodways-answers-*") for _ in folder.iterdir())
    handles = len(list(Path(f"/proc/{process}/fd").iterdir()))
    return {"processes": len(family), "file handles of the server": handles,
            "memory of all together, MB": memory, "files of answers": files}  # fmt: skip


def _family(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return [process, *(one for child in children for one in _family(int(child)))]


def _kilobytes(process: int) -> int:
    """Memory of its own, shared pages by share."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
