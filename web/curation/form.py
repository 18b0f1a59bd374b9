"""The form in which a record is written: shown, saved, and saved by itself while somebody types."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from kg import InputError
from kg.desk import Draft, Saved, State
from kg.three_way import Clash, merged
from ontology import EU_LANGUAGES, ID, RECORD_TYPES
from ontology.context import context

from ..accounts import Form, Person, Role, csrf_field, name_of, need, posted
from ..format import day
from ..pages import LANGUAGE, reader_language
from ..problems import ProblemError
from ..site import Site
from ..templates import environment, page
from .clashes import clash_view, settled
from .duplicates_api import drafts_for, duplicates_of, names_of, shown
from .form_fields import all_fields
from .form_reading import Fields, read, with_value
from .form_view import FormView, at_time, meter, problems, title_of, types
from .ids import free_id, made_from
from .office import office_of
from .publishing import Office, allowed, closed_to, edit, seen_draft

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
MOST_BYTES = 8_000_000
"""Of a form: a full text of a million characters, escaped, and the rest."""
_DOING = ("add:", "remove:", "dismiss:", "translate")


@dataclass(frozen=True)
class AtDesk:
    """A request for one draft: who sends it, and what it is about."""

    request: Request
    office: Office
    person: Person
    draft: Draft

    @property
    def site(self) -> Site:
        """Where the records are."""
        return self.office.site

    def others(self) -> list[str]:
        """Names of those who have the draft open too."""
        found = self.office.desk.others_at(self.draft.key, self.person.id)
        return [name_of(self.request, person) for person in found]


def at_desk(request: Request, key: str) -> AtDesk:
    """The draft of a request, for somebody who may write in it.

    Raises:
        NotFoundError: there is none for this person.
        ProblemError: not signed in.

    """
    person = need(request, Role.CONTRIBUTOR)
    office = office_of(request)
    return AtDesk(request, office, person, seen_draft(office, key, person))


@router.get("/desk/draft/{key}")
def form_page(request: Request, key: str) -> Response:
    """The form; or, after two people have written in the same field, both texts to choose from."""
    at = at_desk(request, key)
    if not at.draft.is_open:
        return RedirectResponse(f"/desk/draft/{key}/review", 303)
    at.office.desk.seen(key, at.person.id)
    asked = request.query_params
    if (parked := _number(asked.get("clash", ""))) and (clashes := _clashes(at, parked, _number(asked.get("on", "")))):
        return _clash_page(at, parked, clashes)
    return _form(at, check="check" in asked, extra=asked.get("more", "")[:40])


@router.post("/desk/draft/{key}")
async def save_form(request: Request, key: str) -> Response:
    """Save what was typed, do what the button says, and show the form again."""
    need(request, Role.CONTRIBUTOR)
    form = await posted(request, MOST_BYTES)
    at = await run_in_threadpool(at_desk, request, key)
    return await run_in_threadpool(_settle if form.one("do") == "settle" else _saved_form, at, form)


@router.post("/desk/draft/{key}/autosave")
async def autosave(request: Request, key: str) -> Response:
    """Save what was typed so far, and tell the page what others have changed meanwhile."""
    need(request, Role.CONTRIBUTOR)
    form = await posted(request, MOST_BYTES)
    at = await run_in_threadpool(at_desk, request, key)
    return await run_in_threadpool(_autosaved, at, form)


def _saved_form(at: AtDesk, form: Form) -> Response:
    do = form.one("do")
    if not at.draft.is_open:
        return _saved_elsewhere(at, form)
    saved = _save(at, form, note=form.one("note")[:300])
    key = saved.draft.key
    if saved.clashes or form.one("clash"):
        parked = saved.parked or _number(form.one("clash"))
        on = _number(form.one("clash-on")) or _number(form.one("on"))
        return RedirectResponse(f"/desk/draft/{key}?{urlencode({'clash': parked or 0, 'on': on or 0})}#clash", 303)
    merged_fields = ",".join(dict.fromkeys(name.partition(".")[0] for name in saved.merged))[:500]
    typed = form.one("id").strip()[:120]
    words = {"saved": "1"} | ({"merged": merged_fields} if merged_fields else {})
    if typed and saved.draft.fields.get("id", "").startswith(f"{typed}-") and typed != str(at.draft.fields.get("id")):
        words |= {"taken": typed}
    if do == "check":
        if problems(at.site, saved.draft.fields, also_missing=True):
            return RedirectResponse(f"/desk/draft/{key}?{urlencode(words | {'check': '1'})}#errors", 303)
        return RedirectResponse(f"/desk/draft/{key}/review", 303)
    if do == "translate":
        language = form.one("into")
        if language in known_languages():
            return RedirectResponse(f"/desk/draft/{key}/translate/{language}", 303)
    where = ""
    if do.startswith("add:") and (name := do.partition(":")[2]) in all_fields():
        words |= {"more": name}
        there = saved.draft.fields.get(name)
        first = all_fields()[name].parts[0].name if all_fields()[name].parts else ""
        where = f"#f-{name}-{len(there) + 1 if isinstance(there, list) else 1}-{first}"
    elif do.startswith(_DOING[:3]):
        where = f"#field-{form.one('at')}" if form.one("at") in all_fields() else f"#field-{_field_of(do)}"
    return RedirectResponse(f"/desk/draft/{key}?{urlencode(words)}{where}", 303)


def _saved_elsewhere(at: AtDesk, form: Form) -> Response:
    """What was typed into a draft that has been closed meanwhile goes into a new one."""
    before = at.office.desk.revision(at.draft.key, _number(form.one("on")) or at.draft.number).fields
    fields = read(at.site, form, before)
    if at.draft.state == State.PUBLISHED and (kind := RECORD_TYPES.get(str(before.get("type")))):
        new = edit(at.office, kind, at.draft.record, at.person)
        fields, _, _ = merged(before, fields, new.fields)
        at.office.desk.save(new.key, fields, at.person.id, new.number)
    else:
        fields = {name: value for name, value in fields.items() if name != "id"}
        new = at.office.desk.begin(fields, at.person.id, source=at.draft.source)
    return RedirectResponse(f"/desk/draft/{new.key}?saved=1&closed=1", 303)


def _autosaved(at: AtDesk, form: Form) -> Response:
    if not at.draft.is_open:
        raise ProblemError(409, "This draft was closed meanwhile; press Save, and what you typed goes into a new one.")
    at.office.desk.seen(at.draft.key, at.person.id)
    taken = {one.field for one in at.office.desk.suggestions(at.draft.key) if str(one.number) in form.all("take")}
    saved = _save(at, form, auto=True)
    clashing = {clash.field.partition(".")[0] for clash in saved.clashes}
    changed = {name.partition(".")[0] for name in saved.merged} - clashing
    fresh = {name: _field_html(at, saved.draft, name) for name in sorted(changed | taken) if name in all_fields()}
    names = [all_fields()[name].label for name in sorted(changed) if name in all_fields()]
    answer: dict[str, Any] = {
        "number": saved.parked or saved.draft.number,
        "saved": at_time(saved.draft.changed),
        "merged": names,
        "clashes": [clash.field for clash in saved.clashes],
        "others": at.others(),
        "fields": fresh,
        "meter": meter(saved.draft.fields, reader_language(at.request)),
        "by": name_of(at.request, at.draft.changed_by) if changed or saved.clashes else "",
    }
    if saved.clashes:
        answer |= {"clash": saved.parked, "on": _number(form.one("on"))}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _save(at: AtDesk, form: Form, *, auto: bool = False, note: str = "") -> Saved:
    """Save a form on top of the revision that it was made from.

    Raises:
        InputError: the draft is closed, or its id that of another.

    """
    on = _number(form.one("on")) or at.draft.number
    before = at.office.desk.revision(at.draft.key, on).fields
    fields = read(at.site, form, before)
    if at.draft.based_on is not None:  # the address of what is published stays
        fields |= {name: before[name] for name in ("id", "type") if name in before}
    elif not auto:
        fields = _with_id(at, fields, before)
    fields = allowed(before, fields, at.person)
    desk = at.office.desk
    wanted = [one for one in desk.suggestions(at.draft.key) if str(one.number) in form.all("take")]
    for one in wanted:
        if one.field in all_fields():
            fields = with_value(fields, all_fields()[one.field], one.value)
    saved = desk.save(at.draft.key, fields, at.person.id, on, auto=auto, note=note)
    desk.decide(at.draft.key, [one.number for one in wanted], taken=True)
    do, _, what = form.one("do").partition(":")
    if do == "dismiss" and (number := _number(what)):
        desk.decide(at.draft.key, [number], taken=False)
    return saved


def _with_id(at: AtDesk, fields: Fields, before: Fields) -> Fields:
    """With an id that is free: the one that was chosen, as long as nobody has it, else one made from the title."""
    typed, was = str(fields.get("id") or ""), str(before.get("id") or "")
    made = made_from(fields)
    if typed and typed == was and not _was_made(typed, before):
        return fields
    start = typed if typed and typed != was else made
    return fields | {"id": free_id(at.office, start, at.draft.key)} if start else fields


def _was_made(record_id: str, before: Fields) -> bool:
    start = made_from(before)
    return bool(start) and (record_id == start or record_id.rpartition("-")[0] == start)


def _form(at: AtDesk, *, check: bool, extra: str) -> Response:
    language, fields, draft = reader_language(at.request), at.draft.fields, at.draft
    view = FormView(
        at.site, fields, language, at.office.desk.suggestions(draft.key),
        problems(at.site, fields, also_missing=check), extra, closed_to(at.person),
    )  # fmt: skip
    kind = str(fields.get("type") or "")
    asked = at.request.query_params
    known = all_fields(language)
    return page(
        at.request,
        "desk_form.html",
        draft=draft,
        title=title_of(draft, language),
        kind=RECORD_TYPES.get(kind, ""),
        types=types(kind, language),
        steps=view.steps(kind),
        unknown=view.unknown(),
        errors=view.summary(),
        check=check,
        taken=asked.get("taken", "")[:120],
        closed="closed" in asked,
        original=view.original,
        original_name=at.site.language_name(view.original, LANGUAGE) if view.original else "",
        countries=view.names("country"),
        others=at.others(),
        meter=meter(fields, language),
        saved="saved" in asked,
        at=at_time(draft.changed),
        merged=[known[name].label for name in asked.get("merged", "").split(",") if name in known],
        changed_by=name_of(at.request, draft.changed_by),
        translations=translations(at),
        languages=_language_choices(at.site, view.original, language),
        duplicates=_duplicates(at),
        published=str(ID[f"{RECORD_TYPES[kind]}/{draft.record}"])[len(str(ID)) :]
        if draft.based_on is not None and kind in RECORD_TYPES
        else "",
        changed_on=day(draft.changed.date().isoformat(), LANGUAGE),
        suggested=sum(bool(one.field) for one in view.suggestions),
        notes=[one for one in view.suggestions if not one.field],
    )


def translations(at: AtDesk) -> list[dict[str, Any]]:
    """The languages that a draft has beside the original, and how many of their texts are out of date."""
    from .languages import languages_of, outdated, states_of, still_right  # which builds on this module

    original = str(at.draft.fields.get("language") or "")
    found = [code for code in languages_of(at.draft.fields) if code != original]
    old = still_right(at.office, at.draft, outdated(states_of(at.office, at.draft), original)) if found else []
    return [
        {
            "code": code,
            "name": at.site.language_name(code, LANGUAGE),
            "outdated": sum(one.language == code for one in old),
            "ours": code in (at.draft.fields.get("ourTranslation") or []),
        }
        for code in found
    ]


def _duplicates(at: AtDesk) -> list[dict[str, Any]]:
    but = names_of(at.request, at.draft.key)
    fields = {name: value for name, value in at.draft.fields.items() if name != "id"}
    if not fields.get("title") and not fields.get("source"):
        return []
    return shown(duplicates_of(at.site).like(fields, but=but, limit=5, drafts=drafts_for(at.request, at.person)))


def _field_html(at: AtDesk, draft: Draft, name: str) -> str:
    """One field as the form shows it, for a page that is open."""
    language = reader_language(at.request)
    view = FormView(at.site, draft.fields, language, at.office.desk.suggestions(draft.key))
    macros = environment().get_template("_fields.html").make_module({"lang": "en", "csrf": csrf_field(at.request)})
    return str(macros.field(view.field(name)))  # type: ignore[attr-defined]


def _clash_page(at: AtDesk, parked: int, clashes: list[Clash]) -> Response:
    revision = at.office.desk.revision(at.draft.key, parked)
    if revision.by != at.person.id and at.person.role < Role.CURATOR:
        raise ProblemError(403, "Only who wrote this, or a curator, can choose between the two texts.")
    return page(
        at.request,
        "desk_clash.html",
        draft=at.draft,
        title=title_of(at.draft, reader_language(at.request)),
        parked=parked,
        on=_number(at.request.query_params.get("on", "")),
        clashes=[clash_view(at.site, clash, reader_language(at.request)) for clash in clashes],
        mine=name_of(at.request, revision.by),
        theirs=name_of(at.request, _other_than(at, revision.by)),
    )


def _other_than(at: AtDesk, person: str) -> str:
    """Who else has written in the draft last."""
    by = [one.by for one in at.office.desk.revisions(at.draft.key) if not one.parked and one.by != person]
    return by[-1] if by else at.draft.changed_by


def _settle(at: AtDesk, form: Form) -> Response:
    """Put what somebody chose of two texts into the draft."""
    parked, on = _number(form.one("clash")) or 0, _number(form.one("clash-on"))
    clashes = _clashes(at, parked, on)
    now = _number(form.one("on")) or at.draft.number
    fields = settled(at.office.desk.revision(at.draft.key, now).fields, clashes, form)
    saved = at.office.desk.save(at.draft.key, fields, at.person.id, now, note="chose between two texts")
    if saved.clashes:
        words = urlencode({"clash": saved.parked or 0, "on": now})
        return RedirectResponse(f"/desk/draft/{at.draft.key}?{words}#clash", 303)
    return RedirectResponse(f"/desk/draft/{at.draft.key}?saved=1", 303)


def _clashes(at: AtDesk, parked: int, on: int | None) -> list[Clash]:
    """What a parked revision and the draft have both changed since they were one."""
    desk, key = at.office.desk, at.draft.key
    base, mine = desk.revision(key, on or 1), desk.revision(key, parked)
    if not mine.parked:
        raise InputError("This revision is part of the draft; there is nothing to choose.")
    return merged(base.fields, mine.fields, at.draft.fields)[2]


def _language_choices(site: Site, original: str, language: str) -> list[dict[str, str]]:
    others = [code for code in known_languages() if code != original]
    found = [{"code": code, "name": site.language_name(code, language)} for code in others]
    return sorted(found, key=lambda one: (one["code"] not in EU_LANGUAGES, one["name"]))


def known_languages() -> list[str]:
    """The codes of the languages that records can be written in."""
    return [code for code in context()["language"]["@context"] if not code.startswith("@")]


def _field_of(do: str) -> str:
    return do.partition(":")[2].partition("-")[0]


def _number(said: str) -> int | None:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else None
