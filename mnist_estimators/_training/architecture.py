"""The parameters that make the layers of a network."""

from collections.abc import Mapping
from typing import Any

NAMES = (
    "hidden_layer_sizes",
    "backbone",
    "filters",
    "kernel_size",
    "pool_size",
    "padding",
    "dense_layer_sizes",
    "activation",
    "batch_normalization",
    "layers",
)


def architecture_of(classifier: Any) -> dict[str, str]:
    """Describe the parameters that make the layers of a classifier.

    Parameters
    ----------
    classifier : DenseDigitClassifier or CNNDigitClassifier
        Its parameters are read.

    Returns
    -------
    dict of str
        Their values, as they are printed.
    """
    parameters = classifier.get_params(deep=False)
    return {name: repr(parameters[name]) for name in NAMES if name in parameters}


def differences(classifier: Any, fitted_with: Mapping[str, str]) -> tuple[str, str]:
    """Name the parameters that make other layers than those of a fit.

    Parameters
    ----------
    classifier : DenseDigitClassifier or CNNDigitClassifier
        Its parameters are read.
    fitted_with : mapping of str
        What ``architecture_of`` returned in that fit; empty if it is not known.

    Returns
    -------
    present, former : str
        The parameters that differ, with their values.
    """
    present = architecture_of(classifier)
    names = [name for name in present if fitted_with.get(name) != present[name]]
    former = [f"{name}={fitted_with[name]:.200}" for name in names if fitted_with]
    return (
        ", ".join(f"{name}={present[name]:.200}" for name in names),
        ", ".join(former) or "those of its fit",
    )
