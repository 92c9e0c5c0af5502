"""What both Keras classifiers share: parameters, training, and prediction."""

import copy
import warnings
from abc import abstractmethod
from collections.abc import Iterable
from inspect import signature
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from .._inputs.images import as_network_input, pixel_scale
from .._inputs.parameters import FRACTION
from .._inputs.seen import SeenData
from .._inputs.sklearn_private import (
    HasMethods,
    Interval,
    StrOptions,
    clone_parametrized,
)
from .._networks.architectures import HIDDEN_ACTIVATIONS
from .._networks.layers.settings import INITIALIZERS
from .._networks.optimizers import optimizer_spec
from .._networks.specs import PRECISIONS, Network, same_layers
from .._tensorflow import load_keras
from .._training.architecture import architecture_of, differences
from .._training.checkpoint import Checkpoint, fingerprint
from .._training.loop import train
from .._training.plan import TrainingPlan
from .._training.prediction import predict_logits
from .._training.schedules import SCHEDULES
from .._training.state import TrainingState
from .._training.tensorboard import new_run, run_callback
from .._training.transfer import starting_state
from ._base import BaseDigitClassifier
from ._keras_model import KerasModelMixin
from ._keras_plan import make_plan
from ._keras_state import KerasState
from ._training_data import TrainingData, split

LOSSES = ("categorical_crossentropy", "sparse_categorical_crossentropy")


