"""What can't be saved, and what can't be loaded, is told by name."""

import io
import json
import pickle
import zipfile
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest
from forged import members_of_file, npy, sealed
from sklearn.datasets import make_blobs
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from mnist_estimators import (
    DenseDigitClassifier,
    NumpyDigitClassifier,
    OnnxDigitClassifier,
    load_model,
    save_model,
)
from mnist_estimators.exceptions import ModelFileError
from mnist_estimators.persistence import _archive
from mnist_estimators.persistence._archive import pack

X, Y = make_blobs(40, 4, centers=3, random_state=0)


class MySVC(SVC):
    """A class that no file can name."""


def itself():
    classifier = NumpyDigitClassifier()
    classifier.class_weight = {"self": classifier}
    return classifier


def nested():
    value = 0
    for _ in range(50):
        value = [value]
    return NumpyDigitClassifier(class_weight=value)


UNSAVABLE = {
    "a callback": (
        DenseDigitClassifier(callbacks=[keras.callbacks.EarlyStopping()]),
        "DenseDigitClassifier.callbacks[0]: EarlyStopping of Keras",
    ),
    "a function": (
        GridSearchCV(SVC(), {}, scoring=lambda *_: 0),
        "GridSearchCV.scoring: <function",
    ),
    "a method": (
        NumpyDigitClassifier(class_weight=[].append),
        "NumpyDigitClassifier.class_weight: <built-in method append",
    ),
    "a type": (NumpyDigitClassifier(verbose=int), "verbose: <class 'int'> is code"),
    "a class of one's own": (
        make_pipeline(MinMaxScaler(), MySVC()),
        "Pipeline.steps[1][1]: it is a test_refusals.MySVC",
    ),
    "an optimizer of one's own": (
        DenseDigitClassifier(
            optimizer=type("Mine", (keras.optimizers.SGD,), {})(learning_rate=0.1)
        ),
        "optimizer: Mine is not an optimizer of Keras itself. Replace the",
    ),
    "a folder of pickles": (
        make_pipeline(MinMaxScaler(), SVC(), memory="cache"),
        "Pipeline: memory names a folder of pickles",
    ),
    "trees in space": (
        KNeighborsClassifier(algorithm="kd_tree").fit(X, Y),
        "KNeighborsClassifier._tree: a KDTree can't be checked when it is loaded. Fit "
        "with algorithm='brute'",
    ),
    "boosting": (GradientBoostingClassifier(n_estimators=1).fit(X, Y), "Gradient"),
    "histograms": (HistGradientBoostingClassifier(max_iter=1).fit(X, Y), "HistGra"),
    "functions in a step": (FunctionTransformer(np.log1p), "FunctionTransformer"),
    "what holds itself": (itself(), "class_weight['self']: it contains itself"),
    "what is too deep": (nested(), "it is nested more than 40 deep"),
    "objects in two dimensions": (
        NumpyDigitClassifier(class_weight=np.full((2, 2), None)),
        "class_weight: it is an array of objects in 2 dimensions",
    ),
    "dates": (
        NumpyDigitClassifier(class_weight=np.array(["2020"], "M8[D]")),
        "class_weight: it is an array of datetime64[D]",
    ),
    "what is a file already": (
        make_pipeline(MinMaxScaler(), OnnxDigitClassifier("digits.onnx")),
        "Pipeline.steps[1][1]: an OnnxDigitClassifier is already a file: copy "
        "'digits.onnx'",
    ),
    "no estimator": ([SVC()], "list: it is not an estimator"),
    "a class": (SVC, "it is not an estimator"),
}


@pytest.mark.parametrize("what", UNSAVABLE)
def test_what_no_file_holds_is_named(tmp_path, what):
    estimator, message = UNSAVABLE[what]
    path = tmp_path / "model"
    with pytest.raises(ModelFileError) as raised:
        save_model(estimator, path)
    assert message in str(raised.value)
    assert str(raised.value).startswith(f"{str(path)!r} can't be saved: ")
    assert not [*tmp_path.iterdir()]


