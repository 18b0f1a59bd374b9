"""Names of filters, kinds of record and quantities in every EU language (`headings.json`; ours, not confirmed)."""

import json
from functools import cache
from pathlib import Path

from search.quantities import LONGEST, Quantities

from .site import Text, text

HEADINGS_FILE = Path(__file__).with_name("headings.json")


@cache
def headings() -> dict[str, dict[str, str]]:
    """Key -> language -> text."""
    found: dict[str, dict[str, str]] = json.loads(HEADINGS_FILE.read_text(encoding="utf-8"))
    return found


def heading(key: str, language: str, **numbers: int) -> Text:
    """The heading in a language, else in English, with numbers in its places."""
    known = headings()[key]
    code = language if language in known else "en"
    return text(known[code].format(**numbers), code)


def quantities_in_words(quantities: Quantities, language: str) -> list[Text]:
    """A length of stay and an age as they were understood."""
    found = []
    if quantities.days:
        shortest, longest = quantities.days
        if longest >= LONGEST:
            found.append(heading("stay.from", language, n=shortest))
        elif shortest == longest:
            found.append(heading("stay.exact", language, n=longest))
        elif shortest > 1:
            found.append(heading("stay.between", language, a=shortest, b=longest))
        else:
            found.append(heading("stay.upto", language, n=longest))
    youngest, oldest = quantities.age or (None, None)
    if youngest is not None and oldest is not None:
        key = "age.exact" if youngest == oldest else "age.between"
        found.append(heading(key, language, n=youngest, a=youngest, b=oldest))
    elif oldest is not None:
        found.append(heading("age.upto", language, n=oldest))
    elif youngest is not None:
        found.append(heading("age.from", language, n=youngest))
    return found
