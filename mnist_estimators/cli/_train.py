"""``train``: fit a recipe or an estimator, test it, save it, and report on it."""

import sys
import time
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._arguments import Parser, add_json, add_seed
from ._command import Command, Result, announce
from ._digits import Digits, accuracy_line, add_training_data, load_digits
from ._errors import UsageError, one_line, one_line_errors_of_fit
from ._estimators import (
    add_estimator,
    make_estimator,
    parameter,
    progress_verbosity,
    set_parameters,
)
from ._interruption import ctrl_c_ends_all_fits, notice_ctrl_c
from ._model_files import check_savable, save_model
from ._output_files import check_writable

REPORT_NAME = "report.html"


def _add_arguments(parser: Parser) -> None:
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


def _run(arguments: Namespace) -> Result:
    estimator = make_estimator(arguments.recipe, arguments.estimator, arguments.seed)
    set_parameters(estimator, dict(arguments.param))
    description = one_line(estimator)
    check_savable(arguments.save)
    page = _make_page(arguments.report)

    digits = load_digits(arguments.data, arguments.n_train, arguments.seed)
    announce(arguments, f"Data: {digits}")
    announce(arguments, f"Classifier: {description}")
    verbose = progress_verbosity(quiet=arguments.json)
    seconds, interrupted = _fit(estimator, digits, verbose)
    if arguments.save is not None:
        save_model(estimator, arguments.save)
    if interrupted:
        print("what was learned until then is kept", file=sys.stderr)
    if page is not None:
        from ..report import write_report

        write_report(
            estimator,
            digits.X_test,
            digits.y_test,
            page,
            y_train=digits.y_train,
            facts={"Data": digits.origin, "Training time": f"{seconds:.1f} s"},
        )
    results = {
        "data": digits.origin,
        "n_train": len(digits.y_train),
        "n_test": len(digits.y_test),
        "classifier": description,
        "seed": arguments.seed,
        "epochs": getattr(estimator, "n_iter_", None),  # a vote has none
        "fit_seconds": round(seconds, 3),
        "accuracy": digits.score(estimator),
        "interrupted": interrupted,
    }
    files = {"model": arguments.save, "report": page}
    results |= {name: path for name, path in files.items() if path is not None}
    return Result(results, _as_text(results), 130 if interrupted else 0)


def _fit(estimator: Any, digits: Digits, verbose: int) -> tuple[float, bool]:
    """Return the seconds of a fit, and whether Ctrl-C ended it early."""
    asked_for = _verbosity_of_networks(estimator)
    estimator.set_params(**{name: asked_for[name] or verbose for name in asked_for})
    # In a vote, Ctrl-C would end only one member, and the next one would begin.
    is_network = "verbose" in asked_for
    at_ctrl_c = notice_ctrl_c if is_network else ctrl_c_ends_all_fits
    start = time.perf_counter()
    try:
        with one_line_errors_of_fit(), at_ctrl_c() as interruption:
            estimator.fit(digits.X_train, digits.y_train)
    finally:
        estimator.set_params(**asked_for)
    return time.perf_counter() - start, interruption.happened


def _verbosity_of_networks(estimator: Any) -> dict[str, int]:
    """Find the parameters `verbose` of a network, or of the members of a vote.

    That of the vote itself is left out: it prints on standard output.
    """
    known = estimator.get_params()
    return {
        name: value
        for name, value in known.items()
        if name.endswith("verbose") and f"{name.removesuffix('verbose')}epochs" in known
    }


def _make_page(folder: Path | None) -> Path | None:
    """Make the report's folder, and return the path of its page."""
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--report: can't make the folder {str(folder)!r}: {error.strerror}"
        ) from None
    page = folder / REPORT_NAME
    check_writable("--report", page)
    return page


def _as_text(results: Mapping[str, Any]) -> str:
    n_epochs = results["epochs"]
    of_epochs = "" if n_epochs is None else f" for {n_epochs} epochs"
    lines = [
        f"Trained{of_epochs} in {results['fit_seconds']:.1f} s",
        accuracy_line(results["accuracy"], results["n_test"]),
    ]
    files = [name for name in ("model", "report") if name in results]
    return "\n".join(lines + [f"{name.title()}: {results[name]}" for name in files])


TRAIN = Command(
    "train",
    help="train a network, test it, save it, and report on it",
    description="Train a recipe or an estimator on training images, and score it "
    "on test images. Ctrl-C ends the training early.",
    add_arguments=_add_arguments,
    run=_run,
)
