"""What a comparison shows while it runs."""

import io
import sys

import pytest
from sklearn.dummy import DummyClassifier
from sklearn.naive_bayes import GaussianNB

from mnist_estimators import compare_estimators


def test_nothing_is_shown_in_a_pipe(digits, capfd, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    compare_estimators({"bayes": GaussianNB()}, *digits, verbose=1)

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("verbose", [0, 1])
def test_a_terminal_shows_which_fold_is_fitted_and_the_results_so_far(
    digits, capsys, monkeypatch, verbose
):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "120")
    estimators = {"bayes": GaussianNB(), "dummy": DummyClassifier()}

    results = compare_estimators(estimators, *digits, cv=2, verbose=verbose)

    shown = terminal.getvalue()
    if verbose == 0:
        assert shown == ""
    else:
        assert "dummy, fold 1 of 2" in shown
        assert f"{results.loc['bayes', 'accuracy_mean']:.4f}" in shown
    assert capsys.readouterr().out == ""
