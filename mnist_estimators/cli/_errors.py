"""Errors that end a command with one line."""

from collections.abc import Iterator
from contextlib import contextmanager


class UsageError(Exception):
    """Arguments that turn out to be wrong only while the command runs."""


class CommandError(Exception):
    """Data or files that fail; the message names the fix."""


def one_line(message: object) -> str:
    """Bring a message to one line."""
    return " ".join(str(message).split())


@contextmanager
def one_line_errors_of_fit() -> Iterator[None]:
    """Report what a fit raises about its parameters as errors of the command."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UsageError(one_line(error)) from error
    except ImportError as error:  # a parameter may need more than is installed
        raise CommandError(one_line(error)) from error
