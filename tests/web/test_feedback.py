"""What visitors say of results is stored without anything about them."""

import re
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from kg import DataFolderError
from search import Encoder
from tests.conftest import workspace_at
from web.feedback import (
    _THROTTLES,
    FILE,
    MOST_A_MINUTE,
    MOST_BYTES,
    MOST_LETTERS,
    MOST_ROWS,
    FeedbackFile,
    Judgement,
    Throttle,
    export_judgements,
    local_path,
    router,
    without_personal_data,
)
from web.problems import add_problem_handlers
from web.site import Site
from web.templates import environment
from web.workspace import Workspace

from .markup import Markup

Post = Callable[..., httpx.Response]
BACK = "/search?q=deaf+joiners"
HIT = {"about": "query", "query": "deaf joiners", "target": "one", "verdict": "useful", "back": BACK}
SIMILAR = {"about": "record", "record": "one", "target": "two", "verdict": "not-related", "back": "/page/practice/one"}
BROWSER = {"Accept": "text/html", "User-Agent": "Secret/1.0", "Cookie": "who=me", "X-Forwarded-For": "192.0.2.7"}
BROWSER |= {"Referer": "https://example.org/secret", "Accept-Language": "mt"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, small_folder: Path, encoder: Encoder) -> Site:
    folder = Path(shutil.copytree(small_folder, tmp_path_factory.mktemp("feedback") / "data"))
    return Site(workspace_at(folder, encoder))


@pytest.fixture
def small(site: Site) -> Iterator[Workspace]:
    """A workspace in which nobody has said anything yet."""
    yield site.workspace
    _THROTTLES.clear()
    for path in site.workspace.folder.glob(FILE + "*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def client(site: Site, small: Workspace) -> Iterator[TestClient]:
    app = FastAPI()
    app.state.site = site
    add_problem_handlers(app)
    app.include_router(router)
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def post(client: TestClient) -> Post:
    def send(fields: dict[str, str] = HIT, headers: dict[str, str] | None = None, **changed: str) -> httpx.Response:
        return client.post("/feedback", data=fields | changed, headers=BROWSER | (headers or {}))

    return send


def stored(workspace: Workspace) -> list[tuple[Any, ...]]:
    path = workspace.folder / FILE
    if not path.exists():
        return []
    with sqlite3.connect(path) as db:
        return db.execute("SELECT * FROM judgement").fetchall()


def refused(answer: httpx.Response, status: int, *parts: str) -> None:
    """A page that says in one sentence what is wrong, and leads back."""
    assert answer.status_code == status
    page = Markup(answer.text)
    sentence = next(e.text for e in page.elements if e["class"] == "lead")
    assert sentence.endswith(".")
    assert all(part in sentence for part in parts), sentence
    assert page.all("a", href="/search?q=deaf+joiners") or page.all("a", href="/")


def test_a_verdict_leads_back_to_the_page_with_thanks(post: Post, small: Workspace) -> None:
    answer = post()
    assert (answer.status_code, answer.headers["location"]) == (303, "/search?q=deaf+joiners#thanks")
    today = datetime.now(UTC).date().isoformat()
    assert stored(small) == [(today, "query", "deaf joiners", "", "one", "useful", 1)]
    assert post(SIMILAR).headers["location"] == "/page/practice/one#thanks"
    assert (today, "record", "one", "", "two", "not-related", 1) in stored(small)


def test_nothing_of_the_visitor_is_kept(post: Post, small: Workspace) -> None:
    answer = post(language="de")
    assert "set-cookie" not in answer.headers
    content = b"".join(path.read_bytes() for path in small.folder.glob(FILE + "*"))
    for secret in (b"Secret", b"who=me", b"192.0.2.7", b"testclient", b"example.org", b"mt"):
        assert secret not in content
    ((day, *rest),) = stored(small)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", day), "a date, no time of day"
    assert rest == ["query", "deaf joiners", "de", "one", "useful", 1]
    with sqlite3.connect(small.folder / FILE) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(judgement)")]
    assert columns == ["day", "about", "subject", "language", "record", "verdict", "count"]


def test_the_same_verdict_is_counted_and_not_listed(post: Post, small: Workspace) -> None:
    for _ in range(5):
        post()
    post(verdict="not-useful")
    assert sorted(row[-2:] for row in stored(small)) == [("not-useful", 1), ("useful", 5)]


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("deaf joiners", "deaf joiners"),
        ("write to anna.maria+x@example.org please", "write to … please"),
        ("anna @ example.org", "…"), ("anna (at) example.org", "…"), ("anna [at] example dot org", "… dot org"),
        ("ＡＮＮＡ＠ＥＸＡＭＰＬＥ．ＯＲＧ", "…"), ("follow @anna_k", "follow …"),
        ("see https://example.org/a?b=c#d and www.example.org", "see … and …"), ("see example.org/me now", "see … now"),
        ("call +49 (0)89 123-45 67 now", "call … now"), ("call 089/1234567 or 1234", "call … or 1234"),
        ("tel 612 34 56 78", "tel …"), ("tel 555-1234", "tel …"), ("born 12.03.2009", "born …"), ("٠٨٩١٢٣٤٥٦٧", "…"),
        ("12\u200b345 and 12345", "12 345 and …"), ("project 2021-1-LT01-KA121-000012345", "project …"),
        ("IBAN LT12 1000 0111 0100 1000", "IBAN LT12 …"), ("12345 67890 a@b.c", "…"),
        ("rules 2021-2027 and 2014–2020", "rules 2021-2027 and 2014–2020"),
        ("30 pupils aged 16-18 for 3 weeks in 2024", "30 pupils aged 16-18 for 3 weeks in 2024"),
        ("e.g. a stay of 1,000 euros", "e.g. a stay of 1,000 euros"),
    ],
)  # fmt: skip
def test_what_may_lead_to_a_person_is_taken_out_of_a_question(question: str, kept: str) -> None:
    assert without_personal_data(question) == kept


