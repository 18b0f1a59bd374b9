"""The graph: store, records and their versions, provenance, validation, export."""

from .embedded import EmbeddedStore
from .errors import (
    DataFolderError,
    Finding,
    GoodwaysError,
    InputError,
    ModelError,
    NotFoundError,
    QueryError,
    StoreError,
)
from .settings import Settings
from .store import Row, Store, Triple

__all__ = [
    "DataFolderError",
    "EmbeddedStore",
    "Finding",
    "GoodwaysError",
    "InputError",
    "ModelError",
    "NotFoundError",
    "QueryError",
    "Row",
    "Settings",
    "Store",
    "StoreError",
    "Triple",
]
