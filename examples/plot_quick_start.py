"""
=================================================
Quick start: two networks, used as any classifier
=================================================

``DenseDigitClassifier`` and ``CNNDigitClassifier`` are Keras networks behind the four
methods that every scikit-learn user knows: ``fit``, ``predict``, ``predict_proba`` and
``score``. This example trains both, watches them learn, and looks at the digits that
they got wrong.

It runs on the small digits that come with scikit-learn. With MNIST, which is
downloaded where it is not on the machine yet, it takes a few minutes::

    python examples/plot_quick_start.py --data mnist
"""

# %%
# The digits
# ----------
#
# Images may come as they are, of shape ``(n, height, width)``, or as rows of pixels,
# ``(n, height * width)``. There is no need to divide by 255: the classifiers find out
# which range the pixels use.

import argparse

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import train_test_split

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    load_mnist,
    load_small_digits,
)

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=["small", "mnist"], default="small")
data = parser.parse_known_args()[0].data  # a notebook adds arguments of its own

if data == "mnist":
    X_train, y_train = load_mnist(subset="train", as_images=True)
    X_test, y_test = load_mnist(subset="test", as_images=True)
else:
    X, y = load_small_digits(as_images=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.25, stratify=y, random_state=0
    )
print(f"{len(X_train)} images to learn from, {len(X_test)} to test")
print(f"shape {X_train.shape[1:]}, pixels from {X_train.min()} to {X_train.max()}")

# %%
# Fit, predict, score
# -------------------
#
# Nothing here is special to neural networks. An integer ``random_state`` makes the
# whole training repeatable, on the same machine with the same number of threads.

dense = DenseDigitClassifier(random_state=0)
dense.fit(X_train, y_train)

print("first predictions:", dense.predict(X_test[:8]))
print("true labels:      ", y_test[:8])
print(f"accuracy on the test images: {dense.score(X_test, y_test):.4f}")

# %%
# The classifier is certain of some digits and less so of others. The columns of
# ``predict_proba`` follow the order of ``classes_``.

probabilities = dense.predict_proba(X_test)
doubtful = probabilities.max(axis=1).argmin()
second, first = probabilities[doubtful].argsort()[-2:]
print(
    f"Least certain of image {doubtful}, which is labelled {y_test[doubtful]}: "
    f"{dense.classes_[first]} with probability {probabilities[doubtful, first]:.2f}, "
    f"{dense.classes_[second]} with {probabilities[doubtful, second]:.2f}"
)

# %%
# Convolutions see neighbours
# ---------------------------
#
# A dense network would learn just as well if the pixels were shuffled. A convolutional
# one knows which pixels are neighbours. To change over, change the class.
#
# ``validation_fraction`` holds out a stratified share of the training images, and
# evaluates the network on them after each epoch. (``early_stopping=True`` would stop
# the training once they no longer gain, and go back to the best epoch.)

cnn = CNNDigitClassifier(validation_fraction=0.1, random_state=0)
cnn.fit(X_train, y_train)
print(f"accuracy on the test images: {cnn.score(X_test, y_test):.4f}")
print(cnn.history_frame_.round(4))

# %%
# The learning curve
# ------------------
#
# ``history_frame_`` is a data frame with a row for each epoch. The accuracy on the
# training images is measured while dropout switches off half of the dense layer, so it
# is below that on the validation images. The slow start is intended: by default the
# learning rate begins low, rises, and falls to 0 (``'one_cycle'``).

figure, axes = plt.subplots(layout="constrained")
cnn.history_frame_[["accuracy", "val_accuracy"]].plot(ax=axes, marker="o")
axes.legend(["training images, with dropout", "validation images"])
axes.set(ylabel="accuracy", title="How the convolutional network learned")
axes.grid(color="0.9")

# %%
# The mistakes
# ------------
#
# Some of them one may forgive.

predicted = cnn.predict(X_test)
wrong = np.flatnonzero(predicted != y_test)
print(f"{len(wrong)} of {len(y_test)} test images are misread")

figure, grid = plt.subplots(2, 5, figsize=(8, 4), layout="constrained")
figure.suptitle("Misread digits")
for axes in grid.flat:
    axes.set_axis_off()
for axes, image in zip(grid.flat, wrong, strict=False):
    axes.imshow(X_test[image], cmap="gray_r")
    axes.set_title(f"{y_test[image]} read as {predicted[image]}", fontsize="medium")

# %%
# Under the bonnet
# ----------------
#
# The Keras network is there whenever it is wanted; ``model_`` is the
# ``keras.Sequential`` itself. The classifier can be pickled, copied and cloned like any
# other, and its pickle is about as large as the weights.

cnn.summary()

# %%
# Draw the figures, where there is a screen.

# sphinx_gallery_thumbnail_number = 2
plt.show()
