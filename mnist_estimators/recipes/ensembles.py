"""Votes of several networks."""

from ..meta.voting import DigitVotingClassifier
from ._seed import Seed
from .convolutional import accurate_cnn


def cnn_ensemble(
    *, random_state: Seed = None, verbose: int = 0
) -> DigitVotingClassifier:
    """Make a soft vote of five convolutional networks.

    Members are ``accurate_cnn()`` (32C5-P2-64C3-64C3-64C3-P2-128-10) with other
    seeds: the first has `random_state` itself. Their parameters have the prefix
    ``estimators__``, as in ``set_params(estimators__epochs=5)``.

    Measured on MNIST with four seeds: 99.73 %
    (SD 0.01), 2843 s a fit on 2 cores.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seed of the networks. None gives each a random one.
    verbose : int, default=0
        As in ``CNNDigitClassifier``, for each of the networks.

    Returns
    -------
    DigitVotingClassifier
        Unfitted.

    See Also
    --------
    accurate_cnn : One of its members.

    Examples
    --------
    >>> from mnist_estimators import recipes
    >>> recipes.cnn_ensemble().n_members
    5
    """
    return DigitVotingClassifier(
        accurate_cnn(random_state=random_state, verbose=verbose),
        n_members=5,
        voting="soft",
    )
