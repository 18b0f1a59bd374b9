"""`SERVICE` to other servers: nowhere, unless an installation names the address.

What is allowed is asked here, not by the engine: the name is resolved once, inner addresses are refused, redirects are
not followed, and what comes back stands in the query as `VALUES`.
"""

import time
from urllib.parse import urlsplit

import httpx
import pyoxigraph as ox

from ontology import PREFIXES

from .addresses import outer_address
from .errors import QueryError
from .query_text import Service

TIME_LIMIT = 10.0  # seconds for another server
SIZE_LIMIT = 2_000_000  # bytes of its answer
_PROJECT = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
_JSON = "application/sparql-results+json"


def refused(service: Service) -> str:
    """What is said of a server that is not allowed; for every block.

    Raises:
        QueryError: always.

    """
    where = service.iri or "a variable"
    raise QueryError(
        f"SERVICE is not allowed for {where[:200]}: this endpoint asks no other servers, save those that its operator "
        "has named. Leave that block out."
    )


def asked(service: Service, allowed: list[str]) -> str:
    """The `VALUES` block that an allowed `SERVICE` block stands for.

    Raises:
        QueryError: the address is not allowed, leads inside, or does not answer (unless the block is `SILENT`).

    """
    if service.iri not in allowed:
        refused(service)
    try:
        answer = _fetched(service.iri, f"{_PROJECT}{service.prologue}\nSELECT * {{ {service.inside} }}")
        return _values(ox.parse_query_results(answer, format=ox.QueryResultsFormat.JSON))
    except (httpx.HTTPError, OSError, ValueError, SyntaxError) as error:
        if service.silent:
            return "{}"
        raise QueryError(f"The server {service.iri} did not answer this SERVICE block ({error}).") from error


def _fetched(url: str, query: str) -> bytes:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = outer_address(host, port)
    pinned = url.replace(parts.netloc, f"[{address}]:{port}" if ":" in address else f"{address}:{port}", 1)
    headers = {"Host": parts.netloc, "Accept": _JSON, "Content-Type": "application/sparql-query"}
    body, end = bytearray(), time.monotonic() + TIME_LIMIT
    with (
        httpx.Client(timeout=TIME_LIMIT, follow_redirects=False, trust_env=False) as client,
        client.stream(
            "POST", pinned, content=query.encode(), headers=headers, extensions={"sni_hostname": host}
        ) as answer,
    ):
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        for piece in answer.iter_bytes():
            body += piece
            if time.monotonic() > end:
                raise ValueError(f"more than {TIME_LIMIT:g} seconds")
            if len(body) > SIZE_LIMIT:
                raise ValueError(f"more than {SIZE_LIMIT // 1_000_000} MB")
    return bytes(body)


def _values(result: object) -> str:
    if not isinstance(result, ox.QuerySolutions):
        raise ValueError("no table")
    variables = result.variables
    rows = (" ".join(_term(solution[variable]) for variable in variables) for solution in result)
    return f"VALUES ({' '.join(map(str, variables))}) {{ {' '.join(f'({row})' for row in rows)} }}"


def _term(value: object) -> str:
    return str(value) if isinstance(value, ox.NamedNode | ox.Literal) else "UNDEF"
