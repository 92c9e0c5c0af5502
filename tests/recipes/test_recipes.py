"""Recipes: unfitted estimators of the architecture that they name."""

import inspect
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from sklearn.base import clone

from mnist_estimators import recipes

NAMES = sorted(recipes.all())


def test_all_makes_every_function_of_the_room():
    functions = {
        name
        for module in pkgutil.iter_modules(recipes.__path__, f"{recipes.__name__}.")
        for name, value in vars(import_module(module.name)).items()
        if inspect.isfunction(value) and value.__module__ == module.name
    }
    assert set(NAMES) == functions == set(recipes.__all__) - {"all"}


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_stands_under_a_public_name(name):
    module = getattr(recipes, name).__module__
    assert module.startswith("mnist_estimators.recipes.")
    assert "._" not in module


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_is_unfitted_seeded_and_documented(name):
    make = getattr(recipes, name)
    one = make(random_state=3, verbose=2)
    network = getattr(one, "estimators", one)
    assert network.random_state == 3
    assert network.verbose == 2
    assert not hasattr(one, "classes_")
    assert (
        str(clone(one)) == str(one) == str(recipes.all(random_state=3, verbose=2)[name])
    )
    assert re.search(r"784-|\d+C\d-", make.__doc__)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_states_what_was_measured(name):
    table = Path(__file__).parents[2] / "docs" / "benchmarks" / "recipes.csv"
    runs = pd.read_csv(table).query("recipe == @name")
    # Members of the ensembles have seeds of their own; five ensembles take hours.
    seeds = sorted(runs["seed"])
    assert len(set(seeds)) == len(seeds)
    if name == "cnn_ensemble":
        assert seeds == list(range(len(seeds)))
    elif name == "accurate_cnn":
        assert len(seeds) >= 5
    else:
        assert seeds == [0, 1, 2, 3, 4]
    accuracy = 100 * runs["accuracy"]
    spread = f" (SD {accuracy.std():.2f})" if len(runs) > 1 else ""
    stated = " ".join(getattr(recipes, name).__doc__.split())
    expected = f"{accuracy.mean():.2f} %{spread}, "
    assert expected + f"{runs['fit_seconds'].median():.0f} s a fit" in stated


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_learns(name, small_digits):
    X, y = small_digits
    classifier = recipes.all(random_state=0)[name]
    network = getattr(classifier, "estimators", classifier).set_params(batch_size=32)
    if network.epochs > 15:
        network.set_params(epochs=4 if hasattr(network, "filters") else 8)
    if name == "cnn_ensemble":
        classifier.set_params(n_members=2)
    assert classifier.fit(X[:600], y[:600]).score(X[600:], y[600:]) > 0.85


def test_the_fast_network_needs_few_steps(small_digits):
    X, y = small_digits
    n = 5 * 256 + 1  # the last batch, of one image, must not outweigh the others
    classifier = recipes.fast_cnn(random_state=0).fit(X[:n], y[:n])
    assert classifier.score(X[n:], y[n:]) > 0.9


def test_the_fast_network_reads_mnist(mnist):
    X, y = mnist.X_train[:12_000], mnist.y_train[:12_000]  # all of them would take long
    classifier = recipes.fast_cnn(random_state=0).fit(X, y)
    # Other seeds: 0.983 and more. The tutorials' network comes to 0.97 with them.
    assert classifier.score(mnist.X_test, mnist.y_test) >= 0.979


@pytest.mark.parametrize(
    ("name", "n_parameters"),
    [
        ("simple_dense", 784 * 128 + 128 + 128 * 64 + 64 + 64 * 10 + 10),
        ("plain_dense", 784 * 128 + 128 + 128 * 128 + 128 + 128 * 10 + 10),
        ("numpy_dense", 784 * 256 + 256 + 256 * 128 + 128 + 128 * 10 + 10),
        # Two convolutions without padding leave 5 x 5 pixels of 64 filters.
        ("simple_cnn", 320 + 18_496 + 1600 * 128 + 128 + 128 * 10 + 10),
    ],
)
def test_a_recipe_has_the_parameters_of_its_source(name, n_parameters, small_digits):
    X, y = small_digits
    classifier = recipes.all()[name].set_params(epochs=1)
    classifier.fit(X[:200], y[:200])
    assert sum(weights.size for weights in classifier.weights_) == n_parameters
