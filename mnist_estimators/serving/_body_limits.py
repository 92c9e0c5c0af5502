"""Limits on request bodies, in size and in time, enforced while they arrive."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass
class _Body:
    """The body of one request, and the channels between its client and the application.

    The application reads with `receive` and responds with `send`.
    """

    headers: Headers
    receive_message: Receive
    send_message: Send
    limits: Limits
    keep: Callable[[int], None]
    n_bytes: int = 0
    n_kept: int = 0
    deadline: float | None = None

    def __post_init__(self) -> None:
        length = self.headers.get("content-length", "0")
        self.announced = int(length) if length.isdecimal() else 0
        self.ended = self.announced == 0 and "transfer-encoding" not in self.headers
        self.expects_continue = "expect" in self.headers

    async def receive(self) -> Message:
        if self.ended:
            return await self.receive_message()
        self._check_size(self.announced)
        # Reading sends "100 Continue".
        self.expects_continue = False
        if self.deadline is None:
            now = asyncio.get_running_loop().time()
            self.deadline = now + self.limits.body_seconds
        try:
            async with asyncio.timeout_at(self.deadline):
                message = await self._next()
        except TimeoutError:
            raise HTTPException(
                408,
                f"The body did not arrive within {self.limits.body_seconds:g} seconds.",
            ) from None
        n_bytes = len(message.get("body", b""))
        self.n_kept += n_bytes
        self.keep(n_bytes)
        self._check_size(self.n_bytes)
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self.ended:
            await self._drain()
            if not self.ended:
                MutableHeaders(scope=message)["connection"] = "close"
        await self.send_message(message)

    async def _drain(self) -> None:
        if self.expects_continue:
            return  # the client sends nothing until the server reads
        enough = self.n_bytes + self.limits.body_bytes
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self.ended and self.n_bytes < enough:
                    await self._next()
        except TimeoutError:
            return

    async def _next(self) -> Message:
        message = await self.receive_message()
        self.n_bytes += len(message.get("body", b""))
        self.ended = not message.get("more_body", False)
        return message

    def _check_size(self, n_bytes: int) -> None:
        if n_bytes > self.limits.body_bytes:
            raise HTTPException(
                413,
                f"The body is larger than {self.limits.body_bytes} bytes. Send fewer "
                "pictures per request, or smaller ones.",
            )
