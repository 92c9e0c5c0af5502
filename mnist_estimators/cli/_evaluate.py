"""``evaluate``: test a model file."""

import argparse
import json
from pathlib import Path
from typing import Any

from ._arguments import CommandError, add_command, add_json, one_line, print_json
from ._digits import add_data, load_digits
from ._model_files import load_model


def declare_evaluate(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = add_command(
        commands,
        "evaluate",
        _evaluate,
        help="score a model file on test images, digit by digit",
        description="Score a model on the test images, which train never sees, and "
        "print precision, recall and more for each digit.",
    )
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="what train --save wrote, or an ONNX file",
    )
    add_data(parser)
    add_json(parser)


def _evaluate(arguments: argparse.Namespace) -> None:
    estimator = load_model(arguments.model)
    digits = load_digits(arguments.data)

    import numpy as np

    from ..inspection import digit_report

    name = repr(str(arguments.model))
    try:
        predicted = np.asarray(estimator.predict(digits.X_test))
    except ValueError as error:
        raise CommandError(
            f"{name} can't predict these images: {one_line(error)}"
        ) from error
    if predicted.ndim != 1 or predicted.dtype.kind not in "biuf":
        raise CommandError(
            f"{name} was trained on labels such as {predicted.tolist()[0]!r}, but the "
            f"labels of these images are numbers such as {digits.y_test[0]}. Train it "
            "on numbers, such as y.astype(int)."
        )
    report = digit_report(digits.y_test, predicted)
    accuracy = float(report["accuracy"]["accuracy"])
    n_images = len(digits.y_test)
    if arguments.json:
        totals = ["accuracy", "macro avg", "weighted avg"]
        rows = report.drop(index=totals).to_json(orient="index")
        print_json(
            {
                "model": str(arguments.model),
                "data": digits.origin,
                "n_test": n_images,
                "accuracy": accuracy,
                "digits": json.loads(rows),
            }
        )
        return
    print(f"Data: {digits.origin}: {n_images} test images")
    print(f"Accuracy: {accuracy:.4f}\n")
    print(report.reset_index().to_string(index=False, float_format="{:.4f}".format))
