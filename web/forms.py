"""What pages send: the fields of a form, files with it, and whether they come from a page of this site."""

import re
import tempfile
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from .problems import ProblemError, read_body

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MOST_FIELDS, MOST_FILES, MOST_FIELD_BYTES, MOST_HEADER_BYTES = 2000, 100, 1_000_000, 8_000
FOLDERS = "goodways.uploads"
"""Where in a request's scope the folders stand that are removed when it has been answered."""
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_URLENCODED, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


class Form:
    """The fields of a form, in their order; a name may come more than once."""

    def __init__(self, items: Iterable[tuple[str, str]]) -> None:
        self.items = list(items)

    def one(self, name: str) -> str:
        """The first value of a field; empty where there is none."""
        return next((value for key, value in self.items if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value of a field."""
        return [value for key, value in self.items if key == name]


@dataclass(frozen=True)
class Upload:
    """A file that came with a form, in a folder that is removed when the request has been answered."""

    name: str
    """As its owner called it, less folders and signs that cannot be seen."""
    path: Path
    size: int
    """In bytes."""
    field: str = ""
    """The name of the field that it came in."""


def check_origin(request: Request, refusal: str = "Forms are taken from the pages of this site only.") -> None:
    """Refuse what a page of another site sends in a visitor's name.

    Browsers say by `Sec-Fetch-Site` where a request comes from (over HTTPS, and on this machine), and by `Origin`,
    which is `null` where a page does not tell.

    Raises:
        ProblemError: 403.

    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    told = site in ("same-origin", "none")
    known = origin is None or _host(origin) in _own(request) or (origin == "null" and told)
    if not known or not (site is None or told):
        raise ProblemError(403, refusal)


def surely_own(request: Request) -> bool:
    """Whether the browser says that a page of this site sent this; silence does not count."""
    origin = request.headers.get("origin")
    return request.headers.get("sec-fetch-site") == "same-origin" or bool(origin and _host(origin) in _own(request))


def local_path(text: str, longest: int = 2000) -> str:
    """A path on this site, without its fragment; the start page for anything else."""
    path = text.partition("#")[0]
    return path if _LOCAL.fullmatch(path) and len(path) <= longest else "/"


async def read_form(request: Request, most: int) -> Form:
    """The fields of a form without files, read no further than `most` bytes.

    Raises:
        ProblemError: it is larger, no such form, or has too many fields.

    """
    if _media_type(request) != _URLENCODED:
        raise ProblemError(415, f"Send the form as a page does, as {_URLENCODED}.")
    check_length(request, most)
    body = await read_body(request, most)
    try:
        return Form(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except UnicodeDecodeError as error:
        raise ProblemError(400, "The form is not UTF-8 text.") from error
    except ValueError as error:
        raise ProblemError(422, f"A form may have {MOST_FIELDS} fields; this one has more.") from error


async def read_form_with_files(request: Request, most: int) -> tuple[Form, list[Upload]]:
    """The fields and the files of a form, whose files together have at most `most` bytes.

    A request that says it is larger is refused before it is read; one that does not say is read no further.

    Raises:
        ProblemError: it is larger, no such form, has too many parts, or broke off.

    """
    _, options = parse_options_header(request.headers.get("content-type", ""))
    if _media_type(request) == _URLENCODED:
        return await read_form(request, MOST_FIELD_BYTES), []
    if _media_type(request) != _MULTIPART or not options.get(b"boundary"):
        raise ProblemError(415, f"Send the form as a page does, as {_MULTIPART}.")
    check_length(request, most + MOST_FIELD_BYTES)
    folder = tempfile.TemporaryDirectory(prefix="goodways-upload-")
    request.scope[FOLDERS].append(folder)
    parts = _Parts(Path(folder.name), most)
    try:
        parser = MultipartParser(options[b"boundary"], parts.callbacks())
        async for chunk in request.stream():
            await run_in_threadpool(parser.write, chunk)
        parser.finalize()
    except FormParserError as error:
        raise ProblemError(400, "The form cannot be read; send it again from the page.") from error
    except ClientDisconnect as error:
        raise ProblemError(400, "The client has left before its request was complete.") from error
    except OSError as error:
        raise ProblemError(503, "There is no room for this file at the moment; nothing was stored.") from error
    finally:
        parts.close()
    if not parts.complete:
        raise ProblemError(400, "The form broke off before its end; send it again.")
    return Form(parts.fields), parts.files


def check_length(request: Request, most: int) -> None:
    """Refuse a request that says itself that it is too large, before it is read.

    Raises:
        ProblemError: 413.

    """
    with suppress(ValueError):
        if int(request.headers.get("content-length", "0")) > most:
            raise _too_large(most)


def clean_name(name: str) -> str:
    """A file's name without folders and without signs that cannot be seen, at most 120 characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip(". ")
    stem, dot, ending = seen.rpartition(".")
    return (stem[: 119 - len(ending)] + dot + ending if dot and len(ending) <= 10 else seen[:120]) or "file"


class _Parts:
    """Takes the parts of a form as they come: fields into memory, files onto the disk."""

    def __init__(self, folder: Path, most: int) -> None:
        self.fields: list[tuple[str, str]] = []
        self.files: list[Upload] = []
        self.complete = False
        self._folder, self._most, self._size, self._field_bytes, self._count = folder, most, 0, 0, 0
        self._headers: dict[str, bytes] = {}
        self._header = (bytearray(), bytearray())
        self._name, self._file, self._value = "", "", bytearray()
        self._stream: BinaryIO | None = None

    def callbacks(self) -> "MultipartCallbacks":
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._in_header(0, data[start:end]),
            "on_header_value": lambda data, start, end: self._in_header(1, data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": self._start,
            "on_part_data": lambda data, start, end: self._take(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def close(self) -> None:
        """Close a file that has been left open."""
        if self._stream:
            self._stream.close()

    def _begin(self) -> None:
        self._count += 1
        if self._count > MOST_FIELDS or len(self.files) >= MOST_FILES:
            raise ProblemError(422, f"A form may have {MOST_FIELDS} fields and {MOST_FILES} files; this one has more.")
        self._headers, self._header = {}, (bytearray(), bytearray())
        self._file, self._stream, self._value = "", None, bytearray()

    def _in_header(self, which: int, piece: bytes) -> None:
        self._header[which].extend(piece)
        if len(self._header[which]) > MOST_HEADER_BYTES:
            raise FormParserError("a header is too long")

    def _end_header(self) -> None:
        self._headers[self._header[0].decode("latin-1").lower()] = bytes(self._header[1])
        self._header = (bytearray(), bytearray())
        if len(self._headers) > 20:
            raise FormParserError("too many headers")

    def _start(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options:
            self._file = clean_name(options[b"filename"].decode("utf-8", "replace")) if options[b"filename"] else ""
            ending = re.sub(r"[^a-z0-9.]", "", PurePosixPath(self._file).suffix.lower())
            self._stream = (self._folder / f"{len(self.files)}{ending}").open("wb")

    def _take(self, piece: bytes) -> None:
        if self._stream:
            self._size += len(piece)
            if self._size > self._most:
                raise _too_large(self._most)
            self._stream.write(piece)
            return
        self._field_bytes += len(piece)
        if self._field_bytes > MOST_FIELD_BYTES:
            raise _too_large(MOST_FIELD_BYTES)
        self._value.extend(piece)

    def _end(self) -> None:
        if self._stream is None:
            self.fields.append((self._name, self._value.decode("utf-8", "replace")))
            return
        self._stream.close()
        path = Path(self._stream.name)
        if self._file or path.stat().st_size:
            self.files.append(Upload(self._file or "file", path, path.stat().st_size, self._name))
        self._stream = None

    def _finish(self) -> None:
        self.complete = True


def _too_large(most: int) -> ProblemError:
    size = f"{most / 1_000_000:g} MB" if most >= 1_000_000 else f"{most // 1000} kB"
    return ProblemError(413, f"At most {size} can be sent at once; this is more.")


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _own(request: Request) -> set[str]:
    own = {request.headers.get("host", "").lower(), _host(request.app.state.site.workspace.settings.site_url)}
    return own - {""}


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
