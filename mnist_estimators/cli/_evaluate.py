"""``evaluate``: test a model file."""

import json
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._arguments import Parser, add_json
from ._command import Command, Result
from ._digits import Digits, add_data, load_digits
from ._errors import CommandError, one_line
from ._model_files import load_model


def _add_arguments(parser: Parser) -> None:
    parser.add_argument(
        "model",
        type=Path,
        metavar="MODEL",
        help="what train --save wrote, or an ONNX file",
    )
    add_data(parser)
    add_json(parser)


def _run(arguments: Namespace) -> Result:
    estimator = load_model(arguments.model)
    digits = load_digits(arguments.data)

    from ..inspection import digit_report

    predicted = _predict(estimator, digits, repr(str(arguments.model)))
    report = digit_report(digits.y_test, predicted)
    totals = ["accuracy", "macro avg", "weighted avg"]
    results = {
        "model": arguments.model,
        "data": digits.origin,
        "n_test": len(digits.y_test),
        "accuracy": float(report["accuracy"]["accuracy"]),
        "digits": json.loads(report.drop(index=totals).to_json(orient="index")),
    }
    return Result(results, _as_text(results, report))


def _predict(estimator: Any, digits: Digits, name: str) -> Any:
    """Predict the test images, and check that the labels are numbers as theirs are."""
    import numpy as np

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
    return predicted


def _as_text(results: Mapping[str, Any], report: Any) -> str:
    table = report.reset_index()
    return (
        f"Data: {results['data']}: {results['n_test']} test images\n"
        f"Accuracy: {results['accuracy']:.4f}\n\n"
        + table.to_string(index=False, float_format="{:.4f}".format)
    )


EVALUATE = Command(
    "evaluate",
    help="score a model file on test images, digit by digit",
    description="Score a model on the test images, which train never sees, and "
    "print precision, recall and more for each digit.",
    add_arguments=_add_arguments,
    run=_run,
)
