"""What is brought in for an import: files that are uploaded, a text that is pasted, told by what stands in it."""

import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from ingest.readers import ENDINGS
from kg import DataFolderError, InputError
from kg.batches import FOLDER, new_key

from ..forms import Upload, clean_name

MOST_FILES = 50
PASTED = "pasted text"
_TURTLE = re.compile(r"^\s*(@prefix|@base|PREFIX|BASE)\s", re.IGNORECASE | re.MULTILINE)
_YAML = re.compile(r"^(- )?[\"']?[@\w-]+[\"']?:(\s|$)")
_XML = re.compile(r"^<(\?xml|rdf:RDF)", re.IGNORECASE)


def kept_files(data: Path, uploads: Sequence[Upload]) -> tuple[str, list[dict[str, Any]]]:
    """Uploaded files put where imports keep them, under names of our own.

    Returns:
        A key for the batch, and its files.

    Raises:
        InputError: there is none, there are too many, or one has an ending that nothing reads.
        DataFolderError: there is no room; nothing is left behind.

    """
    if not uploads:
        raise InputError("Choose a file, or paste what is to be imported.")
    if len(uploads) > MOST_FILES:
        raise InputError(f"At most {MOST_FILES} files are imported together; these are {len(uploads)}.")
    for upload in uploads:
        if _ending(upload.name) not in ENDINGS:
            raise InputError(f"{upload.name}: files with this ending are not read; use {', '.join(ENDINGS)}.")
        if not upload.size:
            raise InputError(f"{upload.name} is empty; choose the file again.")
    key = new_key()
    folder = data / FOLDER / key
    files = []
    try:
        folder.mkdir(parents=True, mode=0o700)
        for number, upload in enumerate(uploads, 1):
            path = folder / f"{number}{_ending(upload.name)}"
            _settle(upload.path, path)
            files.append({"name": upload.name, "path": f"{key}/{path.name}", "size": upload.size})
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise DataFolderError(
            f"The file could not be kept ({error.strerror}), so nothing was stored; free space and send it again."
        ) from error
    return key, files


def pasted(text: str, folder: Path) -> Upload:
    """A pasted text as a file in a folder.

    Raises:
        InputError: it cannot be told what it is.

    """
    ending = ending_of(text)
    path = folder / f"pasted{ending}"
    content = text.encode("utf-8", "replace")
    path.write_bytes(content)
    return Upload(f"{PASTED}{ending}", path, len(content))


def ending_of(text: str) -> str:
    """The ending that a file with this text would have.

    Raises:
        InputError: it is none of the forms that are read.

    """
    start = text.lstrip("\ufeff \r\n")
    first = start.partition("\n")[0]
    if not start.strip():
        raise InputError("Nothing was pasted; paste rows of a spreadsheet, or records, or choose a file.")
    if start[0] in "{[":
        return _json_ending(start)
    if _XML.match(start):
        return ".rdf"
    if _TURTLE.search(start[:5000]):
        return ".ttl"
    if "\t" in first:
        return ".tsv"
    if first.startswith("---") or _YAML.match(first):
        return ".yaml"
    if any(sign in first for sign in ",;|"):
        return ".csv"
    raise InputError(
        "It cannot be told what this is. Paste rows of a spreadsheet with the names of the columns above them, or "
        "records as JSON, YAML or Turtle."
    )


def name_of_all(files: Sequence[dict[str, Any]]) -> str:
    """What a batch of these files is called."""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0]['name']}{more}"


def named(name: str) -> str:
    """A file's name as a program gave it, made harmless."""
    return clean_name(name)


def _json_ending(text: str) -> str:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return ".jsonl"
    return ".json"


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _settle(source: Path, target: Path) -> None:
    """Copy a file so that it is on disk."""
    shutil.copyfile(source, target)
    with target.open("rb") as stream:
        os.fsync(stream.fileno())
