"""Limits on a request, and on all requests together."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits that keep a server responsive, whatever it receives.

    Parameters
    ----------
    body_bytes : int, default=10,000,000
        Maximum size of a request's body, enforced while it arrives.
    body_seconds : float, default=15
        Time for a body to arrive.
    picture_pixels : int, default=30,000,000
        Maximum number of pixels in all pictures of a request, read from their headers
        before they are decoded.
    images : int, default=100
        Maximum number of pictures in a request, and of digits in them.
    waiting_bytes : int, default=200,000,000
        Maximum size of the bodies of all requests in progress. Forms take twice as much
        memory.
    requests : int, default=128
        Maximum number of simultaneous requests for predictions. Further ones are
        answered with status 503.
    waiting_images : int, default=1000
        Maximum number of images that wait for the classifier.
    batch_images : int, default=128
        Maximum number of images in a batch. Requests are not divided.
    seconds : float, default=10
        Time to respond, from when the body has arrived.

    Raises
    ------
    ValueError
        If a limit is not positive, `waiting_images` is less than `images`, or
        `waiting_bytes` is less than `body_bytes`.

    See Also
    --------
    create_app : Makes an application with these limits.

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
                    f"{getattr(self, one)}: a request of that size would never be "
                    f"answered. Increase {most} or decrease {one}."
                )
