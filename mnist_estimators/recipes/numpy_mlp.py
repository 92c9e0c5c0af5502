"""The network that uses only NumPy."""

from ..classifiers.numpy_mlp import NumpyDigitClassifier
from ._seed import Seed


def numpy_dense(*, random_state: Seed = None, verbose: int = 0) -> NumpyDigitClassifier:
    """Make the network of the lessons that use only NumPy.

    784-256-128-10 with ReLU, Glorot (Xavier) initialisation, and
    gradient descent with momentum in batches of 128. Published with 95 % and more.

    Measured on MNIST with five seeds: 98.19 %
    (SD 0.16), 9 s a fit on 2 cores.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seed of the network.
    verbose : int, default=0
        As in ``NumpyDigitClassifier``.

    Returns
    -------
    NumpyDigitClassifier
        Unfitted.

    See Also
    --------
    mnist_estimators.NumpyDigitClassifier : Its code.

    Examples
    --------
    >>> from mnist_estimators import recipes
    >>> recipes.numpy_dense().momentum
    0.9
    """
    return NumpyDigitClassifier(
        hidden_layer_sizes=(256, 128),
        kernel_initializer="glorot_normal",
        batch_size=128,
        random_state=random_state,
        verbose=verbose,
    )
