"""The server that an application runs in."""

import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from ._connection_limit import OVER_LIMIT

MOST_CONNECTIONS = 500
KEEP_ALIVE_SECONDS = 5
HEADER_SECONDS = 10.0
# Longer than the limits on bodies and predictions together.
RESPONSE_SECONDS = 60.0
# Also longer than those, and shorter than the 30 seconds after which systemd and others
# kill a process.
GRACE_SECONDS = 27


# Uvicorn chooses the class AutoHTTPProtocol when it is imported; mypy sees a variable,
# not a class.
class LimitedProtocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Uvicorn's protocol, with limits on the number and the time of connections.

    Uvicorn's only timeout is for idle connections: it waits forever for the end of a
    request's headers, and for a client to read its response.
    """

    app_state: dict[str, Any]
    connections: Any
    cycle: Any
    loop: Any
    transport: Any

    def connection_made(self, transport: Any) -> None:
        """Start the timer."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            # Uvicorn copies it to each request's scope.
            self.app_state = {**self.app_state, OVER_LIMIT: True}
        self._last_cycle: Any = None
        self._cycle_seen_at = self.loop.time()
        self._was_closing = False
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._timer.cancel()
        super().connection_lost(exc)

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(HEADER_SECONDS, self._close_if_late)

    def _close_if_late(self) -> None:
        if self._was_closing:  # and the client has still not read everything
            self.transport.abort()
            return
        answered = self.cycle is None or self.cycle.response_complete
        if self.cycle is not self._last_cycle:
            self._last_cycle, self._cycle_seen_at = self.cycle, self.loop.time()
        elif answered:
            self.transport.close()
        elif self.loop.time() - self._cycle_seen_at > RESPONSE_SECONDS:
            self.transport.abort()
            return
        self._was_closing = self.transport.is_closing()
        self._start_timer()


def open_socket(host: str, port: int) -> socket.socket:
    """Listen at an address, to report an invalid one before the model is loaded.

    Uvicorn's ``Config.bind_socket`` exits the process instead of raising an error.

    Parameters
    ----------
    host : str
        Address or name of this machine.
    port : int
        0 for any free port.

    Returns
    -------
    socket

    Raises
    ------
    OSError
        If the address is not available.
    UnicodeError
        If `host` is not a valid name, for example with a part of more than 63 letters.
    """
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=MOST_CONNECTIONS)


def make_server(app: ASGIApp) -> uvicorn.Server:
    """Make a server that answers all requests it has accepted before it stops.

    Parameters
    ----------
    app : ASGI application
        The application.

    Returns
    -------
    uvicorn.Server
        ``run(sockets=[...])`` returns after SIGINT and SIGTERM.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=LimitedProtocol,
            ws="none",
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nothing depends on the client's address
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )


def address_of(listener: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
