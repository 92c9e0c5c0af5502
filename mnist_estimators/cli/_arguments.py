"""Arguments that several commands have: their parser, types and options."""

import argparse
import difflib
from collections.abc import Iterable
from functools import partial
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Reports an error as one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        """Exit with one line and code 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")


def add_json(parser: Parser) -> None:
    """Declare ``--json``."""
    parser.add_argument(
        "--json", action="store_true", help="print only the results, as JSON"
    )


def add_seed(parser: Parser, of_what: str) -> None:
    """Declare ``--seed``."""
    parser.add_argument(
        "--seed",
        type=partial(integer, low=0, high=2**32 - 1),
        default=0,
        metavar="S",
        help=f"seed of {of_what} (default: %(default)s)",
    )


def add_folds(parser: Parser) -> None:
    """Declare ``--cv``."""
    parser.add_argument(
        "--cv",
        type=partial(integer, low=2),
        default=3,
        metavar="K",
        help="number of folds (default: %(default)s)",
    )


def image_count(text: str) -> int | str:
    """Read a number of images, or 'all'."""
    return text if text == "all" else integer(text, 1, otherwise="or 'all'")


def integer(text: str, low: int, high: int | None = None, otherwise: str = "") -> int:
    """Read an integer from `low` to `high`; `otherwise` names what else is allowed."""
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if number < low or (high is not None and number > high):
        bounds = f"of at least {low}" if high is None else f"from {low} to {high}"
        allowed = f"an integer {bounds} {otherwise}".rstrip()
        raise argparse.ArgumentTypeError(f"must be {allowed}; got {text!r}")
    return number


def known_name(what: str, text: str, known: Iterable[str]) -> str:
    """Read one of the known names, in whatever case."""
    names = {name.lower(): name for name in known}
    if text.lower() not in names:
        raise argparse.ArgumentTypeError(unknown(what, text, names.values()))
    return names[text.lower()]


def unknown(what: str, given: str, known: Iterable[str]) -> str:
    """Say that a name is unknown, with the nearest known one and all of them."""
    names = {name.lower(): name for name in known}
    key = given.lower().removesuffix("classifier")
    near = [name for name in names if key and name.startswith(key)]
    near = near or difflib.get_close_matches(key, names, 1)
    hint = f"did you mean {names[near[0]]!r}? " if near else ""
    return f"unknown {what} {given!r}: {hint}Known are {', '.join(names.values())}"
