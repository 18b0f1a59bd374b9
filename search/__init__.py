"""Words to ranked records with reasons."""

from .index import Indexes
from .model import Encoder
from .results import Hit, Results
from .searcher import Searcher

__all__ = ["Encoder", "Hit", "Indexes", "Results", "Searcher"]
