"""The conversion to scikeras, in the only file that imports it.

scikeras wraps a Keras model as a scikit-learn estimator with Keras' own training loop.
Importing it replaces methods of Keras classes; this module restores them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sklearn.base import clone

from .._inputs.images import resolve_image_shape
from .._inputs.parameters import draw_seed
from .._networks.build import build_network
from .._tensorflow import load_keras

if TYPE_CHECKING:
    import keras
    from scikeras.wrappers import KerasClassifier


def to_scikeras(classifier: Any) -> "KerasClassifier":
    """Make an unfitted scikeras classifier over the same network.

    Parameters
    ----------
    classifier : DenseDigitClassifier or CNNDigitClassifier
        Fitted or not; it is not changed.

    Returns
    -------
    scikeras.wrappers.KerasClassifier
        Its ``fit`` takes rows of pixels from 0 to 1, and starts from random weights.
        It ignores augmenter, TensorBoard, checkpoints, precision, frozen features,
        learning-rate schedule, early stopping and class weights; use Keras callbacks
        for the last three. It ignores `random_state` too, with which scikeras would
        change the seeds of the whole process; an int still seeds the initial weights
        and dropout.
    """
    with _keras_methods_restored():
        from scikeras.wrappers import KerasClassifier

    options: dict[str, Any] = {}
    if classifier.learning_rate is not None:
        options["optimizer__learning_rate"] = classifier.learning_rate
    return KerasClassifier(
        model=build_keras_model,
        model__classifier=clone(classifier),
        optimizer=classifier.optimizer,
        loss=classifier.loss,
        metrics=["accuracy"],
        epochs=classifier.epochs,
        batch_size=classifier.batch_size,
        validation_split=classifier.validation_fraction or 0.0,
        callbacks=list(classifier.callbacks or ()) or None,
        warm_start=classifier.warm_start,
        verbose=classifier.verbose,
        **options,
    )


def build_keras_model(
    meta: dict[str, Any],
    compile_kwargs: dict[str, Any],
    classifier: Any,
) -> "keras.Sequential":
    """Build the compiled model of a scikeras classifier, which calls this function.

    Pickles of such a classifier name it.

    Parameters
    ----------
    meta : dict
        Attributes of the scikeras classifier, such as ``n_features_in_``.
    compile_kwargs : dict
        Arguments for ``compile``.
    classifier : DenseDigitClassifier or CNNDigitClassifier
        Describes the network.

    Returns
    -------
    keras.Sequential
        A compiled model of rows of pixels.
    """
    keras = load_keras()
    n_pixels = meta["n_features_in_"]
    image_shape = resolve_image_shape((1, n_pixels), classifier.image_shape)
    network = classifier._describe_network(image_shape, meta["n_classes_"])
    seed = draw_seed(classifier.random_state)
    images = build_network(network, image_shape, seed=seed)
    model = keras.Sequential(
        [
            keras.Input((n_pixels,)),
            keras.layers.Reshape((*image_shape, 1), dtype="float32"),
            *images.layers,
        ]
    )
    if classifier.loss == "categorical_crossentropy":
        # scikeras encodes the labels according to the name of the loss.
        compile_kwargs["loss"] = keras.losses.CategoricalCrossentropy(
            label_smoothing=classifier.label_smoothing
        )
    model.compile(**compile_kwargs)
    return model


@contextmanager
def _keras_methods_restored() -> Iterator[None]:
    keras = load_keras()
    classes = (
        keras.Model,
        keras.losses.Loss,
        keras.metrics.Metric,
        keras.optimizers.Optimizer,
    )
    names = ("__reduce__", "__deepcopy__")
    own = {(cls, name): vars(cls).get(name) for cls in classes for name in names}
    try:
        yield
    finally:
        for (cls, name), method in own.items():
            if method is not None:
                setattr(cls, name, method)
            elif name in vars(cls):
                delattr(cls, name)
