"""Anything to valid records: readers, normalisation, the pipeline into the graph."""

from .pipeline import (
    Report,
    build,
    check_files,
    corpus_files,
    import_files,
    load_vocabulary,
    vocabulary_digests,
)

__all__ = ["Report", "build", "check_files", "corpus_files", "import_files", "load_vocabulary", "vocabulary_digests"]
