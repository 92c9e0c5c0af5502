"""What connections are told when there are too many of them."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._refusal import come_again
from ._safety import problem

_KEY = "mnist_estimators.one_too_many"


class OneTooMany:
    """Wraps the application for a connection that is one too many.

    Each of its answers ends it.

    Parameters
    ----------
    app : ASGI application
        Is told so by its scope.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""

        async def send_and_close(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), (b"connection", b"close")]
                message["headers"] = headers
            await send(message)

        await self._app({**scope, _KEY: True}, receive, send_and_close)


class RefuseOneTooMany:
    """Middleware that refuses what comes over such connections.

    ``/health`` is answered: who is busy is well.
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if _KEY not in scope or scope["path"] == "/health":
            await self._app(scope, receive, send)
            return
        refusal = come_again("Too many others are connected at the moment.")
        answer = problem(refusal.status, refusal.detail, refusal.headers)
        await answer(scope, receive, send)
