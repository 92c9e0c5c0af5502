"""Files that other programs run predict what the exported classifier does."""

import os
import random
import re
import sys
import zipfile

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from mnist_estimators import (
    AugmentedClassifier,
    CNNDigitClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
    OnnxDigitClassifier,
    to_keras,
    to_onnx,
)
from mnist_estimators._inputs.seen import look_at_data
from mnist_estimators._networks.architectures import HIDDEN_ACTIVATIONS
from mnist_estimators._networks.build import build_network
from mnist_estimators.augmentation import DigitAugmenter
from mnist_estimators.classifiers._keras_state import KerasState
from mnist_estimators.exceptions import ModelFileError

# Keras reads its own variables in a way that NumPy 2 is about to end.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning"
)

SHAPE = (9, 7)
LABELS = np.array(["one", "three", "two"])
PIXELS = {
    "bytes": lambda bytes: bytes,
    "16 greys": lambda bytes: bytes // 16,
    "unit": lambda bytes: bytes / np.float32(255),
    "float64": lambda bytes: bytes.astype(np.float64),
    "deep": lambda bytes: bytes.astype(np.uint16) * 257,
    "features": lambda bytes: (bytes - 128.0) / 50,
}


def images_of(pixels):
    """Random images (40, height, width) of one of PIXELS."""
    drawn = np.random.default_rng(0).integers(0, 256, (40, *SHAPE), dtype=np.uint8)
    return PIXELS[pixels](drawn)


def fitted(classifier, pixels="bytes"):
    images = images_of(pixels)
    y = LABELS[np.random.default_rng(1).integers(0, 3, len(images))]
    return classifier.set_params(epochs=1, random_state=0).fit(images, y)


def with_random_weights(classifier, pixels="bytes"):
    """Make a network of Keras look fitted, as a fit takes a second for each."""
    X = images_of(pixels)
    _, _, seen = look_at_data(classifier, X, np.resize(LABELS, len(X)))
    described = classifier._network_for(seen, None)
    network = build_network(described, SHAPE, seed=0)
    rng = np.random.default_rng(2)
    weights = [variable.numpy() for variable in network.weights]
    # Scales, offsets and statistics become unlike those of any other layer.
    weights = [
        np.abs(values + rng.normal(0, 0.1, values.shape).astype(np.float32))
        if values.ndim == 1
        else values
        for values in weights
    ]
    classifier._fitted = KerasState(
        seen=seen, weights=tuple(weights), history={}, network=described
    )
    return classifier


def run_onnx(classifier, folder, images):
    """Run an export in onnxruntime alone."""
    to_onnx(classifier, folder / "digits.onnx")
    onnx.checker.check_model(folder / "digits.onnx", full_check=True)
    session = onnxruntime.InferenceSession(folder / "digits.onnx")
    (images_input,) = session.get_inputs()
    assert (images_input.name, images_input.shape[0]) == ("images", "batch")
    return session.run(None, {"images": images.astype(np.float32)})[0]


def run_keras(classifier, folder, images):
    to_keras(classifier, folder / "digits.keras")
    state = random.getstate()  # where Keras takes the seeds of what it loads from
    model = keras.models.load_model(folder / "digits.keras")
    random.setstate(state)
    return np.asarray(model(images))


def assert_parity(classifier, folder, images):
    expected = classifier.predict_proba(images)
    found = run_onnx(classifier, folder, images)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        run_keras(classifier, folder, images), expected, rtol=0, atol=1e-5
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("export")


@pytest.fixture(scope="module")
def dense():
    return with_random_weights(DenseDigitClassifier(hidden_layer_sizes=(8, 5)))


@pytest.fixture(scope="module")
def network():
    return fitted(NumpyDigitClassifier(hidden_layer_sizes=(8,)))


tries = settings(max_examples=5, deadline=None, phases=[Phase.generate])
activations = st.sampled_from(HIDDEN_ACTIVATIONS)
pixel_names = st.sampled_from(sorted(PIXELS))
some_flags = st.lists(st.booleans(), min_size=2, max_size=2)
rates = st.sampled_from([0.0, 0.3])


