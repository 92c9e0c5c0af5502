"""
=====================================================
More digits from few: augmentation for any classifier
=====================================================

A digit that is turned by a few degrees, shifted or bent a little is still the same
digit. Training on such variants makes fewer mistakes, most of all with few images. This
example shows the variants, and two ways of training on them.

It runs on the small digits that come with scikit-learn. With MNIST it takes a few
minutes::

    python examples/plot_augmentation.py --data mnist
"""

# %%
# A few images to learn from
# --------------------------
#
# Only a quarter of them are used for training, so that there is something to gain.

import argparse

import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from mnist_estimators import (
    AugmentedClassifier,
    CNNDigitClassifier,
    load_mnist,
    load_small_digits,
)
from mnist_estimators.augmentation import DigitAugmenter, plot_augmented

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=["small", "mnist"], default="small")
data = parser.parse_known_args()[0].data  # a notebook adds arguments of its own

if data == "mnist":
    X, y = load_mnist(subset="train")
    n_training = 5_000
else:
    X, y = load_small_digits()
    n_training = len(X) // 4
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=n_training, stratify=y, random_state=0
)

# %%
# What the variants look like
# ---------------------------
#
# ``DigitAugmenter`` rotates, shifts, zooms, slants and bends, in one warp. Its defaults
# suit handwritten digits: each variant still reads as its label. Turned by up to 90
# degrees they would not.

plot_augmented(DigitAugmenter(), X_train, n_images=6, figure=plt.figure())

# %%
# In any classifier
# -----------------
#
# ``AugmentedClassifier`` makes variants inside ``fit`` and trains the given estimator
# on images and variants together. In a cross-validation, no variant of an image can
# get into another fold.

svc = make_pipeline(MinMaxScaler(clip=True), SVC(C=5, random_state=0))
augmented = AugmentedClassifier(svc, DigitAugmenter(), n_copies=4, random_state=0)
accuracies = {}
for name, classifier in [("SVC", svc), ("SVC, augmented", augmented)]:
    accuracies[name] = classifier.fit(X_train, y_train).score(X_test, y_test)
    print(f"{name}: {accuracies[name]:.3f}")

# %%
# In a network
# ------------
#
# The networks have a parameter ``augmenter``. New variants are made for each epoch, in
# a thread, while the network trains on those before: nothing is seen twice, and it
# costs next to no time. Parameters of the augmenter can be searched, as
# ``augmenter__rotation``.

settings = {"epochs": 40, "batch_size": 32, "random_state": 0}
cnn = CNNDigitClassifier(**settings)
augmented_cnn = CNNDigitClassifier(augmenter=DigitAugmenter(), **settings)
for name, classifier in [("CNN", cnn), ("CNN, augmented", augmented_cnn)]:
    accuracies[name] = classifier.fit(X_train, y_train).score(X_test, y_test)
    print(f"{name}: {accuracies[name]:.3f}")

# %%
# What it gained
# --------------

figure, axes = plt.subplots(layout="constrained", figsize=(6, 2.6))
axes.barh(list(accuracies), list(accuracies.values()), color=["0.7", "tab:blue"] * 2)
axes.set(
    xlim=(min(accuracies.values()) - 0.02, 1),
    xlabel=f"accuracy on {len(y_test)} other images",
    title=f"Training on {n_training} images, and on variants of them",
)
axes.invert_yaxis()

# %%
# Draw the figures, where there is a screen.

plt.show()