def test_a_question_is_kept_short_and_on_one_line(post: Post, small: Workspace) -> None:
    post(query="deaf\x00 \x1b[31mjoiners\r\n\tabroad\u202e " + "learners " * 300)
    question = stored(small)[0][2]
    assert question.startswith("deaf […")
    assert "abroad" in question
    assert len(question) <= MOST_LETTERS
    assert question.isprintable()
    assert not without_personal_data("a " * 995 + "anna.maria@example.org").count("anna")


def test_a_name_that_no_record_has_is_not_kept(post: Post, small: Workspace) -> None:
    post(query="Our learners Anna Kowalska and her brother go abroad")
    question = stored(small)[0][2]
    assert "Kowalska" not in question
    assert "Anna" not in question
    assert "learners" in question


def test_a_question_of_which_nothing_is_left_is_not_stored(post: Post, small: Workspace) -> None:
    for query in ("anna@example.org", "", "   ", "?!", "\x00"):
        refused(post(query=query), 422, "question")
    assert stored(small) == []


def test_a_question_may_be_the_id_of_a_record(post: Post) -> None:
    assert post(query="one").status_code == 303


def test_html_in_a_question_stays_text(post: Post, small: Workspace) -> None:
    evil = "<script>alert(1)</script>' OR 1=1; DROP TABLE judgement;--"
    post(query=evil)
    assert "script" not in stored(small)[0][2], "no record has this word"
    answer = post(target=evil)
    refused(answer, 422, "record")
    assert "alert(1)" in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "unknown",
    [{"target": "nobody"}, {"target": ""}, SIMILAR | {"record": "nobody"}, SIMILAR | {"record": ""}],
)  # fmt: skip
def test_records_that_are_not_here_are_refused(post: Post, small: Workspace, unknown: dict[str, str]) -> None:
    refused(post(HIT | unknown), 422, "There is no record")
    assert stored(small) == []


