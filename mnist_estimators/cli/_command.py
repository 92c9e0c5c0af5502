"""The shape of every command: arguments, a run, and a result that is shown."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import nullcontext, redirect_stdout
from typing import Any, NamedTuple

from ._arguments import Parser


class Result(NamedTuple):
    """What a command found, in the two forms that it is shown in.

    Attributes
    ----------
    json : object
        Printed with ``--json``; what JSON has no form for is written as text.
    text : str
        Printed without.
    exit_code : int, default=0
        Of the process.
    """

    json: Any
    text: str
    exit_code: int = 0


class Command(NamedTuple):
    """A command, or an action of one.

    Attributes
    ----------
    name : str
        What the user types.
    help, description : str
        Lines in the list of commands and in the command's own help.
    add_arguments : callable
        Declares the arguments.
    run : callable or None
        Does the work, writes the files that were asked for, and returns the result;
        None where there is nothing to show. A command that consists of actions has no
        run of its own.
    """

    name: str
    help: str
    description: str
    add_arguments: Callable[[Parser], None]
    run: Callable[[Namespace], Result | None] | None = None


def declare(commands: Any, command: Command) -> None:
    """Add a command to what ``add_subparsers`` returned."""
    parser: Parser = commands.add_parser(
        command.name, help=command.help, description=command.description
    )
    parser.set_defaults(run=command.run, parser=parser)
    command.add_arguments(parser)


def run_and_show(arguments: Namespace) -> int:
    """Run the command that was named, print its result, and return its exit code."""
    as_json = getattr(arguments, "json", False)
    # Standard output holds only the JSON, whatever a fit prints.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        result: Result | None = arguments.run(arguments)
    if result is None:
        return 0
    if as_json:
        print(json.dumps(result.json, indent=2, default=str))
    else:
        print(result.text)
    return result.exit_code


def announce(arguments: Namespace, line: str) -> None:
    """Print a line before the work, but not with ``--json``."""
    if not arguments.json:
        print(line, flush=True)
