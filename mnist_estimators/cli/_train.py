"""``train``: fit a recipe or an estimator, test it, save it, and report on it."""

import argparse
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from ._arguments import (
    CommandError,
    UsageError,
    add_command,
    add_json,
    add_seed,
    check_writable,
    one_line,
    only_json,
    print_json,
)
from ._digits import Digits, add_training_data, load_digits
from ._estimators import (
    add_estimator,
    make_estimator,
    parameter,
    progress_verbosity,
    set_parameters,
)
from ._interruption import Interruption, ctrl_c_ends_all_fits
from ._model_files import check_savable, save_model

REPORT_NAME = "report.html"


def declare_train(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = add_command(
        commands,
        "train",
        _train,
        help="train a network, test it, save it, and report on it",
        description="Train a recipe or an estimator on training images, and score it "
        "on test images. Ctrl-C ends the training early.",
    )
    add_estimator(parser)
    parser.add_argument(
        "--param",
        type=parameter,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the estimator, such as epochs=5 or filters=16,32; may be "
        "given several times",
    )
    add_training_data(parser)
    parser.add_argument(
        "--save",
        type=Path,
        metavar="FILE",
        help="write the trained model, for evaluate and predict",
    )
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help=f"write DIR/{REPORT_NAME}, a page of curves, mistakes and more",
    )
    add_seed(parser, "the network")
    add_json(parser)


def _train(arguments: argparse.Namespace) -> int:
    estimator = make_estimator(arguments.recipe, arguments.estimator, arguments.seed)
    set_parameters(estimator, dict(arguments.param))
    description = one_line(estimator)
    if arguments.save is not None:
        check_savable(arguments.save)
    if arguments.report is not None:
        _make_folder(arguments.report)

    digits = load_digits(arguments.data, arguments.n_train, arguments.seed)

    def tell(line: str) -> None:
        if not arguments.json:
            print(line, flush=True)

    tell(f"Data: {digits}")
    tell(f"Classifier: {description}")
    verbose = progress_verbosity(quiet=arguments.json)
    with only_json(arguments):
        seconds, interrupted = _fit(estimator, digits, verbose)
    if arguments.save is not None:
        save_model(estimator, arguments.save)
    if interrupted:
        print("what was learned until then is kept", file=sys.stderr)
    n_epochs = getattr(estimator, "n_iter_", None)  # a vote has none
    of_epochs = "" if n_epochs is None else f" for {n_epochs} epochs"
    tell(f"Trained{of_epochs} in {seconds:.1f} s")
    accuracy = float(estimator.score(digits.X_test, digits.y_test))
    tell(f"Accuracy: {accuracy:.4f} on {len(digits.y_test)} test images")

    results: dict[str, Any] = {
        "data": digits.origin,
        "n_train": len(digits.y_train),
        "n_test": len(digits.y_test),
        "classifier": description,
        "seed": arguments.seed,
        "epochs": n_epochs,
        "fit_seconds": round(seconds, 3),
        "accuracy": accuracy,
        "interrupted": interrupted,
    }
    if arguments.save is not None:
        results["model"] = str(arguments.save)
        tell(f"Model: {arguments.save}")
    if arguments.report is not None:
        page = arguments.report / REPORT_NAME
        _write_report(estimator, digits, page, seconds)
        results["report"] = str(page)
        tell(f"Report: {page}")
    if arguments.json:
        print_json(results)
    return 130 if interrupted else 0


def _fit(estimator: Any, digits: Digits, verbose: int) -> tuple[float, bool]:
    """Return the seconds of a fit, and whether Ctrl-C ended it early."""
    asked_for = _verbosity_of_networks(estimator)
    estimator.set_params(**{name: asked_for[name] or verbose for name in asked_for})
    interruption = Interruption()
    # Of a vote, Ctrl-C would end one member alone, and the next one would begin.
    is_network = "verbose" in asked_for
    at_ctrl_c: AbstractContextManager[Any] = (
        interruption if is_network else ctrl_c_ends_all_fits()
    )
    start = time.perf_counter()
    try:
        with at_ctrl_c:
            estimator.fit(digits.X_train, digits.y_train)
    except (TypeError, ValueError) as error:
        raise UsageError(one_line(error)) from error
    except ImportError as error:  # a parameter may need more than is installed
        raise CommandError(one_line(error)) from error
    finally:
        estimator.set_params(**asked_for)
    return time.perf_counter() - start, interruption.happened


def _verbosity_of_networks(estimator: Any) -> dict[str, int]:
    """Find the parameters `verbose` of a network, or of those that vote.

    That of the vote itself is left out: it prints on standard output.
    """
    known = estimator.get_params()
    return {
        name: value
        for name, value in known.items()
        if name.endswith("verbose") and f"{name.removesuffix('verbose')}epochs" in known
    }


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--report: can't make the folder {str(folder)!r}: {error.strerror}"
        ) from None
    check_writable("--report", folder / REPORT_NAME)


def _write_report(
    estimator: Any, digits: Digits, path: Path, fit_seconds: float
) -> None:
    from ..report import write_report

    write_report(
        estimator,
        digits.X_test,
        digits.y_test,
        path,
        y_train=digits.y_train,
        facts={"Data": digits.origin, "Training time": f"{fit_seconds:.1f} s"},
    )
