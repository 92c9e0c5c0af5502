"""``data explore``: what is in the images."""

from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._arguments import Parser, add_json
from ._command import Command, Result
from ._digits import add_data, load_mnist
from ._output_files import check_picture, save_picture


def _add_arguments(parser: Parser) -> None:
    add_data(parser)
    parser.add_argument(
        "--grid", type=Path, metavar="FILE.png", help="draw the first 25 images"
    )
    add_json(parser)


def _run(arguments: Namespace) -> Result:
    from .. import datasets

    check_picture("--grid", arguments.grid)
    parts: dict[str, Any]
    if arguments.data == "mnist":
        parts = {subset: load_mnist(subset=subset) for subset in ("train", "test")}
    else:
        parts = {"images": datasets.load_small_digits(return_X_y=False)}
    if arguments.grid is not None:
        from ..inspection import DigitGridDisplay

        first = next(iter(parts.values()))
        save_picture(
            DigitGridDisplay.from_images(first.data, first.target), arguments.grid
        )
    results = _describe(parts)
    name = "MNIST" if arguments.data == "mnist" else "small digits"
    text = f"Data: {name}, from {results['source']}\n{_as_text(results)}"
    if arguments.grid is not None:
        text += f"\n\nSamples: {arguments.grid}"
    return Result(results, text)


def _describe(parts: Mapping[str, Any]) -> dict[str, Any]:
    import numpy as np

    first = next(iter(parts.values()))
    pixels = np.concatenate([part.data for part in parts.values()])
    return {
        "source": first.source,
        "shape": [len(pixels), *first.images.shape[1:]],
        "dtype": str(pixels.dtype),
        "pixel_min": int(pixels.min()),
        "pixel_max": int(pixels.max()),
        "pixel_mean": round(float(pixels.mean()), 3),
        "class_counts": {
            name: dict(enumerate(np.bincount(part.target, minlength=10).tolist()))
            for name, part in parts.items()
        },
    }


def _as_text(results: Mapping[str, Any]) -> str:
    n_images, height, width = results["shape"]
    counts = results["class_counts"]
    lines = [
        f"{n_images} images of {height} x {width} pixels, {results['dtype']} from "
        f"{results['pixel_min']} to {results['pixel_max']}, "
        f"{results['pixel_mean']:.1f} on average",
        "",
        "digit" + "".join(f"{name:>8}" for name in counts),
    ]
    for digit in range(10):
        row = "".join(f"{of_part[digit]:>8}" for of_part in counts.values())
        lines.append(f"{digit:>5}{row}")
    return "\n".join(lines)


EXPLORE = Command(
    "explore",
    help="show shapes and class counts, and draw samples",
    description="Show the shapes, pixel values and class counts of the images, and "
    "draw some of them.",
    add_arguments=_add_arguments,
    run=_run,
)
