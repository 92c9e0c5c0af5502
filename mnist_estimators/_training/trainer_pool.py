"""Idle trainers, kept for the next fit of the same architecture.

Tracing a trainer costs more than a small fit. The fit that borrows one sets weights and
optimizer state.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from threading import Lock
from typing import Any

from .._networks.optimizers import OptimizerSpec
from .._networks.specs import Network, without_rates
from .._tensorflow import free_kernels
from .trainer import Trainer

MAX_IDLE_TRAINERS = 8
# Larger networks, of which an idle one would hold tens of megabytes, are let go.
MAX_IDLE_WEIGHTS = 5_000_000

# A new trainer in so many frees what TensorFlow keeps of the former ones.
NEW_TRAINERS_PER_CLEARING = 8

_lock = Lock()
_n_built = count(1)
_idle_trainers: OrderedDict[Any, list[Trainer]] = OrderedDict()


def new_trainer(*arguments: Any) -> Trainer:
    """Build a trainer that nobody else gets.

    Parameters
    ----------
    *arguments
        Those of `Trainer`.

    Returns
    -------
    Trainer
    """
    if next(_n_built) % NEW_TRAINERS_PER_CLEARING == 0:
        free_kernels()
    return Trainer(*arguments)


@contextmanager
def borrow_trainer(
    network: Network,
    image_shape: tuple[int, int],
    optimizer: OptimizerSpec,
    precision: str,
    xla_batch_size: int | None,
) -> Iterator[Trainer]:
    """Lend a trainer that nobody else uses meanwhile: an idle one, else a new one.

    Parameters
    ----------
    network : tuple of LayerSpec
        The layers; their rates of dropout and l2 may differ from those of the trainer.
    image_shape : tuple of two int
        Height and width.
    optimizer : OptimizerSpec
        Optimizer; a trainer is found whatever its learning rate.
    precision : {'float32', 'mixed_bfloat16'}
        What the layers compute with.
    xla_batch_size : int or None
        As in `Trainer`.

    Yields
    ------
    Trainer
        Its weights and optimizer state are those of an earlier fit: set them.
    """
    key = (
        without_rates(network),
        image_shape,
        optimizer.without_learning_rate(),
        precision,
        xla_batch_size,
    )
    with _lock:
        idle = _idle_trainers.get(key)
        trainer = idle.pop() if idle else None
    if trainer is None:
        trainer = new_trainer(
            network, image_shape, optimizer, precision, xla_batch_size
        )
    # No try: where a fit fails, building a function may have stopped half-way.
    yield trainer
    with _lock:
        if trainer.model.count_params() <= MAX_IDLE_WEIGHTS:
            _idle_trainers.setdefault(key, []).append(trainer)
            _idle_trainers.move_to_end(key)
        while sum(map(len, _idle_trainers.values())) > MAX_IDLE_TRAINERS:
            oldest = next(iter(_idle_trainers))
            if _idle_trainers[oldest]:
                _idle_trainers[oldest].pop()
            if not _idle_trainers[oldest]:
                del _idle_trainers[oldest]
