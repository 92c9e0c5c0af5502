"""OnnxDigitClassifier: an exported classifier as a scikit-learn estimator."""

import copy
import json
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.validation import check_is_fitted

from mnist_estimators import (
    DigitVotingClassifier,
    NumpyDigitClassifier,
    OnnxDigitClassifier,
    to_onnx,
)
from mnist_estimators._onnx import file as onnx_file
from mnist_estimators.exceptions import ModelFileError, PixelRangeWarning

SHAPE = (6, 5)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (80, *SHAPE), dtype=np.uint8)


@pytest.fixture(scope="module")
def labels(images):
    brightness = images[:, :3].mean(axis=(1, 2))
    return np.array(["dark", "dim", "light"])[np.digitize(brightness, (118, 138))]


@pytest.fixture(scope="module")
def network(images, labels):
    classifier = NumpyDigitClassifier(hidden_layer_sizes=(9,), random_state=0)
    return classifier.fit(images, labels)


@pytest.fixture(scope="module")
def path(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "digits.onnx"
    to_onnx(network, path)
    return path


def frame(images):
    return pd.DataFrame(images.reshape(len(images), -1))


class TestPrediction:
    def test_it_does_as_the_exported_classifier(self, path, network, images, labels):
        classifier = OnnxDigitClassifier(path)
        np.testing.assert_array_equal(
            classifier.predict(images), network.predict(images)
        )
        found = classifier.predict_proba(images)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, network.predict_proba(images), atol=1e-6)
        np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-15)
        assert classifier.score(images, labels) == network.score(images, labels)

    def test_it_knows_what_the_exported_classifier_knew(self, path, network):
        classifier = OnnxDigitClassifier(str(path))
        np.testing.assert_array_equal(classifier.classes_, network.classes_)
        assert classifier.classes_.dtype == network.classes_.dtype
        assert classifier.image_shape_ == network.image_shape_
        assert classifier.pixel_range_ == network.pixel_range_
        assert classifier.n_features_in_ == network.n_features_in_

    @pytest.mark.parametrize(
        "convert",
        [
            lambda images: images.reshape(len(images), -1),
            lambda images: images[..., np.newaxis],
            lambda images: images.astype(np.float64),
            lambda images: images.astype(np.int16),
            lambda images: np.asfortranarray(images),
            lambda images: images.reshape(len(images), -1).tolist(),
            lambda images: pd.DataFrame(images.reshape(len(images), -1)),
            lambda images: pd.DataFrame(images.reshape(len(images), -1)).add_prefix(
                "p"
            ),
        ],
        ids=["rows", "4-D", "float64", "int16", "Fortran", "list", "frame", "named"],
    )
    def test_every_form_of_images_is_taken(self, convert, path, network, images):
        np.testing.assert_array_equal(
            OnnxDigitClassifier(path).predict(convert(images)), network.predict(images)
        )

    def test_many_images_run_in_parts(self, path, network, images):
        many = np.tile(images, (20, 1, 1))
        np.testing.assert_array_equal(
            OnnxDigitClassifier(path).predict(many), network.predict(many)
        )

    def test_another_range_of_pixels_warns(self, path, images):
        with pytest.warns(
            PixelRangeWarning, match="fitted on pixels from 0 to 255"
        ) as w:
            OnnxDigitClassifier(path).predict(images / 255)
        assert w[0].filename == __file__

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            (np.zeros((2, 7)), "X has 7 features, but OnnxDigitClassifier"),
            (np.zeros((2, 5, 6)), "fitted on images of 6 x 5 pixels"),
            (np.zeros(SHAPE), "one image"),
            (np.full((2, *SHAPE), np.nan), "NaN"),
            (np.zeros((0, *SHAPE)), "0 sample"),
        ],
    )
    def test_wrong_images_are_refused(self, wrong, message, path):
        with pytest.raises(ValueError, match=message):
            OnnxDigitClassifier(path).predict(wrong)

    @pytest.mark.filterwarnings("ignore::mnist_estimators.exceptions.PixelRangeWarning")
    def test_scores_that_are_not_finite_name_no_class(self, path, images, tmp_path):
        message = r"X has values from .* not finite\. Scale X"
        with pytest.raises(ValueError, match=message):
            OnnxDigitClassifier(path).predict(images * 1e300)
        with pytest.raises(ValueError, match=message):
            OnnxDigitClassifier(changed(path, tmp_path, huge_weights)).predict(images)

    def test_threads_may_share_it(self, path, network, images):
        classifier = OnnxDigitClassifier(path)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(classifier.predict_proba, [images] * 64))
        expected = classifier.predict_proba(images)
        assert all(np.array_equal(one, expected) for one in found)

    def test_more_threads_compute_the_same(self, path, images):
        one, two = (OnnxDigitClassifier(path, n_jobs=n_jobs) for n_jobs in (1, 2))
        np.testing.assert_array_equal(one.predict(images), two.predict(images))


