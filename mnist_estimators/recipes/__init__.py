"""Reference networks, each as an unfitted estimator.

Each recipe is a function, and ``all()`` makes all of them. Some are the networks of
well-known tutorials, trained as this package trains: images are scaled automatically,
and the learning rate follows one cycle. The others are the most accurate for their
training time: `best_dense`, `fast_cnn`, `accurate_cnn` and `cnn_ensemble`. Use
``set_params`` to change any setting.

Layers are written in short: 784-128-10 has 784 inputs, a dense layer of 128 units, and
10 outputs; 32C3 is a convolution with 32 filters of 3 x 3 pixels, P2 max pooling over
2 x 2.

Accuracies are measured on MNIST's 10,000 test images, after training on the 60,000
others, of which `plain_dense` and `leaky_dense` hold out some for validation. No
setting was chosen on the test images: settings come from the sources, or from a search
on parts of the training images.

Examples
--------
>>> from mnist_estimators import load_small_digits, recipes
>>> X, y = load_small_digits()
>>> network = recipes.simple_dense(random_state=0).set_params(epochs=20)
>>> network.fit(X[:1500], y[:1500]).score(X[1500:], y[1500:]) > 0.9
True
"""

from typing import Any

from ._seed import Seed
from .convolutional import accurate_cnn, fast_cnn, simple_cnn
from .dense import (
    batchnorm_dense,
    best_dense,
    leaky_dense,
    plain_dense,
    simple_dense,
)
from .ensembles import cnn_ensemble
from .numpy_mlp import numpy_dense

__all__ = [
    "accurate_cnn",
    "all",
    "batchnorm_dense",
    "best_dense",
    "cnn_ensemble",
    "fast_cnn",
    "leaky_dense",
    "numpy_dense",
    "plain_dense",
    "simple_cnn",
    "simple_dense",
]


def all(*, random_state: Seed = None, verbose: int = 0) -> dict[str, Any]:
    """Make every recipe.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seed of each.
    verbose : int, default=0
        Of each.

    Returns
    -------
    dict of str to classifier
        Unfitted classifiers by the name of their recipe.

    See Also
    --------
    fast_cnn : The best one for a first try.

    Examples
    --------
    >>> from mnist_estimators import recipes
    >>> "simple_cnn" in recipes.all()
    True
    """
    makers = (
        simple_dense,
        simple_cnn,
        batchnorm_dense,
        plain_dense,
        leaky_dense,
        numpy_dense,
        best_dense,
        fast_cnn,
        accurate_cnn,
        cnn_ensemble,
    )
    return {
        make.__name__: make(random_state=random_state, verbose=verbose)
        for make in makers
    }
