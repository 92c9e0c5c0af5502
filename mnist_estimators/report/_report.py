"""A report on a fitted classifier: one HTML file with all there is to see of it."""

import platform
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.utils.validation import check_is_fitted

from .._inputs.estimators import as_taken
from ..inspection import (
    ActivationMapDisplay,
    ClassDistributionDisplay,
    ConfidenceDisplay,
    DigitGridDisplay,
    MisclassifiedDisplay,
    TrainingHistoryDisplay,
    digit_report,
)
from ..inspection._confidence_of import predict_with_probability
from ..inspection._digit_images import image_shape_within
from ..inspection._display import new_figure
from ..inspection._inside import inside
from ._html import page, paragraph, picture, table

_LIBRARIES = {
    "mnist_estimators": "mnist_estimators",
    "numpy": "numpy",
    "scipy": "scipy",
    "pandas": "pandas",
    "scikit-learn": "sklearn",
    "tensorflow": "tensorflow",
    "keras": "keras",
    "matplotlib": "matplotlib",
}


def write_report(
    estimator: Any,
    X: ArrayLike,
    y: ArrayLike,
    path: str | PathLike[str],
    *,
    y_train: ArrayLike | None = None,
    title: str = "Report on a digit classifier",
    facts: Mapping[str, object] | None = None,
) -> None:
    """Write a report on a fitted classifier, as an HTML file that needs no other.

    It shows the data, layers and parameters, training curves, the confusion matrix,
    precision and recall of each digit, mistakes, confidence, feature maps, versions and
    seeds; what the classifier does not have is left out. A browser shows it without a
    network.

    Parameters
    ----------
    estimator : fitted classifier
        Any of scikit-learn's kind.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Test images, as `estimator` takes them. Not changed.
    y : array-like of shape (n,)
        Their labels.
    path : path-like
        File to write, in a folder that exists. A file that exists is replaced.
    y_train : array-like of shape (n_train,), default=None
        Labels of the training images, to count them.
    title : str, default='Report on a digit classifier'
        Heading.
    facts : mapping of str to object, default=None
        What else is known, such as ``{"Training time": "12 s"}``, written as text.

    Raises
    ------
    NotFittedError
        If `estimator` is not fitted.
    ValueError
        If `X` and `y` differ in length, are empty, or do not fit `estimator`.
    FileNotFoundError
        If there is no folder for the file.
    OSError
        If the file can't be written.

    See Also
    --------
    mnist_estimators.inspection : The displays that it is made of.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from mnist_estimators import load_small_digits
    >>> from mnist_estimators.report import write_report
    >>> X, y = load_small_digits()
    >>> bayes = GaussianNB().fit(X[:1500], y[:1500])
    >>> path = Path(tempfile.mkdtemp()) / "report.html"
    >>> write_report(bayes, X[1500:], y[1500:], path, y_train=y[:1500])
    >>> "Confusion matrix" in path.read_text(encoding="utf-8")
    True
    """
    check_is_fitted(estimator)
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"path must name a file in a folder that exists; got {str(path)!r}. Make "
            "the folder first, or name another."
        )
    labels = np.asarray(y)
    confidence = None
    if hasattr(estimator, "predict_proba"):
        predicted, confidence = predict_with_probability(estimator, X)
    else:
        predicted = np.asarray(estimator.predict(as_taken(estimator, X)))
    scores = digit_report(labels, predicted)
    accuracy = float(scores["accuracy"]["accuracy"])
    known = {
        "Classifier": type(estimator).__name__,
        **{name: str(value) for name, value in (facts or {}).items()},
        "Test images": f"{len(labels):,}",
        "Written": datetime.now().astimezone().isoformat(" ", "minutes"),
    }
    introduction = paragraph(
        f"Accuracy {100 * accuracy:.2f} % on {len(labels):,} test images",
        headline=True,
    ) + table("In short", [], known.items())
    sections = [
        ("Data", _data(estimator, X, labels, y_train)),
        ("Model", _model(estimator)),
        ("Training", _training(estimator)),
        ("Confusion matrix", _confusion_matrix(labels, predicted)),
        ("Each digit", _table_of_digits(scores)),
        ("Mistakes", _mistakes(estimator, X, labels, predicted, confidence)),
        ("Confidence", _confidence(labels, predicted, confidence)),
        ("Activation maps", _activation_maps(estimator, X)),
        ("Versions and seeds", _versions() + _seeds(estimator)),
    ]
    text = page(title, introduction, [pair for pair in sections if pair[1]])
    path.write_text(text, encoding="utf-8")


