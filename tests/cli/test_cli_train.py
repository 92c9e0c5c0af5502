"""`train`, `evaluate` and `recipes`."""

import io
import json
import pickle
import re
import signal
import sys
from contextlib import redirect_stdout

import numpy as np
import pytest
from interrupts import ctrl_c_at_step

from mnist_estimators import (
    DigitVotingClassifier,
    NumpyDigitClassifier,
    load_model,
    recipes,
)
from mnist_estimators._training import tensorboard
from mnist_estimators.augmentation import DigitAugmenter
from mnist_estimators.cli import main

QUICK = ["--n-train", "300", "--param", "epochs=2"]
NUMPY = ["train", "--estimator", "NumpyDigit", *QUICK]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What is told of a training, which wrote a model file."""
    path = tmp_path_factory.mktemp("models") / "numpy.model"
    with redirect_stdout(io.StringIO()) as out:
        assert main([*NUMPY, "--save", str(path), "--json"]) == 0
    return json.loads(out.getvalue())


def refused(capsys, arguments):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


def test_a_recipe_is_trained_line_by_line_in_a_pipe(capsys):
    assert main(["train", "numpy_dense", *QUICK]) == 0

    out, err = capsys.readouterr()
    assert err == ""
    data, classifier, first, second, trained, accuracy = out.splitlines()
    assert data.endswith("bundled digits: 300 training and 450 test images")
    assert classifier.startswith("Classifier: NumpyDigitClassifier(epochs=2, ")
    assert "verbose" not in classifier
    assert first.startswith("epoch 1/2  loss ")
    assert second.startswith("epoch 2/2  loss ")
    assert trained.startswith("Trained for 2 epochs in ")
    assert re.fullmatch(r"Accuracy: 0\.\d{4} on 450 test images", accuracy)


@pytest.mark.parametrize("name", ["DenseDigit", "cnndigitclassifier"])
def test_parameters_of_an_estimator_are_set(capsys, tmp_path, name):
    path = tmp_path / "model"
    layers = "hidden_layer_sizes" if name == "DenseDigit" else "dense_layer_sizes"
    arguments = ["--estimator", name, "--param", f"{layers}=16,8", "--seed", "3"]

    assert main(["train", *QUICK, *arguments, "--save", str(path), "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["epochs"] == 2
    assert told["model"] == str(path)
    model = load_model(path)
    assert model.get_params()[layers] == (16, 8)
    assert model.random_state == 3
    assert model.verbose == 0


def test_the_same_seed_gives_the_same_json(capsys):
    def told(seed):
        main([*NUMPY, "--seed", seed, "--json"])
        results = json.loads(capsys.readouterr().out)
        assert results.pop("fit_seconds") > 0
        return results

    first = told("1")
    assert told("1") == first
    assert told("2")["accuracy"] != first["accuracy"]


def test_what_a_fit_prints_is_kept_from_the_json(capsys):
    assert main([*NUMPY, "--param", "verbose=2", "--json"]) == 0

    out, err = capsys.readouterr()
    assert json.loads(out)["epochs"] == 2
    assert err.count("  loss ") == 2


def test_a_report_is_written_into_a_new_folder(capsys, tmp_path):
    folder = tmp_path / "a" / "b"

    assert main([*NUMPY, "--report", str(folder)]) == 0

    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "scikit-learn&#x27;s bundled digits" in text
    assert "Training time" in text
    assert capsys.readouterr().out.endswith(f"Report: {folder / 'report.html'}\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name a recipe, one of simple_dense, "),
        (["simple_dens"], "unknown recipe 'simple_dens': did you mean 'simple_dense'?"),
        (["simple_cnn", "--estimator", "NumpyDigit"], "leave one of them out"),
        (["--estimator", "numpy"], "'numpy': did you mean 'NumpyDigit'?"),
        (["--estimator", "CNN"], "unknown estimator 'CNN': did you mean 'CNNDigit'?"),
        (["numpy_dense", "--param", "epoch=3"], "'epoch': did you mean 'epochs'?"),
        (["numpy_dense", "--param", "epochs"], "must be name=value, such as epochs=5"),
        (["Numpy_Dense", "--param", "epochs=x"], "The 'epochs' parameter of Numpy"),
        (["numpy_dense", "--n-train", "0"], "--n-train: must be an integer of at"),
        (["numpy_dense", "--save", "no/such/folder/m"], "--save: can't write"),
        (["numpy_dense", "--model", "m"], "unrecognized arguments: --model m"),
        (["numpy_dense", "--report", __file__], "--report: can't make the folder"),
    ],
)
def test_wrong_arguments_are_one_line_before_any_work(
    capsys, no_work, arguments, message
):
    err = refused(capsys, ["train", *arguments])

    assert err.startswith("mnist-estimators train: error: ")
    assert message in err


@pytest.mark.parametrize("n_images", ["5", "1347000"])
def test_as_many_images_as_there_are_can_be_asked_for(capsys, n_images):
    err = refused(capsys, ["train", "numpy_dense", "--n-train", n_images])

    assert "--n-train must be 'all' or from 10 to 1347" in err


@pytest.mark.parametrize("command", ["train", "search"])
def test_a_library_that_a_parameter_needs_is_named(capsys, monkeypatch, command):
    monkeypatch.setattr(tensorboard, "find_spec", lambda _: None)
    arguments = [command, "simple_dense", "--n-train", "100"]

    assert main([*arguments, "--param", "tensorboard_dir=logs", "--json"]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"mnist-estimators {command}: error: tensorboard_dir needs ")
    assert err.count("\n") == 1


def test_parameters_that_do_not_fit_the_images_are_one_line(capsys):
    with pytest.raises(SystemExit, match="2"):
        main([*NUMPY, "--param", "image_shape=(5, 5)"])

    err = capsys.readouterr().err
    assert "image_shape=(5, 5) means 25 pixels" in err
    assert err.count("\n") == 1


@pytest.mark.filterwarnings("default:Training interrupted by user")
@pytest.mark.parametrize(("step", "n_epochs"), [(2, 0), (5, 1)])
def test_after_ctrl_c_what_was_learned_is_saved(capsys, tmp_path, step, n_epochs):
    model, folder = tmp_path / "model", tmp_path / "report"

    with ctrl_c_at_step(step) as steps:
        assert main([*NUMPY, "--save", str(model), "--report", str(folder)]) == 130

    assert len(steps) == step
    assert capsys.readouterr().err.splitlines() == [
        "mnist-estimators train: warning: Training interrupted by user, after "
        f"{n_epochs} of 2 epochs. Press Ctrl-C again within two seconds to stop the "
        "whole program, such as a search.",
        "what was learned until then is kept",
    ]
    assert load_model(model).n_iter_ == n_epochs
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert ("<h2>Training</h2>" in page) is (n_epochs > 0)


def test_after_ctrl_c_that_left_nothing_nothing_is_saved(capsys, tmp_path):
    with ctrl_c_at_step(1):
        assert main([*NUMPY, "--save", str(tmp_path / "model")]) == 130

    assert capsys.readouterr().err == "interrupted\n"
    assert not (tmp_path / "model").exists()


def test_where_ctrl_c_is_ignored_the_training_goes_on(capsys):
    with ctrl_c_at_step(2):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        assert main([*NUMPY, "--json"]) == 0
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        signal.signal(signal.SIGINT, signal.default_int_handler)

    assert json.loads(capsys.readouterr().out)["epochs"] == 2


@pytest.fixture
def a_vote(monkeypatch):
    """Put a vote of two small networks among the recipes."""

    def all_recipes(*, random_state):
        network = NumpyDigitClassifier(epochs=2, random_state=random_state)
        return {"vote": DigitVotingClassifier(network, n_members=2, voting="soft")}

    monkeypatch.setattr(recipes, "all", all_recipes)


def test_a_vote_is_trained_as_its_members_are(capsys, tmp_path, a_vote):
    path = tmp_path / "model"

    assert main(["train", "vote", "--n-train", "300", "--save", str(path)]) == 0

    out, err = capsys.readouterr()
    assert err == ""
    *_, trained, accuracy, model = out.splitlines()
    assert out.count("epoch 2/2  loss ") == 2
    assert re.fullmatch(r"Trained in \d+\.\d s", trained)
    assert accuracy.startswith("Accuracy: 0.")
    assert model == f"Model: {path}"
    assert load_model(path).get_params()["estimators__verbose"] == 0


def test_a_vote_leaves_standard_output_to_the_json(capsys, monkeypatch, a_vote):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    assert main(["train", "vote", "--n-train", "300", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["epochs"] is None
    assert told["accuracy"] > 0.5


def test_ctrl_c_ends_a_vote_and_not_one_of_its_members(capsys, tmp_path, a_vote):
    path = tmp_path / "model"

    with ctrl_c_at_step(2) as steps:
        arguments = ["train", "vote", "--n-train", "300", "--save", str(path)]
        assert main(arguments) == 130

    assert len(steps) == 2
    assert capsys.readouterr().err == "interrupted\n"
    assert not path.exists()


def test_a_model_file_is_tested_digit_by_digit(capsys, trained):
    assert main(["evaluate", trained["model"]]) == 0

    out, err = capsys.readouterr()
    assert err == ""
    data, accuracy, blank, heading, *rows = out.splitlines()
    assert data.endswith(": 450 test images")
    assert blank == ""
    assert heading.split() == [
        *("digit", "precision", "recall", "f1", "accuracy", "support")
    ]
    assert [row.split()[0] for row in rows[:10]] == [str(digit) for digit in range(10)]
    assert rows[10].split()[4] == accuracy.split()[1]


def test_a_model_is_as_good_as_when_it_was_trained(capsys, trained):
    assert main(["evaluate", trained["model"], "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["accuracy"] == pytest.approx(trained["accuracy"])
    assert [*told["digits"]] == [str(digit) for digit in range(10)]
    assert told["n_test"] == sum(row["support"] for row in told["digits"].values())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no model file"),
        (b"no model", "can't be loaded: it does not begin as a model file"),
        (pickle.dumps({"a": 1}), "as a pickle, which could run any code"),
        (DigitAugmenter(), "holds no classifier, but DigitAugmenter"),
    ],
)
def test_a_file_without_a_model_is_one_line(capsys, tmp_path, content, message):
    path = tmp_path / "file"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        content.save(path)

    assert main(["evaluate", str(path)]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("mnist-estimators evaluate: error: ")
    assert message in err
    assert "train RECIPE --save FILE" in err
    assert err.count("\n") == 1


def test_a_model_of_other_images_is_one_line(capsys, tmp_path):
    path = tmp_path / "model"
    X, y = np.eye(20, 16) * 255, np.arange(20) % 2
    NumpyDigitClassifier(epochs=1).fit(X, y).save(path)

    assert main(["evaluate", str(path)]) == 1

    err = capsys.readouterr().err
    assert "can't predict these images: X has 784 features" in err
    assert err.count("\n") == 1


def test_a_model_of_labels_of_another_kind_is_one_line(capsys, tmp_path, small_digits):
    path = tmp_path / "model"
    X, y = small_digits
    NumpyDigitClassifier(epochs=1, random_state=0).fit(X, y.astype(str)).save(path)

    assert main(["evaluate", str(path)]) == 1

    err = capsys.readouterr().err
    assert re.search(
        r"trained on labels such as '\d', but .* numbers such as \d\.", err
    )
    assert err.endswith("Train it on numbers, such as y.astype(int).\n")
    assert err.count("\n") == 1


def test_recipes_are_listed_with_what_they_are(capsys):
    assert main(["recipes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["recipes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert [line.split()[0] for line in lines] == [*recipes.all()] == [*told]
    assert told["simple_cnn"] == "Make the convolutional network of the tutorials."
    assert lines[1].endswith(told["simple_cnn"])
