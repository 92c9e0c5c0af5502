import io
from contextlib import redirect_stderr

import pytest

from mnist_estimators._training.progress import TrainingProgress


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    """What rich reads from the environment, whatever the tests run in."""
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")


def show_two_epochs(verbose, stderr, n_epochs=2):
    """Return what a fit of two epochs writes to standard error."""
    with (
        redirect_stderr(stderr),
        TrainingProgress(verbose, n_epochs, steps_per_epoch=3) as progress,
    ):
        for epoch in (1, 2):
            progress.steps_done(2)
            progress.steps_done(1)
            progress.epoch_done(epoch, {"loss": 1 / epoch, "accuracy": 0.5})
    return stderr.getvalue()


def test_0_is_silent_even_on_a_terminal(capsys):
    assert show_two_epochs(0, Terminal()) == ""
    assert capsys.readouterr().out == ""


def test_1_is_silent_in_a_pipe(capsys):
    assert show_two_epochs(1, io.StringIO()) == ""
    assert capsys.readouterr().out == ""


def test_1_is_a_bar_on_a_terminal(capsys):
    shown = show_two_epochs(1, Terminal())
    assert "epoch 2/2" in shown
    assert "100 %" in shown
    assert "loss 0.5000  accuracy 0.5000" in shown
    assert capsys.readouterr().out == ""


def test_the_bar_of_a_fit_that_stops_early_is_full():
    assert "100 %" in show_two_epochs(1, Terminal(), n_epochs=50)


def test_the_bar_of_a_fit_that_fails_is_not_full():
    terminal = Terminal()

    def fail():
        with (
            redirect_stderr(terminal),
            TrainingProgress(1, 10, steps_per_epoch=2) as progress,
        ):
            progress.steps_done(2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert " 10 %" in terminal.getvalue()
    assert "100 %" not in terminal.getvalue()


def test_2_is_a_line_an_epoch(capsys):
    assert show_two_epochs(2, Terminal()) == ""
    assert capsys.readouterr().out.splitlines() == [
        "epoch 1/2  loss 1.0000  accuracy 0.5000",
        "epoch 2/2  loss 0.5000  accuracy 0.5000",
    ]
