"""Every public name is documented in numpydoc's form, with an example that runs."""

import inspect
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from inspect import signature
from pathlib import Path
from pydoc import locate

import pytest
from numpydoc.validate import ERROR_MSGS, validate

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
SETTINGS = tomllib.loads(PYPROJECT.read_text())["tool"]["numpydoc_validation"]
CHECKS = set(ERROR_MSGS) - set(SETTINGS["checks"]) | {"EX01", "SA01"}
MODULES = (
    "mnist_estimators",
    "mnist_estimators.augmentation",
    "mnist_estimators.comparison",
    "mnist_estimators.datasets",
    "mnist_estimators.exceptions",
    "mnist_estimators.export",
    "mnist_estimators.inspection",
    "mnist_estimators.persistence",
    "mnist_estimators.preprocessing",
    "mnist_estimators.recipes",
    "mnist_estimators.report",
    "mnist_estimators.serving",
)


def public_names() -> Iterator[str]:
    """Name everything that a module offers, once."""
    seen = set()
    for module in map(import_module, MODULES):
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            if id(thing) not in seen:
                seen.add(id(thing))
                yield f"{module.__name__}.{name}"


def own_members(full_name: str) -> Iterator[str]:
    """Name the public methods and properties of a class that this package wrote."""
    module, _, name = full_name.rpartition(".")
    cls = getattr(import_module(module), name)
    for member, value in inspect.getmembers(cls):
        function = value.fget if isinstance(value, property) else value
        origin = getattr(function, "__module__", None) or ""
        if origin.startswith("mnist_estimators") and not member.startswith("_"):
            yield f"{full_name}.{member}"


def problems(full_name: str, checks: set[str]) -> list[str]:
    errors = validate(full_name)["errors"]
    return [f"{full_name}: {text} ({code})" for code, text in errors if code in checks]


NAMES = sorted(public_names())
CLASSES = [name for name in NAMES if name.rpartition(".")[2][0].isupper()]


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_is_documented_with_an_example(name):
    assert problems(name, CHECKS) == []
    assert ">>>" in validate(name)["docstring"]


@pytest.mark.parametrize("name", CLASSES)
def test_the_members_of_a_class_are_documented(name):
    checks = CHECKS - {"EX01", "SA01"}  # the class itself has both
    assert [text for one in own_members(name) for text in problems(one, checks)] == []


@pytest.mark.parametrize("name", CLASSES)
def test_what_methods_say_of_parameters_is_said_of_the_class_at_hand(name):
    """An inherited docstring may name a parameter that this class does not have."""
    of_class = {*re.findall(r"\w+", locate(name).__doc__)}
    unknown = []
    for member in own_members(name):
        method = locate(member)
        of_method = () if isinstance(method, property) else signature(method).parameters
        named = re.findall(r"(?<!`)`([a-z]\w*)`(?!`)", method.__doc__)
        unknown += [(member, one) for one in {*named} - of_class - {*of_method}]
    assert unknown == []


def test_the_api_pages_list_every_public_name():
    pages = (PYPROJECT.parent / "docs" / "api").glob("*.rst")
    words = {word for page in pages for word in page.read_text().split()}
    assert [name for name in NAMES if name.rpartition(".")[2] not in words] == []
