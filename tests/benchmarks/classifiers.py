"""Measure the classifiers as they come, what votes gain, and the network in NumPy.

``python tests/benchmarks/classifiers.py`` runs every part and writes what it found to
``docs/benchmarks/classifiers.csv``. Accuracies are those on MNIST's test images, which
choose nothing: networks and epochs are the defaults or stand here.
"""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from parts import Row, deviation, mnist, run_parts, seconds_of, seconds_table

N_MEMBERS = 5


def defaults() -> Iterator[Row]:
    """Score the networks of Keras with the parameters that they have by default."""
    from mnist_estimators import CNNDigitClassifier, DenseDigitClassifier

    X, y, X_test, y_test = mnist()
    for seed in range(5):
        for name, classifier in [
            ("DenseDigitClassifier()", DenseDigitClassifier()),
            ("CNNDigitClassifier(epochs=3)", CNNDigitClassifier(epochs=3)),
            ("CNNDigitClassifier()", CNNDigitClassifier()),
        ]:
            classifier.set_params(random_state=seed).fit(X, y)
            yield f"accuracy, {name}", "", classifier.score(X_test, y_test)


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


def accuracy_table(found: pd.DataFrame) -> str:
    lines = [
        "| on MNIST's test images | | fits | mean accuracy | SD | worst | best |",
        "|---|---|---|---|---|---|---|",
    ]
    for (work, variant), some in found.groupby(["work", "variant"], sort=False):
        accuracy = 100 * some["value"]
        lines.append(
            f"| {work} | {variant} | {len(some)} "
            f"| {accuracy.mean():.2f} % | {deviation(accuracy)} "
            f"| {accuracy.min():.2f} | {accuracy.max():.2f} |"
        )
    return "\n".join(lines) + "\n"


def write_tables(found: pd.DataFrame, path: Path) -> None:
    order = list(PARTS)
    found = found.sort_values(
        "part", key=lambda part: part.map(order.index), kind="stable"
    )
    is_accuracy = found["work"].str.startswith("accuracy, ")
    work = found["work"].str.removeprefix("accuracy, ").str.removesuffix(": s")
    found = found.assign(work=work)
    text = "# The classifiers, and votes\n\n"
    text += "Made by `python tests/benchmarks/classifiers.py`.\n\n"
    text += accuracy_table(found[is_accuracy]) + "\n"
    text += seconds_table(found[~is_accuracy])
    path.write_text(text, encoding="utf-8")


PARTS = {part.__name__: part for part in (defaults, vote, compiling, numpy)}

if __name__ == "__main__":
    run_parts(__doc__, PARTS, "classifiers", write_tables)
