"""Whatever `fit` and `predict` are given: a result, or an error that names the cause.

The images have 4 x 4 pixels, and the labels three classes, so that all examples share
the few networks that are compiled.
"""

import pickle
import tempfile
import traceback
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.svm import SVC

import mnist_estimators
from mnist_estimators import (
    AugmentedClassifier,
    CNNDigitClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
)
from mnist_estimators.augmentation import (
    AffineAugmenter,
    DigitAugmenter,
    ElasticAugmenter,
    ErasingAugmenter,
)
from mnist_estimators.preprocessing import Deskewer, DigitCanonicalizer

N = 12
N_PIXELS = 16
PIXELS = np.random.default_rng(0).integers(17, size=(N, N_PIXELS)).astype(np.uint8)
LABELS = np.arange(N) % 3

DENSE = DenseDigitClassifier(hidden_layer_sizes=(3,), epochs=1, random_state=0)
NUMPY = NumpyDigitClassifier(hidden_layer_sizes=(3,), epochs=1, random_state=0)
CLASSIFIERS = {
    "dense": DENSE,
    "cnn": CNNDigitClassifier(
        filters=(2,), dense_layer_sizes=(), epochs=1, random_state=0
    ),
    "numpy": NUMPY,
    "vote": DigitVotingClassifier([("dense", DENSE), ("numpy", NUMPY), ("svc", SVC())]),
    "augmented": AugmentedClassifier(
        NUMPY, DigitAugmenter(), n_copies=1, tta=1, random_state=0
    ),
}
TRANSFORMERS = {
    "affine": AffineAugmenter(rotation=10, random_state=0),
    "elastic": ElasticAugmenter(random_state=0),
    "erasing": ErasingAugmenter(random_state=0),
    "digit": DigitAugmenter(random_state=0),
    "deskewer": Deskewer(),
    "canonicalizer": DigitCanonicalizer(),
}

# -- What a user may hand over ---------------------------------------------------------

NUMBERS = ["?", "u1", "i1", "u2", "i4", "u8", "i8", "f2", "f4", "f8", "g", ">f4", ">i2"]
OTHER_TYPES = ["c8", "S3", "U3", "O", "M8[s]", "m8[s]", "V2", [("a", "u1")]]
SPOILING = [np.nan, np.inf, -np.inf, 1e38, 1e308, -1e300, 5e-324, -1.0, 70_000.0]
SHAPES = [
    (N, N_PIXELS),
    (N, 4, 4),
    (N, 4, 4, 1),
    (N, 4, 4, 3),
    (N, 2, 2, 2, 2),
    (N, 0),
    (0, N_PIXELS),
    (0, 4, 4),
    (N,),
    (),
]


def in_type(dtype):
    def convert(values):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return values.astype(dtype)

    return convert


