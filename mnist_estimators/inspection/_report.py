"""Precision, recall and accuracy for each digit, as a table."""

import pandas as pd
from numpy.typing import ArrayLike
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import unique_labels


def digit_report(y_true: ArrayLike, y_pred: ArrayLike) -> pd.DataFrame:
    """Tell how well each digit is recognised.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        Labels.
    y_pred : array-like of shape (n,)
        Predictions.

    Returns
    -------
    DataFrame
        A row for each label in `y_true` or `y_pred`, sorted, and the columns

        - ``precision``: of the images that were taken for the digit, the share that
          are one;
        - ``recall``: of the images of the digit, the share that were taken for it;
        - ``f1``: the harmonic mean of both;
        - ``accuracy``: of the images of the digit, the share that were predicted
          right. For one digit this is its recall, under the name that most reports of
          MNIST use. (Counting the other digits' images as right too, where they are
          not taken for this one, would give over 90 % to a classifier that never names
          the digit.)
        - ``support``: number of images of the digit.

        Three rows of totals follow. ``accuracy`` is the share of all images that were
        predicted right; over all images, precision, recall and F1 are the same number.
        ``macro avg`` is the mean of the digits, ``weighted avg`` their mean weighted by
        support. Shares go from 0 to 1, and are 0 where there is nothing to share.

    Raises
    ------
    ValueError
        If both differ in length, are empty or no class labels, or if one holds numbers
        and the other text.

    See Also
    --------
    sklearn.metrics.classification_report : Much the same, as text.
    sklearn.metrics.ConfusionMatrixDisplay : Which digits are taken for which.

    Examples
    --------
    >>> from mnist_estimators.inspection import digit_report
    >>> digit_report([3, 3, 5, 5], [3, 5, 5, 5]).round(2)
                  precision  recall    f1  accuracy  support
    digit
    3                  1.00    0.50  0.67      0.50        2
    5                  0.67    1.00  0.80      1.00        2
    accuracy           0.75    0.75  0.75      0.75        4
    macro avg          0.83    0.75  0.73      0.75        4
    weighted avg       0.83    0.75  0.73      0.75        4
    """
    true, predicted = column_or_1d(y_true), column_or_1d(y_pred)
    accuracy = accuracy_score(true, predicted)
    classes = unique_labels(true, predicted)
    precision, recall, f1, support = precision_recall_fscore_support(
        true, predicted, labels=classes, zero_division=0
    )
    digits = pd.DataFrame(
        {"precision": precision, "recall": recall, "f1": f1, "accuracy": recall},
        index=pd.Index(classes, dtype=object),
    )
    totals = pd.DataFrame(
        {
            "accuracy": dict.fromkeys(digits, accuracy),
            "macro avg": digits.mean(),
            "weighted avg": digits.mul(support, axis=0).sum() / len(true),
        }
    ).T
    report = pd.concat([digits, totals]).rename_axis("digit")
    report["support"] = [*support, *[len(true)] * len(totals)]
    return report