def _data(estimator: Any, X: ArrayLike, y: Any, y_train: ArrayLike | None) -> str:
    sets = {"test": y} if y_train is None else {"train": y_train, "test": y}
    counts = ClassDistributionDisplay.from_labels(sets)
    rows = [
        (str(label), *(int(counts.counts[name][i]) for name in sets))
        for i, label in enumerate(counts.classes)
    ]
    samples = DigitGridDisplay.from_images(
        X, y, image_shape=image_shape_within(estimator, X)
    )
    return (
        picture(counts.figure_, "Bars: number of images of each digit")
        + table("Number of images", ["digit", *sets], rows)
        + picture(samples.figure_, "The first test images, with their labels")
    )


def _model(estimator: Any) -> str:
    parameters = [
        (name, repr(value))
        for name, value in sorted(estimator.get_params(deep=False).items())
    ]
    network, _ = inside(estimator)
    layers = [*_layers(network)]
    text = table(
        f"Parameters of {type(estimator).__name__}",
        ["parameter", "value"],
        parameters,
    )
    if layers:
        total = sum(n_weights for *_, n_weights in layers)
        rows = [*layers, ("all", "", "", total)]
        text = table("Layers", ["layer", "kind", "output", "weights"], rows) + text
    return text


def _layers(network: Any) -> Iterator[tuple[str, str, str, int]]:
    """List name, kind, shape of the output and number of weights of each layer."""
    model: Any = getattr(network, "model_", None)
    if hasattr(model, "layers"):
        for layer in model.layers:
            shape = tuple(layer.output.shape[1:])
            kind = type(layer).__name__
            yield layer.name, kind, " x ".join(map(str, shape)), layer.count_params()
        return
    # Other classifiers have arrays of these names, which are no layers.
    found = (getattr(network, name, None) for name in ("weights_", "coefs_"))
    weights = next((arrays for arrays in found if isinstance(arrays, list)), [])
    kernels = [values for values in weights if np.ndim(values) == 2]
    for number, kernel in enumerate(kernels, start=1):
        n_units = kernel.shape[1]
        yield f"dense_{number}", "Dense", str(n_units), kernel.size + n_units


def _training(estimator: Any) -> str:
    try:
        display = TrainingHistoryDisplay.from_estimator(estimator)
    except (TypeError, ValueError):
        return ""  # no history, or no whole epoch
    return picture(
        display.figure_, "Curves: loss and accuracy after each epoch of the training"
    )


def _confusion_matrix(y: Any, predicted: Any) -> str:
    figure = new_figure(7, 6)
    ConfusionMatrixDisplay.from_predictions(
        y, predicted, ax=figure.subplots(), cmap="cividis"
    )
    figure.axes[0].set(title="Test images", xlabel="predicted", ylabel="true")
    return picture(
        figure, "Confusion matrix: a row for each label, a column for each prediction"
    )


def _table_of_digits(scores: Any) -> str:
    rows = [
        (label, *map(float, values[:-1]), int(values[-1]))
        for label, *values in scores.itertuples()
    ]
    return table("Scores on test images", ["digit", *scores.columns], rows)


def _mistakes(
    estimator: Any, X: ArrayLike, y: Any, predicted: Any, confidence: Any
) -> str:
    if confidence is None:  # the most confident ones may be found by their margins
        display = MisclassifiedDisplay.from_estimator(estimator, X, y)
    else:
        display = MisclassifiedDisplay.from_predictions(
            X,
            y,
            predicted,
            confidence=confidence,
            image_shape=image_shape_within(estimator, X),
        )
    return paragraph(
        f"{display.n_mistakes:,} of {display.n_samples:,} test images were taken for "
        "another digit."
    ) + picture(display.figure_, "Images that were taken for another digit")


def _confidence(y: Any, predicted: Any, confidence: Any) -> str:
    if confidence is None:
        return ""
    display = ConfidenceDisplay.from_predictions(y, predicted, confidence)
    error = display.expected_calibration_error
    return paragraph(
        f"Expected calibration error: {100 * error:.2f} % (how far, on average, the "
        "probability of the prediction is from the share that is right)."
    ) + picture(
        display.figure_, "How sure right and wrong predictions are, and how rightly so"
    )


def _activation_maps(estimator: Any, X: ArrayLike) -> str:
    try:
        display = ActivationMapDisplay.from_estimator(estimator, X)
    except (TypeError, ValueError):
        return ""  # no network, or none whose layers can be drawn
    return picture(
        display.figure_, "What the layers make of the first test image, as maps"
    )


def _versions() -> str:
    rows = [("Python", platform.python_version()), ("System", platform.platform())]
    for name, module in _LIBRARIES.items():
        if module in sys.modules:
            rows.append((name, _version(name, module)))
    return table("Versions", ["library", "version"], rows)


def _version(name: str, module: str) -> str:
    return str(getattr(sys.modules[module], "__version__", None) or version(name))


def _seeds(estimator: Any) -> str:
    seeds = [
        (name, repr(value))
        for name, value in sorted(estimator.get_params().items())
        if name.split("__")[-1] == "random_state"
    ]
    return table("Seeds", ["parameter", "value"], seeds) if seeds else ""
