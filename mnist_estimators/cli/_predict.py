"""``predict``: read pictures of digits."""

import sys
import tempfile
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..exceptions import DatasetNotFoundError
from ._arguments import Parser, add_json
from ._command import Command, Result
from ._errors import CommandError, one_line
from ._interruption import ctrl_c_ends_all_fits
from ._model_files import load_model

_QUICK_MNIST_IMAGES = 20_000


def _add_arguments(parser: Parser) -> None:
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


def _run(arguments: Namespace) -> Result:
    import numpy as np

    images = np.concatenate([_read_picture(name) for name in arguments.images])
    model = _quick_model() if arguments.model is None else load_model(arguments.model)
    try:
        results = _predict(model, arguments.images, images)
    except ValueError as error:
        raise CommandError(
            f"{str(arguments.model)!r} can't predict images of 28 x 28 pixels: "
            f"{one_line(error)}"
        ) from error
    return Result(results, "\n".join(map(_as_line, results)))


def _predict(model: Any, names: Sequence[str], images: Any) -> list[dict[str, Any]]:
    """Predict a digit for each image, with probabilities where the model has them."""
    import numpy as np

    digits = np.asarray(model.predict(images)).tolist()
    found = [
        {"image": name, "digit": digit}
        for name, digit in zip(names, digits, strict=True)
    ]
    if hasattr(model, "predict_proba"):
        labels = [str(label) for label in np.asarray(model.classes_).tolist()]
        rows = np.asarray(model.predict_proba(images)).tolist()
        for one, row in zip(found, rows, strict=True):
            one["probabilities"] = dict(zip(labels, row, strict=True))
    return found


def _read_picture(name: str) -> Any:
    """Read a picture and bring it to MNIST's form, as a row of 784 pixels."""
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


def _as_line(prediction: dict[str, Any]) -> str:
    line = f"{prediction['image']}: {prediction['digit']}"
    if "probabilities" not in prediction:
        return line
    # Not always the largest: SVC derives its probabilities separately.
    probability = prediction["probabilities"][str(prediction["digit"])]
    return f"{line}  ({100 * probability:.1f} %)"


PREDICT = Command(
    "predict",
    help="name the digits in pictures, such as photographs and scans",
    description="Name the digits in pictures, one digit each: photographs, scans "
    "or drawings, dark on light or light on dark.",
    add_arguments=_add_arguments,
    run=_run,
)
