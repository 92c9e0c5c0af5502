"""What the displays have in common."""

import pytest
from sklearn.naive_bayes import GaussianNB

from mnist_estimators import NumpyDigitClassifier
from mnist_estimators.inspection import (
    ConfidenceDisplay,
    DigitGridDisplay,
    EmbeddingDisplay,
    MisclassifiedDisplay,
)


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
