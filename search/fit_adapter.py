"""Makes `search/adapter`: a rank-16 adapter that lets the built-in model rank mixed languages as it ranks English.

    python -m search.fit_adapter TATOEBA_FOLDER UDHR_FOLDER OUT_FOLDER [STEPS]

For each batch the frozen model ranks English queries and passages; the adapted model must give the same ranking when
either side is replaced by its translation, after the language directions are projected out of its vectors as they are
in use (Kullback-Leibler divergence of the two score distributions in both directions, with a little cross-entropy).
Multilingual distillation after Reimers & Gurevych (2020, arXiv:2004.09813), as ranking; adapter after Hu et al. (2021,
arXiv:2106.09685). Queries and passages are sentences and groups of sentences that hold them (Tatoeba), beginnings and
articles (Declaration of Human Rights), names and explanations (concepts); the held-out parts of `search.parallel` are
left alone.
"""

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from .languages import language_space
from .parallel import HELD_OUT, HELD_OUT_ARTICLES, Texts, concepts, declaration, tatoeba
from .wheel import rebuild

STEPS, BATCH, RATE, RANK = 300, 64, 1e-3, 16
STRENGTH = 22 / 32  # of the trained change that is kept: less loses across languages, more within one (docs/ranking.md)
TEMPERATURE, CROSS_ENTROPY = 0.03, 0.3
BASE = "intfloat/multilingual-e5-small"
MOST_TOKENS = 64
MIX = {"sentences": 0.65, "articles": 0.1, "concepts": 0.25}
# Which side is translated, with what weight: (query, passage).
SIDES = {(True, True): 0.3, (True, False): 0.3, (False, True): 0.3, (False, False): 0.1}


class Examples:
    """Draws queries and passages in mixed languages, with the same in English."""

    def __init__(self, tatoeba_folder: Path, udhr_folder: Path, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311
        self._pairs = {
            code: (own[:-HELD_OUT], english[:-HELD_OUT]) for code, (own, english) in tatoeba(tatoeba_folder).items()
        }
        self._articles = declaration(udhr_folder)[:-HELD_OUT_ARTICLES]
        self._concepts = concepts()

    def batch(self) -> tuple[list[str], list[str], list[str], list[str]]:
        """Queries and passages in mixed languages, then the same in English."""
        kinds = self._random.choices(list(MIX), list(MIX.values()), k=BATCH)
        rows = [getattr(self, f"_{kind}_row")() for kind in kinds]
        query, passage, english_query, english_passage = (list(column) for column in zip(*rows, strict=True))
        return query, passage, english_query, english_passage

    def _sides(self) -> tuple[bool, bool]:
        return self._random.choices(list(SIDES), list(SIDES.values()))[0]

    def _sentences_row(self) -> tuple[str, str, str, str]:
        own, english = self._pairs[self._random.choice(list(self._pairs))]
        chosen = [self._random.randrange(len(own)) for _ in range(self._random.choice([1, 2, 3, 4]))]
        asked = self._random.choice(chosen)
        query, passage = self._sides()
        return (
            (own if query else english)[asked],
            " ".join((own if passage else english)[n] for n in chosen),
            english[asked],
            " ".join(english[n] for n in chosen),
        )

    def _articles_row(self) -> tuple[str, str, str, str]:
        article = self._random.choice(self._articles)
        beginnings = {code: " ".join(text.split()[: self._random.choice([8, 16])]) for code, text in article.items()}
        return self._translated(beginnings, article)

    def _concepts_row(self) -> tuple[str, str, str, str]:
        names, explanations = self._random.choice(self._concepts)
        return self._translated(names, explanations)

    def _translated(self, queries: Texts, passages: Texts) -> tuple[str, str, str, str]:
        query, passage = self._sides()
        asked = self._random.choice(list(queries)) if query else "en"
        answered = self._random.choice(list(passages)) if passage else "en"
        return queries[asked], passages[answered], queries["en"], passages["en"]


def encode(model: Any, tokenizer: Any, texts: list[str], prefix: str, directions: Tensor) -> Tensor:
    """Unit vectors (texts, dimensions), free of language."""
    made = tokenizer(
        [prefix + text for text in texts], padding=True, truncation=True, max_length=MOST_TOKENS, return_tensors="pt"
    )
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = model(**{name: made[name] for name in ("input_ids", "attention_mask")}).last_hidden_state
    mask = made["attention_mask"].unsqueeze(-1).float()
    mean = functional.normalize((hidden.float() * mask).sum(1) / mask.sum(1), dim=1)
    return functional.normalize(mean - (mean @ directions.T) @ directions, dim=1)


def loss_of(got: Tensor, wanted: Tensor) -> Tensor:
    """How far the scores (queries, passages) are from those that are wanted, along both sides."""
    right = torch.arange(len(got))
    total = torch.zeros(())
    for here, there in ((got, wanted), (got.T, wanted.T)):
        ours = functional.log_softmax(here / TEMPERATURE, 1)
        total = total + functional.kl_div(ours, functional.softmax(there / TEMPERATURE, 1), reduction="batchmean")
        total = total + CROSS_ENTROPY * functional.nll_loss(ours, right)
    return total


def fit(examples: Examples, model_folder: Path, out: Path, steps: int) -> None:
    """Train, and save the adapter every 60 steps and at the end."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModel, AutoTokenizer

    torch.manual_seed(1)
    source = str(model_folder)
    tokenizer, teacher = AutoTokenizer.from_pretrained(source), AutoModel.from_pretrained(source).eval()
    config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules=["query", "key", "value", "dense"])
    student = get_peft_model(AutoModel.from_pretrained(source), config)
    weights = [weight for weight in student.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=RATE, weight_decay=0.0)
    directions = torch.from_numpy(np.asarray(language_space().directions))
    for step in range(1, steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, step / 20) * max(0.02, 1 - step / steps)
        query, passage, english_query, english_passage = examples.batch()
        with torch.no_grad():
            asked = encode(teacher, tokenizer, english_query, "query: ", directions)
            wanted = asked @ encode(teacher, tokenizer, english_passage, "passage: ", directions).T
        asked = encode(student, tokenizer, query, "query: ", directions)
        got = asked @ encode(student, tokenizer, passage, "passage: ", directions).T
        loss = loss_of(got, wanted)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        if step % 20 == 0 or step <= 3:
            print(f"step {step} of {steps}: loss {loss.item():.3f}", flush=True)
        if step % 60 == 0 or step == steps:
            save(student, out if step == steps else out / f"step-{step}")


def save(student: Any, folder: Path) -> None:
    """Write the adapter in half precision and at the strength at which it is used."""
    student.save_pretrained(str(folder))
    settings = folder / "adapter_config.json"
    config = json.loads(settings.read_text(encoding="utf-8"))
    config |= {"lora_alpha": round(config["lora_alpha"] * STRENGTH), "base_model_name_or_path": BASE}
    settings.write_text(json.dumps(config, indent=2), encoding="utf-8")
    file = folder / "adapter_model.safetensors"
    save_file({name: tensor.half() for name, tensor in load_file(file).items()}, file)


def main(tatoeba_folder: str, udhr_folder: str, out: str, steps: int = STEPS) -> None:
    """Train on a freshly rebuilt model."""
    with tempfile.TemporaryDirectory() as made:
        rebuild(Path(made) / "model", adapter=None)
        fit(Examples(Path(tatoeba_folder), Path(udhr_folder)), Path(made) / "model", Path(out), steps)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]) if len(sys.argv) > 4 else STEPS)
