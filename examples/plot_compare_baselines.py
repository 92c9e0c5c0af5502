"""
==============================================
How do the networks compare with the classics?
==============================================

Before taking a neural network, it is worth knowing what the tried classifiers do on the
same images. ``classic_baselines`` returns six of scikit-learn's, set up for digits, and
``compare_estimators`` cross-validates any classifiers on the very same splits.

It runs on a thousand of the small digits that come with scikit-learn, or on a part of
MNIST::

    python examples/plot_compare_baselines.py --data mnist

On the command line, ``python -m mnist_estimators compare`` does this in one go.
"""

# %%
# The digits
# ----------

import argparse

import matplotlib.pyplot as plt
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from mnist_estimators import (
    CNNDigitClassifier,
    DenseDigitClassifier,
    classic_baselines,
    compare_estimators,
    load_mnist,
    load_small_digits,
)
from mnist_estimators.inspection import ComparisonDisplay

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=["small", "mnist"], default="small")
data = parser.parse_known_args()[0].data  # a notebook adds arguments of its own

if data == "mnist":
    X, y = load_mnist()
    X, _, y, _ = train_test_split(X, y, train_size=5000, stratify=y, random_state=0)
else:
    X, y = (part[:1000] for part in load_small_digits())

# %%
# The contestants
# ---------------
#
# They come as a dict of names and unfitted estimators. So one of your own is one more
# entry; here it is an SVC behind a principal component analysis. Gradient boosting is
# left out, because it is by far the slowest of the baselines.
#
# A network learns step by step, a batch of images at a time. On so few images the
# default batches of 128 make few steps. The dense network makes up for it with more
# epochs, the convolutional one, which takes longer for each, with smaller batches.

estimators = classic_baselines(random_state=0)
del estimators["HistGradientBoosting"]
estimators["PCA + SVC"] = make_pipeline(
    PCA(50, whiten=True, random_state=0), SVC(C=5, random_state=0)
)
estimators["Dense"] = DenseDigitClassifier(epochs=30, random_state=0)
estimators["CNN"] = CNNDigitClassifier(filters=(16, 32), batch_size=32, random_state=0)

# %%
# The comparison
# --------------
#
# Each of them is fitted to the same three stratified folds. The result is a data frame
# with a row for each. ``verbose=1`` shows on a terminal how far it is.

results = compare_estimators(estimators, X, y, cv=3, verbose=1)
results = results.sort_values("accuracy_mean", ascending=False)
columns = ["accuracy_mean", "accuracy_std", "log_loss_mean", "fit_seconds"]
print(results[columns].round(3).to_string())

# %%
# ``log_loss_mean`` asks for more than the right answer: it punishes whoever is sure of
# a wrong one. ``KNeighbors`` does badly there for its accuracy, since with three
# neighbours its probabilities can only be 0, 1/3, 2/3 and 1. The networks do well.
# ``SVC`` gives no probabilities at all, hence the NaN.

# %%
# What accuracy costs
# -------------------
#
# The grey bars span one standard deviation of the folds to either side. Where they
# overlap, three folds of so few images can't tell the classifiers apart. More images
# can: with ``--data mnist`` the convolutional network leaves the others behind.
#
# The times are those of your machine. The first fit of a network contains the start of
# TensorFlow.

figure, (left, right) = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
ComparisonDisplay.from_results(results, ax=left)
ComparisonDisplay.from_results(results, time="predict", ax=right)

# %%
# Draw the figure, where there is a screen.

plt.show()
