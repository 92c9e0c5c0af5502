"""Compare digit classifiers on the same cross-validation splits."""

import pickle
from collections.abc import Iterable, Mapping
from numbers import Integral
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC
from sklearn.utils import check_consistent_length, column_or_1d

from .._inputs.estimators import as_taken
from .._inputs.images import flatten_images
from .._inputs.validation import check_unmasked
from ._view import ComparisonProgress


def classic_baselines(random_state: int | None = 0) -> dict[str, Any]:
    """Return scikit-learn's classic classifiers, set up for images of digits.

    They take pixels of any range, 0-1, 0-16 or 0-255: what depends on the scale of its
    input stands in a pipeline behind ``MinMaxScaler(clip=True)``. The parameters are
    chosen so that all six together take about two minutes for three folds of 10,000
    MNIST images on two cores. Where they differ from scikit-learn's own, this is why:

    - `LogisticRegression`: ``C=0.1``, on 10,000 MNIST images about a point more
      accurate than 1.0; ``max_iter=1000``, so that it converges.
    - `KNeighbors`: 3 neighbours.
    - `RandomForest`: 100 trees as by default, on all cores.
    - `SVC`: the RBF kernel with ``C=5``. It has no probabilities, which would take five
      more fits.
    - `HistGradientBoosting`: 30 iterations instead of 100, with twice the learning
      rate, 15 bins instead of 255, a tenth of the pixels for each split, and no early
      stopping. On 10,000 MNIST images its defaults fit more than six times as long for
      a quarter of a point; it is the slowest to fit all the same.
    - `MLP`: hidden layers of 128 and 64 units, trained until the loss has not improved
      by 0.001 in five epochs.

    Parameters
    ----------
    random_state : int or None, default=0
        Seed of the classifiers that draw random numbers.

    Returns
    -------
    dict of str to estimator
        Unfitted classifiers for `X` of shape (n, pixels).

    See Also
    --------
    compare_estimators : Cross-validate them.

    Examples
    --------
    >>> from mnist_estimators import classic_baselines
    >>> from sklearn.datasets import load_digits
    >>> X, y = load_digits(return_X_y=True)
    >>> knn = classic_baselines()["KNeighbors"].fit(X[:1000], y[:1000])
    >>> knn.score(X[1000:], y[1000:]) > 0.9
    True
    """

    def scaled(classifier: Any) -> Any:
        # Clipped, since a pixel at the border may be nearly empty in all training
        # images: a stroke across it would otherwise become many times as large as 1.
        return make_pipeline(MinMaxScaler(clip=True), classifier)

    return {
        "LogisticRegression": scaled(LogisticRegression(C=0.1, max_iter=1000)),
        "KNeighbors": scaled(KNeighborsClassifier(n_neighbors=3)),
        "RandomForest": RandomForestClassifier(n_jobs=-1, random_state=random_state),
        # Without a seed of its own, SVC draws one from NumPy's global random state.
        "SVC": scaled(SVC(C=5, random_state=random_state)),
        "HistGradientBoosting": HistGradientBoostingClassifier(
            learning_rate=0.2,
            max_iter=30,
            max_bins=15,
            max_features=0.1,
            early_stopping=False,
            random_state=random_state,
        ),
        "MLP": scaled(
            MLPClassifier(
                hidden_layer_sizes=(128, 64),
                tol=1e-3,
                n_iter_no_change=5,
                max_iter=1000,
                random_state=random_state,
            )
        ),
    }


def compare_estimators(
    estimators: Mapping[str, Any],
    X: ArrayLike,
    y: ArrayLike,
    *,
    cv: int | Any | Iterable[tuple[ArrayLike, ArrayLike]] = 3,
    random_state: int | None = 0,
    verbose: int = 0,
) -> pd.DataFrame:
    """Cross-validate several classifiers on the very same splits.

    Parameters
    ----------
    estimators : mapping of str to estimator
        Classifiers by name. Clones are fitted; these stay as they are.
    X : array-like of shape (n, pixels), (n, h, w) or (n, h, w, 1)
        Images. Stacked images are brought to rows of pixels, (n, pixels), unless a
        classifier's scikit-learn tags say that it takes 3-D arrays. A pipeline takes
        them if all of its steps do, and a search if its classifier does.
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

        - ``accuracy_mean``, ``accuracy_std``: over the folds; the standard deviation is
          that of the folds at hand (``ddof=0``), as in `GridSearchCV`;
        - ``log_loss_mean``: natural logarithm; NaN without ``predict_proba``;
        - ``fit_seconds``: wall-clock time of ``fit``, mean of the folds. What a library
          loads or compiles at its first use counts in the first fold;
        - ``predict_microseconds``: wall-clock time of ``predict`` for all images of a
          fold, divided by their number, mean of the folds. ``predict_proba`` runs
          before, so what an estimator prepares once is not counted here;
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

    rows: dict[str, dict[str, float]] = {}
    with ComparisonProgress(verbose, len(estimators) * len(splits)) as progress:
        for name, estimator in estimators.items():
            folds = []
            for number, split in enumerate(splits, start=1):
                fold = f"fold {number} of {len(splits)}"
                progress.fold_started(f"{name}, {fold}")
                try:
                    data = as_taken(estimator, images)
                    folds.append(_evaluate(clone(estimator), data, labels, *split))
                    progress.fold_done()
                except Exception as error:
                    raise RuntimeError(
                        f"estimator {name!r} failed in {fold}: "
                        f"{type(error).__name__}: {error}"
                    ) from error
            rows[name] = _summarise(folds)
            progress.estimator_done(_as_frame(rows))
    return _as_frame(rows)


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
        probabilities = _for_all_classes(
            estimator.predict_proba(X_test), estimator.classes_, classes
        )
        loss = log_loss(y_test, probabilities, labels=classes)

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


def _for_all_classes(
    probabilities: Any, known: NDArray[Any], classes: NDArray[Any]
) -> NDArray[np.floating[Any]]:
    """Give classes that a training fold lacked the probability 0.

    Parameters
    ----------
    probabilities : array-like of shape (n, n_known)
        A column for each known class.
    known : ndarray of shape (n_known,)
        Some of `classes`.
    classes : ndarray of shape (n_classes,)
        All labels, sorted.

    Returns
    -------
    ndarray of shape (n, n_classes)
    """
    given = np.asarray(probabilities)
    complete = np.zeros((len(given), len(classes)), dtype=given.dtype)
    complete[:, np.searchsorted(classes, known)] = given
    return complete


def _summarise(folds: list[dict[str, float]]) -> dict[str, float]:
    values = {key: np.array([fold[key] for fold in folds]) for key in folds[0]}
    return {
        "accuracy_mean": values["accuracy"].mean(),
        "accuracy_std": values["accuracy"].std(),
        "log_loss_mean": values["log_loss"].mean(),
        "fit_seconds": values["fit_seconds"].mean(),
        "predict_microseconds": values["predict_microseconds"].mean(),
        "model_size_bytes": round(values["model_size_bytes"].mean()),
    }


def _as_frame(rows: dict[str, dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("estimator")
