"""
====================================================
Grid search over the network and the way to train it
====================================================

How many layers, how wide, what learning rate, how much dropout? All of them are
parameters of one estimator, so ``GridSearchCV`` tries them together, as it would try
``C`` and ``gamma`` of an ``SVC``. At the end ``HalvingGridSearchCV`` does the same with
less work, by training most candidates for a few epochs only.

It runs on the small digits that come with scikit-learn, or on a part of MNIST::

    python examples/plot_grid_search.py --data mnist
"""

# %%
# The digits
# ----------
#
# The test images stay out of the search: they are for the end.

import argparse

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  switches it on
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, train_test_split

from mnist_estimators import DenseDigitClassifier, load_mnist, load_small_digits
from mnist_estimators.inspection import GridSearchDisplay

parser = argparse.ArgumentParser()
parser.add_argument("--data", choices=["small", "mnist"], default="small")
data = parser.parse_known_args()[0].data  # a notebook adds arguments of its own

if data == "mnist":
    X, y = load_mnist()
    X, _, y, _ = train_test_split(X, y, train_size=5000, stratify=y, random_state=0)
else:
    X, y = load_small_digits()
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.25, stratify=y, random_state=0
)

# %%
# The search
# ----------
#
# Three networks and three learning rates are nine candidates. With three folds that
# makes 27 fits, and one more of the best candidate on all training images. Any other
# parameter could stand in the grid as well: ``dropout``, ``activation``, ``epochs``.
#
# Most of the time of a small fit goes into compiling: TensorFlow compiles a network
# when it is first trained. The classifiers keep what was compiled, and candidates that
# differ only in the learning rate, the dropout or the number of epochs share it. This
# is also why ``n_jobs`` stays at its default here: every worker process would load
# TensorFlow and compile for itself, which pays only where a single fit takes long.

classifier = DenseDigitClassifier(epochs=18, random_state=0)
parameters = {
    "hidden_layer_sizes": [(16,), (128,), (128, 64)],
    "learning_rate": [0.001, 0.01, 0.1],
}
search = GridSearchCV(classifier, parameters, cv=3)
search.fit(X_train, y_train)

print("best parameters:", search.best_params_)
print(f"their accuracy in cross-validation: {search.best_score_:.3f}")

# %%
# What mattered
# -------------
#
# ``cv_results_`` holds every candidate; pandas lays them out as a table.

results = pd.DataFrame(search.cv_results_)
table = results.pivot(
    index="param_hidden_layer_sizes",
    columns="param_learning_rate",
    values="mean_test_score",
).rename_axis(index="hidden layers", columns="learning rate")
print(table.round(3))

# %%
# In a picture, brighter is better, and a frame marks the best. On the small digits,
# the smallest learning rate leaves the training unfinished after 18 epochs; the
# largest overshoots, most of all in the deepest network. The smallest network is
# behind at its best rate too. The other two, at theirs, differ by less than the folds
# do, as ``std_test_score`` tells.

figure, axes = plt.subplots(figsize=(5.5, 4), layout="constrained")
GridSearchDisplay.from_estimator(search, ax=axes)

# %%
# The same with less work
# -----------------------
#
# A candidate that is far behind after two epochs rarely wins after eighteen.
# ``HalvingGridSearchCV`` takes ``epochs`` as its resource: all nine candidates train
# for two epochs, the best three of them for six, and the best of those for eighteen.
# That is a third of the epochs.

halving = HalvingGridSearchCV(
    classifier,
    parameters,
    resource="epochs",
    min_resources=2,
    max_resources=18,
    factor=3,
    cv=3,
)
halving.fit(X_train, y_train)

rounds = zip(halving.n_candidates_, halving.n_resources_, strict=True)
for n_candidates, n_epochs in rounds:
    print(f"candidates: {n_candidates}, epochs of each: {n_epochs}")
print("best parameters:", halving.best_params_)

# %%
# The test images
# ---------------
#
# A search is a classifier itself, and predicts with its best candidate. That one was
# chosen for its score in cross-validation, so this score flatters; on the other hand
# the final fit has half as many images again as the fits of three folds. The test
# images, which the search never saw, have the last word.

for name, fitted in [("grid search", search), ("halving", halving)]:
    print(
        f"{name}: accuracy {fitted.best_score_:.3f} in cross-validation, "
        f"{fitted.score(X_test, y_test):.3f} on the test images"
    )

# %%
# Draw the figure, where there is a screen.

plt.show()
