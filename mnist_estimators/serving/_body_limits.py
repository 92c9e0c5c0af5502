"""Limits on request bodies, in size and in time, enforced while they arrive."""

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._errors import service_unavailable
from ._limits import Limits

# How long the rest of a refused body is read. A client that is still sending would see
# a broken connection instead of the response.
DRAIN_SECONDS = 1.0


class BodyLimits:
    """Middleware that refuses bodies that are too large, too slow, or too many.

    Starlette's ``RequestBodyLimitMiddleware`` limits only the size of one body, not its
    time nor the memory of all, and answers in plain text instead of JSON.

    Parameters
    ----------
    app : ASGI application
        Sees an HTTPException where it reads the body.
    limits : Limits
        Of which `body_bytes`, `body_seconds` and `waiting_bytes` are enforced.
    """

    def __init__(self, app: ASGIApp, *, limits: Limits):
        self._app = app
        self._limits = limits
        self._n_kept = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        if "content-length" not in headers and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        body = _Body(headers, receive, send, self._limits, self._keep)
        try:
            await self._app(scope, body.receive, body.send)
        finally:
            self._n_kept -= body.n_kept

    def _keep(self, n_bytes: int) -> None:
        self._n_kept += n_bytes
        if self._n_kept > self._limits.waiting_bytes:
            raise service_unavailable("Too much data is being sent.")


class _Body:
    """The body of one request, and the channels between its client and the application.

    The application reads with `receive` and responds with `send`.
    """

    def __init__(
        self,
        headers: Headers,
        receive: Receive,
        send: Send,
        limits: Limits,
        keep: Callable[[int], None],
    ):
        length = headers.get("content-length", "0")
        self._announced = int(length) if length.isdecimal() else 0
        self._ended = self._announced == 0 and "transfer-encoding" not in headers
        self._expects_continue = "expect" in headers
        self._receive = receive
        self._send = send
        self._limits = limits
        self._keep = keep
        self._n_bytes = 0
        self._deadline: float | None = None
        self.n_kept = 0

    async def receive(self) -> Message:
        if self._ended:
            return await self._receive()
        self._check_size(self._announced)
        # Reading sends "100 Continue".
        self._expects_continue = False
        if self._deadline is None:
            now = asyncio.get_running_loop().time()
            self._deadline = now + self._limits.body_seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._next()
        except TimeoutError:
            raise HTTPException(
                408,
                "The body did not arrive within "
                f"{self._limits.body_seconds:g} seconds.",
            ) from None
        n_bytes = len(message.get("body", b""))
        self.n_kept += n_bytes
        self._keep(n_bytes)
        self._check_size(self._n_bytes)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._ended:
            await self._drain()
            if not self._ended:
                MutableHeaders(scope=message)["connection"] = "close"
        await self._send(message)

    async def _drain(self) -> None:
        if self._expects_continue:
            return  # the client sends nothing until the server reads
        enough = self._n_bytes + self._limits.body_bytes
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._ended and self._n_bytes < enough:
                    await self._next()
        except TimeoutError:
            return

    async def _next(self) -> Message:
        message = await self._receive()
        self._n_bytes += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        return message

    def _check_size(self, n_bytes: int) -> None:
        if n_bytes > self._limits.body_bytes:
            raise HTTPException(
                413,
                f"The body is larger than {self._limits.body_bytes} bytes. Send fewer "
                "pictures per request, or smaller ones.",
            )
