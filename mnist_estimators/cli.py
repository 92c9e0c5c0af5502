"""The command line: ``python -m mnist_estimators <command>``.

Each command is one function that declares its arguments and one that runs it. What a
command needs is imported when it runs, so ``--help`` answers at once.
"""

import argparse
import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from .exceptions import BackendError, DatasetNotFoundError

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


class _Parser(argparse.ArgumentParser):
    """Reports an error as one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


class _UsageError(Exception):
    """Arguments that can only be seen to be wrong while the command runs."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, default=None
        Arguments without the program's name; None takes those of the process.

    Returns
    -------
    int
        Exit code: 0 after success, 1 where data or files fail, 130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With code 2 for wrong arguments, 0 after ``--help`` and ``--version``.
    """
    parser = _Parser(
        prog="mnist_estimators",
        description="Handwritten-digit classifiers that behave like scikit-learn's.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _declare_compare(commands)

    arguments = parser.parse_args(argv)
    try:
        arguments.run(arguments)
    except _UsageError as error:
        arguments.parser.error(str(error))
    except (OSError, BackendError) as error:
        print(f"{arguments.parser.prog}: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _declare_compare(commands: Any) -> None:
    parser = commands.add_parser(
        "compare",
        help="cross-validate the networks and classic classifiers on the same splits",
        description=(
            "Cross-validate the networks and scikit-learn's classic classifiers on the "
            "same stratified splits, and print a table, the most accurate one first."
        ),
    )
    parser.add_argument(
        "--data",
        choices=("auto", "mnist", "small"),
        default="auto",
        help="MNIST's training images, or the small digits that come with "
        "scikit-learn; auto takes MNIST where it is found or can be downloaded "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--n-train",
        type=_image_count,
        metavar="N|all",
        help="number of images, drawn stratified from the data (default: "
        f"{_DEFAULT_MNIST_IMAGES} of MNIST, all small digits)",
    )
    parser.add_argument(
        "--cv",
        type=_fold_count,
        default=3,
        metavar="K",
        help="number of folds (default: %(default)s)",
    )
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
    parser.add_argument(
        "--seed",
        type=_seed,
        default=0,
        metavar="S",
        help="seed of images, splits and classifiers (default: %(default)s)",
    )
    parser.set_defaults(run=_compare, parser=parser)


def _compare(arguments: argparse.Namespace) -> None:
    with _threads_that_share_the_machine():
        import sklearn.ensemble  # noqa: F401  loads OpenMP and OpenBLAS

    if arguments.csv is not None:
        _check_writable("--csv", arguments.csv)
    if arguments.plot is not None:
        _check_plot_format(arguments.plot)
        _check_writable("--plot", arguments.plot)

    X, y, n_default, first_line = _load_data(arguments.data)
    print(first_line, flush=True)
    X, y = _draw_images(X, y, arguments.n_train or n_default, arguments)
    print(
        f"{len(y)} images, {arguments.cv} stratified folds, seed {arguments.seed}",
        flush=True,
    )

    from ._comparison_view import best_first, format_table
    from .comparison import compare_estimators

    results = best_first(
        compare_estimators(
            _estimators(arguments.estimators, arguments.seed),
            X,
            y,
            cv=arguments.cv,
            random_state=arguments.seed,
            verbose=1,
        )
    )
    print(f"\n{format_table(results)}", flush=True)
    if arguments.csv is not None:
        results.to_csv(arguments.csv)
    if arguments.plot is not None:
        from .inspection import ComparisonDisplay

        ComparisonDisplay.from_results(results).figure_.savefig(arguments.plot, dpi=150)


@contextmanager
def _threads_that_share_the_machine() -> Iterator[None]:
    """Set up the thread pools of the libraries that are loaded meanwhile.

    By default the waiting threads of OpenMP and OpenBLAS spin. As soon as anything else
    wants a core, histogram gradient boosting then takes several times as long, and so
    do logistic regression and the multilayer perceptron, whose matrices are too small
    for a second BLAS thread to help in the first place.
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
    """Return images, labels, how many of them to use by default, and where from."""
    from .datasets import load_mnist, load_small_digits

    why = f"asked for by --data {choice}"
    if choice != "small":
        try:
            mnist: Any = load_mnist(return_X_y=False)
        except DatasetNotFoundError as error:
            if choice == "mnist":
                raise
            why = str(error).splitlines()[0].rstrip(":.")
        else:
            if choice == "auto":
                why = "--data auto takes it where it can be had"
            line = f"Data: MNIST, from {mnist.source}; {why}"
            return mnist.data, mnist.target, _DEFAULT_MNIST_IMAGES, line
    small: Any = load_small_digits(return_X_y=False)
    line = f"Data: small digits, from {small.source}; {why}"
    return small.data, small.target, "all", line


