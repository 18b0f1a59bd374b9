"""Files that are not what they say, too large, or meant to do harm: refused in a sentence, shown as text."""

import html
import io
import re
import socket
import zipfile
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from openpyxl import Workbook
from starlette.testclient import TestClient

from kg.batch import Phase, Verdict
from tests.web.import_site import bring_in, csv, practice, read_in, rows_of
from tests.web.small_site import listening, site_of

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def _zip_bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"\x00" * 300_000_000)
    return made.getvalue()


_BILLION = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha">%s]><rdf:RDF>&z;</rdf:RDF>' % b"".join(
    b'<!ENTITY %c "&%c;&%c;&%c;">' % (n + 1, n, n, n) for n in range(98, 122)
)
BAD = {
    "picture.csv": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
    "program.xlsx": b"MZ" + bytes(range(256)) * 40,
    "page.ttl": b"<!doctype html><html><body>404</body></html>",
    "bomb.rdf": _BILLION,
    "aliases.yaml": b"a: &a [x,x,x,x]\n" + b"".join(
        b"%c: &%c [*%c,*%c,*%c,*%c,*%c]\n" % (n + 1, n + 1, *[n] * 5) for n in range(97, 112)
    ),
    "deep.json": b'{"a":' * 100_000,
    "cut.jsonl": b'{"id": "x", "title": "never closed',
    "broken.json": b'{"title": "\xff\xfe\xfa"}',
    "empty.xlsx": b"PK\x05\x06" + bytes(18),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_not_what_its_name_says_is_refused_in_a_sentence(
    site: TestClient, editor: TestClient, name: str
) -> None:
    batch = read_in(site, editor, (name, BAD[name]))
    rows = rows_of(site, batch.key)
    assert batch.state == Phase.PREVIEW, batch.problem
    assert rows
    assert all(row.verdict == Verdict.REFUSED and row.findings[0]["message"].endswith(".") for row in rows)
    page = editor.get(f"/desk/import/{batch.key}")
    assert page.status_code == 200
    assert str(site_of(site).workspace.folder) not in page.text, "where files lie is nobody's business"


def test_a_bomb_of_zips_is_refused_before_it_is_unpacked(site: TestClient, editor: TestClient) -> None:
    batch = read_in(site, editor, ("bomb.xlsx", _zip_bomb()))
    assert [row.verdict for row in rows_of(site, batch.key)] == [Verdict.REFUSED]


def test_files_that_nothing_reads_are_refused_by_name(site: TestClient, editor: TestClient) -> None:
    answer = bring_in(editor, ("run.exe", b"MZ"))
    assert answer.status_code == 422
    assert "files with this ending are not read" in answer.text


def test_a_gigabyte_is_refused_before_it_is_read(site: TestClient, editor: TestClient) -> None:
    cookie = "; ".join(f"{name}={value}" for name, value in editor.cookies.items())
    with listening(site) as address:
        host, port = str(urlsplit(address).hostname), int(urlsplit(address).port or 0)
        for path, kind in (
            ("/desk/import", "multipart/form-data; boundary=x"),
            ("/api/v1/imports?name=a.csv", "text/csv"),
        ):
            with socket.create_connection((host, port), timeout=20) as connection:
                head = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\nContent-Type: {kind}\r\n"
                connection.sendall(f"{head}Content-Length: 1000000000\r\n\r\n".encode())
                assert connection.recv(100).startswith(b"HTTP/1.1 413"), path


def test_a_file_that_does_not_say_how_large_it_is_is_read_no_further(site: TestClient, editor: TestClient) -> None:
    settings = site_of(site).workspace.settings
    before, settings.import_mb = settings.import_mb, 1
    try:
        sent = 0

        def endless() -> Iterator[bytes]:
            nonlocal sent
            while sent < 1000:
                sent += 1
                yield b"x" * 100_000

        answer = editor.post("/api/v1/imports?name=a.csv", content=endless())
    finally:
        settings.import_mb = before
    assert answer.status_code == 413
    folder = site_of(site).workspace.folder / "uploads"
    assert not [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size > 900_000]


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd.csv", "..\\..\\desk.sqlite.csv", "/abs/olute.csv", "a\x00b\n.csv", "\u202egpj.csv"]
)
def test_a_name_leads_nowhere(site: TestClient, editor: TestClient, name: str) -> None:
    batch = read_in(site, editor, (name, csv(practice("name"))))
    (file,) = batch.files
    assert file["path"] == f"{batch.key}/1.csv"
    assert not set("/\\\x00\n\u202e") & set(file["name"])
    folder = site_of(site).workspace.folder
    assert (folder / "uploads" / file["path"]).read_bytes() == csv(practice("name"))
    for path in (f"/uploads/{file['path']}", f"/desk/import/{batch.key}/1.csv", f"/static/../uploads/{file['path']}"):
        assert editor.get(path).status_code == 404


def test_scripts_in_every_field_are_shown_as_text(site: TestClient, editor: TestClient) -> None:
    fields = [*practice("x"), "country", "outcome", "place", "organisation", SCRIPT]
    sheet = csv(dict.fromkeys(fields, SCRIPT), practice("s", title=SCRIPT))
    batch = read_in(site, editor, (f"{SCRIPT}.csv", sheet))
    path = f"/desk/import/{batch.key}"
    pages = [editor.get(one).text for one in ("/desk/import", path, f"{path}/row/1", f"{path}/row/2")]
    assert all("alert(2)" in html.unescape(page) for page in pages)
    for page in pages:
        assert not re.search(r"<script>|<img src=x|alert\(1\)</script>", page)
        assert re.search(r"onerror", page) is None or "&lt;img" in page


def test_formulas_are_texts_and_nothing_is_computed(site: TestClient, editor: TestClient) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    row = practice("formula", title='=HYPERLINK("https://evil.example","Click")', outcome="=1+1")
    sheet.append(list(row))
    sheet.append(list(row.values()))
    made = io.BytesIO()
    book.save(made)
    batch = read_in(site, editor, ("formula.xlsx", made.getvalue()))
    (found,) = rows_of(site, batch.key)
    assert found.fields.get("outcome") in (None, "", "=1+1")
    assert found.fields.get("title") != "Click"
