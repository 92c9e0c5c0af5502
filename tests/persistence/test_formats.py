"""Files of every format that there has been stay loadable.

``tests/model_files`` has some of each: a vote of three networks on labels of text and
a search over a pipeline, with what they predicted when they were saved.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from mnist_estimators import load_model
from mnist_estimators.persistence._manifest import FORMAT_VERSION

FOLDER = Path(__file__).parents[1] / "model_files"


# They were saved with another version of scikit-learn than may be installed.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("name", ["networks", "search"])
@pytest.mark.parametrize("version", range(1, FORMAT_VERSION + 1))
def test_a_file_predicts_what_it_did_when_it_was_saved(version, name):
    expected = json.loads((FOLDER / f"format-{version}.json").read_text())
    loaded = load_model(FOLDER / f"format-{version}-{name}.model")
    X = np.array(expected["X"], np.uint8)
    np.testing.assert_allclose(
        loaded.predict_proba(X), expected[name], rtol=1e-4, atol=1e-6
    )
    assert sorted(loaded.classes_) == ["eins", "null", "zwei"]
