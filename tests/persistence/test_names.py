"""What users keep in files names only what is public, so all else can move."""

import inspect
import io
import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from doctest import DocTestFinder
from importlib import import_module
from pathlib import Path

import joblib
import keras
import numpy as np
import pytest
import skops.io
from names_in_files import (
    modules_in,
    names_in_joblib_file,
    names_in_pickle,
    names_in_schema,
    private,
)
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import mnist_estimators
from mnist_estimators import (
    AugmentedClassifier,
    CNNDigitClassifier,
    DenseDigitClassifier,
    DigitVotingClassifier,
    NumpyDigitClassifier,
    OnnxDigitClassifier,
    recipes,
    save_model,
    to_onnx,
)
from mnist_estimators.augmentation import (
    AffineAugmenter,
    DigitAugmenter,
    ElasticAugmenter,
    ErasingAugmenter,
)
from mnist_estimators.exceptions import ModelFileError
from mnist_estimators.persistence._archive import unpack
from mnist_estimators.preprocessing import Deskewer, DigitCanonicalizer, split_digits

PACKAGE = Path(mnist_estimators.__file__).parent
# Displays and the settings of a server are nothing that is kept in a file.
MODULES = (
    "mnist_estimators",
    "mnist_estimators.augmentation",
    "mnist_estimators.comparison",
    "mnist_estimators.datasets",
    "mnist_estimators.exceptions",
    "mnist_estimators.preprocessing",
    "mnist_estimators.recipes",
)
PUBLIC_CLASSES = sorted(
    {
        value
        for module in map(import_module, MODULES)
        for name in module.__all__
        if isinstance(value := getattr(module, name), type)
    },
    key=lambda cls: cls.__name__,
)
NETWORK = NumpyDigitClassifier(hidden_layer_sizes=(8,), epochs=1, random_state=0)
UNFITTED = {
    "dense": DenseDigitClassifier(
        optimizer=keras.optimizers.SGD(0.1), augmenter=DigitAugmenter()
    ),
    "cnn": CNNDigitClassifier(init_from=NETWORK),
    "numpy": NETWORK,
    "ONNX": OnnxDigitClassifier(Path("digits.onnx")),
    "vote": DigitVotingClassifier([("a", NETWORK), ("b", CNNDigitClassifier())]),
    "augmented": AugmentedClassifier(NETWORK, ElasticAugmenter()),
    "pipeline": make_pipeline(DigitCanonicalizer(), Deskewer(), NETWORK),
    "search": GridSearchCV(
        DenseDigitClassifier(), {"optimizer": ["adam", keras.optimizers.Adam(0.1)]}
    ),
    "recipes": DigitVotingClassifier([*recipes.all().items()]),
}
TRANSFORMERS = {
    "affine": AffineAugmenter(),
    "digit": DigitAugmenter(),
    "elastic": ElasticAugmenter(),
    "erasing": ErasingAugmenter(),
    "deskewer": Deskewer(),
    "canonicalizer": DigitCanonicalizer(),
}


@pytest.fixture(scope="module")
def digits(small_digits):
    X, y = small_digits
    return X[:100], y[:100]


