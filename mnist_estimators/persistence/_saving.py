"""The method ``save`` of this package's estimators."""

from inspect import signature
from os import PathLike
from typing import Any

from ._model_files import save_model


class SaveMixin:
    """Gives an estimator ``save``, and defaults for parameters that old files lack."""

    def save(self, path: str | PathLike[str]) -> None:
        """Write the estimator to a file, fitted or not.

        Parameters
        ----------
        path : str or path
            The file. An existing file is replaced in a single step.

        Raises
        ------
        ModelFileError
            If a parameter is code, such as a callback, or anything else that a model
            file can't hold; or if `path` is not an ordinary file.
        OSError
            If the file can't be written.

        See Also
        --------
        mnist_estimators.load_model : Reads the file again.
        """
        save_model(self, path)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[misc]  # of BaseEstimator
        # The default of a later parameter does what earlier versions did.
        for name, parameter in signature(type(self)).parameters.items():
            if name not in state and parameter.default is not parameter.empty:
                setattr(self, name, parameter.default)
