import json
import re

import numpy as np
import pandas as pd
import pytest
from interrupts import ctrl_c_at
from sklearn.utils import Bunch

import mnist_estimators.comparison
import mnist_estimators.datasets
from mnist_estimators import DenseDigitClassifier, classic_baselines
from mnist_estimators._training.trainer import Trainer
from mnist_estimators.cli import main
from mnist_estimators.exceptions import (
    BackendError,
    ChecksumError,
    DatasetNotFoundError,
)

QUICK = ["compare", "--data", "small", "--n-train", "200", "--cv", "2"]


@pytest.fixture(autouse=True)
def no_forced_terminal(monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)


@pytest.fixture
def tiny_mnist(monkeypatch):
    """More images than the default number, of four pixels each."""
    y = np.arange(10_500) % 10
    X = np.random.default_rng(0).integers(0, 256, (10_500, 4), dtype=np.uint8)
    bunch = Bunch(data=X, target=y, source="IDX files in some folder")
    monkeypatch.setattr(mnist_estimators.datasets, "load_mnist", lambda **_: bunch)


def lines_of(capsys):
    out, err = capsys.readouterr()
    assert err == ""
    return out.splitlines()


def test_compare_prints_an_aligned_table_with_the_best_estimator_first(capsys):
    assert main([*QUICK, "--estimators", "logisticregression,SVC"]) == 0

    lines = lines_of(capsys)
    assert all(line.isascii() and line.isprintable() for line in lines)
    data, drawn, blank, heading, *rows = lines
    assert data.startswith("Data: small digits")
    assert data.endswith("asked for by --data small")
    assert drawn == "200 images, 2 stratified folds, seed 0"
    assert blank == ""
    assert re.split(r"\s{2,}", heading) == [
        "estimator",
        "accuracy",
        "SD",
        "log loss",
        "fit s",
        "predict us/image",
        "size kB",
    ]
    assert {len(line) for line in rows} == {len(heading)}
    cells = {row.split()[0]: row.split()[1:] for row in rows}
    assert set(cells) == {"SVC", "LogisticRegression"}
    accuracies = [float(accuracy) for accuracy, *_ in cells.values()]
    assert accuracies == sorted(accuracies, reverse=True)
    assert cells["SVC"][2] == "-"
    assert float(cells["LogisticRegression"][2]) > 0


def test_auto_takes_mnist_where_it_is_found(capsys, tiny_mnist):
    main(["compare", "--estimators", "KNeighbors"])

    data, drawn, *_ = lines_of(capsys)
    assert data.startswith("Data: MNIST, from IDX files in some folder; ")
    assert drawn.startswith("10000 images, 3 stratified folds")


def test_auto_takes_the_small_digits_and_says_why_where_mnist_is_not(
    capsys, monkeypatch
):
    def no_mnist(**_):
        raise DatasetNotFoundError("MNIST was not found:\n  1. nowhere")

    monkeypatch.setattr(mnist_estimators.datasets, "load_mnist", no_mnist)

    main(["compare", "--estimators", "KNeighbors"])

    data, drawn, *_ = lines_of(capsys)
    assert data.startswith("Data: small digits")
    assert data.endswith("; MNIST was not found")
    assert drawn.startswith("1797 images")


@pytest.mark.parametrize("data", ["auto", "mnist"])
def test_a_misspelt_folder_of_mnist_is_an_error(capsys, monkeypatch, data):
    monkeypatch.setenv("MNIST_ESTIMATORS_DATA", "no/such/folder")

    assert main(["compare", "--data", data]) == 1

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("mnist-estimators compare: error: MNIST_ESTIMATORS_DATA must")


def test_all_images_can_be_asked_for(capsys, tiny_mnist):
    main(["compare", "--n-train", "all", "--estimators", "KNeighbors"])

    assert lines_of(capsys)[1].startswith("10500 images")


def test_the_same_seed_gives_the_same_scores(tmp_path):
    def accuracy(seed):
        path = tmp_path / "results.csv"
        main([*QUICK, "--estimators", "SVC", "--csv", str(path), "--seed", seed])
        return pd.read_csv(path)["accuracy_mean"].item()

    first = accuracy("1")
    assert accuracy("1") == first
    assert accuracy("2") != first


def test_results_are_written_as_csv_and_as_a_plot(capsys, tmp_path):
    csv, plot = tmp_path / "results.csv", tmp_path / "results.png"

    main(
        [
            *QUICK,
            "--estimators",
            "SVC,KNeighbors",
            "--csv",
            str(csv),
            "--plot",
            str(plot),
        ]
    )

    results = pd.read_csv(csv, index_col="estimator")
    assert set(results.index) == {"SVC", "KNeighbors"}
    assert results["accuracy_mean"].is_monotonic_decreasing
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert len(lines_of(capsys)) == 6


