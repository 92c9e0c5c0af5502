"""The versions that model files, reports and the server state."""

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from . import __version__

_LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "skops",
    "tensorflow",
    "keras",
    "onnxruntime",
    "matplotlib",
)


@cache  # looking them up takes a while
def installed_versions() -> Mapping[str, str]:
    """Look up the versions of Python, this package and its libraries.

    Returns
    -------
    mapping of str to str
        Versions by name, without those of libraries that are not installed.
    """
    found = {"python": platform.python_version(), "mnist_estimators": __version__}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return MappingProxyType(found)
