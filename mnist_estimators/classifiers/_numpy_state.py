"""What the fit of the NumPy network leaves behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

from ..backpropagation import ACTIVATIONS
from ._fitted_state import Arrays, FittedState


@dataclass(frozen=True, eq=False, kw_only=True)
class NumpyState(FittedState):
    """A fitted NumPy network; training continues with its velocities."""

    activation: str
    velocities: Arrays = ()

    def to_plain(self) -> dict[str, Any]:
        """Describe the state as it stands in files: a dict of plain data."""
        return {**super().to_plain(), "velocities": list(self.velocities)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Make a state of what ``to_plain`` returned; ``check`` says if it is valid."""
        velocities = tuple(plain.get("velocities", ()))
        return super().from_plain({**plain, "velocities": velocities})

    def check(self) -> None:
        """Check values that may come from a file."""
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {[*ACTIVATIONS]}")
        biases = self.weights[1::2]
        sizes = [self.seen.n_features_in, *map(len, biases)]
        if sizes[-1] != len(self.seen.classes) or not biases:
            raise ValueError("weights must end in one unit for each of the classes")
        self.check_common(
            [
                shape
                for n_inputs, n_units in pairwise(sizes)
                for shape in ((n_inputs, n_units), (n_units,))
            ]
        )
