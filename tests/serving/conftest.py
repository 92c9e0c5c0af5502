"""Applications to ask, with and without a real server around them."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sklearn.base import BaseEstimator, ClassifierMixin

from mnist_estimators import NumpyDigitClassifier, recipes
from mnist_estimators.serving import Limits, create_app
from mnist_estimators.serving._server import address_of, make_server, open_socket


class Scripted(ClassifierMixin, BaseEstimator):
    """A classifier that names all 7; tests may change it."""

    classes_ = np.arange(10)

    def fit(self, X: Any, y: Any) -> "Scripted":
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.full(len(X), 7)


@pytest.fixture
def scripted() -> Scripted:
    return Scripted()


@pytest.fixture(scope="session")
def classifier(small_digits) -> NumpyDigitClassifier:
    X, y = small_digits
    return NumpyDigitClassifier(epochs=8, random_state=0).fit(X[:1500], y[:1500])


@pytest.fixture(scope="session")
def client(classifier) -> Iterator[TestClient]:
    with TestClient(create_app(classifier), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def small_client(classifier) -> Callable[..., TestClient]:
    """Make a client of an application with other limits."""

    def make(**limits: Any) -> TestClient:
        app = create_app(classifier, limits=Limits(**limits))
        return TestClient(app, raise_server_exceptions=False)

    return make


@contextmanager
def _running(app: Any) -> Iterator[str]:
    listener = open_socket("127.0.0.1", 0)
    server = make_server(app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield address_of(listener)
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def running() -> Callable[[Any], AbstractContextManager[str]]:
    """Serve an application on a free port, and give its address."""
    return _running


@pytest.fixture(scope="session")
def mnist_model(mnist) -> Any:
    """The recipe that ``serve`` trains, after an epoch of half of MNIST."""
    network = recipes.fast_cnn(random_state=0).set_params(epochs=1, batch_size=128)
    return network.fit(mnist.X_train[:30_000], mnist.y_train[:30_000])


@pytest.fixture(scope="session")
def png() -> Callable[[np.ndarray], bytes]:
    """Write pixels as a PNG file."""

    def write(image: np.ndarray) -> bytes:
        file = io.BytesIO()
        Image.fromarray(image).save(file, "png")
        return file.getvalue()

    return write


@pytest.fixture(scope="session")
def on_paper() -> Callable[..., np.ndarray]:
    """Draw digits side by side, dark on light, three times as large."""

    def draw(*images: np.ndarray) -> np.ndarray:
        row = np.hstack([np.pad(image.reshape(28, 28), 4) for image in images])
        return 235 - np.kron(row // 2, np.ones((3, 3), np.uint8))

    return draw
