"""What the displays have in common."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from sklearn.naive_bayes import GaussianNB

from mnist_estimators import NumpyDigitClassifier
from mnist_estimators.inspection import (
    ActivationMapDisplay,
    ClassDistributionDisplay,
    ComparisonDisplay,
    ConfidenceDisplay,
    DigitGridDisplay,
    EmbeddingDisplay,
    FilterDisplay,
    GridSearchDisplay,
    MisclassifiedDisplay,
    SaliencyDisplay,
    TrainingHistoryDisplay,
)

RESULTS = pd.DataFrame(
    {"accuracy_mean": [0.9], "accuracy_std": [0.1], "fit_seconds": [1.0]}
)


@pytest.fixture
def network(fitted_classifier):
    return fitted_classifier("numpy")


@pytest.fixture(
    params=[
        *(ActivationMapDisplay, ClassDistributionDisplay, ComparisonDisplay),
        *(ConfidenceDisplay, DigitGridDisplay, EmbeddingDisplay, FilterDisplay),
        *(GridSearchDisplay, MisclassifiedDisplay, SaliencyDisplay),
        TrainingHistoryDisplay,
    ],
    ids=lambda display: display.__name__,
)
def draw_on(request, network, fitted_classifier, small_digits):
    """Draw each display in turn on a figure, or on a part of one."""
    X, y = small_digits[0][300:330], small_digits[1][300:330]
    display = request.param
    made_with = {
        ActivationMapDisplay: lambda **to: display.from_estimator(network, X, **to),
        ClassDistributionDisplay: lambda **to: display.from_labels(y, **to),
        ComparisonDisplay: lambda **to: display.from_results(RESULTS, **to),
        FilterDisplay: lambda **to: display.from_estimator(network, **to),
        GridSearchDisplay: lambda **to: display.from_estimator(
            fitted_classifier("search"), **to
        ),
        SaliencyDisplay: lambda **to: display.from_estimator(network, X[:1], **to),
        TrainingHistoryDisplay: lambda **to: display.from_estimator(network, **to),
    }.get(display, lambda **to: display.from_estimator(network, X, y, **to))
    on_axes = (
        *(ClassDistributionDisplay, ComparisonDisplay, EmbeddingDisplay),
        GridSearchDisplay,
    )

    def draw(figure):
        if display in on_axes:
            return made_with(ax=figure.subplots())
        return made_with(figure=figure)

    return draw


def test_a_notebook_shows_the_whole_figure(draw_on):
    whole = Figure(figsize=(20, 8), dpi=50, layout="constrained")
    _, right = whole.subfigures(1, 2)

    html = draw_on(right)._repr_html_()

    head, png = html.removesuffix('">').split("base64,")
    assert head.endswith('Display" src="data:image/png;')
    picture = plt.imread(io.BytesIO(base64.b64decode(png)))
    assert picture.shape == (400, 1000, 4)
    _, columns = np.nonzero(picture[..., :3].min(axis=2) < 1)
    assert len(columns) > 1000
    assert columns.min() >= 500


def test_a_notebook_shows_figures_of_pyplot_itself():
    figure, ax = plt.subplots()
    display = ClassDistributionDisplay.from_labels([1, 2], ax=ax)
    try:
        assert display._repr_html_() is None
    finally:
        plt.close(figure)

    assert "<img" in display._repr_html_()


def test_a_figure_that_is_given_gets_room_for_titles(network):
    figure = Figure()
    FilterDisplay.from_estimator(network, figure=figure)

    assert figure.get_layout_engine() is not None


@pytest.mark.parametrize(
    "draw",
    [
        lambda estimator, image: DigitGridDisplay.from_images(image),
        lambda estimator, image: DigitGridDisplay.from_estimator(estimator, image, [0]),
        ActivationMapDisplay.from_estimator,
        SaliencyDisplay.from_estimator,
    ],
)
def test_one_image_is_no_stack_of_images(network, small_digits, draw):
    image = small_digits[0][0].reshape(28, 28)

    message = r"X has shape \(28, 28\), which is one image\. .* X\[np\.newaxis\]"
    with pytest.raises(ValueError, match=message):
        draw(network, image)


def test_rows_of_an_estimator_for_as_many_pixels_are_no_image():
    X, y = np.eye(28), np.arange(28) % 2
    network = NumpyDigitClassifier(image_shape=(4, 7), epochs=1).fit(X, y)

    display = DigitGridDisplay.from_estimator(network, X, y)

    assert display.images.shape == (25, 4, 7)


@pytest.mark.parametrize(
    "display",
    [ConfidenceDisplay, DigitGridDisplay, EmbeddingDisplay, MisclassifiedDisplay],
)
def test_numbers_are_not_compared_with_text(small_digits, display):
    X, y = small_digits[0][:50], small_digits[1][:50]
    kind = NumpyDigitClassifier if display is EmbeddingDisplay else GaussianNB
    fitted = kind().fit(X, y.astype(str))

    message = "y_true holds labels such as 0, and y_pred such as '0'.*both as text"
    with pytest.raises(ValueError, match=message):
        display.from_estimator(fitted, X, y)
