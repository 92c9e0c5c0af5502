"""What the estimators of this package inherit: a method to save them."""

from inspect import signature
from os import PathLike
from typing import Any

from ._model_files import save_model


class SaveMixin:
    """Gives an estimator ``save``, and parameters that its file is too old to have."""

    def save(self, path: str | PathLike[str]) -> None:
        """Write the estimator to a file, fitted or not.

        Parameters
        ----------
        path : str or path
            The file. One that is there is replaced in a single step.

        Raises
        ------
        ModelFileError
            If a parameter is code, such as a callback, or something else that no model
            file holds; or if the path is not that of a file.
        OSError
            If the file can't be written.

        See Also
        --------
        mnist_estimators.load_model : Reads the file again.
        """
        save_model(self, path)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # A mixin: BaseEstimator, behind it in every class, has the method.
        super().__setstate__(state)  # type: ignore[misc]
        # A new parameter does by default what was done before there was one.
        for name, parameter in signature(type(self)).parameters.items():
            if name not in state and parameter.default is not parameter.empty:
                setattr(self, name, parameter.default)
