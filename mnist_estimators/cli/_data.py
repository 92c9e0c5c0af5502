"""``data``: download, verify and explore the images."""

from ._arguments import Parser
from ._command import Command, declare
from ._explore import EXPLORE
from ._mnist_files import DOWNLOAD, VERIFY


def _add_actions(parser: Parser) -> None:
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    for action in (DOWNLOAD, VERIFY, EXPLORE):
        declare(actions, action)


DATA = Command(
    "data",
    help="download, verify or explore the images",
    description="Download, verify or explore the images.",
    add_arguments=_add_actions,
)
