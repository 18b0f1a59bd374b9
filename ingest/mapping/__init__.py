"""Rows of foreign tables to fields of records; which column says what is data (`ingest/mappings/`)."""

from .mapping import Mapping, load, mappings, recognise
from .rows import Row, Table
from .run import records

__all__ = ["Mapping", "Row", "Table", "load", "mappings", "recognise", "records"]
