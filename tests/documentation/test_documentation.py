"""The pages in `docs/` do what they show, and their links lead somewhere."""

import os
import pydoc
import random
import re
import shlex
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import dask.distributed
import matplotlib.pyplot as plt
import numpy as np
import pytest

import mnist_estimators
from mnist_estimators.cli import main
from mnist_estimators.cli._arguments import Parser

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NO_PAGES = {"_build", "_templates", "auto_examples", "backreferences", "generated"}
PAGES = sorted(
    path for path in DOCS.rglob("*.rst") if not NO_PAGES.intersection(path.parts)
)
MARKDOWN = [*ROOT.glob("*.md"), *DOCS.glob("benchmarks/*.md")]
INVENTORIES = sorted(DOCS.glob("inventories/*.txt"))

DIRECTIVE = re.compile(
    r"""^(?P<indent>[ ]*)\.\.[ ](?P<name>code-block::[ ](?:python|text|sh)|plot::)\n
        (?:(?P=indent)[ ]{3}:.*\n)*  # options
        (?P<content>(?:(?P=indent)[ ]{3}.*\n|\n)+)""",
    re.MULTILINE | re.VERBOSE,
)
# A learning rate is chosen, not measured.
MEASURED = re.compile(r"(?<!rate: )(?<!rate': )\b[01]\.\d+\b")


class Block(NamedTuple):
    """A block of code in a page, and what the page says that it prints."""

    kind: str
    code: str
    output: str | None


def page_name(path: Path) -> str:
    return path.relative_to(DOCS).with_suffix("").as_posix()


def blocks_of(text: str) -> Iterator[Block]:
    """Find Python and shell code; an output stands directly below its code."""
    found = [
        (match["name"].split()[-1], textwrap.dedent(match["content"]).strip())
        for match in DIRECTIVE.finditer(text)
    ]
    for number, (kind, code) in enumerate(found):
        if kind == "text":
            continue
        following = found[number + 1 : number + 2]
        shown = following[0][1] if following and following[0][0] == "text" else None
        yield Block("sh" if kind == "sh" else "python", code, shown)


def code_of(path: Path, kind: str) -> list[Block]:
    text = path.read_text(encoding="utf-8")
    return [block for block in blocks_of(text) if block.kind == kind]


@pytest.fixture(autouse=True)
def _global_random_states_stay():
    """Put them back: the pages show other libraries too, which change them.

    So they do with environment variables: Dask sets those of its workers.
    """
    python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with patch.dict(os.environ):
        yield
    random.setstate(python)
    np.random.set_state(of_numpy)  # noqa: NPY002


@pytest.fixture
def page(tmp_path, monkeypatch, small_digits):
    """Run pages in an empty folder, with few digits in the place of MNIST."""

    def load_few_digits(subset="train"):
        X, y = small_digits
        return (X[:400], y[:400]) if subset == "train" else (X[400:600], y[400:600])

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mnist_estimators, "load_mnist", load_few_digits)
    # Threads in place of processes: test_distributed.py has those.
    workers = partial(dask.distributed.LocalCluster, processes=False)
    monkeypatch.setattr(dask.distributed, "LocalCluster", workers)
    yield {"__name__": "__main__"}
    plt.close("all")


def assert_printed(shown: str, printed: str) -> None:
    """Compare; the pages round measured numbers, and machines differ in them."""
    assert MEASURED.sub("#", printed.strip()) == MEASURED.sub("#", shown)
    expected, found = (
        [float(number) for number in MEASURED.findall(text)]
        for text in (shown, printed)
    )
    assert found == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(
    "path", [path for path in PAGES if code_of(path, "python")], ids=page_name
)
def test_the_python_of_a_page_runs_and_prints_what_it_shows(path, page, capsys):
    for number, block in enumerate(code_of(path, "python")):
        exec(compile(block.code, f"{page_name(path)}, block {number}", "exec"), page)
        printed = capsys.readouterr().out
        if block.output is not None:
            assert_printed(block.output, printed)


class Parsed(Exception):
    """The arguments of a command are right."""


@pytest.mark.parametrize(
    "path", [path for path in PAGES if code_of(path, "sh")], ids=page_name
)
def test_the_commands_of_a_page_are_ones_that_there_are(path, monkeypatch):
    def parse_only(parser, argv, namespace=None):
        _, unknown = Parser.__base__.parse_known_args(parser, argv, namespace)
        assert not unknown
        raise Parsed

    monkeypatch.setattr(Parser, "parse_known_args", parse_only)
    lines = "\n".join(block.code for block in code_of(path, "sh")).splitlines()
    for line in lines:
        words = shlex.split(line, comments=True)
        if words[:1] == ["mnist-estimators"]:
            with pytest.raises(Parsed):
                main(words[1:])


def test_nearly_every_page_has_code_that_is_run():
    without = {page_name(path) for path in PAGES if not code_of(path, "python")}
    assert {name for name in without if not name.startswith("api/")} == {
        "benchmarks/classifiers",
        "benchmarks/index",
        "benchmarks/preparation",
        "benchmarks/search",
        "benchmarks/serving",
        "benchmarks/speed",
        "changelog",
        "coming_from/index",
        "concepts/index",
        "contributing",
        "guide/command_line",
        "guide/index",
        "layout",
    }


@pytest.mark.parametrize("path", MARKDOWN, ids=lambda path: path.name)
def test_the_links_to_files_lead_to_files(path):
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    missing = [
        link
        for link in links
        if not link.startswith(("http", "#"))
        and not (path.parent / link.partition("#")[0]).exists()
    ]
    assert not missing


@pytest.mark.parametrize("path", INVENTORIES, ids=lambda path: path.stem)
def test_an_inventory_lists_names_that_there_are(path):
    _, _, _, *entries = path.read_text(encoding="utf-8").splitlines()
    names = [entry.split()[0] for entry in entries]
    if "sklearn.model_selection.HalvingGridSearchCV" in names:
        from sklearn.experimental import enable_halving_search_cv  # noqa: F401
    assert [name for name in names if pydoc.locate(name) is None] == []


def test_the_readme_builds_the_documentation_with_warnings_as_errors():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 -m venv .*sphinx-build (.*)$", readme, re.M)
    assert commands == ["-W -n docs docs/_build/html"]
    assert os.access(DOCS / "conf.py", os.R_OK)
