"""Pages of imports: bring in, look at every row, correct, choose, publish or undo as one."""

import tempfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ingest.template import template, template_csv
from kg import GoodwaysError, InputError
from kg.batch import Batch, Verdict

from ..accounts import Form, Role, Upload, need, posted, posted_files
from ..forms import check_length
from ..pages import reader_language
from ..problems import ProblemError
from ..templates import page
from .import_correct import boxes, corrected
from .import_files import pasted
from .import_office import ImportOffice, office_of_imports
from .import_view import address, batch_view, list_view, progress, row_view

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MOST_PAGES = 10_000


@router.get("/desk/import")
def imports(request: Request) -> Response:
    """The newest imports, and the form to bring one in."""
    return _list(request)


@router.post("/desk/import")
async def bring_in(request: Request) -> Response:
    """Take in files, or what was pasted."""
    office = _office(request)
    check_length(request, office.most_bytes + 2_000_000)
    form, uploads = await posted_files(request, office.most_bytes)
    try:
        batch = await run_in_threadpool(_begin, office, form, uploads)
    except (GoodwaysError, ProblemError) as error:
        return _list(request, form, str(error), error.status if isinstance(error, ProblemError) else 422)
    return _to(batch)


@router.get("/desk/import/template.{ending}")
def template_file(request: Request, ending: str) -> Response:
    """A sheet to fill in, with explanations and lists in the reader's language."""
    language = request.query_params.get("lang", "") or reader_language(request)
    if ending not in ("xlsx", "csv"):
        raise ProblemError(404, "The template is there as .xlsx and as .csv.")
    content = template(language) if ending == "xlsx" else template_csv(language)
    headers = {"Content-Disposition": f'attachment; filename="goodways-{ending}-{_letters(language)}.{ending}"'}
    return Response(content, media_type=_XLSX if ending == "xlsx" else "text/csv; charset=utf-8", headers=headers)


@router.post("/desk/import/harvest")
async def harvest(request: Request) -> Response:
    """Take in what another repository has."""
    office, form = _office(request), await posted(request)
    given = (form.one("address"), form.one("protocol"), form.one("part"))
    try:
        batch = await run_in_threadpool(office.harvest, *given)
    except (GoodwaysError, ProblemError) as error:
        return _list(request, form, str(error), error.status if isinstance(error, ProblemError) else 422, "harvest")
    return _to(batch)


@router.get("/desk/import/{key}")
def one(request: Request, key: str) -> Response:
    """An import, a hundred rows at a time."""
    return _one(request, key)


@router.get("/desk/import/{key}/progress")
def how_far(request: Request, key: str) -> Response:
    """How far the work is, for the script of the page."""
    office = _office(request)
    return JSONResponse(progress(office, office.batches.batch(key)), headers={"Cache-Control": "no-store"})


@router.post("/desk/import/{key}/do")
async def do(request: Request, key: str) -> Response:
    """Stop, go on, publish, hand in, make drafts, undo, or throw away."""
    office, form = _office(request), await posted(request)
    try:
        batch = await run_in_threadpool(office.do, key, form.one("do"), form.one("why"))
    except (InputError, ProblemError) as error:
        status = error.status if isinstance(error, ProblemError) else 422
        return await run_in_threadpool(_one, request, key, str(error), status, form)
    return _to(batch)


@router.post("/desk/import/{key}/rows")
async def choose(request: Request, key: str) -> Response:
    """Take or leave: the rows of a page as they are ticked, or all with a verdict."""
    office, form = _office(request), await posted(request)
    show, number = form.one("show"), _page(form.one("page"))
    take, _, verdict = form.one("all").partition(":")
    if verdict in tuple(Verdict):
        await run_in_threadpool(office.choose, key, take == "take", verdict=Verdict(verdict))
    else:
        here, ticked = _numbers(form.all("here")), _numbers(form.all("take"))
        await run_in_threadpool(_choose_ticked, office, key, here, ticked)
    if form.one("go") == "publish":
        return RedirectResponse(address(key) + "#publish", 303)
    return RedirectResponse(address(key, show=show, page=number if number > 1 else "") + "#rows", 303)


@router.get("/desk/import/{key}/row/{number}")
def row_form(request: Request, key: str, number: int) -> Response:
    """One row, to be put right."""
    return _row_page(request, key, number)


