"""Words to ranked records with reasons."""

from .index import Indexes
from .model import Encoder
from .searcher import Hit, Results, Searcher

__all__ = ["Encoder", "Hit", "Indexes", "Results", "Searcher"]
