"""Model files: estimators on disk, without pickles.

``save_model`` writes any estimator of the package, and those of scikit-learn around it.
``load_model`` reads a file from anyone: it runs no code, opens no file that it names,
and uses at most some hundred megabytes beyond a small multiple of the file's size.
"""

# Model files name these two functions here.
from ._float_lists import list_of_floats as list_of_floats
from ._keras_optimizers import optimizer_from_text as optimizer_from_text
from ._model_files import load_model, save_model
from ._saving import SaveMixin as SaveMixin

__all__ = ["load_model", "save_model"]
