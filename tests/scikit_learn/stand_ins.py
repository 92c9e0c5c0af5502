"""Our classifiers under the names of scikit-learn's, for its own tests.

Each takes the parameters of the class that it stands for, and ignores those that it
does not know, so that a test may search over `C`. It is small and learns for a few
epochs.
"""

import inspect
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any
from unittest import mock

from sklearn.tests.metadata_routing_common import record_metadata_not_default

from mnist_estimators import DenseDigitClassifier, NumpyDigitClassifier

NUMPY = (
    NumpyDigitClassifier,
    {"hidden_layer_sizes": (16,), "epochs": 20, "batch_size": 16, "random_state": 0},
)
KERAS = (
    DenseDigitClassifier,
    {
        "hidden_layer_sizes": (16,),
        "epochs": 5,
        "batch_size": 16,
        "learning_rate": 0.01,
        "random_state": 0,
    },
)
# Keras compiles for each shape of images, which takes time: it stands in for one class.
REPLACED = {
    "linear_model.LogisticRegression": KERAS,
    "linear_model.Perceptron": NUMPY,
    "linear_model.SGDClassifier": NUMPY,
    "naive_bayes.GaussianNB": NUMPY,
    "naive_bayes.MultinomialNB": NUMPY,
    "neighbors.KNeighborsClassifier": NUMPY,
    "svm.LinearSVC": NUMPY,
    "svm.SVC": NUMPY,
    "tree.DecisionTreeClassifier": NUMPY,
    "ensemble.RandomForestClassifier": NUMPY,
}


class ConsumingClassifier(NumpyDigitClassifier):
    """The classifier of the tests of metadata routing, which records what it gets."""

    def __init__(
        self,
        registry: list[Any] | None = None,
        alpha: float = 0.0,
        hidden_layer_sizes: tuple[int, ...] = (4,),
        epochs: int = 1,
        random_state: int = 0,
    ):
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes,
            epochs=epochs,
            random_state=random_state,
        )
        self.registry = registry
        self.alpha = alpha

    def fit(self, X, y, sample_weight="default", metadata="default"):
        if self.registry is not None:
            self.registry.append(self)
        record_metadata_not_default(
            self, sample_weight=sample_weight, metadata=metadata
        )
        weight = None if isinstance(sample_weight, str) else sample_weight
        return super().fit(X, y, sample_weight=weight)

    def partial_fit(
        self, X, y, classes=None, sample_weight="default", metadata="default"
    ):
        if self.registry is not None:
            self.registry.append(self)
        record_metadata_not_default(
            self, sample_weight=sample_weight, metadata=metadata
        )
        weight = None if isinstance(sample_weight, str) else sample_weight
        return super().partial_fit(X, y, classes, sample_weight=weight)

    def predict(self, X, sample_weight="default", metadata="default"):
        record_metadata_not_default(
            self, sample_weight=sample_weight, metadata=metadata
        )
        return super().predict(X)

    def predict_proba(self, X, sample_weight="default", metadata="default"):
        record_metadata_not_default(
            self, sample_weight=sample_weight, metadata=metadata
        )
        return super().predict_proba(X)

    def predict_log_proba(self, X, sample_weight="default", metadata="default"):
        record_metadata_not_default(
            self, sample_weight=sample_weight, metadata=metadata
        )
        return super().predict_log_proba(X)

    def score(self, X, y, sample_weight="default", metadata="default"):
        record_metadata_not_default(
            self, sample_weight=sample_weight, metadata=metadata
        )
        return 1


def _stand_in(name: str, replaced: type, base: type, settings: dict[str, Any]) -> type:
    """Make a subclass of `base` that takes the parameters of both classes."""
    own = {
        parameter.name: parameter.replace(
            default=settings.get(parameter.name, parameter.default)
        )
        for parameter in inspect.signature(base).parameters.values()
    }
    theirs = inspect.signature(replaced).parameters
    signature = inspect.Signature(
        [
            inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
            *(
                parameter.replace(default=own[parameter.name].default)
                if parameter.name in own
                else parameter
                for parameter in theirs.values()
            ),
            *(parameter for parameter in own.values() if parameter.name not in theirs),
        ]
    )

    def __init__(self, *args, **kwargs):
        given = signature.bind(self, *args, **kwargs)
        given.apply_defaults()
        for parameter, value in [*given.arguments.items()][1:]:
            setattr(self, parameter, value)

    __init__.__signature__ = signature
    attributes = {"__init__": __init__, "__module__": __name__, "__doc__": None}
    return type(name, (base,), attributes)


def _make_stand_ins() -> Iterator[tuple[str, str, type]]:
    for path, (base, settings) in REPLACED.items():
        module, name = path.split(".")
        replaced = getattr(import_module(f"sklearn.{module}"), name)
        yield f"sklearn.{module}", name, _stand_in(name, replaced, base, settings)


_MADE = [*_make_stand_ins()]
# Attributes of this module, so that pickle finds them.
globals().update((name, stand_in) for _, name, stand_in in _MADE)
STAND_INS = [
    *_MADE,
    (
        "sklearn.tests.metadata_routing_common",
        "ConsumingClassifier",
        ConsumingClassifier,
    ),
]


@contextmanager
def in_place() -> Iterator[None]:
    """Let imports from scikit-learn find the stand-ins."""
    with ExitStack() as stack:
        for module, name, stand_in in STAND_INS:
            patch = mock.patch.object(import_module(module), name, stand_in)
            stack.enter_context(patch)
        yield
