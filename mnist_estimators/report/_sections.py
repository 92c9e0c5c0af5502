"""The sections of a report, each as HTML; empty where there is nothing to show."""

import platform
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.metrics import ConfusionMatrixDisplay

from .._versions import installed_versions
from ..inspection import (
    ActivationMapDisplay,
    ClassDistributionDisplay,
    ConfidenceDisplay,
    DigitGridDisplay,
    MisclassifiedDisplay,
    TrainingHistoryDisplay,
)
from ..inspection._digit_images import image_shape_within
from ..inspection._display import new_figure
from ..inspection._inside import inside
from ._html import paragraph, picture, table


def data(estimator: Any, X: ArrayLike, y: Any, y_train: ArrayLike | None) -> str:
    """Count the images of each digit, and draw the first ones."""
    sets = {"test": y} if y_train is None else {"train": y_train, "test": y}
    counts = ClassDistributionDisplay.from_labels(sets)
    columns = [of_set.tolist() for of_set in counts.counts.values()]
    rows = zip(counts.classes, *columns, strict=True)
    samples = DigitGridDisplay.from_images(
        X, y, image_shape=image_shape_within(estimator, X)
    )
    return (
        picture(counts.figure_, "Bars: number of images of each digit")
        + table("Number of images", ["digit", *sets], rows)
        + picture(samples.figure_, "The first test images, with their labels")
    )


def model(estimator: Any) -> str:
    """List the layers and parameters."""
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
    # Other classifiers have arrays of these names, which are not layers.
    found = (getattr(network, name, None) for name in ("weights_", "coefs_"))
    weights = next((arrays for arrays in found if isinstance(arrays, list | tuple)), [])
    kernels = [values for values in weights if np.ndim(values) == 2]
    for number, kernel in enumerate(kernels, start=1):
        n_units = kernel.shape[1]
        yield f"dense_{number}", "Dense", str(n_units), kernel.size + n_units


def training(estimator: Any) -> str:
    """Draw the learning curves."""
    try:
        display = TrainingHistoryDisplay.from_estimator(estimator)
    except (TypeError, ValueError):
        return ""  # no history, or no whole epoch
    return picture(
        display.figure_, "Curves: loss and accuracy after each epoch of the training"
    )


def confusion_matrix(y: Any, predicted: Any) -> str:
    """Draw the confusion matrix."""
    figure = new_figure(7, 6)
    ConfusionMatrixDisplay.from_predictions(
        y, predicted, ax=figure.subplots(), cmap="cividis"
    )
    figure.axes[0].set(title="Test images", xlabel="predicted", ylabel="true")
    return picture(
        figure, "Confusion matrix: a row for each label, a column for each prediction"
    )


def each_digit(scores: Any) -> str:
    """List the scores of each digit."""
    headings = ["digit", *scores.columns]
    return table("Scores on test images", headings, scores.itertuples())


def mistakes(
    estimator: Any, X: ArrayLike, y: Any, predicted: Any, confidence: Any
) -> str:
    """Count and draw the misclassified images."""
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


def confidence(y: Any, predicted: Any, probabilities: Any) -> str:
    """Draw how confident right and wrong predictions are."""
    if probabilities is None:
        return ""
    display = ConfidenceDisplay.from_predictions(y, predicted, probabilities)
    error = display.expected_calibration_error
    return paragraph(
        f"Expected calibration error: {100 * error:.2f} % (how far, on average, the "
        "probability of the prediction is from the share that is right)."
    ) + picture(
        display.figure_, "How sure right and wrong predictions are, and how rightly so"
    )


def activation_maps(estimator: Any, X: ArrayLike) -> str:
    """Draw the feature maps of the first test image."""
    try:
        display = ActivationMapDisplay.from_estimator(estimator, X)
    except (TypeError, ValueError):
        return ""  # no network, or none whose layers can be drawn
    return picture(
        display.figure_, "What the layers make of the first test image, as maps"
    )


def versions_and_seeds(estimator: Any) -> str:
    """List the versions of the libraries, and all seeds."""
    versions = {"System": platform.platform(), **installed_versions()}
    text = table("Versions", ["library", "version"], versions.items())
    seeds = [
        (name, repr(value))
        for name, value in sorted(estimator.get_params().items())
        if name.split("__")[-1] == "random_state"
    ]
    return text + (table("Seeds", ["parameter", "value"], seeds) if seeds else "")
