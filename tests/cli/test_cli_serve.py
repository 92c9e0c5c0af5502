"""`serve`: from a model file, or from a network that it trains first."""

import json
import signal
import socket
import struct
import subprocess
import sys
import urllib.error
import urllib.request

import joblib
import pytest

import mnist_estimators.datasets
from mnist_estimators import CNNDigitClassifier, NumpyDigitClassifier
from mnist_estimators.cli import main
from mnist_estimators.exceptions import DatasetNotFoundError


@pytest.fixture(scope="module")
def model_file(small_digits, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "numpy.model"
    X, y = small_digits
    NumpyDigitClassifier(epochs=5, random_state=0).fit(X, y).save(path)
    return path


def odd_tiff():
    """Make a file of which Pillow warns: its one tag's values lie beyond its end."""
    tag = struct.pack("<HHII", 256, 4, 2**20, 8)
    return b"II*\0" + struct.pack("<IH", 8, 1) + tag + bytes(4)


def test_a_model_file_is_served_until_ctrl_c(model_file, small_digits):
    command = [sys.executable, "-m", "mnist_estimators", "serve", str(model_file)]
    server = subprocess.Popen(
        [*command, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = server.stdout.readline()
        assert line.startswith("Serving at http://127.0.0.1:")
        url = line.split()[2]
        body = json.dumps({"images": small_digits[0][:3].tolist()}).encode()
        request = urllib.request.Request(
            f"{url}/predict", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            pictures = json.load(answer)["pictures"]
        request = urllib.request.Request(
            f"{url}/predict", odd_tiff(), {"Content-Type": "image/tiff"}
        )
        with pytest.raises(urllib.error.HTTPError, match="422") as refused:
            urllib.request.urlopen(request, timeout=10)
        refused.value.close()
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=20)
    finally:
        server.kill()

    assert [picture["text"] for picture in pictures] == ["0", "1", "2"]
    assert server.returncode == 0
    assert (out, err) == ("", "stopped\n")


@pytest.fixture
def served(monkeypatch):
    """Serve nothing, and give what would be."""
    apps = []

    class Server:
        def run(self, sockets):
            assert len(sockets) == 1

    def make_server(app):
        apps.append(app)
        return Server()

    monkeypatch.setattr("mnist_estimators.serving._server.make_server", make_server)
    return apps


@pytest.fixture
def quick_fit(monkeypatch):
    """Fit on a few images, and note what was asked for."""
    fits = []
    whole_fit = CNNDigitClassifier.fit

    def fit(self, X, y):
        fits.append((len(y), self.epochs))
        self.set_params(
            epochs=1, filters=(2,), dense_layer_sizes=(), dropout=0.0, augmenter=None
        )
        return whole_fit(self, X[:300], y[:300])

    monkeypatch.setattr(CNNDigitClassifier, "fit", fit)
    return fits


def test_without_a_model_one_is_trained_and_told_of(
    capsys, served, quick_fit, monkeypatch
):
    def no_mnist(**options):
        assert options == {"subset": "test", "download_if_missing": False}
        raise DatasetNotFoundError("no MNIST")

    monkeypatch.setattr(mnist_estimators.datasets, "load_mnist", no_mnist)

    assert main(["serve", "--port", "0"]) == 0

    first, *_, accuracy, serving = capsys.readouterr().out.splitlines()
    assert first.startswith("No MODEL given: training fast_cnn on small digits")
    assert accuracy.startswith("Accuracy: 0.")
    assert serving.startswith("Serving at http://127.0.0.1:")
    assert quick_fit == [(1347, 15)]
    from fastapi.testclient import TestClient

    told = TestClient(served[0]).get("/model").json()
    assert told["recipe"] == "fast_cnn"
    assert f"{told['accuracy']:.4f}" in accuracy


def test_without_a_model_mnist_is_preferred(capsys, served, quick_fit, mnist):
    assert main(["serve", "--port", "0"]) == 0

    assert "training fast_cnn on MNIST, from" in capsys.readouterr().out
    assert quick_fit == [(60_000, 3)]


def test_a_misspelt_folder_of_mnist_is_an_error(capsys, served, monkeypatch):
    monkeypatch.setenv("MNIST_ESTIMATORS_DATA", "no/such/folder")

    assert main(["serve", "--port", "0"]) == 1

    err = capsys.readouterr().err
    assert "error: MNIST_ESTIMATORS_DATA must name an existing folder" in err
    assert err.count("\n") == 1
    assert served == []


@pytest.mark.parametrize("host", ["a" * 64, "a..b"])
def test_a_host_that_is_no_name_is_one_line(capsys, no_work, host):
    assert main(["serve", "--host", host, "--port", "0"]) == 1

    err = capsys.readouterr().err
    assert f"can't listen at {host}, port 0: " in err
    assert err.count("\n") == 1


def test_a_port_that_is_taken_is_told_before_the_work(capsys, no_work):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        assert main(["serve", "--port", port]) == 1

    err = capsys.readouterr().err
    assert f"can't listen at 127.0.0.1, port {port}" in err
    assert err.count("\n") == 1


def test_a_model_that_takes_other_images_is_one_line(
    capsys, small_digits, tmp_path, served
):
    X, y = small_digits
    path = tmp_path / "model"
    network = NumpyDigitClassifier(epochs=1, random_state=0)
    network.fit(X[:300, :64], y[:300]).save(path)

    assert main(["serve", str(path), "--port", "0"]) == 1

    err = capsys.readouterr().err
    assert "can't predict images of 28 x 28 pixels" in err
    assert err.count("\n") == 1
    assert served == []


def test_a_pickle_is_not_loaded(capsys, tmp_path, served):
    path = tmp_path / "model"
    joblib.dump(NumpyDigitClassifier(), path)

    assert main(["serve", str(path), "--port", "0"]) == 1

    err = capsys.readouterr().err
    assert "a pickle" in err
    assert "load it with joblib, and save it again with save_model" in err
    assert err.count("\n") == 1
    assert served == []


def test_a_missing_model_is_one_line(capsys):
    assert main(["serve", "none.model", "--port", "0"]) == 1

    assert "there is no model file 'none.model'" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_ports_are_checked(capsys, port):
    with pytest.raises(SystemExit, match="2"):
        main(["serve", f"--port={port}"])

    assert "must be an integer from 0 to 65535" in capsys.readouterr().err
