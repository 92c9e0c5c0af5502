"""What else the application tells: health, model, metrics, its description, pages."""

import re
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from sklearn.exceptions import NotFittedError
from sklearn.svm import SVC

import mnist_estimators
from mnist_estimators import NumpyDigitClassifier
from mnist_estimators.serving import Limits, create_app

STATIC = Path(mnist_estimators.__file__).parent / "serving" / "static"
PAGES = ["/", "/docs", "/static/page.js", "/health", "/openapi.json", "/nothing"]


def test_health(client):
    assert client.get("/health").json() == {"status": "ok"}
    assert client.head("/health").status_code == 200


def test_model_tells_what_is_served(classifier):
    client = TestClient(create_app(classifier, recipe="numpy_dense", accuracy=0.98))

    told = client.get("/model").json()

    assert told["recipe"] == "numpy_dense"
    assert told["accuracy"] == 0.98
    assert told["classes"] == list(range(10))
    assert told["classifier"].startswith("NumpyDigitClassifier(")
    assert told["versions"]["numpy"] == np.__version__
    assert told["limits"]["images"] == Limits().images


def test_limits_are_those_of_the_documentation():
    documented = re.findall(r"(\w+) : \w+, default=([\d,.]+)", Limits.__doc__)
    assert {name: float(value.replace(",", "")) for name, value in documented} == (
        asdict(Limits())
    )


def test_metrics_count_requests_and_images(classifier, small_digits):
    client = TestClient(create_app(classifier))
    client.post("/predict", json={"images": small_digits[0][:3].tolist()})
    client.get("/nothing")
    client.request("BREW", "/pot")

    answer = client.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        'mnist_requests_total{method="POST",path="/predict",status="200"} 1.0',
        'mnist_requests_total{method="GET",path="other",status="404"} 1.0',
        'mnist_requests_total{method="other",path="other",status="404"} 1.0',
        "mnist_batch_images_sum 3.0",
        "mnist_waiting_images 0.0",
        'mnist_request_seconds_count{path="/predict"} 1.0',
    ):
        assert line in answer.text.splitlines()


@pytest.mark.parametrize("path", PAGES)
def test_browsers_are_told_to_be_strict(client, path):
    headers = client.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("page", sorted(STATIC.glob("*.html")), ids=lambda p: p.name)
def test_pages_need_nothing_from_elsewhere_and_nothing_inline(client, page):
    text = page.read_text(encoding="utf-8")

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text)
    for reference in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert client.get(f"/{reference}").status_code == 200, reference


def test_scripts_import_only_what_is_there():
    for script in STATIC.glob("*.js"):
        for name in re.findall(r'from "([^"]+)"', script.read_text(encoding="utf-8")):
            assert (STATIC / name).is_file()


@pytest.fixture(scope="module")
def description(client):
    return schemathesis.openapi.from_asgi("/openapi.json", client.app)


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda m: m.value
)
@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_predictions_are_as_described(description, mode, data):
    """For requests that fit the description, and for such that don't."""
    operation = description["/predict"]["POST"]
    case = data.draw(operation.as_strategy(generation_mode=mode))
    # What fits the description may still be blank, or no picture.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


@pytest.mark.parametrize("path", ["/health", "/model", "/metrics"])
def test_other_answers_are_as_described(description, path):
    description[path]["GET"].Case().call_and_validate()


def test_what_can_not_be_served(small_digits):
    X, y = small_digits
    with pytest.raises(NotFittedError):
        create_app(SVC())
    with pytest.raises(ValueError, match="can't predict images of 28 x 28 pixels"):
        create_app(SVC(random_state=0).fit(X[:50, :64], y[:50]))
    for no_classifier in ("digits.model", NumpyDigitClassifier):
        with pytest.raises(ValueError, match="estimator must be a fitted classifier"):
            create_app(no_classifier)
    network = NumpyDigitClassifier(epochs=1, random_state=0).fit(X[:300] / 255, y[:300])
    with pytest.raises(ValueError, match="other pixels than those from 0 to 255"):
        create_app(network)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"seconds": 0}, "seconds must be positive. Got 0"),
        ({"body_bytes": -1}, "body_bytes must be positive. Got -1"),
        ({"waiting_images": 10}, "waiting_images=10 is less than images=100"),
        ({"waiting_bytes": 9}, "waiting_bytes=9 is less than body_bytes=10000000"),
    ],
)
def test_limits_are_checked(limits, message):
    with pytest.raises(ValueError, match=message):
        Limits(**limits)
