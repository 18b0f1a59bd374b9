"""The graph in this process: Oxigraph, through pyoxigraph, in a folder on disk or in memory."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pyoxigraph as ox
from oxrdflib import OxigraphStore
from rdflib import Dataset, Graph
from rdflib.term import URIRef

from ontology import BASE, GW, PREFIXES

from .errors import DataFolderError, QueryError, StoreError
from .keywords import uses_keyword
from .store import Answer, Graphs, Names, Row, Similarity, rows, split_history, to_graph, update_request

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_SIMILARITY = ox.NamedNode(str(GW.similarity))
T = TypeVar("T")


class EmbeddedStore:
    """Oxigraph in this process, in a folder on disk, or in memory.

    What is not published lies in a store of its own beside it (`private`), so that no public query can reach it.

    One process may write at a time. Others open the folder with `read_only=True` and see the state of
    the moment at which they opened it, or, when a writer has tidied its files away since, a newer one.
    """

    def __init__(
        self, folder: Path | None, *, read_only: bool = False, wait: float = 0.0, with_private: bool = True
    ) -> None:
        """Open (and create) the store.

        Args:
            folder: where the graph lies; `None` keeps it in memory.
            read_only: look without taking the write lock; the folder must exist.
            wait: seconds to wait for another writer to finish.
            with_private: open what is not published, too.

        Raises:
            DataFolderError: the folder is read-only, full, damaged, or another process writes to it.

        """
        self.folder = folder
        self.read_only = read_only
        self._store = ox.Store() if folder is None else _open(folder, read_only, wait)
        self._private: EmbeddedStore | None = None
        if with_private:
            beside = folder.with_name(folder.name + "-private") if folder else None
            self._private = EmbeddedStore(beside, read_only=read_only, wait=wait, with_private=False)

    @property
    def private(self) -> "EmbeddedStore":
        """The store of what is not published: the history of records."""
        if self._private is None:
            raise StoreError("This store was opened without what is not published.")
        return self._private

    def select(self, query: str) -> list[Row]:
        """Rows of a SELECT over the union of all graphs."""

        def read() -> list[Row]:
            result = self._query(query)
            if not isinstance(result, ox.QuerySolutions):
                raise QueryError("A SELECT query was expected here.")
            return rows(result)

        return self._following(read)

    def ask(self, query: str) -> bool:
        """The answer of an ASK."""

        def read() -> bool:
            result = self._query(query)
            if not isinstance(result, ox.QueryBoolean):
                raise QueryError("An ASK query was expected here.")
            return bool(result)

        return self._following(read)

    def construct(self, query: str) -> Graph:
        """The graph of a CONSTRUCT or DESCRIBE."""

        def read() -> Graph:
            result = self._query(query)
            if not isinstance(result, ox.QueryTriples):
                raise QueryError("A CONSTRUCT or DESCRIBE query was expected here.")
            return to_graph(result)

        return self._following(read)

    def raw(
        self, query: str, default: Names = None, named: Names = None, similarity: Similarity | None = None
    ) -> Answer:
        """The engine's own result, for serialising without a detour; the project's prefixes are known.

        Args:
            query: any query; its `FROM` clauses are obeyed.
            default: graphs that make up the default graph in place of the union of all.
            named: graphs that `GRAPH` can reach in place of all.
            similarity: answers `gw:similarity(?thing, "text")`; without it, the function is not known.

        """
        own = default is None and named is None and not uses_keyword(query, "FROM")
        options = {
            "default_graph": _named(default) if default or named else None,
            "named_graphs": _named(named) if default or named else None,
            "custom_functions": {_SIMILARITY: _as_function(similarity)} if similarity else None,
        }
        return self._query(query, base_iri=BASE, prefixes=PREFIXES, use_default_graph_as_union=own, **options)

    def change(self, graphs: Graphs, add: Graphs | None = None, remove: Graphs | None = None) -> None:
        """Replace graphs, add and remove triples in one transaction, on disk before it returns."""
        self.update(update_request(graphs, add, remove))

    def update(self, request: str) -> None:
        """Carry out a SPARQL 1.1 Update, on disk before it returns."""
        try:
            with _turn(self.folder, alone=True):
                self._store.update(request, base_iri=BASE, prefixes=PREFIXES)
                self._store.flush()
        except SyntaxError as error:
            raise QueryError(f"This SPARQL update cannot be read: {error}.") from error
        except (OSError, RuntimeError) as error:
            raise _folder_error(self.folder, error) from error

    def graph(self, name: URIRef) -> Graph:
        """A copy of one named graph."""

        def read() -> Graph:
            found = self._store.quads_for_pattern(None, None, None, ox.NamedNode(str(name)))
            return to_graph(quad.triple for quad in found)

        return self._following(read)

    def names(self) -> list[URIRef]:
        """The names of all graphs that hold something."""
        found = self._query("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }")
        return [URIRef(row["g"]) for row in rows(found)] if isinstance(found, ox.QuerySolutions) else []

    def quads(self) -> Iterator[ox.Quad]:
        """Every quad."""
        return iter(self._store)

    def dataset(self) -> Dataset:
        """A view as an rdflib dataset, for whatever works on rdflib (through oxrdflib)."""
        return Dataset(store=OxigraphStore(store=self._store), default_union=True)

    def load(self, quads: Iterable[ox.Quad]) -> None:
        """Add many quads in one transaction; those of the history go where it lies."""
        mine, history = split_history(quads)
        if history:
            if self._private is not None:
                self._private.load(history)
            else:
                mine += history
        try:
            with _turn(self.folder, alone=True):
                self._store.extend(mine)
                self._store.flush()
        except (OSError, RuntimeError) as error:
            raise _folder_error(self.folder, error) from error

    def close(self) -> None:
        """Give the folder's lock back."""
        del self._store
        if self._private is not None:
            self._private.close()

    def _following(self, read: Callable[[], T]) -> T:
        """Read; where a writer has tidied away files of the state that was opened, read the state of now instead."""
        try:
            return read()
        except OSError as error:
            if not (self.read_only and self.folder and _is_moving(error)):
                raise
            self._store = _open(self.folder, read_only=True, wait=0.0)
            return read()

    def _query(self, query: str, **options: Any) -> Answer:
        try:
            return self._store.query(query, **({"use_default_graph_as_union": True} | options))
        except SyntaxError as error:
            raise QueryError(f"This SPARQL query cannot be read: {error}.") from error
        except (OSError, RuntimeError, ValueError) as error:
            if self.read_only and _is_moving(error):
                raise
            raise QueryError(f"This SPARQL query could not be run: {error}.") from error


