"""Example queries: the competency questions of the ontology and those in `examples/`, by theme.

A file begins with its title as a comment; `# Expects:` says what the tests hold it to, `# Show:` how it is shown best.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ontology import QUESTIONS

FOLDER = Path(__file__).parent / "examples"
_SAID = re.compile(r"^# (Expects|Show): (.*)\n", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A query with a title in plain words."""

    name: str
    title: str
    query: str
    """As the page shows it."""
    expects: str
    show: str
    """`table`, `chart` or `map`."""


@cache
def themes() -> dict[str, list[Example]]:
    """The examples by theme, in order."""
    listed = tomllib.loads((FOLDER / "themes.toml").read_text(encoding="utf-8"))["theme"]
    return {theme["title"]: [_read(_file(name)) for name in theme["examples"]] for theme in listed}


@cache
def examples() -> dict[str, Example]:
    """All examples by name."""
    return {example.name: example for group in themes().values() for example in group}


def files() -> list[Path]:
    """Every file with an example."""
    return sorted([*QUESTIONS.glob("*.rq"), *FOLDER.glob("*.rq")])


def _file(name: str) -> Path:
    return next(QUESTIONS.glob(f"{name}-*.rq")) if name.isdigit() else FOLDER / f"{name}.rq"


def _read(file: Path) -> Example:
    text = file.read_text(encoding="utf-8")
    said = dict(_SAID.findall(text))
    title = text.splitlines()[0].removeprefix("# ")
    return Example(file.stem, title, _SAID.sub("", text), said["Expects"], said.get("Show", "table"))
