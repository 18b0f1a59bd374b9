"""One function that runs any entry of a manifest, by its type, and one list of the exceptions."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import yaml

from . import shacl, sparql
from .manifests import Entry

RUNNERS: dict[str, Callable[[Entry], None]] = {
    "QueryEvaluationTest": sparql.query_answers,
    "CSVResultFormatTest": sparql.query_answers,
    "UpdateEvaluationTest": sparql.update_changes,
    "PositiveSyntaxTest": sparql.query_is_read,
    "PositiveSyntaxTest11": sparql.query_is_read,
    "NegativeSyntaxTest": sparql.query_is_not_read,
    "NegativeSyntaxTest11": sparql.query_is_not_read,
    "PositiveUpdateSyntaxTest": sparql.update_is_read,
    "PositiveUpdateSyntaxTest11": sparql.update_is_read,
    "NegativeUpdateSyntaxTest": sparql.update_is_not_read,
    "NegativeUpdateSyntaxTest11": sparql.update_is_not_read,
    "Validate": shacl.validates,
}
OVER_HTTP = ("ProtocolTest", "ServiceDescriptionTest", "GraphStoreProtocolTest")
"""Types that need a running site: the module `protocol` beside this one, where there is one, has their `RUNNERS`."""
if find_spec(f"{__package__}.protocol"):
    RUNNERS |= import_module(f"{__package__}.protocol").RUNNERS

OUT_OF_SCOPE = {"sparql11/entailment": "Goodways answers by what the graph says, without an entailment regime."}
"""Groups that are counted and not run."""


@dataclass(frozen=True)
class Reason:
    """Why tests do not pass."""

    reason: str
    tests: list[str]
    spelling: bool = False
    """The answers have the expected values, and numbers in another lexical form."""


REASONS = [
    Reason(**fields) for fields in yaml.safe_load(Path(__file__).with_name("exceptions.yaml").read_text("utf-8"))
]
EXCEPTIONS = {test: reason for reason in REASONS for test in reason.tests}


def run(entry: Entry) -> None:
    """Run one entry.

    Raises:
        OtherSpellingError: the answer has the expected values, and numbers in another lexical form.
        Exception: the entry is not met in another way.

    """
    RUNNERS[entry.type](entry)


def runs(entry: Entry) -> bool:
    """Whether `run` takes this entry."""
    return entry.type in RUNNERS and entry.group not in OUT_OF_SCOPE
