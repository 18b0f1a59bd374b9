"""Imports for programs: send a file, look at the verdicts, publish or undo; a token needs the scope `import`."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect

from kg import DataFolderError
from kg.batch import Batch, BatchRow, Phase, Verdict
from ontology import RECORD_TYPES

from ..accounts import Role, Upload, need
from ..forms import check_length
from ..problems import ProblemError
from .import_files import named
from .import_office import ACTIONS, ImportOffice, office_of_imports

router = APIRouter(prefix="/api/v1/imports", tags=["imports"], responses={
    code: {"description": what, "content": {"application/problem+json": {}}}
    for code, what in {400: "Cannot be read, or not now", 401: "Not signed in", 403: "May not", 404: "Not there",
                       413: "Too large", 422: "Not right", 503: "Cannot be written"}.items()
})  # fmt: skip
Key = Annotated[str, InPath(description="Key of an import", pattern=r"^i-[0-9a-f]{10}$")]
Action = Annotated[str, InPath(description="What to do", pattern=f"^({'|'.join(ACTIONS)})$", examples=["publish"])]
_TYPES = f"^({'|'.join(RECORD_TYPES)})?$"
_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


class ImportView(BaseModel):
    """An import as it is now."""

    key: str
    name: str
    state: Phase
    begun: datetime
    rows: int
    counts: dict[str, int] = Field(description="Rows by verdict and outcome: `verdict.new`, `outcome.added`, …")
    taken: int = Field(description="Rows that would be published.")
    left_out: list[str] = Field(description="Columns that were not understood.")
    notes: list[str]
    problem: str = Field(description="Why it was interrupted.")
    url: str


class LikelyView(BaseModel):
    """A record that may be the same."""

    title: str
    said: str
    why: list[str]
    same: bool = Field(description="False where it is only of the same project or from the same page.")
    url: str


class RowView(BaseModel):
    """One row."""

    number: int
    file: str
    place: int | None = Field(description="The row in its file.")
    record: str = Field(description="`kind/id`")
    verdict: Verdict | None
    take: bool
    findings: list[dict[str, str]]
    likely: list[LikelyView]
    changes: list[dict[str, str]]
    outcome: str
    outcome_note: str
    fields: dict[str, Any] = Field(description="In the record format.")


class Reason(BaseModel):
    """Why something is done."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field("", max_length=2000)


class Choice(BaseModel):
    """Which rows are taken."""

    model_config = ConfigDict(extra="forbid")

    take: bool
    rows: list[Annotated[int, Field(ge=1, le=1_000_000)]] = Field([], max_length=1000)
    verdict: Verdict | None = Field(None, description="All rows with this verdict.")


class Chosen(BaseModel):
    """How many rows were chosen."""

    rows: int


@router.get("", summary="The newest imports")
def imports(request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> list[ImportView]:
    """The newest first."""
    office = _office(request)
    return [_view(office, batch) for batch in office.batches.batches(limit=limit)]


@router.post("", summary="Import a file", status_code=202, openapi_extra={"requestBody": {"content": _FILE}})
async def bring_in(
    request: Request,
    name: Annotated[str, Query(max_length=300, description="Name of the file; its ending tells the form.")],
    keep: Annotated[bool, Query(description="Keep what the file says nothing about")] = True,
    type: Annotated[str, Query(description="Where a row does not say it", pattern=_TYPES)] = "",  # noqa: A002
    language: Annotated[str, Query(description="Where a row does not say it", pattern=r"^([a-z]{2})?$")] = "",
) -> ImportView:
    """The body is the file. It is read in the background; nothing is published before somebody says so."""
    office = _office(request)
    check_length(request, office.most_bytes)
    with tempfile.TemporaryDirectory(prefix="goodways-upload-") as folder:
        upload = await _received(request, Path(folder) / "file", named(name), office.most_bytes)
        given = {"type": type, "language": language}
        batch = await run_in_threadpool(office.begin, [upload], keep=keep, defaults=given)
    return _view(office, batch)


@router.get("/{key}", summary="How an import stands")
def one(request: Request, key: Key) -> ImportView:
    """State and counts."""
    office = _office(request)
    return _view(office, office.batches.batch(key))


@router.get("/{key}/rows", summary="The rows of an import")
def rows(
    request: Request,
    key: Key,
    verdict: Annotated[Verdict | None, Query(description="Only those with this verdict")] = None,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> list[RowView]:
    """In the order of the file."""
    office = _office(request)
    office.batches.batch(key)
    found = office.batches.rows(key, verdict=verdict, offset=offset, limit=limit)
    return [_row(row) for row in found]


@router.post("/{key}/choice", summary="Take rows, or leave them")
def choose(request: Request, key: Key, choice: Choice) -> Chosen:
    """Those named, or all with a verdict; what is refused or unchanged cannot be taken."""
    if bool(choice.rows) == bool(choice.verdict):
        raise ProblemError(422, "Name either rows or a verdict.")
    office = _office(request)
    return Chosen(rows=office.choose(key, choice.take, numbers=choice.rows, verdict=choice.verdict))


@router.post("/{key}/{action}", summary="Stop, go on, publish, hand in, make drafts, undo, or throw away")
def do(request: Request, key: Key, action: Action, reason: Reason) -> ImportView:
    """Publishing and undoing are done in the background; ask how the import stands."""
    office = _office(request)
    return _view(office, office.do(key, action, reason.why))


async def _received(request: Request, path: Path, name: str, most: int) -> Upload:
    size = 0
    try:
        with path.open("wb") as file:
            async for chunk in request.stream():
                size += len(chunk)
                if size > most:
                    raise ProblemError(413, f"At most {most // 1_000_000} MB can be sent at once; this is more.")
                await run_in_threadpool(file.write, chunk)
    except ClientDisconnect as error:
        raise ProblemError(400, "The client has left before its request was complete.") from error
    except OSError as error:
        raise DataFolderError("There is no room for this file at the moment; nothing was stored.") from error
    return Upload(name, path, size)


def _view(office: ImportOffice, batch: Batch) -> ImportView:
    counts = office.batches.counts(batch.key)
    site_url = office.work.site.workspace.settings.site_url.rstrip("/")
    return ImportView(
        key=batch.key,
        name=batch.name,
        state=batch.state,
        begun=batch.begun,
        rows=counts["rows"],
        counts={name: count for name, count in counts.items() if "." in name},
        taken=counts["taken"],
        left_out=[column["heading"] for column in batch.left_out],
        notes=batch.notes,
        problem=batch.problem or office.work.trouble.get(batch.key, ""),
        url=f"{site_url}/desk/import/{batch.key}",
    )


def _row(row: BatchRow) -> RowView:
    names = ("number", "file", "place", "record", "verdict", "take", "findings", "changes", "outcome", "outcome_note",
             "fields")  # fmt: skip
    likely = [LikelyView(**{name: one[name] for name in LikelyView.model_fields}) for one in row.likely]
    return RowView(likely=likely, **{name: getattr(row, name) for name in names})


def _office(request: Request) -> ImportOffice:
    return office_of_imports(request, need(request, Role.CURATOR, "import"))
