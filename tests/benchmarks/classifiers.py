"""Measure what votes gain, and the network in NumPy, on MNIST.

``python tests/benchmarks/classifiers.py`` runs every part and writes what it found to
``docs/benchmarks/classifiers.csv``. Nothing is chosen on the test images: networks and
epochs are the defaults or stand here.
"""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from parts import Row, mnist, run_parts, seconds_of

N_MEMBERS = 5


def vote() -> Iterator[Row]:
    """Hold a soft vote of five networks against each of them."""
    from mnist_estimators import (
        CNNDigitClassifier,
        DenseDigitClassifier,
        DigitVotingClassifier,
    )

    X, y, X_test, y_test = mnist()
    for name, network in [
        ("dense 128-64", DenseDigitClassifier(random_state=0)),
        (
            "CNN 16-32-64, 3 epochs",
            CNNDigitClassifier(
                filters=(16, 32), dense_layer_sizes=(64,), epochs=3, random_state=0
            ),
        ),
    ]:
        classifier = DigitVotingClassifier(network, n_members=N_MEMBERS, voting="soft")
        classifier.fit(X, y)
        for member in classifier.estimators_:
            yield f"accuracy, {name}", "member", member.score(X_test, y_test)
        yield f"accuracy, {name}", "vote of five", classifier.score(X_test, y_test)


SINGLE_FIT = """
import sys, time
from mnist_estimators import CNNDigitClassifier, DigitVotingClassifier, load_mnist
X, y = load_mnist(subset="train")
X, y = X[:2000], y[:2000]
network = CNNDigitClassifier(epochs=2, random_state=0)
CNNDigitClassifier(filters=(1,), epochs=1).fit(X[:50], y[:50])  # loads TensorFlow
started = time.perf_counter()
if sys.argv[1] == "vote":
    DigitVotingClassifier(network, n_members=5).fit(X, y)
else:
    network.fit(X, y)
print(time.perf_counter() - started)
"""


def compiling() -> Iterator[Row]:
    """Time five members, and one network in a process of its own."""
    for _ in range(5):
        for name in ("vote", "single"):
            done = subprocess.run(
                [sys.executable, "-c", SINGLE_FIT, name],
                capture_output=True,
                text=True,
                check=True,
            )
            label = "five members" if name == "vote" else "one fit"
            yield "CNN, 2,000 images, 2 epochs: s", label, float(done.stdout)


def numpy() -> Iterator[Row]:
    """Hold the network in NumPy against MLPClassifier, for the same work."""
    from sklearn.neural_network import MLPClassifier

    from mnist_estimators import NumpyDigitClassifier

    X, y, X_test, y_test = mnist()
    for seed in range(5):
        classifier = NumpyDigitClassifier(random_state=seed).fit(X, y)
        score = classifier.score(X_test, y_test)
        yield "accuracy, NumpyDigitClassifier()", "", score
    images = (X / 255).astype(np.float32)
    ours = NumpyDigitClassifier(epochs=3, random_state=0)
    theirs = MLPClassifier(
        (256, 128),
        solver="sgd",
        alpha=0.0,
        batch_size=128,
        learning_rate_init=0.05,
        max_iter=3,
        n_iter_no_change=3,
        random_state=0,
    )
    for _ in range(4):
        for name, classifier in [("NumpyDigit", ours), ("MLP", theirs)]:
            for seconds in seconds_of(partial(classifier.fit, images, y), repeats=1):
                yield "256-128, batch 128, 3 epochs: s", name, seconds


def write_tables(found: pd.DataFrame, path: Path) -> None:
    values = found.groupby(["work", "variant"], sort=False)["value"]
    lines = ["| | | median | least | most | n |", "|---|---|---|---|---|---|"]
    for (work, variant), some in values:
        low, middle, high = some.quantile([0, 0.5, 1])
        lines.append(
            f"| {work} | {variant} | {middle:.4g} | {low:.4g} | {high:.4g} "
            f"| {len(some)} |"
        )
    text = "# Votes, and the network in NumPy\n\n"
    text += "Made by `python tests/benchmarks/classifiers.py`.\n\n"
    path.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")


PARTS = {part.__name__: part for part in (vote, compiling, numpy)}

if __name__ == "__main__":
    run_parts(__doc__, PARTS, "classifiers", write_tables)
