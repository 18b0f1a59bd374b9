"""What visitors say of results, kept without anything about them: no address, no cookie, no device, no time of day.

A verdict is a row with a count, so that nobody's clicks stand beside each other. Questions are stored without what
could lead to a person, as far as a pattern can know it.
"""

import hashlib
import re
import sqlite3
import threading
import time
import unicodedata
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from kg import DataFolderError, GoodwaysError, InputError
from ontology import EU_LANGUAGES
from search.searcher import MAX_QUERY, clean
from search.words import tokens

from .forms import check_origin, local_path
from .problems import ProblemError, answer, read_body
from .site import Site
from .suggest_api import suggester_of
from .templates import page

router = APIRouter(include_in_schema=False)
FILE = "feedback.sqlite"
VERDICTS = {"query": ("useful", "not-useful"), "record": ("not-related",)}
MOST_ROWS, MOST_LETTERS, MOST_BYTES, MOST_A_MINUTE = 100_000, 300, 32_000, 60
GONE = "…"
_PERSONAL = re.compile(
    r"""(?<!\S)\S*(?:@|\d{5})\S*                                  # an e-mail address, a network name, a number
    | (?<!\S)\S+\s(?:@|[\[({]\s?(?:at|@)\s?[\])}])\s\S+         # an e-mail address in disguise
    | (?<![\w+.-])(?:[a-z][a-z0-9+.-]*://|www\.)\S+               # an address of a page
    | (?<![\w.-])(?:[\w-]+\.)+[a-z]{2,24}\b(?:[/:?#]\S*)?         # the same without its beginning
    | (?<!\w)[+(]?\d(?:[\s().\-/–]{0,3}\d){6,}                   # a telephone number
    """,
    re.IGNORECASE | re.VERBOSE,
)
_YEARS = re.compile(r"(?:(?:19|20)\d\d[\s/–-]*)+")
_TABLE = """CREATE TABLE IF NOT EXISTS judgement (day TEXT NOT NULL, about TEXT NOT NULL, subject TEXT NOT NULL,
    language TEXT NOT NULL, record TEXT NOT NULL, verdict TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (day, about, subject, language, record, verdict)) WITHOUT ROWID"""
_KEY = "day = ? AND about = ? AND subject = ? AND language = ? AND record = ? AND verdict = ?"


@dataclass(frozen=True)
class Judgement:
    """One verdict, as it is stored."""

    day: str
    """A date, no time."""
    about: str
    """`query` or `record`."""
    subject: str
    """The question, less what is personal; or the id of the record that another was shown beside."""
    language: str
    """Of the question, two letters; empty where it is not known."""
    record: str
    """Id of the record that is judged."""
    verdict: str


class FeedbackFile:
    """Verdicts with their counts in one SQLite file."""

    def __init__(self, path: Path, most_rows: int = MOST_ROWS) -> None:
        self.path, self._most = path, most_rows

    def add(self, judgement: Judgement) -> None:
        """Count a verdict.

        Raises:
            ProblemError: there are as many rows as there may be, and this would be one more.
            DataFolderError: the file cannot be written.

        """
        not_stored = (
            "Your answer was not stored, for nothing can be written here at the moment; the search works as before."
        )
        with self._open(not_stored) as db:
            db.execute(_TABLE)
            known = db.execute(f"UPDATE judgement SET count = count + 1 WHERE {_KEY}", astuple(judgement))  # noqa: S608
            if not known.rowcount:
                if db.execute("SELECT COUNT(*) FROM judgement").fetchone()[0] >= self._most:
                    raise ProblemError(
                        503, "We have as many answers as we can keep at the moment; yours was not stored."
                    )
                db.execute("INSERT INTO judgement VALUES (?, ?, ?, ?, ?, ?, 1)", astuple(judgement))

    def totals(self) -> list[tuple[str, str, str, str, str, int]]:
        """(about, subject, language, record, verdict, count) over all days.

        Raises:
            DataFolderError: the file cannot be read.

        """
        if not self.path.exists():
            return []
        columns = "about, subject, language, record, verdict"
        with self._open(f"The answers of visitors in {self.path} cannot be read; move the file away.") as db:
            return db.execute(f"SELECT {columns}, SUM(count) FROM judgement GROUP BY {columns}").fetchall()  # noqa: S608

    @contextmanager
    def _open(self, problem: str) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=5)) as db, db:
                yield db
        except sqlite3.Error as error:
            raise DataFolderError(problem) from error


class Throttle:
    """Lets so many through in any minute, whoever they come from."""

    def __init__(self, most: int = MOST_A_MINUTE, seconds: float = 60.0) -> None:
        self._times: deque[float] = deque(maxlen=most)
        self._seconds, self._lock = seconds, threading.Lock()

    def lets(self, now: float) -> bool:
        """Whether one more may pass at this time (in seconds, from any start)."""
        with self._lock:
            full = len(self._times) == self._times.maxlen and now - self._times[0] < self._seconds
            if not full:
                self._times.append(now)
            return not full


_THROTTLES: WeakKeyDictionary[Site, Throttle] = WeakKeyDictionary()


@router.post("/feedback")
async def feedback(request: Request) -> Response:
    """Take one verdict from a form, and go back to the page that it stands on."""
    form: dict[str, str] = {}
    try:
        check_origin(request, "Answers are taken from the pages of this site only.")
        form = await _form(request)
        if not _THROTTLES.setdefault(request.app.state.site, Throttle()).lets(time.monotonic()):
            raise ProblemError(429, "Many people are answering just now; try again in a minute.")
        await run_in_threadpool(_store, request.app.state.site, form)
    except (ProblemError, DataFolderError) as error:
        return _refusal(request, error, form)
    return RedirectResponse(local_path(form.get("back", ""), 4 * MAX_QUERY) + "#thanks", status_code=303)


