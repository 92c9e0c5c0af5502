"""``serve``: answer over HTTP, and show a page to draw on."""

import argparse
import gc
import socket
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from ..exceptions import DatasetNotFoundError
from ._arguments import CommandError, add_command, integer
from ._digits import Digits, load_digits
from ._estimators import make_estimator, progress_verbosity
from ._interruption import ctrl_c_ends_all_fits
from ._model_files import load_model

_RECIPE = "fast_cnn"


class _Served(NamedTuple):
    estimator: Any
    recipe: str | None
    accuracy: float | None


def declare_serve(commands: Any) -> None:
    """Declare the command's arguments."""
    parser = add_command(
        commands,
        "serve",
        _serve,
        help="read digits over HTTP, with a page to draw on",
        description="Answer requests for predictions over HTTP, and show a page to "
        "draw digits on. Ctrl-C ends it, after what was asked is answered.",
    )
    parser.add_argument(
        "model",
        nargs="?",
        type=Path,
        metavar="MODEL",
        help="what train --save wrote, or an ONNX file (default: "
        f"{_RECIPE} is trained first)",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="address to listen at; 0.0.0.0 lets other machines in "
        "(default: %(default)s, this machine alone)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=8000,
        metavar="N",
        help="port to listen at; 0 takes a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--data",
        choices=("small", "mnist"),
        help="what to train on where no MODEL is given (default: MNIST if it is on "
        "this machine, or else the small digits)",
    )


def _serve(arguments: argparse.Namespace) -> None:
    try:
        from ..serving import create_app
        from ..serving._server import address_of, make_server, open_socket
    except ImportError as error:
        raise CommandError(str(error)) from error

    listener = _listen(open_socket, arguments.host, arguments.port)
    with listener:
        served = (
            _train(arguments.data)
            if arguments.model is None
            else _Served(load_model(arguments.model), None, None)
        )
        try:
            app = create_app(
                served.estimator, recipe=served.recipe, accuracy=served.accuracy
            )
        except ValueError as error:
            name = repr(str(arguments.model or _RECIPE))
            raise CommandError(f"{name}: {error}") from error
        print(f"Serving at {address_of(listener)}  (Ctrl-C ends it)", flush=True)
        # Nothing is raised where Ctrl-C was ignored when the process began.
        with suppress(KeyboardInterrupt), _process_for_serving():
            make_server(app).run(sockets=[listener])
        print("stopped", file=sys.stderr)


@contextmanager
def _process_for_serving() -> Iterator[None]:
    """Set what a library may not, but a process that does nothing else."""
    import cv2

    # Pictures are prepared side by side already.
    n_threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    # TensorFlow leaves so many objects that each look for garbage among them would
    # hold up all requests for a third of a second.
    gc.collect()
    gc.freeze()
    try:
        with warnings.catch_warnings():
            # What is odd about a client's picture fills no log.
            warnings.filterwarnings("ignore", module=r"PIL\.")
            yield
    finally:
        gc.unfreeze()
        cv2.setNumThreads(n_threads)


def _listen(open_socket: Any, host: str, port: int) -> socket.socket:
    try:
        listener: socket.socket = open_socket(host, port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CommandError(
            f"can't listen at {host}, port {port}: {reason}. Give others with "
            "--host and --port; 0 takes any free port."
        ) from error
    return listener


def _train(data: str | None) -> _Served:
    """Train the recipe, on MNIST if it is on this machine."""
    digits = _training_digits(data)
    estimator = make_estimator(_RECIPE, None, seed=0)
    if len(digits.y_train) < 10_000:
        # The recipe is made for MNIST. Few images need more epochs, and variants.
        from ..augmentation import DigitAugmenter

        estimator.set_params(batch_size=32, epochs=15, augmenter=DigitAugmenter())
    print(f"No MODEL given: training {_RECIPE} on {digits}", flush=True)
    estimator.set_params(verbose=progress_verbosity(quiet=False))
    with ctrl_c_ends_all_fits():
        estimator.fit(digits.X_train, digits.y_train)
    accuracy = float(estimator.score(digits.X_test, digits.y_test))
    print(f"Accuracy: {accuracy:.4f} on {len(digits.y_test)} test images", flush=True)
    return _Served(estimator, _RECIPE, accuracy)


def _training_digits(data: str | None) -> Digits:
    if data is not None:
        return load_digits(data)
    from .. import datasets

    try:
        datasets.load_mnist(subset="test", download_if_missing=False)
    except DatasetNotFoundError:
        return load_digits("small")
    return load_digits("mnist")


def _port(text: str) -> int:
    return integer(text, 0, 65535)
