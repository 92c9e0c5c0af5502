"""The command line: ``mnist-estimators <command>``, or ``python -m mnist_estimators``.

Each command is one function that declares its arguments and one that runs it. What a
command needs is imported when it runs, so ``--help`` answers at once.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..exceptions import BackendError
from ._arguments import CommandError, Parser, UsageError, one_line
from ._compare import declare_compare
from ._data import declare_data
from ._evaluate import declare_evaluate
from ._predict import declare_predict
from ._recipes import declare_recipes
from ._search import declare_search
from ._serve import declare_serve
from ._train import declare_train


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, default=None
        Arguments without the program's name; None takes those of the process. Without
        any, a menu is shown on a terminal, and the help elsewhere.

    Returns
    -------
    int
        Exit code: 0 after success, 1 where data or files fail, 2 without a command,
        130 after Ctrl-C.

    Raises
    ------
    SystemExit
        With code 2 for wrong arguments, 0 after ``--help`` and ``--version``.
    """
    parser = Parser(
        prog="mnist-estimators",
        description="Handwritten-digit classifiers that behave like scikit-learn's.",
        epilog="'mnist-estimators COMMAND --help' tells more of each.",
    )
    parser.add_argument("--version", action=_Version)
    parser.set_defaults(run=_without_command, parser=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for declare in (
        declare_data,
        declare_train,
        declare_evaluate,
        declare_predict,
        declare_serve,
        declare_compare,
        declare_search,
        declare_recipes,
    ):
        declare(commands)

    arguments, unknown = parser.parse_known_args(argv)
    command: Parser = arguments.parser
    if unknown:
        command.error(f"unrecognized arguments: {' '.join(unknown)}")
    name = command.prog
    try:
        with _plain_warnings(name):
            code = arguments.run(arguments) or 0
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read the output needs no more of it; nor does Python's own flush.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (CommandError, OSError, BackendError) as error:
        print(f"{name}: error: {error}", file=sys.stderr)
        return 1
    except UsageError as error:
        command.error(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _without_command(arguments: argparse.Namespace) -> int:
    if sys.stdin.isatty() and sys.stdout.isatty():
        from ._menu import run_menu

        return run_menu(main)
    arguments.parser.print_help(sys.stderr)
    return 2


class _Version(argparse.Action):
    """Asks for the version only when it is asked for."""

    def __init__(self, option_strings: Sequence[str], dest: str):
        super().__init__(
            option_strings, dest, nargs=0, help="show the version and leave"
        )

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from .. import __version__

        print(__version__)
        parser.exit()


@contextmanager
def _plain_warnings(name: str) -> Iterator[None]:
    """Show warnings as lines that need no knowledge of Python."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        print(f"{name}: warning: {one_line(message)}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
