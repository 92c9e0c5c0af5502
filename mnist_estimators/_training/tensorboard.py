"""Event files for TensorBoard: what a fit was, and how it went."""

from datetime import datetime
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._tensorflow import load_keras

if TYPE_CHECKING:
    import keras

IMAGES_PER_SIDE = 5


def new_run(
    tensorboard_dir: str | PathLike[str],
    classifier: Any,
    images: NDArray[Any],
    augmenter: Any,
    scale: np.float32,
    seed: int,
) -> str:
    """Make the folder of one run, and write into it what the fit is.

    Parameters
    ----------
    tensorboard_dir : str or path
        Parent of the folder; made where it is missing.
    classifier : estimator
        Its parameters are written as text.
    images : ndarray of shape (n, height, width, 1)
        Training images, of which some are written.
    augmenter : fitted augmenter or None
        Makes variants of them, which are written too.
    scale : float32
        Factor that brings them to values from 0 to 1.
    seed : int
        Seed of the variants.

    Returns
    -------
    str
        The folder, which no other fit has, in this process or another.

    Raises
    ------
    ImportError
        If TensorBoard is not installed.
    """
    if find_spec("tensorboard") is None:  # TensorFlow's summaries need it
        raise ImportError(
            "tensorboard_dir needs TensorBoard, which is not installed. Use "
            'pip install "mnist_estimators[tensorboard]", or tensorboard_dir=None.'
        )
    import tensorflow as tf

    folder = _new_folder(Path(tensorboard_dir), type(classifier).__name__)
    rows = np.linspace(0, len(images) - 1, IMAGES_PER_SIDE**2).astype(int)
    sheets = {"training images": images[rows]}
    if augmenter is not None:
        variants = augmenter.augment(images[rows], random_state=seed)
        sheets["augmented images"] = variants
    writer = tf.summary.create_file_writer(str(folder / "train"))
    with writer.as_default(step=0):
        tf.summary.text("classifier", f"```\n{classifier!r}\n```")
        for name, sheet in sheets.items():
            tf.summary.image(name, _contact_sheet(sheet * scale))
    writer.close()
    return str(folder)


def _new_folder(parent: Path, kind: str) -> Path:
    """Make a folder that is named after the classifier and the present time."""
    name = f"{kind}-{datetime.now():%Y%m%d-%H%M%S}"
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder


def _contact_sheet(images: NDArray[Any]) -> NDArray[Any]:
    """Lay out images (n, height, width, 1) as one, (1, rows, columns, 1)."""
    height, width = images.shape[1:3]
    grid = images.reshape(IMAGES_PER_SIDE, IMAGES_PER_SIDE, height, width)
    sheet = grid.transpose(0, 2, 1, 3)
    return sheet.reshape(1, IMAGES_PER_SIDE * height, IMAGES_PER_SIDE * width, 1)


def run_callback(
    run: str, epochs_before: int, *, write_graph: bool
) -> "keras.callbacks.Callback":
    """Write scalars and histograms after each epoch, and maybe the graph before.

    Parameters
    ----------
    run : str
        Folder of the run.
    epochs_before : int
        Epochs that the network was trained for already.
    write_graph : bool
        Whether to write the graph; once is enough in a run.

    Returns
    -------
    keras.callbacks.TensorBoard
        One that asks for no calls in each step, which would take away most of the
        speed.
    """
    load_keras()
    from keras.callbacks import Callback, TensorBoard

    class EpochWriter(TensorBoard):
        on_train_batch_begin = Callback.on_train_batch_begin
        on_train_batch_end = Callback.on_train_batch_end

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            super().on_epoch_end(epochs_before + epoch, logs)

    return EpochWriter(run, histogram_freq=1, write_graph=write_graph)
