"""What is made from the graph once for each state of the data."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from .site import Site

T = TypeVar("T")


class PerState(Generic[T]):
    """Keeps what was made until the data change; others who ask meanwhile wait for it, once."""

    def __init__(self, make: Callable[[Site], T]) -> None:
        self._make = make
        self._kept: WeakKeyDictionary[Site, tuple[str, T]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def __call__(self, site: Site) -> T:
        """The thing for the state that the site serves now."""
        with self._lock:
            state = site.state
            found = self._kept.get(site)
            if found is None or found[0] != state:
                found = self._kept[site] = (state, self._make(site))
            return found[1]
