"""JSON in its three habits: one value, an array of them, or one after another with or without line ends."""

import json
from collections.abc import Iterator
from json import JSONDecodeError
from pathlib import Path
from typing import Any

from .raw import MAX_RECORD_BYTES, RawRecord, broken, check_size, fields_of, reason, utf8

_CHUNK = 1_000_000


def read_json_lines(path: Path) -> Iterator[RawRecord]:
    """The records of a file with one JSON object a line, or with objects that follow one another anyhow."""
    if _is_concatenated(path):
        yield from read_json(path)
        return
    row, within = 0, False
    with path.open("rb") as stream:
        while line := stream.readline(MAX_RECORD_BYTES + 2):
            whole = line.endswith(b"\n") or len(line) <= MAX_RECORD_BYTES
            row += not within
            if not within and line.strip():
                yield _parsed(path, row, line)
            within = not whole


def read_json(path: Path) -> Iterator[RawRecord]:
    """The records of a JSON file, numbered where there are several; only one is in memory at a time."""
    values = _values(path)
    first, second = next(values, None), next(values, None)
    if first is None:
        yield broken(path, "This is not valid JSON: the file is empty; mend it.")
        return
    if second is None:
        yield _one(path, None, first)
        return
    yield _one(path, 1, first)
    yield _one(path, 2, second)
    for row, value in enumerate(values, 3):
        yield _one(path, row, value)


def parse(text: str) -> Any:
    """JSON as Python values; a field that stands twice and numbers that are none are refused.

    Raises:
        ValueError: this is not JSON.

    """
    return _DECODER.decode(text)


def _parsed(path: Path, row: int | None, raw: bytes) -> RawRecord:
    try:
        check_size(raw)
        data = parse(utf8(raw))
    except (ValueError, RecursionError) as error:
        return _one(path, row, error)
    return fields_of(path, row, data)


def _one(path: Path, row: int | None, value: Any) -> RawRecord:
    if isinstance(value, JSONDecodeError):
        return broken(path, f"This is not valid JSON: {value.msg} at character {value.pos + 1}; mend it.", row)
    if isinstance(value, Exception):
        return broken(path, f"This is not valid JSON: {reason(value)}; mend it.", row)
    return fields_of(path, row, value)


def _is_concatenated(path: Path) -> bool:
    """Whether the first object ends before its line does, or after it."""
    with path.open("rb") as stream:
        line = b"\n"
        while line and not line.strip():
            line = stream.readline(MAX_RECORD_BYTES + 2)
    try:
        parse(utf8(line))
    except (ValueError, RecursionError):
        return not isinstance(next(_values(path), None), Exception | None)
    return False


def _values(path: Path) -> Iterator[Any]:
    """The values of a file, those of an array one by one; the last is an exception where the rest is no JSON."""
    with path.open(encoding="utf-8-sig", errors="strict", newline="") as stream:
        try:
            yield from _decoded(iter(lambda: stream.read(_CHUNK), ""))
        except UnicodeDecodeError as error:
            yield ValueError(f"it is not UTF-8 text (byte {error.start + 1})")
        except (ValueError, RecursionError) as error:
            yield error


def _decoded(chunks: Iterator[str]) -> Iterator[Any]:
    text, at, read, in_array, after_value = "", 0, 0, False, False
    started = more = True
    while True:
        while more and len(text) - at <= MAX_RECORD_BYTES:
            chunk = next(chunks, "")
            more = bool(chunk)
            read, text, at = read + at, text[at:] + chunk, 0
        at = _skip(text, at)
        if at == len(text):
            if in_array:
                raise JSONDecodeError("Expecting ']'", "", read + at)
            return
        if started and text[at] == "[" and _skip_starts(text, at + 1):
            in_array, started, at = True, False, at + 1
            continue
        started = False
        if in_array and text[at] == "]":
            in_array, after_value, at = False, False, at + 1
            continue
        if in_array and after_value:
            if text[at] != ",":
                raise JSONDecodeError("Expecting ','", "", read + at)
            after_value, at = False, at + 1
            continue
        value, end = _value(text, at, read, more)
        if end - at > MAX_RECORD_BYTES:
            check_size(text[at:end])
        yield value
        at, after_value = end, True


def _value(text: str, at: int, read: int, more: bool) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except JSONDecodeError as error:
        if more or len(text) - at > MAX_RECORD_BYTES:
            check_size(text[at:])
        raise JSONDecodeError(error.msg, "", read + error.pos) from error


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _skip_starts(text: str, at: int) -> bool:
    """Whether an array of objects begins here; other arrays are values, and no records."""
    at = _skip(text, at)
    return at < len(text) and text[at] in "{]"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"the field {twice} stands there twice")
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not a number")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
