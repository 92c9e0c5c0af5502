"""Networks of keras.applications as backbones, with weights from a file."""

import pickle
import random
import time
import warnings

import keras
import numpy as np
import pytest
from sklearn.base import clone
from states import in_state

from mnist_estimators import CNNDigitClassifier, load_model
from mnist_estimators._networks.backbones import (
    BACKBONES,
    SIDE,
    WEIGHT_COUNTS,
    build_backbone,
    initial_backbone_weights,
)
from mnist_estimators.exceptions import ModelFileError, WeightsNotFoundError
from mnist_estimators.inspection import (
    ActivationMapDisplay,
    FilterDisplay,
    SaliencyDisplay,
    activations,
    grad_cam,
)

CNN = CNNDigitClassifier(
    backbone="MobileNet",
    dense_layer_sizes=(16,),
    epochs=2,
    batch_size=16,
    random_state=0,
)


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    few = y < 2
    return X[few][:96], y[few][:96], X[few][96:192], y[few][96:192]


@pytest.fixture(scope="module")
def application():
    state = random.getstate()  # where Keras takes the seed of its initializers from
    random.seed(0)
    network = keras.applications.MobileNet(
        include_top=False, weights=None, input_shape=(SIDE, SIDE, 3), pooling="avg"
    )
    random.setstate(state)
    return network


