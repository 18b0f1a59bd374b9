"""Forms with files: read as they come, refused when too large, and left nowhere."""

import http.client
import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import Request
from starlette.testclient import TestClient

from search import Encoder
from web.accounts import Role, need, posted_files
from web.forms import clean_name

from .people import browser_at, csrf, signed_in
from .small_site import listening, small_site

MOST = 300_000
SEEN: list[Path] = []


@pytest.fixture(scope="module")
def site(small_folder: Path, tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[TestClient]:
    with small_site(small_folder, tmp_path_factory.mktemp("forms"), encoder) as made:

        async def take(request: Request) -> dict[str, Any]:
            need(request, Role.CONTRIBUTOR)
            form, files = await posted_files(request, MOST)
            SEEN.extend(file.path for file in files)
            return {
                "fields": form.items,
                "files": [(f.field, f.name, f.size, f.path.name, f.path.read_bytes().decode("latin-1")) for f in files],
            }

        made.app.router.add_api_route("/desk/take", take, methods=["POST"])  # type: ignore[attr-defined]
        yield made


@pytest.fixture(scope="module")
def browser(site: TestClient) -> TestClient:
    return signed_in(site, Role.CONTRIBUTOR)


def send(browser: TestClient, *files: tuple[str, Any], **fields: str) -> Any:
    return browser.post("/desk/take", data={"csrf": csrf(browser)} | fields, files=list(files))


def test_files_come_with_their_fields_and_are_gone_afterwards(browser: TestClient) -> None:
    SEEN.clear()
    answer = send(
        browser, ("table", ("a.csv", b"id;title\n1;x")), ("table", ("b.xlsx", b"PK\3\4")), ("none", ("", b"")), note="ä"
    ).json()  # fmt: skip
    assert answer["fields"][1] == ["note", "ä"]
    assert answer["files"] == [
        ["table", "a.csv", 12, "0.csv", "id;title\n1;x"], ["table", "b.xlsx", 4, "1.xlsx", "PK\3\4"]
    ]  # fmt: skip
    assert len(SEEN) == 2
    assert not any(path.exists() or path.parent.exists() for path in SEEN)


def test_a_form_with_a_wrong_token_leaves_no_file(browser: TestClient) -> None:
    before = set(Path(os.environ.get("TMPDIR", "/tmp")).glob("goodways-upload-*"))  # noqa: S108
    files = {"table": ("a.csv", b"x" * 1000)}
    assert browser.post("/desk/take", data={"csrf": "0" * 64}, files=files).status_code == 403
    assert set(Path(os.environ.get("TMPDIR", "/tmp")).glob("goodways-upload-*")) <= before  # noqa: S108


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\Users\\ada\\good practices.xlsx", "good practices.xlsx"),
        ("a\x00b\u202e.csv", "ab.csv"),
        ("...", "file"),
        ("x" * 300 + ".jsonl", "x" * 114 + ".jsonl"),
        ("ąčę.csv", "ąčę.csv"),
    ],
)
def test_a_files_name_has_no_folder_and_no_hidden_signs(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_a_name_that_climbs_is_written_nowhere_else(browser: TestClient) -> None:
    answer = send(browser, ("table", ("../../../../tmp/x.s/h", b"1"))).json()
    assert answer["files"][0][1:4] == ["h", 1, "0"]


def test_more_than_may_be_sent_is_refused_while_it_is_read(browser: TestClient) -> None:
    SEEN.clear()
    answer = send(browser, ("table", ("a.csv", b"x" * (MOST + 1))))
    assert (answer.status_code, "At most 300 kB" in answer.text, SEEN) == (413, True, [])
    assert send(browser, ("table", ("a.csv", b"x" * MOST))).status_code == 200
    assert send(browser, *[("t", (f"{n}.csv", b"x" * 4000)) for n in range(90)]).status_code == 413, "counted together"


def test_what_says_that_it_is_too_large_is_refused_before_it_is_read(site: TestClient, browser: TestClient) -> None:
    """A gigabyte is announced and none of it sent: the answer comes all the same."""
    with listening(site) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
        connection.putrequest("POST", "/desk/take")
        for name, value in (
            ("Content-Length", "1000000000"), ("Content-Type", "multipart/form-data; boundary=x"),
            ("Cookie", f"goodways={browser.cookies['goodways']}"),
        ):  # fmt: skip
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()


def test_what_does_not_say_how_large_it_is_is_read_no_further_than_it_may(
    site: TestClient, browser: TestClient
) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="t"; filename="a.csv"\r\n\r\n'
        while sent < 200_000_000:
            sent += 100_000
            yield b"y" * 100_000

    headers = {"Content-Type": "multipart/form-data; boundary=x", "Cookie": f"goodways={browser.cookies['goodways']}"}
    with listening(site) as address:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
        status = 0
        try:
            connection.request("POST", "/desk/take", body=endless(), headers=headers, encode_chunked=True)
            status = connection.getresponse().status
        except (BrokenPipeError, ConnectionResetError):
            status = 413  # it hung up while we were still sending
        connection.close()
    assert (status, sent < 100_000_000) == (413, True)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"nonsense",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nnever ends',
        b"--x\r\nContent-Disposition: form-data; name=" + b"a" * 9000 + b"\r\n\r\n1\r\n--x--\r\n",
        b"--x\r\n" + b"A: b\r\n" * 50 + b"\r\n1\r\n--x--\r\n",
    ],
)
def test_a_form_that_cannot_be_read_is_refused_in_a_sentence(browser: TestClient, body: bytes) -> None:
    answer = browser.post("/desk/take", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code in (400, 403), answer.text
    assert "Traceback" not in answer.text


def test_a_form_has_an_end_to_its_fields_and_files(browser: TestClient) -> None:
    assert send(browser, *[("t", (f"{n}.csv", b"1")) for n in range(102)]).status_code == 422
    assert send(browser, ("t", ("a.csv", b"1")), **{f"f{n}": "1" for n in range(2100)}).status_code == 422
    assert send(browser, ("t", ("a.csv", b"1")), long="x" * 1_000_001).status_code == 413


def test_the_form_of_another_site_is_refused_before_its_files_are_read(browser: TestClient) -> None:
    SEEN.clear()
    headers = {"Origin": "https://evil.example"}
    answer = browser.post("/desk/take", files={"t": ("a", io.BytesIO(b"1"))}, headers=headers)
    assert (answer.status_code, SEEN) == (403, [])


def test_many_upload_at_once(site: TestClient) -> None:
    results: list[int] = []

    def upload() -> None:
        mine = signed_in(site, Role.CONTRIBUTOR)
        results.append(send(mine, ("t", ("a.csv", os.urandom(100_000)))).status_code)

    threads = [threading.Thread(target=upload) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 6


def test_a_visitor_cannot_upload(site: TestClient) -> None:
    assert browser_at(site).post("/desk/take", files={"t": ("a", b"1")}).status_code == 401
