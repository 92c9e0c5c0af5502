"""Run scikit-learn's own tests with our classifiers in place of its classifiers.

``python tests/scikit_learn/run_their_tests.py [arguments of pytest]``
"""

import os
import sys
from pathlib import Path

import pytest
import sklearn

SCIKIT_LEARN = Path(sklearn.__file__).parent
MODULES = (
    "ensemble/tests/test_bagging.py",
    "ensemble/tests/test_stacking.py",
    "ensemble/tests/test_voting.py",
    "ensemble/tests/test_weight_boosting.py",
    "model_selection/tests/test_classification_threshold.py",
    "model_selection/tests/test_search.py",
    "model_selection/tests/test_successive_halving.py",
    "model_selection/tests/test_validation.py",
    "tests/test_calibration.py",
    "tests/test_metadata_routing.py",
    "tests/test_metaestimators_metadata_routing.py",
    "tests/test_multiclass.py",
    "tests/test_multioutput.py",
    "tests/test_pipeline.py",
)
OPTIONS = (
    f"--rootdir={SCIKIT_LEARN}",
    # Not those of this project.
    "--override-ini=addopts=",
    "--override-ini=filterwarnings=",
    "-p",
    "plugin",
    "-p",
    "no:cacheprovider",
)


def main(arguments: list[str]) -> int:
    """Run the tests; return the exit status of pytest."""
    # Rounding depends on the number of threads, and some tests on rounding.
    os.environ["OMP_NUM_THREADS"] = "1"
    paths = [str(SCIKIT_LEARN / module) for module in MODULES]
    return pytest.main([*OPTIONS, *arguments, *paths])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
