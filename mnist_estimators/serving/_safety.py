"""Headers that tell browsers to be strict, and errors without their insides."""

import json
import logging
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Browsers ask each time, and are told that nothing has changed.
    "Cache-Control": "no-cache",
}
_RAW_HEADERS = [
    (name.lower().encode(), value.encode()) for name, value in HEADERS.items()
]


def problem(status: int, detail: str, headers: Any = None) -> Response:
    """Make the answer to a request that fails."""
    body = json.dumps({"detail": detail})
    return Response(body, status, headers, media_type="application/json")


class Safety:
    """Middleware that adds the headers, and hides what an error looks like inside."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", []), *_RAW_HEADERS]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            answer = problem(500, "The server failed to answer; its log tells why.")
            await answer(scope, receive, send_with_headers)
