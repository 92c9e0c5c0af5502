"""Write a report: predictions and scores first, then the page's sections in order."""

from collections.abc import Mapping
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from .._inputs.estimators import as_taken
from ..inspection import digit_report
from ..inspection._confidence_of import predict_with_probability
from . import _sections
from ._html import page, paragraph, table


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
    """Write a report on a fitted classifier to a single HTML file.

    The report shows the data, layers and parameters, training curves, the confusion
    matrix, precision and recall of each digit, mistakes, confidence, feature maps,
    versions and seeds. What the classifier does not have is left out. A browser shows
    the file without network access.

    Parameters
    ----------
    estimator : fitted classifier
        Any classifier with scikit-learn's API.
    X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
        Test images, as passed to ``estimator.predict``. Not changed.
    y : array-like of shape (n,)
        Their labels.
    path : path-like
        File to write, in an existing folder. An existing file is overwritten.
    y_train : array-like of shape (n_train,), default=None
        Labels of the training images. The report counts them.
    title : str, default='Report on a digit classifier'
        Heading.
    facts : mapping of str to object, default=None
        More to state, such as ``{"Training time": "12 s"}``. Values are written as
        text.

    Raises
    ------
    NotFittedError
        If `estimator` is not fitted.
    ValueError
        If `X` and `y` differ in length, are empty, or do not fit `estimator`.
    FileNotFoundError
        If the folder does not exist.
    OSError
        If the file can't be written.

    See Also
    --------
    mnist_estimators.inspection : The displays in the report.

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
    sections = [
        ("Data", _sections.data(estimator, X, labels, y_train)),
        ("Model", _sections.model(estimator)),
        ("Training", _sections.training(estimator)),
        ("Confusion matrix", _sections.confusion_matrix(labels, predicted)),
        ("Each digit", _sections.each_digit(scores)),
        ("Mistakes", _sections.mistakes(estimator, X, labels, predicted, confidence)),
        ("Confidence", _sections.confidence(labels, predicted, confidence)),
        ("Activation maps", _sections.activation_maps(estimator, X)),
        ("Versions and seeds", _sections.versions_and_seeds(estimator)),
    ]
    text = page(
        title,
        _introduction(estimator, scores, len(labels), facts or {}),
        [(heading, content) for heading, content in sections if content],
    )
    path.write_text(text, encoding="utf-8")


def _introduction(
    estimator: Any, scores: Any, n_images: int, facts: Mapping[str, object]
) -> str:
    accuracy = float(scores["accuracy"]["accuracy"])
    known = {
        "Classifier": type(estimator).__name__,
        **{name: str(value) for name, value in facts.items()},
        "Test images": f"{n_images:,}",
        "Written": datetime.now().astimezone().isoformat(" ", "minutes"),
    }
    return paragraph(
        f"Accuracy {100 * accuracy:.2f} % on {n_images:,} test images", headline=True
    ) + table("In short", [], known.items())