def without_personal_data(question: str) -> str:
    """A question without addresses, telephone numbers and long numbers, at most 300 characters long."""
    text = clean(unicodedata.normalize("NFKC", question))
    if len(text) == MAX_QUERY:
        text = text.rpartition(" ")[0]  # half an address would not be known as one
    text = _PERSONAL.sub(lambda found: found.group() if _YEARS.fullmatch(found.group()) else f" {GONE} ", text)
    return " ".join(re.sub(rf"{GONE}(?:\s*{GONE})+", GONE, text).split())[:MOST_LETTERS].strip()


def with_known_words(question: str, knows: Callable[[str], bool]) -> str:
    """A question without the words that no record and no concept has: a person's name is none of theirs."""
    text, at = "", 0
    for start, end in tokens(question):
        word = question[start:end]
        text += question[at:start] + (word if word.isdigit() or knows(word) else GONE)
        at = end
    return " ".join(re.sub(rf"{GONE}(?:\s*{GONE})+", GONE, text + question[at:]).split())


def saved(path: Path) -> bytes:
    """The whole file as it is now, also while it is written to; nothing where there is none or it cannot be read."""
    if not path.exists():
        return b""
    try:
        with closing(sqlite3.connect(path)) as db:
            return db.serialize()
    except sqlite3.Error:
        return b""


def export_judgements(folder: Path) -> tuple[str, str]:
    """What visitors said, as judged queries for `goodways evaluate`: (queries.tsv, qrels in the form of TREC).

    What most found useful has grade 2, what most did not has 0; a draw says nothing. "Not related" is a 0 for a query
    of its own, `record:` with the id of the record that the other was shown beside.
    """
    votes: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    lines: dict[str, str] = {}
    for about, subject, language, record, verdict, count in FeedbackFile(folder / FILE).totals():
        text = subject if about == "query" else f"record:{subject}"
        query = "q" + hashlib.sha256(text.encode()).hexdigest()[:12] if about == "query" else text
        votes[query, record][verdict] += count
        lines[query] = f"{query}\t{text}\t{language}" if language else lines.get(query, f"{query}\t{text}")
    grades = {
        pair: 2 if counts["useful"] > against else 0
        for pair, counts in sorted(votes.items())
        if counts["useful"] != (against := counts["not-useful"] + counts["not-related"])
    }
    queries = "".join(lines[query] + "\n" for query in sorted({query for query, _ in grades}))
    return queries, "".join(f"{query} 0 {record} {grade}\n" for (query, record), grade in grades.items())


def write_judgements(folder: Path, to: Path) -> tuple[int, int]:
    """Write `queries.tsv` and `qrels.txt`; returns how many queries and how many judgements.

    Raises:
        InputError: the files cannot be written.

    """
    queries, qrels = export_judgements(folder)
    try:
        to.mkdir(parents=True, exist_ok=True)
        (to / "queries.tsv").write_text(queries, encoding="utf-8")
        (to / "qrels.txt").write_text(qrels, encoding="utf-8")
    except OSError as error:
        raise InputError(f"The files cannot be written ({error.strerror}).", file=str(to)) from error
    return queries.count("\n"), qrels.count("\n")


async def _form(request: Request) -> dict[str, str]:
    """The fields of the form, each once."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise ProblemError(415, "Send the answer as a form does, as application/x-www-form-urlencoded.")
    body = await read_body(request, MOST_BYTES)
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise ProblemError(422, "An answer has a few fields only; this one has more.") from error
    return {name: values[0] for name, values in fields.items()}


def _store(site: Site, form: dict[str, str]) -> None:
    FeedbackFile(site.workspace.folder / FILE).add(_judgement(site, form))


def _judgement(site: Site, form: dict[str, str]) -> Judgement:
    about = form.get("about", "")
    buttons = [name for name in VERDICTS.get(about, ()) if name in form]  # a button's value is the record that it is on
    verdict = buttons[0] if buttons else form.get("verdict", "")
    record = form.get(verdict if buttons else "target", "")
    if verdict not in VERDICTS.get(about, ()):
        raise ProblemError(422, "Say whether a result is useful or not-useful for a query, or not-related to a record.")
    subject = form.get("record", "")
    if about == "query":
        subject = with_known_words(without_personal_data(form.get("query", "")), suggester_of(site).knows)
    named = {record, subject} if about == "record" else {record}
    if unknown := sorted(name for name in named if name not in site.searcher.positions):
        raise ProblemError(422, f"There is no record “{clean(unknown[0])[:60]}” here; it may have been withdrawn.")
    if about == "record" and record == subject:
        raise ProblemError(422, "A record cannot be compared with itself.")
    if not any(char.isalnum() for char in subject):
        raise ProblemError(422, "The question is missing, or has nothing in it that may be stored.")
    language = form.get("language", "") if about == "query" else ""
    today = datetime.now(UTC).date().isoformat()
    return Judgement(today, about, subject, language if language in EU_LANGUAGES else "", record, verdict)


def _refusal(request: Request, error: GoodwaysError, form: dict[str, str]) -> Response:
    """An error that leads back to where the visitor was."""
    status = error.status if isinstance(error, ProblemError) else 503
    if "html" in request.headers.get("accept", ""):
        back = {"label": "Back to the page", "url": local_path(form.get("back", ""), 4 * MAX_QUERY)}
        made: Response = page(
            request, "error.html", status, title="Your answer was not stored", detail=str(error), what_next=[back], q=""
        )
    else:
        made = answer(request, status, str(error))
    if status == 429:
        made.headers["Retry-After"] = "60"
    return made
