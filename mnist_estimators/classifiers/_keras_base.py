"""What both Keras classifiers share: the network, its training, and its model."""

from abc import abstractmethod
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from .._inputs.images import pixel_scale
from .._inputs.parameters import refuse_class
from .._inputs.samples import Samples, hold_out
from .._inputs.sklearn_private import (
    HasMethods,
    Interval,
    StrOptions,
    clone_parametrized,
)
from .._networks.optimizers import optimizer_spec
from .._networks.shapes import check_network, check_size_of_weights, weight_shapes
from .._networks.specs import (
    PRECISIONS,
    Network,
    n_batch_normalizations,
    with_frozen_features,
)
from .._tensorflow import load_keras
from .._training.checkpoint import Checkpoint, fingerprint
from .._training.forward import predict_logits
from .._training.history import extended
from .._training.loop import train
from .._training.plan import TrainingPlan
from .._training.schedules import SCHEDULES
from .._training.tensorboard import new_run, run_callback
from .._training.trainer import MANY_STEPS, TrainingState
from .._training.transfer import transferred_weights
from ._base import BaseDigitClassifier
from ._keras_model import KerasModelMixin

LOSSES = ("categorical_crossentropy", "sparse_categorical_crossentropy")
PEAK_OVER_CONSTANT_RATE = 3.0


