"""Modules that have moved, by their old names: each says what to import instead.

Pickles of earlier versions name them. The packages they were in search this folder too.
"""

from typing import NoReturn


def refuse_import(old_name: str, new_name: str) -> NoReturn:
    """Raise the error for a name that has moved.

    Parameters
    ----------
    old_name : str
        What is imported.
    new_name : str
        The public name.

    Raises
    ------
    ImportError
        Always.
    """
    raise ImportError(
        f"{old_name} no longer exists: import {new_name} instead. To load an old "
        "pickle, install the version of mnist_estimators that wrote it, and save the "
        "estimator with mnist_estimators.save_model: later versions read its files.",
        name=old_name,
    )
