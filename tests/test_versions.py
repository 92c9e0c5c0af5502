"""The versions that model files, reports and the server state."""

import platform

import keras
import numpy as np
import sklearn

import mnist_estimators
from mnist_estimators import _versions


def test_versions_are_those_of_the_modules():
    found = _versions.installed_versions()

    assert found["python"] == platform.python_version()
    assert found["mnist_estimators"] == mnist_estimators.__version__
    assert found["numpy"] == np.__version__
    assert found["scikit-learn"] == sklearn.__version__
    assert found["keras"] == keras.__version__


def test_a_library_that_is_missing_is_left_out(monkeypatch):
    monkeypatch.setattr(_versions, "_LIBRARIES", ("numpy", "no such library"))
    uncached = _versions.installed_versions.__wrapped__

    assert [*uncached()] == ["python", "mnist_estimators", "numpy"]
