"""Bodies of requests, bounded in size and in time while they arrive."""

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._refusal import Refusal, come_again

# What a client still sends when it is refused is read for so long, so that it sees the
# answer in place of a broken connection.
FAREWELL_SECONDS = 1.0


class BodyLimits:
    """Middleware that ends requests whose body is too large or too slow.

    It also bounds the bodies of all requests that are not answered yet.

    Parameters
    ----------
    app : ASGI application
        Sees a Refusal raised where it reads the body.
    max_bytes : int
        Bound of the size, announced or not.
    waiting_bytes : int
        Bound of all their sizes.
    seconds : float
        Bound of the time from when the application begins to read.
    """

    def __init__(
        self, app: ASGIApp, *, max_bytes: int, waiting_bytes: int, seconds: float
    ):
        self._app = app
        self._waiting_bytes = waiting_bytes
        self._n_waiting = 0
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if not {"content-length", "transfer-encoding"} & set(headers.keys()):
            await self._app(scope, receive, send)
            return
        body = _Body(headers, receive, self._max_bytes, self._seconds)

        n_kept = 0

        async def receive_and_count() -> Message:
            nonlocal n_kept
            message = await body.receive()
            n_bytes = len(message.get("body", b""))
            n_kept += n_bytes
            self._n_waiting += n_bytes
            if self._n_waiting > self._waiting_bytes:
                raise come_again("Too much is sent at the moment.")
            return message

        async def send_after_body(message: Message) -> None:
            if message["type"] == "http.response.start" and not body.ended:
                await body.discard()
                if not body.ended:
                    message["headers"] = [
                        *message.get("headers", []),
                        (b"connection", b"close"),
                    ]
            await send(message)

        try:
            await self._app(scope, receive_and_count, send_after_body)
        finally:
            self._n_waiting -= n_kept


class _Body:
    def __init__(
        self, headers: Headers, receive: Receive, max_bytes: int, seconds: float
    ):
        length = headers.get("content-length", "0")
        self._announced = int(length) if length.isdecimal() else 0
        self._waits_for_consent = "expect" in headers
        self._receive = receive
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._n_bytes = 0
        self._deadline: float | None = None
        self.ended = self._announced == 0 and "transfer-encoding" not in headers

    async def receive(self) -> Message:
        if self.ended:
            return await self._receive()
        if self._announced > self._max_bytes:
            raise self._too_large()
        self._waits_for_consent = False
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._next()
        except TimeoutError:
            raise Refusal(
                408, f"The body did not arrive within {self._seconds:g} seconds."
            ) from None
        if self._n_bytes > self._max_bytes:
            raise self._too_large()
        return message

    async def discard(self) -> None:
        """Read on for a moment, unless the client waits to be asked for its body."""
        if self._waits_for_consent:
            return
        enough = self._n_bytes + self._max_bytes
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                while not self.ended and self._n_bytes < enough:
                    await self._next()
        except TimeoutError:
            return

    async def _next(self) -> Message:
        message = await self._receive()
        self._n_bytes += len(message.get("body", b""))
        self.ended = not message.get("more_body", False)
        return message

    def _too_large(self) -> Refusal:
        return Refusal(
            413,
            f"The body is larger than {self._max_bytes} bytes. Send less at a time, or "
            "a smaller picture.",
        )
