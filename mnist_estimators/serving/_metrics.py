"""Metrics for Prometheus."""

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
    """Metrics of one application, apart from those of the process's others."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter(
            "mnist_requests",
            "Requests, by method, path and status.",
            ["method", "path", "status"],
            registry=self._registry,
        )
        self.seconds = Histogram(
            "mnist_request_seconds",
            "Time to respond, from the end of the request's headers.",
            ["path"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self.batches = Histogram(
            "mnist_batch_images",
            "Images per batch of the classifier.",
            buckets=IMAGES,
            registry=self._registry,
        )

    def watch(
        self, waiting_images: Callable[[], int], n_requests: Callable[[], int]
    ) -> None:
        """Read two numbers whenever the metrics are requested."""
        Gauge(
            "mnist_waiting_images",
            "Images that wait for the classifier.",
            registry=self._registry,
        ).set_function(waiting_images)
        Gauge(
            "mnist_requests_in_hand",
            "Requests for predictions in progress.",
            registry=self._registry,
        ).set_function(n_requests)

    def as_text(self) -> bytes:
        """Return them in Prometheus' text format, version 0.0.4."""
        return generate_latest(self._registry)


class CountRequests:
    """Middleware that counts requests and measures their time.

    prometheus_client has none, and Starlette's ``OpenTelemetryMiddleware`` would need
    the packages of OpenTelemetry to count and to export.
    """

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

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            # Arbitrary paths would create a metric each.
            path, method = scope["path"], scope["method"]
            path = "/static" if path.startswith("/static/") else path
            path = path if path in PATHS | {"/static"} else "other"
            method = method if method in METHODS else "other"
            self._metrics.requests.labels(method, path, str(status)).inc()
            self._metrics.seconds.labels(path).observe(time.perf_counter() - began)
