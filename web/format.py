"""How dates, numbers and passages are written for a person."""

import re
from datetime import date

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from search.passages import sentences
from search.words import form, tokens


def locale(language: str) -> str:
    """The locale in which a language is written here: English as in Europe."""
    return "en_GB" if language == "en" else language


def day(value: str, language: str) -> str:
    """A year, month or day as the language writes it; what is no date stays as it is."""
    parts = value.split("-")
    try:
        if len(parts) == 1:
            return value
        if len(parts) == 2:
            return str(format_skeleton("yMMMM", date(int(parts[0]), int(parts[1]), 1), locale=locale(language)))
        return str(format_date(date(*map(int, parts)), format="long", locale=locale(language)))
    except ValueError:
        return value


def period(start: str, end: str) -> str:
    """The years of a period: `2021–2023`."""
    first, last = start[:4], end[:4]
    return f"{first}–{last}" if first and last and first != last else first or last


def number(value: str, language: str) -> str:
    """A number as the language writes it; a year-like or odd value stays as it is."""
    try:
        return str(format_decimal(float(value) if "." in value else int(value), locale=locale(language)))
    except ValueError:
        return value


def marked(passage: str, words: tuple[str, ...], language: str, most: int = 320) -> Markup:
    """The part of a passage around the most matching words, with these marked; safe HTML."""
    wanted = {form(word, language) for word in words}
    shown = _excerpt(passage, wanted, language, most)
    html, at = Markup(), 0
    for start, end in tokens(shown):
        if form(shown[start:end], language) in wanted:
            html += escape(shown[at:start]) + Markup("<mark>%s</mark>") % shown[start:end]
            at = end
    return html + escape(shown[at:])


def _excerpt(passage: str, wanted: set[str], language: str, most: int) -> str:
    parts = sentences(passage)
    if len(passage) <= most or not parts:
        return passage
    scores = [sum(form(part[s:e], language) in wanted for s, e in tokens(part)) for part in parts]
    first = max(range(len(parts)), key=lambda n: (scores[n], -n))
    shown, last = parts[first], first
    while last + 1 < len(parts) and len(shown) + len(parts[last + 1]) < most:
        last += 1
        shown += " " + parts[last]
    if len(shown) > most + 80:
        shown = re.sub(r"\s+\S*$", "", shown[: most + 80]) + " …"
    return ("… " if first else "") + shown + (" …" if last + 1 < len(parts) else "")