def _draw_images(
    X: Any, y: Any, n_images: int | str, arguments: argparse.Namespace
) -> tuple[Any, Any]:
    import numpy as np
    from sklearn.utils import resample

    labels = np.unique(y)
    if isinstance(n_images, int) and n_images < len(y):
        X, y = resample(
            X,
            y,
            replace=False,
            n_samples=n_images,
            stratify=y,
            random_state=arguments.seed,
        )
    elif isinstance(n_images, int) and n_images > len(y):
        raise _UsageError(
            f"--n-train must be at most {len(y)}, the number of images in these data, "
            f"or 'all'; got {n_images}"
        )
    rarest = min(np.count_nonzero(y == label) for label in labels)
    if rarest < arguments.cv:
        raise _UsageError(
            f"--cv {arguments.cv} needs {arguments.cv} images of each digit, but "
            f"{len(y)} images hold {rarest} of one of them: raise --n-train or lower "
            "--cv"
        )
    return X, y


def _estimators(names: Sequence[str], seed: int) -> dict[str, Any]:
    from .comparison import classic_baselines

    known = classic_baselines(random_state=seed)
    if any(name in _NETWORKS for name in names):
        from rich.console import Console

        from ._cnn import CNNDigitClassifier
        from ._dense import DenseDigitClassifier
        from ._tensorflow import load_keras

        # TensorFlow's start takes seconds that belong to no fit.
        with Console(stderr=True).status("starting TensorFlow"):
            load_keras()
        known["DenseDigit"] = DenseDigitClassifier(random_state=seed)
        known["CNNDigit"] = CNNDigitClassifier(random_state=seed)
    return {name: known[name] for name in names}


def _check_writable(option: str, path: Path) -> None:
    """Find out before the long work whether a file can be written."""
    existed = path.exists()
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise _UsageError(
            f"{option}: can't write {str(path)!r}: {error.strerror}"
        ) from None
    if not existed:
        path.unlink()


def _check_plot_format(path: Path) -> None:
    from matplotlib.backend_bases import FigureCanvasBase

    formats = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.lower().removeprefix(".") not in formats:
        raise _UsageError(
            f"--plot: {str(path)!r} must end in one of .{', .'.join(sorted(formats))}"
        )


def _image_count(text: str) -> int | str:
    return text if text == "all" else _integer(text, 1, None, "or 'all'")


def _fold_count(text: str) -> int:
    return _integer(text, 2, None)


def _seed(text: str) -> int:
    return _integer(text, 0, 2**32 - 1)


def _integer(text: str, low: int, high: int | None, otherwise: str = "") -> int:
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if number < low or (high is not None and number > high):
        bounds = f"of at least {low}" if high is None else f"from {low} to {high}"
        allowed = f"an integer {bounds} {otherwise}".rstrip()
        raise argparse.ArgumentTypeError(f"must be {allowed}; got {text!r}")
    return number


def _estimator_names(text: str) -> list[str]:
    known = {name.lower(): name for name in (*_NETWORKS, *_BASELINES)}
    names = []
    for given in text.split(","):
        key = given.strip().lower()
        if key not in known:
            near = difflib.get_close_matches(key.removesuffix("classifier"), known, 1)
            hint = f"did you mean {known[near[0]]!r}? " if near else ""
            raise argparse.ArgumentTypeError(
                f"unknown estimator {given.strip()!r}: {hint}"
                f"Known are {', '.join(known.values())}"
            )
        names.append(known[key])
    return names