@router.post("/desk/import/{key}/row/{number}")
async def put_right(request: Request, key: str, number: int) -> Response:
    """Correct a row; it is looked at again at once."""
    office, form = _office(request), await posted(request, 2_000_000)
    right = await run_in_threadpool(_put_right, office, key, number, form)
    if right and form.one("then") == "next":
        return RedirectResponse(_next_wrong(office, key, number, form.one("show")), 303)
    if right:
        return RedirectResponse(address(key, show=form.one("show")) + f"#row-{number}", 303)
    return await run_in_threadpool(_row_page, request, key, number, 422)


@router.post("/desk/import/{key}/columns")
async def name_columns(request: Request, key: str) -> Response:
    """Read the files again, with columns named by hand."""
    office, form = _office(request), await posted(request)
    headings, fields = form.all("heading"), form.all("field")
    named = {heading: field for heading, field in zip(headings, fields, strict=False) if field}
    defaults = {"type": form.one("type"), "language": form.one("language")}
    try:
        batch = await run_in_threadpool(office.name_columns, key, named, defaults)
    except InputError as error:
        return await run_in_threadpool(_one, request, key, str(error), 422)
    return _to(batch)


def _begin(office: ImportOffice, form: Form, uploads: list[Upload]) -> Batch:
    files = [upload for upload in uploads if upload.field == "file"]
    defaults = {"type": form.one("type"), "language": form.one("language")}
    with tempfile.TemporaryDirectory(prefix="goodways-pasted-") as folder:
        if not files:
            files = [pasted(form.one("text"), Path(folder))]
        return office.begin(files, keep=form.one("keep") != "no", defaults=defaults)


def _choose_ticked(office: ImportOffice, key: str, here: list[int], ticked: list[int]) -> None:
    left = [number for number in here if number not in ticked]
    if ticked:
        office.choose(key, True, numbers=ticked)
    if left:
        office.choose(key, False, numbers=left)


def _put_right(office: ImportOffice, key: str, number: int, form: Form) -> bool:
    """Whether the row can be taken now."""
    row = corrected(office.batches.row(key, number), form, office.by.id)
    judged = office.work.judge(office.batches.batch(key), row)
    office.batches.judged(key, [judged], None)
    if judged.verdict == Verdict.DUPLICATE and form.one("take"):
        office.choose(key, True, numbers=[number])
    return judged.verdict != Verdict.REFUSED


def _next_wrong(office: ImportOffice, key: str, number: int, show: str) -> str:
    """The form of the next row that cannot be taken; the rows, where there is none."""
    wrong = office.batches.rows(key, verdict=Verdict.REFUSED, limit=1000)
    after = next((row for row in wrong if row.number > number), wrong[0] if wrong else None)
    return f"{address(key)}/row/{after.number}" if after else address(key, show=show) + "#rows"


def _list(
    request: Request, form: Form | None = None, error: str = "", status: int = 200, where: str = "form"
) -> Response:
    view = list_view(request, _office(request), reader_language(request))
    return page(request, "desk_import.html", status, form=form or Form([]), error=error, where=where, **view)


def _one(request: Request, key: str, error: str = "", status: int = 200, form: Form | None = None) -> Response:
    office, asked = _office(request), request.query_params
    batch = office.batches.batch(key)
    number, language = _page(asked.get("page", "")), reader_language(request)
    view = batch_view(request, office, batch, asked.get("show", ""), number, language)
    made = page(request, "desk_import_one.html", status, error=error, form=form or Form([]), **view)
    made.headers["Cache-Control"] = "no-store"
    return made


def _row_page(request: Request, key: str, number: int, status: int = 200) -> Response:
    office = _office(request)
    batch, row = office.batches.batch(key), office.batches.row(key, number)
    shown: dict[str, Any] = {"batch": batch, "line": row_view(row), "boxes": boxes(row, reader_language(request))}
    show = request.query_params.get("show", "")[:40]
    return page(request, "desk_import_row.html", status, show=show, failed=status != 200, **shown)


def _office(request: Request) -> ImportOffice:
    return office_of_imports(request, need(request, Role.CURATOR))


def _to(batch: Batch) -> Response:
    return RedirectResponse(address(batch.key), 303)


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 7][:1000]


def _page(text: str) -> int:
    return min(max(int(text), 1), _MOST_PAGES) if text.isascii() and text.isdecimal() and len(text) < 7 else 1


def _letters(language: str) -> str:
    return "".join(char for char in language if char.isascii() and char.isalpha())[:2] or "en"
