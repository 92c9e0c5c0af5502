"""A MNIST of a few images, in every form in which the real one comes."""

import gzip
import hashlib
from itertools import chain
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mnist_estimators.datasets import _mnist, _mnist_files
from mnist_estimators.datasets._idx import format_idx


class TinyMnist:
    """Arrays by their key in ``mnist.npz``, and ways to write them to a folder."""

    n_train, n_test = 30, 20

    def __init__(self):
        rng = np.random.default_rng(0)
        self.arrays = {}
        for part, n_images in [("train", self.n_train), ("test", self.n_test)]:
            pixels = rng.integers(0, 256, (n_images, 28, 28), dtype=np.uint8)
            self.arrays[f"x_{part}"] = pixels
            self.arrays[f"y_{part}"] = (np.arange(n_images) % 10).astype(np.uint8)

    def write(self, folder: Path, form: str) -> Path:
        """Write the data as 'idx', 'idx.gz' or 'npz'."""
        folder.mkdir(parents=True, exist_ok=True)
        if form == "npz":
            np.savez_compressed(folder / "mnist.npz", **self.arrays)
            return folder
        for array in chain(*_mnist_files.MNIST_PARTS.values()):
            content = format_idx(self.arrays[array.npz_key])
            if form == "idx.gz":
                (folder / f"{array.idx_name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / array.idx_name).write_bytes(content)
        return folder


@pytest.fixture
def tiny_mnist(monkeypatch):
    """A tiny data set whose checksums take the place of MNIST's."""
    tiny = TinyMnist()
    for part, arrays in _mnist_files.MNIST_PARTS.items():
        checked = tuple(
            array._replace(
                md5=hashlib.md5(format_idx(tiny.arrays[array.npz_key])).hexdigest()
            )
            for array in arrays
        )
        monkeypatch.setitem(_mnist_files.MNIST_PARTS, part, checked)
    return tiny


@pytest.fixture
def set_keras_download(monkeypatch):
    """Put a function in the place of ``keras.datasets.mnist.load_data``."""

    def set_download(load_data):
        mnist = SimpleNamespace(load_data=load_data)
        keras = SimpleNamespace(datasets=SimpleNamespace(mnist=mnist))
        monkeypatch.setattr(_mnist, "load_keras", lambda: keras)

    return set_download


@pytest.fixture
def no_mnist(monkeypatch, tmp_path, set_keras_download):
    """A machine without MNIST and without a network."""
    monkeypatch.delenv("MNIST_ESTIMATORS_DATA", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))

    def fail():
        print("Downloading data")
        raise Exception("URL fetch failure: name or service not known")

    set_keras_download(fail)
