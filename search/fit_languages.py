"""Makes `search/languages.npz` and `search/common_words.json` from parallel public text.

    python -m search.fit_languages TATOEBA_FOLDER UDHR_FOLDER

Directions: for each language, the mean vector of its Tatoeba sentences minus that of their English
translations; the leading right singular vectors of these differences (in the manner of Yang et al. 2021,
arXiv:2109.04727, but found from parallel means). Probe: multinomial logistic regression on raw vectors. Common
words: function words. The last 150 pairs of each language are held out,
and what is printed was measured on them.
"""

import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import stopwordsiso

from kg import Settings
from ontology import EU_LANGUAGES

from .detection import Detector
from .languages import FILE, LanguageSpace
from .model import Encoder
from .words import COMMON_FILE, forms

DIRECTIONS, HELD_OUT = 20, 150
# Listed as function words, but telling in this field.
_TELLING = frozenset(["abroad", "help", "work", "young", "group"])
_CODES = {
    "bul": "bg", "ces": "cs", "dan": "da", "deu": "de", "ell": "el", "est": "et", "fin": "fi", "fra": "fr",
    "gle": "ga", "hrv": "hr", "hun": "hu", "ita": "it", "lav": "lv", "lit": "lt", "lvs": "lv", "mlt": "mt",
    "nld": "nl", "pol": "pl", "por": "pt", "ron": "ro", "slk": "sk", "slv": "sl", "spa": "es", "swe": "sv",
    "eng": "en",
}  # fmt: skip


def tatoeba(folder: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Language -> (its sentences, the same in English)."""
    pairs = {}
    for english in sorted(folder.glob("tatoeba.*-eng.eng")):
        name = english.name.split(".")[1].split("-")[0]
        own = english.with_name(f"tatoeba.{name}-eng.{name}")
        if name in _CODES:
            pairs[_CODES[name]] = (own.read_text().splitlines(), english.read_text().splitlines())
    return pairs


def udhr(folder: Path) -> dict[str, list[str]]:
    """Language -> the paragraphs of its Universal Declaration of Human Rights."""
    texts = {}
    for path in sorted(folder.glob("udhr_*.xml")):
        name = path.stem.split("_")[1]
        if name in _CODES:
            paragraphs = [(node.text or "").strip() for node in ElementTree.parse(path).findall(".//{*}para")]  # noqa: S314
            texts[_CODES[name]] = [text for text in paragraphs if len(text) > 20]
    return texts


def fit(encoder: Encoder, pairs: dict[str, tuple[list[str], list[str]]], more: dict[str, list[str]]) -> LanguageSpace:
    """The language space of an encoder; prints what it does to held-out sentences."""
    from sklearn.linear_model import LogisticRegression

    vectors = {code: (encoder.queries(own), encoder.queries(english)) for code, (own, english) in pairs.items()}
    cut = {code: len(own) - HELD_OUT for code, (own, _) in vectors.items()}
    shifts = [own[: cut[code]].mean(0) - english[: cut[code]].mean(0) for code, (own, english) in vectors.items()]
    directions = np.linalg.svd(np.array(shifts), full_matrices=False)[2][:DIRECTIONS]

    texts = {code: [own[: cut[code]]] for code, (own, _) in vectors.items()}
    texts["en"] = [english[: cut[code]][:60] for code, (_, english) in vectors.items()]
    for code, paragraphs in more.items():
        pieces = [piece for text in paragraphs for piece in (text, *(_halves(text) if code not in pairs else ()))]
        texts.setdefault(code, []).append(encoder.queries(pieces))
    known = {code: np.vstack(parts) for code, parts in texts.items() if code in EU_LANGUAGES}
    probe = LogisticRegression(C=100, max_iter=500, class_weight="balanced")
    probe.fit(np.vstack(list(known.values())), [code for code, rows in known.items() for _ in rows])
    space = LanguageSpace(directions, tuple(probe.classes_), probe.coef_, probe.intercept_)
    unrelated, related = _scale(space, vectors, cut)
    space = replace(space, unrelated=unrelated, related=related)
    _print_quality(space, vectors, cut, {code: own for code, (own, _) in pairs.items()})
    return space


def _scale(
    space: LanguageSpace, vectors: dict[str, tuple[np.ndarray, np.ndarray]], cut: dict[str, int]
) -> tuple[float, float]:
    """Mean cosines of held-out sentences with translations of others, and with their own."""
    related, unrelated = [], []
    for code, both in vectors.items():
        own, english = (space.without_language(part[cut[code] :]) for part in both)
        related.append(float((own * english).sum(1).mean()))
        unrelated.append(float((own * np.roll(english, 1, axis=0)).sum(1).mean()))
    return float(np.mean(unrelated)), float(np.mean(related))


def _halves(text: str) -> list[str]:
    words = text.split()
    return [
        " ".join(words[start : start + 7]) for start in range(0, len(words), 7) if len(words[start : start + 7]) > 3
    ]


def _print_quality(
    space: LanguageSpace,
    vectors: dict[str, tuple[np.ndarray, np.ndarray]],
    cut: dict[str, int],
    texts: dict[str, list[str]],
) -> None:
    rows = []
    detector = Detector(space)
    for code, both in sorted(vectors.items()):
        own, english = (part[cut[code] :] for part in both)
        probed = np.mean([space.codes[int(space.likelihoods(vector).argmax())] == code for vector in own])
        guessed = np.mean(
            [detector.detect(t, v)[0] == code for t, v in zip(texts[code][cut[code] :], own, strict=True)]
        )
        pool = np.vstack([english, own])  # a sentence must find its translation among both languages' sentences
        shares = []
        for change in (lambda x: x, space.without_language):
            scores = change(own) @ change(pool).T
            scores[np.arange(len(own)), len(english) + np.arange(len(own))] = -1
            shares.append(np.mean(scores.argmax(1) == np.arange(len(own))))
        rows.append((code, probed, guessed, *shares))
    print("      language guessed           translation found")
    print("      vector  letters too        raw    projected")
    for code, *shares in [*rows, ("mean", *np.mean([row[1:] for row in rows], axis=0))]:
        print("{:6}{:.3f}   {:.3f}              {:.3f}  {:.3f}".format(code, *shares))


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


def main(tatoeba_folder: str, udhr_folder: str) -> None:
    """Fit and save."""
    pairs, more = tatoeba(Path(tatoeba_folder)), udhr(Path(udhr_folder))
    texts = {code: own for code, (own, _) in pairs.items()}
    texts["en"] = sorted({line for _, english in pairs.values() for line in english})
    texts |= {code: [half for text in more[code] for half in _halves(text)] for code in more.keys() - texts.keys()}
    lines = [
        f"{json.dumps(code)}: {json.dumps(words, ensure_ascii=False)}" for code, words in common_words(texts).items()
    ]
    COMMON_FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    space = fit(Encoder(Settings()), pairs, more)
    np.savez_compressed(
        FILE,
        directions=space.directions.astype(np.float32),
        codes=np.array(space.codes),
        weights=space.weights.astype(np.float16),
        bias=space.bias.astype(np.float32),
        unrelated=space.unrelated,
        related=space.related,
    )


if __name__ == "__main__":
    main(*sys.argv[1:3])
