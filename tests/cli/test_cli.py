"""What all commands share: help, exit codes, warnings, and the menu."""

import io
import os
import subprocess
import sys
import warnings

import pytest

import mnist_estimators
import mnist_estimators.datasets
from mnist_estimators.cli import main

COMMANDS = [
    "data",
    "train",
    "evaluate",
    "predict",
    "serve",
    "compare",
    "search",
    "recipes",
]


@pytest.fixture
def answers(monkeypatch):
    """Pretend that a terminal is there, on which someone types."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def type_in(*lines):
        monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{x}\n" for x in lines)))
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    return type_in


def test_help_names_all_commands_and_loads_nothing_heavy():
    script = """
import runpy, sys, time
sys.argv = ["mnist-estimators", "--help"]
try:
    runpy.run_module("mnist_estimators", run_name="__main__", alter_sys=True)
finally:
    heavy = {"numpy", "sklearn", "pandas", "matplotlib", "keras", "tensorflow", "rich"}
    print("CPU seconds:", time.process_time())
    print("loaded:", sorted((heavy | {"yaml", "joblib"}) & set(sys.modules)))
"""
    finished = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert all(f"\n    {command} " in finished.stdout for command in COMMANDS)
    *_, seconds, loaded = finished.stdout.splitlines()
    assert loaded == "loaded: []"
    assert float(seconds.removeprefix("CPU seconds:")) < 0.5


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(capsys, command):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])

    assert f"usage: mnist-estimators {command} " in capsys.readouterr().out


@pytest.mark.parametrize("command", sorted({*COMMANDS} - {"data", "serve"}))
def test_each_command_but_the_server_has_json(capsys, command):
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])

    assert "  --json " in capsys.readouterr().out


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])

    assert capsys.readouterr().out == f"{mnist_estimators.__version__}\n"


def test_without_a_command_and_a_terminal_there_is_help_and_an_error(capsys):
    assert main([]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: mnist-estimators")


def test_an_unknown_command_is_one_line(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["trian"])

    err = capsys.readouterr().err
    assert "invalid choice: 'trian'" in err
    assert err.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_traceback():
    nobody_reads, stdout = os.pipe()
    os.close(nobody_reads)
    try:
        finished = subprocess.run(
            [sys.executable, "-m", "mnist_estimators", "recipes"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(stdout)

    assert finished.returncode == 1
    assert finished.stderr == ""


def test_warnings_are_plain_lines(capsys, monkeypatch):
    load = mnist_estimators.datasets.load_small_digits

    def load_with_warning(**kwargs):
        warnings.warn("the digits\nare small", UserWarning, stacklevel=2)
        return load(**kwargs)

    monkeypatch.setattr(
        mnist_estimators.datasets, "load_small_digits", load_with_warning
    )
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert main(["data", "explore"]) == 0

    err = capsys.readouterr().err
    assert err == "mnist-estimators data explore: warning: the digits are small\n"


def test_the_menu_runs_commands_and_shows_them(capsys, answers):
    answers("2", "1", "", "q")

    assert main([]) == 0

    out = capsys.readouterr().out
    assert "  8  search for good parameters" in out
    assert "$ mnist-estimators recipes\n" in out
    assert "simple_cnn" in out
    assert "$ mnist-estimators data explore --data small\n" in out
    assert "1797 images of 28 x 28 pixels" in out


def test_the_menu_goes_on_after_mistakes_and_ends_with_the_last_code(capsys, answers):
    answers("9", "3", "simple_cn", "", "", "", "5", "'four.png", "4", "a b.model", "")

    assert main([]) == 1  # there is no such model

    out, err = capsys.readouterr()
    assert "Give a number from 1 to 8, or q." in out
    assert "did you mean 'simple_cnn'?" in err
    assert "That can't be read: No closing quotation." in out
    assert "$ mnist-estimators evaluate 'a b.model' --data small" in out
    assert "there is no model file 'a b.model'" in err
    assert out.count("What would you like to do?") == 5


def test_ctrl_c_leaves_the_menu(capsys, monkeypatch, answers):
    answers()

    def press_ctrl_c(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", press_ctrl_c)

    assert main([]) == 130
    assert capsys.readouterr().err == "interrupted\n"
