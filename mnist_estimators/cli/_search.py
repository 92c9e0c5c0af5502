"""``search``: try combinations of parameters in cross-validation."""

from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ._arguments import Parser, add_folds, add_json, add_seed
from ._command import Command, Result, announce
from ._digits import Digits, accuracy_line, add_training_data, load_digits
from ._errors import UsageError, one_line, one_line_errors_of_fit
from ._estimators import (
    add_estimator,
    candidates,
    make_estimator,
    set_parameters,
)
from ._interruption import ctrl_c_ends_all_fits
from ._model_files import check_savable, save_model
from ._search_file import METHODS, read_search_file
from ._search_progress import search_progress


def _add_arguments(parser: Parser) -> None:
    add_estimator(parser)
    parser.add_argument(
        "--param",
        type=candidates,
        action="append",
        default=[],
        metavar="NAME=A,B,...",
        help="values to try, such as dropout=0.1,0.3 or filters=(8,16),(16,32); may be "
        "given several times",
    )
    parser.add_argument(
        "--file",
        type=Path,
        metavar="FILE.yaml",
        help="a file with recipe or estimator, method, and parameters, a mapping of "
        "names to lists of values; the options given here override it",
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        help="grid tries each combination on all training images; halving begins with "
        "few images, and keeps the better third in each round (default: grid)",
    )
    add_folds(parser)
    add_training_data(parser)
    parser.add_argument(
        "--save",
        type=Path,
        metavar="FILE",
        help="write the best model, fitted to all training images",
    )
    add_seed(parser, "images, splits and networks")
    add_json(parser)


def _run(arguments: Namespace) -> Result:
    task = _task(arguments)
    description = one_line(task.estimator)
    check_savable(arguments.save)

    digits = load_digits(arguments.data, arguments.n_train, arguments.seed)
    announce(arguments, f"Data: {digits}")
    announce(arguments, f"Classifier: {description}")
    progress = search_progress(task.grid, quiet=arguments.json)
    with one_line_errors_of_fit(), ctrl_c_ends_all_fits(), progress as score:
        search = _make_search(task, arguments.cv, arguments.seed, score)
        search.fit(digits.X_train, digits.y_train)
    if arguments.save is not None:
        save_model(search.best_estimator_, arguments.save)
    results = {
        "data": digits.origin,
        "classifier": description,
        "method": task.method,
        "cv": arguments.cv,
        "seed": arguments.seed,
        "candidates": _ranked(search.cv_results_),
        "best_parameters": search.best_params_,
        "test_accuracy": digits.score(search.best_estimator_),
        "model": arguments.save,
    }
    return Result(results, _as_text(results, digits))


class _Task(NamedTuple):
    estimator: Any
    method: str
    grid: dict[str, list[Any]]


def _task(arguments: Namespace) -> _Task:
    """Join the file and the arguments that override it, and check all values."""
    from sklearn.base import clone

    given = read_search_file(arguments.file) if arguments.file else {}
    recipe, name = arguments.recipe, arguments.estimator
    if not (recipe or name):
        recipe, name = given.get("recipe"), given.get("estimator")
    method = arguments.method or given.get("method", "grid")
    grid = {**given.get("parameters", {}), **dict(arguments.param)}
    if not grid:
        raise UsageError(
            "name values to try, with --param epochs=5,10 or in a --file of YAML"
        )
    estimator = make_estimator(recipe, name, arguments.seed)
    for parameter, values in grid.items():
        for value in values:
            set_parameters(clone(estimator), {parameter: value})
    return _Task(estimator, method, grid)


def _make_search(
    task: _Task, n_folds: int, seed: int, score: Callable[..., float]
) -> Any:
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401  enables it
    from sklearn.model_selection import (
        GridSearchCV,
        HalvingGridSearchCV,
        StratifiedKFold,
    )

    settings: dict[str, Any] = {
        "scoring": score,
        "cv": StratifiedKFold(n_folds, shuffle=True, random_state=seed),
        "error_score": "raise",
        "return_train_score": False,
    }
    search = GridSearchCV
    if task.method == "halving":
        search = HalvingGridSearchCV
        settings["random_state"] = seed
    return search(task.estimator, task.grid, **settings)


def _ranked(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the candidates, the best first; a halving search has those of all rounds."""
    # More images give higher scores: the last round goes first.
    n_images = results.get("n_resources", [None] * len(results["params"]))
    order = sorted(
        range(len(results["params"])),
        key=lambda i: (-(n_images[i] or 0), results["rank_test_score"][i]),
    )
    return [
        {
            "parameters": results["params"][i],
            "accuracy": float(results["mean_test_score"][i]),
            "accuracy_std": float(results["std_test_score"][i]),
            "fit_seconds": float(results["mean_fit_time"][i]),
            "n_images": None if n_images[i] is None else int(n_images[i]),
        }
        for i in order
    ]


def _as_text(results: Mapping[str, Any], digits: Digits) -> str:
    n_train, n_test = len(digits.y_train), len(digits.y_test)
    lines = ["", "accuracy      SD   fit s  images  parameters"]
    for row in results["candidates"]:
        lines.append(
            f"{row['accuracy']:>8.4f}  {row['accuracy_std']:.4f}  "
            f"{row['fit_seconds']:>6.2f}  {row['n_images'] or n_train:>6}  "
            f"{_on_one_line(row['parameters'])}"
        )
    lines += ["", f"Best: {_on_one_line(results['best_parameters'])}"]
    lines.append(accuracy_line(results["test_accuracy"], n_test))
    if results["model"] is not None:
        lines.append(f"Model: {results['model']}")
    return "\n".join(lines)


def _on_one_line(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in parameters.items())


SEARCH = Command(
    "search",
    help="try combinations of parameters in cross-validation",
    description="Try all combinations of the parameters given, in "
    "cross-validation on the training images; score the best one on the test "
    "images.",
    add_arguments=_add_arguments,
    run=_run,
)
