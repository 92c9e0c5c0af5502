"""The same network in five libraries: what the speed benchmarks compare.

Every contender takes rows of 784 pixels: ours the original bytes, the others float32
values from 0 to 1, whose scaling is not timed.
"""

import warnings
from typing import Any

import numpy as np

DENSE = (128, 64)
DENSE_DROPOUT = 0.2
LEARNING_RATE = 0.001


def ours(
    network: str, *, hidden: tuple[int, ...] = DENSE, epochs: int, batch_size: int = 128
) -> Any:
    """Make this package's classifier, with a constant learning rate like the others."""
    from mnist_estimators import CNNDigitClassifier, DenseDigitClassifier

    training: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": LEARNING_RATE,
        "learning_rate_schedule": None,
        "random_state": 0,
    }
    if network == "cnn":
        return CNNDigitClassifier(padding="valid", dropout=0.5, **training)
    dropout = DENSE_DROPOUT if hidden == DENSE else 0.0
    return DenseDigitClassifier(hidden_layer_sizes=hidden, dropout=dropout, **training)


def keras_model(network: str, hidden: tuple[int, ...] = DENSE) -> Any:
    """Build the plain Keras model."""
    import keras
    from keras import layers

    inputs = [keras.Input((784,))]
    if network == "cnn":
        body = [
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
        ]
    else:
        body = []
        for units in hidden:
            body.append(layers.Dense(units, activation="relu"))
            if hidden == DENSE:
                body.append(layers.Dropout(DENSE_DROPOUT))
    return keras.Sequential([*inputs, *body, layers.Dense(10, activation="softmax")])


class PlainKeras:
    """A Keras model behind fit and predict, without anything in between."""

    def __init__(
        self,
        network: str,
        *,
        hidden: tuple[int, ...] = DENSE,
        epochs: int,
        batch_size: int = 128,
    ):
        self.network, self.hidden = network, hidden
        self.epochs, self.batch_size = epochs, batch_size

    def fit(self, X: Any, y: Any) -> "PlainKeras":
        import keras

        self.model_ = keras_model(self.network, self.hidden)
        self.model_.compile(
            optimizer=keras.optimizers.Adam(LEARNING_RATE),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        self.model_.fit(X, y, epochs=self.epochs, batch_size=self.batch_size, verbose=0)
        return self

    def predict(self, X: Any) -> Any:
        found = self.model_.predict(X, batch_size=self.batch_size, verbose=0)
        return found.argmax(axis=1)


def scikeras(
    network: str, *, hidden: tuple[int, ...] = DENSE, epochs: int, batch_size: int = 128
) -> Any:
    """Make scikeras' classifier over the plain Keras model."""
    from scikeras.wrappers import KerasClassifier

    return KerasClassifier(
        model=keras_model,
        model__network=network,
        model__hidden=hidden,
        optimizer="adam",
        optimizer__learning_rate=LEARNING_RATE,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        epochs=epochs,
        batch_size=batch_size,
        verbose=0,
    )


def skorch(
    network: str, *, hidden: tuple[int, ...] = DENSE, epochs: int, batch_size: int = 128
) -> Any:
    """Make skorch's classifier over the same network in PyTorch."""
    import torch
    from skorch import NeuralNetClassifier
    from torch import nn

    if network == "cnn":
        layers = [
            nn.Unflatten(1, (1, 28, 28)),
            *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
            nn.Flatten(),
            *(nn.Linear(5 * 5 * 64, 128), nn.ReLU(), nn.Dropout(0.5)),
            nn.Linear(128, 10),
        ]
    else:
        layers = []
        for n_inputs, units in zip((784, *hidden[:-1]), hidden, strict=True):
            layers += [nn.Linear(n_inputs, units), nn.ReLU()]
            if hidden == DENSE:
                layers.append(nn.Dropout(DENSE_DROPOUT))
        layers.append(nn.Linear(hidden[-1], 10))
    torch.manual_seed(0)
    return NeuralNetClassifier(
        nn.Sequential(*layers),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=LEARNING_RATE,
        max_epochs=epochs,
        batch_size=batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


def mlp(
    network: str, *, hidden: tuple[int, ...] = DENSE, epochs: int, batch_size: int = 128
) -> Any:
    """Make scikit-learn's own network, which has no dropout."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    assert network == "dense"
    warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are few on purpose
    return MLPClassifier(
        hidden_layer_sizes=hidden,
        batch_size=batch_size,
        learning_rate_init=LEARNING_RATE,
        alpha=0.0,
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        random_state=0,
    )


CONTENDERS = {
    "ours": ours,
    "keras": PlainKeras,
    "scikeras": scikeras,
    "skorch": skorch,
    "mlp": mlp,
}


def pixels_for(contender: str, X: np.ndarray) -> np.ndarray:
    """Give each contender the pixels that it takes."""
    return X if contender == "ours" else (X / np.float32(255)).astype(np.float32)


def labels_for(contender: str, y: np.ndarray) -> np.ndarray:
    """Give each contender the labels that it takes."""
    return y.astype(np.int64)