def spoiled(value, everywhere):
    def put(values):
        changed = values.astype(np.float64)
        changed[slice(None) if everywhere else len(values) // 2] = value
        return changed

    return put


def shaped(shape):
    def change(values):
        return np.resize(values, shape)

    return change


def masked(n_masked):
    def mask(values):
        hidden = np.zeros(values.shape, bool)
        hidden.flat[:n_masked] = True
        return np.ma.masked_array(values, hidden)

    return mask


def read_only(values):
    copied = values.copy()
    copied.flags.writeable = False
    return copied


def memory_mapped(values):
    file = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the array is
    file.write(np.ascontiguousarray(values).tobytes() or b"\0")
    file.flush()
    return np.memmap(file, values.dtype, "r", shape=values.shape)


def every_other(values):
    return np.repeat(values, 2, axis=0)[::2]


def backwards(values):
    return values[::-1].copy()[::-1]


def as_frame(dtype):
    def convert(values):
        return pd.DataFrame(values.reshape(len(values), -1)).astype(dtype)

    return convert


def with_missing(values):
    frame = pd.DataFrame(values.reshape(len(values), -1)).astype("Int64")
    frame.iloc[1, 0] = pd.NA
    return frame


def as_objects(value):
    def convert(values):
        objects = values.astype(object)
        objects.flat[0] = value
        return objects

    return convert


# Forms of an array that keep its values.
CONTAINERS = [
    read_only,
    np.asfortranarray,
    every_other,
    backwards,
    masked(0),
    memory_mapped,
    lambda values: values.tolist(),
    lambda values: [*values],
    lambda values: tuple(values),
    lambda values: values.astype(object),
]
FRAMES = [
    with_missing,
    *map(as_frame, ["u1", "f4", "Int64", "Float64", "boolean", "string", "category"]),
    *map(as_frame, ["object", "datetime64[s]", "timedelta64[s]", "complex64"]),
    as_frame(pd.SparseDtype("f8")),
]
# Things that are no array of numbers, or hardly.
ODD_ONES = [
    masked(1),
    masked(N),
    *map(as_objects, [None, "three", 1 + 2j, [1, 2], 10**400, np.nan]),
    sparse.csr_matrix,
    sparse.coo_array,
    lambda values: np.asmatrix(values.reshape(len(values), -1)),
    lambda values: [[1, 2], [3]],
    lambda values: [values[0], values[1][:2]],
    lambda values: (value for value in values),
    *(
        lambda values, odd=odd: odd
        for odd in ({"a": 1}, {1, 2}, "digits", None, 3, object(), np.array(3.5))
    ),
]
IN_TYPES = st.sampled_from([*NUMBERS, *OTHER_TYPES]).map(in_type)
SPOILED = st.builds(spoiled, st.sampled_from(SPOILING), st.booleans())

IMAGES = st.one_of(
    st.tuples(st.sampled_from([*CONTAINERS, *ODD_ONES, *FRAMES])),
    st.tuples(IN_TYPES | SPOILED),
    st.tuples(st.sampled_from(SHAPES).map(shaped)),
    st.tuples(
        IN_TYPES | SPOILED,
        st.sampled_from(SHAPES[:3]).map(shaped),
        st.sampled_from(CONTAINERS),
    ),
)

NAMES = np.array(["a", "b", "c"])
DATES = np.array(["2020-01-01", "2021-01-01", "2022-01-01"], "M8[s]")
LABELS_AS = st.tuples(
    st.one_of(
        IN_TYPES,
        SPOILED,
        st.sampled_from([(), (0,), (N, 1), (N, 2), (1, N), (N - 1,)]).map(shaped),
        st.sampled_from([*CONTAINERS, *ODD_ONES]),
        st.sampled_from(
            [
                *map(as_objects, [True, 2.5, 10**30]),
                lambda y: NAMES[y],
                lambda y: NAMES[y].astype(object),
                lambda y: DATES[y],
                lambda y: DATES[y] - DATES[0],
                lambda y: y / 7,
                lambda y: y > 0,
                lambda y: y * 0,
                lambda y: np.eye(3)[y],
                lambda y: pd.Series(y, index=range(100, 100 + N)),
                lambda y: pd.Series(NAMES[y], dtype="category"),
                lambda y: pd.Series(NAMES[y], dtype="string"),
                lambda y: pd.Series(y, dtype="Int64"),
                lambda y: pd.Series(y > 0, dtype="boolean"),
                lambda y: pd.Series([pd.NA, *y[1:]], dtype="Int64"),
                lambda y: pd.Series([pd.NA, *NAMES[y[1:]]], dtype="string"),
                lambda y: pd.Series(DATES[y]),
                lambda y: pd.DataFrame({"y": y}),
            ]
        ),
    )
)

WEIGHTS = st.tuples(
    st.one_of(
        IN_TYPES,
        SPOILED,
        st.sampled_from([(), (0,), (N, 1), (N, 2), (N - 1,)]).map(shaped),
        st.sampled_from([*CONTAINERS, *ODD_ONES]),
        st.sampled_from(
            [
                lambda w: w * 0,
                lambda w: w * 1e-320,
                lambda w: w.astype(str),
                lambda w: pd.Series(w, index=range(100, 100 + N)),
                lambda w: pd.Series([pd.NA, *w[1:]], dtype="Float64"),
                lambda w: -1,
            ]
        ),
    )
)


def make(forms, values):
    """Apply forms; where two don't fit together, the plain values will do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = values
            for form in forms:
                made = form(made)
        except (ValueError, TypeError, OverflowError, IndexError):
            return values
    return made


# -- What has to come out --------------------------------------------------------------


def result_of(call, *inputs):
    """Call with the inputs; None stands for an error that names the cause."""
    before = [_contents(one) for one in inputs]
    with warnings.catch_warnings():
        # Warnings are for the user to read, but not those of our own arithmetic.
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", category=RuntimeWarning, module=r"mnist_.*")
        try:
            result = call(*inputs)
        except (ValueError, TypeError, NotImplementedError) as error:
            if not is_deliberate(error):
                raise
            result = None
    assert [_contents(one) for one in inputs] == before, "an input was changed"
    return result


def _contents(one):
    if hasattr(one, "to_numpy"):  # a pickle would show what pandas caches
        return repr((one.index, one.to_numpy(object).tolist()))
    try:
        return pickle.dumps(one)
    except TypeError:  # a generator
        return None


def is_deliberate(error):
    """Tell whether our code raised it on purpose, or scikit-learn's."""
    assert str(error)
    calls = traceback.extract_tb(error.__traceback__)
    package = Path(mnist_estimators.__file__).parent
    if package in Path(calls[-1].filename).parents:
        return calls[-1].line.startswith("raise ")
    checks = ("validation.py", "multiclass.py")
    return "sklearn" in Path(calls[-1].filename).parts or any(
        Path(call.filename).name in checks for call in calls
    )


@pytest.fixture(scope="module")
def fitted():
    return {
        name: clone(classifier).fit(PIXELS, LABELS)
        for name, classifier in CLASSIFIERS.items()
    }


def predictions(classifier, X):
    labels = classifier.predict(X)
    assert np.isin(labels, classifier.classes_).all()
    if hasattr(classifier, "predict_proba"):
        assert np.isfinite(classifier.predict_proba(X)).all()
    return labels


def check_fit(name, X, y, weight=None):
    """Fit, and predict the same images where that went well."""
    classifier = clone(CLASSIFIERS[name])

    def fit(X, y, weight):
        given = {} if weight is None else {"sample_weight": weight}
        return classifier.fit(X, y, **given)

    if result_of(fit, X, y, weight) is None:
        return
    labels = result_of(lambda X: predictions(classifier, X), X)
    assert labels is not None, "what was fitted can't be predicted"
    assert len(labels) == N


fuzzed = settings(deadline=None, max_examples=100)


@pytest.mark.parametrize("name", CLASSIFIERS)
class TestClassifiers:
    @fuzzed
    @given(IMAGES)
    def test_fit_on_images(self, name, forms):
        check_fit(name, make(forms, PIXELS), LABELS)

    @fuzzed
    @given(LABELS_AS)
    def test_fit_on_labels(self, name, forms):
        check_fit(name, PIXELS, make(forms, LABELS))

    @fuzzed
    @given(WEIGHTS)
    def test_fit_with_weights(self, name, forms):
        check_fit(name, PIXELS, LABELS, make(forms, np.linspace(0, 2, N)))

    @fuzzed
    @given(IMAGES | st.just((shaped((N, 15)),)))
    def test_predict(self, name, fitted, forms):
        result_of(lambda X: predictions(fitted[name], X), make(forms, PIXELS))


@pytest.mark.parametrize("name", TRANSFORMERS)
@fuzzed
@given(IMAGES)
def test_transformers(name, forms):
    def transform(X):
        images = clone(TRANSFORMERS[name]).fit_transform(X)
        assert len(images) == N
        assert np.isfinite(images).all()
        return images

    result_of(transform, make(forms, PIXELS))
