"""The menu that is shown on a terminal where no command is named."""

import shlex
from collections.abc import Callable, Sequence
from typing import NamedTuple


class _Question(NamedTuple):
    text: str
    option: str = ""  # none for a positional argument
    default: str = ""  # what an empty answer means; none leaves the option out
    several: bool = False  # separated by spaces, as in a shell


class _Entry(NamedTuple):
    text: str
    command: Sequence[str]
    questions: Sequence[_Question] = ()


_DATA = _Question("Images, small or mnist", "--data", "small")
_ENTRIES = (
    _Entry("look at the images", ["data", "explore"], [_DATA]),
    _Entry("list the recipes", ["recipes"]),
    _Entry(
        "train a network",
        ["train"],
        [
            _Question("Recipe", default="simple_dense"),
            _DATA,
            _Question("Model file to write, if any", "--save"),
            _Question("Folder for a report, if any", "--report"),
        ],
    ),
    _Entry(
        "test a model file",
        ["evaluate"],
        [_Question("Model file"), _DATA],
    ),
    _Entry(
        "name the digits in pictures",
        ["predict"],
        [
            _Question("Picture files", several=True),
            _Question("Model file, if any", "--model"),
        ],
    ),
    _Entry("draw digits in the browser", ["serve"], [_Question("Model file, if any")]),
    _Entry("compare classifiers", ["compare"], [_DATA]),
    _Entry(
        "search for good parameters",
        ["search"],
        [
            _Question("Recipe", default="simple_dense"),
            _Question("Values to try", "--param", "learning_rate=0.001,0.003,0.01"),
            _DATA,
        ],
    ),
)


def run_menu(run: Callable[[Sequence[str]], int]) -> int:
    """Ask for commands and their arguments, and run them, until 'q'.

    Parameters
    ----------
    run : callable
        Takes the arguments of a command, and returns its exit code.

    Returns
    -------
    int
        Exit code of the last command, 0 if there was none.
    """
    code = 0
    while True:
        print("\nWhat would you like to do?")
        for number, entry in enumerate(_ENTRIES, start=1):
            print(f"  {number}  {entry.text}")
        print("  q  quit")
        try:
            choice = input("Choice: ").strip().lower()
            if choice in {"q", "quit", "exit"}:
                return code
            if choice not in map(str, range(1, len(_ENTRIES) + 1)):
                print(f"Give a number from 1 to {len(_ENTRIES)}, or q.")
                continue
            arguments = _ask(_ENTRIES[int(choice) - 1])
        except EOFError:
            print()
            return code
        except ValueError as error:  # an unmatched quotation mark
            print(f"That can't be read: {error}.")
            continue
        print(f"$ mnist-estimators {shlex.join(arguments)}")
        try:
            code = run(arguments)
        except SystemExit as exit_:  # invalid arguments, already reported
            code = int(exit_.code or 0)


def _ask(entry: _Entry) -> list[str]:
    arguments = [*entry.command]
    for question in entry.questions:
        default = f" [{question.default}]" if question.default else ""
        answer = input(f"{question.text}{default}: ").strip() or question.default
        if not answer:
            continue
        if question.option:
            arguments.append(question.option)
        arguments += shlex.split(answer) if question.several else [answer]
    return arguments
