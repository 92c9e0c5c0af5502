"""Files of all formats stay loadable, and the present one leaves room for more.

``tests/model_files`` has some of each, with what they predicted when they were saved: a
vote of three networks on labels of text, since format 2 with a long history, and a
search over a pipeline. ``write_model_file.py`` writes that of the present format.
"""

import json
from pathlib import Path

import keras
import numpy as np
import pytest
from forged import members_of_file, sealed

from mnist_estimators import DenseDigitClassifier, NumpyDigitClassifier, load_model
from mnist_estimators.exceptions import ModelFileError
from mnist_estimators.persistence._archive import pack
from mnist_estimators.persistence._manifest import FORMAT_VERSION, MAX_JSON_BYTES

FOLDER = Path(__file__).parents[1] / "model_files"
FILES = sorted(FOLDER.glob("*.model"))


def test_there_is_a_file_of_each_format():
    formats = {path.stem.rsplit("-", 1)[0] for path in FILES}
    assert formats == {f"format-{n}" for n in range(1, FORMAT_VERSION + 1)}


# They were saved with another version of scikit-learn than may be installed.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_predicts_what_it_did_when_it_was_saved(path):
    version, name = path.stem.rsplit("-", 1)
    expected = json.loads((FOLDER / f"{version}.json").read_text())
    loaded = load_model(path)
    X = np.array(expected["X"], np.uint8)
    np.testing.assert_allclose(
        loaded.predict_proba(X), expected[name], rtol=1e-4, atol=1e-6
    )
    assert sorted(loaded.classes_) == ["eins", "null", "zwei"]


def with_manifest(members, **changes):
    """Seal a file, with other entries in its manifest."""
    manifest = {**json.loads(members["manifest.json"]), **changes}
    return pack({**members, "manifest.json": json.dumps(manifest).encode()})


class TestOldNames:
    """Formats 1 and 2 have private names, which format 3 has not."""

    OLD = "mnist_estimators.persistence._keras_optimizers"

    @pytest.fixture
    def members(self, tmp_path):
        """The parts of a file of format 3, but for an old name in it."""
        DenseDigitClassifier(optimizer=keras.optimizers.SGD(0.25)).save(tmp_path / "it")
        members = members_of_file(tmp_path / "it")
        schema = members["schema.json"].decode()
        new = '"mnist_estimators.persistence"'
        assert schema.count(new) == 1
        members["schema.json"] = schema.replace(new, f'"{self.OLD}"').encode()
        (tmp_path / "it").write_bytes(sealed(members))
        return members_of_file(tmp_path / "it")

    @pytest.mark.parametrize("version", [1, 2])
    def test_are_read_in_old_formats(self, tmp_path, members, version):
        (tmp_path / "it").write_bytes(with_manifest(members, format_version=version))
        loaded = load_model(tmp_path / "it")
        assert float(loaded.optimizer.learning_rate) == 0.25

    def test_are_refused_in_the_present_format(self, tmp_path, members):
        (tmp_path / "it").write_bytes(with_manifest(members))
        with pytest.raises(ModelFileError, match=f"{self.OLD}.* is not allowed here"):
            load_model(tmp_path / "it")

    def test_of_a_layer_are_refused_in_the_present_format(self, tmp_path):
        members = members_of_file(FOLDER / "format-2-networks.model")
        (tmp_path / "it").write_bytes(with_manifest(members, format_version=3))
        with pytest.raises(ModelFileError, match=r"LayerSpec is not allowed"):
            load_model(tmp_path / "it")


class TestFilesOfLaterVersions:
    @pytest.fixture
    def members(self, tmp_path):
        NumpyDigitClassifier(epochs=7).save(tmp_path / "it")
        return members_of_file(tmp_path / "it")

    def test_may_say_more_in_the_manifest(self, tmp_path, members):
        metadata = {
            "trained": "2027-01-01",
            "accuracy": 0.9,
            "thresholds": [0.5, None],
            "data": {"name": "MNIST", "images": 60_000},
        }
        content = with_manifest(members, metadata=metadata, another_key=True)
        (tmp_path / "it").write_bytes(content)
        assert load_model(tmp_path / "it").epochs == 7

    def test_may_not_say_any_amount(self, tmp_path, members):
        content = with_manifest(members, metadata={"notes": "x" * MAX_JSON_BYTES})
        (tmp_path / "it").write_bytes(content)
        with pytest.raises(ModelFileError, match=r"manifest\.json: it has more than"):
            load_model(tmp_path / "it")

    @pytest.mark.parametrize(
        ("module", "name"),
        [("mnist_estimators", "TransformerDigitClassifier"), ("sklearn.svm", "OneSVC")],
    )
    def test_of_an_unknown_class_are_refused_with_the_reason(
        self, tmp_path, members, module, name
    ):
        schema = members["schema.json"].decode()
        schema = schema.replace(
            '"mnist_estimators","__class__":"NumpyDigitClassifier"',
            f'"{module}","__class__":"{name}"',
        )
        content = sealed({**members, "schema.json": schema.encode()})
        (tmp_path / "it").write_bytes(content)
        with pytest.raises(
            ModelFileError,
            match=rf"{module}\.{name} is not allowed here; a later version of "
            "mnist_estimators may know it",
        ):
            load_model(tmp_path / "it")
