"""
=======================================================
Few labels: begin with what another network has learned
=======================================================

Labels are expensive. A network that was trained on other digits knows already what
strokes and loops are: ``init_from`` begins with its weights, and ``freeze="features"``
keeps its features as they are. This example plots accuracy against the number of
labels.

It runs on the small digits that come with scikit-learn: the new digits are slanted as
in italics. With ``--data mnist`` the network is pretrained on MNIST, and the small
digits are the new ones: on two cores it takes a minute, and 100 labels give an accuracy
of 0.970 (SD 0.009) with ``init_from``, against 0.899 (SD 0.016) from scratch::

    python examples/plot_few_labels.py --data mnist
"""

# %%
# Old digits and new ones
# -----------------------
#
# Many labels of the one, few of the other.

import argparse

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import train_test_split

from mnist_estimators import CNNDigitClassifier, load_mnist, load_small_digits

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=["small", "mnist"], default="small")
data = parser.parse_known_args()[0].data  # a notebook adds arguments of its own


def slanted(images: np.ndarray) -> np.ndarray:
    """Shift each row of the images to the right, the more the higher it is."""
    rolled = [np.roll(images[:, row], (14 - row) // 2, axis=1) for row in range(28)]
    return np.stack(rolled, axis=1)


if data == "mnist":
    X_train, y_train = load_mnist(subset="train", as_images=True)
    X_new, y_new = load_small_digits(as_images=True)
else:
    X, y = load_small_digits(as_images=True)
    half = len(X) // 2
    X_train, y_train = X[:half], y[:half]
    X_new, y_new = slanted(X[half:]), y[half:]

figure, axes = plt.subplots(2, 8, figsize=(6, 1.8), layout="constrained")
for row, images in zip(axes, (X_train, X_new), strict=True):
    for ax, image in zip(row, images, strict=False):
        ax.imshow(image, cmap="gray_r")
        ax.set(xticks=[], yticks=[])
axes[0, 0].set_ylabel("old")
axes[1, 0].set_ylabel("new")

# %%
# Pretrain once
# -------------
#
# On the new digits as they are, the network does not do well.

network = CNNDigitClassifier(
    filters=(16, 32),
    dense_layer_sizes=(64,),
    epochs=20 if data == "small" else 3,
    batch_size=32 if data == "small" else 128,
    random_state=0,
)
pretrained = clone(network).fit(X_train, y_train)
print(f"without a label of the new digits: {pretrained.score(X_new, y_new):.3f}")

# %%
# Learn the new digits from few labels
# ------------------------------------
#
# Three ways: from scratch, starting with the pretrained weights, and with its features
# frozen, so that only the dense layers are trained. Several draws of the labelled
# images, and the same draws for each way.

network.set_params(epochs=30, batch_size=16, learning_rate=0.002)
ways = {
    "from scratch": {},
    "init_from": {"init_from": pretrained},
    "init_from, frozen features": {"init_from": pretrained, "freeze": "features"},
}
n_draws = 3 if data == "small" else 5
rows = []
for n_per_class in (1, 3, 10):
    for seed in range(n_draws):
        X_few, X_test, y_few, y_test = train_test_split(
            X_new, y_new, train_size=10 * n_per_class, stratify=y_new, random_state=seed
        )
        for way, parameters in ways.items():
            classifier = clone(network).set_params(random_state=seed, **parameters)
            accuracy = classifier.fit(X_few, y_few).score(X_test, y_test)
            rows.append({"labels": len(y_few), "way": way, "accuracy": accuracy})
results = pd.DataFrame(rows).groupby(["way", "labels"], sort=False)["accuracy"]
summary = results.agg(["mean", "std"]).rename(columns={"std": "SD"})
print(summary.round(3).to_string())

# %%
# What the labels are worth
# -------------------------

figure, ax = plt.subplots(layout="constrained", figsize=(5.5, 3.5))
for way in ways:
    means, deviations = summary.loc[way, "mean"], summary.loc[way, "SD"]
    ax.errorbar(means.index, means, deviations, marker="o", capsize=3, label=way)
ax.set(
    xscale="log",
    xticks=means.index,
    xticklabels=means.index,
    xlabel="labelled images of the new digits",
    ylabel="accuracy on the others",
    title=f"Mean and standard deviation of {n_draws} draws",
)
ax.minorticks_off()
ax.legend()

# %%
# Draw the figures, where there is a screen.

# sphinx_gallery_thumbnail_number = 2
plt.show()
