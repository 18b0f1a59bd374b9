"""How dates, numbers and passages are written for a person."""

from datetime import date

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from search.passages import Passage
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


def marked(passage: Passage, sentence: tuple[int, int] | None, words: tuple[str, ...], most: int = 320) -> Markup:
    """The part of a passage from its closest sentence on, it and the words in common marked."""
    spans = passage.sentences
    if sentence is None or not spans:
        return escape(passage.text)
    first = last = spans.index(sentence)
    while last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] < most:
        last += 1
    while first > 0 and spans[last][1] - spans[first - 1][0] < most:
        first -= 1
    wanted = {form(word, passage.language) for word in words}
    pieces = []
    for start, end in spans[first : last + 1]:
        inside = (start, end) == sentence
        text = passage.text[start : min(end, start + most + 80)] + (" …" if end - start > most + 80 else "")
        tag = Markup("<b>%s</b>") if inside else Markup("<mark>%s</mark>")
        html = _with_words(text, wanted, passage.language, tag)
        pieces.append(Markup('<mark class="closest">%s</mark>') % html if inside else html)
    before = "… " if first else ""
    return before + Markup(" ").join(pieces) + (" …" if last + 1 < len(spans) else "")


def _with_words(text: str, wanted: set[str], language: str, tag: Markup) -> Markup:
    html, at = Markup(), 0
    for start, end in tokens(text):
        if form(text[start:end], language) in wanted:
            html += escape(text[at:start]) + tag % text[start:end]
            at = end
    return html + escape(text[at:])