@pytest.fixture(scope="module")
def wrapped():
    """A classifier of a Keras model, with the parameter `layers`."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Flatten(),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    return DenseDigitClassifier.from_keras(model)


@pytest.fixture(scope="module")
def estimators(digits, fitted_classifier, wrapped, tmp_path_factory):
    """Estimators of every kind, by name; the fitted ones are fitted when asked for."""
    X, y = digits

    def onnx():
        path = tmp_path_factory.mktemp("onnx") / "digits.onnx"
        to_onnx(fitted_classifier("numpy"), path)
        return OnnxDigitClassifier(path).fit()

    def with_all_options():
        classifier = DenseDigitClassifier(
            hidden_layer_sizes=(8,),
            epochs=1,
            optimizer=keras.optimizers.Adam(0.01),
            augmenter=DigitAugmenter(),
            warm_start=True,
            random_state=np.random.RandomState(0),
        )
        return classifier.fit(X, y)

    made = {f"unfitted {name}": lambda one=one: one for name, one in UNFITTED.items()}
    for name, one in TRANSFORMERS.items():
        made[name] = lambda one=one: clone(one).fit(X)
    for name in ("dense", "cnn", "numpy", "pipeline", "search"):
        made[name] = lambda name=name: fitted_classifier(name)
    around = {name: UNFITTED[name] for name in ("augmented",)}
    around["vote"] = DigitVotingClassifier(NETWORK, n_members=2, voting="soft")
    around["augmented pipeline"] = make_pipeline(DigitAugmenter(), Deskewer(), NETWORK)
    for name, one in around.items():
        made[name] = lambda one=one: clone(one).fit(X, y)
    made["all options"] = with_all_options
    made["from Keras"] = lambda: wrapped
    made["search over layers"] = lambda: GridSearchCV(
        clone(wrapped), {"layers": [None, wrapped.layers]}
    )
    made["ONNX"] = onnx
    made["scikeras"] = DenseDigitClassifier().to_scikeras
    return made


NAMES = [
    *(f"unfitted {name}" for name in UNFITTED),
    *TRANSFORMERS,
    *("dense", "cnn", "numpy", "pipeline", "search", "augmented", "vote"),
    *("augmented pipeline", "all options", "from Keras", "search over layers"),
    *("ONNX", "scikeras"),
]
# An ONNX classifier is already a file, and scikeras is not in model files.
NO_MODEL_FILES = ("unfitted ONNX", "ONNX", "scikeras")
# skops itself can't write Keras optimizers.
NOT_BY_SKOPS = ("unfitted dense", "unfitted search", "all options")


class TestPublicClasses:
    def test_there_are_some(self):
        assert {DenseDigitClassifier, DigitAugmenter, Deskewer} <= {*PUBLIC_CLASSES}

    @pytest.mark.parametrize("cls", PUBLIC_CLASSES, ids=lambda cls: cls.__name__)
    def test_one_is_named_by_a_public_module_that_has_its_source(self, cls):
        assert not private({f"{cls.__module__}.{cls.__qualname__}"})
        assert f"\nclass {cls.__name__}" in f"\n{inspect.getsource(cls)}"
        examples = DocTestFinder(exclude_empty=True).find(import_module(cls.__module__))
        assert f"{cls.__module__}.{cls.__name__}" in {test.name for test in examples}

    def test_found_digits_are_plain_or_public(self, digits):
        found = split_digits(255 - digits[0][0].reshape(28, 28))
        assert not private(names_in_pickle(pickle.dumps(found)))


def test_estimators_of_every_class_are_looked_at(estimators):
    assert {*NAMES} == estimators.keys()
    looked_at = {type(one) for one in (*UNFITTED.values(), *TRANSFORMERS.values())}
    assert looked_at >= {cls for cls in PUBLIC_CLASSES if hasattr(cls, "get_params")}


@pytest.mark.parametrize("name", NAMES)
class TestNoFileNamesWhatIsPrivate:
    @pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
    def test_pickles(self, estimators, name, protocol):
        content = pickle.dumps(estimators[name](), protocol)
        assert not private(modules_in(content))
        assert not private(names_in_pickle(content))

    def test_joblib(self, estimators, name):
        file = io.BytesIO()
        joblib.dump(estimators[name](), file)
        assert not private(modules_in(file.getvalue()))
        assert not private(names_in_joblib_file(file.getvalue()))

    def test_skops(self, estimators, name):
        if name in NOT_BY_SKOPS:
            with pytest.raises(TypeError):
                skops.io.dumps(estimators[name]())
            return
        content = skops.io.dumps(estimators[name]())
        assert not private(modules_in(content))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            schema = json.loads(archive.read("schema.json"))
        assert not private(names_in_schema(schema))

    def test_model_files(self, estimators, name, tmp_path):
        if name in NO_MODEL_FILES:
            with pytest.raises(ModelFileError):
                save_model(estimators[name](), tmp_path / "model")
            return
        save_model(estimators[name](), tmp_path / "model")
        content = (tmp_path / "model").read_bytes()
        assert not private(modules_in(content))
        schema = json.loads(bytes(unpack(content)["schema.json"]))
        assert not private(names_in_schema(schema))


def test_the_scan_finds_private_names():
    assert private(modules_in(b"cmnist_estimators._dense\nDense\nq"))
    assert private({"mnist_estimators.classifiers.onnx._File"})
    assert not private({"sklearn.tree._tree.Tree", "mnist_estimators.exceptions.A"})
    samples = import_module("mnist_estimators._inputs.samples").Samples
    found = names_in_pickle(pickle.dumps(samples(1, 2, 3)))
    assert found == {"mnist_estimators._inputs.samples.Samples"}


def with_private_modules_renamed(folder):
    """Copy the package, with another name for each private module and room."""
    copied = folder / "mnist_estimators"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    paths = [
        path
        for path in sorted(copied.rglob("_*"), reverse=True)
        if not path.name.startswith("__") and (path.is_dir() or path.suffix == ".py")
    ]
    names = {path.stem for path in paths}
    for path in paths:
        path.rename(path.with_name(f"_renamed{path.name}"))
    imported = re.compile(rf"(?<=[. ])({'|'.join(names)})(?=[. ])")
    for path in copied.rglob("*.py"):
        lines = path.read_text().splitlines(keepends=True)
        for number, line in enumerate(lines):
            if line.lstrip().startswith(("from .", "from mnist_estimators")):
                lines[number] = imported.sub(r"_renamed\1", line)
        path.write_text("".join(lines))
    return folder


def test_files_load_after_all_private_modules_are_renamed(estimators, digits, tmp_path):
    kept = ["dense", "cnn", "numpy", "search", "vote", "augmented", "from Keras"]
    fitted = {name: estimators[name]() for name in kept}
    for name, estimator in fitted.items():
        save_model(estimator, tmp_path / f"{name}.model")
        joblib.dump(estimator, tmp_path / f"{name}.joblib")
        (tmp_path / f"{name}.pickle").write_bytes(pickle.dumps(estimator))
    np.save(tmp_path / "X.npy", digits[0])
    code = (
        "import joblib, pathlib, sys\n"
        "import numpy as np\n"
        "import mnist_estimators\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "X = np.load(folder / 'X.npy')\n"
        "read = {'.model': mnist_estimators.load_model}\n"
        "found = {\n"
        "    path.name: read.get(path.suffix, joblib.load)(path).predict(X)\n"
        "    for path in folder.iterdir()\n"
        "    if path.suffix in ('.model', '.joblib', '.pickle')\n"
        "}\n"
        "np.savez(folder / 'found.npz', **found)\n"
        "print('mnist_estimators._renamed_training' in sys.modules)\n"
    )
    renamed = with_private_modules_renamed(tmp_path / "renamed")
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=renamed,
        env={**os.environ, "PYTHONPATH": str(renamed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "True\n", done.stderr[-3000:]
    with np.load(tmp_path / "found.npz") as found:
        assert len(found) == 3 * len(kept)
        for key in found:
            expected = fitted[key.rpartition(".")[0]].predict(digits[0])
            np.testing.assert_array_equal(found[key], expected)


class TestMovedModules:
    @pytest.mark.parametrize(
        ("module", "name", "public"),
        [
            ("_dense", "DenseDigitClassifier", "DenseDigitClassifier"),
            ("_cnn", "CNNDigitClassifier", "CNNDigitClassifier"),
            ("_numpy", "NumpyDigitClassifier", "NumpyDigitClassifier"),
            ("_onnx", "OnnxDigitClassifier", "OnnxDigitClassifier"),
            ("_voting", "DigitVotingClassifier", "DigitVotingClassifier"),
            ("_augmented", "AugmentedClassifier", "AugmentedClassifier"),
            ("augmentation._affine", "AffineAugmenter", "augmentation.AffineAugmenter"),
            ("augmentation._digit", "DigitAugmenter", "augmentation.DigitAugmenter"),
            (
                "augmentation._elastic",
                "ElasticAugmenter",
                "augmentation.ElasticAugmenter",
            ),
            (
                "augmentation._erasing",
                "ErasingAugmenter",
                "augmentation.ErasingAugmenter",
            ),
            ("preprocessing._deskew", "Deskewer", "preprocessing.Deskewer"),
            ("preprocessing._split", "FoundDigit", "preprocessing.FoundDigit"),
            (
                "preprocessing._canonical",
                "DigitCanonicalizer",
                "preprocessing.DigitCanonicalizer",
            ),
        ],
    )
    def test_an_old_pickle_says_what_to_do(self, module, name, public):
        old = f"mnist_estimators.{module}"
        content = b"\x80\x02c" + f"{old}\n{name}\n".encode() + b")\x81."
        with pytest.raises(ImportError) as raised:
            pickle.loads(content)
        message = str(raised.value)
        assert f"import mnist_estimators.{public} instead" in message
        assert "save_model" in message
        assert old not in sys.modules or module == "_onnx"
        path, _, name = f"mnist_estimators.{public}".rpartition(".")
        assert isinstance(getattr(import_module(path), name), type)

    def test_so_does_an_import_of_one(self):
        with pytest.raises(ImportError, match=r"DenseDigitClassifier instead"):
            from mnist_estimators import _dense  # noqa: F401
        with pytest.raises(ImportError, match=r"cannot import name '_nothing'"):
            from mnist_estimators import _nothing  # noqa: F401
