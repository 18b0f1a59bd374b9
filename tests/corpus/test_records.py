"""The records we publish: sound, fair to the people in them, in our own words, each once."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from lingua import IsoCode639_1, LanguageDetectorBuilder
from rapidfuzz import fuzz

import ingest
from kg import EmbeddedStore
from kg.validation import vocabulary_types

CORPUS = Path(__file__).parents[2] / "corpus"
FILES = sorted(CORPUS.glob("*/*.yaml"))
TYPES = {
    "practices": "GoodPractice", "materials": "TrainingMaterial", "organisations": "Organisation", "events": "Event",
    "policies": "Policy", "promoters": "MobilityPromoter",
}  # fmt: skip
TEXTS = (
    "title",
    "summary",
    "challenges",
    "transfer",
    "evidence",
    "resources",
    "outcome",
    "text",
    "priorities",
    "keyMessage",
)
STIGMA = re.compile(
    r"\b(the disabled|disabled people|the deaf and dumb|deaf-mute|handicapped|low-skilled|unskilled people|"
    r"wheelchair[- ]bound|confined to a wheelchair|suffer(s|ing)? from|mentally (ill|retarded)|retarded|"
    r"the (blind|deaf|elderly|poor|homeless|unemployed|weak)(?= (and|or|who|in|of)\b|[,.;])|gyps(y|ies)|"
    r"ex-(con|convicts?|offenders?)|drop-?outs|problem (youth|children)|normal people|special needs (kids|children)|"
    r"illegal (im)?migrants?|vulnerable people)\b",
    re.IGNORECASE,
)
SAME_TO_A_MACHINE = {"nb": {"no"}, "nn": {"no"}, "hr": {"hr", "sr", "bs"}, "bs": {"hr", "sr", "bs"}}
PHONE = re.compile(
    r"(?:\+|\b00)\d{2}[\d ()/-]{7,}|\b(?:tel|phone|telefon|mobil)\w*[.: ]+[\d(][\d ()/-]{5,}", re.IGNORECASE
)
MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w+|\bmailto:")


@cache
def record(path: Path) -> dict[str, Any]:
    """The fields as text: dates and `no` stay as they are written."""
    fields: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
    return fields


def texts(path: Path) -> list[tuple[str, str, str]]:
    """Field, language and text of everything that a reader reads."""
    fields = record(path)
    found = [(name, lang, text) for name in TEXTS for lang, text in fields.get(name, {}).items()]
    return found + [("figure", lang, t) for f in fields.get("figure", []) for lang, t in f["what"].items()]


def addresses(path: Path) -> list[str]:
    fields = record(path)
    parts = [*fields.get("figure", []), *fields.get("furtherSource", [])]
    found = [fields["source"], fields.get("licence"), *(p.get("source") or p.get("url") for p in parts)]
    return [address for address in found if address]


def sentences(text: str) -> int:
    return len(re.findall(r"[.!?…][”\"»“)]*(?=\s+[\"„«“(¿¡]*[^\W\d_a-zà-ÿα-ωа-я]|\s*$)", text))


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[start : start + length]) for start in range(len(found) - length + 1)}


@pytest.fixture(scope="module")
def detector() -> Any:
    codes = {lang for path in FILES for lang in record(path)["summary"]}
    known = [getattr(IsoCode639_1, "NB" if code == "no" else code.upper()) for code in sorted(codes)]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*known).with_low_accuracy_mode().build()


each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_there_are_enough_records_of_each_kind() -> None:
    counts = {folder: len(list(CORPUS.glob(f"{folder}/*.yaml"))) for folder in TYPES}
    assert counts["practices"] >= 240
    assert counts["materials"] >= 110
    assert sum(counts.values()) - counts["practices"] - counts["materials"] >= 40


def test_every_record_passes_all_checks(vocabulary_store: EmbeddedStore) -> None:
    count, findings = ingest.check_files(FILES, vocabulary_types(vocabulary_store))
    assert (count, [str(finding) for finding in findings]) == (len(FILES), [])


@each_file
def test_a_record_is_filed_under_its_id_and_type(path: Path) -> None:
    fields = record(path)
    assert fields["id"] == path.stem
    assert fields["type"] == TYPES[path.parent.name]


@each_file
def test_title_and_summary_are_there_in_the_source_language_and_in_english(path: Path) -> None:
    fields = record(path)
    for name in ("title", "summary"):
        assert {fields["language"], "en"} <= set(fields[name]), name
    translated = sorted(set(fields["title"]) - {fields["language"]})
    assert fields.get("ourTranslation", []) == translated


@each_file
def test_a_summary_has_three_to_seven_sentences(path: Path) -> None:
    counts = {lang: sentences(text) for lang, text in record(path)["summary"].items()}
    assert all(3 <= count <= 7 for count in counts.values()), counts


@each_file
def test_texts_are_in_the_language_that_they_claim(path: Path, detector: Any) -> None:
    for name, lang, text in texts(path):
        if len(text) > 150:
            found = detector.detect_language_of(text).iso_code_639_1.name.lower()
            assert lang in SAME_TO_A_MACHINE.get(found, {found}), f"{name}: {text[:60]}"


@each_file
def test_nobody_can_be_called_or_written_to(path: Path) -> None:
    for name, _, text in texts(path):
        assert not MAIL.search(text), name
        assert not PHONE.search(text), name
    assert not [address for address in addresses(path) if "mailto:" in address or "@" in urlsplit(address).netloc]


@each_file
def test_people_come_before_their_barriers(path: Path) -> None:
    found = {name: match[0] for name, lang, text in texts(path) if lang == "en" and (match := STIGMA.search(text))}
    assert found == {}


@each_file
def test_every_address_is_whole(path: Path) -> None:
    for address in addresses(path):
        parts = urlsplit(address)
        assert parts.scheme in ("http", "https"), address
        assert re.fullmatch(r"[\w-]+(\.[\w-]+)+(:\d+)?", parts.netloc), address
        assert not re.search(r"\s|utm_|fbclid", address), address


@each_file
def test_every_barrier_names_its_definition(path: Path) -> None:
    definitions = (CORPUS.parent / "ontology" / "definitions.ttl").read_text(encoding="utf-8")
    for barrier in record(path).get("addresses", []):
        assert f"definition:{barrier.partition('.')[0]}\n" in definitions, barrier


@each_file
def test_no_source_was_looked_at_in_the_future(path: Path) -> None:
    fields = record(path)
    today = datetime.now(UTC).date().isoformat()
    days = [fields["checked"], *(further.get("checked") for further in fields.get("furtherSource", []))]
    assert all(day <= today for day in days if day)


def test_two_records_from_one_source_tell_of_different_things() -> None:
    by_source: dict[str, list[Path]] = {}
    for path in FILES:
        source = re.sub(r"^https?://(www\.)?|/$", "", record(path)["source"]).lower()
        by_source.setdefault(source, []).append(path)
    for paths in by_source.values():
        for one, other in combinations(paths, 2):
            alike = fuzz.token_set_ratio(record(one)["summary"]["en"], record(other)["summary"]["en"])
            assert alike < 75, (one.stem, other.stem)


def test_no_two_records_have_nearly_the_same_summary() -> None:
    summaries = {path.stem: record(path)["summary"]["en"] for path in FILES}
    alike = [(a, b) for a, b in combinations(summaries, 2) if fuzz.token_set_ratio(summaries[a], summaries[b]) >= 82]
    assert alike == []


def test_no_two_records_have_nearly_the_same_title() -> None:
    titles = {path.stem: " ".join(words(record(path)["title"]["en"])) for path in FILES}
    alike = [(a, b) for a, b in combinations(titles, 2) if fuzz.ratio(titles[a], titles[b]) >= 88]
    assert alike == []


def test_nothing_is_copied_from_the_leads(shared: Path) -> None:
    lead_runs: dict[tuple[str, ...], str] = {}
    for file in sorted((shared / "leads").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            lead = json.loads(line)
            for name in ("summary_en", "summary_original"):
                lead_runs |= dict.fromkeys(runs(lead.get(name) or "", 9), lead["id"])
    copied = {
        (path.stem, name, lang, lead_runs[run], " ".join(run))
        for path in FILES
        for name, lang, text in texts(path)
        for run in runs(text, 9)
        if run in lead_runs
    }
    assert copied == set()