class KerasDigitClassifier(KerasModelMixin, BaseDigitClassifier):
    """A Keras network as a scikit-learn classifier; subclasses say which network."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDigitClassifier._parameter_constraints,
        "activation": [StrOptions(set(HIDDEN_ACTIVATIONS))],
        "dropout": [FRACTION, "array-like"],
        "kernel_initializer": [StrOptions(set(INITIALIZERS))],
        "l2": [Interval(Real, 0, None, closed="left")],
        "optimizer": [str, object],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), None],
        "learning_rate_schedule": [StrOptions(set(SCHEDULES)), None],
        "loss": [StrOptions(set(LOSSES))],
        "label_smoothing": [FRACTION],
        "callbacks": [object],
        "metrics": [object],
        "tensorboard_dir": [str, PathLike, None],
        "checkpoint_dir": [str, PathLike, None],
        "augmenter": [HasMethods(["fit", "augment"]), None],
        "init_from": [HasMethods(["predict"]), None],
        "freeze": [StrOptions({"features"}), None],
        "layers": [tuple, None],
        "precision": [StrOptions(set(PRECISIONS))],
    }

    # Each subclass stores these in its constructor.
    optimizer: Any
    learning_rate: float | None
    learning_rate_schedule: str | None
    loss: str
    label_smoothing: float
    callbacks: Any
    metrics: Any
    tensorboard_dir: str | PathLike[str] | None
    checkpoint_dir: str | PathLike[str] | None
    augmenter: Any
    init_from: Any
    freeze: str | None
    precision: str

    _state_class = KerasState

    @property
    def tensorboard_run_(self) -> str | None:
        """Folder of the event files of the last fit."""
        return self._fitted_as("tensorboard_run_").tensorboard_run

    @property
    def _network(self) -> Network:
        return self._fitted_as("_network").network

    @abstractmethod
    def _describe_network(
        self, image_shape: tuple[int, int], n_classes: int
    ) -> Network:
        """Check the parameters of the network and describe it."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of parameters, such as those of
            `augmenter`. Those of `init_from` are fixed, as it is fitted.

        Returns
        -------
        dict
            Values by their names.
        """
        params: dict[str, Any] = super().get_params(deep=False)
        if deep and hasattr(type(self.augmenter), "get_params"):
            nested = self.augmenter.get_params().items()
            params.update({f"augmenter__{name}": value for name, value in nested})
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters.

        Parameters
        ----------
        **params : dict
            Values by their names, as in ``get_params``.

        Returns
        -------
        self : object
            The classifier.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        for name in params:
            if name.startswith("init_from__"):
                raise ValueError(
                    f"Invalid parameter {name!r}: init_from is fitted, and shared by "
                    "clones. Set init_from itself."
                )
        return super().set_params(**params)

    def __sklearn_clone__(self) -> Any:
        try:
            copied = clone_parametrized(self)
        except TypeError:
            _check_copied(self.callbacks)
            raise
        # Not a clone of it, which would be unfitted.
        copied.init_from = self.init_from
        return copied

    def _train(self, data: TrainingData, previous: KerasState | None) -> KerasState:
        validated = data.validation is not None or data.validation_fraction > 0
        return self._run(
            data,
            previous,
            epochs=int(self.epochs),
            schedule=self.learning_rate_schedule,
            patience=int(self.patience) if validated and self.early_stopping else None,
            checkpoint_dir=self.checkpoint_dir,
            keeps_optimizer=self.warm_start,
        )

    def _train_once(
        self, data: TrainingData, previous: KerasState | None
    ) -> KerasState:
        return self._run(data, previous, keeps_optimizer=True)

    def _run(
        self,
        data: TrainingData,
        previous: KerasState | None,
        *,
        epochs: int = 1,
        schedule: str | None = None,
        patience: int | None = None,
        checkpoint_dir: str | PathLike[str] | None = None,
        keeps_optimizer: bool,
    ) -> KerasState:
        """Train, and return all that the classifier keeps of it."""
        seen = data.seen
        identity = optimizer_spec(self.optimizer).identity, self.freeze
        network = self._network_for(seen, previous)
        plan = make_plan(
            self,
            network,
            seen,
            epochs=epochs,
            schedule=schedule,
            patience=patience,
            seed=self._draw_seed(previous),
        )
        start = previous.training_state(identity) if previous else None
        start = start or starting_state(self, network, seen)
        checkpoint = self._checkpoint(checkpoint_dir, plan, data, start)
        samples, validation = split(data, plan.seed, self.random_state)
        if plan.augmenter is not None:
            plan.augmenter.fit(samples.images)
        run, board = self._tensorboard(samples.images, plan, seen, previous)
        state = self._state_before(previous, network, plan, run, data.seen, identity)
        if data.tasks:
            data.tasks.before = state
        final, history = train(
            # Last, since it writes the learning rate that the others have set.
            plan._replace(callbacks=(*plan.callbacks, *board)),
            samples,
            validation=validation,
            state=start,
            checkpoint=checkpoint,
            saved=checkpoint.read() if checkpoint and self.warm_start else None,
            tasks=data.tasks,
        )
        _check_finite(final, plan.learning_rate)
        return state.completed(final, history, with_optimizer=keeps_optimizer)

    def _state_before(
        self,
        previous: KerasState | None,
        network: Network,
        plan: TrainingPlan,
        run: str | None,
        seen: SeenData,
        identity: tuple[str, str | None],
    ) -> KerasState:
        """Return what is known before the training: all but weights and optimizer."""
        return KerasState(
            seen=seen,
            weights=(),
            history=previous.history if previous else {},
            network=network,
            architecture=architecture_of(self),
            precision=plan.precision,
            optimizer_identity=identity,
            tensorboard_run=run,
        )

    def _network_for(self, seen: SeenData, previous: KerasState | None) -> Network:
        """Describe the network; one that was fitted keeps its layers."""
        network = self._describe_network(seen.image_shape, len(seen.classes))
        if previous and not same_layers(network, previous.network):
            present, former = differences(self, previous.architecture)
            raise ValueError(
                f"{present} describes other layers than those of the fit that training "
                f"continues from. Set {former} again, or fit a new classifier. One "
                "with the same layers can start with these weights: init_from=."
            )
        return network

    def _warn_of_ignored(self, replacement: str, names: Iterable[str]) -> None:
        """Warn of parameters that were set, though `replacement` replaces them."""
        defaults = signature(type(self)).parameters
        ignored = [
            f"{name}={getattr(self, name)!r}"
            for name in names
            if repr(getattr(self, name)) != repr(defaults[name].default)
        ]
        if ignored:
            warnings.warn(
                f"{', '.join(ignored)} is ignored, since {replacement} describes these "
                f"layers. Leave it at its default, or set {replacement}=None.",
                stacklevel=2,
            )

    def _checkpoint(
        self,
        folder: str | PathLike[str] | None,
        plan: TrainingPlan,
        data: TrainingData,
        start: TrainingState | None,
    ) -> Checkpoint | None:
        """Find the file of this fit, which other fits do not share."""
        if folder is None:
            return None
        if plan.callbacks:
            raise ValueError(
                "checkpoint_dir can't be used with callbacks, whose state a "
                "checkpoint does not hold. Leave one of the two out."
            )
        if self.random_state is None:
            raise ValueError(
                f"checkpoint_dir={str(folder)!r} can't be used with "
                "random_state=None: each fit would have another seed, so none could "
                "continue from the checkpoint of a killed one. Give a seed, as in "
                "random_state=0."
            )
        begin = [*start.weights, *start.optimizer] if start else []
        steps = repr(start.earlier_steps) if start else None
        arrays = [*data.samples, *(data.validation or ()), *begin]
        key = fingerprint(plan, data.validation_fraction, steps, arrays=arrays)
        return Checkpoint(folder, key)

    def _tensorboard(
        self,
        images: NDArray[Any],
        plan: TrainingPlan,
        seen: SeenData,
        previous: KerasState | None,
    ) -> tuple[str | None, tuple[Any, ...]]:
        """Return the folder of this run, and the callback that writes to it.

        A fit that continues from another one writes to the same folder.
        """
        if self.tensorboard_dir is None:
            return None, ()
        run = previous.tensorboard_run if previous else None
        is_new = run is None or Path(run).parent != Path(self.tensorboard_dir)
        if run is None or is_new:
            scale = np.float32(pixel_scale(seen.pixel_range[1]))
            run = new_run(
                self.tensorboard_dir, self, images, plan.augmenter, scale, plan.seed
            )
        epochs_before = previous.n_epochs if previous else 0
        return run, (run_callback(run, epochs_before, write_graph=is_new),)

    def _network_input(self, pixels: NDArray[Any], seen: SeenData) -> NDArray[Any]:
        return as_network_input(pixels, seen.pixel_range[1], seen.image_shape)

    def _logits(self, fitted: KerasState, pixels: NDArray[Any]) -> NDArray[np.float32]:
        load_keras()
        import tensorflow as tf

        if "tensors" not in fitted.cache:
            fitted.cache["tensors"] = tuple(map(tf.constant, fitted.weights))
        return predict_logits(
            fitted.network,
            fitted.seen.image_shape,
            fitted.cache["tensors"],
            self._network_input(pixels, fitted.seen),
            pixel_scale=pixel_scale(fitted.seen.pixel_range[1]),
            precision=fitted.precision,
        )


def _check_copied(callbacks: Any) -> None:
    for callback in callbacks or ():
        try:
            copy.deepcopy(callback)
        except TypeError as error:
            raise TypeError(
                f"callbacks has {callback!r}, which can't be copied, as a clone of the "
                f"classifier needs: {error}. Give its class a method __deepcopy__, or "
                "call fit of the classifier itself, without a search or "
                "cross-validation."
            ) from error


def _check_finite(state: TrainingState, learning_rate: float) -> None:
    if not all(np.isfinite(values).all() for values in state.weights):
        raise ValueError(
            "Training has diverged: the weights are no longer finite. "
            f"learning_rate={learning_rate:g} is too large for these data and their "
            "weights; try a tenth of it."
        )
