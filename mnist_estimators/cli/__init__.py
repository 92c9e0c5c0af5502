"""The command line: ``mnist-estimators <command>``, or ``python -m mnist_estimators``.

Each command has a file with the same parts: it adds its arguments, runs, and returns a
result as JSON and as text. ``_command`` describes these parts, and prints the result. A
run imports the libraries that it needs, so ``--help`` answers at once.
"""

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .. import __version__
from ..exceptions import BackendError
from ._arguments import Parser
from ._command import declare, run_and_show
from ._compare import COMPARE
from ._data import DATA
from ._errors import CommandError, UsageError, one_line
from ._evaluate import EVALUATE
from ._predict import PREDICT
from ._recipes import RECIPES
from ._search import SEARCH
from ._serve import SERVE
from ._train import TRAIN

_COMMANDS = (DATA, TRAIN, EVALUATE, PREDICT, SERVE, COMPARE, SEARCH, RECIPES)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    argv : sequence of str, default=None
        Arguments without the program's name; by default those of the process. Without
        arguments, a menu is shown on a terminal, and the help elsewhere.

    Returns
    -------
    int
        Exit code: 0 after success, 1 if data or files fail, 2 without a command, 130
        after Ctrl-C.

    Raises
    ------
    SystemExit
        With code 2 for wrong arguments, 0 after ``--help`` and ``--version``.
    """
    arguments, unknown = _make_parser().parse_known_args(argv)
    command: Parser = arguments.parser
    if unknown:
        command.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        with _plain_warnings(command.prog):
            if arguments.run is None:
                code = _without_command(command)
            else:
                code = run_and_show(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader of the output has left: discard what Python still flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (CommandError, OSError, BackendError) as error:
        print(f"{command.prog}: error: {error}", file=sys.stderr)
        return 1
    except UsageError as error:
        command.error(str(error))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _make_parser() -> Parser:
    parser = Parser(
        prog="mnist-estimators",
        description="Handwritten-digit classifiers that behave like scikit-learn's.",
        epilog="See 'mnist-estimators COMMAND --help' for the options of a command.",
    )
    parser.add_argument(
        "--version",
        action="version",
        version=__version__,
        help="show the version and exit",
    )
    parser.set_defaults(run=None, parser=parser)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for command in _COMMANDS:
        declare(commands, command)
    return parser


def _without_command(parser: Parser) -> int:
    if sys.stdin.isatty() and sys.stdout.isatty():
        from ._menu import run_menu

        return run_menu(main)
    parser.print_help(sys.stderr)
    return 2


@contextmanager
def _plain_warnings(name: str) -> Iterator[None]:
    """Show warnings as plain lines, without Python source."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        print(f"{name}: warning: {one_line(message)}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
