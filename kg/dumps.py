"""The published graph as files that stay until the data change, with a manifest that says what they are.

    <folder>/manifest.json           the newest files: name, size, SHA-256, number of statements, date, licence
    <folder>/state-<stamp>/…         the files themselves

A state is written beside the one before and comes into force when the manifest is replaced, so that nobody reads half
of one or the checksum of another. Same content, same bytes: sorted, and gzip without a time (RFC 1952, section 2.3.1).
"""

import gzip
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

import pyoxigraph as ox

from ontology import LICENCE, PREFIXES

from .errors import DataFolderError, GoodwaysError
from .export import in_order, table
from .remote import published_store
from .store import Store

RDF = {"goodways.trig.gz": ox.RdfFormat.TRIG, "goodways.nq.gz": ox.RdfFormat.N_QUADS}
TABLE = "goodways.csv"
FILES = (*RDF, TABLE)
_STALE = 3600.0  # seconds after which what a killed run has left is taken away


@dataclass(frozen=True)
class Dump:
    """One file of a state."""

    file: str
    bytes: int
    sha256: str
    count: int
    """Statements, or rows of the table."""
    changed: str
    """When its content last changed: UTC, ISO 8601."""


@dataclass(frozen=True)
class Manifest:
    """The files of one state of the data."""

    stamp: str = ""
    licence: str = LICENCE
    files: list[Dump] = field(default_factory=list)

    def dump(self, file: str) -> Dump | None:
        """The file of this name."""
        return next((dump for dump in self.files if dump.file == file), None)

    @property
    def place(self) -> str:
        """The folder of the files, below that of the manifest."""
        return f"state-{self.stamp}"


def read_manifest(folder: Path) -> Manifest:
    """What has been made; an empty manifest where nothing has, or where it cannot be read."""
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        return Manifest(found["stamp"], found["licence"], [Dump(**dump) for dump in found["files"]])
    except (OSError, ValueError, KeyError, TypeError):
        return Manifest()


def make_dumps(store: Store, folder: Path, stamp: str) -> Manifest:
    """Write every file of a state and bring them into force.

    Args:
        store: the graph; read one named graph at a time, so that memory follows the largest, not the whole.
        folder: where to; it is made if it is missing.
        stamp: names the state.

    Raises:
        DataFolderError: the folder cannot be written to, or the disk is full.

    """
    before = read_manifest(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
        made = Manifest(stamp, files=[_dump(store, fresh / name, before) for name in FILES])
        place = folder / made.place
        shutil.rmtree(place, ignore_errors=True)
        fresh.replace(place)
        place.chmod(0o755)
        _replace(folder / "manifest.json", json.dumps(asdict(made), indent=1))
        _tidy(folder, {made.place, before.place})
    except OSError as error:
        raise DataFolderError(
            f"The files for downloading cannot be written to {folder} ({error.strerror}); free space or change its "
            "permissions."
        ) from error
    return made


def _dump(store: Store, path: Path, before: Manifest) -> Dump:
    if path.name in RDF:
        count = _write_graph(store, path)
    else:
        content, count = table(store)
        path.write_bytes(content)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    old = before.dump(path.name)
    unchanged = old is not None and old.sha256 == digest
    changed = old.changed if old and unchanged else datetime.now(UTC).isoformat(timespec="seconds")
    return Dump(path.name, path.stat().st_size, digest, count, changed)


def _write_graph(store: Store, path: Path) -> int:
    count = 0

    def counted() -> Iterator[ox.Quad]:
        nonlocal count
        for quad in in_order(store):
            count += 1
            yield quad

    with path.open("wb") as file, gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
        ox.serialize(counted(), cast(IO[bytes], packed), format=RDF[path.name], prefixes=PREFIXES)
    return count


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}-{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _tidy(folder: Path, keep: set[str]) -> None:
    """Take away older states; the one before stays for whoever is fetching it."""
    for path in folder.iterdir():
        left_over = path.name.startswith(".") and time.time() - path.stat().st_mtime > _STALE
        if left_over or (path.name.startswith("state-") and path.name not in keep):
            shutil.rmtree(path, ignore_errors=True)


def main(source: str, folder: str, stamp: str) -> int:
    """Make the dumps of a graph's folder, or of a SPARQL server, beside a site that goes first."""
    os.nice(5)
    try:
        make_dumps(published_store(source), Path(folder), stamp)
    except GoodwaysError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
