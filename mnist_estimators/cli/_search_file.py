"""A search that is described in a file of YAML."""

import argparse
from pathlib import Path
from typing import Any

from ._arguments import known_name, unknown
from ._errors import CommandError, UsageError, one_line
from ._estimators import estimator_name, parse_value

METHODS = ("grid", "halving")
_FILE_KEYS = ("recipe", "estimator", "method", "parameters")


def read_search_file(path: Path) -> dict[str, Any]:
    """Read the search that a YAML file describes.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        Some of recipe, estimator and method, and always parameters: a list of values
        for each name.

    Raises
    ------
    CommandError
        If the file can't be read, or is not valid YAML.
    UsageError
        If its content does not describe a search.
    """
    import yaml

    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(
            f"--file: can't read {str(path)!r}: {error.strerror}"
        ) from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(
            f"--file: {str(path)!r} is not YAML: {one_line(error)}"
        ) from error
    if not isinstance(given, dict):
        raise UsageError(
            f"--file: {str(path)!r} must be a mapping with {', '.join(_FILE_KEYS)}"
        )
    for key in given:
        if key not in _FILE_KEYS:
            raise UsageError(f"--file: {unknown('key', str(key), _FILE_KEYS)}")
    for key in ("recipe", "estimator", "method"):
        if key in given and not isinstance(given[key], str):
            raise UsageError(f"--file: {key} must be one name; got {given[key]!r}")
    try:
        if "estimator" in given:
            given["estimator"] = estimator_name(given["estimator"])
        if "method" in given:
            given["method"] = known_name("method", given["method"], METHODS)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"--file: {error}") from None
    parameters = given.get("parameters", {})
    if not isinstance(parameters, dict):
        raise UsageError(
            "--file: parameters must be a mapping of names to lists of values, such "
            "as 'epochs: [5, 10]'"
        )
    given["parameters"] = {
        str(name): list(map(_value, values if isinstance(values, list) else [values]))
        for name, values in parameters.items()
    }
    return given


def _value(value: Any) -> Any:
    # YAML reads 1e-3 as text.
    return parse_value(value) if isinstance(value, str) else value
