"""Thousands of damaged and forged files: refused or equal, and never harmful."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from mnist_estimators import NumpyDigitClassifier, save_model

NETWORK = NumpyDigitClassifier(hidden_layer_sizes=(4,), epochs=1, random_state=0)


@pytest.fixture(scope="module")
def told(tmp_path_factory, fitted_classifier):
    """What a process tells that loaded all the mutated files."""
    folder = tmp_path_factory.mktemp("mutated")
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 255, (60, 16)).astype(np.uint8), np.arange(60) % 3
    models = {
        "network": GridSearchCV(
            make_pipeline(StandardScaler(), NETWORK),
            {"numpydigitclassifier__momentum": [0.5, 0.9]},
            cv=2,
        ),
        "support": SVC(random_state=np.random.RandomState(0)),
        "neighbours": KNeighborsClassifier(algorithm="brute"),
        "forest": RandomForestClassifier(3, random_state=0),
    }
    for name, model in models.items():
        save_model(model.fit(X, y), folder / f"{name}.model")
    save_model(fitted_classifier("dense"), folder / "keras.model")
    script = Path(__file__).with_name("mutated_loads.py")
    paths = [str(script.parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, script, folder],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_the_watcher_sees_every_canary(told):
    blind = [name for name, seen in told["canaries"].items() if not seen]
    assert not blind
    assert "pickle.find_class" in told["canaries"]["pickle"][0]
    assert any("os.system" in seen for seen in told["canaries"]["pickle"])
    assert told["canaries"]["memory"][-1].endswith(" MB")


def test_each_file_is_refused_or_loads_equal(told):
    counts = told["counts"]
    assert counts["mutated"] >= 2000
    assert counts["refused"] + counts["equal"] == counts["mutated"]
    assert counts["refused"] > 0.9 * counts["mutated"]


def test_none_runs_code_or_touches_another_file(told):
    assert told["problems"] == []
    assert told["megabytes"] < 512
    assert not told["tensorflow"]


def test_what_passes_as_another_model_does_no_harm_either(told):
    assert told["counts"]["fuzzed and refused"] > 100
    assert told["counts"]["fuzzed and loaded"] > 20
