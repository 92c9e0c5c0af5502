"""Cross-validate several classifiers on the same splits."""

import pickle
from collections.abc import Iterable, Mapping
from numbers import Integral
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils import check_consistent_length, column_or_1d

from .._inputs.estimators import as_taken
from .._inputs.images import flatten_images
from .._inputs.validation import check_unmasked
from ._progress import ComparisonProgress
from ._table import summarise


def compare_estimators(
    estimators: Mapping[str, Any],
    X: ArrayLike,
    y: ArrayLike,
    *,
    cv: int | Any | Iterable[tuple[ArrayLike, ArrayLike]] = 3,
    random_state: int | None = 0,
    verbose: int = 0,
) -> pd.DataFrame:
    """Cross-validate several classifiers on the same splits.

    Parameters
    ----------
    estimators : mapping of str to estimator
        Classifiers by name. Clones are fitted; these do not change.
    X : array-like of shape (n, pixels), (n, h, w) or (n, h, w, 1)
        Images. Stacked images are reshaped to (n, pixels), unless a classifier's
        scikit-learn tags say that it accepts 3-D arrays. A pipeline accepts them if all
        of its steps do, and a search if its classifier does.
    y : array-like of shape (n,)
        Labels.
    cv : int, splitter or iterable of (train, test), default=3
        An int is the number of folds, at least 2, which are stratified and shuffled
        with `random_state`. Splits are drawn once, for all estimators.
    random_state : int or None, default=0
        Seed of the folds where `cv` is an int; it changes nothing else.
    verbose : int, default=0
        With 1 or more, show progress and the results so far if standard error is a
        terminal.

    Returns
    -------
    DataFrame
        A row for each estimator, in the order of `estimators`, and the columns

        - ``accuracy_mean``, ``accuracy_std``: over the folds; the standard deviation
          has ``ddof=0``, as in `GridSearchCV`;
        - ``log_loss_mean``: natural logarithm; NaN without ``predict_proba``;
        - ``fit_seconds``: wall-clock time of ``fit``, mean of the folds. What a library
          loads or compiles on first use counts in the first fold;
        - ``predict_microseconds``: wall-clock time of ``predict`` for all images of a
          fold, divided by their number, mean of the folds. ``predict_proba`` runs
          first, so one-time preparation is not counted here;
        - ``model_size_bytes``: length of the fitted estimator's pickle, mean of the
          folds.

    Raises
    ------
    TypeError
        If `estimators` is not a mapping.
    ValueError
        If `estimators` is empty, `cv` is an int below 2, `X` and `y` differ in length,
        `X` has colour channels or masked values, or the splits can't be drawn from
        `y`.
    RuntimeError
        If an estimator fails. The message names it and the fold; the error itself is
        the ``__cause__``.

    See Also
    --------
    classic_baselines : Classifiers to compare with.
    mnist_estimators.inspection.ComparisonDisplay : The results as a picture.
    sklearn.model_selection.cross_validate : The same for one estimator and any scorer.

    Examples
    --------
    >>> from mnist_estimators import classic_baselines, compare_estimators
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> baselines = classic_baselines()
    >>> quick = {name: baselines[name] for name in ("KNeighbors", "SVC")}
    >>> compare_estimators(quick, X, y)["accuracy_mean"] > 0.95
    estimator
    KNeighbors    True
    SVC           True
    Name: accuracy_mean, dtype: bool
    """
    if not isinstance(estimators, Mapping):
        raise TypeError(
            "estimators must be a mapping of names to classifiers, e.g. "
            f"{{'SVC': SVC()}}; got {type(estimators).__name__}."
        )
    if not estimators:
        raise ValueError("estimators must hold at least one classifier; it is empty.")
    check_unmasked("X", X)
    images = X if hasattr(X, "shape") else np.asarray(X)
    pixels = flatten_images(images)
    labels: NDArray[Any] = column_or_1d(y)
    check_consistent_length(pixels, labels)
    splits = _draw_splits(cv, random_state, pixels, labels)

    folds: dict[str, list[dict[str, float]]] = {}
    with ComparisonProgress(verbose, len(estimators) * len(splits)) as progress:
        for name, estimator in estimators.items():
            folds[name] = []
            for number, split in enumerate(splits, start=1):
                fold = f"fold {number} of {len(splits)}"
                progress.fold_started(f"{name}, {fold}")
                try:
                    data = as_taken(estimator, images)
                    folds[name].append(
                        _evaluate(clone(estimator), data, labels, *split)
                    )
                    progress.fold_done()
                except Exception as error:
                    raise RuntimeError(
                        f"estimator {name!r} failed in {fold}: "
                        f"{type(error).__name__}: {error}"
                    ) from error
            progress.estimator_done(summarise(folds))
    return summarise(folds)


def _draw_splits(
    cv: Any, random_state: int | None, X: Any, y: NDArray[Any]
) -> list[tuple[Any, Any]]:
    if isinstance(cv, Integral):
        if cv < 2:
            raise ValueError(
                f"cv must be at least 2 folds, a splitter or an iterable; got {cv!r}."
            )
        cv = StratifiedKFold(cv, shuffle=True, random_state=random_state)
    splits = list(check_cv(cv, y, classifier=True).split(X, y))
    if not splits:
        raise ValueError("cv must give at least one split; it gave none.")
    return splits


def _evaluate(
    estimator: Any, X: Any, y: NDArray[Any], train: Any, test: Any
) -> dict[str, float]:
    X_train, X_test = _rows(X, train), _rows(X, test)
    y_train, y_test = y[train], y[test]

    started = perf_counter()
    estimator.fit(X_train, y_train)
    fit_seconds = perf_counter() - started

    loss = np.nan
    if hasattr(estimator, "predict_proba"):
        classes = np.unique(y)
        probabilities = np.asarray(estimator.predict_proba(X_test))
        columns = pd.DataFrame(probabilities, columns=estimator.classes_)
        # Classes that the training fold lacked have the probability 0.
        columns = columns.reindex(columns=classes, fill_value=0)
        loss = log_loss(y_test, columns.to_numpy(probabilities.dtype), labels=classes)

    started = perf_counter()
    predicted = estimator.predict(X_test)
    predict_seconds = perf_counter() - started

    return {
        "accuracy": accuracy_score(y_test, predicted),
        "log_loss": loss,
        "fit_seconds": fit_seconds,
        "predict_microseconds": 1e6 * predict_seconds / len(y_test),
        "model_size_bytes": len(pickle.dumps(estimator)),
    }


def _rows(X: Any, indices: Any) -> Any:
    return X.iloc[indices] if hasattr(X, "iloc") else X[indices]
