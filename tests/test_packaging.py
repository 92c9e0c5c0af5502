"""The promises of pyproject.toml."""

import ast
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from packaging.requirements import Requirement

import mnist_estimators
from mnist_estimators.comparison._table import format_table

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTION_OF = {
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "prometheus_client": "prometheus-client",
    "python_multipart": "python-multipart",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}


def _bounds(requirements: list[str], operator: str) -> dict[str, str]:
    """Map each requirement's name to its only version, under the one operator."""
    bounds = {}
    for requirement in map(Requirement, requirements):
        (specifier,) = requirement.specifier
        assert specifier.operator == operator
        bounds[requirement.name] = specifier.version
    return bounds


def test_each_lower_bound_is_the_version_tested_as_the_oldest():
    lines = (ROOT / "tests" / "oldest-requirements.txt").read_text().splitlines()
    pins = _bounds([line for line in lines if line and line[0] != "#"], "==")
    lower_bounds = _bounds(PROJECT["dependencies"], ">=")
    assert lower_bounds == {name: pins[name] for name in lower_bounds}


def test_every_library_that_the_package_imports_is_declared():
    optional = PROJECT["optional-dependencies"].values()
    declared = {
        Requirement(requirement).name
        for requirements in [PROJECT["dependencies"], *optional]
        for requirement in requirements
    }
    imported = set()
    for path in (ROOT / "mnist_estimators").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(str(node.module).split(".")[0])
    libraries = imported - sys.stdlib_module_names - {"mnist_estimators"}
    assert {DISTRIBUTION_OF.get(name, name) for name in libraries} <= declared


def test_the_citation_names_the_version():
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {mnist_estimators.__version__}\n" in citation


@pytest.mark.parametrize(
    ("name", "n_tables"),
    [("speed", 1), ("preparation", 1), ("classifiers", 2), ("recipes", 1)],
)
def test_the_readme_shows_the_measured_tables(name, n_tables):
    measured = (ROOT / "docs" / "benchmarks" / f"{name}.md").read_text().strip()
    tables = [part for part in measured.split("\n\n") if part.startswith("|")]
    readme = (ROOT / "README.md").read_text()
    assert [table in readme for table in tables[:n_tables]] == [True] * n_tables


def test_the_readme_shows_the_measured_comparison():
    measured = pd.read_csv(ROOT / "docs" / "benchmarks" / "compare.csv", index_col=0)
    assert format_table(measured) in (ROOT / "README.md").read_text()
