"""``data``: download, verify and explore the images."""

import argparse
from pathlib import Path
from typing import Any

from ..exceptions import DatasetNotFoundError
from ._arguments import (
    UsageError,
    add_command,
    add_json,
    check_picture_format,
    check_writable,
    print_json,
)
from ._digits import add_data, mnist_missing


def declare_data(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = commands.add_parser(
        "data",
        help="download, verify or explore the images",
        description="Download, verify or explore the images.",
    )
    parser.set_defaults(parser=parser)
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")

    download = add_command(
        actions,
        "download",
        _download,
        help="get MNIST, unless it is on this machine already",
        description="Download MNIST into Keras' cache, unless it is on this machine "
        "already, and verify its checksums.",
    )
    verify = add_command(
        actions,
        "verify",
        _verify,
        help="compare MNIST's files on this machine with the originals",
        description="Compare the checksums of MNIST's files on this machine with those "
        "of the originals. Nothing is downloaded.",
    )
    for subparser in (download, verify):
        subparser.add_argument(
            "--folder",
            type=Path,
            metavar="DIR",
            help="a folder to look in first; else MNIST_ESTIMATORS_DATA and Keras' "
            "cache",
        )
        add_json(subparser)

    explore = add_command(
        actions,
        "explore",
        _explore,
        help="tell shapes and class counts, and draw samples",
        description="Tell the shapes, pixel values and class counts of the images, and "
        "draw some of them.",
    )
    add_data(explore)
    explore.add_argument(
        "--grid", type=Path, metavar="FILE.png", help="draw the first 25 images"
    )
    add_json(explore)


def _download(arguments: argparse.Namespace) -> None:
    _find_mnist(arguments, download=True)


def _verify(arguments: argparse.Namespace) -> None:
    _find_mnist(arguments, download=False)


def _find_mnist(arguments: argparse.Namespace, *, download: bool) -> None:
    from ..datasets import load_mnist

    if arguments.folder is not None and not arguments.folder.expanduser().is_dir():
        raise UsageError(f"--folder: there is no folder {str(arguments.folder)!r}")
    try:
        found: Any = load_mnist(
            subset="all",
            return_X_y=False,
            data_home=arguments.folder,
            download_if_missing=download,
        )
    except DatasetNotFoundError as error:
        raise mnist_missing(error, "--folder") from error
    n_images = len(found.target)
    if arguments.json:
        print_json({"source": found.source, "n_images": n_images, "intact": True})
    else:
        print(f"MNIST, from {found.source}: {n_images} images, as in the originals")


def _explore(arguments: argparse.Namespace) -> None:
    import numpy as np

    from .. import datasets

    if arguments.grid is not None:
        check_picture_format("--grid", arguments.grid)
        check_writable("--grid", arguments.grid)

    parts: dict[str, Any] = {}
    if arguments.data == "mnist":
        try:
            for subset in ("train", "test"):
                parts[subset] = datasets.load_mnist(subset=subset, return_X_y=False)
        except DatasetNotFoundError as error:
            raise mnist_missing(error) from error
    else:
        parts["images"] = datasets.load_small_digits(return_X_y=False)
    first = next(iter(parts.values()))
    pixels = np.concatenate([part.data for part in parts.values()])
    counts = {
        name: np.bincount(part.target, minlength=10) for name, part in parts.items()
    }
    height, width = first.images.shape[1:]
    if arguments.json:
        print_json(
            {
                "source": first.source,
                "shape": [len(pixels), height, width],
                "dtype": str(pixels.dtype),
                "pixel_min": int(pixels.min()),
                "pixel_max": int(pixels.max()),
                "pixel_mean": round(float(pixels.mean()), 3),
                "class_counts": {
                    name: dict(enumerate(number.tolist()))
                    for name, number in counts.items()
                },
            }
        )
    else:
        name = "MNIST" if arguments.data == "mnist" else "small digits"
        print(f"Data: {name}, from {first.source}")
        print(
            f"{len(pixels)} images of {height} x {width} pixels, {pixels.dtype} from "
            f"{pixels.min()} to {pixels.max()}, {pixels.mean():.1f} on average\n"
        )
        print("digit" + "".join(f"{name:>8}" for name in counts))
        for digit in range(10):
            row = "".join(f"{number[digit]:>8}" for number in counts.values())
            print(f"{digit:>5}{row}")
    if arguments.grid is not None:
        from ..inspection import DigitGridDisplay

        display = DigitGridDisplay.from_images(first.data, first.target)
        display.figure_.savefig(arguments.grid, dpi=150)
        if not arguments.json:
            print(f"\nSamples: {arguments.grid}")