class TestParity:
    @tries
    @given(
        sizes=st.lists(st.integers(1, 9), min_size=2, max_size=2),
        activation=activations,
        batch_normalization=some_flags,
        dropout=rates,
        pixels=pixel_names,
    )
    def test_of_dense_networks(self, sizes, pixels, folder, **parameters):
        classifier = DenseDigitClassifier(hidden_layer_sizes=sizes, **parameters)
        with_random_weights(classifier, pixels)
        assert_parity(classifier, folder, images_of(pixels))

    @tries
    @given(
        filters=st.lists(
            st.integers(1, 5) | st.lists(st.integers(1, 5), min_size=2, max_size=2),
            min_size=1,
            max_size=3,
        ),
        kernel_size=st.integers(1, 4),
        pool_size=st.integers(1, 3),
        dense_layer_sizes=st.lists(st.integers(1, 9), max_size=1),
        activation=activations,
        batch_normalization=st.booleans(),
        dropout=rates,
        spatial_dropout=rates,
        pixels=pixel_names,
    )
    def test_of_convolutional_networks(self, pixels, folder, **parameters):
        classifier = with_random_weights(CNNDigitClassifier(**parameters), pixels)
        assert_parity(classifier, folder, images_of(pixels))

    def test_of_whole_windows(self, folder):
        classifier = CNNDigitClassifier(filters=(3, 4), padding="valid", kernel_size=2)
        assert_parity(with_random_weights(classifier), folder, images_of("bytes"))

    @pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
    def test_of_each_activation(self, activation, folder):
        classifier = DenseDigitClassifier(hidden_layer_sizes=6, activation=activation)
        assert_parity(with_random_weights(classifier), folder, images_of("bytes"))

    @pytest.mark.parametrize("pixels", PIXELS)
    @pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "identity"])
    def test_of_networks_in_numpy(self, activation, pixels, folder):
        classifier = NumpyDigitClassifier(hidden_layer_sizes=(9, 4))
        fitted(classifier.set_params(activation=activation), pixels)
        assert_parity(classifier, folder, images_of(pixels))

    def test_of_a_row_of_features(self, folder):
        X = np.random.default_rng(0).normal(size=(40, 10))
        y = np.arange(40) % 2
        classifier = NumpyDigitClassifier(random_state=0).fit(X, y)
        assert_parity(classifier, folder, X[:, np.newaxis])

    def test_of_real_digits(self, fitted_classifier, small_digits, folder):
        images = small_digits[0][:100].reshape(-1, 28, 28)
        for name in ("dense", "cnn", "numpy"):
            assert_parity(fitted_classifier(name), folder, images)

    def test_of_a_backbone_in_keras(self, folder):
        classifier = CNNDigitClassifier(backbone="MobileNet")
        with_random_weights(classifier)
        images = images_of("bytes")[:4]
        found = run_keras(classifier, folder, images)
        np.testing.assert_allclose(found, classifier.predict_proba(images), atol=1e-5)

    @pytest.mark.parametrize("run", [run_keras, run_onnx])
    def test_of_16_bits_but_for_their_rounding(self, run, folder):
        classifier = DenseDigitClassifier(precision="mixed_bfloat16")
        with_random_weights(classifier)
        images = images_of("bytes")
        found = run(classifier, folder, images)
        np.testing.assert_allclose(found, classifier.predict_proba(images), atol=0.02)
        classifier.set_params(precision="float32")
        np.testing.assert_allclose(found, classifier.predict_proba(images), atol=1e-5)

    @pytest.mark.parametrize("n_images", [1, 7])
    def test_of_any_number_of_images(self, n_images, dense, folder):
        assert_parity(dense, folder, images_of("bytes")[:n_images])


