"""
===========================================
Look at the training, the mistakes, and why
===========================================

An accuracy says how often a network is right. It does not say whether the training was
long enough, which digits are mixed up, how far the probabilities can be trusted, or
what the network looks at. The displays in ``mnist_estimators.inspection`` do. They are
made as scikit-learn's own: ``from_estimator`` draws at once.

It runs on the small digits that come with scikit-learn. With MNIST it takes a minute::

    python examples/plot_look_inside.py --data mnist
"""

# %%
# A network to look at
# --------------------
#
# ``fast_cnn`` has two convolution layers. The small digits are few, so it needs more
# epochs here, and smaller batches.

import argparse

import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from mnist_estimators import load_mnist, load_small_digits, recipes
from mnist_estimators.inspection import (
    ActivationMapDisplay,
    ConfidenceDisplay,
    EmbeddingDisplay,
    FilterDisplay,
    MisclassifiedDisplay,
    SaliencyDisplay,
    TrainingHistoryDisplay,
    digit_report,
)

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=["small", "mnist"], default="small")
data = parser.parse_known_args()[0].data  # a notebook adds arguments of its own

cnn = recipes.fast_cnn(random_state=0).set_params(validation_fraction=0.1)
if data == "mnist":
    X_train, y_train = load_mnist(subset="train")
    X_test, y_test = load_mnist(subset="test")
else:
    X, y = load_small_digits()
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, stratify=y, random_state=0
    )
    cnn.set_params(epochs=12, batch_size=32)

# %%

cnn.fit(X_train, y_train)
print(f"accuracy: {cnn.score(X_test, y_test):.3f}")

# %%
# Was it trained long enough?
# ---------------------------
#
# Where the validation loss still falls at the end, more epochs may help. Where it rises
# while the training loss falls, the network learns its training images by heart.

figure = plt.figure(figsize=(10, 4), layout="constrained")
TrainingHistoryDisplay.from_estimator(cnn, figure=figure)

# %%
# Which digits are mixed up?
# --------------------------
#
# Precision is the share of right ones among the images that were called a digit, recall
# the share of its images that were found. The confusion matrix shows each pair.

predicted = cnn.predict(X_test)
print(digit_report(y_test, predicted).round(3).to_string())

_, ax = plt.subplots(figsize=(6, 5), layout="constrained")
ConfusionMatrixDisplay.from_predictions(y_test, predicted, ax=ax, cmap="Blues")

# %%
# The mistakes it was most sure of come first. Often one can't blame it.

figure = plt.figure(figsize=(8, 4), layout="constrained")
MisclassifiedDisplay.from_estimator(cnn, X_test, y_test, n_images=10, figure=figure)

# %%
# Is it as sure as it should be?
# ------------------------------
#
# Among the images of which it is 80 % sure, 80 % should be right: points on the
# diagonal. The expected calibration error is their mean distance from it, weighted with
# the number of images.

figure = plt.figure(figsize=(10, 4), layout="constrained")
ConfidenceDisplay.from_estimator(cnn, X_test, y_test, figure=figure)

# %%
# What does it look at?
# ---------------------
#
# The kernels of the first layer are small patterns. Their feature maps are red where an
# image has that pattern, and blue where it has the opposite.

figure = plt.figure(figsize=(8, 3), layout="constrained")
FilterDisplay.from_estimator(cnn, figure=figure)

figure = plt.figure(figsize=(9, 3.5), layout="constrained")
ActivationMapDisplay.from_estimator(cnn, X_test[:1], figure=figure)

# %%
# Gradients say which pixels would change the answer, and Grad-CAM which region of the
# last feature maps speaks for it.

figure = plt.figure(layout="constrained")
SaliencyDisplay.from_estimator(cnn, X_test[:4], figure=figure)

# %%
# How does it arrange the digits?
# -------------------------------
#
# The output of the last hidden layer has hundreds of dimensions; a principal component
# analysis shows the two that vary most. Each digit is a cloud, and mistakes lie where
# clouds touch.

_, ax = plt.subplots(figsize=(7, 5), layout="constrained")
EmbeddingDisplay.from_estimator(cnn, X_test[:1500], y_test[:1500], ax=ax)

# %%
# Draw the figures, where there is a screen.

# sphinx_gallery_thumbnail_number = 8
plt.show()
