"""Names of concepts, countries, languages and regions in any EU language, to the codes of the record format."""

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import yaml
from rapidfuzz import fuzz, process
from rdflib.namespace import DCTERMS, SKOS

from ontology import FOLDER, NUTS
from ontology.context import context

from ..fields import fields, plain

ALIASES_FILE = Path(__file__).parent.parent / "mappings" / "words" / "aliases.yaml"
_FOLDERS = ("schemes", "labels", "authority")
_RANKS = {str(SKOS.prefLabel): 0, str(SKOS.notation): 0, str(SKOS.altLabel): 1, str(SKOS.hiddenLabel): 2}
_FIRST_CHOICE = "eplus-2021."
"""Where a barrier is named without its definition, that of the Programme Guide in force is meant."""


@dataclass(frozen=True)
class Words:
    """The list of one field: its codes, and what leads to them."""

    codes: frozenset[str]
    names: dict[str, tuple[str, ...]]
    """A name without case, and also without accents -> codes, the ones it fits best."""

    def code(self, said: str) -> str:
        """The code that is meant.

        Raises:
            LookupError: nothing of that name is in the list, or more than one is; the message says which.

        """
        text = said.strip()
        if text in self.codes:
            return text
        if text.upper() in self.codes and len(text) <= 5:
            return text.upper()
        last = text.rpartition("/")[2] if text.startswith(("http://", "https://")) else text
        found = self.names.get(as_written(last)) or self.names.get(plain(last), ())
        if len(found) > 1:
            preferred = tuple(code for code in found if code.startswith(_FIRST_CHOICE))
            found = preferred if len(preferred) == 1 else found
        if len(found) == 1:
            return found[0]
        if found:
            raise LookupError(f"can be {' or '.join(found[:4])}; write the code that is meant")
        near = process.extractOne(plain(text), self.names.keys(), scorer=fuzz.ratio, score_cutoff=75)
        advice = f"did you mean {self.names[near[0]][0]}?" if near else "see docs/record-format.md"
        raise LookupError(f"is not in this list ({advice})")


@cache
def words(field: str) -> Words:
    """The list that a field takes its codes from."""
    start = fields()[field].vocabulary
    terms = context()[field]["@context"]
    given = {iri: code for code, iri in reversed(terms.items()) if not code.startswith("@")}
    names: dict[str, dict[str, int]] = defaultdict(dict)
    codes = set(given.values())
    for iri, rank, name in _names().get(start, ()):
        code = given.get(iri, "" if given else iri.removeprefix(start))
        if code:
            codes.add(code)
            for key in {plain(name), as_written(name)}:
                names[key][code] = min(rank, names[key].get(code, rank))
    for iri, code in given.items():
        names[plain(iri.rpartition("/")[2])].setdefault(code, 0)
    for code in codes:
        names[plain(code)] = {code: -1}
    for name, code in _aliases().get(field, {}).items():
        names[plain(name)] = {code: -1}
    return Words(frozenset(codes) | _other_codes(field), {name: _best(found) for name, found in names.items() if name})


@cache
def labels(field: str, language: str) -> dict[str, str]:
    """Code -> name in a language, else in English, in the order of the names; for lists to choose from."""
    start = fields()[field].vocabulary
    terms = context()[field]["@context"]
    given = {iri: code for code, iri in reversed(terms.items()) if not code.startswith("@")}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for iri, tag, name in _preferred().get(start, ()):
        code = given.get(iri, "" if given else iri.removeprefix(start))
        if code:
            found[code][tag] = name
    shown = {code: by.get(language) or by.get("en") or next(iter(by.values())) for code, by in found.items()}
    return dict(sorted(shown.items(), key=lambda item: (plain(item[1]), item[0])))


def region_today(said: str) -> str:
    """A NUTS code of today for one of today or of 2021.

    Raises:
        LookupError: there is no such region, or it was divided, so that the code of today is not sure.

    """
    text = said.strip()
    code = text.upper().replace(" ", "")
    today, former = _regions()
    if code in today:
        return code
    after = former.get(code, ())
    if len(after) == 1:
        return after[0]
    if after:
        raise LookupError(f"was divided into {' and '.join(after)}; write the one that is meant")
    if code in former:
        raise LookupError("is a region of NUTS 2021 that has no successor of its own; write a code of NUTS 2024")
    named = words("nuts").names.get(plain(text), ())
    found = sorted(one for one in named if one in today)
    if found and all(one.startswith(found[0]) for one in found):
        return found[0]  # HU12 and HU120 are both called Pest, and are the same place
    if found:
        raise LookupError(f"can be {' or '.join(found[:4])}; write the code that is meant")
    raise LookupError("is not a region of NUTS 2024; use its code, such as DEF0")


def as_written(name: str) -> str:
    """A name without case, but with its accents, after a `=`: `učenici` and `ucenici` are words of two languages."""
    return "=" + " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _best(found: dict[str, int]) -> tuple[str, ...]:
    least = min(found.values())
    return tuple(sorted(code for code, rank in found.items() if rank == least))


def _other_codes(field: str) -> frozenset[str]:
    """Second codes of the same thing, such as GR beside EL."""
    terms = context()[field]["@context"]
    return frozenset(code for code in terms if not code.startswith("@"))


@cache
def _aliases() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load(ALIASES_FILE.read_text(encoding="utf-8"))
    return found


@cache
def _starts() -> tuple[str, ...]:
    return tuple({field.vocabulary for field in fields().values() if field.vocabulary})


@cache
def _quads() -> tuple[tuple[str, str, str, str], ...]:
    """Subject, property, language and text of each name in the vocabulary files."""
    found = []
    for folder in _FOLDERS:
        for path in sorted((FOLDER / folder).glob("*.ttl")):
            for quad in ox.parse(path=str(path)):
                if isinstance(quad.object, ox.Literal) and isinstance(quad.subject, ox.NamedNode):
                    prop = quad.predicate.value
                    if prop in _RANKS:
                        found.append((quad.subject.value, prop, quad.object.language or "", quad.object.value))
    return tuple(found)


@cache
def _names() -> dict[str, list[tuple[str, int, str]]]:
    by_start: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for iri, prop, _, name in _quads():
        if start := _start_of(iri):
            by_start[start].append((iri, _RANKS[prop], name))
    return by_start


@cache
def _preferred() -> dict[str, list[tuple[str, str, str]]]:
    by_start: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for iri, prop, language, name in _quads():
        if prop == str(SKOS.prefLabel) and (start := _start_of(iri)):
            by_start[start].append((iri, language, name))
    return by_start


def _start_of(iri: str) -> str:
    start = iri[: iri.rfind("/") + 1]
    return start if start in _starts() else ""


@cache
def _regions() -> tuple[frozenset[str], dict[str, tuple[str, ...]]]:
    """The codes of today, and what became of those of 2021 that ended."""
    today = {
        quad.subject.value.removeprefix(str(NUTS))
        for quad in ox.parse(path=str(FOLDER / "authority" / "nuts.ttl"))
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(str(NUTS))
    }
    former: dict[str, list[str]] = defaultdict(list)
    for quad in ox.parse(path=str(FOLDER / "authority" / "nuts-2021.ttl")):
        code = quad.subject.value.removeprefix(str(NUTS)) if isinstance(quad.subject, ox.NamedNode) else ""
        if code and code not in today and "/" not in code:
            after = former[code]
            if quad.predicate.value == str(DCTERMS.isReplacedBy) and isinstance(quad.object, ox.NamedNode):
                after.append(quad.object.value.removeprefix(str(NUTS)))
    return frozenset(today), {code: tuple(sorted(after)) for code, after in former.items()}