class TestEstimator:
    def test_it_is_a_fitted_classifier(self, path):
        classifier = OnnxDigitClassifier(path)
        check_is_fitted(classifier)
        assert is_classifier(classifier)

    def test_scikit_learns_checks_of_its_interface_pass(self, path):
        """The other checks train it, which it can't be."""
        interface = {
            "check_do_not_raise_errors_in_init_or_set_params",
            "check_dont_overwrite_parameters",
            "check_estimator_cloneable",
            "check_estimator_repr",
            "check_estimator_tags_renamed",
            "check_estimators_fit_returns_self",
            "check_estimators_overwrite_params",
            "check_get_params_invariance",
            "check_mixin_order",
            "check_no_attributes_set_in_init",
            "check_parameters_default_constructible",
            "check_sample_weights_not_overwritten",
            "check_set_params",
            "check_valid_tag_types",
        }
        passed = set()
        for estimator, check in estimator_checks_generator(OnnxDigitClassifier(path)):
            if check.func.__name__ in interface:
                check(estimator)
                passed.add(check.func.__name__)
        assert passed == interface

    def test_fitting_learns_nothing_and_reads_the_file_anew(
        self, path, network, images, labels, tmp_path
    ):
        other, moved = tmp_path / "other.onnx", tmp_path / "digits.onnx"
        to_onnx(clone(network).fit(images[:, ::-1], labels == "dim"), other)
        moved.write_bytes(path.read_bytes())
        classifier = OnnxDigitClassifier(moved).fit(images, np.zeros(len(images)))
        assert classifier.classes_.tolist() == ["dark", "dim", "light"]
        other.replace(moved)
        assert classifier.classes_.tolist() == ["dark", "dim", "light"]
        assert classifier.fit(images, labels).classes_.tolist() == [False, True]

    def test_another_path_is_another_file(self, path, network, images, tmp_path):
        other = (
            clone(network).set_params(random_state=1).fit(images, images[:, 0, 0] > 99)
        )
        to_onnx(other, tmp_path / "other.onnx")
        classifier = OnnxDigitClassifier(path)
        classifier.predict(images)
        classifier.set_params(path=tmp_path / "other.onnx", n_jobs=2)
        assert classifier.classes_.tolist() == [False, True]
        np.testing.assert_array_equal(classifier.predict(images), other.predict(images))

    def test_fitting_a_pipeline_fits_the_other_steps(self, path, network, images):
        rows = images.reshape(len(images), -1) / 100
        scaler = MinMaxScaler((0, 255))
        pipeline = make_pipeline(scaler, OnnxDigitClassifier(path))
        pipeline.fit(rows, network.predict(images))
        scaled = scaler.transform(rows)
        np.testing.assert_array_equal(pipeline.predict(rows), network.predict(scaled))

    def test_it_votes(self, path, network, images, labels):
        members = [
            ("bayes", GaussianNB()),
            ("onnx", FrozenEstimator(OnnxDigitClassifier(path))),
        ]
        vote = DigitVotingClassifier(members, voting="soft", weights=[0, 1])
        rows = images.reshape(len(images), -1)
        found = vote.fit(rows, labels).predict(rows)
        np.testing.assert_array_equal(found, network.predict(images))

    def test_it_votes_in_scikit_learns_own_class(self, images, labels, tmp_path):
        # It gives numbers to its members for labels, and takes numbers from them.
        numbers = np.unique(labels, return_inverse=True)[1]
        network = NumpyDigitClassifier(hidden_layer_sizes=(), random_state=0)
        to_onnx(network.fit(images, numbers), tmp_path / "numbers.onnx")
        member = OnnxDigitClassifier(tmp_path / "numbers.onnx")
        rows = images.reshape(len(images), -1)
        vote = VotingClassifier([("onnx", member)], voting="soft").fit(rows, numbers)
        np.testing.assert_array_equal(vote.predict(rows), member.predict(rows))

    def test_it_is_calibrated(self, path, images, labels):
        rows = images.reshape(len(images), -1)
        frozen = FrozenEstimator(OnnxDigitClassifier(path))
        calibrated = CalibratedClassifierCV(frozen).fit(rows, labels)
        assert calibrated.predict_proba(rows).shape == (len(rows), 3)

    def test_it_is_scored_by_cross_validation(self, path, network, images, labels):
        rows = images.reshape(len(images), -1)
        scores = cross_val_score(OnnxDigitClassifier(path), rows, labels, n_jobs=None)
        assert scores.mean() == pytest.approx(network.score(rows, labels))

    def test_the_log_loss_is_that_of_probabilities(self, path, images, labels):
        rows = images.reshape(len(images), -1)
        assert np.isfinite(
            cross_val_score(
                OnnxDigitClassifier(path), rows, labels, scoring="neg_log_loss"
            )
        ).all()

    @pytest.mark.parametrize(
        "copied",
        [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))],
        ids=["deepcopy", "pickle"],
    )
    def test_copies_hold_the_model(self, copied, path, network, images, tmp_path):
        moved = tmp_path / "moved.onnx"
        moved.write_bytes(path.read_bytes())
        classifier = OnnxDigitClassifier(moved)
        classifier.predict(images)
        moved.unlink()
        again = copied(classifier)
        np.testing.assert_array_equal(again.predict(images), network.predict(images))
        with pytest.raises(FileNotFoundError):
            clone(classifier).predict(images)

    def test_joblib_sends_it_to_other_processes(self, path, network, images):
        classifier = OnnxDigitClassifier(path)
        found = joblib.Parallel(n_jobs=2)(
            joblib.delayed(classifier.predict)(half) for half in (images, images[::-1])
        )
        np.testing.assert_array_equal(found[0], network.predict(images))
        np.testing.assert_array_equal(found[1], found[0][::-1])


