"""Makes `search/languages.npz` from parallel public text.

    python -m search.fit_languages TATOEBA_FOLDER UDHR_FOLDER

Directions: for each language, the mean vector of its Tatoeba sentences minus that of their English
translations; the leading right singular vectors of these differences (in the manner of "language-specific
components" in Yang et al. 2021, arXiv:2109.04727, but found from parallel means). Probe: multinomial logistic
regression on raw vectors. The last 150 pairs of each language are held out, and what is printed was measured on them.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from kg import Settings
from ontology import EU_LANGUAGES

from .detection import Detector
from .languages import FILE, LanguageSpace
from .model import Encoder

DIRECTIONS, HELD_OUT = 20, 150
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
    _print_quality(space, vectors, cut, {code: own for code, (own, _) in pairs.items()})
    return space


def _halves(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[start : start + 7]) for start in range(0, len(words), 7) if len(words[start : start + 7]) > 3]


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
        guessed = np.mean([detector.detect(t, v)[0] == code for t, v in zip(texts[code][cut[code] :], own, strict=True)])
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


def main(tatoeba_folder: str, udhr_folder: str) -> None:
    """Fit and save."""
    space = fit(Encoder(Settings()), tatoeba(Path(tatoeba_folder)), udhr(Path(udhr_folder)))
    np.savez_compressed(
        FILE,
        directions=space.directions.astype(np.float32),
        codes=np.array(space.codes),
        weights=space.weights.astype(np.float16),
        bias=space.bias.astype(np.float32),
    )


if __name__ == "__main__":
    main(*sys.argv[1:3])
