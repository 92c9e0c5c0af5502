"""What the fit of the NumPy network leaves behind."""

from dataclasses import dataclass
from itertools import pairwise

from ..backpropagation import ACTIVATIONS
from ._fitted_state import Arrays, FittedState


@dataclass(frozen=True, eq=False, kw_only=True)
class NumpyState(FittedState):
    """A fitted NumPy network; training continues with its velocities."""

    activation: str
    velocities: Arrays = ()

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
