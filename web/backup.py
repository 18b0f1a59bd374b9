"""Everything in one archive, and back."""

import io
import tarfile
import zlib
from pathlib import Path

import pyoxigraph as ox

from ingest.link_checks import FILE as LINKS
from kg import DataFolderError, InputError
from kg.batches import FILE as IMPORTS
from kg.desk import FILE as DESK

from .accounts import FILE as ACCOUNTS
from .feedback import FILE as FEEDBACK
from .feedback import saved
from .workspace import Progress, Workspace, quiet

_NAME = "graph.nq"
_FILES = (ACCOUNTS, DESK, IMPORTS, LINKS, FEEDBACK)
"""Saved before the graph: a draft that is published in between is in the graph, and `build` notes it on the desk."""


def backup(workspace: Workspace, file: Path) -> int:
    """Save the graph with its history, the desk, accounts and the visitors' answers; returns the statements saved.

    Indexes are not saved: they are made anew from the graph.

    Raises:
        InputError: the file cannot be written.

    """
    from kg.export import published

    parts = {name: content for name in _FILES if (content := saved(workspace.folder / name))}
    with workspace.reading() as store:
        quads = published(store, history=True)
    parts[_NAME] = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
    try:
        file.touch(mode=0o600)
        with tarfile.open(file, "w:gz") as archive:
            for name, part in parts.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(part)
                archive.addfile(entry, io.BytesIO(part))
    except OSError as error:
        raise InputError(f"The file cannot be written ({error.strerror}).", file=str(file)) from error
    return len(quads)


def restore(workspace: Workspace, file: Path, progress: Progress = quiet) -> int:
    """Bring an archive into an empty data folder; returns the statements restored.

    Raises:
        InputError: the file is not such an archive.
        DataFolderError: the folder holds a graph already.

    """
    if (workspace.folder / "graph").exists():
        raise DataFolderError(f"{workspace.folder} holds a graph already; restore into an empty folder with --data.")
    try:
        with tarfile.open(file, "r:gz") as archive:
            member = archive.extractfile(_NAME)
            content = member.read() if member else b""
            parts = {name: _part(archive, name) for name in _FILES if name in archive.getnames()}
        quads = list(ox.parse(content, format=ox.RdfFormat.N_QUADS))
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError, SyntaxError, ValueError) as error:
        raise InputError("This is not a backup of Goodways, or it is damaged.", file=str(file)) from error
    workspace.folder.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        (workspace.folder / name).touch(mode=0o600)
        (workspace.folder / name).write_bytes(part)
    with workspace.writing() as store:
        store.load(quads)
        workspace.sync(store, progress)
    return len(quads)


def _part(archive: tarfile.TarFile, name: str) -> bytes:
    member = archive.extractfile(name)
    return member.read() if member else b""