def test_an_error_is_a_value_error_as_well():
    assert issubclass(ModelFileError, ValueError)


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    """The parts of a file of a fitted network."""
    path = tmp_path_factory.mktemp("models") / "model"
    NumpyDigitClassifier(hidden_layer_sizes=(3,), epochs=1).fit(X, Y).save(path)
    return members_of_file(path)


@pytest.fixture
def message_of(tmp_path):
    """Load some bytes, which must fail, and give the message."""

    def load(content):
        path = tmp_path / "bad.model"
        path.write_bytes(content)
        with pytest.raises(ModelFileError) as raised:
            load_model(path)
        start = f"{str(path)!r} can't be loaded: "
        assert str(raised.value).startswith(start)
        return str(raised.value).removeprefix(start)

    return load


def zipped(members, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


class Evil:
    def __reduce__(self):
        return Path.touch, (Path("evil"),)


class OfSize(bytes):
    """Claims a size, without the memory."""

    def __new__(cls, size):
        made = super().__new__(cls)
        made.size = size
        return made

    def __len__(self):
        return self.size


@pytest.mark.parametrize("size", [2**32, 2**32 - 10])
def test_files_have_at_most_4_gib(size):
    with pytest.raises(ModelFileError, match="larger than 4 GiB"):
        pack({"0.npy": OfSize(size)})


def test_all_members_together_have_at_most_4_gib():
    with pytest.raises(ModelFileError, match=r"1\.npy: with it .* larger than 4 GiB"):
        pack({"0.npy": OfSize(2**31), "1.npy": OfSize(2**31)})


class TestOutside:
    def test_no_such_file(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            load_model(tmp_path / "none")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "it does not begin as a model file: it is empty"),
            (b"%PDF-1.7", "it does not begin as a model file; save_model writes one"),
            (pickle.dumps(SVC()), "but as a pickle, which could run any code"),
            (b"PK\x03\x04", "it is cut off in the header of a member"),
        ],
    )
    def test_another_kind_of_file(self, message_of, content, message):
        assert message in message_of(content)

    def test_a_file_of_joblib(self, message_of):
        file = io.BytesIO()
        joblib.dump(SVC(), file)
        assert "but as a pickle" in message_of(file.getvalue())

    def test_cut_off(self, message_of, members):
        content = pack(members)
        assert "the file is cut off in this member" in message_of(content[:200])
        assert "is not followed by the directory" in message_of(content[:-1])
        assert "is not followed by the directory" in message_of(content + b" ")

    def test_compressed(self, message_of, members):
        content = zipped(members, compression=zipfile.ZIP_DEFLATED)
        assert message_of(content).startswith("schema.json: the member is compressed,")

    @pytest.mark.parametrize("name", ["../evil.npy", "/x.npy", "evil.pkl", "m.keras"])
    def test_names_of_members(self, message_of, members, name):
        assert message_of(pack({**members, name: b""})) == (
            f"model files have no member named {name!r}."
        )

    def test_two_members_of_one_name(self, message_of, members):
        content = pack({**members, "9.npy": npy([1])}).replace(b"9.npy", b"0.npy")
        assert message_of(content) == "0.npy: there are two members of this name."

    def test_too_many_members(self, message_of, monkeypatch):
        monkeypatch.setattr(_archive, "MAX_MEMBERS", 60_001)
        most, more = (
            pack({f"{number}.npy": b"" for number in range(n_members)})
            for n_members in (60_000, 60_001)
        )
        monkeypatch.undo()
        assert message_of(more) == "it has more than 60000 members."
        assert message_of(most) == "manifest.json: the member is missing."

    def test_too_large(self, tmp_path, members):
        path = tmp_path / "large"
        path.write_bytes(pack(members))
        with pytest.raises(ModelFileError, match="bytes, and max_bytes=1,000"):
            load_model(path, max_bytes=1000)
        assert load_model(path, max_bytes=100_000).n_iter_ == 1


