"""Between a fitted classifier and a Keras model: out of it, and into it."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from .._inputs.seen import SeenData
from .._networks.build import build_network
from .._networks.from_keras import read_keras_model
from .._networks.optimizers import optimizer_spec
from .._networks.specs import as_plain, convolves
from .._tensorflow import load_keras
from .._training.architecture import architecture_of
from .._training.history import curves
from .._training.metrics import build_metrics
from ._keras_state import KerasState

if TYPE_CHECKING:
    import keras


class KerasModelMixin:
    """Gives a classifier ``model_`` and what else has to do with Keras models."""

    # Whether its networks begin with convolutions, and the class for the others.
    _convolves: ClassVar[bool]
    _class_for_others: ClassVar[str]

    optimizer: Any
    loss: str
    metrics: Any
    label_smoothing: float

    _fitted: Any

    @classmethod
    def from_keras(
        cls, model: "keras.Model", *, classes: ArrayLike | None = None
    ) -> Self:
        """Make a fitted classifier of a Keras model, with its weights.

        It predicts what the model does, and can do what any fitted classifier can: be
        saved, exported, shown, served, put in a vote. ``partial_fit`` trains it
        further, and so does ``fit`` after ``set_params(warm_start=True)``; else, and in
        a clone, ``fit`` trains the same layers from random weights. The parameters say
        how to train, and have their defaults: what the model was compiled with is
        ignored, and so is which layers were frozen.

        Parameters
        ----------
        model : keras.Model
            A ``keras.Sequential``, or a chain of layers of Keras' functional interface,
            of these kinds: Conv2D, DepthwiseConv2D, SeparableConv2D, MaxPooling2D,
            AveragePooling2D, GlobalAveragePooling2D, BatchNormalization,
            LayerNormalization, Dropout, SpatialDropout2D, Flatten, Dense and
            activations. Windows of any size, strides and layers without bias are
            supported; dilation and groups are not. The model takes grey images with
            values from 0 to 1, or begins with ``Rescaling``: then the classifier takes
            the pixels that go into that, so
            ``keras.Sequential([keras.layers.Rescaling(1 / 255), model])`` makes one for
            bytes. A model that learned from unscaled bytes predicts them correctly, but
            with a PixelRangeWarning: multiply the kernel of its first layer by 255, and
            put that ``Rescaling`` in front. It ends in a softmax over the classes, or
            in logits. Not changed.
        classes : array-like of shape (n_classes,), default=None
            Label of each of the model's outputs, in their order. None counts them: 0,
            1, 2 and so on.

        Returns
        -------
        classifier
            Fitted, with the parameter `layers`.

        Raises
        ------
        TypeError
            If `model` is not a Keras model.
        ValueError
            If the model was not built, has several inputs or outputs, or an unsupported
            layer or operation (the message names it), or is one for the other class; or
            if `classes` are not as many different labels as the model has outputs.
        BackendError
            If Keras runs on another backend than TensorFlow.

        See Also
        --------
        mnist_estimators.to_keras : The way back, with the scaling of the pixels.
        """
        given = read_keras_model(model)
        if convolves(given.network) != cls._convolves:
            raise ValueError(
                f"The model {model.name!r} has {'no' if cls._convolves else 'a'} "
                f"convolution. Use {cls._class_for_others}.from_keras(model)."
            )
        n_classes = len(given.weights[-1])
        labels, order = _sorted_labels(classes, n_classes)
        parameters: dict[str, Any] = {
            "layers": as_plain(given.network),
            "image_shape": given.image_shape,
        }
        classifier = cls(**parameters)
        height, width = given.image_shape
        *hidden, kernel, biases = given.weights
        classifier._fitted = KerasState(
            seen=SeenData(
                labels, height * width, None, given.image_shape, (0.0, given.white)
            ),
            weights=(*hidden, kernel[:, order], biases[order]),
            history=curves([], with_validation=False),
            network=given.network,
            architecture=architecture_of(classifier),
            optimizer_identity=(optimizer_spec(classifier.optimizer).identity, None),
        )
        return classifier

    @property
    def model_(self) -> "keras.Sequential":
        """The fitted network as a compiled Keras model.

        It takes float32 images of shape (n, height, width, 1) with values from 0 to 1.
        It is built when it is first asked for, with a copy of the weights: changing it
        changes no prediction of the classifier.
        """
        check_is_fitted(self)
        fitted = self._fitted
        if "model" not in fitted.cache:
            keras = load_keras()
            model = build_network(
                fitted.network,
                fitted.seen.image_shape,
                seed=0,
                precision=fitted.precision,
            )
            model.set_weights(fitted.weights)
            loss = (
                keras.losses.SparseCategoricalCrossentropy()
                if self.loss == "sparse_categorical_crossentropy"
                else keras.losses.CategoricalCrossentropy(
                    label_smoothing=self.label_smoothing
                )
            )
            model.compile(
                optimizer=optimizer_spec(self.optimizer).build(),
                loss=loss,
                metrics=["accuracy", *build_metrics(self.metrics)],
            )
            fitted.cache["model"] = model
        return fitted.cache["model"]

    def to_scikeras(self) -> Any:
        """Make an unfitted scikeras classifier over the same network.

        Returns
        -------
        scikeras.wrappers.KerasClassifier
            For code that expects one. It trains with Keras' own loop on rows of pixels
            that are scaled to values from 0 to 1 beforehand, from random weights: what
            else stays behind is `augmenter`, `tensorboard_dir`, `checkpoint_dir`,
            `precision`, `freeze`, the learning-rate schedule, early stopping and class
            weights.
        """
        from .scikeras import to_scikeras

        return to_scikeras(self)

    def summary(self) -> None:
        """Print the layers of the fitted network and the number of their weights.

        Raises
        ------
        NotFittedError
            If the classifier is not fitted.
        """
        self.model_.summary()


def _sorted_labels(
    classes: ArrayLike | None, n_classes: int
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Sort the labels of a model's outputs, and say which output each belongs to."""
    given = np.arange(n_classes) if classes is None else np.asarray(classes)
    if given.ndim == 1 and len(given) == n_classes:
        check_classification_targets(given)
        labels, order = np.unique(given, return_index=True)
        if len(labels) == n_classes:
            return labels, order
    raise ValueError(
        f"classes must be {n_classes} different labels, one for each output of the "
        f"model in their order. Got {classes!r:.200} instead."
    )
