"""What a failed fit leaves behind: nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def put_back_on_failure(estimator: Any) -> Iterator[None]:
    """Give an estimator its attributes back if what is done inside fails.

    So bad input, or an interrupt, costs nobody an earlier fit.

    Parameters
    ----------
    estimator : estimator
        Its attributes may be replaced inside, but not changed in place.

    Examples
    --------
    >>> from mnist_estimators import NumpyDigitClassifier, load_small_digits
    >>> X, y = load_small_digits()
    >>> classifier = NumpyDigitClassifier(epochs=1).fit(X, y)
    >>> classifier.fit(X[:, :10], y[:5])
    Traceback (most recent call last):
    ValueError: Found input variables with inconsistent numbers of samples: [1797, 5]
    >>> classifier.predict(X[:1]).shape
    (1,)
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise
