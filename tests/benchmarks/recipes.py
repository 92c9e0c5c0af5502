"""Fit every recipe to MNIST with five seeds, and score it once on the test images.

``python tests/benchmarks/recipes.py`` adds what is missing in ``docs/benchmarks/
recipes.csv``, one row a fit, and writes the table next to it. Architectures, epochs and
all other settings come from the literature or from splits of the training images
(``search.py``): the test images choose nothing.

The members of an ensemble are fits of ``accurate_cnn`` with seeds of their own, and get
their rows; each is given a fifth of the ensemble's time.
"""

import argparse
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from parts import FOLDER, deviation, mnist, scans_of_test_images

from mnist_estimators._versions import installed_versions

KEY = ["recipe", "seed"]


@cache
def canonical_scans() -> Any:
    """Bring simulated scans of the test images to MNIST's form."""
    from mnist_estimators.preprocessing import DigitCanonicalizer

    return DigitCanonicalizer().fit_transform(scans_of_test_images())


def members_of(classifier: Any) -> list[Any]:
    return getattr(classifier, "estimators_", [])


def row(recipe: str, seed: int, classifier: Any, seconds: float) -> dict[str, Any]:
    """Score a fitted classifier."""
    *_, X_test, y_test = mnist()
    networks = members_of(classifier) or [classifier]
    return {
        "recipe": recipe,
        "seed": seed,
        "fit_seconds": round(seconds, 2),
        "accuracy": classifier.score(X_test, y_test),
        "n_parameters": sum(w.size for network in networks for w in network.weights_),
        "accuracy_on_scans": classifier.score(canonical_scans(), y_test),
        **installed_versions(),
    }


def measure(recipe: str, seed: int) -> Iterator[dict[str, Any]]:
    from mnist_estimators import recipes

    X, y, *_ = mnist()
    classifier = recipes.all(random_state=seed)[recipe]
    started = time.perf_counter()
    classifier.fit(X, y)
    seconds = time.perf_counter() - started
    yield row(recipe, seed, classifier, seconds)
    members = members_of(classifier)
    for member in members:
        yield row("accurate_cnn", member.random_state, member, seconds / len(members))


def table(found: pd.DataFrame) -> str:
    lines = [
        "| recipe | fits | mean accuracy | SD | worst | best | fit s | parameters |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, runs in found.groupby("recipe", sort=False):
        accuracy = 100 * runs["accuracy"]
        lines.append(
            f"| `{name}` | {len(runs)} "
            f"| {accuracy.mean():.2f} % | {deviation(accuracy)} "
            f"| {accuracy.min():.2f} | {accuracy.max():.2f} "
            f"| {runs['fit_seconds'].median():.0f} "
            f"| {runs['n_parameters'].iloc[0]:,} |"
        )
    return "\n".join(lines) + "\n"


def scans_table(found: pd.DataFrame) -> str:
    lines = ["| on scans | fits | mean accuracy | SD |", "|---|---|---|---|"]
    known = found.dropna(subset="accuracy_on_scans")
    for name, runs in known.groupby("recipe", sort=False):
        accuracy = 100 * runs["accuracy_on_scans"]
        lines.append(
            f"| `{name}` | {len(runs)} "
            f"| {accuracy.mean():.2f} % | {deviation(accuracy)} |"
        )
    return "\n".join(lines) + "\n"


def matching(found: pd.DataFrame, name: str, seed: int) -> pd.DataFrame:
    return found[(found["recipe"] == name) & (found["seed"] == seed)]


def main() -> None:
    from mnist_estimators import recipes

    names = list(recipes.all())
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--again", action="store_true", help="also what is there")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    path = arguments.folder / "recipes.csv"
    found = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=KEY)
    # The first fit in a process loads TensorFlow, which is none of the recipe's time.
    recipes.simple_dense().set_params(epochs=1).fit(np.eye(4).repeat(4, 0), [0, 1] * 8)
    for name in arguments.only:
        for seed in range(arguments.seeds):
            if not arguments.again and len(matching(found, name, seed)):
                continue
            for new in measure(name, seed):
                print(*new.values(), flush=True)
                there = matching(found, new["recipe"], new["seed"]).index
                found = pd.concat(
                    [found.drop(there), pd.DataFrame([new])], ignore_index=True
                )
            order = {recipe: place for place, recipe in enumerate(names)}
            found = found.sort_values(
                KEY, key=lambda column: column.replace(order), ignore_index=True
            )
            found.to_csv(path, index=False)
    text = "# Recipes on MNIST\n\nMade by `python tests/benchmarks/recipes.py`.\n\n"
    text += table(found) + "\n" + scans_table(found)
    path.with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
