"""Checks of estimators whose compiled code trusts the sizes of their arrays.

scikit-learn checks only that X has ``n_features_in_`` columns. With support vectors,
neighbours or trees of other sizes, compiled code would read beyond the end of an array.
skops does not check values at all.
"""

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np

_NUMBERS = [np.dtype(code) for code in "?bBhHiIlLqQefd"]
_KERNELS = ("linear", "poly", "rbf", "sigmoid")
_METRICS = (
    *("minkowski", "euclidean", "l2", "manhattan", "l1", "cityblock"),
    *("chebyshev", "cosine"),
)
_PREDICTIONS = ("predict", "predict_proba", "predict_log_proba", "decision_function")


def _require(condition: Any, what: str) -> None:
    if not condition:
        raise ValueError(what)


def _array(owner: Any, name: str, ndim: int, *dtypes: Any) -> Any:
    value = getattr(owner, name, None)
    _require(
        type(value) is np.ndarray and value.ndim == ndim and value.dtype in dtypes,
        f"{name} must be an array of {ndim} dimensions and of one of the types "
        f"{[np.dtype(dtype).name for dtype in dtypes]}",
    )
    return value


def _n_features(owner: Any) -> int:
    n_features: Any = getattr(owner, "n_features_in_", None)
    _require(
        isinstance(n_features, Integral) and not isinstance(n_features, bool),
        "n_features_in_ must be an integer",
    )
    return int(n_features)


def _check_neighbours(neighbours: Any) -> None:
    if not hasattr(neighbours, "_fit_method"):
        return
    points = _array(neighbours, "_fit_X", 2, *_NUMBERS)
    labels = _array(neighbours, "_y", 1, np.intp)
    classes: Any = getattr(neighbours, "classes_", None)
    _require(neighbours._fit_method == "brute", "_fit_method must be 'brute'")
    _require(neighbours._tree is None, "_tree must be None")
    _require(neighbours.outputs_2d_ is False, "outputs_2d_ must be False")
    _require(isinstance(classes, np.ndarray), "classes_ must be an array")
    _require(points.flags.c_contiguous, "_fit_X must be in C order")
    _require(
        points.shape[1] == _n_features(neighbours) and len(points) == len(labels),
        "_fit_X must have a row for each label and n_features_in_ columns",
    )
    _require(
        not len(labels) or 0 <= labels.min() <= labels.max() < len(classes),
        "_y must be indices of classes_",
    )
    _require(neighbours.n_samples_fit_ == len(points), "n_samples_fit_ is wrong")
    count = neighbours.n_neighbors
    _require(
        isinstance(count, Integral) and 1 <= int(count) <= len(points),
        "n_neighbors must be an integer from 1 to the number of points",
    )
    for metric in (neighbours.metric, neighbours.effective_metric_):
        _require(metric in _METRICS, f"metric must be one of {_METRICS}")
    _require(neighbours.metric_params in (None, {}), "metric_params must be None")
    _require(
        all(
            key == "p" and isinstance(value, int | float | np.number)
            for key, value in neighbours.effective_metric_params_.items()
        ),
        "effective_metric_params_ must hold only the number p",
    )


def _check_support_vectors(machine: Any) -> None:
    if not hasattr(machine, "support_vectors_"):
        return
    vectors = _array(machine, "support_vectors_", 2, np.float64)
    support = _array(machine, "support_", 1, np.int32)
    counts = _array(machine, "_n_support", 1, np.int32)
    coefficients = _array(machine, "_dual_coef_", 2, np.float64)
    intercept = _array(machine, "_intercept_", 1, np.float64)
    n_classes, n_vectors = len(counts), len(vectors)
    n_pairs = n_classes * (n_classes - 1) // 2
    classes: Any = getattr(machine, "classes_", None)
    _require(machine.kernel in _KERNELS, f"kernel must be one of {_KERNELS}")
    _require(machine._sparse is False, "_sparse must be False")
    _require(type(machine)._impl == machine._impl, "_impl must be that of its class")
    _require(
        n_classes >= 2
        and isinstance(classes, np.ndarray)
        and len(classes) == n_classes,
        "classes_ must have one label for each of two or more classes",
    )
    _require(
        counts.min() >= 0 and counts.sum(dtype=np.int64) == n_vectors == len(support),
        "_n_support and support_ must count the support vectors",
    )
    _require(
        n_vectors > 0 and vectors.shape[1] == _n_features(machine),
        "support_vectors_ must have n_features_in_ columns",
    )
    _require(coefficients.shape == (n_classes - 1, n_vectors), "_dual_coef_ is wrong")
    _require(len(intercept) == n_pairs, "_intercept_ must be one for each pair")
    for name in ("_probA", "_probB"):
        size = len(_array(machine, name, 1, np.float64))
        _require(size in (0, n_pairs), f"{name} must be one for each pair")
    _require(len(machine._probA) == len(machine._probB), "_probB is not as _probA")


def _check_classes(owner: Any) -> None:
    _require(
        owner.n_outputs_ == 1 and owner.n_classes_ == len(owner.classes_),
        "n_classes_ must be the number of classes_, of one output",
    )


def _check_tree_owner(owner: Any) -> None:
    if not hasattr(owner, "tree_"):
        return
    _check_classes(owner)
    n_features = owner.tree_.n_features
    _require(
        _n_features(owner) == n_features,
        f"n_features_in_ must be the {n_features} features of its tree",
    )


def _check_forest(forest: Any) -> None:
    if not hasattr(forest, "estimators_"):
        return
    _check_classes(forest)
    n_features = _n_features(forest)
    trees = forest.estimators_
    _require(isinstance(trees, list) and trees, "estimators_ must be a list of trees")
    for number, tree in enumerate(trees):
        fits = hasattr(tree, "tree_") and tree.tree_.n_features == n_features
        _require(fits, f"estimators_[{number}] must be a tree of {n_features} features")


def _check_random_state(state: np.random.RandomState) -> None:
    inner: Any = state.get_state(legacy=False)
    _require(inner["bit_generator"] == "MT19937", "its generator must be MT19937")
    _require(0 <= inner["state"]["pos"] <= 624, "pos must be from 0 to 624")


def _check_scorer(scorer: Any) -> None:
    given = scorer._response_method
    names = given if isinstance(given, tuple | list) else [given]
    _require(
        all(name in _PREDICTIONS for name in names),
        "_response_method must be that of a prediction",
    )


def _check_stack(stack: Any) -> None:
    methods = getattr(stack, "stack_method_", [])
    _require(
        isinstance(methods, list) and all(name in _PREDICTIONS for name in methods),
        "stack_method_ must be those of predictions",
    )


def _check_pipeline(pipeline: Any) -> None:
    _require(
        pipeline.memory is None,
        "memory names a folder of pickles, which run code. Set it to None",
    )


CHECKS: dict[str, Callable[[Any], None]] = {
    "DecisionTreeClassifier": _check_tree_owner,
    "ExtraTreeClassifier": _check_tree_owner,
    "ExtraTreesClassifier": _check_forest,
    "KNeighborsClassifier": _check_neighbours,
    "NuSVC": _check_support_vectors,
    "Pipeline": _check_pipeline,
    "RandomForestClassifier": _check_forest,
    "RandomState": _check_random_state,
    "SVC": _check_support_vectors,
    "StackingClassifier": _check_stack,
    "_Scorer": _check_scorer,
}
