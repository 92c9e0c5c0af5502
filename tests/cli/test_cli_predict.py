"""`predict`: pictures from files and from standard input."""

import io
import json
import re
import sys
import types

import numpy as np
import pytest
from PIL import Image
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

import mnist_estimators.datasets
from mnist_estimators import (
    CNNDigitClassifier,
    NumpyDigitClassifier,
    load_model,
    save_model,
    to_onnx,
)
from mnist_estimators.cli import main
from mnist_estimators.exceptions import DatasetNotFoundError


def on_paper(image):
    """Draw a digit with dark ink on grey paper, as the bytes of a PNG."""
    digit = Image.fromarray(image.reshape(28, 28)).resize((84, 84))
    paper = np.full((120, 110), 200, np.uint8)
    paper[20:104, 10:94] -= np.asarray(digit) // 2
    png = io.BytesIO()
    Image.fromarray(paper).save(png, "png")
    return png.getvalue()


@pytest.fixture(scope="module")
def pictures(small_digits, tmp_path_factory):
    """Files of a 0, a 1 and a 2."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / f"{digit}.png" for digit in range(3)]
    for path, image in zip(paths, small_digits[0], strict=False):
        path.write_bytes(on_paper(image))
    return list(map(str, paths))


@pytest.fixture(scope="module")
def model_file(small_digits, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "numpy.model"
    X, y = small_digits
    NumpyDigitClassifier(epochs=15, random_state=0).fit(X, y).save(path)
    return str(path)


@pytest.fixture
def tell(capsys):
    """Run the command, which must succeed silently, and return what it prints."""

    def run(*arguments):
        assert main(["predict", *arguments]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return run


def test_each_picture_is_named_with_its_digit(tell, pictures, model_file):
    lines = tell(*pictures, "--model", model_file).splitlines()

    for digit, (line, path) in enumerate(zip(lines, pictures, strict=True)):
        assert line.startswith(f"{path}: {digit}  (")
        assert line.endswith(" %)")


def test_an_onnx_file_is_a_model_too(tell, pictures, model_file, tmp_path):
    path = str(tmp_path / "numpy.onnx")
    to_onnx(load_model(model_file), path)

    assert tell(*pictures, "--model", path) == tell(*pictures, "--model", model_file)


def test_json_has_all_probabilities(tell, pictures, model_file):
    told = json.loads(tell(*pictures, "--model", model_file, "--json"))

    assert [one["digit"] for one in told] == [0, 1, 2]
    assert [one["image"] for one in told] == pictures
    for one in told:
        probabilities = one["probabilities"]
        assert max(probabilities, key=probabilities.get) == str(one["digit"])
        assert sum(probabilities.values()) == pytest.approx(1)


def test_a_classifier_without_probabilities_serves(
    tell, pictures, small_digits, tmp_path
):
    path = tmp_path / "model"
    X, y = small_digits
    save_model(SVC(random_state=0).fit(X[:300], y[:300]), path)

    assert tell(pictures[2], "--model", str(path)) == f"{pictures[2]}: 2\n"
    (told,) = json.loads(tell(pictures[2], "--model", str(path), "--json"))
    assert told == {"image": pictures[2], "digit": 2}


class Contrary(KNeighborsClassifier):
    """Names what is least probable."""

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmin(axis=1)]


def test_the_probability_is_that_of_the_label_which_may_be_text(
    tell, pictures, small_digits, monkeypatch
):
    X, y = small_digits
    names = np.array(list("abcdefghij"), dtype=object)[y]
    fitted = Contrary().fit(X[:300], names[:300])
    monkeypatch.setattr("mnist_estimators.cli._predict.load_model", lambda _: fitted)

    assert tell(pictures[0], "--model", "any") == f"{pictures[0]}: b  (0.0 %)\n"


def test_a_picture_may_come_from_standard_input(
    tell, pictures, model_file, small_digits, monkeypatch
):
    stream = io.BytesIO(on_paper(small_digits[0][1]))
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=stream))

    lines = tell(pictures[0], "-", "--model", model_file).splitlines()

    assert lines[1].startswith("-: 1  (")


def test_without_a_model_one_is_trained_on_what_is_there(
    capsys, pictures, monkeypatch, small_digits
):
    def no_mnist(*, download_if_missing):
        assert not download_if_missing
        raise DatasetNotFoundError("no MNIST")

    fitted = []

    def fit(self, X, y):
        fitted.append(len(y))
        self.augmenter = None
        self.epochs = 1
        return whole_fit(self, X[:300], y[:300])

    whole_fit = CNNDigitClassifier.fit
    monkeypatch.setattr(CNNDigitClassifier, "fit", fit)
    monkeypatch.setattr(mnist_estimators.datasets, "load_mnist", no_mnist)

    assert main(["predict", *pictures]) == 0

    out, err = capsys.readouterr()
    for line, path in zip(out.splitlines(), pictures, strict=True):
        assert re.fullmatch(rf"{re.escape(path)}: \d  \(\d+\.\d %\)", line)
    assert err.startswith("no --model given: training a small network on the small ")
    assert err.count("\n") == 1
    assert fitted == [len(small_digits[1])]


def test_without_a_model_mnist_is_preferred(capsys, pictures, mnist, monkeypatch):
    monkeypatch.setattr(
        CNNDigitClassifier,
        "fit",
        lambda self, X, y: pytest.fail(f"{X.shape} {np.bincount(y).min() > 1800}"),
    )

    with pytest.raises(pytest.fail.Exception, match=r"\(20000, 784\) True"):
        main(["predict", *pictures])

    assert "on 20000 images of MNIST" in capsys.readouterr().err


def test_a_misspelt_folder_of_mnist_is_an_error(capsys, pictures, monkeypatch):
    monkeypatch.setenv("MNIST_ESTIMATORS_DATA", "no/such/folder")

    assert main(["predict", *pictures]) == 1

    err = capsys.readouterr().err
    assert "error: MNIST_ESTIMATORS_DATA must name an existing folder" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no picture"),
        (b"no picture", "is not a picture that can be read. Give a file of one"),
        (on_paper(np.zeros(784, np.uint8)), "blank"),
    ],
)
def test_files_without_a_digit_are_one_line(capsys, tmp_path, content, message):
    path = tmp_path / "four.png"
    if content is not None:
        path.write_bytes(content)

    assert main(["predict", str(path)]) == 1  # before a model is trained

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("mnist-estimators predict: error: ")
    assert message in err
    assert str(path) in err
    assert err.count("\n") == 1


def test_standard_input_without_a_picture_is_one_line(capsys, monkeypatch):
    stream = types.SimpleNamespace(buffer=io.BytesIO(b"no picture"))
    monkeypatch.setattr(sys, "stdin", stream)

    assert main(["predict", "-"]) == 1

    err = capsys.readouterr().err
    assert "error: standard input is not a picture that can be read" in err


def test_pictures_are_needed(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["predict"])

    assert "arguments are required: IMAGE" in capsys.readouterr().err
