"""Save, load and predict is the identity, whatever the parameters, data and labels."""

import numpy as np
from equality import assert_same
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.svm import SVC

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    NumpyDigitClassifier,
    load_model,
    save_model,
)

MODEL = "identity.model"
LABELS = {
    "int": [3, 7],
    "large int": [-(2**60), 2**60],
    "str": ["seven", "three"],
    "bool": [False, True],
    "float": [0.0, 1.0],
    "int8": [np.int8(1), np.int8(2)],
    "numpy str": [np.str_("äöü"), np.str_("数")],
    "numpy bool": [np.False_, np.True_],
    "objects": np.array(["a", "b"], dtype=object),
}
NETWORKS = {
    "dense": DenseDigitClassifier(hidden_layer_sizes=(4,), epochs=1),
    "cnn": CNNDigitClassifier(
        filters=(2,), kernel_size=2, dense_layer_sizes=(), epochs=1
    ),
    "numpy": NumpyDigitClassifier(hidden_layer_sizes=(4,), epochs=1),
}


@st.composite
def fitted_networks(draw):
    """A network of few weights, what it predicts, and what it was fitted to."""
    classifier = clone(NETWORKS[draw(st.sampled_from([*NETWORKS]))])
    height, width = draw(st.sampled_from([(4, 4), (3, 5)]))
    flattened = draw(st.booleans())
    dtype = draw(st.sampled_from([np.uint8, np.float32, np.float64, np.int16]))
    labels = LABELS[draw(st.sampled_from([*LABELS]))]
    seed = draw(st.integers(0, 2**32 - 1))
    images = np.random.default_rng(seed).integers(0, 200, (12, height, width))
    X = (images.reshape(12, -1) if flattened else images).astype(dtype)
    y = np.array([labels[number % 2] for number in range(12)])
    if isinstance(labels, np.ndarray):
        y = y.astype(object)
    key = draw(st.sampled_from([*y.tolist(), None]))
    classifier.set_params(
        random_state=draw(st.sampled_from([seed, np.random.RandomState(7)])),
        image_shape=(height, width) if draw(st.booleans()) or flattened else None,
        batch_size=draw(st.integers(1, 20)),
        class_weight=None if key is None else {key: draw(st.floats(0.1, 3))},
        warm_start=draw(st.booleans()),
        early_stopping=False,
    )
    if not isinstance(classifier, NumpyDigitClassifier):
        classifier.set_params(
            dropout=draw(st.floats(0, 0.9)),
            learning_rate=draw(st.none() | st.floats(1e-5, 0.1)),
            label_smoothing=draw(st.floats(0, 0.9)),
            l2=draw(st.sampled_from([0, 1e-4])),
        )
    return classifier, X, y


@settings(max_examples=25, deadline=None)
@given(fitted_networks())
def test_of_fitted_networks(tmp_path_factory, drawn):
    classifier, X, y = drawn
    path = tmp_path_factory.getbasetemp() / MODEL
    fitted = classifier.fit(X, y)
    fitted.save(path)
    loaded = load_model(path)
    assert_same(loaded, fitted)
    np.testing.assert_array_equal(
        loaded.predict_proba(X), fitted.predict_proba(X), strict=True
    )
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X), strict=True)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_of_parameters_of_any_value(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / MODEL
    plain = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.sampled_from([np.float32(0.1), np.int64(3), np.bool_(True)])
    )
    keys = st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False)
    value = st.recursive(
        plain,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=8,
    )
    kinds = st.sampled_from([DenseDigitClassifier, CNNDigitClassifier, SVC])
    classifier = data.draw(kinds)()
    names = st.sampled_from([*classifier.get_params(deep=False)])
    classifier.set_params(**data.draw(st.dictionaries(names, value, max_size=4)))
    save_model(classifier, path)
    assert_same(load_model(path), classifier)
