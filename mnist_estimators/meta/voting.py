"""A voting ensemble that knows images, and members that only differ in their seed."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.ensemble import VotingClassifier
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import Bunch, Tags
from sklearn.utils.metadata_routing import MetadataRouter, process_routing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from .._inputs.estimators import as_taken, copy_feature_names
from .._inputs.sklearn_private import (
    HasMethods,
    Interval,
    check_feature_names_in,
    fit_context,
    fit_single_estimator,
    raise_for_params,
    routing_enabled,
)
from .._inputs.validation import validate_weights
from ..persistence import SaveMixin
from ._checks import (
    check_frozen_members,
    check_labels_of,
    check_probabilities,
    check_target,
    check_weights,
    weights_of_members,
)
from ._members import Member, make_members
from ._votes import (
    agreeing_share,
    predicted_numbers,
    predicted_probabilities,
)


class DigitVotingClassifier(SaveMixin, VotingClassifier):
    """Let several classifiers vote on each image.

    This is scikit-learn's ``VotingClassifier``, with the same parameters, attributes
    and methods, and with what ensembles of digit classifiers need besides: members
    that are made of one estimator with different seeds, fitted members that are taken
    as they are, stacked images, and the images on which the members disagree.

    Networks of one architecture are compiled once, however many of them vote: with
    ``n_jobs=None`` five of them take less than five times as long as one.

    Parameters
    ----------
    estimators : list of (str, classifier) tuples, or classifier
        The members, or one classifier to make `n_members` of. In ``set_params`` and
        searches, parameters of that one have the prefix ``estimators__``, those of a
        list the name of their member, as in ``name__epochs``. Clones are fitted, but
        ``sklearn.frozen.FrozenEstimator(fitted)`` is taken as it is, where `y` has all
        labels that it knows. 'drop' leaves a member out.
    n_members : int, default=1
        Members to make of each of the estimators. The first is the estimator itself;
        the others have other seeds, drawn from its `random_state` (also from those of
        the steps of a pipeline). Estimators that draw nothing at random would all vote
        alike.
    voting : {'hard', 'soft'}, default='hard'
        'hard' counts predicted labels; 'soft' averages probabilities, which is more
        accurate with networks.
    weights : array-like of shape (n_estimators,), default=None
        Weight of each of the estimators, and of all members made of it: at least 0,
        and not 0 for all that vote. They act also if set after ``fit``; they are those
        of the members that were fitted, of which another value of `estimators` drops
        none.
    n_jobs : int, default=None
        Processes that fit members. Each loads and compiles for itself, and TensorFlow
        keeps to the threads that joblib gives it.
    flatten_transform : bool, default=True
        Whether ``transform`` of a soft vote has one row an image, with the classes of
        all members side by side.
    verbose : bool, default=False
        Whether to print the time that each member took.

    Attributes
    ----------
    estimators_ : list of classifiers
        The fitted members. They know the labels of `y`, other than in scikit-learn's
        ``VotingClassifier``: `class_weight`, `init_from` and all else in their
        parameters that names labels mean those. In votes that earlier versions fitted
        and saved they know the numbers of the labels; these predict as before.
    named_estimators_ : Bunch
        The same by name, and 'drop' for those left out. Members of which there are
        several are called 'name_1', 'name_2' and so on.
    le_ : LabelEncoder
        From labels to their numbers, which ``transform`` of a hard vote returns.
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    n_features_in_ : int
        Pixels of an image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, where `X` was a data frame with text names.

    See Also
    --------
    sklearn.ensemble.VotingClassifier : What this is a kind of.

    References
    ----------
    .. [1] L. K. Hansen, P. Salamon, "Neural Network Ensembles", IEEE Transactions on
       Pattern Analysis and Machine Intelligence 12(10), 1990.

    Examples
    --------
    >>> from mnist_estimators import DigitVotingClassifier, load_small_digits
    >>> from mnist_estimators import NumpyDigitClassifier
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.svm import SVC
    >>> X, y = load_small_digits()
    >>> network = NumpyDigitClassifier(epochs=20, random_state=0)
    >>> vote = DigitVotingClassifier(network, n_members=3, voting="soft")
    >>> vote.fit(X[:1200], y[:1200]).score(X[1200:], y[1200:]) > 0.9
    True
    >>> sorted(vote.named_estimators_)[:2]
    ['numpydigitclassifier_1', 'numpydigitclassifier_2']
    >>> doubtful = vote.disagreements(X[1200:])
    >>> bool(vote.agreement(X[1200:])[doubtful[0]] < 1)
    True

    Classifiers of several kinds:

    >>> members = [
    ...     ("network", network),
    ...     ("svc", SVC()),
    ...     ("knn", KNeighborsClassifier()),
    ... ]
    >>> vote = DigitVotingClassifier(members, weights=[2, 1, 1]).fit(X[:600], y[:600])
    >>> len(vote.estimators_)
    3
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **VotingClassifier._parameter_constraints,
        "estimators": [list, HasMethods(["fit", "predict"])],
        "n_members": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        estimators: Any,
        *,
        n_members: int = 1,
        voting: str = "hard",
        weights: ArrayLike | None = None,
        n_jobs: int | None = None,
        flatten_transform: bool = True,
        verbose: bool = False,
    ):
        super().__init__(
            estimators,
            voting=voting,
            weights=weights,
            n_jobs=n_jobs,
            flatten_transform=flatten_transform,
            verbose=verbose,
        )
        self.n_members = n_members

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: ArrayLike, **fit_params: Any) -> Self:
        """Fit the members.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images. Members that only take rows of pixels get rows, as do pipelines
            with a step that does.
        y : array-like of shape (n,)
            Class labels.
        **fit_params : dict
            ``sample_weight``, for all members; with metadata routing, whatever the
            members request, such as ``X_val`` and ``y_val``.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If `estimators` is not a list of named classifiers, has another length than
            `weights`, or is all 'drop'; if `weights` are not finite numbers of at least
            0, or leave no member to vote; if `y` is not made of class labels; if a
            frozen member knows labels that are not in `y`; or if one has no
            probabilities for a soft vote.
        NotImplementedError
            If there are several labels an image.
        """
        others = {name: fit_params[name] for name in {*fit_params} - {"sample_weight"}}
        raise_for_params(others, self, "fit")
        check_target(y)
        if fit_params.get("sample_weight") is not None:
            weight = validate_weights(fit_params["sample_weight"], X)
            fit_params = {**fit_params, "sample_weight": weight}
        members = self._check_members()
        encoder = LabelEncoder().fit(y)
        check_frozen_members(members, encoder.classes_)
        if routing_enabled():
            routed = process_routing(self, "fit", **fit_params)
            params = {member.source: routed[member.source]["fit"] for member in members}
        else:
            params = {member.source: fit_params for member in members}
        voting = [member for member in members if not member.is_dropped]
        # Under the user's labels, which parameters and metadata of members name.
        labels = encoder.inverse_transform(encoder.transform(y))
        fitted = Parallel(n_jobs=self.n_jobs)(
            delayed(fit_single_estimator)(
                clone(member.estimator),
                as_taken(member.estimator, X),
                labels,
                fit_params=params[member.source],
                message_clsname="Voting",
                message=self._log_message(member.name, number, len(voting)),
            )
            for number, member in enumerate(voting, start=1)
        )
        for member, one in zip(voting, fitted, strict=True):
            if hasattr(one, "classes_"):
                check_labels_of(member.name, one, encoder.classes_)
        self.le_, self.classes_, self.estimators_ = encoder, encoder.classes_, fitted
        named = dict.fromkeys((member.name for member in members), "drop")
        named.update(zip((member.name for member in voting), fitted, strict=True))
        self.named_estimators_ = Bunch(**named)
        copy_feature_names(self, fitted)
        return self

    def agreement(self, X: Any) -> NDArray[np.float64]:
        """Find how many of the members vote for what is predicted.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images.

        Returns
        -------
        ndarray of shape (n,)
            Share of the members, by weight, whose own label is the predicted one: from
            0 to 1.
        """
        check_is_fitted(self)
        given = self._weights_not_none
        weights = np.ones(len(self.estimators_)) if given is None else np.array(given)
        if self.voting == "soft":
            probabilities = self._collect_probas(X)
            votes = probabilities.argmax(axis=2).T
            scores = np.average(probabilities, axis=0, weights=weights)
        else:
            votes = self._predict(X)
            numbers = np.arange(len(self.classes_))
            scores = (votes[:, :, np.newaxis] == numbers).swapaxes(1, 2) @ weights
        return agreeing_share(votes, weights, scores)

    def disagreements(self, X: Any) -> NDArray[np.intp]:
        """Find the images on which the members disagree.

        Parameters
        ----------
        X : array-like of shape (n, pixels), (n, height, width) or (n, height, width, 1)
            Images.

        Returns
        -------
        ndarray of shape (n_disagreements,)
            Their rows in `X`, the least agreed on first.
        """
        agreement = self.agreement(X)
        order = np.argsort(agreement, kind="stable")
        return order[agreement[order] < 1]

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        """Name the columns that ``transform`` gives.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Checked against those seen in ``fit``.

        Returns
        -------
        ndarray of str
            A name for each member, and in a soft vote for each of its classes.

        Raises
        ------
        ValueError
            With ``flatten_transform=False``: three dimensions have no columns.
        """
        check_is_fitted(self, "n_features_in_")
        if self.voting == "soft" and not self.flatten_transform:
            raise ValueError(
                "get_feature_names_out is not supported when `voting='soft'` and "
                "`flatten_transform=False`"
            )
        check_feature_names_in(self, input_features, generate_names=False)
        prefix = type(self).__name__.lower()
        names = [
            f"{prefix}_{name}"
            for name, member in self.named_estimators_.items()
            if member != "drop"
        ]
        if self.voting == "soft":
            classes = range(len(self.classes_))
            names = [f"{name}{number}" for name in names for number in classes]
        return np.asarray(names, dtype=object)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters, and with `deep` those of the members.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the members, by their names, and their parameters.

        Returns
        -------
        dict
            Values by their names.
        """
        if isinstance(self.estimators, list):
            return super().get_params(deep=deep)
        # An ensemble such as a forest would be taken for a list of members.
        return BaseEstimator.get_params(self, deep=deep)

    @property
    def named_estimators(self) -> Bunch:
        """The estimators by their names, unfitted."""
        return Bunch(**dict(self._named()))

    def get_metadata_routing(self) -> MetadataRouter:
        """Say which members want which metadata in ``fit``.

        Returns
        -------
        MetadataRouter
            See scikit-learn's guide to metadata routing.
        """
        if isinstance(self.estimators, list):
            return super().get_metadata_routing()
        return VotingClassifier(self._named()).get_metadata_routing()

    def _named(self) -> list[tuple[str, Any]]:
        if isinstance(self.estimators, list):
            return self.estimators
        return [(type(self.estimators).__name__.lower(), self.estimators)]

    def _check_members(self) -> list[Member]:
        if isinstance(self.estimators, list):
            self._validate_estimators()
        elif not is_classifier(self.estimators):
            raise ValueError(
                f"The estimator {type(self.estimators).__name__} should be a "
                "classifier."
            )
        members = make_members(self._named(), self.n_members)
        if self.voting == "soft":
            check_probabilities(members)
        if self.weights is not None:
            check_weights(self.weights, self._named(), self.n_members)
        return members

    # The hooks that VotingClassifier's predict, predict_proba and transform call.

    @property
    def _weights_not_none(self) -> Sequence[float] | None:
        if self.weights is None:
            return None
        # Those that were fitted, whatever `estimators` and `n_members` are now.
        return weights_of_members(self.weights, list(self.named_estimators_.items()))

    def _predict(self, X: Any) -> NDArray[np.intp]:
        votes = [predicted_numbers(one, X, self.le_) for one in self.estimators_]
        return np.asarray(votes).T

    def _collect_probas(self, X: Any) -> NDArray[np.floating[Any]]:
        return np.asarray(
            [predicted_probabilities(one, X, self.le_) for one in self.estimators_]
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags
