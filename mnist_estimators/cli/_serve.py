"""``serve``: answer over HTTP, and show a page to draw on."""

import gc
import sys
import warnings
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from ..exceptions import DatasetNotFoundError
from ._arguments import Parser, integer
from ._command import Command
from ._digits import Digits, accuracy_line, load_digits
from ._errors import CommandError
from ._estimators import make_estimator, progress_verbosity
from ._interruption import ctrl_c_ends_all_fits
from ._model_files import load_model

_RECIPE = "fast_cnn"


def _add_arguments(parser: Parser) -> None:
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
        "(default: %(default)s, only this machine)",
    )
    parser.add_argument(
        "--port",
        type=partial(integer, low=0, high=65535),
        default=8000,
        metavar="N",
        help="port to listen at; 0 uses a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--data",
        choices=("small", "mnist"),
        help="what to train on where no MODEL is given (default: MNIST if it is on "
        "this machine, or else the small digits)",
    )


def _run(arguments: Namespace) -> None:
    try:
        from ..serving import create_app
        from ..serving._server import address_of, make_server, open_socket
    except ImportError as error:
        raise CommandError(str(error)) from error

    host, port = arguments.host, arguments.port
    try:
        listener = open_socket(host, port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise CommandError(
            f"can't listen at {host}, port {port}: {reason}. Give others with "
            "--host and --port; 0 uses any free port."
        ) from error
    with listener:
        recipe, accuracy = None, None
        if arguments.model is None:
            recipe = _RECIPE
            estimator, accuracy = _train(recipe, arguments.data)
        else:
            estimator = load_model(arguments.model)
        try:
            app = create_app(estimator, recipe=recipe, accuracy=accuracy)
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
    """Set what only a process that does nothing else may set."""
    import cv2

    # Pictures are already prepared in parallel.
    n_threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    # TensorFlow leaves so many objects that each garbage collection among them would
    # delay all requests for a third of a second.
    gc.collect()
    gc.freeze()
    try:
        with warnings.catch_warnings():
            # Clients' faulty pictures must not fill the log.
            warnings.filterwarnings("ignore", module=r"PIL\.")
            yield
    finally:
        gc.unfreeze()
        cv2.setNumThreads(n_threads)


def _train(recipe: str, data: str | None) -> tuple[Any, float]:
    """Train a recipe, on MNIST if it is on this machine; return its accuracy too."""
    digits = _training_digits(data)
    estimator = make_estimator(recipe, None, seed=0)
    if len(digits.y_train) < 10_000:
        # The recipe is made for MNIST. Few images need more epochs and augmentation.
        from ..augmentation import DigitAugmenter

        estimator.set_params(batch_size=32, epochs=15, augmenter=DigitAugmenter())
    print(f"No MODEL given: training {recipe} on {digits}", flush=True)
    estimator.set_params(verbose=progress_verbosity(quiet=False))
    with ctrl_c_ends_all_fits():
        estimator.fit(digits.X_train, digits.y_train)
    accuracy = digits.score(estimator)
    print(accuracy_line(accuracy, len(digits.y_test)), flush=True)
    return estimator, accuracy


def _training_digits(data: str | None) -> Digits:
    if data is not None:
        return load_digits(data)
    from .. import datasets

    try:
        datasets.load_mnist(subset="test", download_if_missing=False)
    except DatasetNotFoundError:
        return load_digits("small")
    return load_digits("mnist")


SERVE = Command(
    "serve",
    help="read digits over HTTP, with a page to draw on",
    description="Answer requests for predictions over HTTP, and show a page to "
    "draw digits on. Ctrl-C ends it, after what was asked is answered.",
    add_arguments=_add_arguments,
    run=_run,
)
