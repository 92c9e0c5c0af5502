"""A response for connections beyond the limit."""

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._errors import service_unavailable

# The server sets this key in the state of connections beyond its limit.
OVER_LIMIT = "over_connection_limit"


class ConnectionLimit:
    """Middleware that answers connections beyond the limit with 503 and closes them.

    ``/health`` is answered as usual, since a busy server is healthy. Uvicorn's setting
    ``limit_concurrency`` would refuse that too, log each refusal, and leave out
    ``Retry-After``, the security headers and the count in the metrics.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if OVER_LIMIT not in scope.get("state", {}):
            await self._app(scope, receive, send)
            return

        async def send_and_close(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        if scope["path"] == "/health":
            await self._app(scope, receive, send_and_close)
            return
        error = service_unavailable("Too many clients are connected.")
        response = JSONResponse(
            {"detail": error.detail}, error.status_code, error.headers
        )
        await response(scope, receive, send_and_close)
