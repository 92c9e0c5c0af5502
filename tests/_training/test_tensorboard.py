"""Event files for TensorBoard, read back."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from mnist_estimators import DenseDigitClassifier
from mnist_estimators.augmentation import DigitAugmenter

pytest.importorskip("tensorboard")
# Keras reads its own variables in a way that NumPy 2 is about to end.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)


def events(folder):
    """Map the tag of what was written to its plugin and its values by step."""
    found = {}
    for path in sorted(Path(folder).glob("events*")):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            for value in event.summary.value:
                plugin = value.metadata.plugin_data.plugin_name
                _, values = found.setdefault(value.tag, (plugin, {}))
                values[event.step] = tf.make_ndarray(value.tensor)
    return found


def curve(found, tag):
    return [float(value) for _, value in sorted(found[tag][1].items())]


@pytest.fixture(scope="module")
def data(small_digits):
    X, y = small_digits
    return X[:200], y[:200]


def test_everything_is_written(data, tmp_path):
    classifier = DenseDigitClassifier(
        hidden_layer_sizes=(8,),
        epochs=2,
        tensorboard_dir=tmp_path / "logs",
        augmenter=DigitAugmenter(),
        validation_fraction=0.2,
        random_state=0,
    ).fit(*data)
    run = Path(classifier.tensorboard_run_)
    assert run.parent == tmp_path / "logs"
    assert run.name.startswith(type(classifier).__name__)
    training, validation = events(run / "train"), events(run / "validation")
    history = classifier.history_
    for name in ("loss", "accuracy"):
        assert curve(training, f"epoch_{name}") == pytest.approx(history[name])
        found = curve(validation, f"epoch_{name}")
        assert found == pytest.approx(history[f"val_{name}"])
    first, last = curve(training, "epoch_learning_rate")
    assert first > last >= 0
    kinds = [plugin for plugin, _ in training.values()]
    assert kinds.count("histograms") == len(classifier.weights_)
    assert kinds.count("graph_keras_model") == 1
    for tag in ("training images", "augmented images"):
        plugin, (sheet,) = training[tag][0], training[tag][1].values()
        assert plugin == "images"
        pixels = tf.io.decode_png(sheet[2])
        assert pixels.shape == (5 * 28, 5 * 28, 1)
        assert np.ptp(pixels) > 200
    assert b"validation_fraction=0.2" in training["classifier"][1][0].item()


def test_each_fit_has_its_folder_unless_it_goes_on(data, tmp_path):
    classifier = DenseDigitClassifier(epochs=1, tensorboard_dir=str(tmp_path))
    runs = {classifier.fit(*data).tensorboard_run_ for _ in range(3)}
    assert {Path(run) for run in runs} == set(tmp_path.iterdir())
    assert len(runs) == 3
    last = classifier.tensorboard_run_
    classifier.partial_fit(*data)
    assert classifier.tensorboard_run_ == last
    losses = curve(events(Path(last) / "train"), "epoch_loss")
    assert losses == pytest.approx(classifier.loss_curve_)
    assert len(losses) == 2


def test_changes_nothing_in_the_fit(data, tmp_path):
    without = DenseDigitClassifier(epochs=2, random_state=0).fit(*data)
    with_it = DenseDigitClassifier(
        epochs=2, random_state=0, tensorboard_dir=tmp_path
    ).fit(*data)
    assert with_it.history_ == without.history_
    assert without.tensorboard_run_ is None


def test_a_new_folder_has_the_graph_also_where_a_fit_goes_on(data, tmp_path):
    classifier = DenseDigitClassifier(epochs=1, warm_start=True).fit(*data)

    classifier.set_params(tensorboard_dir=tmp_path).fit(*data)

    training = events(Path(classifier.tensorboard_run_) / "train")
    assert "graph_keras_model" in [plugin for plugin, _ in training.values()]
    assert training["epoch_loss"][1] == {1: pytest.approx(classifier.loss_curve_[1])}


def test_a_fit_that_is_refused_leaves_no_folder(data, tmp_path):
    classifier = DenseDigitClassifier(freeze="features", tensorboard_dir=tmp_path)
    with pytest.raises(ValueError, match="there are none yet"):
        classifier.fit(*data)
    assert not [*tmp_path.iterdir()]
