"""The application: what it answers to, and in which form."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, Response
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from .. import __version__
from ._answers import Answer, Health, Model, Problem
from ._bodies import DESCRIPTION, SPLIT, receive_pictures, wants_split
from ._body import BodyLimits
from ._crowd import RefuseOneTooMany
from ._limits import Limits
from ._metrics import CountRequests, Metrics
from ._model import ServedModel
from ._refusal import Refusal
from ._safety import Safety, problem
from ._service import Service

STATIC = Path(__file__).parent / "static"
_REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The form is damaged, or not in utf-8"},
    408: {"model": Problem, "description": "The body came too slowly"},
    413: {"model": Problem, "description": "Too large, or too many"},
    415: {"model": Problem, "description": "Neither pictures nor pixels"},
    422: {"model": Problem, "description": "No digit can be read from it"},
    503: {"model": Problem, "description": "Too busy; Retry-After says how long"},
}


def create_app(
    estimator: Any,
    *,
    recipe: str | None = None,
    accuracy: float | None = None,
    limits: Limits | None = None,
) -> FastAPI:
    """Make an HTTP application that names the digits in pictures.

    It answers ``POST /predict``, ``GET /model``, ``/health``, ``/metrics`` and
    ``/openapi.json``, and shows a page to draw on at ``/`` and its description at
    ``/docs``. Pictures are brought to MNIST's form first, and those of requests that
    arrive together are predicted together.

    Parameters
    ----------
    estimator : fitted classifier
        Of any kind that takes rows of 784 pixels from 0 to 255.
    recipe : str, default=None
        Name of the recipe that it was made by, if any, to be told by ``/model``.
    accuracy : float, default=None
        Its accuracy on test images, if known, to be told by ``/model``.
    limits : Limits, default=None
        Bounds on what is answered; None takes the defaults.

    Returns
    -------
    FastAPI
        An ASGI application, for any server of such.

    Raises
    ------
    NotFittedError
        If `estimator` is not fitted.
    ValueError
        If `estimator` is no classifier, or takes other images.

    See Also
    --------
    Limits : The bounds and their defaults.
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
    described = Model.model_validate(
        {
            **model.describe(),
            "recipe": recipe,
            "accuracy": accuracy,
            "limits": vars(limits),
        }
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await service.close()

    app = FastAPI(
        title="Handwritten digits",
        summary="Names the digits in pictures, photographs, scans and drawings.",
        version=__version__,
        docs_url=None,  # its page comes from elsewhere; ours is in static
        redoc_url=None,
        redirect_slashes=False,  # a proxy may know another scheme and host than we do
        lifespan=lifespan,
    )
    _answer_predictions(app, service)
    _answer_questions(app, described, metrics)
    _show_pages(app)
    _refuse_politely(app)
    # The last one is the outermost.
    app.add_middleware(RefuseOneTooMany)
    app.add_middleware(
        BodyLimits,
        max_bytes=limits.body_bytes,
        waiting_bytes=limits.waiting_bytes,
        seconds=limits.body_seconds,
    )
    app.add_middleware(CountRequests, metrics=metrics)
    app.add_middleware(Safety)
    return app


class _PlainRoute(APIRoute):
    """A route whose function is given the request, and nothing found out from it.

    What FastAPI finds out takes some 60 microseconds, a tenth of a request's time.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Give the function itself."""
        return self.endpoint


def _answer_predictions(app: FastAPI, service: Service) -> None:
    async def predict(request: Request) -> Response:
        with service.place():
            received = await receive_pictures(
                request, split=wants_split(request), limits=service.limits
            )
            answer = await service.answer(received)
        body = orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)
        return Response(body, media_type="application/json")

    app.router.add_api_route(
        "/predict",
        predict,
        methods=["POST"],
        route_class_override=_PlainRoute,
        summary="Name the digits in pictures",
        response_model=Answer,
        response_description="What was read",
        responses=_REFUSALS,
        openapi_extra={"parameters": [SPLIT], "requestBody": DESCRIPTION},
    )


def _answer_questions(app: FastAPI, described: Model, metrics: Metrics) -> None:
    @app.head("/health", include_in_schema=False)
    @app.get(
        "/health",
        summary="Tell whether the server is up",
        response_description="It is",
    )
    async def health() -> Health:
        return Health(status="ok")

    @app.get(
        "/model",
        summary="Tell what is served",
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


def _show_pages(app: FastAPI) -> None:
    def show(name: str) -> Callable[[], FileResponse]:
        return lambda: FileResponse(STATIC / name)

    for path, name in (("/", "index.html"), ("/docs", "docs.html")):
        methods = ["GET", "HEAD"]
        app.add_api_route(path, show(name), methods=methods, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=STATIC))


def _refuse_politely(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refuse(_: Request, refusal: Refusal) -> Response:
        return problem(refusal.status, refusal.detail, refusal.headers)

    @app.exception_handler(HTTPException)
    async def refuse_otherwise(_: Request, error: HTTPException) -> Response:
        return problem(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(ClientDisconnect)
    async def nobody_listens(_: Request, __: ClientDisconnect) -> Response:
        return Response(status_code=400)
