"""``compare``: cross-validate the networks and classic classifiers."""

import json
import os
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ._arguments import (
    Parser,
    add_folds,
    add_json,
    add_seed,
    image_count,
    known_name,
)
from ._command import Command, Result, announce
from ._digits import draw_images, load_mnist
from ._errors import CommandError, UsageError, one_line
from ._interruption import ctrl_c_ends_all_fits
from ._output_files import check_picture, check_writable, save_picture

_NETWORKS = ("DenseDigit", "CNNDigit")
_BASELINES = (
    "LogisticRegression",
    "KNeighbors",
    "RandomForest",
    "SVC",
    "HistGradientBoosting",
    "MLP",
)
_DEFAULT_MNIST_IMAGES = 10_000


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--data",
        choices=("auto", "mnist", "small"),
        default="auto",
        help="MNIST's training images, or the small digits that come with "
        "scikit-learn; auto uses MNIST if it is found or can be downloaded "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--n-train",
        type=image_count,
        metavar="N|all",
        help="number of images, drawn stratified from the data (default: "
        f"{_DEFAULT_MNIST_IMAGES} of MNIST, all small digits)",
    )
    add_folds(parser)
    parser.add_argument(
        "--estimators",
        type=_estimator_names,
        default=[*_NETWORKS, *_BASELINES],
        metavar="A,B,...",
        help=f"some of {', '.join((*_NETWORKS, *_BASELINES))} (default: all)",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the results")
    parser.add_argument(
        "--plot",
        type=Path,
        metavar="FILE.png",
        help="draw accuracy against fit time",
    )
    add_seed(parser, "images, splits and classifiers")
    add_json(parser)


def _run(arguments: Namespace) -> Result:
    with _threads_that_share_the_machine():
        import sklearn.ensemble  # noqa: F401  loads OpenMP and OpenBLAS

    check_writable("--csv", arguments.csv)
    check_picture("--plot", arguments.plot)

    X, y, n_default, data = _load_data(arguments.data)
    announce(arguments, f"Data: {data}")
    X, y = draw_images(X, y, arguments.n_train or n_default, arguments.seed)
    _check_folds(y, arguments.cv)
    announce(
        arguments,
        f"{len(y)} images, {arguments.cv} stratified folds, seed {arguments.seed}",
    )
    from ..comparison._table import format_table

    estimators = _make_estimators(arguments.estimators, arguments.seed)
    results = _cross_validate(estimators, X, y, arguments.cv, arguments.seed)
    if arguments.csv is not None:
        results.to_csv(arguments.csv)
    if arguments.plot is not None:
        from ..inspection import ComparisonDisplay

        save_picture(ComparisonDisplay.from_results(results), arguments.plot)
    # NaN, which JSON does not know, becomes null.
    rows = json.loads(results.reset_index().to_json(orient="records"))
    return Result(
        {
            "data": data,
            "n_images": len(y),
            "cv": arguments.cv,
            "seed": arguments.seed,
            "results": rows,
        },
        f"\n{format_table(results)}",
    )


def _cross_validate(
    estimators: dict[str, Any], X: Any, y: Any, n_folds: int, seed: int
) -> Any:
    from ..comparison import compare_estimators
    from ..comparison._table import best_first

    try:
        with ctrl_c_ends_all_fits():
            results = compare_estimators(
                estimators, X, y, cv=n_folds, random_state=seed, verbose=1
            )
    except RuntimeError as error:
        raise CommandError(one_line(error)) from error
    return best_first(results)


@contextmanager
def _threads_that_share_the_machine() -> Iterator[None]:
    """Set up the thread pools of the libraries that are loaded meanwhile.

    By default the waiting threads of OpenMP and OpenBLAS spin. As soon as anything else
    needs a core, histogram gradient boosting then takes several times as long, and so
    do logistic regression and the multilayer perceptron, whose matrices are too small
    to gain from a second BLAS thread.
    """
    settings = {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"}
    added = settings.keys() - os.environ.keys()
    os.environ.update({name: settings[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _load_data(choice: str) -> tuple[Any, Any, int | str, str]:
    """Return images, labels, how many of them to use by default, and their origin."""
    from ..datasets import load_small_digits

    why = f"asked for by --data {choice}"
    if choice != "small":
        try:
            mnist = load_mnist()
        except CommandError as error:
            if choice == "mnist":
                raise
            why = str(error.__cause__).splitlines()[0].rstrip(":.")
        else:
            if choice == "auto":
                why = "--data auto takes it where it can be had"
            origin = f"MNIST, from {mnist.source}; {why}"
            return mnist.data, mnist.target, _DEFAULT_MNIST_IMAGES, origin
    small: Any = load_small_digits(return_X_y=False)
    origin = f"small digits, from {small.source}; {why}"
    return small.data, small.target, "all", origin


def _check_folds(y: Any, n_folds: int) -> None:
    import numpy as np

    rarest = min(np.unique(y, return_counts=True)[1])
    if rarest < n_folds:
        raise UsageError(
            f"--cv {n_folds} needs {n_folds} images of each digit, but {len(y)} images "
            f"hold {rarest} of one of them: raise --n-train or lower --cv"
        )


def _make_estimators(names: Sequence[str], seed: int) -> dict[str, Any]:
    from ..comparison import classic_baselines

    known = classic_baselines(random_state=seed)
    if any(name in _NETWORKS for name in names):
        from rich.console import Console

        from .. import CNNDigitClassifier, DenseDigitClassifier
        from .._tensorflow import load_keras

        # TensorFlow's start takes seconds that are not part of any fit.
        with Console(stderr=True).status("starting TensorFlow"):
            load_keras()
        known["DenseDigit"] = DenseDigitClassifier(random_state=seed)
        known["CNNDigit"] = CNNDigitClassifier(random_state=seed)
    return {name: known[name] for name in names}


def _estimator_names(text: str) -> list[str]:
    known = (*_NETWORKS, *_BASELINES)
    return [known_name("estimator", name.strip(), known) for name in text.split(",")]


COMPARE = Command(
    "compare",
    help="cross-validate the networks and classic classifiers on the same splits",
    description="Cross-validate the networks and scikit-learn's classic classifiers on "
    "the same stratified splits, and print a table, the most accurate one first.",
    add_arguments=_add_arguments,
    run=_run,
)
