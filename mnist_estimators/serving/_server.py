"""The server that an application runs in."""

import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from ._crowd import OneTooMany

MOST_CONNECTIONS = 500
KEEP_ALIVE_SECONDS = 5
HEADER_SECONDS = 10.0
# More than bodies and predictions may take.
ANSWER_SECONDS = 60.0
# More than a body and its predictions may take, and less than the 30 after which
# systemd and others kill.
GRACE_SECONDS = 27


# Which class AutoHTTPProtocol is, uvicorn finds out when it is imported.
class PunctualProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Uvicorn's protocol, with bounds to the number of connections and their time.

    Uvicorn itself waits forever for the end of a request's headers, and for a client to
    take its answer.
    """

    app: ASGIApp
    connections: Any
    cycle: Any
    loop: Any
    transport: Any

    def connection_made(self, transport: Any) -> None:
        """Begin to look at the clock."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self.app = OneTooMany(self.app)
        self._seen: Any = None
        self._seen_at = self.loop.time()
        self._was_closing = False
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more."""
        self._timer.cancel()
        super().connection_lost(exc)

    def _look_again(self) -> None:
        self._timer = self.loop.call_later(HEADER_SECONDS, self._close_if_late)

    def _close_if_late(self) -> None:
        if self._was_closing:  # and the client has not taken all that was sent
            self.transport.abort()
            return
        answered = self.cycle is None or self.cycle.response_complete
        if self.cycle is not self._seen:
            self._seen, self._seen_at = self.cycle, self.loop.time()
        elif answered:
            self.transport.close()
        elif self.loop.time() - self._seen_at > ANSWER_SECONDS:
            self.transport.abort()
            return
        self._was_closing = self.transport.is_closing()
        self._look_again()


def open_socket(host: str, port: int) -> socket.socket:
    """Listen at an address, so that a wrong one is known before the model is loaded.

    Parameters
    ----------
    host : str
        Address or name of this machine.
    port : int
        0 for any that is free.

    Returns
    -------
    socket

    Raises
    ------
    OSError
        If it can't be had.
    UnicodeError
        If no name can be written as `host` is, such as one with a part of more than 63
        letters.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=MOST_CONNECTIONS)


def make_server(app: ASGIApp) -> uvicorn.Server:
    """Make a server that ends gracefully: what was taken in hand is answered.

    Parameters
    ----------
    app : ASGI application
        To be served.

    Returns
    -------
    uvicorn.Server
        ``run(sockets=[...])`` ends after SIGINT and SIGTERM.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=PunctualProtocol,
            ws="none",
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nothing depends on who asks
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )


def address_of(listener: socket.socket) -> str:
    """Write where a socket listens, for a browser."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
