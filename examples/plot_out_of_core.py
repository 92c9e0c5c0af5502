"""
===============================================
More images than fit in memory: learn from disk
===============================================

``fit`` wants all images at once. ``partial_fit`` takes them chunk by chunk: it goes
once over a chunk, keeps weights and optimizer, and forgets the images. So a network can
learn from a file of any size. This example writes such a file, learns from it, and
watches the memory.

It runs on the small digits that come with scikit-learn, and on MNIST with::

    python examples/plot_out_of_core.py --data mnist
"""

# %%
# The digits
# ----------

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from mnist_estimators import DenseDigitClassifier, load_mnist, load_small_digits
from mnist_estimators.augmentation import DigitAugmenter

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=["small", "mnist"], default="small")
data = parser.parse_known_args()[0].data  # a notebook adds arguments of its own

if data == "mnist":
    X_train, y_train = load_mnist(subset="train")
    X_test, y_test = load_mnist(subset="test")
else:
    X, y = load_small_digits()
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, stratify=y, random_state=0
    )

# %%
# A file that is too large
# ------------------------
#
# To have many images, we let ``DigitAugmenter`` make variants of each digit, and append
# them to a file: plain bytes, 784 an image. The labels are few bytes, and stay in
# memory.

N_VARIANTS = 40 if data == "small" else 5
folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "images.bytes"
augmenter = DigitAugmenter().fit(X_train)
with path.open("wb") as file:
    for number in range(N_VARIANTS):
        augmenter.augment(X_train, random_state=number).tofile(file)
labels = np.tile(y_train, N_VARIANTS)
n_megabytes = path.stat().st_size / 1e6
print(f"{len(labels)} images on disk: {n_megabytes:.0f} MB")

# %%
# Chunks
# ------
#
# ``np.memmap`` is an array whose values lie in a file; only what is looked at is read.
# Each chunk is mapped again, so that the system can let go of the one before. MNIST's
# own file, once unpacked, can be read in this way too: its images begin at byte 16, so
# add ``16`` to the offset.
#
# Chunks come in another order in each pass, and ``partial_fit`` shuffles the images
# within a chunk. That is enough where a chunk holds all classes: a file that is sorted
# by label must be shuffled before.

CHUNK = 2000


def chunks(rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give the images and labels of one chunk after the other."""
    for start in rng.permutation(np.arange(0, len(labels), CHUNK)):
        rows = labels[start : start + CHUNK]
        yield (
            np.memmap(path, np.uint8, "r", 784 * int(start), (len(rows), 784)),
            rows,
        )


def memory() -> float:
    """Measure the memory of this process in MB, where Linux tells it."""
    status = Path("/proc/self/statm")
    if not status.exists():
        return np.nan
    return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


# %%
# Learn
# -----
#
# The first call must name all classes, as its chunk may lack some. It also fixes the
# range of pixel values. The learning rate stays constant, since nobody knows
# how many chunks will come: here it is lowered for the last pass, which is worth a good
# part of the mistakes.

network = DenseDigitClassifier(learning_rate=0.002, random_state=0)
rng = np.random.default_rng(0)
rows = []
n_seen = 0
for n_pass in range(3):
    if n_pass == 2:
        network.set_params(learning_rate=0.0003)
    for images, numbers in chunks(rng):
        network.partial_fit(images, numbers, classes=range(10))
        n_seen += len(numbers)
        accuracy = network.score(X_test, y_test)
        rows.append(
            {"thousand images": n_seen / 1000, "accuracy": accuracy, "memory": memory()}
        )
    print(f"after pass {n_pass + 1}: accuracy on the test images {accuracy:.4f}")
progress = pd.DataFrame(rows).set_index("thousand images")

# %%
# Memory stays flat
# -----------------
#
# It grows in the first chunks, when the network is compiled, and not with the number of
# images. ``history_frame_`` has a row for each chunk.

later = progress["memory"].iloc[len(progress) // 3 :]
print(f"memory grew by {later.iloc[-1] - later.iloc[0]:.1f} MB in the last two passes")
print(network.history_frame_.tail(3).round(4))

figure, (left, right) = plt.subplots(
    1, 2, figsize=(8, 3.2), layout="constrained", sharex=True
)
progress["accuracy"].plot(ax=left, ylabel="accuracy on the test images")
grown = progress["memory"] - progress["memory"].iloc[0]
grown.plot(ax=right, label="since the first chunk")
right.axhline(n_megabytes, color="0.5", linestyle="dashed", label="all images")
right.set(ylabel="memory, MB", ylim=(-0.1 * n_megabytes, 1.2 * n_megabytes))
right.legend()
del images  # the last chunk holds the file open
folder.cleanup()

# %%
# Draw the figures, where there is a screen.

plt.show()
