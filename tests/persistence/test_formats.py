"""Files of every format that there has been stay loadable.

``tests/model_files`` has some of each, with what they predicted when they were saved: a
vote of three networks on labels of text, in format 2 with a long history, and a search
over a pipeline.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from mnist_estimators import load_model
from mnist_estimators.persistence._manifest import FORMAT_VERSION

FOLDER = Path(__file__).parents[1] / "model_files"
FILES = sorted(FOLDER.glob("*.model"))


def test_there_is_a_file_of_each_format():
    formats = {path.stem.rsplit("-", 1)[0] for path in FILES}
    assert formats == {f"format-{n}" for n in range(1, FORMAT_VERSION + 1)}


# They were saved with another version of scikit-learn than may be installed.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_predicts_what_it_did_when_it_was_saved(path):
    version, name = path.stem.rsplit("-", 1)
    expected = json.loads((FOLDER / f"{version}.json").read_text())
    loaded = load_model(path)
    X = np.array(expected["X"], np.uint8)
    np.testing.assert_allclose(
        loaded.predict_proba(X), expected[name], rtol=1e-4, atol=1e-6
    )
    assert sorted(loaded.classes_) == ["eins", "null", "zwei"]
