"""A mapping at work: each row becomes a raw record, with what is wrong and what was left out said for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from kg import Finding

from ..fields import Field, top_fields
from ..fields import plain as _plain_form
from ..ids import MadeIds, slug
from ..readers.raw import RawRecord
from .dates import AmbiguousDateError, order_of
from .languages import language_of
from .mapping import MANY_PARTNERS, Group, Mapping, Refusal, Rule, Source
from .rows import Row, Table, texts
from .transforms import TRANSFORMS

plain = lru_cache(maxsize=10_000)(_plain_form)
"""Of headings; there are few, and each row asks for them."""
LONGEST_SUMMARY = 6_000
_SHORTENED = 1_500
_MOST_NAMED = 25
_TEXT = Field("", None, "words", False, "", "", "", 0)  # type: ignore[arg-type]


@dataclass
class _Survey:
    """What a first look at all rows tells: which columns hold something, and how they write dates."""

    filled: dict[str, str] = field(default_factory=dict)
    """Heading as `plain` writes it -> as the file does."""
    orders: dict[str, str] = field(default_factory=dict)
    rows: int = 0


def records(table: Table, mapping: Mapping, today: date | None = None) -> Iterator[RawRecord]:
    """The rows of a table as raw records.

    Args:
        table: the rows; they are gone through twice, since dates of a column explain one another.
        mapping: which column becomes which field.
        today: the day that tells whether a project has ended.

    """
    plains: dict[str, str] = {}
    survey = _look(table, mapping, plains)
    notes = [*table.notes, *_left_out(table, mapping, survey)]
    made = MadeIds()
    for row in table.rows():
        reading = _Reading(table, mapping, survey, plains, row, today or datetime.now(UTC).date())
        raw = reading.record(made)
        raw.notes, notes = [*notes, *raw.notes], []
        yield raw


def _look(table: Table, mapping: Mapping, plains: dict[str, str]) -> _Survey:
    survey = _Survey()
    dated = {
        plain(column)
        for sources in mapping.sources.values()
        for source in sources
        if source.transform == "date"
        for column in source.columns
    }
    orders: dict[str, set[str]] = {}
    for row in table.rows():
        survey.rows += 1
        for heading, value in row.cells.items():
            key = plains.get(heading) or plains.setdefault(heading, plain(heading))
            survey.filled.setdefault(key, heading)
            if key in dated and (order := order_of(texts(value))):
                orders.setdefault(key, set()).add(order)
    settled = {key: found.copy().pop() for key, found in orders.items() if len(found) == 1}
    agreed = set(settled.values()) if all(len(found) == 1 for found in orders.values()) else set()
    survey.orders = settled | ({key: next(iter(agreed)) for key in dated} if len(agreed) == 1 else {})
    return survey


def _left_out(table: Table, mapping: Mapping, survey: _Survey) -> Iterator[Finding]:
    used = mapping.columns()
    names: dict[str, str] = {}
    for key, heading in survey.filled.items():
        general = re.sub(r"\b\d+\b", "1", key)
        if key not in used and general not in used and heading:
            names.setdefault(general, heading if len(heading) <= 60 else heading[:60] + "…")
    if names:
        shown = "; ".join(list(names.values())[:_MOST_NAMED])
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        yield Finding(f"Columns that were left out ({mapping.name}): {shown}{more}.", file=table.file)


class _Reading:
    """One row on its way to a record."""

    def __init__(
        self, table: Table, mapping: Mapping, survey: _Survey, plains: dict[str, str], row: Row, today: date
    ) -> None:
        self._table, self._mapping, self._survey, self._row, self._today = table, mapping, survey, row, today
        self._cells = {plains.get(heading) or plain(heading): texts(value) for heading, value in row.cells.items()}
        self._wrong: list[Finding] = []
        self._notes: list[Finding] = []

    def record(self, made: MadeIds) -> RawRecord:
        """The record, with its findings."""
        raw = RawRecord(self._table.file, self._row.number)
        if self._row.wrong:
            raw.finding = self._finding(self._row.wrong)
            return raw
        refused = next((refusal for refusal in self._mapping.refusals if self._is_refused(refusal)), None)
        data: dict[str, Any] = dict(self._mapping.fixed)
        for name, sources in self._mapping.sources.items():
            value = self._value(name, sources)
            if value not in (None, "", [], {}):
                data[name] = value
        if organisations := self._organisations(data.get("organisation", [])):
            data["organisation"] = organisations
        self._settle_languages(data)
        self._shorten(data)
        if refused:
            self._wrong.insert(0, self._finding(self._filled(refused.say)))
        given = "".join(self._first(self._mapping.id_from)[:1])
        if "id" not in data:
            data["id"] = slug(f"{self._mapping.id_before}{given}") if given else made.of(data)
            raw.made_id = not given
        raw.data = {"id": data.pop("id")} | data
        for finding in (*self._wrong, *self._notes):
            finding.record = str(raw.data["id"])[:120]
        raw.finding, raw.further = (self._wrong[0] if self._wrong else None), self._wrong[1:]
        raw.notes = self._notes
        return raw

    def _value(self, name: str, sources: tuple[Source, ...]) -> Any:
        known = top_fields().get(name, _TEXT)
        if known.kind == "texts":
            by_language: dict[str, str] = {}
            for source in sources:
                for language, text in self._texts(name, source):
                    by_language.setdefault(language, text)
            return by_language
        if not (known.many or known.kind == "parts"):
            values = next((values for source in sources if (values := self._values(name, source))), [])
            return values[0] if len(values) == 1 else values
        found = list(self._all(name, sources))
        return sorted(set(found)) if known.kind == "codes" else [v for n, v in enumerate(found) if v not in found[:n]]

    def _all(self, name: str, sources: tuple[Source, ...]) -> Iterator[Any]:
        for source in sources:
            for value in self._values(name, source):
                if name == "organisation":
                    yield _organisation(value)
                else:
                    yield {"url": value} if name == "furtherSource" else value

    def _texts(self, name: str, source: Source) -> Iterator[tuple[str, str]]:
        values = [str(value) for value in self._values(name, source)]
        if values:
            text = "\n".join(values)
            yield source.language or (language_of(text) if source.detect else ""), text

    def _values(self, name: str, source: Source) -> list[Any]:
        if source.rules:
            return [rule.give for rule in source.rules if self._matches(rule)][:1]
        if source.template:
            made = self._filled(source.template)
            return [TRANSFORMS[source.transform](made, name, "")] if made else []
        values: list[Any] = []
        for column in source.columns:
            cells = self._cells.get(plain(column), [])
            values += [
                value
                for cell in cells
                for part in self._parts(cell, name, source)
                if (value := self._one(part, name, column, source)) is not None
            ]
            if values and not source.every:
                break
        return {"first": values[:1], "rest": values[1:]}.get(source.only, values)

    def _parts(self, cell: str, name: str, source: Source) -> list[str]:
        """The values of a cell; a name that holds what separates others is one value."""
        if not source.split:
            return [cell]
        if source.transform == "code" and not source.words:
            try:
                TRANSFORMS["code"](cell, name, "")
            except LookupError:
                pass
            else:
                return [cell]
        return [part.strip() for part in re.split(source.split, cell) if part.strip()]

    def _one(self, said: str, name: str, column: str, source: Source) -> Any:
        if source.take:
            found = re.search(source.take, said)
            if not found:
                return None
            said = found[1].strip()
        if source.words:
            key = _plain_form(said)
            key = key if key in source.words else _plain_form(re.split(r"[/#:]", said)[-1])
            given = source.words.get(key)
            if given is None and key not in source.words:
                self._leave_out(said, name, column, "is not known here")
            return given
        try:
            return TRANSFORMS[source.transform](said, name, self._survey.orders.get(plain(column), ""))
        except AmbiguousDateError as error:
            if self._mapping.strict:
                return self._leave_out(said, name, column, str(error))
            year = re.sub(r".*[/-]", "", said)[:4]
            self._notes.append(self._finding(f"Of '{_short(said)}' only the year was taken: it {error}.", column))
            return year if len(year) == 4 else None
        except (LookupError, ValueError) as error:
            return self._leave_out(said, name, column, str(error).strip("'\""))

    def _leave_out(self, said: str, name: str, column: str, why: str) -> None:
        if self._mapping.strict:
            self._wrong.append(self._finding(f"'{_short(said)}' {why}.", self._heading(column) or name))
        else:
            self._notes.append(self._finding(f"'{_short(said)}' was left out: it {why}.", self._heading(column)))

    def _organisations(self, found: list[dict[str, str]]) -> list[dict[str, str]]:
        for group in self._mapping.groups:
            numbers = range(1, MANY_PARTNERS + 1) if group.numbered else (0,)
            for number in numbers:
                added = list(self._group(group, str(number)))
                if group.numbered and number > 3 and not added and number > self._last_partner():
                    break
                found += [one for one in added if one not in found]
        return found

    def _last_partner(self) -> int:
        numbers = [int(found[0]) for key in self._cells if (found := re.findall(r"\d+", key))]
        return max(numbers, default=0)

    def _group(self, group: Group, number: str) -> Iterator[dict[str, str]]:
        names, countries = (
            self._first(tuple(name.replace("{n}", number) for name in columns))
            for columns in (group.name, group.country)
        )
        for cell in names:
            for part in re.split(group.split, cell) if group.split else [cell]:
                said = re.search(group.take, part) if group.take else None
                if group.take and not said:
                    continue
                made = {"name": " ".join((said[1] if said else part).split())[:300]}
                if countries and (code := self._country(countries[0])):
                    made["country"] = code
                if made["name"]:
                    yield made | {"role": group.role}

    def _country(self, said: str) -> str:
        try:
            return str(TRANSFORMS["code"](said, "country", ""))
        except LookupError as error:
            self._leave_out(said, "country", "country", str(error).strip("'\""))
            return ""

    def _settle_languages(self, data: dict[str, Any]) -> None:
        """Give the record its language if the table does not, and each text the language it is in."""
        by_language = [name for name, value in data.items() if top_fields().get(name, _TEXT).kind == "texts"]
        if "language" not in data:
            summary = data.get("summary") or {}
            named = [code for code in summary if code]
            text = " ".join([*summary.values(), *(data.get("title") or {}).values()])
            found = named[0] if len(named) == 1 else language_of(text)
            if found:
                data["language"] = found
                self._notes.append(self._finding(f"The language, {found}, was told from the text; check it."))
        language = data.get("language", "")
        for part in data.get("furtherSource", ()):
            part.setdefault("language", language)
        for name in by_language:
            texts_of = {code or language: text for code, text in data[name].items()}
            data[name] = next(iter(texts_of.values())) if set(texts_of) <= {language} else texts_of

    def _shorten(self, data: dict[str, Any]) -> None:
        """A summary that is too long for one becomes the body, and its first sentences the summary."""
        summary = data.get("summary")
        if isinstance(summary, str) and len(summary) > LONGEST_SUMMARY and "text" not in data:
            start = summary[:_SHORTENED]
            end = max(start.rfind(mark) for mark in (". ", ".\n", "! ", "? ", "。"))
            data |= {"text": summary, "summary": start[: end + 1] if end > 200 else start.rsplit(" ", 1)[0]}
            self._notes.append(self._finding("The summary is long: it became the text, its beginning the summary."))

    def _matches(self, rule: Rule) -> bool:
        return all(any(pattern.search(text) for text in self._first(names) or [""]) for names, pattern in rule.when)

    def _first(self, names: tuple[str, ...]) -> list[str]:
        """The cells under the first of the headings that holds something."""
        return next((cells for name in names if (cells := self._cells.get(plain(name)))), [])

    def _is_refused(self, refusal: Refusal) -> bool:
        if refusal.rule:
            return self._matches(refusal.rule)
        return bool(refusal.running) and self._is_running(refusal.running or {})

    def _is_running(self, running: dict[str, Any]) -> bool:
        """Whether a project has not ended: by its state, unless its end or the years since its call say otherwise."""
        state, end, year = (" ".join(self._first(running[key])) for key in ("status", "ended", "call"))
        if not re.search(r"ongoing|running|started|in progress", state, re.IGNORECASE):
            return False
        try:
            end = str(TRANSFORMS["date"](end, "end", "day"))
            runs = end >= self._today.isoformat()[: len(end)]
        except ValueError:
            runs = not year.isdigit() or int(year) + int(running["years"]) >= self._today.year
        if not runs:
            message = f"The export calls this project {state}, but it must have ended; look up what came of it."
            self._notes.append(self._finding(message))
        return runs

    def _filled(self, template: str) -> str:
        """The template with cells in place of headings; nothing where one is empty."""
        missing = False

        def cell(found: re.Match[str]) -> str:
            nonlocal missing
            text = " ".join(self._first(tuple(found[1].split(" | "))))
            missing = missing or not text
            return text

        made = re.sub(r"\{([^}]+)\}", cell, template)
        return "" if missing else made

    def _heading(self, column: str) -> str:
        return self._survey.filled.get(plain(column), column)[:60]

    def _finding(self, message: str, field: str = "") -> Finding:
        return Finding(message, file=self._table.file, row=self._row.number, field=field)


def _organisation(said: Any) -> dict[str, str]:
    """`Caritas (DE)` as an organisation with its country."""
    text = str(said)
    found = re.fullmatch(r"(.+?)\s*\(([^()]+)\)", text)
    if found:
        try:
            return {"name": found[1], "country": str(TRANSFORMS["code"](found[2], "country", ""))}
        except LookupError:
            pass
    return {"name": text}


def _short(said: str) -> str:
    text = " ".join(said.split())
    return text[:60] + "…" if len(text) > 60 else text
