"""The full text of a record from its document: page by page, so that a hit can name its page."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from ingest.documents import Document, read_document
from kg import GoodwaysError, InputError
from kg.desk import Draft
from kg.paged_text import split_pages

from ..accounts import Person, Role, Upload, need, posted_files
from ..forms import check_length
from ..problems import ProblemError
from ..templates import page
from .office import office_of
from .publishing import Office, seen_draft

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
MOST_BYTES, SECONDS = 50_000_000, 100.0
MOST_TEXT = 1_900_000
"""Bytes of a full text: a record may have two million."""


@router.get("/desk/draft/{key}/document")
def document_form(request: Request, key: str) -> Response:
    """The form that takes a document."""
    person = need(request, Role.CONTRIBUTOR)
    return _page(request, seen_draft(office_of(request), key, person))


@router.post("/desk/draft/{key}/document")
async def take_text(request: Request, key: str) -> Response:
    """Read a document and put its text into the draft."""
    person = need(request, Role.CONTRIBUTOR)
    office = office_of(request)
    draft = await run_in_threadpool(seen_draft, office, key, person)
    check_length(request, MOST_BYTES + 1_000_000)
    form, uploads = await posted_files(request, MOST_BYTES)
    try:
        notes, count = await run_in_threadpool(_put_in, office, draft, person, uploads, form.one("language"))
    except (GoodwaysError, ProblemError) as error:
        return await run_in_threadpool(_page, request, draft, str(error), 422)
    fresh = await run_in_threadpool(office.desk.draft, key)
    return await run_in_threadpool(_page, request, fresh, "", 200, notes, count)


def _put_in(
    office: Office, draft: Draft, person: Person, uploads: list[Upload], language: str
) -> tuple[list[str], int]:
    """Notes on the document, and how many of its pages have text."""
    upload = next((one for one in uploads if one.field == "file" and one.size), None)
    if upload is None:
        raise InputError("Choose a document first.")
    document = read_document(upload.path.read_bytes(), upload.name, seconds=SECONDS)
    text, notes = _fitting(document)
    code = language or document.language or str(draft.fields.get("language") or "en")
    before = draft.fields.get("text")
    texts = before if isinstance(before, dict) else {str(draft.fields.get("language")): before} if before else {}
    fields = draft.fields | {"text": texts | {code: text}}
    note = f"full text of {upload.name}"
    office.desk.save(draft.key, fields, person.id, draft.number, note=note)
    office.changed(draft, "put in the full text", person, upload.name)
    return [f"The text was taken to be in “{code}”.", *notes], len(split_pages(text))


def _fitting(document: Document) -> tuple[str, list[str]]:
    """The text as far as a record can hold it."""
    if len(document.text.encode()) <= MOST_TEXT:
        return document.text, list(document.notes)
    cut = document.text.encode()[:MOST_TEXT].decode("utf-8", "ignore")
    text = cut.rpartition("\n[page ")[0] or cut
    pages = len(split_pages(text))
    return text, [*document.notes, f"The text is too long for a record: its first {pages} pages were taken."]


def _page(
    request: Request, draft: Draft, error: str = "", status: int = 200, notes: list[str] | None = None, count: int = 0
) -> Response:
    text = draft.fields.get("text")
    texts = text if isinstance(text, dict) else {str(draft.fields.get("language") or ""): text} if text else {}
    held = [{"language": code, "pages": len(split_pages(str(said)))} for code, said in texts.items()]
    shown = {"draft": draft, "error": error, "notes": notes, "count": count, "held": held}
    return page(request, "desk_import_document.html", status, most_mb=MOST_BYTES // 1_000_000, **shown)
