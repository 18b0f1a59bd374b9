"""What can go wrong, as a small tree of exceptions that carry data.

A person reads `str(error)`: one sentence that says what is wrong and what to do. Programs read the fields.
Command line and HTTP turn these into an exit status or a problem document in one place each.
"""

from dataclasses import dataclass


class GoodwaysError(Exception):
    """Anything that Goodways can say in a sentence."""


@dataclass
class Finding:
    """One thing that is wrong in one record: where, what, and what to do."""

    message: str
    file: str = ""
    row: int | None = None
    record: str = ""
    field: str = ""

    def __str__(self) -> str:
        place = self.file + (f", row {self.row}" if self.row else "")
        if self.record:
            place += f" ({self.record})" if place else self.record
        if self.field:
            place += f", field {self.field}" if place else f"field {self.field}"
        return f"{place}: {self.message}" if place else self.message

    def as_dict(self) -> dict[str, object]:
        """The fields that are set, for `--json`."""
        return {key: value for key, value in vars(self).items() if value not in ("", None)}


class InputError(GoodwaysError):
    """A file or a value that cannot be read as what it should be."""

    def __init__(self, message: str, *, file: str = "", row: int | None = None, field: str = "") -> None:
        self.finding = Finding(message, file=file, row=row, field=field)
        super().__init__(str(self.finding))


class DataFolderError(GoodwaysError):
    """The data folder cannot be used: missing, read-only, full, locked or damaged."""


class StoreError(GoodwaysError):
    """The graph store did not do what was asked."""


class QueryError(GoodwaysError):
    """A SPARQL query that cannot be run as it stands."""


class ModelError(GoodwaysError):
    """The embedding model cannot be built or loaded."""


class NotFoundError(GoodwaysError):
    """Nothing is stored under this name."""
