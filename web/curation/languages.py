"""Texts in several languages: which is the original, what is out of date against it, and a translation beside it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from rdflib import PROV, URIRef

from ingest.unpack import fields_of
from kg import InputError
from kg.desk import Draft
from kg.records import current, kept_content, version_iri
from ontology import HISTORY_GRAPH, RECORD_TYPES, record_graph

from ..accounts import Form, Role, need, posted
from ..pages import LANGUAGE, reader_language
from ..problems import ProblemError
from ..site import iri_of
from ..templates import page
from .form import MOST_BYTES, AtDesk, at_desk, known_languages
from .form_fields import FormField, Widget, all_fields
from .form_reading import Fields
from .form_view import at_time, title_of
from .publishing import Office, allowed

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
STILL_RIGHT = "found a translation still right"


@dataclass(frozen=True)
class State:
    """A record's texts at some time: a version that was published, or a revision of a draft."""

    fields: Fields
    when: datetime


@dataclass(frozen=True)
class Outdated:
    """A translation whose original has been changed since it was written."""

    path: str
    """Of the text, such as `summary` or `figure-1.what`."""
    language: str
    before: str
    """What the original said when the translation was last changed."""
    now: str
    since: datetime
    """When the original was changed."""


@dataclass(frozen=True)
class Piece:
    """One text of a record, in all its languages."""

    path: str
    field: FormField
    texts: dict[str, str]
    label: str


def pieces(fields: Fields, language: str = LANGUAGE) -> Iterator[Piece]:
    """Every text by language, those of its parts too.

    Args:
        fields: of a draft.
        language: of the labels.

    """
    original = str(fields.get("language") or "")
    for name, asked in all_fields(language).items():
        value = fields.get(name)
        if asked.widget == Widget.TEXTS:
            yield Piece(name, asked, _texts(value, original), asked.label)
        elif asked.widget == Widget.PARTS and isinstance(value, list):
            for number, part in enumerate(value, 1):
                for inner in asked.parts:
                    if inner.widget == Widget.TEXTS and isinstance(part, dict) and part.get(inner.name):
                        label = f"{asked.label} {number}: {inner.label}"
                        yield Piece(f"{name}-{number}.{inner.name}", inner, _texts(part[inner.name], original), label)


def languages_of(fields: Fields) -> list[str]:
    """The languages that a draft has texts in, the original one first."""
    original = str(fields.get("language") or "")
    found = {code for piece in pieces(fields) for code in piece.texts if code}
    return [*([original] if original else ()), *sorted(found - {original})]


def outdated(states: list[State], original: str) -> list[Outdated]:
    """The translations that are older than what they are a translation of.

    Args:
        states: of the record, the oldest first; the last one is what is looked at.
        original: language of the source.

    """
    found: list[Outdated] = []
    for piece in pieces(states[-1].fields) if states else ():
        now = piece.texts.get(original, "")
        history = [(_piece_at(state, piece.path), state.when) for state in states]
        changed = _last_change(history, original)
        for code, words in piece.texts.items():
            written = _last_change(history, code)
            if code != original and words and now and changed > written:
                before = history[written][0].get(original, "")
                if before and before != now:
                    found.append(Outdated(piece.path, code, before, now, history[changed][1]))
    return found


def states_of(office: Office, draft: Draft) -> list[State]:
    """Every state of a draft's record: what was published, then what has been written since."""
    found: list[State] = []
    if draft.based_on is not None and draft.fields.get("type") in RECORD_TYPES:
        found = _published(office, iri_of(RECORD_TYPES[draft.fields["type"]], draft.record))
    written = [State(one.fields, one.at) for one in office.desk.revisions(draft.key) if not one.parked]
    return [*found, *written]


def still_right(office: Office, draft: Draft, found: list[Outdated]) -> list[Outdated]:
    """Less those of which somebody has said since that they are still right."""
    said: dict[str, datetime] = {}
    for name in {draft.record, draft.key} - {""}:
        for entry in office.desk.audit(about=name, limit=1000):
            if entry.what == STILL_RIGHT:
                said[entry.detail] = max(entry.at, said.get(entry.detail, entry.at))
    never = datetime.min.replace(tzinfo=UTC)
    return [one for one in found if said.get(one.language, never) < one.since]


@router.get("/desk/draft/{key}/translate/{language}")
def translate_page(request: Request, key: str, language: str) -> Response:
    """The original on the left, the translation on the right."""
    at = at_desk(request, key)
    _check(at.draft, language)
    at.office.desk.seen(key, at.person.id)
    return _page(at, language)


@router.post("/desk/draft/{key}/translate/{language}")
async def save_translation(request: Request, key: str, language: str) -> Response:
    """Save a translation."""
    need(request, Role.CONTRIBUTOR)
    form = await posted(request, MOST_BYTES)
    at = await run_in_threadpool(at_desk, request, key)
    _check(at.draft, language)
    return await run_in_threadpool(_saved, at, form, language)


def _saved(at: AtDesk, form: Form, language: str) -> Response:
    given = form.one("on")
    on = int(given) if given.isdecimal() and len(given) < 12 else at.draft.number
    before = at.office.desk.revision(at.draft.key, on).fields
    fields = allowed(before, translated(before, form, language), at.person)
    note = f"translation into {at.site.language_name(language, LANGUAGE)}"
    saved = at.office.desk.save(at.draft.key, fields, at.person.id, on, note=note)
    if "still-right" in form.all("still"):
        at.office.desk.log(at.person.id, STILL_RIGHT, at.draft.record or at.draft.key, language)
    if saved.clashes:
        words = urlencode({"clash": saved.parked or 0, "on": on})
        return RedirectResponse(f"/desk/draft/{at.draft.key}?{words}#clash", 303)
    stay = form.one("do") != "back"
    path = f"/desk/draft/{at.draft.key}" + (f"/translate/{language}" if stay else "")
    return RedirectResponse(f"{path}?saved=1", 303)


