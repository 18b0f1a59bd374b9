"""Makes `search/languages.npz` and `search/common_words.json` from parallel public text.

    python -m search.fit_languages TATOEBA_FOLDER UDHR_FOLDER directions   (before `search.fit_adapter`)
    python -m search.fit_languages TATOEBA_FOLDER UDHR_FOLDER              (after it)

Directions, found with the model as it comes: for each language, the mean vector of its Tatoeba sentences minus that
of their English translations; the leading right singular vectors of these differences (in the manner of Yang et al.
2021, arXiv:2109.04727, but found from parallel means). Probe, with the adapted model: multinomial logistic regression
on raw vectors. Common words: function words. The last 150 pairs of each language are held out, and what is printed
was measured on them.
"""

import json
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import stopwordsiso

from kg import Settings
from kg.detection import detect

from .languages import FILE, LanguageSpace, language_space
from .model import Encoder
from .parallel import HELD_OUT, paragraphs, tatoeba
from .wheel import rebuild
from .words import COMMON_FILE, forms

DIRECTIONS = 20
# Listed as function words, but telling in this field.
_TELLING = frozenset(["abroad", "help", "work", "young", "group"])


def directions_of(pairs: dict[str, tuple[list[str], list[str]]]) -> np.ndarray:
    """(DIRECTIONS, dimensions) along which translations differ in the model as it comes."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "multilingual-e5-small"
        rebuild(folder, adapter=None)
        encoder = Encoder(Settings(model=str(folder)))
        shifts = [
            (encoder.queries(own[:-HELD_OUT]) - encoder.queries(english[:-HELD_OUT])).mean(0)
            for own, english in pairs.values()
        ]
    found: np.ndarray = np.linalg.svd(np.array(shifts), full_matrices=False)[2][:DIRECTIONS]
    return found


def fit(encoder: Encoder, directions: np.ndarray, pairs: dict[str, tuple[list[str], list[str]]]) -> LanguageSpace:
    """The language space of an encoder; prints what it does to held-out sentences."""
    held_out = {
        code: (encoder.queries(own[-HELD_OUT:]), encoder.queries(english[-HELD_OUT:]))
        for code, (own, english) in pairs.items()
    }
    space = LanguageSpace(directions)
    unrelated, related = _scale(space, held_out)
    space = replace(space, unrelated=unrelated, related=related)
    _print_quality(space, held_out, {code: own[-HELD_OUT:] for code, (own, _) in pairs.items()})
    return space


def _scale(space: LanguageSpace, vectors: dict[str, tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Mean cosines of sentences with translations of others, and with their own."""
    related, unrelated = [], []
    for both in vectors.values():
        own, english = map(space.without_language, both)
        related.append(float((own * english).sum(1).mean()))
        unrelated.append(float((own * np.roll(english, 1, axis=0)).sum(1).mean()))
    return float(np.mean(unrelated)), float(np.mean(related))


def _halves(text: str) -> list[str]:
    words = text.split()
    return [
        " ".join(words[start : start + 7]) for start in range(0, len(words), 7) if len(words[start : start + 7]) > 3
    ]


def _print_quality(
    space: LanguageSpace, vectors: dict[str, tuple[np.ndarray, np.ndarray]], texts: dict[str, list[str]]
) -> None:
    rows = []
    for code, (own, english) in sorted(vectors.items()):
        guessed = np.mean([detect(text)[0] == code for text in texts[code]])
        pool = np.vstack([english, own])  # a sentence must find its translation among both languages' sentences
        shares = []
        for change in (lambda x: x, space.without_language):
            scores = change(own) @ change(pool).T
            scores[np.arange(len(own)), len(english) + np.arange(len(own))] = -1
            shares.append(np.mean(scores.argmax(1) == np.arange(len(own))))
        rows.append((code, guessed, *shares))
    print("      language   translation found")
    print("      guessed    raw    projected")
    for code, *shares in [*rows, ("mean", *np.mean([row[1:] for row in rows], axis=0))]:
        print("{:6}{:.3f}      {:.3f}  {:.3f}".format(code, *shares))


def common_words(texts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Language -> comparable forms of its function words.

    Words of the list `stopwordsiso` that also stand in everyday sentences (the list is generous, above all in
    English); for Maltese, which it lacks, the words that stand in 6 % of its texts.
    """
    common = {}
    for code, pieces in sorted(texts.items()):
        counts = Counter(word for text in pieces for word in set(forms(text, code)))
        if code in stopwordsiso.langs():
            listed = {form for word in stopwordsiso.stopwords(code) for form in forms(word, code)}
            least = max(2, 0.004 * len(pieces) if code == "en" else 0.001 * len(pieces))
        else:
            listed, least = set(counts), 0.06 * len(pieces)
        common[code] = sorted(word for word in listed if counts[word] >= least and word not in _TELLING)
    return common


def main(tatoeba_folder: str, udhr_folder: str, step: str = "scale") -> None:
    """Fit and save."""
    pairs, more = tatoeba(Path(tatoeba_folder)), paragraphs(Path(udhr_folder))
    texts = {code: own for code, (own, _) in pairs.items()}
    texts["en"] = sorted({line for _, english in pairs.values() for line in english})
    texts |= {code: [half for text in more[code] for half in _halves(text)] for code in more.keys() - texts.keys()}
    lines = [
        f"{json.dumps(code)}: {json.dumps(words, ensure_ascii=False)}" for code, words in common_words(texts).items()
    ]
    COMMON_FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    first = step == "directions" or not FILE.is_file()
    directions = directions_of(pairs) if first else language_space().directions
    space = fit(Encoder(Settings()), directions, pairs)
    np.savez_compressed(
        FILE,
        directions=space.directions.astype(np.float32),
        unrelated=space.unrelated,
        related=space.related,
    )


if __name__ == "__main__":
    main(*sys.argv[1:4])
