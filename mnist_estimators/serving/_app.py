"""The application and its routes."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.requests import ClientDisconnect

from .. import __version__
from ._body_limits import BodyLimits
from ._connection_limit import ConnectionLimit
from ._limits import Limits
from ._metrics import CountRequests, Metrics
from ._model import ServedModel
from ._request_body import DESCRIPTION, SPLIT, receive_pictures, wants_split
from ._schemas import Answer, Bounds, Health, Model, Problem
from ._security_headers import HEADERS, SecurityHeaders
from ._service import Service

STATIC = Path(__file__).parent / "static"
_ERRORS = {
    400: "The form is damaged or not in utf-8",
    408: "The body arrived too slowly",
    413: "Too large, or too many pictures",
    415: "The content type is unsupported",
    422: "The pictures or the query are invalid",
    503: "Too busy; see Retry-After",
}


def create_app(
    estimator: Any,
    *,
    recipe: str | None = None,
    accuracy: float | None = None,
    limits: Limits | None = None,
) -> FastAPI:
    """Make an HTTP application that reads the digits in pictures.

    It answers ``POST /predict``, ``GET /model``, ``/health``, ``/metrics`` and
    ``/openapi.json``. It shows a page to draw on at ``/`` and the API's description at
    ``/docs``. Pictures are brought to MNIST's form first. Those of simultaneous
    requests are predicted together.

    Parameters
    ----------
    estimator : fitted classifier
        Any classifier that takes rows of 784 pixels from 0 to 255.
    recipe : str, default=None
        Name of its recipe, if any, for ``/model``.
    accuracy : float, default=None
        Its accuracy on test images, if known, for ``/model``.
    limits : Limits, default=None
        Limits on requests; None uses the defaults.

    Returns
    -------
    FastAPI
        An application for any ASGI server.

    Raises
    ------
    NotFittedError
        If `estimator` is not fitted.
    ValueError
        If `estimator` is not a classifier, or takes other images.

    See Also
    --------
    Limits : The limits and their defaults.
    mnist_estimators.preprocessing.split_digits : Finds the digits in a picture.

    Examples
    --------
    >>> from fastapi.testclient import TestClient
    >>> from mnist_estimators import NumpyDigitClassifier, load_small_digits
    >>> from mnist_estimators.serving import create_app
    >>> X, y = load_small_digits()
    >>> classifier = NumpyDigitClassifier(epochs=5, random_state=0).fit(X, y)
    >>> client = TestClient(create_app(classifier))
    >>> answer = client.post("/predict", json={"images": X[:2].tolist()}).json()
    >>> [picture["text"] for picture in answer["pictures"]]
    ['0', '1']
    """
    model = ServedModel(estimator)
    limits = limits or Limits()
    metrics = Metrics()
    service = Service(model, limits, metrics)
    described = Model(
        **model.describe(),
        recipe=recipe,
        accuracy=accuracy,
        limits=Bounds.model_validate(vars(limits)),
    )

    app = FastAPI(
        title="Handwritten digits",
        summary="Reads the digits in pictures, photographs, scans and drawings.",
        version=__version__,
        docs_url=None,  # that page loads scripts from elsewhere; ours is in static
        redoc_url=None,
        redirect_slashes=False,  # a proxy's scheme and host may differ
    )
    _add_predictions(app, service)
    _add_information(app, described, metrics)
    _add_pages(app)
    _add_error_handlers(app)
    # The last one is the outermost.
    app.add_middleware(ConnectionLimit)
    app.add_middleware(BodyLimits, limits=limits)
    app.add_middleware(CountRequests, metrics=metrics)
    app.add_middleware(SecurityHeaders)
    return app


class _PlainRoute(APIRoute):
    """A route whose function takes only the request.

    FastAPI's own handler resolves dependencies, which makes the route three times as
    slow, although there are none.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function itself."""
        return self.endpoint


def _add_predictions(app: FastAPI, service: Service) -> None:
    async def predict(request: Request) -> Response:
        with service.place():
            answer = await service.answer(
                await receive_pictures(
                    request, split=wants_split(request), limits=service.limits
                )
            )
        body = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
        return Response(body, media_type="application/json")

    app.router.add_api_route(
        "/predict",
        predict,
        methods=["POST"],
        route_class_override=_PlainRoute,
        summary="Read the digits in pictures",
        response_model=Answer,
        response_description="The digits",
        responses={
            status: {"model": Problem, "description": description}
            for status, description in _ERRORS.items()
        },
        openapi_extra={"parameters": [SPLIT], "requestBody": DESCRIPTION},
    )


def _add_information(app: FastAPI, described: Model, metrics: Metrics) -> None:
    @app.head("/health", include_in_schema=False)
    @app.get(
        "/health",
        summary="Check whether the server is up",
        response_description="The server is up",
    )
    async def health() -> Health:
        return Health(status="ok")

    @app.get(
        "/model",
        summary="Describe the classifier",
        response_description="The classifier",
    )
    async def model() -> Model:
        return described

    @app.get(
        "/metrics",
        summary="Count requests, for Prometheus",
        response_class=Response,
        response_description="Counts",
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def show_metrics() -> Response:
        return Response(metrics.as_text(), media_type="text/plain; version=0.0.4")


def _add_pages(app: FastAPI) -> None:
    def show(name: str) -> Callable[[], FileResponse]:
        return lambda: FileResponse(STATIC / name)

    for path, name in (("/", "index.html"), ("/docs", "docs.html")):
        methods = ["GET", "HEAD"]
        app.add_api_route(path, show(name), methods=methods, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC))


def _add_error_handlers(app: FastAPI) -> None:
    # FastAPI itself answers an HTTPException with JSON, and logs all other errors.
    @app.exception_handler(Exception)
    async def internal_error(_: Request, __: Exception) -> Response:
        # Starlette sends this response outside of the middleware.
        detail = "The server failed to answer; see its log."
        return JSONResponse({"detail": detail}, 500, HEADERS)

    @app.exception_handler(ClientDisconnect)
    async def client_left(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=400)
