"""Many at once: batches, a full queue, time that is up, and a graceful end."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import numpy as np
import pytest
from fastapi.testclient import TestClient

from mnist_estimators.serving import Limits, create_app
from mnist_estimators.serving._batching import MicroBatcher, QueueFullError

STROKE = np.zeros((28, 28), np.uint8)
STROKE[4:24, 13:15] = 255
BODY = {"images": [STROKE.tolist()]}


@pytest.fixture
def held(scripted, monkeypatch):
    """A classifier that waits until it is let go."""

    class Held:
        def __init__(self):
            self.go, self.asked = threading.Event(), threading.Semaphore(0)
            self.sizes = []

    held = Held()
    held.estimator = scripted

    def predict(X):
        held.sizes.append(len(X))
        held.asked.release()
        assert held.go.wait(20)
        return np.full(len(X), 7)

    def hold():
        scripted.predict = predict

    held.hold = hold
    yield held
    held.go.set()


def images(*values):
    return np.array(values, np.uint8)[:, np.newaxis, np.newaxis]


class TestMicroBatcher:
    def batcher(self, predict, **limits):
        self.sizes, self.busy, self.go = [], threading.Event(), threading.Event()

        def hold_and_predict(X):
            self.busy.set()
            assert self.go.wait(20)
            return predict(X)

        limits = {"batch_images": 8, "waiting_images": 100, **limits}
        return MicroBatcher(hold_and_predict, observe=self.sizes.append, **limits)

    def run(self, batcher, *requests):
        """Make requests while the classifier is busy with one image."""

        async def ask_all():
            first = asyncio.create_task(batcher.predict(images(0)))
            assert await asyncio.to_thread(self.busy.wait, 20)
            others = [asyncio.create_task(batcher.predict(one)) for one in requests]
            await asyncio.sleep(0)
            self.go.set()
            await first
            return await asyncio.gather(*others, return_exceptions=True)

        answers = asyncio.run(ask_all())
        assert self.sizes.pop(0) == 1
        return answers

    def test_each_request_gets_its_own_rows(self):
        batcher = self.batcher(lambda X: X[:, 0, 0].tolist())

        answers = self.run(batcher, images(1), images(2, 3), images(4))

        assert answers == [[1], [2, 3], [4]]
        assert self.sizes == [4]

    def test_several_event_loops_may_ask(self):
        batcher = self.batcher(lambda X: X[:, 0, 0].tolist())

        with ThreadPoolExecutor(3) as threads:

            def ask():
                return threads.submit(asyncio.run, batcher.predict(images(1)))

            first = ask()
            assert self.busy.wait(20)
            self.busy.clear()
            others = [ask(), ask()]
            assert not self.busy.wait(0.05)  # never two at once
            self.go.set()
            assert [one.result(timeout=20) for one in (first, *others)] == [[1]] * 3
        assert batcher.n_waiting == 0

    def test_batches_are_bounded_and_requests_not_divided(self):
        batcher = self.batcher(lambda X: X[:, 0, 0].tolist(), batch_images=3)

        answers = self.run(batcher, images(1, 2), images(3, 4), images(*range(9)))

        assert answers == [[1, 2], [3, 4], list(range(9))]
        assert self.sizes == [2, 2, 9]

    def test_a_full_queue_is_told_at_once(self):
        batcher = self.batcher(lambda X: X[:, 0, 0].tolist(), waiting_images=3)

        answers = self.run(batcher, images(1, 2), images(3, 4), images(5))

        assert answers[0] == [1, 2]
        assert isinstance(answers[1], QueueFullError)
        assert answers[2] == [5]
        assert batcher.n_waiting == 0

    def test_an_error_reaches_those_it_concerns_alone(self):
        def predict(X):
            if 9 in X:
                raise ValueError("nine")
            return X[:, 0, 0].tolist()

        batcher = self.batcher(predict, batch_images=1)

        answers = self.run(batcher, images(1), images(9), images(2))

        assert answers[0] == [1]
        assert str(answers[1]) == "nine"
        assert answers[2] == [2]

    def test_clients_that_left_are_not_predicted(self):
        batcher = self.batcher(lambda X: X[:, 0, 0].tolist())

        async def leave():
            first = asyncio.create_task(batcher.predict(images(1)))
            assert await asyncio.to_thread(self.busy.wait, 20)
            second = asyncio.create_task(batcher.predict(images(2)))
            await asyncio.sleep(0)
            second.cancel()
            self.go.set()
            return await first, await batcher.predict(images(3))

        assert asyncio.run(leave()) == ([1], [3])
        assert self.sizes == [1, 1]


def test_requests_that_arrive_together_are_one_batch(held, running):
    app = create_app(held.estimator)
    held.hold()
    with running(app) as url, httpx2.Client(base_url=url) as client:
        with ThreadPoolExecutor(9) as threads:

            def ask():
                return client.post("/predict", json=BODY).status_code

            first = threads.submit(ask)
            assert held.asked.acquire(timeout=10)
            others = [threads.submit(ask) for _ in range(8)]
            _wait_for(lambda: _metric(client, "mnist_waiting_images") == 8)
            held.go.set()
            assert [one.result() for one in (first, *others)] == [200] * 9
        assert _metric(client, "mnist_batch_images_count") == 2
    assert held.sizes == [1, 8]


def test_one_request_too_many_is_told_to_come_again(held, running):
    app = create_app(held.estimator, limits=Limits(requests=2))
    held.hold()
    with (
        running(app) as url,
        httpx2.Client(base_url=url) as client,
        ThreadPoolExecutor(2) as threads,
    ):
        taken = [threads.submit(client.post, "/predict", json=BODY) for _ in range(2)]
        _wait_for(lambda: _metric(client, "mnist_requests_in_hand") == 2)
        refused = client.post("/predict", json=BODY)
        held.go.set()
        assert [one.result().status_code for one in taken] == [200, 200]
        again = client.post("/predict", json=BODY)

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
    assert "Try again" in refused.json()["detail"]
    assert again.status_code == 200


def test_images_that_wait_are_bounded(held, running):
    app = create_app(held.estimator, limits=Limits(images=3, waiting_images=3))
    held.hold()
    several = {"images": BODY["images"] * 2}
    with (
        running(app) as url,
        httpx2.Client(base_url=url) as client,
        ThreadPoolExecutor(2) as threads,
    ):
        taken = [threads.submit(client.post, "/predict", json=several)]
        assert held.asked.acquire(timeout=10)
        taken.append(threads.submit(client.post, "/predict", json=several))
        _wait_for(lambda: _metric(client, "mnist_waiting_images") == 2)
        refused = client.post("/predict", json=several)
        held.go.set()
        assert [one.result().status_code for one in taken] == [200, 200]

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"


def test_time_is_bounded(held):
    app = create_app(held.estimator, limits=Limits(seconds=0.5))
    held.hold()
    with TestClient(app) as client:
        late = client.post("/predict", json=BODY)
        held.go.set()
        in_time = client.post("/predict", json=BODY)

    assert late.status_code == 503
    assert "no answer within 0.5 seconds" in late.json()["detail"]
    assert in_time.status_code == 200


def test_the_error_of_a_classifier_is_only_logged(scripted, running, capfd):
    def fail(X):
        raise RuntimeError("secret path /srv/model")

    with running(create_app(scripted)) as url:
        works, scripted.predict = scripted.predict, fail
        failed = httpx2.post(f"{url}/predict", json=BODY)
        scripted.predict = works
        next_one = httpx2.post(f"{url}/predict", json=BODY)

    assert failed.status_code == 500
    assert "see its log" in failed.json()["detail"]
    assert "secret" not in failed.text
    assert failed.headers["content-security-policy"].startswith("default-src 'none'")
    assert "secret path" in capfd.readouterr().err
    assert next_one.status_code == 200


def test_what_was_taken_in_hand_is_answered_before_the_end(held, running):
    app = create_app(held.estimator)
    held.hold()
    with ThreadPoolExecutor(1) as threads:
        with running(app) as url:
            taken = threads.submit(httpx2.post, f"{url}/predict", json=BODY, timeout=20)
            assert held.asked.acquire(timeout=10)
            threading.Timer(0.3, held.go.set).start()
        # The server was told to end while it was busy, and has ended.
        assert taken.result().status_code == 200
        with pytest.raises(httpx2.ConnectError):
            httpx2.get(f"{url}/health")


def _metric(client, name):
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def _wait_for(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
