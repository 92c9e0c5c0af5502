"""`data`: download, verify, explore."""

import json

import keras
import numpy as np
import pytest
from sklearn.utils import Bunch

import mnist_estimators.datasets
from mnist_estimators.cli import main


@pytest.fixture
def no_mnist(monkeypatch, tmp_path):
    monkeypatch.delenv("MNIST_ESTIMATORS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))


def test_exploring_tells_shapes_and_counts(capsys, small_digits):
    assert main(["data", "explore"]) == 0

    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0] == "Data: small digits, from scikit-learn's bundled digits"
    assert lines[1].startswith("1797 images of 28 x 28 pixels, uint8 from 0 to 255, ")
    counts = [int(line.split()[1]) for line in lines[4:14]]
    assert counts == np.bincount(small_digits[1]).tolist()


def test_exploring_mnist_tells_both_parts_apart(capsys, monkeypatch):
    def load_mnist(*, subset, return_X_y):
        images = np.zeros((30 if subset == "train" else 20, 28, 28), np.uint8)
        y = np.arange(len(images)) % 10
        pixels = images.reshape(len(images), -1)
        return Bunch(data=pixels, target=y, images=images, source="a folder")

    monkeypatch.setattr(mnist_estimators.datasets, "load_mnist", load_mnist)

    assert main(["data", "explore", "--data", "mnist", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["source"] == "a folder"
    assert told["shape"] == [50, 28, 28]
    assert told["class_counts"]["train"] == {str(digit): 3 for digit in range(10)}
    assert told["class_counts"]["test"]["9"] == 2


def test_samples_are_drawn(capsys, tmp_path):
    grid = tmp_path / "samples.png"

    assert main(["data", "explore", "--grid", str(grid)]) == 0

    assert grid.read_bytes().startswith(b"\x89PNG")
    assert capsys.readouterr().out.endswith(f"Samples: {grid}\n")


def test_verifying_finds_the_file_of_a_folder(capsys, mnist, tmp_path):
    np.savez(
        tmp_path / "mnist.npz",
        x_train=mnist.X_train.reshape(-1, 28, 28),
        y_train=mnist.y_train.astype(np.uint8),
        x_test=mnist.X_test.reshape(-1, 28, 28),
        y_test=mnist.y_test.astype(np.uint8),
    )

    assert main(["data", "verify", "--folder", str(tmp_path), "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert str(tmp_path) in told["source"]
    assert told["n_images"] == 70_000
    assert told["intact"] is True


def test_verifying_downloads_nothing(capsys, no_mnist, monkeypatch):
    monkeypatch.setattr(
        keras.datasets.mnist, "load_data", lambda: pytest.fail("downloaded")
    )

    assert main(["data", "verify"]) == 1

    assert capsys.readouterr().err == (
        "mnist-estimators data verify: error: MNIST is not on this machine: get it "
        "with 'mnist-estimators data download', or name a folder that holds it with "
        "--folder\n"
    )


@pytest.mark.parametrize(
    ("arguments", "naming"),
    [
        (["data", "download"], "--folder"),
        (["data", "explore", "--data", "mnist"], "MNIST_ESTIMATORS_DATA"),
        (["train", "numpy_dense", "--data", "mnist"], "MNIST_ESTIMATORS_DATA"),
        (["compare", "--data", "mnist"], "MNIST_ESTIMATORS_DATA"),
    ],
)
def test_a_download_that_fails_is_one_line(
    capsys, no_mnist, monkeypatch, arguments, naming
):
    def fail():
        raise OSError("no network")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", fail)

    assert main(arguments) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith(
        "error: MNIST is not on this machine: its download failed (no network). Try "
        f"again, or name a folder that holds it with {naming}\n"
    )
    assert err.count("\n") == 1


def test_verifying_names_a_damaged_file(capsys, no_mnist, tmp_path):
    (tmp_path / "mnist.npz").write_bytes(b"damaged")

    assert main(["data", "verify", "--folder", str(tmp_path)]) == 1

    err = capsys.readouterr().err
    assert "mnist.npz does not hold the original MNIST data" in err
    assert err.count("\n") == 1


def test_downloading_takes_keras_cache(capsys, no_mnist, monkeypatch):
    parts = [(np.zeros((n, 28, 28), np.uint8), np.zeros(n, np.uint8)) for n in (60, 10)]
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: parts)

    assert main(["data", "download"]) == 0

    out = capsys.readouterr().out
    assert out.startswith("MNIST, from download by keras.datasets.mnist: 70 images")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: ACTION"),
        (["explore", "--grid", "a.xls"], "--grid: 'a.xls' must end in one of ."),
        (["explore", "--grid", "no/such/a.png"], "--grid: can't write"),
        (["verify", "--folder", "no/such"], "--folder: there is no folder 'no/such'"),
    ],
)
def test_wrong_arguments_are_one_line(capsys, arguments, message):
    with pytest.raises(SystemExit, match="2"):
        main(["data", *arguments])

    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
