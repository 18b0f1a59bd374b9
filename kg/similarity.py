"""Workers ask the process that serves how close each thing is to a text.

The model lives in the serving process alone; workers ask it over a local socket (`multiprocessing.connection`, which
checks that both ends know the same key).
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Client, Connection, Listener

from .errors import GoodwaysError, QueryError

Scores = dict[str, float]
MOST_TEXTS = 100  # that one query may compare with


class SimilarityServer:
    """Answers in threads of its own until it is closed."""

    def __init__(self, answer: Callable[[str], Scores]) -> None:
        self._answer, self._closed = answer, False
        self._listener = Listener(backlog=32, authkey=_key())
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def address(self) -> str:
        """Where workers ask."""
        return str(self._listener.address)

    def close(self) -> None:
        """Hear no more."""
        self._closed = True
        with suppress(Exception), Client(self.address, authkey=_key()):  # wakes the one who listens
            self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except Exception:  # whatever one that asks did: the next one is heard
                if self._closed:
                    return
                continue
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        with suppress(EOFError, OSError), connection:
            while True:
                text = connection.recv()
                try:
                    connection.send(self._answer(str(text)))
                except GoodwaysError as error:
                    connection.send(str(error))


class SimilarityClient:
    """Asks, and remembers what it was told for one query."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._connection: Connection | None = None
        self._known: dict[str, Scores] = {}
        self.problem: QueryError | None = None

    def __call__(self, iri: str, text: str) -> float | None:
        """How close the thing is to the text; None where nothing is known of it, or it cannot be asked (`problem`)."""
        if text not in self._known and self.problem is None:
            try:
                self._known[text] = self._ask(text)
            except QueryError as error:  # the engine would take it for an unbound value
                self.problem = error
        return self._known.get(text, {}).get(iri)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()

    def _ask(self, text: str) -> Scores:
        if len(self._known) >= MOST_TEXTS:
            raise QueryError(f"gw:similarity may compare with {MOST_TEXTS} texts in one query; this one has more.")
        try:
            if self._connection is None:
                self._connection = Client(self._address, authkey=_key())
            self._connection.send(text)
            answer: Scores | str = self._connection.recv()
        except (OSError, EOFError) as error:
            raise QueryError("gw:similarity cannot be computed right now; try again in a minute.") from error
        if isinstance(answer, str):
            raise QueryError(answer)
        return answer


def _key() -> bytes:
    from multiprocessing import current_process

    return bytes(current_process().authkey)
