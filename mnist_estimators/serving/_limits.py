"""What one client may ask for, and all of them together."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds that keep a server answering, whatever it is sent.

    Parameters
    ----------
    body_bytes : int, default=10,000,000
        Largest body of a request, counted while it arrives.
    body_seconds : float, default=15
        Time for a body to arrive.
    picture_pixels : int, default=30,000,000
        Most pixels of all pictures of a request, told from their headers before they
        are decoded.
    images : int, default=100
        Most pictures in a request, and most digits in them.
    waiting_bytes : int, default=200,000,000
        Bytes of the bodies of all requests in hand. Forms take twice as much memory.
    requests : int, default=128
        Requests for predictions in hand at once. One more is told to come again.
    waiting_images : int, default=1000
        Images that may wait for the classifier at once.
    batch_images : int, default=128
        Images that the classifier is given together, as far as requests can be.
    seconds : float, default=10
        Time for an answer, from when the body has arrived.

    Raises
    ------
    ValueError
        If one of them is not positive, `waiting_images` less than `images`, or
        `waiting_bytes` less than `body_bytes`.

    See Also
    --------
    create_app : Takes them.

    Examples
    --------
    >>> from mnist_estimators.serving import Limits
    >>> Limits(images=1).images
    1
    """

    body_bytes: int = 10_000_000
    body_seconds: float = 15.0
    picture_pixels: int = 30_000_000
    images: int = 100
    waiting_bytes: int = 200_000_000
    requests: int = 128
    waiting_images: int = 1_000
    batch_images: int = 128
    seconds: float = 10.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ValueError(f"{field.name} must be positive. Got {value!r}.")
        for most, one in (
            ("waiting_images", "images"),
            ("waiting_bytes", "body_bytes"),
        ):
            if getattr(self, most) < getattr(self, one):
                raise ValueError(
                    f"{most}={getattr(self, most)} is less than {one}="
                    f"{getattr(self, one)}: such a request could never be answered. "
                    f"Make it larger, or {one} smaller."
                )