class TestVotes:
    def vote(self, networks, images, **parameters):
        members = [
            (f"member{number}", FrozenEstimator(network))
            for number, network in enumerate(networks)
        ]
        vote = DigitVotingClassifier(members, **parameters)
        return vote.fit(images, LABELS[np.arange(len(images)) % 3])

    @pytest.mark.parametrize("weights", [None, (2, 0.5)])
    def test_a_soft_vote_is_the_mean(self, weights, dense, network, folder):
        images = images_of("bytes")
        vote = self.vote([dense, network], images, voting="soft", weights=weights)
        found = run_onnx(vote, folder, images)
        np.testing.assert_allclose(found, vote.predict_proba(images), atol=1e-5)

    # In 32 bits the last weights would tie.
    @pytest.mark.parametrize("weights", [None, (3, 1, 1), (0.3, 0.2, 0.1)])
    def test_a_hard_vote_counts(self, weights, folder):
        images = images_of("bytes")
        networks = [
            NumpyDigitClassifier(hidden_layer_sizes=(), epochs=1, random_state=seed)
            for seed in range(3)
        ]
        y = LABELS[np.arange(len(images)) % 3]
        vote = DigitVotingClassifier(
            [(f"member{one.random_state}", one) for one in networks], weights=weights
        ).fit(images, y)
        assert len(vote.disagreements(images)) > 5
        votes = run_onnx(vote, folder, images)
        expected = np.zeros((len(images), 3))
        for member, weight in zip(vote.estimators_, weights or (1, 1, 1), strict=True):
            numbers = vote.le_.transform(member.predict(images))
            expected[np.arange(len(images)), numbers] += weight
        # The runtime may add weights in another order.
        np.testing.assert_allclose(votes, expected, rtol=0, atol=1e-12)
        classifier = OnnxDigitClassifier(folder / "digits.onnx")
        np.testing.assert_array_equal(classifier.predict(images), vote.predict(images))
        assert not hasattr(classifier, "predict_proba")

    def test_members_of_one_network_share_its_weight(self, folder):
        images = images_of("bytes")
        network = NumpyDigitClassifier(hidden_layer_sizes=(), epochs=1, random_state=0)
        members = [("few", network), ("none", "drop"), ("more", clone(network))]
        vote = DigitVotingClassifier(
            members, n_members=2, voting="soft", weights=[3, 5, 1]
        ).fit(images, LABELS[np.arange(len(images)) % 3])
        found = run_onnx(vote, folder, images)
        np.testing.assert_allclose(found, vote.predict_proba(images), atol=1e-5)

    @pytest.mark.parametrize("voting", ["soft", "hard"])
    def test_a_member_may_know_some_of_the_labels(self, voting, network, folder):
        images = images_of("bytes")
        two = NumpyDigitClassifier(hidden_layer_sizes=(), random_state=0)
        two.fit(images, LABELS[1:][np.arange(len(images)) % 2])
        vote = self.vote([two, network], images, voting=voting, weights=[2, 1])
        run_onnx(vote, folder, images)
        classifier = OnnxDigitClassifier(folder / "digits.onnx")
        np.testing.assert_array_equal(classifier.predict(images), vote.predict(images))

    def test_a_vote_may_be_a_member(self, dense, network, folder):
        images = images_of("bytes")
        inner = self.vote([dense, network], images)
        vote = self.vote([network, inner, dense], images)
        run_onnx(vote, folder, images)
        classifier = OnnxDigitClassifier(folder / "digits.onnx")
        np.testing.assert_array_equal(classifier.predict(images), vote.predict(images))

    def test_weights_need_a_sum(self, network, folder):
        images = images_of("bytes")
        vote = self.vote([network], images, voting="soft").set_params(weights=[0])
        with pytest.raises(ValueError, match="with a sum above 0"):
            to_onnx(vote, folder / "none.onnx")

    def test_members_of_other_kinds_are_refused(self, network, folder):
        images = images_of("bytes").reshape(40, -1)
        members = [("network", network), ("regression", LogisticRegression())]
        vote = DigitVotingClassifier(members).fit(images, np.arange(40) % 3)
        with pytest.raises(TypeError, match="LogisticRegression can't be exported"):
            to_onnx(vote, folder / "none.onnx")


def test_keras_loads_the_file_by_itself(dense, folder, monkeypatch):
    images = images_of("bytes")
    cnn = with_random_weights(
        CNNDigitClassifier(filters=4, batch_normalization=True, activation="leaky_relu")
    )
    expected = {
        "dense": dense.predict_proba(images),
        "cnn": cnn.predict_proba(images),
    }
    to_keras(dense, folder / "dense.keras")
    to_keras(cnn, folder / "cnn.keras")
    state = random.getstate()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "mnist_estimators", None)  # importing it fails
        for name, stack in ("dense", images), ("cnn", images[..., np.newaxis]):
            path = folder / f"{name}.keras"
            with zipfile.ZipFile(path) as archive:
                config = archive.read("config.json").decode()
            modules = re.findall(r'"module": "(.*?)"', config)
            assert {module.split(".")[0] for module in modules} == {"keras"}
            # A class of our own, known to this process alone, would stand here.
            assert {*re.findall(r'"registered_name": ([^,}]*)', config)} == {"null"}
            model = keras.models.load_model(path, safe_mode=True)
            found = model.predict(stack, verbose=0)
            np.testing.assert_allclose(found, expected[name], rtol=0, atol=1e-5)
    random.setstate(state)


EXPORTS = [(to_keras, "digits.keras"), (to_onnx, "digits.onnx")]