class KerasDigitClassifier(KerasModelMixin, BaseDigitClassifier):
    """A Keras network as a scikit-learn classifier; subclasses say which network."""

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **BaseDigitClassifier._parameter_constraints,
        "optimizer": [str, object],
        "learning_rate": [Interval(Real, 0, None, closed="neither"), None],
        "learning_rate_schedule": [StrOptions(set(SCHEDULES)), None],
        "loss": [StrOptions(set(LOSSES))],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "callbacks": [object],
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
    tensorboard_dir: str | PathLike[str] | None
    checkpoint_dir: str | PathLike[str] | None
    augmenter: Any
    init_from: Any
    freeze: str | None
    precision: str

    tensorboard_run_: str | None
    _cache: dict[str, Any]

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
        copied = clone_parametrized(self)
        # Not a clone of it, which would be unfitted.
        copied.init_from = self.init_from
        return copied

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        state.pop("_cache", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if hasattr(self, "weights_"):
            self._cache = {}

    def _learn_data(self, pixels: NDArray[Any], classes: NDArray[Any]) -> None:
        super()._learn_data(pixels, classes)
        self._network = self._describe_network(self.image_shape_, len(classes))

    def _pretrained_state(self) -> TrainingState | None:
        """Begin with weights from elsewhere, where a parameter says so."""
        if self.init_from is None:
            if self.freeze is not None:
                raise ValueError(
                    f"freeze={self.freeze!r} keeps features as they are, but there are "
                    "none yet. Give init_from=, a fitted classifier, or weights= of a "
                    "backbone, or go on from a fit with warm_start=True."
                )
            return None
        return TrainingState(transferred_weights(self, self.init_from), [])

    def _optimizer_identity(self) -> tuple[str, str | None]:
        """Say in plain data what the optimizer's variables belong to."""
        return optimizer_spec(self.optimizer).identity, self.freeze

    def _check_state(self) -> None:
        super()._check_state()
        if not hasattr(self, "weights_"):
            return
        if any(values.dtype != np.float32 for values in self.weights_):
            raise ValueError("weights_ must be of the type float32")
        arrays = self._optimizer_state
        if type(arrays) is not list or not all(
            isinstance(values, np.ndarray | np.number) for values in arrays
        ):
            raise ValueError("_optimizer_state must be a list of arrays")
        self._check_earlier_steps()

    def _check_earlier_steps(self) -> None:
        steps = self._earlier_steps
        if steps is not None and not (
            type(steps) is list
            and len(steps) == n_batch_normalizations(self._network)
            and all(type(n) is int and 0 <= n <= MANY_STEPS for n in steps)
        ):
            raise ValueError(
                "_earlier_steps must be None, or a list with an integer from 0 to "
                f"{MANY_STEPS} for each batch normalisation"
            )

    def _weight_shapes(self) -> list[tuple[int, ...]]:
        network = check_network(self._network, len(self.classes_))
        # First, as the shapes of a backbone's weights take TensorFlow.
        check_size_of_weights(network, self.weights_)
        return weight_shapes(network, self.image_shape_)

    def _state(self) -> TrainingState:
        if self._optimizer_of_state == self._optimizer_identity():
            return TrainingState(
                self.weights_, self._optimizer_state, self._earlier_steps
            )
        return TrainingState(self.weights_, [])  # moments of another one mean nothing

    def _train(
        self,
        samples: Samples,
        validation: Samples | None,
        fraction: float,
        *,
        epochs: int,
        partial: bool,
        going_on: bool,
        to_go_on: bool,
    ) -> None:
        validated = validation is not None or fraction > 0
        plan = self._plan(epochs, partial=partial, validated=validated)
        state = self._state() if going_on else self._pretrained_state()
        checkpoint, saved = None, None
        if self.checkpoint_dir is not None and not partial:
            checkpoint = self._checkpoint(plan, samples, validation, fraction, state)
            saved = checkpoint.read() if self.warm_start else None
        if fraction:
            split_seed = self._split_seed(plan.seed)
            samples, validation = hold_out(samples, fraction, split_seed)
        if plan.augmenter is not None:
            plan.augmenter.fit(samples.images)
        # Behind the others, whose changes of the learning rate it writes.
        board = self._tensorboard_callbacks(
            samples, plan.augmenter, plan.seed, going_on=going_on
        )
        plan = plan._replace(callbacks=(*plan.callbacks, *board))
        final, history = train(
            plan,
            samples,
            validation=validation,
            state=state,
            checkpoint=checkpoint,
            saved=saved,
        )
        if not all(np.isfinite(values).all() for values in final.weights):
            raise ValueError(
                "Training has diverged: the weights are no longer finite. "
                f"learning_rate={plan.learning_rate:g} is too large for these data and "
                "their weights; try a tenth of it."
            )
        self.weights_ = final.weights
        self._optimizer_state = final.optimizer if to_go_on else []
        self._earlier_steps = final.earlier_steps if to_go_on else None
        self._optimizer_of_state = self._optimizer_identity()
        self.history_ = extended(self.history_, history)
        self._cache = {}

    def _plan(self, epochs: int, *, partial: bool, validated: bool) -> TrainingPlan:
        """Check what the parameters say on the training; the augmenter is unfitted."""
        schedule = None if partial else self.learning_rate_schedule
        optimizer = optimizer_spec(self.optimizer)
        learning_rate = self.learning_rate or optimizer.learning_rate
        if self.learning_rate is None and schedule and isinstance(self.optimizer, str):
            learning_rate = PEAK_OVER_CONSTANT_RATE * (learning_rate or 0.0)
        if optimizer.learning_rate is None and (self.learning_rate or schedule):
            raise ValueError(
                "learning_rate and learning_rate_schedule must be None where the "
                "optimizer brings a schedule of its own. Give it a number instead."
            )
        refuse_class("augmenter", self.augmenter)
        frozen = self.freeze is not None
        return TrainingPlan(
            network=with_frozen_features(self._network) if frozen else self._network,
            image_shape=self.image_shape_,
            precision=self.precision,
            pixel_scale=pixel_scale(self.pixel_range_[1]),
            optimizer=optimizer,
            learning_rate=float(learning_rate or 0.0),
            learning_rate_schedule=schedule,
            loss=self.loss,
            label_smoothing=float(self.label_smoothing),
            epochs=epochs,
            batch_size=int(self.batch_size),
            patience=int(self.patience) if validated and self.early_stopping else None,
            callbacks=self._checked_callbacks(),
            augmenter=None if self.augmenter is None else clone(self.augmenter),
            seed=self._draw_seed(),
            verbose=int(self.verbose),
        )

    def _checkpoint(
        self,
        plan: TrainingPlan,
        samples: Samples,
        validation: Samples | None,
        fraction: float,
        state: TrainingState | None,
    ) -> Checkpoint:
        """Find the file of this fit, which other ones don't have."""
        if plan.callbacks:
            raise ValueError(
                "checkpoint_dir can't be used with callbacks, whose state a "
                "checkpoint does not hold. Leave one of the two out."
            )
        if self.random_state is None:
            raise ValueError(
                f"checkpoint_dir={str(self.checkpoint_dir)!r} can't be used with "
                "random_state=None: each fit would have another seed, so none could go "
                "on from the checkpoint of a killed one. Give a seed, as in "
                "random_state=0."
            )
        begin = [*state.weights, *state.optimizer] if state else []
        steps = repr(state.earlier_steps) if state else None
        arrays = [*samples, *(validation or ()), *begin]
        assert self.checkpoint_dir is not None
        return Checkpoint(
            self.checkpoint_dir, fingerprint(plan, fraction, steps, arrays=arrays)
        )

    def _checked_callbacks(self) -> tuple[Any, ...]:
        keras = load_keras()
        callbacks = () if self.callbacks is None else self.callbacks
        if not isinstance(callbacks, list | tuple):
            raise TypeError(
                "callbacks must be a list of keras.callbacks.Callback, or None. Got "
                f"{callbacks!r}: put it in a list."
            )
        for callback in callbacks:
            if not isinstance(callback, keras.callbacks.Callback):
                raise TypeError(
                    "callbacks must be a list of keras.callbacks.Callback. Got "
                    f"{callback!r} in it."
                )
        return tuple(callbacks)

    def _tensorboard_callbacks(
        self, samples: Samples, augmenter: Any, seed: int, *, going_on: bool
    ) -> tuple[Any, ...]:
        """Write to the folder of the training that goes on, or to a new one."""
        run: Any = getattr(self, "tensorboard_run_", None) if going_on else None
        if self.tensorboard_dir is None:
            self.tensorboard_run_ = None
            return ()
        is_new = run is None or Path(run).parent != Path(self.tensorboard_dir)
        if is_new:
            scale = np.float32(pixel_scale(self.pixel_range_[1]))
            run = new_run(
                self.tensorboard_dir, self, samples.images, augmenter, scale, seed
            )
        self.tensorboard_run_ = run
        epochs_before = len(self.history_.get("loss", ()))
        return (run_callback(run, epochs_before, write_graph=is_new),)

    def _logits(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        load_keras()
        import tensorflow as tf

        if "weights" not in self._cache:
            self._cache["weights"] = tuple(map(tf.constant, self.weights_))
        return predict_logits(
            self._network,
            self.image_shape_,
            self._cache["weights"],
            self._network_input(pixels),
            pixel_scale=pixel_scale(self.pixel_range_[1]),
            precision=self.precision,
        )
