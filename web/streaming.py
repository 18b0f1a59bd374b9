"""Sending what is still being written, to a client that may leave or read slowly."""

import asyncio
import logging
from collections.abc import AsyncGenerator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kg import GoodwaysError
from kg.sandbox import Reply

_log = logging.getLogger("goodways")

SEND_LIMIT = 600.0  # seconds for a whole answer; a client that takes longer reads too slowly
PIECE_LIMIT = 30.0  # seconds for one piece of it


class Streamed(Response):
    """An answer that is sent while it is being written, and given up where a client takes it too slowly."""

    def __init__(self, reply: Reply, headers: dict[str, str]) -> None:
        self._reply = reply
        super().__init__(reply.body, media_type=reply.media_type, headers=headers)
        if reply.pieces:
            del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            if self._reply.pieces is None:
                await super().__call__(scope, receive, send)
            else:
                await _sent_within(self._reply.pieces, self.status_code, self.raw_headers, receive, send)
        finally:
            self._reply.close()


async def _sent_within(
    pieces: AsyncGenerator[bytes, None], status: int, headers: list[tuple[bytes, bytes]], receive: Receive, send: Send
) -> None:
    """Send the pieces as they come.

    Where they stop before their end, or a client takes too long, the answer is left without its end and the server
    closes the connection, so that nobody takes a part for the whole.
    """
    await send({"type": "http.response.start", "status": status, "headers": headers})
    left = asyncio.ensure_future(_left(receive))
    try:
        async with asyncio.timeout(SEND_LIMIT):
            async for piece in pieces:
                if left.done():
                    return
                async with asyncio.timeout(PIECE_LIMIT):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    except (GoodwaysError, TimeoutError) as error:
        _log.warning("An answer was not sent to its end: %s", error or "the client reads too slowly")
    finally:
        left.cancel()
        await pieces.aclose()


async def _left(receive: Receive) -> None:
    """Ends when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