@pytest.mark.parametrize(("export", "name"), EXPORTS, ids=["keras", "onnx"])
class TestFiles:
    def test_a_folder_is_refused(self, export, name, network, tmp_path):
        path = tmp_path / name
        path.mkdir()
        with pytest.raises(ModelFileError, match=rf"path='.*{name}' can't be written"):
            export(network, path)

    def test_only_the_file_is_left(self, export, name, network, tmp_path):
        export(network, str(tmp_path / name))
        export(network, tmp_path / name)
        assert os.listdir(tmp_path) == [name]
        plain = tmp_path / "plain"
        plain.touch()
        assert (tmp_path / name).stat().st_mode == plain.stat().st_mode

    def test_an_old_file_outlives_a_failed_export(
        self, export, name, network, tmp_path, monkeypatch
    ):
        def fail(*_):
            raise OSError("no space left")

        (tmp_path / name).write_text("old")
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="no space left"):
            export(network, tmp_path / name)
        assert (tmp_path / name).read_text() == "old"
        assert os.listdir(tmp_path) == [name]

    def test_frozen_classifiers_are_exported(self, export, name, network, tmp_path):
        export(network, tmp_path / name)
        plain = (tmp_path / name).stat().st_size
        export(FrozenEstimator(network), tmp_path / name)
        assert (tmp_path / name).stat().st_size == pytest.approx(plain, rel=0.01)

    def test_other_estimators_are_refused(self, export, name, network, tmp_path):
        images = images_of("bytes").reshape(40, -1)
        y = np.arange(40) % 2
        small = NumpyDigitClassifier(hidden_layer_sizes=(), epochs=1, random_state=0)
        pipeline = make_pipeline(MinMaxScaler(), small).fit(images, y)
        search = GridSearchCV(small, {"momentum": [0.5]}, cv=2).fit(images, y)
        augmented = AugmentedClassifier(small, DigitAugmenter()).fit(images, y)
        for estimator, advice in [
            (pipeline, r"Export only the last one, pipeline\[-1\]"),
            (search, "search.best_estimator_"),
            (augmented, "its estimator_"),
            (LogisticRegression(), "NumpyDigitClassifier"),
        ]:
            with pytest.raises(TypeError, match=advice):
                export(estimator, tmp_path / name)
        assert not os.listdir(tmp_path)

    @pytest.mark.parametrize(
        "classifier", [DenseDigitClassifier(), NumpyDigitClassifier()]
    )
    def test_unfitted_ones_are_refused(self, export, name, classifier, tmp_path):
        with pytest.raises(NotFittedError):
            export(classifier, tmp_path / name)

    def test_pixels_beyond_32_bits_are_refused(self, export, name, tmp_path):
        X = np.random.default_rng(0).normal(size=(20, 4)) * 1e300
        classifier = NumpyDigitClassifier(epochs=1, random_state=0)
        classifier.fit(X, np.arange(20) % 2)
        with pytest.raises(ValueError, match="Scale X before fit"):
            export(classifier, tmp_path / name)


def test_a_file_for_keras_ends_in_keras(network, tmp_path):
    with pytest.raises(ValueError, match=r"must end in '\.keras'"):
        to_keras(network, tmp_path / "digits.h5")


def test_a_vote_has_no_keras_file(network, tmp_path):
    images = images_of("bytes")
    vote = DigitVotingClassifier(clone(network)).fit(images, np.arange(40) % 2)
    with pytest.raises(TypeError, match="DigitVotingClassifier can't be exported"):
        to_keras(vote, tmp_path / "digits.keras")


def test_too_large_a_model_is_refused(network, tmp_path, monkeypatch):
    monkeypatch.setattr("mnist_estimators._onnx.file.MAX_FILE_BYTES", 1000)
    with pytest.raises(ValueError, match="too large for an ONNX file"):
        to_onnx(network, tmp_path / "digits.onnx")


def test_labels_without_a_place_in_the_metadata_are_refused(tmp_path):
    y = np.array(["2024-01-01", "2024-01-02"], "datetime64[D]")[np.arange(40) % 2]
    classifier = NumpyDigitClassifier(epochs=1, random_state=0)
    classifier.fit(images_of("bytes"), y)
    with pytest.raises(TypeError, match="datetime64"):
        to_onnx(classifier, tmp_path / "digits.onnx")


def test_the_last_step_of_a_pipeline_takes_what_the_others_make(tmp_path):
    images = images_of("bytes").reshape(40, -1)
    network = NumpyDigitClassifier(hidden_layer_sizes=(4,), random_state=0)
    pipeline = make_pipeline(StandardScaler(), network).fit(images, np.arange(40) % 2)
    to_onnx(pipeline[-1], tmp_path / "digits.onnx")
    classifier = OnnxDigitClassifier(tmp_path / "digits.onnx")
    np.testing.assert_allclose(
        classifier.predict_proba(pipeline[:-1].transform(images)),
        pipeline.predict_proba(images),
        atol=1e-5,
    )
