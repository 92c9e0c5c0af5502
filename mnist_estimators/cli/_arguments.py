"""What the commands share: their parser, kinds of arguments, and errors."""

import argparse
import difflib
import json
import sys
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from pathlib import Path
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """Reports an error as one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        """Leave with one line and exit code 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")


class UsageError(Exception):
    """Arguments that can only be seen to be wrong while the command runs."""


class CommandError(Exception):
    """Data or files that fail; the message names the mend."""


def add_command(
    commands: Any,
    name: str,
    run: Callable[[argparse.Namespace], int | None],
    *,
    help: str,
    description: str,
) -> Parser:
    """Declare a command, and what runs it; its arguments follow."""
    parser: Parser = commands.add_parser(name, help=help, description=description)
    parser.set_defaults(run=run, parser=parser)
    return parser


def add_json(parser: Parser) -> None:
    """Declare ``--json``."""
    parser.add_argument(
        "--json", action="store_true", help="print the results as JSON, and no more"
    )


def add_seed(parser: Parser, of_what: str) -> None:
    """Declare ``--seed``."""
    parser.add_argument(
        "--seed",
        type=seed,
        default=0,
        metavar="S",
        help=f"seed of {of_what} (default: %(default)s)",
    )


def add_folds(parser: Parser) -> None:
    """Declare ``--cv``."""
    parser.add_argument(
        "--cv",
        type=fold_count,
        default=3,
        metavar="K",
        help="number of folds (default: %(default)s)",
    )


def image_count(text: str) -> int | str:
    """Read a number of images, or 'all'."""
    return text if text == "all" else integer(text, 1, None, "or 'all'")


def fold_count(text: str) -> int:
    """Read a number of folds."""
    return integer(text, 2, None)


def seed(text: str) -> int:
    """Read a seed."""
    return integer(text, 0, 2**32 - 1)


def integer(text: str, low: int, high: int | None, otherwise: str = "") -> int:
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


def one_line(message: object) -> str:
    """Bring a message to one line."""
    return " ".join(str(message).split())


def check_writable(option: str, path: Path) -> None:
    """Find out before the long work whether a file can be written."""
    existed = path.exists()
    try:
        with path.open("ab"):
            pass
    except OSError as error:
        raise UsageError(
            f"{option}: can't write {str(path)!r}: {error.strerror}"
        ) from None
    if not existed:
        path.unlink()


def check_picture_format(option: str, path: Path) -> None:
    """Find out whether matplotlib can write a file of this name."""
    from matplotlib.backend_bases import FigureCanvasBase

    formats = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.lower().removeprefix(".") not in formats:
        raise UsageError(
            f"{option}: {str(path)!r} must end in one of .{', .'.join(sorted(formats))}"
        )


def only_json(arguments: argparse.Namespace) -> AbstractContextManager[Any]:
    """With ``--json``, send what a fit prints to standard error."""
    return redirect_stdout(sys.stderr) if arguments.json else nullcontext()


def print_json(results: Any) -> None:
    """Print results as JSON; what JSON doesn't know is written as text."""
    print(json.dumps(results, indent=2, default=str))