class TestManifest:
    def test_missing(self, message_of, members):
        others = {name: members[name] for name in members if name != "manifest.json"}
        assert message_of(pack(others)) == "manifest.json: the member is missing."

    def test_of_a_later_format(self, message_of, members):
        manifest = {**json.loads(members["manifest.json"]), "format_version": 99}
        content = pack({**members, "manifest.json": json.dumps(manifest).encode()})
        assert "manifest.json, format_version: it is 99, and this" in message_of(
            content
        )

    def test_of_other_members(self, message_of, members):
        content = pack({**members, "99.npy": npy([1])})
        assert message_of(content).startswith("manifest.json, members: they are not")

    def test_of_other_content(self, message_of, members):
        content = pack({**members, "1.npy": npy(np.zeros(3))})
        assert message_of(content).startswith("1.npy: its size or its SHA-256 checksum")


def changed(members, old, new):
    """Replace text in the schema, and seal it."""
    schema = members["schema.json"].decode()
    assert old in schema
    return sealed({**members, "schema.json": schema.replace(old, new, 1).encode()})


class TestSealedByAnAttacker:
    """Files whose manifest is right, so that what lies beneath is reached."""

    @pytest.mark.parametrize(
        ("name", "class_name"),
        [
            ("os", "system"),
            ("builtins", "eval"),
            ("sklearn.ensemble", "GradientBoostingClassifier"),
            ("mnist_estimators.cli", "main"),
        ],
    )
    def test_foreign_types(self, message_of, members, name, class_name):
        content = changed(
            members,
            '"__module__":"mnist_estimators","__class__":"NumpyDigitClassifier"',
            f'"__module__":"{name}","__class__":"{class_name}"',
        )
        assert message_of(content).startswith(
            f"schema.json, {class_name}: the type {name}.{class_name} is not allowed "
            "here"
        )

    @pytest.mark.parametrize(
        "loader", ["MethodNode", "PartialNode", "SparseMatrixNode"]
    )
    def test_foreign_loaders(self, message_of, members, loader):
        content = changed(members, "JsonNode", loader)
        assert f"no part of a model file is loaded by '{loader}'" in message_of(content)

    def test_a_pickle_in_an_array(self, message_of, members):
        evil = npy(np.array([Evil()], dtype=object), allow_pickle=True)
        content = sealed({**members, "0.npy": evil})
        assert message_of(content).startswith("0.npy: its header is not one of an")
        assert not Path("evil").exists()

    def test_an_array_that_is_larger_than_its_member(self, message_of, members):
        header = npy(np.zeros(10)).replace(b"(10,)", b"(10000000000,)")
        header = header.replace(b" " * 9 + b"\n", b"\n")
        assert "its header says shape (10000000000,)" in message_of(
            sealed({**members, "0.npy": header})
        )

    def test_deep_json(self, message_of, members):
        deep = b"[" * 100_000 + b"]" * 100_000
        assert message_of(sealed({**members, "schema.json": deep})).startswith(
            "schema.json: it is not JSON"
        )

    def test_large_json(self, message_of, members):
        large = b"[" + b"[]," * 3_000_000 + b"[]]"
        assert message_of(sealed({**members, "schema.json": large})).startswith(
            "schema.json: it has more than 8,388,608 bytes"
        )

    def test_a_member_that_is_not_used(self, message_of, members):
        content = sealed({**members, "99.npy": npy([1])})
        assert message_of(content) == "99.npy: nothing refers to this member."

    def test_weights_of_another_network(self, message_of, members):
        for name in members:
            if name.endswith(".npy") and b"(4, 3)" in members[name]:
                content = sealed({**members, name: npy(np.zeros((4, 4)))})
        assert message_of(content).startswith(
            "NumpyDigitClassifier: weights must have the shapes [(4, 3), (3,), "
        )

    def test_a_hidden_method(self, message_of, members):
        content = changed(members, '"verbose"', '"predict"')
        assert message_of(content) == (
            "NumpyDigitClassifier.predict: it hides a method."
        )