def _open(folder: Path, read_only: bool, wait: float) -> ox.Store:
    """Open the folder, waiting for another writer if asked to.

    A reader that opens while a writer tidies up can find files gone that were there a moment ago: it looks again.
    """
    deadline = time.monotonic() + (max(wait, 1.0) if read_only else wait)
    while True:
        try:
            if not read_only:
                folder.mkdir(parents=True, exist_ok=True)
            with _turn(folder, alone=not read_only):
                return ox.Store.read_only(str(folder)) if read_only else ox.Store(str(folder))
        except (OSError, RuntimeError) as error:
            passing = _is_moving(error) if read_only else _is_locked(error)
            if not passing or time.monotonic() >= deadline:
                raise _folder_error(folder, error) from error
            time.sleep(0.05)


@contextmanager
def _turn(folder: Path | None, *, alone: bool) -> Iterator[None]:
    """Readers open the folder between two changes: in the middle of one they would see half of it."""
    if fcntl is None or folder is None or not folder.is_dir():
        yield
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(place)


def _is_locked(error: Exception) -> bool:
    """Whether RocksDB could not take its lock because somebody else has it."""
    text = str(error)
    return "Permission denied" not in text and ("While lock file" in text or "lock hold by" in text)


def _is_moving(error: Exception) -> bool:
    """Whether a file of the graph was not there, as happens while a writer replaces files."""
    text = str(error)
    return "No such file" in text and "/CURRENT:" not in text


def _folder_error(folder: Path | None, error: Exception) -> DataFolderError:
    if _is_locked(error):
        return DataFolderError(
            f"Another Goodways process is writing to {folder}; wait until it has ended, or stop it, and try again."
        )
    text = str(error).replace(str(folder), "").lower()
    if "no space" in text:
        return DataFolderError(f"The disk that holds {folder} is full; free some space and try again.")
    if any(words in text for words in ("permission", "not permitted", "read-only file system")):
        return DataFolderError(
            f"{folder} cannot be written to; change its permissions or choose another folder with --data."
        )
    if "/current: no such file" in text:
        return DataFolderError(f"There is no graph in {folder} yet; run `goodways build` first.")
    return DataFolderError(
        f"The graph in {folder} cannot be used ({str(error).splitlines()[0]}); restore a backup, "
        "or move the folder away and run `goodways build` again."
    )


def _named(names: Names) -> list[ox.NamedNode]:
    try:
        return [ox.NamedNode(name) for name in names or ()]
    except ValueError as error:
        raise QueryError("The name of a graph is an absolute IRI; one of these is not.") from error


def _as_function(similarity: Similarity) -> Callable[..., ox.Literal | None]:
    def function(*given: object) -> ox.Literal | None:
        if len(given) != 2 or not isinstance(given[0], ox.NamedNode) or not isinstance(given[1], ox.Literal):
            return None
        closeness = similarity(given[0].value, given[1].value)
        return None if closeness is None else ox.Literal(closeness)

    return function