def translated(before: Fields, form: Form, language: str) -> Fields:
    """The fields with a translation: texts that were emptied are taken out, and whose words they are is noted."""
    original = str(before.get("language") or "")
    out = dict(before)
    for piece in pieces(before):
        if piece.path not in form.all("shown"):
            continue
        words = form.one(piece.path).replace("\r\n", "\n").strip()
        texts = {code: text for code, text in piece.texts.items() if code != language}
        texts |= {language: words} if words else {}
        if texts != {code: text for code, text in piece.texts.items() if text}:
            out = _with_texts(out, piece.path, texts)
    ours = [code for code in _codes(out.get("ourTranslation")) if code != language]
    if form.one("ours") and language != original and language in languages_of(out):
        ours.append(language)
    if ours != _codes(out.get("ourTranslation")):
        out.pop("ourTranslation", None)
        out |= {"ourTranslation": ours} if ours else {}
    return out


def _page(at: AtDesk, language: str) -> Response:
    fields, reader = at.draft.fields, reader_language(at.request)
    original = str(fields.get("language") or "")
    source = original if original else next(iter(languages_of(fields)), "")
    old = {
        one.path: one
        for one in still_right(at.office, at.draft, outdated(states_of(at.office, at.draft), source))
        if one.language == language
    }
    shown = [_shown(piece, source, language, old.get(piece.path)) for piece in pieces(fields, reader)]
    shown = [one for one in shown if one["source"] or one["value"] or one["required"]]
    return page(
        at.request,
        "desk_translate.html",
        draft=at.draft,
        title=title_of(at.draft, reader),
        into=language,
        into_name=at.site.language_name(language, LANGUAGE),
        source=source,
        source_name=at.site.language_name(source, LANGUAGE) if source else "",
        original=original,
        pieces=shown,
        outdated=len(old),
        ours=language in _codes(fields.get("ourTranslation")) or language not in languages_of(fields),
        saved="saved" in at.request.query_params,
        at=at_time(at.draft.changed),
        others=at.others(),
    )


def _shown(piece: Piece, source: str, language: str, old: Outdated | None) -> dict[str, Any]:
    other = source if source in piece.texts else next((code for code in piece.texts if code != language), "")
    return {
        "path": piece.path,
        "id": "t-" + piece.path.replace(".", "-"),
        "label": piece.label,
        "long": piece.field.long,
        "huge": piece.field.huge,
        "most": piece.field.most,
        "required": piece.field.required,
        "source": piece.texts.get(other, ""),
        "source_lang": other,
        "rows": min(18, 3 + len(piece.texts.get(other, "")) // 45),
        "value": piece.texts.get(language, ""),
        "outdated": old,
    }


def _check(draft: Draft, language: str) -> None:
    if language not in known_languages():
        raise ProblemError(404, "Records cannot be written in this language yet.")
    if not draft.is_open:
        raise ProblemError(409, "This draft is closed; open the record again to change it.")
    if language == draft.fields.get("language"):
        raise InputError("This is the language of the source; write in it on the form itself.")


def _published(office: Office, record: URIRef) -> list[State]:
    store = office.site.searcher.store
    name = record.rpartition("/")[2]
    version = current(store).get(name)
    if version is None:
        return []
    query = f"""SELECT ?version ?when {{ GRAPH <{HISTORY_GRAPH}> {{
        ?version <{PROV.specializationOf}> {record.n3()} ; <{PROV.generatedAtTime}> ?when }} }}"""
    times = {str(row["version"]): datetime.fromisoformat(str(row["when"])) for row in store.private.select(query)}
    found = []
    for number in range(1, version.number + 1):
        node = version_iri(record, number)
        graph = store.graph(record_graph(name)) if number == version.number else kept_content(store, node)
        if graph is not None and str(node) in times:
            found.append(State(fields_of(graph, record), times[str(node)]))
    return found


def _piece_at(state: State, path: str) -> dict[str, str]:
    return next((piece.texts for piece in pieces(state.fields) if piece.path == path), {})


def _last_change(history: list[tuple[dict[str, str], datetime]], language: str) -> int:
    """The index of the state in which a text was last made different; white space does not count."""
    words = [" ".join(texts.get(language, "").split()) for texts, _ in history]
    return max((n for n in range(1, len(words)) if words[n] != words[n - 1]), default=0)


def _with_texts(fields: Fields, path: str, texts: dict[str, str]) -> Fields:
    name, _, inner = path.partition(".")
    if not inner:
        return fields | {name: texts} if texts else {key: one for key, one in fields.items() if key != name}
    start, _, number = name.rpartition("-")
    parts = list(fields[start])
    parts[int(number) - 1] = parts[int(number) - 1] | {inner: texts}
    return fields | {start: parts}


def _texts(value: Any, original: str) -> dict[str, str]:
    if isinstance(value, dict):
        return {str(code): str(text) for code, text in value.items()}
    return {original: str(value)} if value else {}


def _codes(value: Any) -> list[str]:
    return [str(code) for code in (value if isinstance(value, list) else [value] if value else [])]