class TestStateThatCompiledCodeWouldTrust:
    def refused(self, tmp_path, estimator, message):
        with pytest.raises(ModelFileError, match=message):
            save_model(estimator, tmp_path / "model")

    def test_random_states(self, tmp_path):
        state = np.random.RandomState(0)
        inner = state.get_state(legacy=False)
        inner["state"]["pos"] = 10**6
        state.set_state(inner)
        self.refused(tmp_path, SVC(random_state=state), "pos must be from 0 to 624")

    @pytest.mark.parametrize(
        ("attribute", "value"),
        [
            ("support_vectors_", np.zeros((2, 4))),
            ("support_vectors_", np.zeros((30, 1))),
            ("_n_support", np.array([1, 1], np.int32)),
            ("_dual_coef_", np.zeros((1, 1))),
            ("_intercept_", np.zeros(1)),
            ("_probA", np.zeros(7)),
            ("kernel", "precomputed"),
            ("_sparse", True),
            ("n_features_in_", 10**6),
        ],
    )
    def test_support_vectors(self, tmp_path, attribute, value):
        machine = SVC(random_state=0).fit(X, Y)
        setattr(machine, attribute, value)
        self.refused(tmp_path, machine, "SVC: ")

    @pytest.mark.parametrize(
        ("attribute", "value"),
        [
            ("_y", np.full(40, 99)),
            ("_y", np.zeros(3, np.intp)),
            ("_fit_X", np.zeros((40, 2))),
            ("n_neighbors", 10**9),
            ("metric", "precomputed"),
            ("effective_metric_", "mahalanobis"),
        ],
    )
    def test_neighbours(self, tmp_path, attribute, value):
        neighbours = KNeighborsClassifier(algorithm="brute").fit(X, Y)
        setattr(neighbours, attribute, value)
        self.refused(tmp_path, neighbours, "KNeighborsClassifier: ")

    def test_a_forest_of_trees_of_more_features(self, tmp_path):
        forest = RandomForestClassifier(2, random_state=0).fit(X, Y)
        forest.n_features_in_ = 2
        self.refused(tmp_path, forest, r"estimators_\[0\] must be a tree of 2 feat")
        tree = DecisionTreeClassifier(random_state=0).fit(X, Y)
        tree.n_features_in_ = 2
        self.refused(tmp_path, tree, "must be the 4 features of its tree")

    @pytest.fixture
    def tree(self, tmp_path):
        save_model(DecisionTreeClassifier(random_state=0).fit(X, Y), tmp_path / "tree")
        return members_of_file(tmp_path / "tree")

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("feature", 10**6, "one of the 4 features"),
            ("feature", -1, "one of the 4 features"),
            ("left_child", 10**6, "one parent"),
            ("left_child", 0, "one parent"),
            ("left_child", -1, "two children or none"),
        ],
    )
    def test_nodes_of_a_tree(self, message_of, tree, field, value, message):
        (name,) = (name for name in tree if b"left_child" in tree[name])
        nodes = np.load(io.BytesIO(tree[name]))
        nodes[field][0] = value
        found = message_of(sealed({**tree, name: npy(nodes)}))
        assert found.startswith("schema.json, DecisionTreeClassifier.tree_: ")
        assert message in found

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ('"node_count"', '"node-count"', "it lacks a part of a tree"),
            ('"__reduce__"', '"reduce"', "it lacks a part of a tree"),
            ("TreeNode", "ObjectNode", "it must be a tree"),
        ],
    )
    def test_parts_of_a_tree(self, message_of, tree, old, new, message):
        assert message in message_of(changed(tree, old, new))