@pytest.mark.parametrize(
    "wrong",
    [{"verdict": "great"}, {"verdict": ""}, {"verdict": "not-related"}, {"about": "person"}, {"about": ""},
     SIMILAR | {"verdict": "useful"}, SIMILAR | {"target": "one"}],
)  # fmt: skip
def test_only_known_verdicts_are_taken(post: Post, small: Workspace, wrong: dict[str, str]) -> None:
    refused(post(HIT | wrong), 422)
    assert stored(small) == []


def test_an_unknown_language_is_left_empty(post: Post, small: Workspace) -> None:
    for language in ("xx", "<b>", "deu", "DE"):
        post(language=language)
    assert [(row[3], row[-1]) for row in stored(small)] == [("", 4)]


@pytest.mark.parametrize(
    "back",
    ["//evil.example", "https://evil.example/", "javascript:alert(1)", "\\\\evil.example", "/\\evil.example", "",
     "/\t/evil.example", "/\n/evil.example", " //evil.example", "evil.example", "/search?q=a\r\nSet-Cookie: a=b",
     "/" + "x" * 9000, "data:text/html,x", "#x"],
)  # fmt: skip
def test_one_is_never_sent_to_another_site(post: Post, back: str) -> None:
    answer = post(back=back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/#thanks")
    assert "set-cookie" not in answer.headers
    refused(post(back=back, verdict="x"), 422)


def test_the_way_back_keeps_question_and_filters() -> None:
    assert local_path("/search?q=gehörlos&country=LT&page=2#thanks") == "/search?q=gehörlos&country=LT&page=2"


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
     {"Sec-Fetch-Site": "nonsense", "Origin": "http://testserver"}, {"Origin": "http://testserver.evil.example"},
     {"Origin": "null"}, {"Origin": ""}, {"Origin": "http://["}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
     {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}],
)  # fmt: skip
def test_posts_from_pages_of_other_sites_are_refused(post: Post, small: Workspace, headers: dict[str, str]) -> None:
    refused(post(headers=headers), 403, "this site only")
    assert stored(small) == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://testserver"},
     {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": "http://TESTSERVER"}],
)  # fmt: skip
def test_posts_from_our_pages_are_taken(post: Post, headers: dict[str, str]) -> None:
    assert post(headers=headers).status_code == 303


def test_a_body_of_a_megabyte_is_refused(client: TestClient, small: Workspace) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    for body in (b"query=" + b"x" * 1_000_000, b"&".join(b"a=b" for _ in range(5000))):
        refused(client.post("/feedback", content=body, headers=headers), 413 if len(body) > MOST_BYTES else 422)
    assert stored(small) == []


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_other_kinds_of_body_are_refused(client: TestClient, media_type: str) -> None:
    headers = {"Accept": "text/html", "Content-Type": media_type}
    refused(client.post("/feedback", content=b"about=query", headers=headers), 415)


def test_bytes_that_are_no_text_do_no_harm(client: TestClient) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    for body in (b"\xff\xfe\x00", b"query=%ff%fe&about=query&verdict=useful&target=%00", b"=&=&;;", b""):
        assert client.post("/feedback", content=body, headers=headers).status_code == 422


