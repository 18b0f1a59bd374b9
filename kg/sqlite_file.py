"""A SQLite file whose writes are whole or not there, on disk when they return, from any thread and process."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from .errors import DataFolderError, InputError, NotFoundError


class SqliteFile:
    """Opens a connection for each call; waits for other writers."""

    def __init__(self, path: Path, tables: str) -> None:
        """Open (and create, readable for its owner alone) the file.

        Args:
            path: of the file.
            tables: SQL that makes the tables where they are missing.

        Raises:
            DataFolderError: it cannot be written, or is no such file.

        """
        self.path = path
        with _said(path):
            if not path.exists():
                path.touch(mode=0o600)
            # Kept open, so that others find the files beside it: on a full disk they could not be made to read it.
            self._kept = self._connect()
            self._kept.execute("PRAGMA journal_mode = WAL")
            self._kept.executescript(tables)

    def saved(self) -> bytes:
        """The whole file as it is now, also while it is written to."""
        with self._reading() as db:
            return db.serialize()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with _said(self.path), closing(self._connect()) as db:
            yield db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone; taken back where anything goes wrong within."""
        with _said(self.path), closing(self._connect()) as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=15, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA synchronous = FULL")
        return db


def now() -> str:
    """The time as it is stored: UTC, ISO 8601."""
    return datetime.now(UTC).isoformat()


@contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.IntegrityError as error:
        raise InputError(
            "This is there already, so nothing was saved; open what is there, or take another id."
        ) from error
    except OverflowError as error:
        raise NotFoundError("There is nothing of so large a number here.") from error
    except (sqlite3.Error, OSError) as error:
        raise DataFolderError(
            f"Nothing was saved, for {path.name} in the data folder cannot be used ({error}); free space or mend it."
        ) from error
