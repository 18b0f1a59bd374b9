"""Sending what is still being written, to a client that may leave or read slowly."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Receive, Send

SEND_LIMIT = 600.0  # seconds for a whole answer; a client that takes longer reads too slowly


async def sent_within(
    pieces: AsyncIterator[bytes], status: int, headers: list[tuple[bytes, bytes]], receive: Receive, send: Send
) -> None:
    """Send the pieces as they come.

    Raises:
        Exception: what stopped the pieces; the connection then ends before the answer does, so that nobody takes a part
            for the whole.

    """
    await send({"type": "http.response.start", "status": status, "headers": headers})
    left = asyncio.ensure_future(_left(receive))
    try:
        async with asyncio.timeout(SEND_LIMIT):
            async for piece in pieces:
                if left.done():
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        left.cancel()
        await pieces.aclose()  # type: ignore[attr-defined]


async def _left(receive: Receive) -> None:
    """Ends when the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
