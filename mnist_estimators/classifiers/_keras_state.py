"""What the fit of a Keras network leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from .._networks.shapes import check_network, check_size_of_weights, weight_shapes
from .._networks.specs import (
    PRECISIONS,
    Network,
    as_network,
    as_plain,
    n_batch_normalizations,
)
from .._training.history import History, extended
from .._training.state import MANY_STEPS, TrainingState
from ._fitted_state import Arrays, FittedState


@dataclass(frozen=True, eq=False, kw_only=True)
class KerasState(FittedState):
    """A fitted Keras network, and what its training continues from.

    The optimizer's variables belong to the optimizer and the frozen layers that
    ``optimizer_identity`` names. ``earlier_steps`` are those of `TrainingState`;
    ``architecture`` has the parameters that made the layers, as they are printed.
    """

    network: Network
    precision: str = "float32"
    optimizer: Arrays = ()
    optimizer_identity: tuple[str, str | None] | None = None
    earlier_steps: Sequence[int] | None = None
    tensorboard_run: str | None = None
    architecture: Mapping[str, str] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """Describe the state as it stands in files: a dict of plain data."""
        return {**super().to_plain(), "network": as_plain(self.network)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Make a state of what ``to_plain`` returned; ``check`` says if it is valid."""
        network = as_network(plain["network"])
        return super().from_plain({**plain, "network": network})

    def completed(
        self, final: TrainingState, later: History, *, with_optimizer: bool
    ) -> Self:
        """Add what a training run has led to, and the epochs of its history."""
        return replace(
            self,
            weights=tuple(final.weights),
            history=extended(self.history, later),
            optimizer=tuple(final.optimizer) if with_optimizer else (),
            earlier_steps=final.earlier_steps if with_optimizer else None,
        )

    def training_state(self, identity: tuple[str, str | None]) -> TrainingState:
        """Return what training continues from with an optimizer of this identity."""
        if identity != self.optimizer_identity:
            # The moments of another optimizer mean nothing to this one.
            return TrainingState(list(self.weights), [])
        return TrainingState(
            list(self.weights), list(self.optimizer), self.earlier_steps
        )

    def check(self) -> None:
        """Check values that may come from a file.

        Raises
        ------
        ValueError
            If a value is of another type, out of its range, or does not fit the others.
        """
        check_network(self.network, len(self.seen.classes))
        # First, as the shapes of a backbone's weights need TensorFlow.
        check_size_of_weights(self.network, self.weights)
        self.check_common(weight_shapes(self.network, self.seen.image_shape))
        if any(values.dtype != np.float32 for values in self.weights):
            raise ValueError("weights must be of the type float32")
        if not all(
            isinstance(values, np.ndarray | np.number) for values in self.optimizer
        ):
            raise ValueError("optimizer must hold arrays")
        if not isinstance(self.architecture, dict) or not all(
            type(text) is str for pair in self.architecture.items() for text in pair
        ):
            raise ValueError("architecture must be a mapping of text")
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision must be one of {PRECISIONS}")
        steps = self.earlier_steps
        if steps is not None and not (
            type(steps) is list
            and len(steps) == n_batch_normalizations(self.network)
            and all(type(n) is int and 0 <= n <= MANY_STEPS for n in steps)
        ):
            raise ValueError(
                "earlier_steps must be None, or a list with an integer from 0 to "
                f"{MANY_STEPS} for each batch normalisation"
            )
