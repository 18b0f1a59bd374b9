"""YAML files: one record, several after `---`, or a list of records."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .raw import MAX_DEPTH, MAX_RECORD_BYTES, RawRecord, broken, check_size, fields_of, reason, utf8

_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SEPARATOR = re.compile(rb"---(\s|$)")


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


def read_yaml(path: Path) -> Iterator[RawRecord]:
    """The records of a YAML file; a broken document does not hide those after it."""
    documents = list(_documents(path))
    alone = len(documents) == 1
    for start, raw in documents:
        yield from _document(path, raw, start, alone)


def _documents(path: Path) -> Iterator[tuple[int, bytes]]:
    """The documents of a file, each with the line before its first; what is too large is cut off after the bound."""
    start, size, lines = 0, 0, list[bytes]()
    found = False
    with path.open("rb") as stream:
        for number, line in enumerate(iter(lambda: stream.readline(MAX_RECORD_BYTES + 2), b"")):
            if _SEPARATOR.match(line):
                if b"".join(lines).strip(b"\xef\xbb\xbf \r\n\t"):
                    yield start, b"".join(lines)
                    found = True
                start, size, lines = number, 0, [line]
            elif size <= MAX_RECORD_BYTES:
                lines.append(line)
                size += len(line)
    rest = b"".join(lines)
    if not found or rest.strip(b"- \r\n\t"):
        yield start, rest


def _document(path: Path, raw: bytes, start: int, alone: bool) -> Iterator[RawRecord]:
    row = None if alone else start + 1 + (start > 0)  # the line after the `---`
    try:
        check_size(raw)
        text = utf8(raw)
        _check_depth(text)
        data = yaml.load(text, Loader=_PlainLoader)  # noqa: S506  (a safe loader, narrowed)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 + start if error.problem_mark else row
        yield broken(path, f"This is not valid YAML: {error.problem}; mend it at this line.", line)
    except (yaml.YAMLError, ValueError, LookupError) as error:
        yield broken(path, f"This is not valid YAML: {reason(error)}; mend it and try again.", row)
    else:
        if isinstance(data, list) and data and all(isinstance(item, dict) for item in data):
            yield from (fields_of(path, number, item) for number, item in enumerate(data, 1))
        else:
            yield fields_of(path, row, data)


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the loader, whose C code would run out of stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_YAML):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ValueError("it is nested too deeply")