def test_programs_get_a_problem_document(client: TestClient) -> None:
    answer = client.post("/feedback", data=HIT | {"target": "nobody"}, headers={"Accept": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, "no record" in answer.json()["detail"]) == (422, True)
    assert client.get("/feedback").status_code == 405


def test_a_minute_takes_sixty_answers_and_then_says_so(post: Post, small: Workspace) -> None:
    assert [post().status_code for _ in range(MOST_A_MINUTE)] == [303] * 60
    answer = post()
    refused(answer, 429, "in a minute")
    assert answer.headers["retry-after"] == "60"
    assert stored(small)[0][-1] == 60


def test_the_throttle_opens_again_as_time_passes() -> None:
    throttle = Throttle(2, 60.0)
    assert [throttle.lets(now) for now in (0, 1, 2, 59, 60, 60.5, 61, 62)] == [1, 1, 0, 0, 1, 0, 1, 0]


def test_the_file_does_not_grow_without_end(post: Post, small: Workspace) -> None:
    post()
    with sqlite3.connect(small.folder / FILE) as db:
        rows = ((f"q{n}",) for n in range(MOST_ROWS - 1))
        db.executemany("INSERT INTO judgement VALUES ('2026-01-01', 'query', ?, '', 'one', 'useful', 1)", rows)
    refused(post(query="learners abroad"), 503, "not stored")
    assert post().status_code == 303, "what is there goes on being counted"
    assert len(stored(small)) == MOST_ROWS


def test_answers_that_come_at_once_are_all_counted(tmp_path: Path) -> None:
    file = FeedbackFile(tmp_path / FILE)
    judgement = Judgement("2026-01-01", "query", "deaf", "", "one", "useful")
    threads = [threading.Thread(target=file.add, args=(judgement,)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert file.totals() == [("query", "deaf", "", "one", "useful", 12)]


def spoil(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)


@pytest.mark.parametrize("spoil", [Path.mkdir, spoil])
def test_where_nothing_can_be_written_one_sentence_says_so(post: Post, small: Workspace, spoil: Any) -> None:
    spoil(small.folder / FILE)
    refused(post(), 503, "not stored", "as before")
    assert str(small.folder) not in post().text
    with pytest.raises(DataFolderError):
        export_judgements(small.folder)


def test_whatever_the_file_refuses_is_said_in_the_same_sentence(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("CREATE VIEW judgement AS SELECT 1")
    with pytest.raises(DataFolderError, match="not stored"):
        FeedbackFile(tmp_path / FILE).add(Judgement("2026-01-01", "query", "deaf", "", "one", "useful"))


def rendered(*calls: str, **context: Any) -> Markup:
    source = '{% import "_feedback.html" as f with context %}<main>' + "".join(f"{{{{ f.{call} }}}}" for call in calls)
    page = environment().from_string(source + "</main>")
    return Markup(page.render(lang="en", path="/page/practice/one", **context))


def pressed(page: Markup, n: int) -> dict[str, str]:
    """What a browser sends when the nth button is pressed."""
    button = page.all("button")[n]
    form = page.one("form", id=button["form"])
    assert (form["action"], form["method"]) == ("/feedback", "post")
    return {e["name"]: e["value"] for e in [*page.all("input"), button]}


def test_the_buttons_under_a_hit_send_what_is_needed(post: Post, small: Workspace) -> None:
    evil, kept = '"><script>learners(1)</script>', '"><…>learners(1)</…>'
    context = {"q": evil, "here": "/search?q=x&country=LT", "understood": {"language": {"code": "de"}}}
    page = rendered("form(q)", "hit_feedback(q, 'one', 'A <title>')", "hit_feedback(q, 'two')", **context)
    assert [e["aria-label"] for e in page.all("p", role="group")] == ["A <title>", "two"]
    for n in range(4):
        assert post(pressed(page, n)).headers["location"] == "/search?q=x&country=LT#thanks"
    assert sorted(row[2:6] for row in stored(small)) == [
        (kept, "de", record, verdict) for record in ("one", "two") for verdict in ("not-useful", "useful")
    ]
    assert not rendered("hit_feedback('', 'one')").all("button"), "without a question nothing is asked"


def test_the_button_under_a_similar_record_sends_what_is_needed(post: Post, small: Workspace) -> None:
    page = rendered("form(record_id='one')", "similar_feedback('one', 'two')", "similar_feedback('one', 'one')")
    assert len(page.all("button")) == 1
    assert post(pressed(page, 0)).headers["location"] == "/page/practice/one#thanks"
    assert [row[1:] for row in stored(small)] == [("record", "one", "", "two", "not-related", 1)]


def test_the_way_back_is_made_up_where_the_page_does_not_say_it() -> None:
    page = rendered("form(q)", q="geh&örlos")
    assert page.one("input", name="back")["value"] == "/search?q=geh%26%C3%B6rlos"
    assert not page.all("input", name="language")
    assert page.one("p", id="thanks")["tabindex"] == "-1", "the way back puts the focus there"
