"""The notebook: its outputs are of MNIST, and it runs from top to bottom."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

PATH = Path(__file__).parents[1] / "examples" / "mnist_walkthrough.ipynb"


@pytest.fixture
def notebook():
    return nbformat.read(PATH, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(notebook):
    """Texts and pictures among the outputs."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert not [
        o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"
    ]
    data = [
        output.get("data", {"text/plain": output.get("text")}) for output in outputs
    ]
    pictures = [d for d in data if "image/png" in d or "<img" in d.get("text/html", "")]
    return "\n".join(d["text/plain"] for d in data), len(pictures)


def test_its_outputs_are_of_mnist_and_of_one_run(notebook):
    text, n_pictures = shown(notebook)
    assert "((60000, 784), (10000, 784))" in text
    assert n_pictures >= 15
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


def test_it_runs_on_the_small_digits(notebook, monkeypatch, tmp_path):
    committed, n_pictures = shown(notebook)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    first, loading = code_cells(notebook)[0], "X, y = load_small_digits()"
    assert loading in first.source
    fewer = f"{loading}\n    X, y = X[:600], y[:600]"
    first.source = first.source.replace(loading, fewer)
    monkeypatch.setitem(os.environ, "WALKTHROUGH_DATA", "small")
    NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": tmp_path}}
    ).execute()
    text, n_pictures_now = shown(notebook)
    assert "((450, 784), (150, 784))" in text
    assert n_pictures_now == n_pictures
    assert text.splitlines()[-1] == committed.splitlines()[-1] == "True"
