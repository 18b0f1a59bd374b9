"""Files to raw records: one reader a format. What cannot be read is a finding, never a crash."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kg import Finding, InputError

MAX_RECORD_BYTES = 2_000_000
MAX_DEPTH = 20
MAX_VALUES = 50_000

_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class RawRecord:
    """One record as it stands in a file, or the reason why it could not be read."""

    file: str
    row: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    finding: Finding | None = None


class _PlainLoader(_YAML):  # type: ignore[misc, valid-type]
    """YAML with what JSON has: dates, `no` and `007` stay text; repeated keys, merging and other tags are refused."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping whose keys are strings, each once."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a field name must be a word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the field {key.value} stands here twice", key.start_mark
                )
            seen.add(key.value)
        made: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return made


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":float"))]
    for first, resolvers in _YAML.yaml_implicit_resolvers.items()
}
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?(0|[1-9]\d*)$"), list("-+0123456789"))
_PlainLoader.yaml_constructors = {
    tag: construct
    for tag, construct in _YAML.yaml_constructors.items()
    if tag is None or tag.endswith((":null", ":int", ":float", ":str", ":seq", ":map"))
}


def read(path: Path) -> Iterator[RawRecord]:
    """The records of a file.

    Raises:
        InputError: the file is missing, cannot be opened, or has an ending that nothing here reads.

    """
    readers = {".yaml": _read_yaml, ".yml": _read_yaml, ".jsonl": _read_json_lines, ".json": _read_json}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"Files ending in {path.suffix or 'nothing'} are not read; use {', '.join(readers)}.", file=str(path)
        )
    if not path.is_file():
        raise InputError("There is no such file; check the name.", file=str(path))
    try:
        yield from reader(path)
    except OSError as error:
        raise InputError(f"The file cannot be opened ({error.strerror}).", file=str(path)) from error


def _read_yaml(path: Path) -> Iterator[RawRecord]:
    raw = path.read_bytes()
    try:
        _check_size(raw)
        text = _text(raw)
        _check_depth(text)
        data = yaml.load(text, Loader=_PlainLoader)  # noqa: S506  (a safe loader, narrowed)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        yield _broken(path, f"This is not valid YAML: {error.problem}; mend it at this line.", line)
    except (yaml.YAMLError, ValueError, LookupError) as error:
        yield _broken(path, f"This is not valid YAML: {_reason(error)}; mend it and try again.")
    else:
        yield _record(path, None, data)


def _read_json_lines(path: Path) -> Iterator[RawRecord]:
    with path.open("rb") as lines:
        for row, line in enumerate(lines, 1):
            if line.strip():
                yield _parsed(path, row, line)


def _read_json(path: Path) -> Iterator[RawRecord]:
    yield _parsed(path, None, path.read_bytes())


def _parsed(path: Path, row: int | None, raw: bytes) -> RawRecord:
    try:
        _check_size(raw)
        data = json.loads(_text(raw), object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        return _broken(path, f"This is not valid JSON: {error.msg} at character {error.pos + 1}; mend it.", row)
    except (ValueError, RecursionError) as error:
        return _broken(path, f"This is not valid JSON: {_reason(error)}; mend it.", row)
    return _record(path, row, data)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, _ in pairs if [name for name, _ in pairs].count(key) > 1)
        raise ValueError(f"the field {twice} stands there twice")
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the loader, whose C code would run out of stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_YAML):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ValueError("it is nested too deeply")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text (byte {error.start + 1})") from error


def _check_size(raw: bytes) -> None:
    if len(raw) > MAX_RECORD_BYTES:
        raise ValueError(f"a record may have {MAX_RECORD_BYTES // 1_000_000} MB, and this one is larger")


def _record(path: Path, row: int | None, data: Any) -> RawRecord:
    if not isinstance(data, dict):
        return _broken(path, "A record must be a set of fields (`title: …`), and this is something else.", row)
    if not _small(data):
        return _broken(path, "This record is nested too deeply; use the fields of docs/record-format.md.", row)
    return RawRecord(str(path), row, data)


def _small(value: Any) -> bool:
    """Whether depth and number of values are within bounds (YAML aliases can multiply a few lines)."""
    pending, count = [(value, 1)], 0
    while pending:
        item, depth = pending.pop()
        count += 1
        if depth > MAX_DEPTH or count > MAX_VALUES:
            return False
        if isinstance(item, dict | list):
            pending.extend((child, depth + 1) for child in (item.values() if isinstance(item, dict) else item))
    return True


def _reason(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "set_int_max_str_digits" in str(error):
        return "a number in it is too long"
    return str(error).partition("\n")[0]


def _broken(path: Path, message: str, row: int | None = None) -> RawRecord:
    return RawRecord(str(path), row, finding=Finding(message, file=str(path), row=row))
