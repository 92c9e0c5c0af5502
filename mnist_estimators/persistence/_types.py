"""The classes and functions that a model file may name.

skops trusts almost every estimator of scikit-learn. This list is shorter: a class is
added after a review of what it does with its state. Most classes use only Python and
NumPy, so bad values in their attributes can at worst raise an exception. Those in
``CHECKED`` pass arrays to compiled code that trusts them; `_compiled.py` checks these
value by value. The list leaves out ``KDTree``, gradient boosting, sparse matrices, and
whatever holds functions.
"""

import sys
from collections.abc import Mapping
from typing import Any

_OWN = {
    "mnist_estimators": (
        "AugmentedClassifier",
        "CNNDigitClassifier",
        "DenseDigitClassifier",
        "DigitVotingClassifier",
        "NumpyDigitClassifier",
    ),
    "mnist_estimators.augmentation": (
        "AffineAugmenter",
        "DigitAugmenter",
        "ElasticAugmenter",
        "ErasingAugmenter",
    ),
    "mnist_estimators.preprocessing": ("Deskewer", "DigitCanonicalizer"),
}

CHECKED = {
    "sklearn.ensemble": ("ExtraTreesClassifier", "RandomForestClassifier"),
    "sklearn.neighbors": ("KNeighborsClassifier",),
    "sklearn.svm": ("NuSVC", "SVC"),
    "sklearn.tree": ("DecisionTreeClassifier", "ExtraTreeClassifier"),
}

_PYTHON_AND_NUMPY = {
    "sklearn.calibration": (
        "CalibratedClassifierCV",
        "_CalibratedClassifier",
        "_SigmoidCalibration",
        "_TemperatureScaling",
    ),
    "sklearn.decomposition": ("FastICA", "IncrementalPCA", "PCA", "TruncatedSVD"),
    "sklearn.discriminant_analysis": (
        "LinearDiscriminantAnalysis",
        "QuadraticDiscriminantAnalysis",
    ),
    "sklearn.dummy": ("DummyClassifier",),
    "sklearn.ensemble": (
        "AdaBoostClassifier",
        "BaggingClassifier",
        "StackingClassifier",
        "VotingClassifier",
    ),
    "sklearn.feature_selection": (
        "SelectKBest",
        "SelectPercentile",
        "VarianceThreshold",
    ),
    "sklearn.frozen": ("FrozenEstimator",),
    "sklearn.isotonic": ("IsotonicRegression",),
    "sklearn.linear_model": (
        "LogisticRegression",
        "RidgeClassifier",
        "RidgeClassifierCV",
    ),
    "sklearn.metrics._scorer": ("_MultimetricScorer", "_PassthroughScorer", "_Scorer"),
    "sklearn.model_selection": (
        "FixedThresholdClassifier",
        "GridSearchCV",
        "GroupKFold",
        "KFold",
        "LeaveOneGroupOut",
        "LeaveOneOut",
        "PredefinedSplit",
        "RandomizedSearchCV",
        "RepeatedKFold",
        "RepeatedStratifiedKFold",
        "ShuffleSplit",
        "StratifiedGroupKFold",
        "StratifiedKFold",
        "StratifiedShuffleSplit",
        "TimeSeriesSplit",
    ),
    "sklearn.model_selection._search_successive_halving": (
        "HalvingGridSearchCV",
        "HalvingRandomSearchCV",
    ),
    "sklearn.multiclass": (
        "OneVsOneClassifier",
        "OneVsRestClassifier",
        "OutputCodeClassifier",
        "_ConstantPredictor",
    ),
    "sklearn.naive_bayes": (
        "BernoulliNB",
        "ComplementNB",
        "GaussianNB",
        "MultinomialNB",
    ),
    "sklearn.neighbors": ("NearestCentroid",),
    "sklearn.neural_network": ("MLPClassifier",),
    "sklearn.neural_network._stochastic_optimizers": ("AdamOptimizer", "SGDOptimizer"),
    "sklearn.pipeline": ("FeatureUnion", "Pipeline"),
    "sklearn.preprocessing": (
        "Binarizer",
        "LabelBinarizer",
        "LabelEncoder",
        "MaxAbsScaler",
        "MinMaxScaler",
        "Normalizer",
        "PowerTransformer",
        "QuantileTransformer",
        "RobustScaler",
        "StandardScaler",
    ),
    "sklearn.svm": ("LinearSVC",),
    "sklearn.utils._metadata_requests": ("MetadataRequest", "MethodMetadataRequest"),
}

# For the scorers of a search, and for feature selection.
FUNCTIONS = {
    "sklearn.feature_selection": ("chi2", "f_classif", "mutual_info_classif"),
    "sklearn.metrics": (
        "accuracy_score",
        "average_precision_score",
        "balanced_accuracy_score",
        "brier_score_loss",
        "cohen_kappa_score",
        "f1_score",
        "fbeta_score",
        "jaccard_score",
        "log_loss",
        "matthews_corrcoef",
        "precision_score",
        "recall_score",
        "roc_auc_score",
        "top_k_accuracy_score",
        "zero_one_loss",
    ),
}

_INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_OTHER_NUMBERS = ("bool", "bool_", "float16", "float32", "float64", "complex128")
SCALARS = frozenset((*_INTEGERS, *_OTHER_NUMBERS, "complex64", "bytes_", "str_"))

TREE = ("sklearn.tree._tree", "Tree")
TREE_OWNERS = frozenset(("sklearn.tree", name) for name in CHECKED["sklearn.tree"])

Name = tuple[str, str]


def _names(*tables: Mapping[str, tuple[str, ...]]) -> frozenset[Name]:
    return frozenset(
        (module, name) for table in tables for module in table for name in table[module]
    )


CLASS_NAMES = _names(_OWN, CHECKED, _PYTHON_AND_NUMPY)
FUNCTION_NAMES = _names(FUNCTIONS)


def allowed_name(thing: Any, names: frozenset[Name]) -> Name | None:
    """Find the name under which a class or function may be in a file.

    Parameters
    ----------
    thing : type or function
        What to look for.
    names : frozenset of (module, name)
        Where to look.

    Returns
    -------
    (module, name) or None
        None unless one of the names stands for this very object.
    """
    own_name = getattr(thing, "__name__", None)
    for module, name in names:
        # What exists comes from a module that was imported.
        if name == own_name and getattr(sys.modules.get(module), name, None) is thing:
            return module, name
    return None
