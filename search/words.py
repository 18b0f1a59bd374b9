"""Words: how a text becomes comparable word forms in its language, and the index of them.

Word matches say nothing across languages, so each language has a field of its own and a query looks into
one only.
"""

import json
import math
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import snowballstemmer
import tantivy

from kg import DataFolderError
from ontology import EU_LANGUAGES

_WORD = "[^\\W_](?:[^\\W_]|[\u0300-\u036f])*"  # a letter may be followed by its accent as a character of its own
_TOKEN = re.compile(f"{_WORD}(?:[’']{_WORD})?")
_WITHOUT_STROKE = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
_STEMMERS = {
    "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hu": "hungarian",
    "it": "italian", "lt": "lithuanian", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese",
    "ro": "romanian", "sv": "swedish",
}  # fmt: skip
_OTHER = "other"
_MEMORY = 32_000_000  # bytes of the index writer
_MOST_TERMS = 256


COMMON_FILE = Path(__file__).with_name("common_words.json")


@cache
def function_words() -> dict[str, frozenset[str]]:
    """Language -> the comparable forms of its function words."""
    return {code: frozenset(words) for code, words in json.loads(COMMON_FILE.read_text(encoding="utf-8")).items()}


def telling_forms(text: str, language: str) -> list[str]:
    """The comparable forms of the words that say what a text is about, as often as they stand there.

    All of its words if it has none such.
    """
    found = [word for word in forms(text, language) if word]
    return [word for word in found if word not in function_words().get(language, ())] or found


def tokens(text: str) -> list[tuple[int, int]]:
    """Start and end of each word."""
    return [match.span() for match in _TOKEN.finditer(text)]


def surfaces(text: str) -> list[str]:
    """The words of a text as they are written."""
    return [text[start:end] for start, end in tokens(text)]


def fold(word: str) -> str:
    """Lower case, without accents and strokes: people leave them out when they type."""
    plain = unicodedata.normalize("NFKD", word.casefold()).casefold().translate(_WITHOUT_STROKE)
    return "".join(char for char in plain if not unicodedata.combining(char))


@lru_cache(maxsize=100_000)
def form(word: str, language: str) -> str:
    """The comparable form of a word: its Snowball stem, folded; a shortened word where there is no stemmer.

    Cutting to a fixed length is the "trunc-n" stemming of McNamee & Mayfield (2004), which serves richly inflected
    languages nearly as well as n-grams.
    """
    lower = unicodedata.normalize("NFC", word.casefold()).replace("’", "'")
    if language in ("fr", "it", "ca"):
        lower = lower.rpartition("'")[2]
    stemmer = _stemmer(language)
    if stemmer is not None:
        return fold(stemmer.stemWord(lower))
    plain = fold(lower)
    return plain[:6] if language in ("bg", "hr", "lv", "mt", "sk", "sl") else plain


def forms(text: str, language: str) -> list[str]:
    """The comparable forms of all words of a text."""
    return [form(text[start:end], language) for start, end in tokens(text)]


@cache
def _stemmer(language: str) -> Any:
    name = _STEMMERS.get(language)
    return snowballstemmer.stemmer(name) if name in snowballstemmer.algorithms() else None


class WordIndex:
    """A tantivy index of records' texts with one field a language (BM25, k1 = 1.2, b = 0.75)."""

    def __init__(self, folder: Path | None) -> None:
        """Open or create the index; `None` keeps it in memory.

        Raises:
            DataFolderError: the folder cannot be used.

        """
        self.folder = folder
        try:
            if folder is None:
                self._index = tantivy.Index(_schema())
            else:
                folder.mkdir(parents=True, exist_ok=True)
                self._index = tantivy.Index(_schema(), path=str(folder))
        except (OSError, ValueError) as error:
            raise DataFolderError(
                f"The word index in {folder} cannot be opened ({error}); delete that folder and run `goodways build`."
            ) from error

    def replace(self, removed: Iterable[str], texts: Iterable[tuple[str, str, str]]) -> None:
        """Take out all texts of some records and put in others.

        Args:
            removed: record ids.
            texts: (record id, language, text) each.

        """
        writer = self._writer()
        for record in removed:
            writer.delete_documents_by_term("record", record)
        for record, language, text in texts:
            document = tantivy.Document()
            document.add_text("record", record)
            document.add_text(_field(language), " ".join(forms(text, language)))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def _writer(self) -> tantivy.IndexWriter:
        try:
            return self._index.writer(_MEMORY, 1)
        except ValueError as error:
            raise DataFolderError(
                f"Another Goodways process is writing to {self.folder}; wait until it has ended, and try again."
            ) from error

    def scores(self, query: str, language: str, limit: int = 1000) -> dict[str, float]:
        """BM25 by record, among texts in `language` only; as shares of what a text scores that has every word once."""
        words = Counter(telling_forms(query, language)).most_common(_MOST_TERMS)
        if not words:
            return {}
        field = _field(language)
        schema = self._index.schema
        terms = [
            (
                tantivy.Occur.Should,
                tantivy.Query.boost_query(tantivy.Query.term_query(schema, field, word, "freq"), count),
            )
            for word, count in words
        ]
        searcher = self._index.searcher()
        whole = sum(count * _idf(searcher.doc_freq(field, word), searcher.num_docs) for word, count in words)
        found = searcher.search(tantivy.Query.boolean_query(terms), limit, count=False).hits
        scores: dict[str, float] = {}
        for score, address in found:
            record = str(searcher.doc(address).get_first("record"))
            scores[record] = max(scores.get(record, 0.0), score / whole)
        return scores

    def reload(self) -> None:
        """See what another process has written."""
        self._index.reload()

    def count(self) -> int:
        """How many texts are in the index."""
        self._index.reload()
        return int(self._index.searcher().num_docs)

    def clear(self) -> None:
        """Take everything out."""
        writer = self._writer()
        writer.delete_all_documents()
        writer.commit()
        self._index.reload()


def _idf(holding: int, everything: int) -> float:
    """Inverse document frequency as tantivy's BM25 has it (Robertson & Zaragoza 2009, with 1 added)."""
    return math.log(1 + (everything - holding + 0.5) / (holding + 0.5))


def _field(language: str) -> str:
    return "words_" + (language if language in EU_LANGUAGES else _OTHER)


@cache
def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("record", stored=True, tokenizer_name="raw", index_option="basic")
    for language in (*EU_LANGUAGES, _OTHER):
        builder.add_text_field(_field(language), tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def remove_folder(folder: Path) -> None:
    """Throw a damaged index away; it is a projection of the graph."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.is_file():
        folder.unlink()
