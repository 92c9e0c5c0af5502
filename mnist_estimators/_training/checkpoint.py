"""The state of a training run in a file, from which a killed one can resume.

A checkpoint file has three parts: a line that names the format, its version and the
SHA-256 of what follows; a line of JSON; and the arrays, as ``numpy.savez`` writes them.
"""

import hashlib
import json
import re
import time
import warnings
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
import scipy
import sklearn
from numpy.typing import NDArray

from .. import __version__
from .._inputs.atomic_files import replace_file
from .._tensorflow import load_keras
from ..exceptions import ModelFileError
from .early_stopping import BestEpoch
from .plan import TrainingPlan
from .state import TrainingState

FORMAT = "mnist_estimators checkpoint"
VERSION = 3
# A file takes less than this to write, so an older one was left by a killed process.
SECONDS_TO_WRITE = 60


class RunState(NamedTuple):
    """All that a training run needs to resume after a whole epoch.

    Weights and optimizer, the metrics of each epoch, the state of the generator that
    orders the rows, and the best epoch.
    """

    training: TrainingState
    epochs: list[dict[str, float]]
    order: dict[str, Any]
    best: BestEpoch


def fingerprint(
    plan: TrainingPlan, *others: Any, arrays: Iterable[NDArray[Any]]
) -> str:
    """Identify a fit, also in another process.

    Parameters
    ----------
    plan : TrainingPlan
        How it trains. How much it prints does not count.
    *others : str, float or None
        What else counts.
    arrays : iterable of ndarray
        The data and the weights that it begins with.

    Returns
    -------
    str
        32 hexadecimal digits: the same only for equal values, and for the same
        versions of the libraries, as others may round differently.
    """
    import tensorflow as tf

    augmenter = plan.augmenter
    if augmenter is not None:
        # The plan has the seed of the variants, so the augmenter's own is ignored.
        # Those of other augmenters inside it may count.
        parameters = {**augmenter.get_params(), "random_state": None}
        kind = type(augmenter)
        augmenter = joblib.hash((kind.__module__, kind.__qualname__, parameters))
    metrics = tuple((type(one), one.get_config()) for one in plan.metrics)
    what = plan._replace(augmenter=augmenter, callbacks=(), metrics=metrics, verbose=0)
    libraries = (load_keras(), tf, np, scipy, sklearn)
    versions = (__version__, *(library.__version__ for library in libraries))
    digest = hashlib.sha256(repr((versions, what, *others)).encode())
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:32]


class Checkpoint:
    """The file that holds the state of one fit.

    Parameters
    ----------
    checkpoint_dir : str or path
        Its folder, which is made where it is missing. Files of other fits in it are
        not changed.
    fingerprint : str
        Of the fit; part of the file's name.

    Raises
    ------
    NotADirectoryError
        If `checkpoint_dir` is a file.
    """

    def __init__(self, checkpoint_dir: str | PathLike[str], fingerprint: str):
        folder = Path(checkpoint_dir)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(
                f"checkpoint_dir={str(folder)!r} must be a folder, but is a file. Give "
                "another name."
            ) from error
        self.path = folder / f"{fingerprint}.checkpoint"
        for leftover in folder.glob(f".{self.path.name}.*.tmp"):
            with suppress(OSError):  # where it has just been renamed, or stays
                if leftover.stat().st_mtime < time.time() - SECONDS_TO_WRITE:
                    leftover.unlink()

    def read(self) -> RunState | None:
        """Read the state after the last whole epoch.

        Returns
        -------
        RunState or None
            None if there is no file.

        Raises
        ------
        ModelFileError
            If the file is damaged, or of another version of the format.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return _decode(content)
        except Exception as error:  # Damaged bytes can make a decoder raise anything.
            raise ModelFileError(
                f"{self.path} is not a checkpoint that this version can read: {error}. "
                "Delete it to start this fit over, or give another checkpoint_dir."
            ) from error

    def write(self, state: RunState) -> None:
        """Replace the file by one of this state, at once or not at all.

        Nothing is written once the weights are no longer finite, so a run that resumes
        from the file starts with weights that can be trained.

        Warns
        -----
        UserWarning
            If it can't be written, as on a full disk. The training run continues.
        """
        if not all(np.isfinite(values).all() for values in state.training.weights):
            return
        try:
            replace_file(self.path, _encode(state))
        except (OSError, ModelFileError) as error:
            warnings.warn(
                f"The checkpoint of epoch {len(state.epochs)}, {self.path}, could not "
                f"be written: {error}. The training run continues.",
                stacklevel=2,
            )


def _encode(state: RunState) -> bytes:
    best = state.best.state or TrainingState([], [])
    groups = {
        "weights": state.training.weights,
        "optimizer": state.training.optimizer,
        "best_weights": best.weights,
        "best_optimizer": best.optimizer,
    }
    description = {
        "earlier_steps": state.training.earlier_steps,
        "best_earlier_steps": best.earlier_steps,
        "epochs": state.epochs,
        "order": state.order,
        "best_loss": state.best.loss,
        "epochs_since_best": state.best.epochs_since,
        "arrays": {name: len(group) for name, group in groups.items()},
    }
    archive = BytesIO()
    np.savez(
        archive,
        **{
            f"{name}_{number}": array
            for name, group in groups.items()
            for number, array in enumerate(group)
        },
    )
    content = json.dumps(description).encode() + b"\n" + archive.getvalue()
    return f"{FORMAT} {VERSION} {_digest(content)}\n".encode() + content


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _decode(file_content: bytes) -> RunState:
    first_line, _, content = file_content.partition(b"\n")
    found = re.fullmatch(rf"{FORMAT} (\d+) ([0-9a-f]{{64}})".encode(), first_line)
    if found is None:
        raise ValueError("it does not begin as one")
    version, digest = (group.decode() for group in found.groups())
    if int(version) != VERSION:
        raise ValueError(f"its version is {version}, not {VERSION}")
    if _digest(content) != digest:
        raise ValueError("its content is not what its SHA-256 says")
    line, _, archive = content.partition(b"\n")
    description = json.loads(line)
    with np.load(BytesIO(archive), allow_pickle=False) as arrays:
        groups = {
            name: [arrays[f"{name}_{number}"] for number in range(length)]
            for name, length in description["arrays"].items()
        }
    best = TrainingState(
        groups["best_weights"],
        groups["best_optimizer"],
        description["best_earlier_steps"],
    )
    return RunState(
        training=TrainingState(
            groups["weights"], groups["optimizer"], description["earlier_steps"]
        ),
        epochs=description["epochs"],
        order=description["order"],
        best=BestEpoch(
            best if best.weights else None,
            description["best_loss"],
            description["epochs_since_best"],
        ),
    )
