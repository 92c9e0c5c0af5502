"""A convolutional network for digits."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from .._inputs.parameters import (
    COUNT,
    FRACTION,
    filters_per_stage,
    positive_integers,
    rates_per_layer,
    sizes_per_stage,
)
from .._inputs.sklearn_private import StrOptions
from .._networks.architectures import convolutional_network
from .._networks.backbones import BACKBONES
from .._networks.shapes import given_network
from .._networks.specs import Network, PlainNetwork
from ._keras_base import KerasDigitClassifier

if TYPE_CHECKING:
    import keras

# What `backbone` replaces, and what `layers` does.
CONVOLUTION_PARAMETERS = (
    "filters",
    "kernel_size",
    "pool_size",
    "padding",
    "spatial_dropout",
)
LAYER_PARAMETERS = (
    *CONVOLUTION_PARAMETERS,
    "dense_layer_sizes",
    "backbone",
    "activation",
    "dropout",
    "batch_normalization",
    "kernel_initializer",
    "l2",
)


class CNNDigitClassifier(KerasDigitClassifier):
    """Classify digits with a convolutional network.

    Convolutions, each followed by pooling, lead to dense layers and a softmax over the
    classes. Any image size works: an image that has become smaller than the pooling
    window is pooled as a whole, and one that is one pixel high is convolved along its
    row.

    Parameters
    ----------
    filters : int or tuple, default=(32, 64)
        Filters of each convolution, which pooling follows. A tuple inside stands for a
        stage of convolutions with one pooling after the last, such as (24, (48, 48),
        96).
    kernel_size : int or tuple of int, default=3
        Side of the convolution window, in pixels: one number for all, or one for each
        member of `filters`.
    pool_size : int, default=2
        Side of the window of max pooling, in pixels; 1 for no pooling.
    padding : {'same', 'valid'}, default='same'
        'same' keeps the image size in a convolution; 'valid' uses only whole windows,
        so the image loses ``kernel_size - 1`` pixels a side, and must have that many.
    dense_layer_sizes : int or tuple of int, default=(128,)
        Units of the dense layers after the convolutions.
    backbone : {'DenseNet121', 'MobileNet', 'MobileNetV2', 'MobileNetV3Small', \
            'ResNet50', 'VGG16'}, default=None
        Network of ``keras.applications`` to put in the place of convolutions and
        pooling: `filters`, `kernel_size`, `pool_size`, `padding` and `spatial_dropout`
        are then ignored, with a warning if you set them. Images are enlarged to 64 x 64
        pixels for it.
    weights : 'imagenet' or path, default=None
        Weights that the backbone begins with: those learned from ImageNet, which Keras
        downloads once, or a file that ``save_weights`` of such a network without its
        top wrote. None begins with random ones.
    activation : {'relu', 'leaky_relu', 'sigmoid', 'tanh', 'elu', 'gelu', \
            'identity'}, default='relu'
        Activation of the hidden layers; 'identity' is none.
    dropout : float or tuple of float, default=0.5
        Share of units that each training step leaves out after a dense layer, at least
        0 and below 1: one number for all layers of `dense_layer_sizes`, or one for
        each.
    spatial_dropout : float, default=0.0
        Share of whole feature maps that each training step leaves out after a pooling,
        at least 0 and below 1.
    batch_normalization : bool, default=False
        Whether to normalise over the batch before each activation.
    kernel_initializer : str, default='glorot_uniform'
        Keras initializer of the kernels and weight matrices: 'glorot_uniform',
        'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform', 'lecun_normal',
        'orthogonal', 'random_uniform', 'random_normal' or 'truncated_normal'. A
        `backbone` has its own.
    l2 : float, default=0.0
        Penalty on the sum of the squared weights, at least 0.
    layers : tuple, default=None
        Layers that replace those that the parameters above describe, which are then
        ignored, with a warning if you set them: what ``from_keras`` found in a Keras
        model. `weights` must be None.
    optimizer : str or keras.optimizers.Optimizer, default='adam'
        Name of a Keras optimizer, or an instance, which is copied for each fit.
    learning_rate : float, default=None
        Learning rate, above 0; the largest one under a schedule. None takes the
        optimizer's own (0.001 for 'adam'), three times as much where an optimizer given
        by its name runs under a schedule, which bears a larger peak.
    learning_rate_schedule : {'cosine', 'one_cycle'}, default='one_cycle'
        How the learning rate changes from step to step. None keeps it constant;
        'cosine' lets it fall to 0; 'one_cycle' raises it over the first 30 % of the
        steps before it falls. In ``partial_fit`` it is constant.
    loss : {'categorical_crossentropy', 'sparse_categorical_crossentropy'}, \
            default='categorical_crossentropy'
        Loss of the compiled ``model_``. Both are one function of the labels, so
        training is the same; they differ in whether ``model_.fit`` takes one-hot rows
        or class indices.
    label_smoothing : float, default=0.0
        Share of the target probability that is spread evenly over all classes, at
        least 0 and below 1.
    epochs : int, default=10
        Times that the training goes over the data, at most.
    batch_size : int, default=128
        Images in each training step. Few images learn better in smaller batches, such
        as 32, or over more `epochs`: what counts is the number of steps.
    validation_fraction : float, default=None
        Share of the images held out for validation, at least 0 and below 1, drawn from
        each class; of few images, one of each class. None is 0.1 with `early_stopping`,
        else 0. With `warm_start`, an int as `random_state` draws the same ones.
    early_stopping : bool, default=False
        Whether to stop once the validation loss has not improved for `patience`
        epochs, and to keep the weights of the best epoch. A schedule spans all
        `epochs` nevertheless: one that is cut short leaves the learning rate high.
    patience : int, default=5
        Epochs without improvement before an early stop.
    class_weight : dict or 'balanced', default=None
        Weight of each class in the loss, 1 where a dict lacks it; 'balanced' makes
        them count alike. In ``fit`` only the ratios of weights matter.
    callbacks : list of keras.callbacks.Callback, default=None
        Keras callbacks. ``fit`` calls these objects, so you can read what they have
        recorded; clones, as searches make them, have copies. What they put into
        ``logs`` at the end of an epoch is in `history_`. If they change the learning
        rate, the rest of the schedule is scaled with it. ``LearningRateScheduler``
        needs ``learning_rate_schedule=None``.
    metrics : list of str, function or keras.Metric, default=None
        Metrics to compute besides loss and accuracy, over the training data and any
        validation data, such as ``['top_k_categorical_accuracy']``. They are in
        `history_`, in TensorBoard and in logs of callbacks, and don't count
        `sample_weight`, as in Keras. Keras metrics are copied for each fit. They get
        one-hot targets, or class indices with
        ``loss='sparse_categorical_crossentropy'``.
    tensorboard_dir : str or path, default=None
        Folder for event files, to be looked at with ``tensorboard --logdir``: the
        metrics, the learning rate and histograms of the weights after each epoch, the
        graph of the network, its parameters, and some training images, with variants
        by `augmenter`. Each fit makes a new folder in it, named after the classifier
        and the time, with 'train' and 'validation' inside; a fit that continues the one
        before writes to its folder. Needs
        ``pip install "mnist_estimators[tensorboard]"``.
    checkpoint_dir : str or path, default=None
        Folder for the state of the training run, written after each epoch. If a fit
        was killed, the same call with ``warm_start=True`` resumes after the last of
        them. On the same machine, with the same number of threads, it ends with the
        same weights as an uninterrupted fit. A fit with other parameters, data or
        versions of the libraries has its own file, so the fits of a search can share a
        folder. Without `warm_start` a fit starts from the first epoch. The file stays
        when the fit ends, so that the same call need not train again; delete the
        folder when you no longer need it. Needs a `random_state`, since the file
        belongs to one seed. Can't be used with `callbacks`, and ``partial_fit`` writes
        no file.
    augmenter : augmenter, default=None
        Makes new random variants of the training images for each epoch, while the
        network trains on those before, such as
        ``mnist_estimators.augmentation.DigitAugmenter()``. Validation images stay as
        they are. Its `random_state` is ignored.
    init_from : fitted classifier of this class, default=None
        Start the first fit with its weights instead of random ones. Its network must
        have the same layers; the output layer starts from random weights if the classes
        differ. In the grid of a search, use
        ``sklearn.frozen.FrozenEstimator(fitted)``.
    freeze : {'features'}, default=None
        'features' leaves the layers before the dense ones as they are, and
        trains the rest. Needs `init_from`, `weights` or `warm_start`.
    warm_start : bool, default=False
        Whether another call of ``fit`` continues from the fitted weights, and the first
        one from what a killed fit left in `checkpoint_dir`. Parameters that describe
        the layers must be the same then; rates, penalties and all others may change.
    precision : {'float32', 'mixed_bfloat16'}, default='float32'
        Numbers that the network computes with; the weights are float32 in any case.
        'mixed_bfloat16' may be faster on hardware with units for it, and slower on
        other: measure it.
    image_shape : tuple (height, width), default=None
        Shape of the images where `X` has one row an image. None takes a square where
        the number of pixels allows, else one row of pixels.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, validation split, order, dropout and the variants of
        `augmenter`. An int gives the same predictions for the same call on the same
        machine with the same number of threads.
    verbose : int, default=0
        0 is silent, 1 shows one progress bar for the whole fit (on a terminal), 2 or
        more prints a line for each epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class labels, sorted.
    n_features_in_ : int
        Pixels of an image.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, where `X` was a data frame with text names.
    image_shape_ : tuple (height, width)
        Shape of the images.
    pixel_range_ : tuple (low, high)
        Range of the pixel values. ``high`` is the smallest of 1, 16, 255 and 65535 that
        no training pixel exceeds, or else the largest pixel, and becomes 1 in the
        network: divide images of 10 or 12 bits by 1023 or 4095. Data with negative
        values are taken as features, scaled by their root mean square.
    weights_ : tuple of ndarray
        The fitted weights, in the order of ``model_.weights``. The arrays are
        read-only. Assign others of the same shapes to replace them.
    history_ : dict of list of float
        Loss and accuracy of each epoch: 'loss', 'accuracy' and, with validation data,
        'val_loss' and 'val_accuracy'; then `metrics`, and the numbers that callbacks
        put into their logs.
    history_frame_ : DataFrame
        The same, indexed by epoch.
    loss_curve_ : list of float
        Training loss of each epoch.
    best_loss_ : float or None
        Least of them; None with validation data, as in ``MLPClassifier``.
    validation_scores_ : list of float or None
        Accuracy on the validation data after each epoch; None without any.
    best_validation_score_ : float or None
        Largest of them.
    n_iter_ : int
        Epochs trained: with `warm_start` and ``partial_fit`` by all calls.
    model_ : keras.Sequential
        The fitted network as a compiled Keras model.
    tensorboard_run_ : str or None
        Folder of the event files of this fit, inside `tensorboard_dir`.

    Raises
    ------
    ModelFileError
        In ``fit``, if the file in `checkpoint_dir` is damaged.
    OSError
        In ``fit``, if `checkpoint_dir` or `tensorboard_dir` is a file, or can't be made
        or written to.
    WeightsNotFoundError
        In ``fit``, if `weights` are neither on this machine nor can be downloaded.
    TypeError
        In ``fit``, if `optimizer`, `augmenter` or a member of `callbacks` or `metrics`
        is of another kind. In ``sklearn.base.clone``, if a callback can't be copied.
    ImportError
        In ``fit``, if `tensorboard_dir` is given and TensorBoard is not installed.
    BackendError
        If Keras runs on another backend than TensorFlow.
    RuntimeError
        In a process that was forked after TensorFlow was started.

    See Also
    --------
    DenseDigitClassifier : Only dense layers: faster.

    References
    ----------
    .. [1] Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied
       to Document Recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> from mnist_estimators import CNNDigitClassifier, load_small_digits
    >>> X, y = load_small_digits()
    >>> classifier = CNNDigitClassifier(filters=(8, 16), epochs=8, random_state=0)
    >>> classifier.fit(X[:1500], y[:1500]).score(X[1500:], y[1500:]) > 0.9
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **KerasDigitClassifier._parameter_constraints,
        "filters": ["array-like", COUNT],
        "kernel_size": ["array-like", COUNT],
        "pool_size": [COUNT],
        "padding": [StrOptions({"same", "valid"})],
        "dense_layer_sizes": ["array-like", COUNT],
        "backbone": [StrOptions(set(BACKBONES)), None],
        "weights": [str, PathLike, None],
        "spatial_dropout": [FRACTION],
        "batch_normalization": ["boolean"],
    }

    _convolves = True
    _class_for_others = "DenseDigitClassifier"

    def __init__(
        self,
        *,
        filters: int | Sequence[int | Sequence[int]] = (32, 64),
        kernel_size: int | Sequence[int] = 3,
        pool_size: int = 2,
        padding: str = "same",
        dense_layer_sizes: int | Sequence[int] = (128,),
        backbone: str | None = None,
        weights: str | PathLike[str] | None = None,
        activation: str = "relu",
        dropout: float | Sequence[float] = 0.5,
        spatial_dropout: float = 0.0,
        batch_normalization: bool = False,
        kernel_initializer: str = "glorot_uniform",
        l2: float = 0.0,
        layers: PlainNetwork | None = None,
        optimizer: "str | keras.optimizers.Optimizer" = "adam",
        learning_rate: float | None = None,
        learning_rate_schedule: str | None = "one_cycle",
        loss: str = "categorical_crossentropy",
        label_smoothing: float = 0.0,
        epochs: int = 10,
        batch_size: int = 128,
        validation_fraction: float | None = None,
        early_stopping: bool = False,
        patience: int = 5,
        class_weight: Mapping[Hashable, float] | str | None = None,
        callbacks: "Sequence[keras.callbacks.Callback] | None" = None,
        metrics: "Sequence[str | Callable[..., Any] | keras.Metric] | None" = None,
        tensorboard_dir: str | PathLike[str] | None = None,
        checkpoint_dir: str | PathLike[str] | None = None,
        augmenter: Any = None,
        init_from: Any = None,
        freeze: str | None = None,
        warm_start: bool = False,
        precision: str = "float32",
        image_shape: tuple[int, int] | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ):
        self.filters = filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.padding = padding
        self.dense_layer_sizes = dense_layer_sizes
        self.backbone = backbone
        self.weights = weights
        self.activation = activation
        self.dropout = dropout
        self.spatial_dropout = spatial_dropout
        self.batch_normalization = batch_normalization
        self.kernel_initializer = kernel_initializer
        self.l2 = l2
        self.layers = layers
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.patience = patience
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.metrics = metrics
        self.tensorboard_dir = tensorboard_dir
        self.checkpoint_dir = checkpoint_dir
        self.augmenter = augmenter
        self.init_from = init_from
        self.freeze = freeze
        self.warm_start = warm_start
        self.precision = precision
        self.image_shape = image_shape
        self.random_state = random_state
        self.verbose = verbose

    def _describe_network(
        self, image_shape: tuple[int, int], n_classes: int
    ) -> Network:
        if self.layers is not None:
            self._warn_of_ignored("layers", LAYER_PARAMETERS)
            return given_network(self.layers, image_shape, n_classes)
        if self.backbone is not None:
            self._warn_of_ignored("backbone", CONVOLUTION_PARAMETERS)
        filters = filters_per_stage("filters", self.filters)
        sizes = positive_integers("dense_layer_sizes", self.dense_layer_sizes)
        return convolutional_network(
            n_classes,
            image_shape=image_shape,
            filters=filters,
            kernel_size=sizes_per_stage("kernel_size", self.kernel_size, len(filters)),
            pool_size=int(self.pool_size),
            padding=self.padding,
            dense_layer_sizes=sizes,
            activation=self.activation,
            dropout=rates_per_layer("dropout", self.dropout, len(sizes)),
            spatial_dropout=float(self.spatial_dropout),
            batch_normalization=bool(self.batch_normalization),
            kernel_initializer=self.kernel_initializer,
            l2=float(self.l2),
            backbone=self.backbone,
        )
