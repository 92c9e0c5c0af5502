"""``predict``: read pictures of digits."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..exceptions import DatasetNotFoundError
from ._arguments import CommandError, add_command, add_json, one_line, print_json
from ._interruption import ctrl_c_ends_all_fits
from ._model_files import load_model

_QUICK_MNIST_IMAGES = 20_000


def declare_predict(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = add_command(
        commands,
        "predict",
        _predict,
        help="name the digits in pictures, such as photographs and scans",
        description="Name the digits in pictures, one digit each: photographs, scans "
        "or drawings, dark on light or light on dark.",
    )
    parser.add_argument(
        "images",
        nargs="+",
        metavar="IMAGE",
        help="PNG, JPEG, BMP, WEBP or TIFF file, or '-' for one on standard input",
    )
    parser.add_argument(
        "--model",
        type=Path,
        metavar="FILE",
        help="what train --save wrote, or an ONNX file (default: a small network is "
        "trained first)",
    )
    add_json(parser)


def _predict(arguments: argparse.Namespace) -> None:
    import numpy as np

    images = read_pictures(arguments.images)
    model = _quick_model() if arguments.model is None else load_model(arguments.model)

    try:
        digits = np.asarray(model.predict(images)).tolist()
        probabilities = (
            model.predict_proba(images) if hasattr(model, "predict_proba") else None
        )
    except ValueError as error:
        raise CommandError(
            f"{str(arguments.model)!r} can't predict images of 28 x 28 pixels: "
            f"{one_line(error)}"
        ) from error

    results = []
    for number, (name, digit) in enumerate(zip(arguments.images, digits, strict=True)):
        result: dict[str, Any] = {"image": name, "digit": digit}
        if probabilities is not None:
            row = map(float, probabilities[number])
            labels = map(str, np.asarray(model.classes_).tolist())
            result["probabilities"] = dict(zip(labels, row, strict=True))
        results.append(result)
    if arguments.json:
        print_json(results)
        return
    for result in results:
        sure = ""
        if "probabilities" in result:
            # Not always the largest: SVC finds its probabilities in another way.
            probability = result["probabilities"][str(result["digit"])]
            sure = f"  ({100 * probability:.1f} %)"
        print(f"{result['image']}: {result['digit']}{sure}")


def read_pictures(names: Sequence[str]) -> Any:
    """Read pictures and bring them to MNIST's form.

    Parameters
    ----------
    names : sequence of str
        Files; '-' for standard input.

    Returns
    -------
    ndarray of shape (n, 784), dtype uint8

    Raises
    ------
    CommandError
        If a file is missing or no picture, or no digit is seen in it.
    """
    import numpy as np

    return np.concatenate([_read_picture(name) for name in names])


def _read_picture(name: str) -> Any:
    from ..datasets import load_digit_images
    from ..preprocessing import DigitCanonicalizer

    with tempfile.TemporaryDirectory() as folder:
        path = Path(name)
        if name == "-":
            path = Path(folder) / "standard input"
            path.write_bytes(sys.stdin.buffer.read())
        try:
            pictures = load_digit_images(path)
        except FileNotFoundError:
            raise CommandError(
                f"there is no picture {name!r}: check the name, or give its whole path"
            ) from None
        except ValueError as error:
            message = one_line(error)
            if name == "-":
                message = message.replace(str(path), path.name)
            raise CommandError(message) from error
    try:
        return DigitCanonicalizer().transform(pictures)
    except ValueError as error:
        message = one_line(error).replace("X[0]", repr(name))
        raise CommandError(message) from error


def _quick_model() -> Any:
    """Train a small network, on MNIST if it is on this machine."""
    from sklearn.model_selection import train_test_split

    from .. import CNNDigitClassifier, datasets
    from ..augmentation import DigitAugmenter

    classifier = CNNDigitClassifier(filters=(16, 32), random_state=0, verbose=1)
    try:
        X, y = datasets.load_mnist(download_if_missing=False)
    except DatasetNotFoundError:
        X, y = datasets.load_small_digits()
        name = "the small digits; 'mnist-estimators data download' gets better ones"
        classifier.set_params(batch_size=32, augmenter=DigitAugmenter())
    else:
        X, _, y, _ = train_test_split(
            X, y, train_size=_QUICK_MNIST_IMAGES, stratify=y, random_state=0
        )
        name = f"{_QUICK_MNIST_IMAGES} images of MNIST"
        classifier.set_params(epochs=3)
    print(f"no --model given: training a small network on {name}", file=sys.stderr)
    with ctrl_c_ends_all_fits():
        classifier.fit(X, y)
    return classifier
