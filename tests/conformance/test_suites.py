"""Every entry of the W3C suites is met, save the exceptions, each of which must really fail."""

import pytest

from .manifests import RDF_TESTS, ROOT, SHACL_TESTS, SUITES, Entry, entries
from .report import exceptions
from .run import EXCEPTIONS, run, runs
from .sparql import OtherSpellingError


def _parameters() -> list[object]:
    found: list[object] = []
    for suite in SUITES:
        tests = [pytest.param(entry, id=entry.id, marks=_marks(entry)) for entry in entries(suite) if runs(entry)]
        found += tests or [pytest.param(None, id=suite, marks=_missing(suite))]
    return found


def _marks(entry: Entry) -> list[pytest.MarkDecorator]:
    if entry.id not in EXCEPTIONS:
        return []
    known = EXCEPTIONS[entry.id]
    return [
        pytest.mark.xfail(reason=known.reason, strict=True, raises=OtherSpellingError if known.spelling else Exception)
    ]


def _missing(suite: str) -> pytest.MarkDecorator:
    folder, name = (SHACL_TESTS, "GOODWAYS_SHACL_TESTS") if suite == "shacl" else (RDF_TESTS, "GOODWAYS_W3C_TESTS")
    return pytest.mark.skip(reason=f"needs the W3C's tests; they are not at {folder} (set {name})")


@pytest.mark.parametrize("entry", _parameters())
def test_entry_is_met(entry: Entry) -> None:
    run(entry)


def test_every_exception_is_a_test_of_a_suite() -> None:
    there = [suite for suite in SUITES if entries(suite)]
    known = {entry.id for suite in there for entry in entries(suite)}
    assert [name for name in EXCEPTIONS if name.split("/")[0] in there and name not in known] == []


def test_the_page_has_the_exceptions_of_today() -> None:
    assert exceptions() in (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
