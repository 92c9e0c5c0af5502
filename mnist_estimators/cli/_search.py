"""``search``: try combinations of parameters in cross-validation."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._arguments import (
    CommandError,
    UsageError,
    add_command,
    add_folds,
    add_json,
    add_seed,
    one_line,
    only_json,
    print_json,
)
from ._digits import add_training_data, load_digits
from ._estimators import (
    add_estimator,
    candidates,
    make_estimator,
    set_parameters,
)
from ._interruption import ctrl_c_ends_all_fits
from ._model_files import check_savable, save_model
from ._search_file import METHODS, read_search_file
from ._search_progress import SearchProgress


def declare_search(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = add_command(
        commands,
        "search",
        _search,
        help="try combinations of parameters in cross-validation",
        description="Try all combinations of the parameters given, in "
        "cross-validation on the training images; score the best one on the test "
        "images.",
    )
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
        "names to lists of values; what is given here goes before it",
    )
    parser.add_argument(
        "--method",
        choices=METHODS,
        help="grid tries each combination on all training images; halving begins with "
        "few images, and goes on with the better third (default: grid)",
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


def _search(arguments: argparse.Namespace) -> None:
    given = read_search_file(arguments.file) if arguments.file else {}
    named = arguments.recipe or arguments.estimator
    recipe = arguments.recipe if named else given.get("recipe")
    name = arguments.estimator if named else given.get("estimator")
    method = arguments.method or given.get("method", "grid")
    grid = {**given.get("parameters", {}), **dict(arguments.param)}
    if not grid:
        raise UsageError(
            "name values to try, with --param epochs=5,10 or in a --file of YAML"
        )
    estimator = make_estimator(recipe, name, arguments.seed)
    _check_candidates(estimator, grid)
    if arguments.save is not None:
        check_savable(arguments.save)

    digits = load_digits(arguments.data, arguments.n_train, arguments.seed)
    if not arguments.json:
        print(f"Data: {digits}", flush=True)
        print(f"Classifier: {one_line(estimator)}", flush=True)
    progress = SearchProgress(grid, quiet=arguments.json)
    search = _make_search(method, estimator, grid, arguments, progress)
    try:
        with only_json(arguments), ctrl_c_ends_all_fits(), progress:
            search.fit(digits.X_train, digits.y_train)
    except (TypeError, ValueError) as error:
        raise UsageError(one_line(error)) from error
    except ImportError as error:  # a parameter may need more than is installed
        raise CommandError(one_line(error)) from error
    best = search.best_estimator_
    accuracy = float(best.score(digits.X_test, digits.y_test))
    ranked = _ranked(search.cv_results_)
    if arguments.save is not None:
        save_model(best, arguments.save)
    if arguments.json:
        print_json(
            {
                "data": digits.origin,
                "classifier": one_line(estimator),
                "method": method,
                "cv": arguments.cv,
                "seed": arguments.seed,
                "candidates": ranked,
                "best_parameters": search.best_params_,
                "test_accuracy": accuracy,
                "model": arguments.save,
            }
        )
        return
    print("\naccuracy      SD   fit s  images  parameters")
    for row in ranked:
        print(
            f"{row['accuracy']:>8.4f}  {row['accuracy_std']:.4f}  "
            f"{row['fit_seconds']:>6.2f}  {row['n_images'] or len(digits.y_train):>6}  "
            f"{as_text(row['parameters'])}"
        )
    print(f"\nBest: {as_text(search.best_params_)}")
    print(f"Accuracy: {accuracy:.4f} on {len(digits.y_test)} test images")
    if arguments.save is not None:
        print(f"Model: {arguments.save}")


def as_text(parameters: Mapping[str, Any]) -> str:
    """Write parameters on one line."""
    return ", ".join(f"{name}={value!r}" for name, value in parameters.items())


def _check_candidates(estimator: Any, grid: Mapping[str, list[Any]]) -> None:
    from sklearn.base import clone

    for name, values in grid.items():
        for value in values:
            set_parameters(clone(estimator), {name: value})


def _make_search(
    method: str,
    estimator: Any,
    grid: Mapping[str, list[Any]],
    arguments: argparse.Namespace,
    progress: SearchProgress,
) -> Any:
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401  enables it
    from sklearn.model_selection import (
        GridSearchCV,
        HalvingGridSearchCV,
        StratifiedKFold,
    )

    settings: dict[str, Any] = {
        "scoring": progress.score,
        "cv": StratifiedKFold(arguments.cv, shuffle=True, random_state=arguments.seed),
        "error_score": "raise",
    }
    if method == "halving":
        return HalvingGridSearchCV(
            estimator,
            grid,
            random_state=arguments.seed,
            return_train_score=False,
            **settings,
        )
    return GridSearchCV(estimator, grid, **settings)


def _ranked(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the candidates, the best first; of a halving search all of its rounds."""
    # Of more images more is to be expected: the last round goes first.
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
