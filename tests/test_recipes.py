"""Recipes: unfitted estimators of the architecture that they name."""

import inspect
from pathlib import Path

import pandas as pd
import pytest
from sklearn.base import clone

from mnist_estimators import recipes

NAMES = sorted(recipes.all())


def test_all_makes_every_function_of_the_module():
    functions = {
        name
        for name, value in vars(recipes).items()
        if inspect.isfunction(value) and value.__module__ == recipes.__name__
    }
    assert set(NAMES) == functions - {"all"} == set(recipes.__all__) - {"all"}


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_is_unfitted_seeded_and_documented(name):
    make = getattr(recipes, name)
    one = make(random_state=3, verbose=2)
    assert one.random_state == 3
    assert one.verbose == 2
    assert not hasattr(one, "classes_")
    assert (
        str(clone(one)) == str(one) == str(recipes.all(random_state=3, verbose=2)[name])
    )
    assert "784-" in make.__doc__ or "C3-" in make.__doc__


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_states_what_was_measured(name):
    table = Path(__file__).parents[1] / "docs" / "benchmarks" / "recipes.csv"
    runs = pd.read_csv(table).query("recipe == @name")
    assert sorted(runs["seed"]) == [0, 1, 2, 3, 4]
    accuracy = 100 * runs["accuracy"]
    stated = " ".join(getattr(recipes, name).__doc__.split())
    expected = f"{accuracy.mean():.2f} % (SD {accuracy.std():.2f}), "
    assert expected + f"{runs['fit_seconds'].median():.0f} s a fit" in stated


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_learns(name, small_digits):
    X, y = small_digits
    classifier = recipes.all(random_state=0)[name].set_params(batch_size=32)
    assert classifier.fit(X[:600], y[:600]).score(X[600:], y[600:]) > 0.85


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
