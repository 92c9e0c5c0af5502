"""Every private import from scikit-learn, in one place.

scikit-learn's own parameter validation is widely used and gives the error messages that
its users know, but it is not public API: should a release move it, this file changes.
"""

from sklearn.base import _clone_parametrized as clone_parametrized
from sklearn.base import _fit_context as fit_context
from sklearn.ensemble._base import _fit_single_estimator as fit_single_estimator
from sklearn.utils._metadata_requests import _raise_for_params as raise_for_params
from sklearn.utils._metadata_requests import _routing_enabled as routing_enabled
from sklearn.utils._param_validation import (
    HasMethods,
    Hidden,
    Interval,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

__all__ = [
    "HasMethods",
    "Hidden",
    "Interval",
    "StrOptions",
    "check_feature_names_in",
    "check_sample_weight",
    "clone_parametrized",
    "fit_context",
    "fit_single_estimator",
    "raise_for_params",
    "routing_enabled",
    "validate_parameter_constraints",
]