@pytest.fixture(scope="module")
def weights_file(application, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "backbone.weights.h5"
    with warnings.catch_warnings():
        # Keras' writing of weights uses what NumPy 2 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        application.save_weights(path)
    return path


@pytest.fixture(scope="module")
def fitted(digits, weights_file):
    X, y, _, _ = digits
    classifier = clone(CNN).set_params(weights=weights_file, freeze="features")
    return classifier.fit(X, y)


@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_sees_what_its_preprocessing_would_give(name):
    random_state = random.getstate()
    backbone = build_backbone(name, (28, 20), precision="float32")
    assert random.getstate() == random_state
    images = np.random.default_rng(0).random((2, 28, 20, 1), np.float32)
    features = backbone(images)
    enlarged = keras.layers.Resizing(SIDE, SIDE)(images).numpy()
    colour = 255 * np.repeat(enlarged, 3, axis=3)
    module = getattr(keras.applications, BACKBONES[name])
    application = backbone.layers[-1]
    expected = application(module.preprocess_input(colour))
    np.testing.assert_allclose(features.numpy(), expected.numpy(), rtol=1e-3, atol=1e-4)
    if name == CNN.backbone:  # others, with statistics of batches too, would take long
        trained = backbone(images, training=True)
        assert np.abs(trained.numpy() - features.numpy()).max() > 0.01
    n_weights = sum(weights.numpy().size for weights in application.weights)
    assert WEIGHT_COUNTS[name] == (len(application.weights), n_weights)
    for layer in application.layers:
        assert getattr(layer, "momentum", 0.9) == 0.9
        assert "Dropout" not in type(layer).__name__


def test_initial_weights_are_seeded_and_of_the_layers_own_initializers(application):
    backbone = build_backbone("MobileNet", (28, 28), precision="float32")
    one, again, other = (initial_backbone_weights(backbone, s) for s in (0, 0, 1000))
    for values, same, different, reference in zip(
        one, again, other, application.weights, strict=True
    ):
        np.testing.assert_array_equal(values, same)
        assert values.shape == reference.shape
        if reference.name == "kernel":
            assert (values != different).any()
            assert values.std() == pytest.approx(reference.numpy().std(), rel=0.5)
        else:
            np.testing.assert_array_equal(values, reference.numpy())


def test_it_begins_with_the_weights_of_the_file(fitted, application):
    n_weights = len(application.weights)
    for weights, begun in zip(
        fitted.weights_[:n_weights], application.weights, strict=True
    ):
        np.testing.assert_array_equal(weights, begun.numpy())
    assert len(fitted.weights_) == n_weights + 4
    assert np.abs(fitted.weights_[-1]).min() > 0  # biases of the output begin at 0


def test_without_freezing_all_of_it_learns(digits, weights_file, application):
    X, y, _, _ = digits
    classifier = clone(CNN).set_params(weights=weights_file, epochs=3).fit(X, y)
    assert (classifier.weights_[0] != application.weights[0].numpy()).any()
    assert classifier.history_["accuracy"][-1] > 0.8


def test_its_random_weights_are_seeded(digits):
    X, y, X_new, _ = digits
    first, again = (clone(CNN).set_params(epochs=1).fit(X[:16], y[:16]) for _ in "12")
    np.testing.assert_array_equal(
        again.predict_proba(X_new[:8]), first.predict_proba(X_new[:8])
    )


def test_pickles_and_models(fitted, digits):
    X_new = digits[2]
    expected = fitted.predict_proba(X_new)
    loaded = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(loaded.predict_proba(X_new), expected)
    images = X_new.reshape(-1, 28, 28, 1).astype(np.float32) / 255
    predicted = fitted.model_.predict(images, verbose=0)
    np.testing.assert_allclose(predicted, expected, atol=1e-5)


def test_model_files(fitted, digits, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = load_model(tmp_path / "model")
    np.testing.assert_array_equal(
        loaded.predict_proba(digits[2]), fitted.predict_proba(digits[2])
    )
    assert loaded.get_params() == fitted.get_params()


def test_a_forged_model_file_of_a_huge_network(fitted, tmp_path, monkeypatch):
    backbone, flatten, dense, *others = fitted._network
    settings = {**dict(dense.settings), "units": 10**8}  # 200 GB of weights
    huge = dense._replace(settings=tuple(settings.items()))
    forged = in_state(fitted, network=(backbone, flatten, huge, *others))
    with monkeypatch.context() as patch:
        patch.setattr(CNNDigitClassifier, "_check_state", lambda _: None)
        forged.save(tmp_path / "model")
    started = time.process_time()
    message = "CNNDigitClassifier: weights must have the shapes"
    with pytest.raises(ModelFileError, match=message):
        load_model(tmp_path / "model")
    assert time.process_time() - started < 10


def test_a_forged_model_file_without_the_weights_of_its_backbone(fitted, tmp_path):
    forged = in_state(fitted, weights=fitted.weights_[-4:])
    message = "must have the 135 arrays with 3228864 weights of MobileNet, with which"
    with pytest.raises(ModelFileError, match=message):
        forged.save(tmp_path / "model")


def test_its_model_comes_back_as_a_classifier(fitted, digits):
    X = digits[2][:8]
    again = CNNDigitClassifier.from_keras(fitted.model_)
    assert again.layers == fitted._network
    found = again.predict_proba(X / 255)
    np.testing.assert_allclose(found, fitted.predict_proba(X)[:, :2], atol=1e-4)


def test_it_hides_its_maps_but_has_gradients(fitted, digits):
    X_new = digits[2]
    np.testing.assert_allclose(
        activations(fitted, X_new, -1), fitted.predict_proba(X_new), atol=1e-5
    )
    assert activations(fitted, X_new[:2], 0).ndim == 2
    display = SaliencyDisplay.from_estimator(fitted, X_new, n_images=2)
    assert display.axes_.shape == (2, 2)
    for look in (
        lambda: grad_cam(fitted, X_new),
        lambda: ActivationMapDisplay.from_estimator(fitted, X_new),
        lambda: FilterDisplay.from_estimator(fitted),
    ):
        with pytest.raises(ValueError, match=r"(?i)inside the backbone 'mobilenet"):
            look()


def test_another_classifier_begins_with_it(fitted, digits, weights_file):
    X, y, _, _ = digits
    both = clone(CNN).set_params(init_from=fitted, weights=weights_file)
    with pytest.raises(ValueError, match="only one of them"):
        both.fit(X, y)
    other = clone(CNN).set_params(init_from=fitted, freeze="features", epochs=1)
    other.fit(X, np.where(y == 0, "zero", "one"))
    np.testing.assert_array_equal(other.weights_[0], fitted.weights_[0])


class TestMistakes:
    def test_no_such_file(self, digits, tmp_path):
        path = str(tmp_path / "absent.weights.h5")
        message = r"There is no file .*absent.*include_top=False\)\.save_weights"
        with pytest.raises(WeightsNotFoundError, match=message):
            clone(CNN).set_params(weights=path).fit(*digits[:2])

    def test_weights_of_another_network(self, digits, weights_file):
        classifier = clone(CNN).set_params(weights=weights_file, backbone="MobileNetV2")
        message = "does not hold the weights of MobileNetV2 without its top"
        with pytest.raises(ValueError, match=message):
            classifier.fit(*digits[:2])

    def test_a_file_of_something_else(self, digits, tmp_path):
        path = tmp_path / "text.weights.h5"
        path.write_text("no weights")
        with pytest.raises(ValueError, match="does not hold the weights"):
            clone(CNN).set_params(weights=path).fit(*digits[:2])

    @pytest.mark.parametrize(
        "failure",
        [
            Exception("URL fetch failure: no network"),  # as Keras does
            TimeoutError("no answer"),
            PermissionError("no place to put it"),
            ValueError("another checksum"),
        ],
        ids=lambda failure: type(failure).__name__,
    )
    def test_no_network(self, digits, monkeypatch, failure):
        def fail(*arguments, **settings):
            raise failure

        module = "keras.src.applications.mobilenet"
        monkeypatch.setattr(f"{module}.file_utils.get_file", fail)
        message = rf"can't be downloaded: {failure} .* weights='backbone\.weights"
        with pytest.raises(WeightsNotFoundError, match=message):
            clone(CNN).set_params(weights="imagenet").fit(*digits[:2])

    def test_parameters(self, digits):
        X, y, _, _ = digits
        with pytest.raises(ValueError, match=r"backbone=None\. Name it"):
            CNNDigitClassifier(weights="imagenet").fit(X, y)
        with pytest.raises(ValueError, match=r"'backbone' parameter .*'MobileNetV2'"):
            CNNDigitClassifier(backbone="LeNet").fit(X, y)
        with pytest.raises(ValueError, match=r"none yet\. .* weights= of a backbone"):
            clone(CNN).set_params(freeze="features").fit(X, y)
