"""
===============================
A grid search on a Dask cluster
===============================

A search over networks is the first thing that outgrows one machine. joblib hands the
fits of scikit-learn's ``GridSearchCV`` to a Dask cluster, and the classifiers need
nothing for it. The cluster here is two processes of this machine; of several machines
it would be the same, but for its address.

It runs on the small digits that come with scikit-learn, or on a part of MNIST::

    python examples/plot_distributed_search.py --data mnist
"""

# %%
# The digits
# ----------
#
# The test images stay out of the search: they are for the end.

import argparse
from itertools import chain

import matplotlib.pyplot as plt
from dask.distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split

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
# It is the search of one machine. Only its splits are made beforehand, so that they can
# be given to the workers.

splits = list(StratifiedKFold(3).split(X_train, y_train))
search = GridSearchCV(
    DenseDigitClassifier(epochs=18, random_state=0),
    {"hidden_layer_sizes": [(16,), (128,)], "learning_rate": [0.001, 0.01]},
    cv=splits,
)

# %%
# On the cluster
# --------------
#
# ``scatter`` names what all fits share: each worker gets it once. The fits themselves
# are small messages, since an unfitted classifier has no weights. Should a worker die,
# another one does its fits, from its own copy of what is shared; ``amm.stop`` makes
# Dask keep all copies.
#
# Each worker has one thread, and TensorFlow keeps to it. The processes import this
# script when they start, so what only one of them may do is below the ``if``.

if __name__ == "__main__":
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="localhost:0"
        ) as cluster,
        Client(cluster) as client,
    ):
        client.amm.stop()
        shared = [search, X_train, y_train, *chain.from_iterable(splits)]
        with parallel_config(backend="dask", scatter=shared):
            search.fit(X_train, y_train)

# %%
# The result
# ----------
#
# Scores came back from the workers, and the best candidate was fitted again here, on
# all training images. With ``random_state`` the scores are those of a search without a
# cluster.

if __name__ == "__main__":
    print("best parameters:", search.best_params_)
    print(f"their accuracy in cross-validation: {search.best_score_:.3f}")
    print(f"accuracy on the test images: {search.score(X_test, y_test):.3f}")

    figure, axes = plt.subplots(figsize=(5, 3), layout="constrained")
    GridSearchDisplay.from_estimator(search, ax=axes)
    plt.show()
