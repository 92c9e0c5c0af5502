"""Model files: estimators on disk, without pickles.

``save_model`` writes any estimator of the package, and those of scikit-learn around it.
``load_model`` reads a file from anyone: it runs no code, opens no file that it names,
and takes some hundred megabytes at most beyond a small multiple of the file.
"""

from ._model_files import load_model, save_model
from ._saving import SaveMixin as SaveMixin

__all__ = ["load_model", "save_model"]
