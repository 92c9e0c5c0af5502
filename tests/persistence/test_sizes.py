"""What is long stays small and loadable; what is too large is refused, and quickly."""

import json

import numpy as np
import pytest
from equality import assert_same
from forged import members_of_file, npy, sealed
from states import in_state

from mnist_estimators import NumpyDigitClassifier, load_model, save_model
from mnist_estimators.exceptions import ModelFileError
from mnist_estimators.persistence import _audit

N_EPOCHS = 100_000


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model"


def test_the_history_of_many_partial_fits(path, fitted_classifier):
    losses = np.random.default_rng(0).random(N_EPOCHS).tolist()
    losses[7] = float("nan")
    history = dict.fromkeys(("loss", "accuracy"), losses)
    history["val_loss"] = [*losses[1:], 0.5]
    long_trained = in_state(fitted_classifier("numpy"), history=history)
    save_model(long_trained, path)
    assert path.stat().st_size < 3 * 8 * N_EPOCHS
    loaded = load_model(path)
    assert loaded.n_iter_ == N_EPOCHS
    for name, expected in long_trained.history_.items():
        found = loaded.history_[name]
        assert {*map(type, found)} == {float}
        np.testing.assert_array_equal(found, expected)
    history = loaded._fitted.history
    assert history["loss"] is history["accuracy"]


@pytest.mark.parametrize(
    "values",
    [
        [0.5] * 99,
        [0.5] * 100,
        [0.5] * 100 + [1],
        [0.5] * 100 + [True],
        [-0.0] * 100,
        [np.float64(0.5)] * 100,
    ],
)
def test_only_floats_are_joined_to_arrays(path, values):
    classifier = NumpyDigitClassifier(class_weight=values)
    save_model(classifier, path)
    assert_same(load_model(path), classifier)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("_manifest.MAX_JSON_BYTES", "schema.json: it has more than 5,000 bytes"),
        ("_audit.MAX_NODES", "it is made of more than 5,000 parts"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(path, monkeypatch, limit, message):
    NumpyDigitClassifier(epochs=3).save(path)
    doubled = [np.zeros(1)] * 50
    for _ in range(7):
        doubled = [doubled, doubled]
    monkeypatch.setattr(f"mnist_estimators.persistence.{limit}", 5_000)
    with pytest.raises(ModelFileError, match=f"can't be saved: .*{message}"):
        NumpyDigitClassifier(class_weight=doubled).save(path)
    monkeypatch.undo()
    assert load_model(path).epochs == 3


def test_the_floats_of_all_lists_are_counted(path, monkeypatch):
    lists = NumpyDigitClassifier(class_weight=[[0.5] * 100, [1.5] * 100])
    save_model(lists, path)
    monkeypatch.setattr(_audit, "MAX_FLOATS", 199)
    for use in (load_model, lists.save):
        with pytest.raises(ModelFileError, match="more than 199 floats in lists"):
            use(path)


@pytest.mark.parametrize(
    "array", [np.zeros((2, 3)), np.zeros(3, np.float32), np.zeros(())]
)
def test_a_list_of_floats_is_made_of_nothing_else(path, array):
    save_model(NumpyDigitClassifier(class_weight=[0.5] * 100), path)
    members = members_of_file(path)
    (name,) = (name for name in members if name.endswith(".npy"))
    path.write_bytes(sealed({**members, name: npy(array)}))
    with pytest.raises(ModelFileError, match="an array of one dimension"):
        load_model(path)


@pytest.mark.parametrize("number", [10**400, float("inf")])
def test_numbers_without_end(path, fitted_classifier, number):
    classifier = fitted_classifier("numpy")
    seen = classifier._fitted.seen._replace(pixel_range=(0, number))
    fitted = in_state(classifier, seen=seen)
    with pytest.raises(ModelFileError, match="NumpyDigitClassifier: "):
        save_model(fitted, path)


@pytest.mark.parametrize("error", [MemoryError, RecursionError, OverflowError])
def test_whatever_a_check_raises_the_file_is_refused(
    path, fitted_classifier, monkeypatch, error
):
    def fail(*_):
        raise error("too much")

    save_model(fitted_classifier("numpy"), path)
    with monkeypatch.context() as patch:
        patch.setattr(
            "mnist_estimators.classifiers._fitted_state.FittedState.check_common", fail
        )
        with pytest.raises(ModelFileError, match=f"Classifier: {error.__name__}: too"):
            load_model(path)
    monkeypatch.setattr("mnist_estimators.persistence._audit.plain_value", fail)
    with pytest.raises(ModelFileError, match=f"schema.json: .*{error.__name__}: too"):
        load_model(path)


def test_deep_nesting(path):
    save_model(NumpyDigitClassifier(class_weight="x"), path)
    members = members_of_file(path)
    schema = json.loads(members["schema.json"])
    content = schema["content"]["content"]
    for number in range(100, 250):
        content["class_weight"] = {
            "__loader__": "ListNode",
            "__module__": "builtins",
            "__class__": "list",
            "__id__": number,
            "content": [content["class_weight"]],
        }
    forged = {**members, "schema.json": json.dumps(schema).encode()}
    path.write_bytes(sealed(forged))

    def load(calls_before):
        return load(calls_before - 1) if calls_before else load_model(path)

    with pytest.raises(ModelFileError, match=r"schema.json: .*RecursionError"):
        load(500)
