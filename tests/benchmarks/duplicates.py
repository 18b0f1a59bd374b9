"""How well duplicates are told from the rest, on the real records: precision, recall and time.

    python -m tests.benchmarks.duplicates [--folder FOLDER] [--records 435]

Every record of the corpus that has two languages is put into the graph in English only, with its own source. Then it
comes in once more: in the source's language only, from another address (a duplicate across languages); in English with
words of the title left out, exchanged or mistyped, and with half of its summary; and with its own address or reference
spelled otherwise. What is found beside the record itself counts as false; so does anything that is found for the
records as they are, each among all others.
"""

import argparse
import random
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ingest.pipeline import add
from ingest.readers import RawRecord
from kg import Settings
from kg.records import Act
from search.duplicates import Duplicates
from web.workspace import Workspace

SEED = 7


def main() -> None:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("data/benchmark/duplicates"))
    parser.add_argument("--records", type=int, default=435, help="how many come in once more")
    given = parser.parse_args()
    records = corpus(Settings().corpus)
    workspace = Workspace(Settings(data=given.folder))
    if not (given.folder / "generation").is_file():
        fill(workspace, records)
    duplicates = Duplicates(workspace.searcher())
    duplicates.like(records[0])
    chosen = random.Random(SEED).sample(records, min(given.records, len(records)))  # noqa: S311
    print("variant                    n  recall  precision  p50 ms  p95 ms")
    for name, variants in variants_of(chosen).items():
        print(measured(name, duplicates, variants))
    print(alone(duplicates, chosen))


def corpus(folder: Path) -> list[dict[str, Any]]:
    """The records as they are written."""
    files = sorted(folder.glob("*/*.yaml"))
    return [yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader) for file in files]  # noqa: S506


def fill(workspace: Workspace, records: list[dict[str, Any]]) -> None:
    """Put the records in, in English only where they are in English too."""
    raws = [RawRecord(file=f"{record['id']}.yaml", data=typed(only(record, "en"))) for record in records]
    with workspace.writing() as store:
        report = add(store, raws, act=Act("import", "goodways-import"))
        assert not report.rejected, report.rejected[:3]
        workspace.sync(store)
    workspace.note_agreement()


def typed(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its figures as numbers, which are not needed here and left out."""
    return {name: value for name, value in record.items() if name not in ("figure", "ourTranslation")}


def only(record: dict[str, Any], language: str) -> dict[str, Any]:
    """A record in one of its languages; as it is, where it does not have that one."""
    if language not in record["title"] or language not in record["summary"]:
        return record
    by_language = {n: v for n, v in record.items() if isinstance(v, dict)}
    kept = {n: {language: v[language]} for n, v in by_language.items() if language in v}
    return {n: v for n, v in record.items() if n not in by_language} | kept | {"language": language}


def variants_of(records: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The same records as somebody else might bring them in."""
    dice = random.Random(SEED)  # noqa: S311
    made: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        bare = {n: v for n, v in record.items() if n not in ("projectReference", "furtherSource")}
        bare |= {"source": f"https://example.org/{record['id']}"}
        other = next((code for code in record["title"] if code != "en" and code in record["summary"]), "")
        if other:
            made["another language"].append(only(bare, other))
        english = only(bare, "en")
        if "en" in english["title"]:
            made["reworded"].append(english | {"title": reworded(english["title"], dice)} | halved(english, dice))
            made["title only, reworded"].append(
                {n: v for n, v in english.items() if n != "summary"} | {"title": reworded(english["title"], dice)}
            )
        made["address otherwise"].append(only(bare, other or "en") | {"source": respelled(record["source"])})
        if references := record.get("projectReference"):
            said = [reference.replace("-", " ").lower() for reference in references]
            made["reference otherwise"].append(only(bare, other or "en") | {"projectReference": said})
    return made


def reworded(title: dict[str, str], dice: random.Random) -> dict[str, str]:
    """The title with one thing changed: a word left out, two exchanged, a slip, or what stands after a colon."""
    return {language: _changed(text, dice) for language, text in title.items()}


def _changed(text: str, dice: random.Random) -> str:
    words = text.split()
    n = dice.randrange(len(words))
    how = dice.randrange(4)
    if how == 0 and len(words) > 3:
        return " ".join(words[:n] + words[n + 1 :])
    if how == 1 and len(words) > 2:
        m = dice.randrange(len(words))
        words[n], words[m] = words[m], words[n]
        return " ".join(words)
    if how == 2 and ": " in text:
        return text.split(": ", 1)[1]
    at = dice.randrange(len(text))
    return (text[:at] + text[at + 1 :]).upper() if dice.random() < 0.2 else text[:at] + text[at + 1 :]


def halved(record: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """The summary with about every second sentence."""
    texts = {}
    for language, text in record["summary"].items():
        sentences = text.split(". ")
        texts[language] = ". ".join(sentence for sentence in sentences if dice.random() < 0.5) or sentences[0]
    return {"summary": texts}


def respelled(address: str) -> str:
    """The same address as a browser, a newsletter or an archive writes it."""
    scheme, _, rest = address.partition("://")
    separator = "&" if "?" in rest else "?"
    other = "http" if scheme == "https" else "https"
    return f"https://web.archive.org/web/20240101000000/{other}://{rest}{separator}utm_source=news&fbclid=x1#top"


def measured(name: str, duplicates: Duplicates, variants: list[dict[str, Any]]) -> str:
    """How many come back as the record that they are, and what else is said to be the same."""
    right, false, times = 0, 0, []
    for variant in variants:
        start = time.perf_counter()
        found = [one.id for one in duplicates.like(variant) if one.same]
        times.append((time.perf_counter() - start) * 1000)
        right += variant["id"] in found
        false += sum(other != variant["id"] for other in found)
    precision = right / max(1, right + false)
    times.sort()
    p95 = times[int(0.95 * (len(times) - 1))]
    figures = f"{len(variants):4}  {right / len(variants):6.3f}  {precision:9.3f}"
    return f"{name:22}  {figures}  {statistics.median(times):6.1f}  {p95:6.1f}"


def alone(duplicates: Duplicates, records: list[dict[str, Any]]) -> str:
    """What is found for the records as they are, each among all others, of which none is a duplicate."""
    pairs = sorted(set(_pairs(duplicates, records)), key=lambda pair: (not pair[3], -pair[2]))
    said = [
        f"  {one}  {other}  {score}  {'same' if same else 'related'}: {why}" for one, other, score, same, why in pairs
    ]
    false = sum(same for _, _, _, same, _ in pairs)
    counts = f"{false} pairs said to be the same, {len(pairs) - false} related"
    head = f"\nOf {len(records)} records, each among all others: {counts}"
    return "\n".join([head, *said])


def _pairs(duplicates: Duplicates, records: list[dict[str, Any]]) -> Iterator[tuple[str, str, float, bool, str]]:
    for record in records:
        for one in duplicates.like(record, but=record["id"]):
            first, second = sorted([record["id"], one.id])
            yield first, second, one.score, one.same, ", ".join(reason.kind for reason in one.reasons)


if __name__ == "__main__":
    main()
