"""Fit every recipe to MNIST with five seeds, and score it once on the test images.

``python tests/benchmarks/recipes.py`` adds what is missing in ``docs/benchmarks/
recipes.csv``, one row a fit, and writes the table next to it. Architectures, epochs and
all other settings come from the literature or from splits of the training images: the
test images choose nothing.
"""

import argparse
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from parts import FOLDER, mnist

PACKAGES = ("tensorflow", "keras", "scikit-learn", "numpy")
SEEDS = range(5)


def n_parameters(classifier: Any) -> int:
    members = getattr(classifier, "estimators_", [classifier])
    return sum(weights.size for one in members for weights in one.weights_)


def measure(name: str, seed: int) -> dict[str, Any]:
    from mnist_estimators import recipes

    X, y, X_test, y_test = mnist()
    classifier = recipes.all(random_state=seed)[name]
    started = time.perf_counter()
    classifier.fit(X, y)
    return {
        "recipe": name,
        "seed": seed,
        "fit_seconds": round(time.perf_counter() - started, 2),
        "accuracy": classifier.score(X_test, y_test),
        "n_parameters": n_parameters(classifier),
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def table(found: pd.DataFrame) -> str:
    lines = [
        "| recipe | accuracy, mean of 5 | SD | worst | best | fit s | parameters |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, runs in found.groupby("recipe", sort=False):
        accuracy = 100 * runs["accuracy"]
        lines.append(
            f"| `{name}` | {accuracy.mean():.2f} % | {accuracy.std():.2f} "
            f"| {accuracy.min():.2f} | {accuracy.max():.2f} "
            f"| {np.median(runs['fit_seconds']):.0f} "
            f"| {runs['n_parameters'].iloc[0]:,} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    from mnist_estimators import recipes

    names = list(recipes.all())
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--again", action="store_true", help="also what is there")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    path = arguments.folder / "recipes.csv"
    found = pd.read_csv(path) if path.exists() else pd.DataFrame()
    # The first fit in a process loads TensorFlow, which is none of the recipe's time.
    recipes.simple_dense().set_params(epochs=1).fit(np.eye(4).repeat(4, 0), [0, 1] * 8)
    for name in arguments.only:
        for seed in SEEDS:
            if len(found):
                done = (found["recipe"] == name) & (found["seed"] == seed)
                if done.any() and not arguments.again:
                    continue
                found = found[~done]
            row = measure(name, seed)
            print(f"{name}, seed {seed}: {row['accuracy']:.4f}, {row['fit_seconds']} s")
            found = pd.concat([found, pd.DataFrame([row])], ignore_index=True)
            order = found["recipe"].map(names.index)
            found = found.iloc[np.lexsort([found["seed"], order])]
            found.to_csv(path, index=False)
    text = "# Recipes on MNIST\n\nMade by `python tests/benchmarks/recipes.py`.\n\n"
    path.with_suffix(".md").write_text(text + table(found), encoding="utf-8")


if __name__ == "__main__":
    main()