def test_the_networks_compare_like_the_rest(capsys):
    names = ["DenseDigit", "CNNDigit", "SVC"]

    main([*QUICK, "--n-train", "100", "--estimators", ",".join(names)])

    rows = lines_of(capsys)[4:]
    assert {row.split()[0] for row in rows} == set(names)
    assert all(float(row.split()[1]) > 0.3 for row in rows)


def test_help_names_every_baseline(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["compare", "--help"])

    text = re.sub(r"\s+", " ", capsys.readouterr().out)
    assert ", ".join(["DenseDigit", "CNNDigit", *classic_baselines()]) in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--estimators", "SCV"], "unknown estimator 'SCV': did you mean 'SVC'?"),
        (["--estimators", "CNNDigitClassifier"], "did you mean 'CNNDigit'?"),
        (["--estimators", "SVC,"], "unknown estimator '': Known are DenseDigit, "),
        (["--n-train", "0"], "--n-train: must be an integer of at least 1 or 'all'"),
        (["--n-train", "many"], "got 'many'"),
        (["--cv", "1"], "--cv: must be an integer of at least 2; got '1'"),
        (["--seed", "-1"], "--seed: must be an integer from 0 to 4294967295"),
        (["--csv", "no/such/folder/a.csv"], "--csv: can't write"),
        (["--csv", "."], "--csv: can't write '.': Is a directory"),
        (["--plot", "no/such/folder/a.png"], "--plot: can't write"),
        (["--plot", "plot.xls"], "--plot: 'plot.xls' must end in one of ."),
        (["--data", "cifar"], "invalid choice: 'cifar'"),
    ],
)
def test_wrong_arguments_are_one_line_before_any_work(
    capsys, no_work, arguments, message
):
    with pytest.raises(SystemExit) as exit_:
        main(["compare", *arguments])

    assert exit_.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("mnist-estimators compare: error: ")
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--n-train", "1798"], "--n-train must be 'all' or from 10 to 1797"),
        (["--n-train", "20"], "--cv 3 needs 3 images of each digit"),
        (["--n-train", "5"], "--n-train must be 'all' or from 10 to 1797"),
        (["--cv", "200"], "--cv 200 needs 200 images of each digit"),
    ],
)
def test_too_few_images_are_one_line_too(capsys, arguments, message):
    with pytest.raises(SystemExit) as exit_:
        main(["compare", "--data", "small", *arguments])

    assert exit_.value.code == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_checking_a_file_leaves_nothing_behind_and_old_content_alone(tmp_path):
    new, old = tmp_path / "new.csv", tmp_path / "old.png"
    old.write_bytes(b"old")

    with pytest.raises(SystemExit):
        main([*QUICK, "--n-train", "5", "--csv", str(new), "--plot", str(old)])

    assert not new.exists()
    assert old.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (BackendError("Keras uses another backend"), 1, "another backend\n"),
        (ChecksumError("the file is damaged"), 1, "damaged\n"),
    ],
)
def test_an_interruption_or_failure_ends_in_one_line(
    capsys, monkeypatch, raised, code, message
):
    def compare_estimators(*_, **__):
        raise raised

    monkeypatch.setattr(
        mnist_estimators.comparison, "compare_estimators", compare_estimators
    )

    assert main([*QUICK, "--estimators", "SVC"]) == code

    err = capsys.readouterr().err
    assert err.endswith(message)
    assert err.count("\n") == 1


def test_ctrl_c_ends_the_comparison_also_where_it_ends_a_fit_alone(capsys):
    with ctrl_c_at(2, Trainer, "run") as calls:
        assert main([*QUICK, "--estimators", "DenseDigit,SVC", "--json"]) == 130

    out, err = capsys.readouterr()
    assert out == ""
    assert err == "interrupted\n"
    assert len(calls) == 2


def test_an_estimator_that_fails_is_one_line(capsys, monkeypatch):
    def fail(*_):
        raise ValueError("no images today")

    monkeypatch.setattr(DenseDigitClassifier, "fit", fail)

    assert main([*QUICK, "--estimators", "DenseDigit"]) == 1

    err = capsys.readouterr().err
    assert "error: estimator 'DenseDigit' failed in fold 1 of 2: ValueError" in err
    assert err.count("\n") == 1


def test_json_is_all_that_is_printed(capsys):
    assert main([*QUICK, "--estimators", "SVC,KNeighbors", "--json"]) == 0

    printed = json.loads("\n".join(lines_of(capsys)))
    assert printed["n_images"] == 200
    assert {row["estimator"] for row in printed["results"]} == {"SVC", "KNeighbors"}
    losses = {row["estimator"]: row["log_loss_mean"] for row in printed["results"]}
    assert losses["SVC"] is None
    assert losses["KNeighbors"] > 0
