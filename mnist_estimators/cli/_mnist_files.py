"""``data download`` and ``data verify``: MNIST's files on this machine."""

from argparse import Namespace
from functools import partial
from pathlib import Path

from ._arguments import Parser, add_json
from ._command import Command, Result
from ._digits import load_mnist
from ._errors import UsageError


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="a folder to look in first; else MNIST_ESTIMATORS_DATA and Keras' cache",
    )
    add_json(parser)


def _run(arguments: Namespace, *, download: bool) -> Result:
    if arguments.folder is not None and not arguments.folder.expanduser().is_dir():
        raise UsageError(f"--folder: there is no folder {str(arguments.folder)!r}")
    found = load_mnist(
        "--folder",
        subset="all",
        data_home=arguments.folder,
        download_if_missing=download,
    )
    n_images = len(found.target)
    return Result(
        {"source": found.source, "n_images": n_images, "intact": True},
        f"MNIST, from {found.source}: {n_images} images, as in the originals",
    )


DOWNLOAD = Command(
    "download",
    help="get MNIST, unless it is on this machine already",
    description="Download MNIST into Keras' cache, unless it is on this machine "
    "already, and verify its checksums.",
    add_arguments=_add_arguments,
    run=partial(_run, download=True),
)
VERIFY = Command(
    "verify",
    help="compare MNIST's files on this machine with the originals",
    description="Compare the checksums of MNIST's files on this machine with those "
    "of the originals. Nothing is downloaded.",
    add_arguments=_add_arguments,
    run=partial(_run, download=False),
)
