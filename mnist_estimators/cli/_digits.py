"""The images that commands train and test on."""

from typing import Any, NamedTuple

from ..exceptions import DatasetNotFoundError
from ._arguments import CommandError, Parser, UsageError, image_count, one_line


class Digits(NamedTuple):
    """Training and test images of shape (n, 784), their labels, and their origin."""

    X_train: Any
    X_test: Any
    y_train: Any
    y_test: Any
    origin: str

    def __str__(self) -> str:
        return (
            f"{self.origin}: {len(self.y_train)} training and {len(self.y_test)} test "
            "images"
        )


def add_data(parser: Parser) -> None:
    """Declare ``--data``."""
    parser.add_argument(
        "--data",
        choices=("small", "mnist"),
        default="small",
        help="the small digits that come with scikit-learn, or MNIST, which is "
        "downloaded once where it is not found (default: %(default)s)",
    )


def add_training_data(parser: Parser) -> None:
    """Declare ``--data`` and ``--n-train``."""
    add_data(parser)
    parser.add_argument(
        "--n-train",
        type=image_count,
        default="all",
        metavar="N|all",
        help="number of training images, drawn stratified (default: %(default)s)",
    )


def load_digits(choice: str, n_train: int | str = "all", seed: int = 0) -> Digits:
    """Load images in two parts that are always the same: a model file can be tested.

    Parameters
    ----------
    choice : {'small', 'mnist'}
        Of MNIST the official parts are taken.
    n_train : int or 'all', default='all'
        Training images to draw.
    seed : int, default=0
        Of that draw.

    Returns
    -------
    Digits

    Raises
    ------
    UsageError
        If there are fewer training images, or too few to draw some of each digit.
    CommandError
        If MNIST is not found.
    """
    from sklearn.model_selection import train_test_split

    from .. import datasets

    if choice == "mnist":
        try:
            train: Any = datasets.load_mnist(return_X_y=False)
            test: Any = datasets.load_mnist(subset="test", return_X_y=False)
        except DatasetNotFoundError as error:
            raise mnist_missing(error) from error
        origin = f"MNIST, from {train.source}"
        parts = (train.data, test.data, train.target, test.target)
    else:
        small: Any = datasets.load_small_digits(return_X_y=False)
        origin = f"small digits, from {small.source}"
        parts = train_test_split(
            small.data, small.target, stratify=small.target, random_state=0
        )
    X_train, X_test, y_train, y_test = parts
    X_train, y_train = draw_images(X_train, y_train, n_train, seed)
    return Digits(X_train, X_test, y_train, y_test, origin)


def mnist_missing(
    error: DatasetNotFoundError, naming: str = "MNIST_ESTIMATORS_DATA"
) -> CommandError:
    """Say what to do on a command line where MNIST is not found.

    Parameters
    ----------
    error : DatasetNotFoundError
        From ``load_mnist``.
    naming : str, default='MNIST_ESTIMATORS_DATA'
        What names a folder that holds it.

    Returns
    -------
    CommandError
    """
    if error.__cause__ is None:
        mend = "get it with 'mnist-estimators data download', or name"
    else:
        mend = f"its download failed ({one_line(error.__cause__)}). Try again, or name"
    return CommandError(
        f"MNIST is not on this machine: {mend} a folder that holds it with {naming}"
    )


def draw_images(X: Any, y: Any, n_images: int | str, seed: int) -> tuple[Any, Any]:
    """Draw as many images as ``--n-train`` says, stratified; 'all' keeps them all."""
    from sklearn.utils import resample

    n_digits = 10
    if not isinstance(n_images, int) or n_images == len(y):
        return X, y
    if not n_digits <= n_images < len(y):
        raise UsageError(
            f"--n-train must be 'all' or from {n_digits} to {len(y)}, the number of "
            f"images to draw from; got {n_images}"
        )
    return resample(
        X, y, replace=False, n_samples=n_images, stratify=y, random_state=seed
    )
