"""How alike two titles are: by the words that say something, whatever their order, accents and case.

Token-set and token-sort ratio (rapidfuzz) together: the first alone gives 1 to any title that is contained in another.
An acronym, or a single word, is a name that two projects may well share, so it never makes two titles alike.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from .words import fold, function_words, surfaces

OTHER_NUMBERS = 0.2
"""What titles lose that name different years or numbers: the second round of a project is not the first."""
_EVERYWHERE = frozenset(
    ("erasmus", "plus", "eu", "project", "projects", "projekt", "projekte", "projet", "projets", "proyecto", "progetto")
)
_LONGEST_ACRONYM = 12


@dataclass(frozen=True)
class Title:
    """A title, read."""

    language: str
    text: str
    words: tuple[str, ...]
    """What tells something, folded: no function words, acronyms and numbers."""
    numbers: frozenset[str]

    @property
    def line(self) -> str:
        """The telling words, one after the other."""
        return " ".join(self.words)


def read_title(text: str, language: str) -> Title:
    """A title in its telling words."""
    words, numbers = [], set()
    shouted = sum(map(str.isupper, text)) > sum(map(str.islower, text))
    common = function_words().get(language, frozenset())
    for surface in surfaces(text[:500]):
        word = fold(surface)
        if word.isdecimal():
            numbers.add(word)
        elif word not in common and word not in _EVERYWHERE and len(word) > 1 and (shouted or not _acronym(surface)):
            words.append(word)
    return Title(language, text, tuple(words), frozenset(numbers))


def read_titles(texts: Mapping[str, str]) -> tuple[Title, ...]:
    """The titles of a record by language."""
    return tuple(read_title(text, language) for language, text in texts.items() if text.strip())


def likeness(some: tuple[Title, ...], others: tuple[Title, ...]) -> tuple[float, Title | None]:
    """How alike two records' titles are (0 to 1), and the one of `others` that comes closest.

    Where both have titles in several languages, those that are less alike count too: two schools may call what they do
    the same in one language and mean different things.
    """
    best, closest, in_common = 0.0, None, []
    for other in others:
        for one in some:
            found = _alike(one, other)
            if found > best:
                best, closest = found, other
            if one.language == other.language:
                in_common.append(found)
    if len(in_common) > 1:
        best = (best + sum(in_common) / len(in_common)) / 2
    return best, closest


def _alike(one: Title, other: Title) -> float:
    if min(len(set(one.words)), len(set(other.words))) < 2:
        return 0.0
    found = (fuzz.token_set_ratio(one.line, other.line) + fuzz.token_sort_ratio(one.line, other.line)) / 200
    differ = one.numbers and other.numbers and not one.numbers & other.numbers
    return float(max(0.0, found - OTHER_NUMBERS * bool(differ)))


def _acronym(surface: str) -> bool:
    """TRAIL, MoNA, KA2: at least two capitals, and no fewer than small letters."""
    capitals = sum(map(str.isupper, surface))
    return 2 <= len(surface) <= _LONGEST_ACRONYM and capitals >= 2 and capitals >= sum(map(str.islower, surface))
