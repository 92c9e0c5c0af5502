"""The classifier that arguments name: a recipe or a class, and its parameters."""

import argparse
import ast
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ._arguments import Parser, known_name, unknown
from ._errors import UsageError, one_line

ESTIMATORS = ("DenseDigit", "CNNDigit", "NumpyDigit")  # without "Classifier"
_WORDS = {"none": None, "null": None, "true": True, "false": False}


def add_estimator(parser: Parser) -> None:
    """Declare the name of a recipe and ``--estimator``."""
    parser.add_argument(
        "recipe",
        nargs="?",
        metavar="RECIPE",
        help="a network that 'mnist-estimators recipes' lists, such as simple_cnn",
    )
    parser.add_argument(
        "--estimator",
        type=estimator_name,
        metavar="NAME",
        help=f"in place of a recipe: one of {', '.join(ESTIMATORS)}",
    )


def make_estimator(recipe: str | None, name: str | None, seed: int) -> Any:
    """Make the classifier that the arguments name.

    Parameters
    ----------
    recipe : str or None
        Name of a recipe, in any case.
    name : str or None
        One of ``ESTIMATORS``, in place of a recipe.
    seed : int
        Seed of the classifier.

    Returns
    -------
    classifier
        Unfitted.

    Raises
    ------
    UsageError
        If there is no such recipe, or if both or neither is given.
    """
    import mnist_estimators
    from mnist_estimators import recipes

    known = recipes.all(random_state=seed)
    if recipe is None and name is None:
        raise UsageError(
            f"name a recipe, one of {', '.join(known)}, or an estimator with "
            f"--estimator, one of {', '.join(ESTIMATORS)}"
        )
    if recipe is not None and name is not None:
        raise UsageError(
            f"both the recipe {recipe!r} and --estimator {name} were named: leave one "
            "of them out"
        )
    if name is not None:
        return getattr(mnist_estimators, f"{name}Classifier")(random_state=seed)
    assert recipe is not None
    try:
        return known[known_name("recipe", recipe, known)]
    except argparse.ArgumentTypeError as error:
        raise UsageError(str(error)) from None


def set_parameters(estimator: Any, parameters: Mapping[str, Any]) -> None:
    """Set parameters of a classifier of this package, and check them all.

    Parameters
    ----------
    estimator : classifier
        Changed.
    parameters : mapping of str to object
        Values by their names.

    Raises
    ------
    UsageError
        If there is no such parameter, or a value is out of its range.
    """
    from .._inputs.sklearn_private import validate_parameter_constraints

    name = type(estimator).__name__
    known = estimator.get_params()
    for parameter in parameters:
        if parameter not in known:
            raise UsageError(unknown(f"parameter of {name}", parameter, known))
    estimator.set_params(**parameters)
    try:
        validate_parameter_constraints(
            estimator._parameter_constraints,
            estimator.get_params(deep=False),
            caller_name=name,
        )
    except ValueError as error:
        raise UsageError(one_line(error)) from None


def progress_verbosity(*, quiet: bool) -> int:
    """Choose `verbose`: a bar on a terminal, else lines, or nothing where `quiet`."""
    if sys.stderr.isatty():
        return 1
    return 0 if quiet else 2


def estimator_name(text: str) -> str:
    """Read one of ``ESTIMATORS``, or the name of its class."""
    names = {f"{name}Classifier".lower(): name for name in ESTIMATORS}
    return names.get(text.lower()) or known_name("estimator", text, ESTIMATORS)


def parameter(text: str) -> tuple[str, Any]:
    """Read ``name=value``."""
    name, value = _name_and_text(text)
    return name, parse_value(value)


def candidates(text: str) -> tuple[str, list[Any]]:
    """Read ``name=value,value,...``; commas within brackets do not separate."""
    name, values = _name_and_text(text)
    return name, [parse_value(part) for part in _split(values)]


def parse_value(text: str) -> Any:
    """Read a Python literal; anything else is text."""
    text = text.strip()
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return text


def _name_and_text(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (equals and name.strip() and value.strip()):
        raise argparse.ArgumentTypeError(
            f"must be name=value, such as epochs=5; got {text!r}"
        )
    return name.strip(), value


def _split(text: str) -> Iterable[str]:
    depth, part = 0, ""
    for character in text:
        if character == "," and depth == 0:
            yield part
            part = ""
            continue
        depth += (character in "([{") - (character in ")]}")
        part += character
    yield part