def test_tensorflow_is_not_needed(path, network, images, tmp_path):
    np.save(tmp_path / "images.npy", images)
    code = f"""import sys
sys.modules["tensorflow"] = sys.modules["keras"] = None  # importing them fails
import numpy as np
from mnist_estimators import OnnxDigitClassifier
found = OnnxDigitClassifier({str(path)!r}).predict(np.load("images.npy"))
np.save("found.npy", found)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.stdout == done.stderr == ""
    found = np.load(tmp_path / "found.npy")
    np.testing.assert_array_equal(found, network.predict(images))


@pytest.mark.parametrize("library", ["onnx", "onnxruntime"])
def test_a_missing_library_is_named_with_the_mend(library, path, images, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=rf"{library}, .*'mnist_estimators\[onnx\]'"):
        OnnxDigitClassifier(path).predict_proba(images)


def changed(path, tmp_path, change):
    """Write the model with a change to another file."""
    model = onnx.load(path)
    change(model)
    crafted = tmp_path / "crafted.onnx"
    crafted.write_bytes(model.SerializeToString())
    return crafted


def metadata(**values):
    """Change metadata; None takes a value away."""

    def change(model):
        known = {entry.key: entry.value for entry in model.metadata_props} | values
        del model.metadata_props[:]
        onnx.helper.set_model_props(
            model, {name: value for name, value in known.items() if value is not None}
        )

    return change


def node_in_front(operator, *constants, **attributes):
    """Put an operator between the images and what takes them."""

    def change(model):
        graph = model.graph
        for number, values in enumerate(constants):
            tensor = onnx.numpy_helper.from_array(values, f"crafted_{number}")
            graph.initializer.append(tensor)
        names = [f"crafted_{number}" for number in range(len(constants))]
        graph.node[0].input[0] = "in_front"
        inputs = attributes.pop("inputs", ["images"])
        node = onnx.helper.make_node(
            operator, [*inputs, *names], ["in_front"], **attributes
        )
        graph.node.insert(0, node)

    return change


def external(location):
    """Say that an array is in another file."""

    def change(model):
        tensor = model.graph.initializer[-1]
        onnx.external_data_helper.set_external_data(tensor, location)
        tensor.ClearField("raw_data")

    return change


def subgraph(model):
    body = onnx.helper.make_graph([], "body", [], [])
    node_in_front("Identity", body=body)(model)


def function(model):
    opset = [onnx.helper.make_opsetid("", 17)]
    model.functions.append(
        onnx.helper.make_function("", "Relu", ["x"], ["y"], [], opset)
    )


def sparse(model):
    values = onnx.numpy_helper.from_array(np.ones(1, np.float32), "sparse")
    indices = onnx.numpy_helper.from_array(np.zeros(1, np.int64), "indices")
    model.graph.sparse_initializer.append(
        onnx.helper.make_sparse_tensor(values, indices, [9])
    )


def second_input(model):
    model.graph.input.append(model.graph.input[0])
    model.graph.input[1].name = "others"


def fixed_batch(model):
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def input_of_float64(model):
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.DOUBLE


def renamed_output(model):
    model.graph.output[0].name = model.graph.node[-1].output[0] = "logits"


def enormous_images(model):
    """Pad them to 10 ** 12 pixels, and cut the padding off again."""
    widths = np.array([0, 0, 0, 0, 10**6, 10**6], np.int64)
    node_in_front("Pad", -widths)(model)
    model.graph.node[0].input[0] = "enormous"
    tensor = onnx.numpy_helper.from_array(widths, "widths")
    model.graph.initializer.append(tensor)
    node = onnx.helper.make_node("Pad", ["images", "widths"], ["enormous"])
    model.graph.node.insert(0, node)


def unused_enormous_images(model):
    tensor = onnx.numpy_helper.from_array(np.zeros((1, *SHAPE), np.float32), "zeros")
    model.graph.initializer.append(tensor)
    model.graph.node[0].input[0] = "zeros"
    for dimension in model.graph.input[0].type.tensor_type.shape.dim[1:]:
        dimension.dim_value = 10**6


def doubled_rows(model):
    node_in_front("Concat", inputs=["images", "images"], axis=0)(model)


def other_operators(model):
    model.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))


def newer_operators(model):
    model.opset_import[0].version = 99


def mismatched(model):
    del model.graph.initializer[-1].dims[:]
    model.graph.initializer[-1].dims.append(2)


def weight_of(model):
    return next(one for one in model.graph.initializer if len(one.dims) == 2)


def nan_as_weight(model):
    weight = weight_of(model)
    weight.raw_data = np.float32(np.nan).tobytes() + weight.raw_data[4:]


def huge_weights(model):
    weight = weight_of(model)
    values = np.frombuffer(weight.raw_data, np.float32)
    weight.raw_data = (3e38 * np.sign(values)).astype(np.float32).tobytes()


CRAFTED = {
    "metadata: none": lambda model: model.ClearField("metadata_props"),
    "metadata: no labels": metadata(labels=None),
    "metadata: newer format": metadata(format="mnist_estimators/2"),
    "labels: too few": metadata(labels='["dark", "dim"]'),
    "labels: numbers": metadata(labels="[1, 2, 3]"),
    "labels: unsorted": metadata(labels='["dim", "dark", "light"]'),
    "labels: twice": metadata(labels='["dark", "dark", "light"]'),
    "labels: no list": metadata(labels='{"dark": 1, "dim": 2, "light": 3}'),
    "labels: cut off": metadata(label_dtype="<U2"),
    "labels: not a number": metadata(labels="[1.0, 2.0, NaN]", label_dtype="<f8"),
    "labels: too large": metadata(labels="[1, 2, 256]", label_dtype="|u1"),
    "labels: nested": metadata(labels="[" * 100_000),
    "labels: huge": metadata(label_dtype="<U5000000"),
    "labels: a record": metadata(label_dtype="i4,i4"),
    "pixels: none": metadata(pixel_range="[0.0]"),
    "pixels: infinite": metadata(pixel_range="[0.0, Infinity]"),
    "pixels: text": metadata(pixel_range='["0", "255"]'),
    "data elsewhere": external("weights.bin"),
    "data above": external("../../../../etc/passwd"),
    "data in devices": external("/dev/zero"),
    "operator of others": node_in_front("Relu", domain="com.microsoft"),
    "operator not in use": node_in_front("Not"),
    "operator with a body": subgraph,
    "operators of others": other_operators,
    "operators of the future": newer_operators,
    "function": function,
    "sparse array": sparse,
    "two inputs": second_input,
    "fixed batch": fixed_batch,
    "input of float64": input_of_float64,
    "renamed output": renamed_output,
    "enormous images": enormous_images,
    "enormous images, unused": unused_enormous_images,
    "more rows than images": doubled_rows,
    "mismatched arrays": mismatched,
    "weights that are not finite": nan_as_weight,
}


class TestMistrust:
    @pytest.mark.parametrize("change", CRAFTED.values(), ids=CRAFTED)
    def test_a_crafted_file_is_refused(self, change, path, images, tmp_path):
        crafted = changed(path, tmp_path, change)
        with pytest.raises(ModelFileError, match=r"crafted\.onnx' is not a file that"):
            OnnxDigitClassifier(crafted).predict(images)

    def test_an_unchanged_copy_is_not(self, path, network, images, tmp_path):
        same = changed(path, tmp_path, lambda model: None)
        np.testing.assert_array_equal(
            OnnxDigitClassifier(same).predict(images), network.predict(images)
        )

    def test_data_elsewhere_are_refused_though_the_runtime_would_read_them(
        self, path, images, tmp_path
    ):
        weights = onnx.load(path).graph.initializer[-1].raw_data
        (tmp_path / "weights.bin").write_bytes(weights)
        crafted = changed(path, tmp_path, external("weights.bin"))
        batch = images.astype(np.float32)
        session = onnxruntime.InferenceSession(crafted)
        assert session.run(None, {"images": batch})[0].shape == (len(images), 3)
        with pytest.raises(ModelFileError, match="in another file"):
            OnnxDigitClassifier(crafted).fit()

    @pytest.mark.parametrize("content", [b"", b"\0", b"PK\3\4", b"digits" * 100])
    def test_other_files_are_refused(self, content, tmp_path):
        other = tmp_path / "other.onnx"
        other.write_bytes(content)
        with pytest.raises(ModelFileError, match="Export the classifier again"):
            OnnxDigitClassifier(other).fit()

    def test_a_large_file_is_refused_before_it_is_read(
        self, path, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(onnx_file, "MAX_FILE_BYTES", path.stat().st_size - 1)
        with pytest.raises(ModelFileError, match=r"bytes, and .* is the limit"):
            OnnxDigitClassifier(path).fit()

    @pytest.mark.parametrize("make", [os.mkdir, lambda path: os.mkfifo(path)])
    def test_only_an_ordinary_file_is_read(self, make, tmp_path):
        make(tmp_path / "other.onnx")
        with pytest.raises(ModelFileError, match="not an ordinary file"):
            OnnxDigitClassifier(tmp_path / "other.onnx").fit()

    def test_a_missing_file_is_an_error_of_the_file_system(self, tmp_path, images):
        classifier = OnnxDigitClassifier(tmp_path / "none.onnx")
        with pytest.raises(FileNotFoundError):
            classifier.predict(images)
        with pytest.raises(FileNotFoundError):
            classifier.predict_proba(images)
        assert not hasattr(classifier, "classes_")
        assert "none.onnx" in classifier._repr_html_()

    def test_damaged_files_are_refused_or_run_in_silence(
        self, path, images, tmp_path, capfd
    ):
        rng = np.random.default_rng(0)
        whole = path.read_bytes()
        damaged = tmp_path / "damaged.onnx"
        refused = 0
        for _ in range(150):
            content = bytearray(whole)
            for position in rng.integers(0, len(whole), 3):
                content[position] ^= 1 << rng.integers(8)
            damaged.write_bytes(content[: rng.choice([len(whole), len(whole) // 2])])
            try:
                assert OnnxDigitClassifier(damaged).fit()._scores(images).shape[1] == 3
            except ModelFileError:
                refused += 1
        assert 75 <= refused < 150
        assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "classes",
    [
        np.arange(3),
        np.array([-1, 0, 7], np.int8),
        np.array([0, 1, 2**63], np.uint64),
        np.array([False, True]),
        np.array([-1.0, 2.0]),
        np.array([1, 2], np.float32),
        np.array(["1", "ä", "三"]),
        np.array(["a", "bc"], object),
        np.array(["a", "bc"], "<U9"),
    ],
    ids=lambda classes: str(classes.dtype),
)
def test_labels_come_back_with_their_type(classes, images, tmp_path):
    y = classes[np.arange(len(images)) % len(classes)]
    network = NumpyDigitClassifier(hidden_layer_sizes=(), epochs=1, random_state=0)
    to_onnx(network.fit(images, y), tmp_path / "labels.onnx")
    classifier = OnnxDigitClassifier(tmp_path / "labels.onnx")
    assert classifier.classes_.dtype == classes.dtype
    assert classifier.classes_.tolist() == classes.tolist()
    found = classifier.predict(images)
    assert found.dtype == network.predict(images).dtype
    np.testing.assert_array_equal(found, network.predict(images))
    stored = onnx.load(tmp_path / "labels.onnx").metadata_props
    (listed,) = (entry.value for entry in stored if entry.key == "labels")
    assert json.loads(listed) == classes.tolist()
