"""`search`: grid and halving, from arguments and from a file."""

import json

import pytest
from interrupts import ctrl_c_at_step

import mnist_estimators.datasets
from mnist_estimators import load_model
from mnist_estimators.cli import main

QUICK = ["--n-train", "300", "--cv", "2", "--param", "epochs=2"]
NUMPY = ["search", "--estimator", "NumpyDigit", *QUICK]
RATES = ["--param", "learning_rate=1e-4,0.05"]


@pytest.fixture
def write_yaml(tmp_path):
    def write(text):
        path = tmp_path / "search.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_combinations_are_told_as_they_are_tried_and_then_ranked(capsys):
    layers = ["--param", "hidden_layer_sizes=(16,),(32, 16)"]

    assert main([*NUMPY, *RATES, *layers]) == 0

    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0].endswith(": 300 training and 450 test images")
    assert lines[1] == "Classifier: NumpyDigitClassifier(random_state=0)"
    fits = [line for line in lines if line.startswith("fit ")]
    assert len(fits) == 2 * 2 * 2
    assert fits[0].endswith("epochs=2, learning_rate=0.0001, hidden_layer_sizes=(16,)")
    heading = lines.index("accuracy      SD   fit s  images  parameters")
    accuracies = [float(line.split()[0]) for line in lines[heading + 1 :][:4]]
    assert accuracies == sorted(accuracies, reverse=True)
    assert lines[-2].startswith("Best: epochs=2, ")
    assert "learning_rate=0.05" in lines[-2]
    assert lines[-1].endswith(" on 450 test images")


def test_the_best_model_is_saved_and_told_as_json(capsys, tmp_path):
    path = tmp_path / "best"

    assert main([*NUMPY, *RATES, "--save", str(path), "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["method"] == "grid"
    assert told["best_parameters"] == {"epochs": 2, "learning_rate": 0.05}
    assert [one["parameters"]["learning_rate"] for one in told["candidates"]] == [
        *(0.05, 1e-4)
    ]
    assert told["model"] == str(path)
    model = load_model(path)
    assert model.learning_rate == 0.05
    X, y = mnist_estimators.load_small_digits()
    assert model.score(X, y) == pytest.approx(told["test_accuracy"], abs=0.1)


def test_what_a_fit_prints_is_kept_from_the_json(capsys):
    assert main([*NUMPY, "--param", "verbose=2", "--json"]) == 0

    out, err = capsys.readouterr()
    assert json.loads(out)["best_parameters"] == {"epochs": 2, "verbose": 2}
    assert "epoch 2/2  loss " in err


def test_halving_begins_with_few_images_and_few_go_on(capsys):
    rates = ["--param", "learning_rate=1e-5,1e-4,0.05"]

    assert main([*NUMPY, *rates, "--method", "halving"]) == 0

    *lines, blank, best, _ = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("fit ")]) == 2 * (3 + 1)
    heading = lines.index("accuracy      SD   fit s  images  parameters")
    sizes = [int(line.split()[3]) for line in lines[heading + 1 :]]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes.count(max(sizes)) == 1
    assert sizes.count(min(sizes)) == 3
    assert blank == ""
    assert best == "Best: epochs=2, learning_rate=0.05"


def test_a_file_describes_the_search_and_arguments_go_before_it(capsys, write_yaml):
    path = write_yaml(
        """
        estimator: numpydigitclassifier
        method: Grid
        parameters:
          learning_rate: [1e-4, 0.05]
          hidden_layer_sizes: [[16], [16, 8]]
          epochs: 9
        """
    )

    assert main(["search", "--file", path, *QUICK, "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert len(told["candidates"]) == 4
    assert told["best_parameters"]["learning_rate"] == 0.05
    assert told["best_parameters"]["epochs"] == 2


def test_a_recipe_that_is_named_goes_before_the_estimator_of_a_file(capsys, write_yaml):
    path = write_yaml("estimator: CNNDigit\nparameters: {momentum: [0.8]}")

    assert main(["search", "numpy_dense", "--file", path, *QUICK]) == 0

    assert "Classifier: NumpyDigitClassifier(" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["numpy_dense"], "name values to try, with --param epochs=5,10"),
        (["--param", "epochs=1,2"], "name a recipe, one of"),
        (["numpy_dense", "--param", "epoch=1,2"], "did you mean 'epochs'?"),
        (["numpy_dense", "--param", "epochs=1,two"], "Got 'two' instead"),
        (["numpy_dense", "--param", "epochs"], "must be name=value"),
        (["numpy_dense", "--method", "halve"], "invalid choice: 'halve'"),
        ([*NUMPY[1:], "--save", "no/such/folder/m"], "--save: can't write"),
    ],
)
def test_wrong_arguments_are_one_line_before_any_work(
    capsys, no_work, arguments, message
):
    with pytest.raises(SystemExit, match="2"):
        main(["search", *arguments])

    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("estimater: Numpy", 2, "unknown key 'estimater': did you mean 'estimator'?"),
        ("estimator: Dense", 2, "unknown estimator 'Dense'"),
        ("estimator: [Numpy]", 2, "estimator must be one name; got ['Numpy']"),
        ("recipe: 3", 2, "recipe must be one name; got 3"),
        ("method: halve", 2, "unknown method 'halve': did you mean 'halving'?"),
        ("- Numpy", 2, "must be a mapping with recipe, estimator, method, parameters"),
        ("parameters: {epochs: '{[1]: 2}'}", 2, "Got '{[1]: 2}' instead"),
        ("parameters: [a]", 2, "parameters must be a mapping of names to lists"),
        ("a: [", 1, "is not YAML"),
        (None, 1, "--file: can't read"),
    ],
)
def test_a_wrong_file_is_one_line(capsys, no_work, write_yaml, text, code, message):
    path = "no/such/file.yaml" if text is None else write_yaml(text)

    try:
        returned = main(["search", "numpy_dense", "--file", path])
    except SystemExit as exit_:
        returned = exit_.code

    assert returned == code
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_values_that_do_not_go_together_are_one_line(capsys):
    with pytest.raises(SystemExit, match="2"):
        main([*NUMPY, "--param", "image_shape=(5, 5),(28, 28)"])

    err = capsys.readouterr().err
    assert "image_shape=(5, 5) means 25 pixels" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("step", [2, 5], ids=["first epoch", "second epoch"])
def test_ctrl_c_ends_the_search_also_where_it_ends_a_fit_alone(capsys, step):
    with ctrl_c_at_step(step) as steps:
        assert main([*NUMPY, *RATES, "--json"]) == 130

    out, err = capsys.readouterr()
    assert out == ""
    assert err == "interrupted\n"
    assert len(steps) == step
