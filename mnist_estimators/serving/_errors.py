"""The error that every part of a busy server answers with."""

from starlette.exceptions import HTTPException


def service_unavailable(reason: str) -> HTTPException:
    """Make the error that asks a client to retry.

    Parameters
    ----------
    reason : str
        A sentence that says what the server has too much of.

    Returns
    -------
    HTTPException
        With status 503 and the header ``Retry-After``.
    """
    return HTTPException(503, f"{reason} Try again in a second.", {"Retry-After": "1"})
