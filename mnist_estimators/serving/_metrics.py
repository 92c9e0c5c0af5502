"""What a server did, for Prometheus."""

import time
from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = {"/", "/docs", "/health", "/metrics", "/model", "/openapi.json", "/predict"}
METHODS = {"GET", "HEAD", "POST"}
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
IMAGES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counts of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter(
            "mnist_requests",
            "Requests, by what was asked and how it was answered.",
            ["method", "path", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "mnist_request_seconds",
            "Time to answer, from the end of the request's headers.",
            ["path"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self.batches = Histogram(
            "mnist_batch_images",
            "Images that the classifier was given together.",
            buckets=IMAGES,
            registry=self._registry,
        )

    def watch(
        self, waiting_images: Callable[[], int], requests: Callable[[], int]
    ) -> None:
        """Ask for two numbers whenever the metrics are read."""
        for name, description, ask in (
            (
                "mnist_waiting_images",
                "Images that wait to be predicted.",
                waiting_images,
            ),
            ("mnist_requests_in_hand", "Requests that wait for predictions.", requests),
        ):
            Gauge(name, description, registry=self._registry).set_function(ask)

    def as_text(self) -> bytes:
        """Write them in Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)


class CountRequests:
    """Middleware that counts requests and takes their time."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics):
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def send_and_look(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_look)
        finally:
            # Names that a client makes up would fill the memory.
            path, method = scope["path"], scope["method"]
            path = "/static" if path.startswith("/static/") else path
            path = path if path in PATHS | {"/static"} else "other"
            method = method if method in METHODS else "other"
            self._metrics.requests.labels(method, path, str(status)).inc()
            self._metrics.seconds.labels(path).observe(time.perf_counter() - began)
