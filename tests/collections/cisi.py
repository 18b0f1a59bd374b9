"""The CISI slice as records, queries and judgements, for `goodways import` and `goodways evaluate`.

    python tests/collections/cisi.py CISI_FOLDER OUT_FOLDER

CISI.ALL holds 1,460 abstracts (`.I` number, a title, then the text from the first indented line, else from the
second), CISI_dev.QRY questions
(`.I` number, perhaps `.T` title and `.A` author, `.W` text) and CISI_dev.REL judgements (question, abstract).
"""

import json
import re
import sys
from pathlib import Path

_PARTS = re.compile(r"^\.([TAWXBNK])\s*$", re.MULTILINE)


def blocks(text: str) -> dict[str, str]:
    """Number -> what stands under it."""
    found = {}
    for block in re.split(r"^\.I\s+", text, flags=re.MULTILINE)[1:]:
        number, _, rest = block.partition("\n")
        found[number.strip()] = rest
    return found


def question(block: str) -> str:
    """The text of a question."""
    pieces = _PARTS.split(block)
    parts = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    return " ".join(parts.get("W", "").split())


def abstract(block: str) -> tuple[str, str]:
    """Title and text of an abstract."""
    lines = block.rstrip().splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith("   ")), 1)
    return " ".join(" ".join(lines[:start]).split()), " ".join(" ".join(lines[start:]).split())


def main(source: Path, out: Path) -> None:
    """Write records.jsonl, queries.tsv and qrels.txt."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "records.jsonl").open("w", encoding="utf-8") as file:
        for number, block in blocks((source / "CISI.ALL").read_text(encoding="utf-8", errors="replace")).items():
            title, text = abstract(block)
            record = {
                "id": f"cisi-{number}",
                "type": "GoodPractice",
                "title": title or text,
                "summary": text or title,
                "language": "en",
                "source": f"https://example.org/cisi/{number}",
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    asked = blocks((source / "CISI_dev.QRY").read_text(encoding="utf-8", errors="replace"))
    lines = [f"{number}\t{text}\ten\n" for number, block in asked.items() if (text := question(block))]
    (out / "queries.tsv").write_text("".join(lines), encoding="utf-8")
    judged = (
        line.split() for line in (source / "CISI_dev.REL").read_text(encoding="utf-8").splitlines() if line.strip()
    )
    rows = [f"{parts[0]} 0 cisi-{parts[1]} 1\n" for parts in judged]
    (out / "qrels.txt").write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
