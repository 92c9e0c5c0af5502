"""What a client is told when it gets no prediction."""

from collections.abc import Mapping


class Refusal(Exception):
    """A request that is answered with an error.

    Parameters
    ----------
    status : int
        HTTP status, from 400 on.
    detail : str
        What is wrong, and what would help.
    headers : mapping of str to str, default=None
        More of the answer's headers.
    """

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None
    ):
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


def come_again(detail: str) -> Refusal:
    """Say that the server has too much to do now."""
    return Refusal(503, f"{detail} Try again in a second.", {"Retry-After": "1"})
