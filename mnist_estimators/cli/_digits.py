"""The images that commands train and test on."""

from typing import Any, NamedTuple

from ..exceptions import DatasetNotFoundError
from ._arguments import Parser, image_count
from ._errors import CommandError, UsageError, one_line


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

    def score(self, estimator: Any) -> float:
        """Return the accuracy of a fitted classifier on the test images."""
        return float(estimator.score(self.X_test, self.y_test))


def accuracy_line(accuracy: float, n_images: int) -> str:
    """State the accuracy on the test images."""
    return f"Accuracy: {accuracy:.4f} on {n_images} test images"


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
    """Load images in two fixed parts, so that a model file can be tested later.

    Parameters
    ----------
    choice : {'small', 'mnist'}
        MNIST has its official parts.
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
        train, test = load_mnist(), load_mnist(subset="test")
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


def load_mnist(naming: str = "MNIST_ESTIMATORS_DATA", **options: Any) -> Any:
    """Load MNIST; where it is not found, say what to do on a command line.

    Parameters
    ----------
    naming : str, default='MNIST_ESTIMATORS_DATA'
        Option or variable that names a folder with MNIST.
    **options
        Options of ``datasets.load_mnist``.

    Returns
    -------
    Bunch

    Raises
    ------
    CommandError
        If MNIST is not found; its ``__cause__`` is the DatasetNotFoundError.
    """
    from .. import datasets

    try:
        return datasets.load_mnist(return_X_y=False, **options)
    except DatasetNotFoundError as error:
        if error.__cause__ is None:
            fix = "get it with 'mnist-estimators data download', or name"
        else:
            cause = one_line(error.__cause__)
            fix = f"its download failed ({cause}). Try again, or name"
        raise CommandError(
            f"MNIST is not on this machine: {fix} a folder that holds it with {naming}"
        ) from error


def draw_images(X: Any, y: Any, n_images: int | str, seed: int) -> tuple[Any, Any]:
    """Draw the number of images that ``--n-train`` names, stratified."""
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
