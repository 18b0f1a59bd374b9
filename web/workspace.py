"""One data folder with all that works on it: graph, indexes, model."""

import os
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rdflib import Literal, URIRef

import ingest
from ingest import Report, vocabulary_digests
from kg import DataFolderError, EmbeddedStore, Settings, Store
from kg.desk import FILE as DESK
from kg.desk import Desk
from kg.desk_check import disagreements, mend
from kg.pending import finish, is_pending
from kg.remote import RemoteStore
from search import Encoder, Indexes, Searcher

Progress = Callable[[str, int, int], None]
T = TypeVar("T")


def quiet(step: str, done: int, total: int) -> None:
    """Progress for nobody."""


class Workspace:
    """Opens the parts of a data folder as they are needed.

    Writers take the folder's lock for as long as they work. Readers look at a snapshot, and a stamp in the folder tells
    them when there is a new one.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.encoder = Encoder(settings)
        self._own_stamp = ""
        self._vocabulary: dict[URIRef, Literal] = {}
        self._turn = threading.Lock()

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.settings.data

    @property
    def _stamp_file(self) -> Path:
        return self.folder / "generation"

    def stamp(self) -> str:
        """Changes whenever graph or indexes have been changed."""
        try:
            return self._stamp_file.read_text()
        except OSError:
            return ""

    def changed(self) -> datetime:
        """When graph or indexes were last changed."""
        try:
            return datetime.fromtimestamp(self._stamp_file.stat().st_mtime, UTC)
        except OSError:
            return datetime.now(UTC)

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """The graph as it is now.

        Raises:
            DataFolderError: there is none yet.

        """
        store = self.open_snapshot()
        try:
            yield store
        finally:
            store.close()

    def open_snapshot(self) -> Store:
        """The graph as it is now, to be closed by the caller."""
        if self.settings.store:
            return RemoteStore(self.settings.store, private=self._private(read_only=True))
        if not (self.folder / "graph").is_dir():
            raise DataFolderError(f"There is no graph in {self.folder} yet; run `goodways build` first.")
        return EmbeddedStore(self.folder / "graph", read_only=True)

    @contextmanager
    def writing(self, wait: float = 10.0) -> Iterator[Store]:
        """The graph, to be changed; afterwards the stamp is new.

        Raises:
            DataFolderError: the folder cannot be written to, or another process is writing.

        """
        self._check_writable()
        if not self._turn.acquire(timeout=max(wait, 0.0)):
            raise DataFolderError(f"Somebody else is writing to {self.folder} just now; try again in a moment.")
        try:
            store: Store = (
                RemoteStore(self.settings.store, private=self._private(read_only=False))
                if self.settings.store
                else EmbeddedStore(self.folder / "graph", wait=wait)
            )
            try:
                finish(store)
                yield store
            finally:
                store.close()
                self._renew_stamp()
        finally:
            self._turn.release()

    def recover(self) -> None:
        """Finish what a kill has interrupted, unless another process is writing, which does it then."""
        with self.reading() as store:
            waiting = is_pending(store)
        if waiting:
            with suppress(DataFolderError), self.writing(wait=0.0):
                pass

    def build(self, corpus: Path, progress: Progress = quiet) -> Report:
        """Vocabulary and corpus into graph and indexes."""
        ingest.corpus_files(corpus)
        with self.writing() as store:
            report = ingest.build(store, corpus, progress=progress)
            self.sync(store, progress)
            if (self.folder / DESK).exists():
                mend(Desk(self.folder / DESK), store)
        self.note_agreement()
        return report

    def import_files(self, paths: list[Path], *, dry_run: bool, strict: bool, progress: Progress = quiet) -> Report:
        """Records from files into graph and indexes."""
        if dry_run or strict:
            trial = self._try_import(paths, progress)
            if dry_run or trial.rejected:
                return trial if dry_run else Report(unchanged=trial.unchanged, rejected=trial.rejected)
        with self.writing() as store:
            report = ingest.import_files(store, paths, strict=strict, progress=progress)
            self.sync(store, progress)
        self.note_agreement()
        return report

    def _try_import(self, paths: list[Path], progress: Progress) -> Report:
        """What an import would do; works on the graph as it is, or on none."""
        known = self.settings.store or (self.folder / "graph").is_dir()
        store = self.open_snapshot() if known else EmbeddedStore(None)
        try:
            return ingest.import_files(store, paths, dry_run=True, progress=progress)
        finally:
            store.close()

    def changed_by(self, change: Callable[[Store], T]) -> T:
        """Carry out a change of the graph and bring the indexes to its state; what the change gives back."""
        with self.writing() as store:
            outcome = change(store)
            self.sync(store)
        self.note_agreement()
        return outcome

    def sync(self, store: Store, progress: Progress = quiet) -> int:
        """Bring the indexes to the state of the graph."""
        indexes = self.indexes()
        try:
            return indexes.sync(store, self.encoder, progress)
        finally:
            indexes.close()

    def indexes(self) -> Indexes:
        """The indexes of the folder."""
        return Indexes(self.folder / "search")

    def searcher(self, progress: Progress = quiet) -> Searcher:
        """A searcher over the state of now; indexes that are missing or stale are brought up first.

        While another process writes, it brings them up itself, and what is there is searched.
        """
        store, indexes = self.open_snapshot(), self.indexes()
        if not (indexes.agree_at(self.stamp(), self.encoder) or not indexes.disagreements(store)):
            with suppress(DataFolderError):
                with self.writing(wait=0.0) as graph:
                    self.sync(graph, progress)
                self.note_agreement()
            indexes.close()
            indexes = self.indexes()
        self._vocabulary = vocabulary_digests(store)
        return Searcher(store, indexes, self.encoder)

    def refreshed(self, searcher: Searcher) -> Searcher:
        """The same searcher over the state of now; a new one where the vocabulary has changed."""
        store = self.open_snapshot()
        if vocabulary_digests(store) != self._vocabulary:
            store.close()
            return self.searcher()
        searcher.refresh(store)
        return searcher

    def check(self) -> list[str]:
        """What does not agree between graph, versions and indexes, in sentences."""
        with self.reading() as store:
            indexes = self.indexes()
            try:
                desk = Desk(self.folder / DESK) if (self.folder / DESK).exists() else None
                return [
                    *_orphans(store),
                    *indexes.disagreements(store),
                    *(disagreements(desk, store) if desk else ()),
                ]
            finally:
                indexes.close()

    def note_agreement(self) -> None:
        """Remember at which stamp indexes and graph are at one, so that a start need not compare them."""
        indexes = self.indexes()
        try:
            indexes.passages.remember("agrees at", self._own_stamp)
        finally:
            indexes.close()

    def _private(self, *, read_only: bool) -> EmbeddedStore:
        """What is not published, where the graph itself is on a server."""
        return EmbeddedStore(self.folder / "graph-private", read_only=read_only, with_private=False)

    def _check_writable(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            probe = self.folder / f".probe-{os.getpid()}"
            probe.write_bytes(b"0" * 4096)
            probe.unlink()
        except OSError as error:
            raise DataFolderError(
                f"The data folder {self.folder} cannot be written to ({error.strerror}); change its permissions, free "
                "space, or choose another with --data."
            ) from error

    def _renew_stamp(self) -> None:
        fresh = self._stamp_file.with_suffix(".new")
        try:
            self._own_stamp = uuid.uuid4().hex
            fresh.write_text(self._own_stamp)
            fresh.replace(self._stamp_file)
        except OSError as error:
            raise DataFolderError(
                f"The data folder {self.folder} cannot be written to ({error.strerror}); free space and run again."
            ) from error


def _orphans(store: Store) -> list[str]:
    """Record graphs without a current version, and versions without a graph."""
    from kg.records import current, remembered
    from ontology import GRAPH

    prefix = str(GRAPH["record/"])
    graphs = {str(name)[len(prefix) :] for name in store.names() if name.startswith(prefix)}
    versions = current(store)
    found = [f"{name} is in the graph but has no version in the history." for name in sorted(graphs - set(versions))]
    torn = sorted(version.id for version in versions.values() if not version.digest)
    found += [f"{name} has another version in the graph than in the history." for name in torn]
    gone = sorted({version.id for version in remembered(store)} - graphs)
    return found + [f"{name} has a version in the history but no graph." for name in gone]
