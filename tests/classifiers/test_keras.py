"""The way over to scikeras."""

import numpy as np
import pytest

from mnist_estimators import CNNDigitClassifier, DenseDigitClassifier


@pytest.mark.parametrize(
    "classifier",
    [
        DenseDigitClassifier(
            hidden_layer_sizes=(16,),
            optimizer="sgd",
            learning_rate=0.05,
            label_smoothing=0.1,
            epochs=2,
            batch_size=32,
            random_state=0,
        ),
        CNNDigitClassifier(
            filters=(4,),
            dense_layer_sizes=(),
            loss="sparse_categorical_crossentropy",
            epochs=2,
            batch_size=32,
            random_state=0,
        ),
    ],
    ids=["dense", "cnn"],
)
def test_the_network_trains_within_scikeras(classifier, small_digits):
    import keras

    X, y = small_digits[0][:300] / 255, small_digits[1][:300]
    before = keras.Model.__reduce__, keras.losses.Loss.__reduce__
    theirs = classifier.to_scikeras().fit(X, y)
    assert (keras.Model.__reduce__, keras.losses.Loss.__reduce__) == before
    ours = classifier.fit(X, y)
    shapes = [weights.shape for weights in theirs.model_.get_weights()]
    assert shapes == [weights.shape for weights in ours.weights_]
    assert theirs.history_["loss"][-1] < theirs.history_["loss"][0]
    assert len(theirs.history_["loss"]) == 2
    assert theirs.predict_proba(X).shape == (300, 10)
    assert set(np.unique(theirs.predict(X))) <= set(range(10))
    if classifier.learning_rate:
        assert float(theirs.model_.optimizer.learning_rate) == pytest.approx(0.05)
